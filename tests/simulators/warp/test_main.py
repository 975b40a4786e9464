"""The command line and the control port, with a clock that really runs."""

import asyncio
from collections.abc import AsyncIterator
import os
import signal
from typing import Any

import aiohttp
import pytest

from simulators.control import ControlServer
from simulators.warp import WarpSimulator
from simulators.warp.__main__ import main, parse, uid_of
from simulators.world import CarSpec, House, ManualClock, RealClock, SharedSupply, Solar

type Call = tuple[int, Any]


@pytest.fixture
async def sim(socket_enabled: None, clock: ManualClock) -> AsyncIterator[WarpSimulator]:
    """Return a charger with a car."""
    async with WarpSimulator(clock=clock) as simulator:
        simulator.plug(CarSpec())
        yield simulator


@pytest.fixture
async def control(
    sim: WarpSimulator, clock: ManualClock
) -> AsyncIterator[ControlServer]:
    """Return a control port over the charger and its supply."""
    supply = SharedSupply(clock, limit_a=10)
    supply.join(sim)
    async with ControlServer(clock, [sim], supply=supply) as server:
        yield server


async def call(
    session: aiohttp.ClientSession, method: str, url: str, body: Any = None
) -> Call:
    """Send JSON and return status and JSON."""
    async with session.request(method, url, json=body) as response:
        return response.status, await response.json()


async def test_overview_and_device(
    session: aiohttp.ClientSession, control: ControlServer, sim: WarpSimulator
) -> None:
    """Names, addresses, and the truth."""
    _, overview = await call(session, "GET", control.url)
    assert overview["devices"] == [
        {"name": "warp3-AbCd", "address": sim.url, "faults": []}
    ]
    assert overview["clock"] == {"now_s": 0, "speed": 0}
    _, world = await call(session, "GET", f"{control.url}/devices/warp3-AbCd")
    assert world["measured_currents_a"] == [16, 16, 16]
    assert world["car"]["phases"] == 3
    assert world["states"]["info/name"]["uid"] == "AbCd"
    assert (await call(session, "GET", f"{control.url}/devices/nobody"))[0] == 404


async def test_faults_by_name(
    session: aiohttp.ClientSession, control: ControlServer, sim: WarpSimulator
) -> None:
    """On, off, all off; an unknown name is told."""
    faults = f"{control.url}/devices/warp3-AbCd/faults"
    _, listed = await call(session, "PUT", f"{faults}/silent")
    assert listed["silent"] is True
    assert [str(fault) for fault in sim.faults] == ["silent"]
    _, listed = await call(session, "DELETE", f"{faults}/silent")
    assert listed["silent"] is False
    await call(session, "PUT", f"{faults}/stale")
    await call(session, "DELETE", faults)
    _, listed = await call(session, "GET", faults)
    assert not any(listed.values())
    status, answer = await call(session, "PUT", f"{faults}/nonsense")
    assert (status, "nonsense" in answer["error"]) == (400, True)


async def test_cars_come_and_go(
    session: aiohttp.ClientSession, control: ControlServer, sim: WarpSimulator
) -> None:
    """Another car, none, one without a word about it, an impossible one."""
    car = f"{control.url}/devices/warp3-AbCd/car"
    _, world = await call(session, "PUT", car, {"phases": 1, "maximum_a": 20})
    assert world["measured_currents_a"] == [20, 0, 0]
    _, world = await call(session, "DELETE", car)
    assert world["car"] is None
    async with session.put(car) as response:
        assert response.status == 200
    assert list(sim.measured_currents_a) == [16, 16, 16]
    assert (await call(session, "PUT", car, {"phases": 5}))[0] == 400
    assert (await call(session, "PUT", car, {"wheels": 4}))[0] == 400


async def test_what_it_was_told(
    session: aiohttp.ClientSession, control: ControlServer, sim: WarpSimulator
) -> None:
    """Every write with its time."""
    await call(session, "POST", f"{control.url}/clock/advance", {"seconds": 3})
    async with session.put(f"{sim.url}/evse/external_current", json=6000):
        pass
    _, told = await call(session, "GET", f"{control.url}/devices/warp3-AbCd/writes")
    assert told == [
        {"time_s": 3.0, "path": "evse/external_current", "payload": {"current": 6000}}
    ]


async def test_supply_and_its_record(
    session: aiohttp.ClientSession, control: ControlServer
) -> None:
    """A load comes and goes; the record can begin again."""
    supply = f"{control.url}/supply"
    load = {"name": "kettle", "current_a": [8, 0, 0], "seconds": 5}
    _, record = await call(session, "POST", f"{supply}/loads", load)
    assert record["currents_a"] == [24, 16, 16]
    await call(session, "POST", f"{control.url}/clock/advance", {"seconds": 10})
    _, record = await call(session, "GET", supply)
    assert record["currents_a"] == [16, 16, 16]
    assert record["ampere_seconds_above"] == [100.0, 60.0, 60.0]
    await call(session, "DELETE", f"{supply}/loads/kettle")
    _, record = await call(session, "POST", f"{supply}/forget")
    assert record["maximum_a"] == [0, 0, 0]


async def test_clouds_over_a_supply(
    session: aiohttp.ClientSession, clock: ManualClock
) -> None:
    """They come and go over a roof, and over nothing else."""
    roof = Solar(peak_a=(10, 0, 0), sunrise_s=0, sunset_s=200)
    supply = SharedSupply(clock, house=House(solar=roof))
    clock.advance(100)
    async with ControlServer(clock, [], supply=supply) as control:
        clouds = f"{control.url}/supply/clouds"
        assert (await call(session, "POST", clouds, {"passes": 0.5}))[0] == 200
        clock.advance(10)
        _, record = await call(session, "GET", f"{control.url}/supply")
        assert record["solar_a"][0] == pytest.approx(roof.at(110)[0] / 2)
        _, record = await call(session, "DELETE", clouds)
        assert record["currents_a"][0] == pytest.approx(-roof.at(110)[0])
        supply.house.solar = None
        assert (await call(session, "POST", clouds))[0] == 400


async def test_wrong_requests_are_told_why(
    session: aiohttp.ClientSession, control: ControlServer
) -> None:
    """A clock without a speed, time that runs backwards, a missing key."""
    clock = f"{control.url}/clock"
    assert (await call(session, "PUT", clock, {"speed": 2}))[0] == 400
    advance = f"{clock}/advance"
    assert (await call(session, "POST", advance, {"seconds": -1}))[0] == 400
    assert (await call(session, "POST", advance, {}))[0] == 400


async def test_real_clock_has_a_speed(session: aiohttp.ClientSession) -> None:
    """It can be changed; without a supply there is no record."""
    async with ControlServer(RealClock(), []) as control:
        clock = f"{control.url}/clock"
        assert (await call(session, "GET", clock))[1]["speed"] == 1
        assert (await call(session, "PUT", clock, {"speed": 5}))[1]["speed"] == 5
        assert (await call(session, "PUT", clock, {"speed": 0}))[0] == 400
        assert (await call(session, "GET", f"{control.url}/supply"))[0] == 404


@pytest.mark.parametrize("generation", ["warp3", "wem"])
async def test_command_line_serves_until_it_is_told_to_stop(
    session: aiohttp.ClientSession,
    capsys: pytest.CaptureFixture[str],
    generation: str,
) -> None:
    """One line per charger and one for the control port."""
    arguments = ["--port", "0", "--chargers", "2", "--speed", "50"]
    serving = asyncio.create_task(main([*arguments, "--generation", generation]))
    printed = ""
    while "control" not in printed:
        await asyncio.sleep(0)
        printed += capsys.readouterr().out
    addresses = dict(line.split() for line in printed.splitlines())
    names = [f"{generation}-AbCd", f"{generation}-EfGh"]
    assert list(addresses) == [*names, "control"]
    _, overview = await call(session, "GET", addresses["control"])
    assert [device["name"] for device in overview["devices"]] == names
    _, name = await call(session, "GET", f"{addresses[names[0]]}/info/name")
    assert name["uid"] == "AbCd"
    os.kill(os.getpid(), signal.SIGTERM)
    await serving


def test_ports_and_uids_follow_from_the_first() -> None:
    """The control port may be named; a charger beyond the list has a uid as well."""
    options = parse(["--port", "9000", "--control-port", "9500"])
    assert (options.port, options.control_port) == (9000, 9500)
    assert len({uid_of(index) for index in range(64)}) == 64


async def test_device_lives_by_itself_with_a_real_clock(
    session: aiohttp.ClientSession,
) -> None:
    """Nobody has to advance it."""
    async with WarpSimulator(clock=RealClock(speed=1000)) as sim:
        sim.plug(CarSpec(start_delay_s=100))
        socket = await session.ws_connect(f"{sim.url}/ws")
        while not sim.measured_currents_a[0]:
            await socket.receive_str()
        await socket.close()
