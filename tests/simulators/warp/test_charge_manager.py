"""Groups: configuration, available current, watchdog, and the members behind it."""

import json
from typing import Any

import pytest

from simulators.warp import Fault
from simulators.world import CarSpec, ManualClock, advance_together

from .conftest import Build, Wire

CURRENT = "charge_manager/available_current"


@pytest.fixture
async def manager(build: Build, wire: Wire) -> Wire:
    """Return an Energy Manager."""
    return Wire(wire.session, await build(generation="wem"))


async def configure(wire: Wire, **changes: Any) -> int:
    """Write a changed configuration and return the answer."""
    config = await wire.get("charge_manager/config")
    return (await wire.put("charge_manager/config", config | changes)).status


async def test_available_current_is_bounded(manager: Wire) -> None:
    """Up to the maximum, inclusive."""
    await configure(manager, maximum_available_current=32000)
    assert (await manager.put(CURRENT, 32000)).status == 200
    assert await manager.get(CURRENT) == {"current": 32000}
    assert (await manager.put(CURRENT, 32001)).status == 400
    await manager.put("power_manager/charge_mode", 0)
    config = await manager.get("power_manager/config")
    await manager.put("power_manager/config", config | {"enabled": True})
    assert (await manager.put(CURRENT, 6000)).status == 400


async def test_configuration_is_checked_and_counts_after_a_restart(
    manager: Wire,
) -> None:
    """All keys, no repeated host, default not above maximum."""
    charger = {"host": "a.local", "name": "a", "rot": 0, "uid": 1}
    assert await configure(manager, enable_charge_manager=True) == 400
    assert await configure(manager, chargers=[charger, charger]) == 400
    assert await configure(manager, default_available_current=1) == 400
    assert await configure(manager, chargers=[{"host": "a"}]) == 400
    assert await configure(manager, chargers=["a"]) == 400
    assert (await manager.put("charge_manager/config", {})).status == 400
    assert (
        await configure(
            manager,
            enable_charge_manager=True,
            chargers=[charger],
            default_available_current=10000,
            maximum_available_current=16000,
            minimum_current_vehicle_type=1,
        )
        == 200
    )
    config = await manager.get("charge_manager/config")
    assert (config["minimum_current"], config["minimum_current_1p"]) == (9200, 6000)
    assert (await manager.get("charge_manager/state"))["state"] == 0
    manager.sim.fault(Fault.REBOOT)
    await manager.sim.advance(10)
    assert (await manager.get("charge_manager/state"))["state"] == 1
    assert await manager.get(CURRENT) == {"current": 10000}


async def test_minimums_can_be_set_by_hand(manager: Wire) -> None:
    """Unless they are derived."""
    status = await configure(manager, minimum_current_auto=False, minimum_current=8000)
    assert status == 200
    assert (await manager.get("charge_manager/config"))["minimum_current"] == 8000


async def test_group_shares_the_available_current(
    build: Build, manager: Wire, clock: ManualClock
) -> None:
    """As many as the minimum allows; the last ones wait."""
    members = [await build(uid=uid) for uid in ("Aa", "Bb", "Cc")]
    manager.sim.lead(*members, maximum_a=32)
    for member in members[:2]:
        member.plug(CarSpec(maximum_a=32))
    everybody = (manager.sim, *members)
    await advance_together(clock, 7, *everybody)
    currents = [member.measured_currents_a[0] for member in members]
    assert currents == [16, 16, 0]
    await manager.put(CURRENT, 10000)
    await advance_together(clock, 7, *everybody)
    currents = [member.measured_currents_a[0] for member in members]
    assert currents == [10, 0, 0]
    shown = (await manager.get("charge_manager/state"))["chargers"]
    assert [(charger["s"], charger["ac"]) for charger in shown] == [
        (4, 10000),
        (2, 0),
        (0, 0),
    ]
    manager.sim.fault(Fault.SILENT)
    await advance_together(clock, 32, *everybody)
    assert members[0].measured_currents_a[0] == 0


async def test_charge_modes_are_written_as_a_whole(
    build: Build, manager: Wire, clock: ManualClock
) -> None:
    """One number per charger; 1 is off."""
    members = [await build(uid=uid) for uid in ("Aa", "Bb")]
    manager.sim.lead(*members)
    for member in members:
        member.plug(CarSpec())
    modes = "charge_manager/charge_modes"
    for wrong in ([0], [0, 10], 0, None):
        assert (await manager.put(modes, wrong)).status == 400
    assert (await manager.put(modes, [1, 0])).status == 200
    assert manager.sim.writes[-1].payload == [1, 0]
    await advance_together(clock, 7, manager.sim, *members)
    assert [member.measured_currents_a[0] for member in members] == [0, 16]


async def test_watchdog_falls_back(build: Build, manager: Wire) -> None:
    """30 s after the last write the default is back."""
    manager.sim.lead(await build(uid="Aa"), maximum_a=32)
    await configure(manager, enable_watchdog=True)
    await manager.put(CURRENT, 6000)
    await manager.sim.advance(30)
    assert await manager.get(CURRENT) == {"current": 6000}
    await manager.sim.advance(1)
    assert await manager.get(CURRENT) == {"current": 32000}


async def test_manager_cannot_be_a_member(build: Build, manager: Wire) -> None:
    """A group consists of chargers."""
    with pytest.raises(ValueError, match="member"):
        manager.sim.lead(await build(generation="wem"))


async def test_scan_is_executed_even_by_get(wire: Wire) -> None:
    """Another command that a probing client would start."""
    assert (await wire.request("GET", "charge_manager/scan")).status == 200
    assert wire.sim.executed_by_get == 1


async def test_table_of_chargers_is_limited(build: Build, wire: Wire) -> None:
    """A WARP1 takes ten, and only small bodies."""
    first = Wire(wire.session, await build(generation="warp"))
    config = await first.get("charge_manager/config")
    chargers = [
        {"host": f"{index}", "name": "", "rot": 0, "uid": 0} for index in range(11)
    ]
    body = json.dumps(config | {"chargers": chargers}).encode()
    answer = await first.request("PUT", "charge_manager/config", body)
    assert answer.status == 400
