"""Write set-points: guard times, small currents, directions, the car's own limits."""

import pytest

from custom_components.busbar.chargers.errors import ConnectionFailed, Rejected
from custom_components.busbar.chargers.model import ChargerStatus
from simulators.quasar import Fault, Register

from .conftest import MakeRig, Rig


async def test_setpoint_goes_before_the_start(ours: Rig) -> None:
    """There is no moment with an old set-point."""
    await ours.charger.set_current(10)
    assert ours.told() == [("CURRENT", 10), ("ACTION", 1)]
    assert ours.snapshot.commanded_a == 10
    assert ours.snapshot.is_confirmed is False
    await ours.run(25)
    assert ours.snapshot.is_confirmed
    assert ours.snapshot.status is ChargerStatus.CHARGING
    assert ours.snapshot.currents_a == (10, 0, 0)
    assert ours.snapshot.power_w == 2300
    assert ours.snapshot.offered_a == 10


async def test_discharging_is_negative_everywhere(charging: Rig) -> None:
    """Two's complement on the wire, and the current's sign from the power alone."""
    await charging.charger.set_current(-10)
    assert charging.sim.requests[-2:][0].number == 0xFFF6
    await charging.run(30)
    snapshot = charging.snapshot
    assert snapshot.status is ChargerStatus.DISCHARGING
    assert snapshot.power_w == -2300
    assert snapshot.currents_a == (-10, 0, 0)
    assert snapshot.confirmed_a == -10
    assert snapshot.offered_a == -10
    assert snapshot.limiting is not None and snapshot.limiting.is_ours
    assert charging.number("dc_power") < -2300
    assert 80 < charging.number("efficiency") < 95


async def test_watching_the_ramp(ours: Rig) -> None:
    """While it ramps it is read every two seconds, also where nobody polls."""
    await ours.charger.set_current(16)
    ours.snapshots.clear()
    await ours.run(40, poll=False)
    assert 10 <= len(ours.snapshots) <= 13
    assert ours.snapshots[-1].power_w == 16 * 230
    requests = len(ours.sim.requests)
    await ours.run(60, poll=False)
    assert len(ours.sim.requests) == requests


@pytest.mark.parametrize(
    ("first_a", "second_a", "guard_s"),
    [(8, 9, 22), (0, 10, 0), (10, 11, 6), (10, 12, 8), (10, 14, 11), (10, -6, 11)],
)
async def test_guard_times(
    ours: Rig, first_a: int, second_a: int, guard_s: float
) -> None:
    """22 s after a start, 6 s and 8 s after small steps, 11 s after large ones."""
    car = ours.sim.car
    assert car is not None
    start_s = ours.time.now()
    if first_a:
        await ours.charger.set_current(first_a)
    if first_a == 10:
        await ours.run(30)
        ours.sim.writes.clear()
        start_s = ours.time.now()
        await ours.charger.set_current(second_a)
        # What comes within the guard time of that step, and is more, waits.
        await ours.charger.set_current(20 if second_a > 0 else -20)
    else:
        await ours.charger.set_current(second_a)
    waits = bool(guard_s)
    assert (ours.snapshot.values.get("pending_current") is not None) is waits
    await ours.run(30)
    last = ours.setpoints()[-1]
    assert last.time_s - start_s == pytest.approx(guard_s, abs=0.25)
    assert "pending_current" not in ours.snapshot.values


async def test_the_latest_wish_wins(ours: Rig) -> None:
    """What was wished in between is never written."""
    await ours.charger.set_current(6)
    for current_a in (20, 25, 8):
        await ours.charger.set_current(current_a)
    assert ours.snapshot.commanded_a == 6
    assert ours.snapshot.values["pending_current"] == 8
    await ours.run(60)
    assert [write.value for write in ours.setpoints()] == [6, 8]


async def test_a_stop_always_passes(ours: Rig) -> None:
    """Stop first, then the zero that the next car would start by."""
    await ours.charger.set_current(16)
    await ours.run(2)
    ours.sim.writes.clear()
    await ours.charger.set_current(0)
    assert ours.told() == [("ACTION", 2), ("CURRENT", 0)]
    await ours.run(10)
    assert ours.snapshot.power_w == 13


async def test_reductions_pass_every_six_seconds(ours: Rig) -> None:
    """For the fuse a guard time is no excuse."""
    await ours.charger.set_current(20)
    await ours.run(7)
    await ours.charger.set_current(10)
    await ours.charger.set_current(6)
    assert [write.value for write in ours.setpoints()] == [20, 10]
    await ours.run(7)
    assert [write.value for write in ours.setpoints()] == [20, 10, 6]


async def test_a_turn_inside_the_guard_lets_go_first(charging: Rig) -> None:
    """The old direction falls to its minimum at once, the new one waits."""
    await charging.charger.set_current(16)
    await charging.run(7)
    await charging.charger.set_current(-16)
    assert [write.value for write in charging.setpoints()] == [16, 3]
    await charging.run(30)
    assert [write.value for write in charging.setpoints()] == [16, 3, -16]


@pytest.mark.parametrize("current_a", [1, 2, 2.9, -1, -2])
async def test_less_than_three_amperes_is_zero(charging: Rig, current_a: float) -> None:
    """They would be taken, and regulate nothing."""
    await charging.charger.set_current(current_a)
    await charging.run(30)
    assert {write.value for write in charging.setpoints()} == {0}
    assert charging.sim.machine.current_a == 0


async def test_whole_amperes_towards_zero(ours: Rig) -> None:
    """Never more than was granted."""
    await ours.charger.set_current(6.97)
    assert ours.told(Register.CURRENT) == [("CURRENT", 6)]


@pytest.mark.parametrize("current_a", [17, -17, 33, 1000])
async def test_out_of_range(make_rig: MakeRig, current_a: float) -> None:
    """The installer's limit counts; nothing is sent."""
    rig = await make_rig(available_a=16)
    await rig.take_control()
    await rig.plug()
    assert rig.charger.capabilities.full_current_a == 16
    with pytest.raises(Rejected):
        await rig.charger.set_current(current_a)
    assert rig.sim.writes == []


async def test_an_unchanged_wish_is_not_written_again(charging: Rig) -> None:
    """The register holds it and the state matches."""
    for _ in range(5):
        await charging.charger.set_current(10)
        await charging.run(6)
    assert charging.sim.writes == []


async def test_a_wish_that_came_to_nothing_is_written_again(charging: Rig) -> None:
    """Somebody stopped the car at the charger: a renewed wish starts it again, but seldom."""
    charging.sim.machine.running = False
    await charging.run(25)
    assert charging.sim.writes == []
    for _ in range(60):
        await charging.charger.set_current(10)
        charging.sim.machine.running = False
        await charging.run(10)
    assert 2 <= len(charging.setpoints()) <= 6


async def test_confirmed_is_what_the_charger_says(charging: Rig) -> None:
    """A write that was answered and not applied is not confirmed."""
    charging.fault(Fault.NO_WRITES)
    await charging.charger.set_current(6)
    await charging.run(12)
    assert charging.snapshot.commanded_a == 6
    assert charging.snapshot.confirmed_a == 10
    assert charging.snapshot.is_confirmed is False


async def test_a_write_without_an_answer_may_have_arrived(charging: Rig) -> None:
    """It raises, counts as commanded, and is written again once the charger is heard."""
    charging.fault(Fault.MUTE_WRITES)
    with pytest.raises(ConnectionFailed):
        await charging.charger.set_current(6)
    assert charging.snapshot.commanded_a == 6
    assert charging.snapshot.is_confirmed is False
    charging.clear()
    charging.sim.writes.clear()
    await charging.run(12)
    assert charging.told(Register.CURRENT)[0] == ("CURRENT", 6)
    assert charging.snapshot.is_confirmed


async def test_a_refused_setpoint_changes_nothing(charging: Rig) -> None:
    """It was heard and not taken."""
    charging.fault(Fault.BUSY_WRITES)
    with pytest.raises(Rejected, match="busy"):
        await charging.charger.set_current(6)
    charging.clear()
    await charging.run(12)
    assert charging.snapshot.commanded_a == 10
    assert charging.sim.machine.current_a == 10


async def test_a_refused_stop_zeroes_all_the_same(charging: Rig) -> None:
    """Without a set-point the current goes too."""
    charging.fault(Fault.NO_ACTION)
    with pytest.raises(Rejected, match="busy"):
        await charging.charger.set_current(0)
    assert charging.told() == [("ACTION", 2), ("CURRENT", 0)]
    await charging.run(10)
    assert charging.sim.machine.current_a == 0


async def discharge(rig: Rig) -> None:
    """Have it discharge with 6 A, its ramp and guard time over, and forget its writes."""
    await rig.charger.set_current(-6)
    await rig.run(40)
    assert rig.sim.machine.current_a == -6
    rig.sim.writes.clear()


@pytest.mark.parametrize("fault", [Fault.NO_ACTION, Fault.BUSY_WRITES])
async def test_a_refused_stop_is_no_wish_to_go_on(charging: Rig, fault: Fault) -> None:
    """It is tried until it was taken, or shows; whatever happens then begins no discharge."""
    await discharge(charging)
    charging.fault(fault)
    with pytest.raises(Rejected):
        await charging.charger.set_current(0)
    assert charging.snapshot.commanded_a == -6
    await charging.run(20)
    charging.clear()
    await charging.run(30)
    assert charging.sim.machine.current_a == 0
    assert charging.snapshot.commanded_a == 0
    assert charging.snapshot.is_confirmed
    charging.sim.writes.clear()
    await charging.run(30)
    assert charging.sim.writes == []
    charging.fault(Fault.TAKE_CONTROL)
    await charging.run(60)
    assert ("CURRENT", -6) not in charging.told()


async def test_what_is_wanted_after_a_refused_stop(charging: Rig) -> None:
    """The latest wish wins, also over a stop."""
    charging.fault(Fault.NO_ACTION)
    with pytest.raises(Rejected):
        await charging.charger.set_current(0)
    charging.clear()
    await charging.charger.set_current(6)
    await charging.run(40)
    assert charging.sim.machine.current_a == 6


async def test_nothing_is_wanted_where_everything_was_refused(charging: Rig) -> None:
    """A set-point refused after a stop does not bring back what was to end."""
    await discharge(charging)
    charging.fault(Fault.BUSY_WRITES)
    with pytest.raises(Rejected):
        await charging.charger.set_current(0)
    await charging.run(12)
    with pytest.raises(Rejected):
        await charging.charger.set_current(-8)
    charging.clear()
    await charging.run(40)
    assert charging.sim.machine.current_a == 0


async def test_a_stop_refused_as_the_car_leaves(charging: Rig) -> None:
    """The next car is not discharged by what the last one was to do."""
    await discharge(charging)
    charging.fault(Fault.NO_ACTION)
    charging.sim.unplug()
    await charging.run(10)
    charging.clear()
    await charging.run(30)
    charging.sim.writes.clear()
    await charging.plug(level_percent=70)
    await charging.run(60)
    assert ("CURRENT", -6) not in charging.told()


async def test_unplugging_stops_and_zeroes(charging: Rig) -> None:
    """Otherwise the next car would be started by the old set-point."""
    charging.sim.unplug()
    await charging.run(6)
    assert charging.told() == [("ACTION", 2), ("CURRENT", 0)]
    assert charging.snapshot.vehicle_connected is False
    assert charging.snapshot.state_of_charge is None
    # The wish of a person stands, and is for the next car.
    charging.sim.writes.clear()
    await charging.plug()
    await charging.run(12)
    assert charging.told() == [("CURRENT", 10), ("ACTION", 1)]


async def test_without_a_car_nothing_is_left_standing(ours: Rig) -> None:
    """A wish waits for a car."""
    ours.sim.unplug()
    await ours.run(6)
    ours.sim.writes.clear()
    await ours.charger.set_current(6)
    await ours.run(30)
    assert ours.told(Register.CURRENT) in ([], [("CURRENT", 0)])
    await ours.plug()
    assert ours.told()[-2:] == [("CURRENT", 6), ("ACTION", 1)]


async def test_a_discharge_does_not_wait_for_the_next_car(charging: Rig) -> None:
    """Its state of charge is not known."""
    await charging.charger.set_current(-6)
    await charging.run(30)
    charging.sim.unplug()
    await charging.run(6)
    charging.sim.writes.clear()
    await charging.plug()
    await charging.run(30)
    assert charging.sim.writes == []


async def test_holding_back_and_releasing(charging: Rig) -> None:
    """A person's stop is written whatever the state says, kept, and undone by a person only."""
    await charging.charger.set_charging(released=False)
    assert charging.told() == [("ACTION", 2), ("CURRENT", 0)]
    assert charging.state["held_back"] is True
    assert charging.snapshot.charging_released is False
    await charging.charger.set_current(16)
    await charging.run(30)
    assert charging.sim.machine.current_a == 0
    charging.sim.writes.clear()
    await charging.charger.set_charging(released=False)
    assert charging.told() == [("ACTION", 2), ("CURRENT", 0)]
    await charging.run(12)
    charging.sim.writes.clear()
    await charging.charger.set_charging(released=True)
    assert charging.told() == [("CURRENT", 16), ("ACTION", 1)]
    assert charging.snapshot.charging_released is True


async def test_starting_needs_a_current(ours: Rig) -> None:
    """A button does not decide how much."""
    with pytest.raises(Rejected, match="current first"):
        await ours.charger.set_charging(released=True)
    assert ours.sim.writes == []


async def test_held_back_over_a_restart_of_ours(charging: Rig, connect: object) -> None:
    """A charger that a person stopped is not started by a loop."""
    assert callable(connect)
    await charging.charger.set_charging(released=False)
    await charging.connection.close()
    again = connect(charging.sim, state=charging.state)
    await again.connection.open()
    await again.run(20)
    again.sim.writes.clear()
    await again.charger.set_current(16)
    await again.run(30)
    assert again.told(Register.ACTION) in ([], [("ACTION", 2)])


async def test_power_mode(make_rig: MakeRig) -> None:
    """Asked for and there: watts on the wire, whole amperes to us."""
    rig = await make_rig(options={"power_mode": True}, voltage_v=241.0)
    await rig.charger.set_control(allowed=True)
    assert rig.told(Register.SETPOINT_KIND) == [("SETPOINT_KIND", 1)]
    await rig.plug()
    await rig.charger.set_current(10)
    assert rig.told(Register.POWER) == [("POWER", 2410)]
    await rig.run(30)
    assert rig.snapshot.confirmed_a == 10
    await rig.charger.set_current(-32)
    assert rig.told(Register.POWER)[-1] == ("POWER", -7400)
    await rig.run(30)
    # The charger takes no more watts than that, whatever the voltage.
    assert rig.snapshot.is_confirmed
    rig.sim.writes.clear()
    await rig.charger.set_current(0)
    assert rig.told() == [("ACTION", 2), ("POWER", 0), ("CURRENT", 0)]


@pytest.mark.parametrize("fault", [Fault.NO_POWER_MODE, Fault.STUBBORN_POWER_MODE])
async def test_power_mode_falls_back(make_rig: MakeRig, fault: Fault) -> None:
    """Probed by writing and reading back."""
    rig = await make_rig(options={"power_mode": True}, faults=[fault])
    await rig.take_control()
    await rig.plug()
    await rig.charger.set_current(10)
    assert rig.told() == [("CURRENT", 10), ("ACTION", 1)]


async def test_discharge_that_does_not_come(charging: Rig) -> None:
    """Usually the installer's grid code: reported after a minute."""
    charging.fault(Fault.WRONG_GRID_CODE)
    await charging.charger.set_current(-10)
    await charging.run(30)
    assert charging.snapshot.values["discharge_refused"] is False
    await charging.run(60)
    assert charging.snapshot.values["discharge_refused"] is True
    await charging.charger.set_current(0)
    await charging.run(5)
    assert charging.snapshot.values["discharge_refused"] is False
