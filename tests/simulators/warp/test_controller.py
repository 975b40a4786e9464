"""Slots, pilot and car: what a write does to the current that flows."""

from typing import Any

import pytest

from simulators.warp import Fault, SlotName, WarpSimulator
from simulators.world import CarSpec

from .conftest import Build, Wire


async def state(wire: Wire, key: str) -> Any:
    """Return one member of `evse/state`."""
    return (await wire.get("evse/state"))[key]


async def test_smallest_active_slot_is_offered(wire: Wire) -> None:
    """And the car draws it."""
    wire.sim.plug(CarSpec(maximum_a=32))
    await wire.put("evse/global_current", 20000)
    await wire.put("evse/external_current", 13000)
    assert await state(wire, "allowed_charging_current") == 13000
    assert wire.sim.measured_currents_a == (13.0, 13.0, 13.0)
    await wire.put("evse/external_current", 32000)
    assert wire.sim.offered_a == 20.0


async def test_charger_state_follows_pilot_and_slots(wire: Wire) -> None:
    """Empty, charging, blocked, ready, empty."""
    assert await state(wire, "charger_state") == 0
    wire.sim.plug(CarSpec())
    assert (
        await state(wire, "iec61851_state"),
        await state(wire, "charger_state"),
    ) == (
        2,
        3,
    )
    await wire.put("evse/external_current", 0)
    assert (
        await state(wire, "iec61851_state"),
        await state(wire, "charger_state"),
    ) == (
        1,
        1,
    )
    wire.sim.plug(CarSpec(energy_wanted_kwh=0))
    await wire.put("evse/external_current", 16000)
    assert await state(wire, "charger_state") == 2
    wire.sim.unplug()
    wire.sim.unplug()
    assert await state(wire, "charger_state") == 0


async def test_pause_ends_after_five_seconds_at_the_earliest(wire: Wire) -> None:
    """The controller waits after state C was left."""
    wire.sim.plug(CarSpec())
    await wire.put("evse/external_current", 0)
    await wire.put("evse/external_current", 16000)
    assert wire.sim.measured_currents_a[0] == 0
    await wire.sim.advance(4.75)
    assert wire.sim.measured_currents_a[0] == 0
    await wire.sim.advance(0.25)
    assert wire.sim.measured_currents_a[0] == 16


async def test_lowered_value_is_exceeded_for_the_reaction_time(wire: Wire) -> None:
    """Measured is above offered for up to 5 s."""
    wire.sim.plug(CarSpec(reaction_s=5))
    await wire.sim.advance(5)
    await wire.put("evse/external_current", 6000)
    await wire.sim.advance(4.75)
    assert (wire.sim.offered_a, wire.sim.measured_currents_a[0]) == (6, 16)
    await wire.sim.advance(0.25)
    assert wire.sim.measured_currents_a[0] == 6


async def test_start_and_stop_do_nothing_without_a_car(wire: Wire) -> None:
    """They answer 200 all the same."""
    assert (await wire.put("evse/stop_charging", None)).status == 200
    assert (await wire.get("evse/slots"))[4]["max_current"] == 32000
    wire.sim.plug(CarSpec())
    await wire.put("evse/stop_charging", None)
    assert (await wire.get("evse/slots"))[4]["max_current"] == 0
    await wire.put("evse/external_current", 0)
    await wire.put("evse/start_charging", None)
    assert await state(wire, "charger_state") == 1
    await wire.put("evse/stop_charging", None)
    wire.sim.unplug()
    assert (await wire.get("evse/slots"))[4]["max_current"] == 32000


async def test_manual_release(wire: Wire) -> None:
    """Without auto start a running charge goes on and the next one waits."""
    wire.sim.plug(CarSpec())
    await wire.switch("evse/auto_start_charging", on=False)
    assert await state(wire, "charger_state") == 3
    wire.sim.unplug()
    wire.sim.plug(CarSpec())
    assert await state(wire, "charger_state") == 1
    await wire.put("evse/start_charging", None)
    assert await state(wire, "charger_state") == 3
    await wire.put("evse/external_current", 0)
    await wire.switch("evse/auto_start_charging", on=False)
    await wire.put("evse/external_current", 16000)
    assert await state(wire, "charger_state") == 1
    await wire.switch("evse/auto_start_charging", on=True)
    await wire.sim.advance(5)
    assert await state(wire, "charger_state") == 3


async def test_external_slot_may_clear_on_disconnect(wire: Wire) -> None:
    """A new car then waits for us."""
    await wire.switch("evse/external_clear_on_disconnect", on=True)
    wire.sim.plug(CarSpec())
    wire.sim.unplug()
    assert await wire.get("evse/external_current") == {"current": 0}


async def test_controller_restart_puts_the_default_back(wire: Wire) -> None:
    """The default is written to flash; 5 A is ignored there as well."""
    defaults = {"current": 10000, "clear_on_disconnect": True}
    await wire.put("evse/external_defaults", defaults)
    await wire.put(
        "evse/external_defaults", {"current": 5000, "clear_on_disconnect": False}
    )
    assert await wire.get("evse/external_defaults") == defaults
    await wire.put("evse/global_current", 20000)
    await wire.put("evse/external_current", 6000)
    wire.sim.fault(Fault.RESTART_CONTROLLER)
    slots = await wire.get("evse/slots")
    assert slots[8] == {
        "max_current": 10000,
        "active": True,
        "clear_on_disconnect": True,
    }
    assert slots[5]["max_current"] == 20000
    assert (await wire.get("evse/low_level_state"))["uptime"] == 0


async def test_default_may_be_applied_at_once(build: Build, wire: Wire) -> None:
    """Newer controllers do that, in the middle of a charge."""
    newer = Wire(wire.session, await build(defaults_apply_live=True))
    await newer.put(
        "evse/external_defaults", {"current": 6000, "clear_on_disconnect": True}
    )
    assert await newer.get("evse/external_current") == {"current": 6000}


async def test_external_slot_cannot_be_switched_off(wire: Wire) -> None:
    """True does nothing, false puts slot and default to 32 A."""
    await wire.put("evse/external_current", 6000)
    await wire.switch("evse/external_enabled", on=True)
    assert await wire.get("evse/external_current") == {"current": 6000}
    await wire.switch("evse/external_enabled", on=False)
    assert await wire.get("evse/external_current") == {"current": 32000}
    assert await wire.get("evse/external_enabled") == {"enabled": True}


async def test_managed_charger_blocks_without_packets(wire: Wire) -> None:
    """Slot 7 is 0 until a manager speaks, and again 30 s after the last word."""
    wire.sim.plug(CarSpec())
    wire.sim.fault(Fault.MANAGED)
    assert await wire.get("evse/management_current") == {"current": 0}
    await wire.sim.advance(5)
    wire.sim.manager_packet(10)
    assert wire.sim.measured_currents_a[0] == 10
    assert (await wire.get("evse/management_state"))["manager_ip"] == "127.0.0.1"
    await wire.put("evse/external_current", 8000)
    assert wire.sim.measured_currents_a[0] == 8
    await wire.sim.advance(30)
    assert wire.sim.measured_currents_a[0] == 8
    await wire.sim.advance(0.25)
    assert wire.sim.measured_currents_a[0] == 0
    assert (await wire.get("evse/management_state"))["manager_ip"] == "0.0.0.0"
    await wire.switch("evse/management_enabled", on=True)
    await wire.switch("evse/management_enabled", on=False)
    assert (await wire.get("evse/slots"))[7] == {
        "max_current": 32000,
        "active": False,
        "clear_on_disconnect": False,
    }
    wire.sim.manager_packet(6)
    assert await wire.get("evse/management_current") == {"current": 32000}


async def test_charger_may_be_managed_from_the_start(build: Build, wire: Wire) -> None:
    """Phases then cannot be switched from outside: the command is not even there."""
    managed = Wire(wire.session, await build(managed=True))
    assert (await managed.get("evse/state"))["allowed_charging_current"] == 0
    assert (await managed.get("power_manager/state"))["external_control"] == 1
    assert (await managed.put("power_manager/external_control", 1)).status == 405


@pytest.mark.parametrize(
    ("path", "slots"),
    [
        ("evse/user_enabled", [SlotName.USER]),
        ("evse/modbus_tcp_enabled", [9, 10]),
        ("evse/ocpp_enabled", [SlotName.OCPP]),
    ],
)
async def test_other_slots_are_switched(
    wire: Wire, path: str, slots: list[int]
) -> None:
    """Writing the present value changes nothing."""
    for enabled in (True, True, False, False):
        assert (await wire.put(path, enabled)).status == 200
        assert await wire.get(path) == {"enabled": enabled}
        table = await wire.get("evse/slots")
        assert [table[slot]["active"] for slot in slots] == [enabled] * len(slots)


async def test_automation_current_does_not_activate_its_slot(wire: Wire) -> None:
    """Only the value is taken."""
    await wire.put("evse/automation_current", 6000)
    slot = (await wire.get("evse/slots"))[14]
    assert (slot["max_current"], slot["active"]) == (6000, False)


async def test_boost_adds_a_little(wire: Wire) -> None:
    """The car is signalled 0.24 A more, the state says nothing of it."""
    wire.sim.plug(CarSpec(maximum_a=32))
    await wire.put("evse/external_current", 10000)
    await wire.switch("evse/boost_mode", on=True)
    assert wire.sim.measured_currents_a[0] == pytest.approx(10.24)
    assert await state(wire, "allowed_charging_current") == 10000


async def test_sleeping_car_is_woken_by_the_pilot(wire: Wire) -> None:
    """Cut and restored, the control pilot wakes it; while managed the cut is ignored."""
    car = wire.sim.plug(CarSpec(sleeps_after_interruptions=1))
    await wire.put("evse/external_current", 0)
    await wire.put("evse/external_current", 16000)
    await wire.sim.advance(10)
    assert car.is_asleep
    assert await state(wire, "charger_state") == 2
    await wire.switch("evse/control_pilot_disconnect", on=True)
    await wire.switch("evse/control_pilot_disconnect", on=False)
    await wire.sim.advance(1)
    assert wire.sim.measured_currents_a[0] == 16
    wire.sim.fault(Fault.MANAGED)
    await wire.switch("evse/control_pilot_disconnect", on=True)
    assert await wire.get("evse/control_pilot_disconnect") == {"disconnect": False}


@pytest.mark.parametrize(
    ("fault", "error_state", "contactor_error", "dc_state"),
    [(Fault.CONTACTOR_ERROR, 4, 2, 0), (Fault.DC_FAULT, 3, 0, 1)],
)
async def test_errors_stop_the_charge(
    wire: Wire, fault: Fault, error_state: int, contactor_error: int, dc_state: int
) -> None:
    """They show in every number there is for them."""
    wire.sim.plug(CarSpec())
    wire.sim.fault(fault)
    shown = await wire.get("evse/state")
    assert (shown["charger_state"], shown["error_state"]) == (4, error_state)
    assert shown["contactor_error"] == contactor_error
    assert shown["dc_fault_current_state"] == dc_state
    assert wire.sim.measured_currents_a[0] == 0
    wire.sim.clear(fault)
    await wire.sim.advance(6)
    assert await state(wire, "charger_state") == 3


async def test_low_level_state_moves_every_second(wire: Wire) -> None:
    """The duty cycle of the pilot says what is offered; 533 is 32 A."""
    before = await wire.get("evse/low_level_state")
    await wire.sim.advance(1)
    after = await wire.get("evse/low_level_state")
    assert after["uptime"] - before["uptime"] == 1000
    assert after["cp_pwm_duty_cycle"] == 533
    await wire.put("evse/external_current", 0)
    assert (await wire.get("evse/low_level_state"))["cp_pwm_duty_cycle"] == 1000


async def test_energy_manager_has_no_cable(build: Build) -> None:
    """Whatever a hand does to a charger does nothing to it."""
    manager = await build(generation="wem")
    with pytest.raises(ValueError, match="no cable"):
        manager.plug()
    manager.unplug()
    manager.press_button()
    manager.show_tag("01:02")
    manager.manager_packet(6)
    manager.fault(Fault.POWER_CYCLE)
    assert (manager.car, manager.offered_a) == (None, 0)
    assert isinstance(manager, WarpSimulator)
