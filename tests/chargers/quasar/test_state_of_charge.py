"""Trust the state of charge only where it can be trusted, and protect the battery by it."""

import pytest

from custom_components.busbar.chargers.errors import Rejected
from custom_components.busbar.chargers.model import ChargerStatus
from custom_components.busbar.chargers.quasar.state_of_charge import StateOfCharge
from simulators.quasar import BatteryCar, Fault, Register

from .conftest import Rig


async def test_unknown_without_power(ours: Rig) -> None:
    """The register reads 0 with a car that stands there."""
    await ours.run(20)
    assert ours.snapshot.vehicle_connected is True
    assert ours.snapshot.state_of_charge is None


async def test_zero_keeps_the_last_value_until_the_car_leaves(charging: Rig) -> None:
    """And then it is forgotten, for another one comes back."""
    await charging.charger.set_current(0)
    await charging.run(60)
    assert charging.snapshot.state_of_charge == 50
    charging.sim.unplug()
    await charging.run(5)
    assert charging.snapshot.state_of_charge is None
    await charging.plug(80)
    assert charging.snapshot.state_of_charge is None


@pytest.mark.parametrize(
    "fault", [Fault.STATE_OF_CHARGE_ONE, Fault.STATE_OF_CHARGE_FOUR]
)
async def test_spurious_low_values(charging: Rig, fault: Fault) -> None:
    """1 and 4 come and go, and are far from the truth; even when they stay."""
    charging.fault(fault)
    await charging.run(120)
    assert charging.snapshot.state_of_charge == 50


async def test_a_true_low_value(ours: Rig) -> None:
    """Near to what was known and stable for a minute, it is believed."""
    await ours.plug(5.9)
    await ours.charger.set_current(6)
    await ours.run(30)
    assert ours.snapshot.state_of_charge == 5
    ours.fault(Fault.STATE_OF_CHARGE_FOUR)
    await ours.run(50)
    assert ours.snapshot.state_of_charge == 5
    await ours.run(20)
    assert ours.snapshot.state_of_charge == 4


def test_low_values_need_a_known_one_before() -> None:
    """A first 4 may stay as long as it likes."""
    charge = StateOfCharge()
    for now in range(0, 300, 5):
        charge.update(4, vehicle_connected=True, now=now)
    assert charge.percent is None
    charge.update(101, vehicle_connected=True, now=300)
    assert charge.percent is None


def test_another_vehicle_may_have_come_unseen() -> None:
    """After minutes unheard nothing is known."""
    charge = StateOfCharge()
    charge.update(60, vehicle_connected=True, now=0)
    charge.update(0, vehicle_connected=True, now=100)
    assert charge.percent == 60
    charge.update(0, vehicle_connected=None, now=300)
    assert charge.percent is None


@pytest.mark.parametrize(("seconds", "percent"), [(60, 50), (600, None)])
async def test_a_state_that_does_not_tell_of_a_vehicle(
    charging: Rig, seconds: float, percent: int | None
) -> None:
    """An error that lasts may hide that another vehicle came; one that passes does not."""
    charging.fault(Fault.STATE_OF_CHARGE_ZERO)
    charging.sim.machine.forced_state = 7
    await charging.run(seconds)
    charging.sim.machine.forced_state = None
    await charging.run(10)
    assert charging.snapshot.state_of_charge == percent


def test_what_is_heard_while_nobody_tells_of_a_vehicle() -> None:
    """It is believed, for as long."""
    level = StateOfCharge()
    level.update(50, vehicle_connected=None, now=0)
    for now in range(0, 600, 5):
        level.update(60 if now < 300 else 0, vehicle_connected=None, now=now)
        assert level.percent == (60 if now < 420 else None)


async def test_unknown_never_discharges(ours: Rig) -> None:
    """Not even once; nothing is sent."""
    with pytest.raises(Rejected, match="not known"):
        await ours.charger.set_current(-6)
    assert ours.sim.writes == []
    await ours.charger.set_current(6)


async def test_the_floor_ends_a_discharge(charging: Rig) -> None:
    """At 20 percent, which this battery never reports: it skips from 21 to 19."""
    car = charging.sim.car
    assert car is not None
    car.level_percent = 22.5
    await charging.run(5)
    await charging.charger.set_current(-16)
    await charging.run(60)
    assert charging.snapshot.status is ChargerStatus.DISCHARGING
    car.level_percent = 20.4
    await charging.run(10)
    assert charging.snapshot.state_of_charge == 19
    assert charging.told(Register.ACTION)[-1] == ("ACTION", 2)
    assert charging.snapshot.commanded_a == 0
    assert charging.snapshot.occurrences["protection"].kind == "state_of_charge_floor"
    # It does not begin again by itself, nor on demand within two points.
    charging.sim.writes.clear()
    await charging.run(60)
    assert charging.setpoints() == []
    with pytest.raises(Rejected, match="floor"):
        await charging.charger.set_current(-6)


@pytest.mark.parametrize(
    ("current_a", "setting", "percent", "reason"),
    [
        (-6, "state_of_charge_floor", 60, "floor"),
        (-6, "state_of_charge_floor", 49, "floor"),
        (16, "state_of_charge_ceiling", 45, "ceiling"),
    ],
    ids=["below the floor", "one point above it", "above the ceiling"],
)
async def test_starting_again_is_a_beginning(
    charging: Rig, current_a: float, setting: str, percent: int, reason: str
) -> None:
    """What a person held back is let flow only where it could begin; else it stays held back."""
    await charging.charger.set_current(current_a)
    await charging.run(40)
    await charging.charger.set_charging(released=False)
    await charging.run(30)
    await charging.charger.set_value(setting, percent)
    charging.sim.writes.clear()
    with pytest.raises(Rejected, match=reason):
        await charging.charger.set_charging(released=True)
    await charging.run(30)
    assert charging.sim.writes == []
    assert charging.state["held_back"] is True
    await charging.charger.set_value(setting, 100 if current_a > 0 else 20)
    await charging.charger.set_charging(released=True)
    await charging.run(40)
    assert charging.sim.machine.current_a == current_a


async def test_beginning_needs_two_points_more(charging: Rig) -> None:
    """Going on does not."""
    car = charging.sim.car
    assert car is not None
    car.level_percent = 21.5
    await charging.run(5)
    with pytest.raises(Rejected, match="floor"):
        await charging.charger.set_current(-6)
    car.level_percent = 22.5
    await charging.run(5)
    await charging.charger.set_current(-6)
    await charging.run(30)
    car.level_percent = 21.5
    await charging.run(10)
    assert charging.snapshot.status is ChargerStatus.DISCHARGING
    await charging.charger.set_current(-8)


async def test_the_ceiling_ends_a_charge(charging: Rig) -> None:
    """A person's ceiling; without one the car ends it at about 97 percent."""
    await charging.charger.set_value("state_of_charge_ceiling", 60)
    car = charging.sim.car
    assert car is not None
    car.level_percent = 60.1
    await charging.run(10)
    assert charging.snapshot.power_w == 13
    assert charging.snapshot.occurrences["protection"].kind == "state_of_charge_ceiling"
    with pytest.raises(Rejected, match="ceiling"):
        await charging.charger.set_current(6)
    await charging.charger.set_value("state_of_charge_ceiling", 100)
    await charging.charger.set_current(6)


async def test_the_car_ends_it_at_97(charging: Rig) -> None:
    """Full is not 100."""
    car = charging.sim.car
    assert car is not None
    car.level_percent = 96.95
    await charging.run(120)
    assert charging.snapshot.power_w == 13
    assert charging.snapshot.state_of_charge in (96, 97)


async def test_a_car_that_arrives_full(ours: Rig) -> None:
    """98 to 100 percent are real values."""
    ours.sim.unplug()
    await ours.poll()
    await ours.plug(99.5)
    ours.sim.writes.clear()
    ours.fault(Fault.STATE_OF_CHARGE_ZERO)
    await ours.charger.run_command("read_state_of_charge")
    await ours.run(30)
    assert ours.snapshot.state_of_charge is None
    ours.clear()


async def test_floor_and_ceiling_are_kept(ours: Rig) -> None:
    """They are ours, not the charger's: nothing is written to it."""
    await ours.charger.set_value("state_of_charge_floor", 40)
    await ours.charger.set_value("state_of_charge_ceiling", 80.0)
    assert ours.state["floor_percent"] == 40
    assert ours.snapshot.values["state_of_charge_ceiling"] == 80
    with pytest.raises(Rejected, match="below"):
        await ours.charger.set_value("state_of_charge_floor", 80)
    assert ours.sim.writes == []


async def test_what_flows_to_ask_is_nobodys_set_point(ours: Rig) -> None:
    """A site that saw it as one would end it, and never hear what it was asked for."""
    await ours.charger.run_command("read_state_of_charge")
    assert ours.told() == [("CURRENT", 3), ("ACTION", 1)]
    await ours.poll()
    assert ours.snapshot.confirmed_a == 0.0
    await ours.run(30)
    assert ours.snapshot.state_of_charge == 50
    assert ours.snapshot.confirmed_a == 0.0


async def test_asking_for_the_state_of_charge(ours: Rig) -> None:
    """3 A until it is known, read four times a second, then everything as before."""
    await ours.charger.run_command("read_state_of_charge")
    assert ours.told() == [("CURRENT", 3), ("ACTION", 1)]
    ours.snapshots.clear()
    await ours.run(3)
    # An automation that waits for a change of state is not woken by this.
    assert {snapshot.status for snapshot in ours.snapshots} <= {ChargerStatus.PAUSED}
    await ours.run(4)
    assert ours.snapshot.state_of_charge == 50
    assert ours.told()[2:] == [("ACTION", 2), ("CURRENT", 0)]
    ours.sim.writes.clear()
    await ours.charger.run_command("read_state_of_charge")
    await ours.run(60)
    assert ours.sim.writes == []


async def test_asking_in_vain_ends_after_a_minute(ours: Rig) -> None:
    """And is not repeated."""
    ours.fault(Fault.STATE_OF_CHARGE_ZERO)
    await ours.charger.set_current(0)
    ours.sim.writes.clear()
    await ours.charger.run_command("read_state_of_charge")
    await ours.run(59)
    assert ours.sim.machine.current_a == 3
    await ours.run(3)
    assert ours.told()[2:] == [("ACTION", 2), ("CURRENT", 0)]
    await ours.run(120)
    assert len(ours.setpoints()) == 2


async def test_a_wish_ends_the_asking(ours: Rig) -> None:
    """Whoever wants something knows better."""
    ours.fault(Fault.STATE_OF_CHARGE_ZERO)
    await ours.charger.run_command("read_state_of_charge")
    await ours.run(3)
    await ours.charger.set_current(0)
    assert ours.told()[2:] == [("ACTION", 2), ("CURRENT", 0)]
    await ours.run(60)
    assert len(ours.setpoints()) == 2


async def test_asking_is_refused_in_the_middle(ours: Rig) -> None:
    """The charger answers with an exception: the next round begins anew."""
    ours.fault(Fault.STATE_OF_CHARGE_ZERO)
    await ours.charger.run_command("read_state_of_charge")
    await ours.run(3)
    ours.fault(Fault.BUSY)
    await ours.run(10)
    ours.clear()
    await ours.run(20)
    assert ours.snapshot.state_of_charge == 50
    assert ours.told(Register.ACTION)[-1] == ("ACTION", 2)


async def test_asking_goes_on_after_a_stumble(ours: Rig) -> None:
    """A lost connection in the middle does not leave it charging for ever."""
    ours.fault(Fault.STATE_OF_CHARGE_ZERO)
    await ours.charger.run_command("read_state_of_charge")
    await ours.run(3)
    ours.fault(Fault.DROP)
    await ours.run(5)
    ours.clear(Fault.DROP)
    await ours.run(60)
    assert ours.told(Register.ACTION)[-1] == ("ACTION", 2)
    assert ours.sim.machine.current_a == 0


async def test_asking_needs_a_car_and_leave(ours: Rig) -> None:
    """There is nobody to ask, or a person said stop."""
    await ours.charger.set_charging(released=False)
    with pytest.raises(Rejected, match="held back"):
        await ours.charger.run_command("read_state_of_charge")
    await ours.charger.set_charging(released=True)
    ours.sim.unplug()
    await ours.poll()
    with pytest.raises(Rejected, match="no vehicle"):
        await ours.charger.run_command("read_state_of_charge")


async def test_unplugging_while_asking(ours: Rig) -> None:
    """The stop of unplugging ends it."""
    ours.fault(Fault.STATE_OF_CHARGE_ZERO)
    await ours.charger.run_command("read_state_of_charge")
    await ours.run(2)
    ours.sim.unplug()
    await ours.run(20)
    assert ours.told(Register.ACTION)[-1] == ("ACTION", 2)
    ours.sim.writes.clear()
    ours.sim.plug(BatteryCar())
    await ours.run(60)
    assert ours.sim.writes == []
