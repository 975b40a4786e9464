"""Steer a charger over the wire, with every trap of its control values."""

import asyncio
from typing import Any

import pytest

from custom_components.busbar.chargers.errors import (
    ConnectionFailed,
    Rejected,
    Unsupported,
)
from custom_components.busbar.chargers.model import (
    Charger,
    Fallback,
    FallbackCause,
    HasSettings,
    Measurement,
    Pauses,
    Role,
    SetsCurrent,
    SwitchesPhases,
)
from simulators.warp import Fault

from .conftest import MakeRig, feature_keys, show, until

EXTERNAL = "evse/external_current"


async def test_it_is_a_charger_with_abilities(rig: MakeRig) -> None:
    """The boundary's protocols are met, and role and range are right."""
    house = await rig()
    for ability in (SetsCurrent, Pauses, SwitchesPhases, HasSettings):
        assert isinstance(house.charger, ability)
    charger: Charger = house.charger
    capabilities = charger.capabilities
    assert capabilities.role is Role.CHARGER
    assert capabilities.charge is not None
    assert (capabilities.charge.minimum_a, capabilities.charge.maximum_a) == (6, 32)
    assert capabilities.pushes_updates
    assert capabilities.write_budget.volatile
    assert capabilities.measures == frozenset(Measurement) - {
        Measurement.DISCHARGED_ENERGY,
        Measurement.STATE_OF_CHARGE,
    }
    assert house.seen().signal_dbm == -58


async def test_set_current_is_told_and_confirmed(rig: MakeRig) -> None:
    """The charger is told milliamperes, and its own state confirms them."""
    house = await rig()
    await house.charger.set_current(13.5)
    assert house.told(EXTERNAL) == [{"current": 13500}]
    assert house.seen().commanded_a == house.seen().confirmed_a == 13.5
    assert house.seen().is_confirmed is True
    assert house.sim.executed_by_get == 0


async def test_a_slow_controller_is_waited_for(rig: MakeRig) -> None:
    """The controller has its time to take a value."""
    house = await rig(controller_delay_s=1.0)
    await house.charger.set_current(0)
    assert house.seen().confirmed_a == 0
    assert house.seen().is_confirmed is True


@pytest.mark.parametrize("fault", [Fault.STALE, Fault.IGNORES_INCREASE])
async def test_stale_200_is_no_success(rig: MakeRig, fault: Fault) -> None:
    """A write that was answered with 200 and not applied is an error."""
    house = await rig()
    await house.charger.set_current(8)
    house.sim.fault(fault)
    with pytest.raises(Rejected, match="did not apply"):
        await house.charger.set_current(10)
    assert house.seen().commanded_a == 10
    assert house.seen().confirmed_a == 8
    assert house.seen().is_confirmed is False


@pytest.mark.parametrize(
    "current_a", [0.001, 1, 5, 5.999, 32.001, 40, -6, float("nan"), float("inf"), 1e9]
)
async def test_what_the_controller_would_ignore_is_never_sent(
    rig: MakeRig, current_a: float
) -> None:
    """200 and nothing happens: so such a value does not leave the house."""
    house = await rig()
    before = len(house.sim.requests)
    with pytest.raises(Rejected, match="cannot be set"):
        await house.charger.set_current(current_a)
    assert len(house.sim.requests) == before
    assert house.seen().commanded_a is None


async def test_the_cable_bounds_the_current(rig: MakeRig) -> None:
    """An 11 kW model is not told more than its cable carries."""
    house = await rig(outgoing_cable_ma=20000)
    assert house.offers().full_current_a == 20
    with pytest.raises(Rejected, match="6 to 20 A"):
        await house.charger.set_current(21)


async def test_a_lease_is_not_known(rig: MakeRig) -> None:
    """A limit with an end would never end."""
    house = await rig()
    with pytest.raises(Unsupported, match="by itself"):
        await house.charger.set_current(6, lease_s=60)
    assert house.offers().lease is None
    assert house.sim.writes == []


async def test_a_write_that_timed_out_may_have_been_taken(rig: MakeRig) -> None:
    """Nobody knows, so the value counts as sent; what was refused does not."""
    house = await rig(options={"timeout_s": 0.05})
    house.sim.fault(Fault.HANG)
    with pytest.raises(ConnectionFailed):
        await house.charger.set_current(20)
    assert house.seen().commanded_a == 20
    house.sim.clear()
    house.sim.set_password("changed")
    with pytest.raises(Exception, match="password"):
        await house.charger.set_current(10)
    assert house.seen().commanded_a == 20


async def test_external_control_that_is_off(rig: MakeRig) -> None:
    """An inactive slot limits nothing: no current can be set until it is enabled."""
    house = await rig()
    slots: list[Any] = list(house.sim.state("evse/slots"))  # type: ignore[arg-type]
    slots[8] = {**slots[8], "active": False}
    show(house, "evse/slots", slots)
    show(house, "evse/external_enabled", {"enabled": False})
    assert house.offers().charge is None
    assert house.seen().confirmed_a is None
    with pytest.raises(Unsupported, match="enable it"):
        await house.charger.set_current(6)
    assert "enable_external_control" in feature_keys(house)
    await house.charger.run_command("enable_external_control")
    assert house.told("evse/external_enabled") == [{"enabled": True}]


async def test_falls_to(rig: MakeRig) -> None:
    """A restart ends at the defaults, silence never ends, unplugging as configured."""
    house = await rig(external_default_ma=10000)
    assert house.offers().falls_to == (
        Fallback(cause=FallbackCause.RESTART, current_a=10),
    )
    await house.charger.set_value("clear_on_disconnect", True)
    await house.time.advance(2)
    assert house.offers().falls_to == (
        Fallback(cause=FallbackCause.RESTART, current_a=10),
        Fallback(cause=FallbackCause.PLUG_IN, current_a=0),
    )
    assert house.heard.changes == 1


async def test_a_charge_manager_is_foreign_control(rig: MakeRig) -> None:
    """Only a manager that is heard steers."""
    house = await rig(managed=True)
    assert house.seen().foreign_control is None
    house.sim.manager_packet(16)
    await house.time.advance(2)
    assert house.seen().foreign_control == "charge_manager"
    assert house.offers().is_group_member
    house.connection._link.states.forget("evse/management_state")
    house.charger.update()
    assert house.seen().foreign_control == "charge_manager"


async def test_writes_come_one_after_the_other(rig: MakeRig) -> None:
    """Two commands at once are two commands in a row, each confirmed."""
    house = await rig()
    await asyncio.gather(
        house.charger.set_current(8), house.charger.set_value("boost", True)
    )
    assert house.sim.state("evse/external_current/current") == 8000
    assert house.sim.state("evse/boost_mode/enabled") is True
    await until(lambda: house.seen().is_confirmed is True)
