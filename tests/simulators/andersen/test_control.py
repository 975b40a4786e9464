"""Hold the control port and the command line."""

import asyncio
import os
import signal

from aiohttp import ClientSession
import pytest

from simulators.andersen import (
    AndersenSimulator,
    ControlledCharger,
    Fault,
    SimulatedCharger,
)
from simulators.andersen.__main__ import main, parse, serve
from simulators.control import ControlServer


@pytest.mark.parametrize("fault", list(Fault))
async def test_every_fault_can_be_switched_from_outside(
    cloud: AndersenSimulator,
    charger: SimulatedCharger,
    session: ClientSession,
    fault: Fault,
) -> None:
    """By name, on and off."""
    device = ControlledCharger(cloud, charger, "andersen-1")
    async with ControlServer(cloud.clock, [device]) as control:
        url = f"{control.url}/devices/andersen-1/faults/{fault}"
        async with session.put(url) as answer:
            assert answer.status == 200
            on = (await answer.json())[fault.value]
        async with session.delete(url) as answer:
            assert not (await answer.json())[fault.value]
    is_lasting = fault not in {
        Fault.FORGET_DEVICES,
        Fault.REVOKE_REFRESH,
        Fault.DROP_WEBSOCKETS,
        Fault.COMPLETE,
    }
    assert on is is_lasting


async def test_cars_time_and_the_record(
    cloud: AndersenSimulator, charger: SimulatedCharger, session: ClientSession
) -> None:
    """What the demo and its check need."""
    device = ControlledCharger(cloud, charger, "andersen-1")
    async with ControlServer(cloud.clock, [device]) as control:
        base = f"{control.url}/devices/andersen-1"
        async with session.put(f"{base}/car", json={"phases": 1}) as answer:
            assert (await answer.json())["has_car"] is True
        charger.take(lambda: charger.run_function("userLock"))
        url = f"{control.url}/clock/advance"
        async with session.post(url, json={"seconds": 20}):
            pass
        async with session.get(base) as answer:
            world = await answer.json()
        assert world["power_w"] > 0
        async with session.post(url, json={"seconds": 60}):
            pass
        async with session.get(base) as answer:
            world = await answer.json()
        assert (world["user_lock"], world["power_w"]) == (True, 0)
        async with session.get(f"{base}/writes") as answer:
            assert await answer.json() == []
        async with session.delete(f"{base}/car") as answer:
            assert (await answer.json())["has_car"] is False
        async with session.put(f"{base}/faults/nonsense") as answer:
            assert answer.status == 400


async def test_it_runs_alone(
    session: ClientSession, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m simulators.andersen --port N`, with an account, two chargers and cars."""
    options = parse(["--port", "0", "--speed", "100", "--period", "1"])
    stop = asyncio.Event()
    running = asyncio.create_task(serve(options, stop))
    async with asyncio.timeout(10):
        while "control" not in (said := capsys.readouterr().out):
            await asyncio.sleep(0)
    control = said.split("control")[1].split()[0]
    async with session.get(control) as answer:
        devices = (await answer.json())["devices"]
    assert [device["name"] for device in devices] == ["andersen-1", "andersen-2"]
    lookup = f"{devices[0]['address']}get-pending-user"
    async with session.post(lookup, json={"email": options.email}) as answer:
        assert "username" in await answer.json()
    stop.set()
    await running


async def test_it_ends_when_told(
    capsys: pytest.CaptureFixture[str], socket_enabled: None
) -> None:
    """By a signal, as a shell does it."""
    arguments = ["--port", "0", "--control-port", "0", "--no-cars", "--chargers", "1"]
    running = asyncio.create_task(main(arguments))
    async with asyncio.timeout(10):
        while "control" not in capsys.readouterr().out:
            await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGTERM)
        await running


async def test_it_follows_its_clock_by_itself(
    session: ClientSession, socket_enabled: None
) -> None:
    """With a pace, for a clock that runs."""
    async with AndersenSimulator(real_pace_s=0.001) as cloud:
        charger = cloud.add_charger(cloud.add_account("a@example.com", "b"))
        moved = asyncio.Event()
        charger.on_step(moved.set)
        async with asyncio.timeout(10):
            await moved.wait()
