"""Take control, keep it, lose it, give it back."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from custom_components.busbar.chargers.errors import (
    ConnectionFailed,
    Rejected,
    Unsupported,
)
from custom_components.busbar.chargers.model import (
    ChargerStatus,
    Fallback,
    FallbackCause,
)
from custom_components.busbar.chargers.quasar.charger import QuasarCharger
from simulators.quasar import Fault, Register

from .conftest import MakeRig, Rig


async def test_a_new_charger_is_only_read(rig: Rig) -> None:
    """Nothing is written until a person chooses to."""
    await rig.plug()
    await rig.run(120)
    assert rig.sim.writes == []
    capabilities = rig.charger.capabilities
    assert capabilities.charge is None
    assert capabilities.discharge is None
    assert not capabilities.can_pause
    assert not capabilities.can_lock
    assert {fall.current_a for fall in capabilities.falls_to} == {None}
    assert rig.snapshot.confirmed_a is None
    assert rig.snapshot.charging_released is None


async def test_hands_off_refuses_every_command(rig: Rig) -> None:
    """A loop or a person that forgot the switch hears why nothing happens."""
    await rig.plug()
    for attempt in (
        rig.charger.set_current(6),
        rig.charger.set_charging(released=False),
        rig.charger.set_locked(locked=True),
        rig.charger.run_command("read_state_of_charge"),
    ):
        with pytest.raises(Rejected, match="hands-off"):
            await attempt
    await rig.charger.release()
    await rig.charger.fall_silent()
    assert rig.sim.writes == []


async def test_taking_control_writes_in_order(rig: Rig) -> None:
    """Control, autostart off, the set-point kind only where it differs, the watchdog."""
    await rig.charger.set_control(allowed=True)
    assert rig.told() == [("CONTROL", 1), ("AUTOSTART", 0), ("WATCHDOG", 90)]
    assert rig.state["external_control"] is True
    assert rig.changes == 1
    capabilities = rig.charger.capabilities
    assert capabilities.charge is not None and capabilities.charge.minimum_a == 3
    assert capabilities.discharge == capabilities.charge
    assert capabilities.falls_to == (
        Fallback(cause=FallbackCause.SILENCE, current_a=0.0, after_s=95.0),
        Fallback(cause=FallbackCause.RESTART, current_a=None, after_s=360.0),
        Fallback(cause=FallbackCause.PLUG_IN, current_a=0.0),
    )
    assert rig.snapshot.values["watchdog_armed"] is True
    assert rig.snapshot.values["control_lost"] is False


@pytest.mark.parametrize(
    "fault",
    [
        Fault.NO_AUTOSTART,
        Fault.NO_WATCHDOG,
        Fault.HIDDEN_WATCHDOG,
        Fault.NO_POWER_MODE,
    ],
)
async def test_refused_options_do_not_stop_it(make_rig: MakeRig, fault: Fault) -> None:
    """Firmwares differ; what it falls to says honestly what is missing."""
    rig = await make_rig(faults=[fault], options={"power_mode": True})
    await rig.charger.set_control(allowed=True)
    assert rig.sim.machine.control == 1
    falls = {fall.cause: fall.current_a for fall in rig.charger.capabilities.falls_to}
    # A watchdog that cannot be read back is not relied on.
    no_watchdog = fault in (Fault.NO_WATCHDOG, Fault.HIDDEN_WATCHDOG)
    assert (FallbackCause.SILENCE in falls) is not no_watchdog
    on_plug_in = None if fault is Fault.NO_AUTOSTART else 0.0
    assert falls[FallbackCause.PLUG_IN] == on_plug_in
    kind = "current" if fault is Fault.NO_POWER_MODE else "power"
    assert rig.snapshot.values["setpoint_kind"] == kind


@pytest.mark.parametrize("fault", [Fault.NO_CONTROL, Fault.KEEPS_CONTROL])
async def test_a_charger_that_keeps_control(rig: Rig, fault: Fault) -> None:
    """A command that was not taken raises, and the choice is not kept."""
    rig.fault(fault)
    with pytest.raises(Rejected):
        await rig.charger.set_control(allowed=True)
    assert not rig.state.get("external_control")
    assert rig.charger.capabilities.charge is None


async def test_lost_control_is_taken_back_with_the_present_wish(charging: Rig) -> None:
    """The app took control and reset everything; what is wanted now is written again."""
    charging.fault(Fault.TAKE_CONTROL)
    await charging.charger.refresh()
    assert charging.snapshot.foreign_control == "vendor_app"
    assert charging.snapshot.values["control_lost"] is True
    assert charging.snapshot.confirmed_a is None
    await charging.idle()
    assert charging.told() == [
        ("CONTROL", 1),
        ("AUTOSTART", 0),
        ("WATCHDOG", 90),
        ("CURRENT", 10),
        ("ACTION", 1),
    ]
    await charging.run(5)
    assert charging.snapshot.foreign_control is None
    assert charging.snapshot.is_confirmed


async def test_a_wish_that_came_meanwhile_is_the_one_that_counts(charging: Rig) -> None:
    """Not the wish from before the loss."""
    await charging.charger.set_current(0)
    charging.sim.writes.clear()
    charging.fault(Fault.TAKE_CONTROL)
    charging.sim.machine.setpoint_a = 16
    await charging.run(20)
    assert charging.told(Register.CURRENT) == [("CURRENT", 0)]


async def test_another_master_is_reported_not_fought(charging: Rig) -> None:
    """Whoever takes control again and again gets it for longer and longer."""
    for _ in range(120):
        charging.fault(Fault.TAKE_CONTROL)
        await charging.run(5)
    retakes = charging.told(Register.CONTROL)
    assert 3 <= len(retakes) <= 6
    charging.fault(Fault.TAKE_CONTROL)
    await charging.poll()
    with pytest.raises(Rejected, match="app is in control"):
        await charging.charger.set_current(6)


async def test_release_stops_zeroes_and_gives_back(charging: Rig) -> None:
    """The order matters: no set-point is left behind, and it is not taken again."""
    await charging.charger.release()
    assert charging.told() == [("ACTION", 2), ("CURRENT", 0), ("CONTROL", 0)]
    await charging.run(60)
    assert charging.sim.machine.control == 0
    assert charging.snapshot.power_w == 13
    # The person's choice stands: the next wish takes control again.
    assert charging.state["external_control"] is True
    await charging.charger.set_current(6)
    assert charging.sim.machine.control == 1


async def test_switching_external_control_off(charging: Rig) -> None:
    """It is hands-off again."""
    await charging.charger.set_control(allowed=False)
    assert charging.told()[-1] == ("CONTROL", 0)
    charging.sim.writes.clear()
    await charging.run(60)
    assert charging.sim.writes == []
    assert charging.charger.capabilities.charge is None
    # A second thought within seconds is a person's too.
    await charging.charger.set_control(allowed=True)
    assert charging.sim.machine.control == 1


@pytest.mark.parametrize(
    "command",
    [
        lambda charger: charger.set_locked(True),
        lambda charger: charger.set_charging(True),
        lambda charger: charger.set_current(6),
        lambda charger: charger.run_command("read_state_of_charge"),
    ],
    ids=["lock", "start", "current", "state of charge"],
)
async def test_a_command_while_control_is_given_back(
    charging: Rig, command: Callable[[QuasarCharger], Coroutine[Any, Any, None]]
) -> None:
    """It comes too late, and takes nothing back."""
    giving_back = asyncio.create_task(charging.charger.set_control(allowed=False))
    while not charging.sim.writes:
        await asyncio.sleep(0)
    with pytest.raises(Rejected, match="hands-off"):
        await command(charging.charger)
    await giving_back
    await charging.run(60)
    assert charging.told() == [("ACTION", 2), ("CURRENT", 0), ("CONTROL", 0)]


async def test_hands_off_out_of_silence(charging: Rig) -> None:
    """Whoever wants it left alone wants it stopped first, also where nobody spoke to it for a while."""
    await charging.charger.fall_silent()
    charging.sim.writes.clear()
    await charging.charger.set_control(allowed=False)
    assert charging.told() == [("ACTION", 2), ("CURRENT", 0), ("CONTROL", 0)]
    await charging.run(30)
    assert charging.snapshot.control_allowed is False
    assert charging.sim.machine.control == 0


async def test_control_is_not_given_back_to_a_dead_wire(charging: Rig) -> None:
    """What the charger did not hear has not happened."""
    charging.fault(Fault.MUTE)
    with pytest.raises(ConnectionFailed):
        await charging.charger.set_control(allowed=False)
    assert charging.state["external_control"] is True
    # Once it is heard, the stop that was wanted is written.
    charging.clear()
    await charging.run(20)
    assert charging.sim.machine.current_a == 0
    assert charging.sim.machine.control == 1


async def test_a_round_in_the_middle_of_silence(charging: Rig) -> None:
    """Whoever was reading does not open another connection."""
    reading = asyncio.create_task(charging.charger.refresh())
    await asyncio.sleep(0)
    await charging.charger.fall_silent()
    requests = len(charging.sim.requests)
    with pytest.raises(ConnectionFailed):
        await reading
    await charging.run(1)
    assert charging.sim.clients == 0
    assert len(charging.sim.requests) == requests


async def test_closed_is_closed(charging: Rig) -> None:
    """A late request after closing opens nothing."""
    await charging.connection.close()
    with pytest.raises(ConnectionFailed):
        await charging.charger.refresh()
    await charging.run(1)
    assert charging.sim.clients == 0
    await charging.connection.open()
    assert charging.sim.server.accepted == 2


async def test_an_entry_that_was_removed_releases_unopened(
    charging: Rig, connect: object
) -> None:
    """Removing an entry makes a connection of its own, which was never opened."""
    assert callable(connect)
    await charging.connection.close()
    other = connect(charging.sim, state=charging.state, serial="100000")
    await other.connection.release()
    assert charging.told() == [("ACTION", 2), ("CURRENT", 0), ("CONTROL", 0)]
    assert other.connection.chargers == {}


async def test_the_watchdog_ends_what_nobody_watches(charging: Rig) -> None:
    """Any read feeds it, so we have to be silent for it to bite."""
    await charging.run(300)
    assert charging.sim.machine.current_a == 10
    await charging.connection.close()
    assert charging.sim.writes == []
    await charging.sim.advance(89)
    assert charging.sim.machine.current_a == 10
    await charging.sim.advance(5)
    assert charging.sim.machine.current_a == 0


async def test_silence_on_demand(charging: Rig) -> None:
    """Our own stop is tried first; then nothing is said, whoever asks."""
    charging.fault(Fault.NO_WRITES)
    await charging.charger.fall_silent()
    assert charging.told() == [("ACTION", 2), ("CURRENT", 0)]
    assert charging.sim.machine.current_a == 10
    requests = len(charging.sim.requests)
    with pytest.raises(ConnectionFailed, match="on purpose"):
        await charging.charger.refresh()
    await charging.run(95)
    assert len(charging.sim.requests) == requests
    assert charging.sim.clients == 0
    assert charging.sim.machine.current_a == 0


async def test_silence_on_a_dead_wire_and_its_end(charging: Rig) -> None:
    """A stop that fails changes nothing about the silence; the next wish breaks it."""
    charging.fault(Fault.MUTE)
    await charging.charger.fall_silent()
    charging.clear()
    await charging.run(60)
    charging.sim.writes.clear()
    await charging.charger.set_current(6)
    assert charging.told()[-2:] == [("CURRENT", 6), ("ACTION", 1)]
    await charging.run(30)
    assert charging.snapshot.status is ChargerStatus.CHARGING


async def test_after_a_restart_of_ours_nothing_is_pushed(
    charging: Rig, connect: object
) -> None:
    """Read back first: what flows on our behalf goes on, with the watchdog armed anew."""
    assert callable(connect)
    await charging.connection.close()
    again = connect(charging.sim, state=charging.state)
    await again.connection.open()
    assert charging.sim.writes == []
    assert again.snapshot.status is ChargerStatus.CHARGING
    await again.run(30)
    assert again.told(Register.CONTROL, Register.WATCHDOG) == [
        ("CONTROL", 1),
        ("WATCHDOG", 90),
    ]
    assert {write.value for write in again.setpoints()} == {10}
    assert charging.sim.machine.current_a == 10


async def test_after_a_restart_of_ours_an_idle_charger_stays_idle(
    ours: Rig, connect: object
) -> None:
    """Control is taken again, and no default is written."""
    assert callable(connect)
    await ours.connection.close()
    again = connect(ours.sim, state=ours.state)
    await again.connection.open()
    await again.run(30)
    assert again.told() == [("CONTROL", 1), ("AUTOSTART", 0), ("WATCHDOG", 90)]
    # It already does nothing: a first 0 changes nothing, a charger that runs is stopped by it.
    again.sim.writes.clear()
    await again.charger.set_current(0)
    assert again.sim.writes == []
    again.sim.machine.setpoint_a = 16
    await again.poll()
    assert again.told() == [("ACTION", 2), ("CURRENT", 0)]


async def test_a_first_zero_on_a_charger_that_lost_control(
    ours: Rig, connect: object
) -> None:
    """Nothing that it shows counts then."""
    assert callable(connect)
    await ours.connection.close()
    ours.fault(Fault.TAKE_CONTROL)
    again = connect(ours.sim, state=ours.state)
    await again.connection.open()
    await again.charger.set_current(0)
    assert again.told()[-2:] == [("ACTION", 2), ("CURRENT", 0)]


async def test_locking(ours: Rig) -> None:
    """The lock register, read back."""
    await ours.charger.set_locked(locked=True)
    assert ours.snapshot.is_locked is True
    ours.sim.unplug()
    await ours.poll()
    assert ours.snapshot.status is ChargerStatus.DISCONNECTED
    assert ours.snapshot.vehicle_connected is False
    ours.fault(Fault.TAKE_CONTROL)
    await ours.charger.refresh()
    await ours.charger.set_locked(locked=False)
    assert ours.snapshot.is_locked is False


async def test_no_lease(ours: Rig) -> None:
    """The watchdog is no lease: any message renews it."""
    with pytest.raises(Unsupported):
        await ours.charger.set_current(6, lease_s=60)


async def test_settings_and_commands_that_it_does_not_have(ours: Rig) -> None:
    """They are refused by name."""
    with pytest.raises(Unsupported):
        await ours.charger.set_value("led_brightness", 5)
    with pytest.raises(Unsupported):
        await ours.charger.run_command("dance")
    with pytest.raises(Unsupported, match="account"):
        await ours.charger.run_command("restart")
