"""Meters: ids and values, late recognition, glitches, and meters that tell less."""

from typing import Any

import pytest

from simulators.warp import Fault, MeterKind
from simulators.world import CarSpec

from .conftest import Build, Wire, read_dump, read_until


async def values(wire: Wire) -> dict[int, Any]:
    """Return values by id."""
    ids = await wire.get("meters/0/value_ids")
    return dict(zip(ids, await wire.get("meters/0/values"), strict=True))


async def test_values_follow_the_car(wire: Wire) -> None:
    """Voltages, currents and powers per phase, the total, and energy over time."""
    wire.sim.plug(CarSpec(phases=2, maximum_a=10))
    await wire.sim.advance(3600)
    found = await values(wire)
    assert [found[number] for number in (1, 2, 3)] == [230, 230, 230]
    assert [found[number] for number in (13, 17, 21)] == [10, 10, 0]
    assert [found[number] for number in (39, 48, 57)] == [2300, 2300, 0]
    assert found[74] == 4600
    assert found[209] == pytest.approx(1234.5 + 4.6, abs=0.01)
    assert found[210] == pytest.approx(4.6, abs=0.01)
    legacy = await wire.get("meter/values")
    assert legacy == {
        "power": 4600,
        "energy_rel": found[210],
        "energy_abs": found[209],
    }
    assert (await wire.get("meter/phases"))["phases_active"] == [True, True, False]
    all_values = await wire.get("meter/all_values")
    assert len(all_values) == 85
    assert (all_values[3], all_values[24], all_values[30]) == (10, 4600, found[209])


async def test_resettable_energy_starts_again(wire: Wire) -> None:
    """The absolute one does not."""
    wire.sim.plug(CarSpec())
    await wire.sim.advance(600)
    assert (await wire.put("meters/0/reset", None)).status == 200
    found = await values(wire)
    assert found[210] == 0
    assert found[209] > 1234.5
    assert await wire.get("meters/0/last_reset") == {"last_reset": 1}


async def test_meter_is_recognised_late(build: Build, wire: Wire) -> None:
    """Ids, values and features appear, and are pushed."""
    late = Wire(wire.session, await build(meter_delay_s=5))
    socket = await late.websocket()
    await read_dump(socket)
    assert await late.get("meters/0/value_ids") == []
    assert "meters" not in await late.get("info/features")
    assert (await late.get("meter/values"))["power"] is None
    await late.sim.advance(5)
    assert 74 in await late.get("meters/0/value_ids")
    features = await late.get("info/features")
    assert {"meters", "meter", "meter_phases", "meter_all_values"} <= set(features)
    await read_until(socket, "info/features", features)
    await socket.close()


async def test_charge_without_a_meter_has_no_energy(build: Build, wire: Wire) -> None:
    """Null in the tracker, and no feature; a limit in energy never ends it."""
    smart = Wire(wire.session, await build(meter=MeterKind.NONE))
    await smart.put("charge_limits/override_energy", 1000)
    smart.sim.plug(CarSpec())
    await smart.put("charge_limits/override_energy", 1000)
    assert (await smart.get("charge_tracker/current_charge"))["meter_start"] is None
    await smart.sim.advance(3600)
    smart.sim.unplug()
    booked = (await smart.get("charge_tracker/last_charges"))[0]
    assert (booked["energy_charged"], booked["charge_duration"]) == (None, 3600)
    assert "meter" not in await smart.get("info/features")
    assert await smart.get("meters/0/config") == [0, None]
    assert (await smart.put("meters/0/reset", None)).status == 404


async def test_power_only_meter_has_no_currents(build: Build, wire: Wire) -> None:
    """What is missing is missing, not zero."""
    simple = Wire(wire.session, await build(meter=MeterKind.POWER_ONLY))
    simple.sim.plug(CarSpec())
    assert await simple.get("meters/0/value_ids") == [74, 209, 210]
    assert await simple.get("meter/all_values") == []


async def test_old_firmware_has_only_the_old_paths(build: Build, wire: Wire) -> None:
    """`meters/*` is 404."""
    old = Wire(wire.session, await build(meter=MeterKind.LEGACY))
    assert (await old.request("GET", "meters/0/values")).status == 404
    assert (await old.get("meter/values"))["energy_abs"] == 1234.5
    assert "meters" not in await old.get("info/features")


async def test_glitches(wire: Wire) -> None:
    """Energies near zero, nulls, a frozen reading, and a meter that is gone."""
    wire.sim.plug(CarSpec())
    wire.sim.fault(Fault.ENERGY_GLITCH)
    glitched = await values(wire)
    assert (glitched[209], glitched[74]) == (2.5e-29, 11040)
    wire.sim.clear()
    wire.sim.fault(Fault.METER_NULL)
    assert set((await values(wire)).values()) == {None}
    wire.sim.clear()
    wire.sim.fault(Fault.METER_FROZEN)
    await wire.put("evse/external_current", 6000)
    assert (await values(wire))[13] == 16
    wire.sim.fault(Fault.METER_MISSING)
    assert await wire.get("meters/0/value_ids") == []


async def test_energy_manager_measures_the_grid(build: Build, wire: Wire) -> None:
    """With sign: export is negative, and has an energy of its own."""
    manager = Wire(
        wire.session, await build(generation="wem", grid_a=lambda: (10.0, -4.0, -16.0))
    )
    await manager.sim.advance(3600)
    found = await values(manager)
    assert [found[number] for number in (14, 18, 22)] == [10, -4, -16]
    assert [found[number] for number in (13, 17, 21)] == [10, 4, 16]
    assert found[74] == -2300
    assert found[211] == pytest.approx(2.3, abs=0.01)
    assert (await manager.request("GET", "meter/values")).status == 404
