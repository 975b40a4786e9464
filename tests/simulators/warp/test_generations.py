"""What the generations have and have not."""

from typing import Any

import pytest

from simulators.warp import Generation

from .conftest import Build, Wire, lines, read_dump

CHARGERS = [generation for generation in Generation if generation != "wem"]


@pytest.mark.parametrize("generation", list(Generation))
async def test_names(build: Build, wire: Wire, generation: Generation) -> None:
    """Type, uid and the name made of both."""
    device = Wire(wire.session, await build(generation=generation, uid="X2y"))
    name = await device.get("info/name")
    assert (name["type"], name["uid"]) == (generation, "X2y")
    assert name["name"] == f"{generation}-X2y"
    assert (await device.get("info/version"))["firmware"] == "2.12.1+68a1b2c3"


@pytest.mark.parametrize("generation", list(Generation))
async def test_dump_is_complete(
    build: Build, wire: Wire, generation: Generation
) -> None:
    """Whatever is pushed can be read, with the same value."""
    device = Wire(wire.session, await build(generation=generation))
    socket = await device.websocket()
    frames = await read_dump(socket)
    for topic, payload in [line for frame in frames for line in lines(frame)][1:]:
        assert await device.get(topic) == payload
    await socket.close()
    assert device.sim.executed_by_get == 0


@pytest.mark.parametrize(
    ("generation", "counts"),
    [
        ("warp", (15, 15, 2)),
        ("warp2", (20, 18, 5)),
        ("warp3", (30, 18, 5)),
        ("warp4", (40, 18, 5)),
    ],
)
async def test_start_table(
    build: Build, wire: Wire, generation: str, counts: tuple[int, int, int]
) -> None:
    """The slots after a start."""
    evse_version, slots, meters = counts
    device = Wire(wire.session, await build(generation=generation))
    hardware = await device.get("evse/hardware_configuration")
    assert hardware["evse_version"] == evse_version
    table = await device.get("evse/slots")
    assert len(table) == slots
    active = {number for number, slot in enumerate(table) if slot["active"]}
    expected = {0, 1, 2, 4, 5, 8} - ({2} if generation == "warp2" else set())
    assert active == expected
    assert all(table[number]["max_current"] == 32000 for number in active)
    assert [table[number]["max_current"] for number in (6, 7, 13)] == [0, 0, 0]
    assert [table[number]["clear_on_disconnect"] for number in (6, 7)] == [True, True]
    status = await device.request("GET", f"meters/{meters}/config")
    assert status.status == 404


async def test_warp1_lacks_what_came_later(build: Build, wire: Wire) -> None:
    """No phase switch, no control pilot switch, no DC fault state."""
    first = Wire(wire.session, await build(generation="warp"))
    assert "dc_fault_current_state" not in await first.get("evse/state")
    for path in ("power_manager/state", "evse/control_pilot_disconnect"):
        assert (await first.request("GET", path)).status == 404
    large = await first.request("PUT", "evse/external_current", b" " * 5000)
    assert large.status == 413


async def test_warp2_cannot_switch_phases(build: Build, wire: Wire) -> None:
    """It shows the state without the command."""
    second = Wire(wire.session, await build(generation="warp2"))
    assert (await second.get("power_manager/state"))["external_control"] == 1
    assert (await second.put("power_manager/external_control", 1)).status == 405


async def test_energy_manager_has_no_evse(build: Build, wire: Wire) -> None:
    """Neither feature nor paths."""
    manager = Wire(wire.session, await build(generation="wem"))
    assert "evse" not in await manager.get("info/features")
    assert (await manager.request("GET", "evse/state")).status == 404
    assert (await manager.get("info/name"))["display_type"] == "WARP Energy Manager"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"outgoing_cable_ma": 20000}, "WARP3 Charger Pro 11kW"),
        ({"meter": "none"}, "WARP3 Charger Smart 22kW"),
    ],
)
async def test_variants(
    build: Build, wire: Wire, changes: dict[str, Any], text: str
) -> None:
    """Pro has a meter, 11 kW a thinner cable."""
    device = Wire(wire.session, await build(**changes))
    assert (await device.get("info/name"))["display_type"] == text
