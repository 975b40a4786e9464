"""Run it alone, and steer it from outside."""

import asyncio

from aiohttp import ClientSession
import pytest

from simulators.easee import LONE, ChargerHandle, CloudHandle, EaseeSimulator, Switches
from simulators.easee.__main__ import parse, serve
from simulators.world import CarSpec, RealClock

from .conftest import Guest


async def test_it_runs_alone(
    socket_enabled: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cloud and control port answer, and the world lives by itself."""
    stop = asyncio.Event()
    options = parse(["--port", "0", "--speed", "50"])
    task = asyncio.create_task(serve(options, stop))
    printed = ""
    while "control" not in printed:
        printed += capsys.readouterr().out
        await asyncio.sleep(0)
    control = printed.split("control ")[1].strip()
    async with ClientSession() as session:
        async with session.get(f"{control}/devices/easee") as answer:
            assert (await answer.json())["writes"] == 0
        drawn = 0.0
        while not drawn:
            async with session.get(f"{control}/devices/{LONE}") as answer:
                drawn = (await answer.json())["drawn_a"][0]
        path = f"{control}/devices/easee/faults"
        async with session.put(f"{path}/commands_503") as answer:
            assert (await answer.json())["commands_503"] is True
        async with session.put(f"{path}/no_such_thing") as answer:
            assert answer.status == 400
    stop.set()
    await task
    quiet = parse(["--port", "8090", "--no-cars", "--control-port", "9"])
    assert quiet.control_port == 9


async def test_every_fault_has_a_name(guest: Guest, cloud: EaseeSimulator) -> None:
    """Each can be switched on and off, and happenings happen."""
    switches = Switches(cloud)
    for name, is_on in switches.names().items():
        assert is_on is False
        await switches.switch(name, on=True)
        await switches.switch(name, on=True)
        await switches.switch(name, on=False)
        await switches.switch(name, on=False)
    assert not any(switches.names().values())
    assert cloud.faults.http == []
    assert cloud.chargers[LONE].dynamic_a == 25
    assert (await guest.get("/api/chargers"))[0] == 401, "tokens were revoked"
    with pytest.raises(ValueError, match="no fault"):
        await switches.switch("unheard_of", on=True)


async def test_handles(cloud: EaseeSimulator) -> None:
    """A cloud has no cable, a charger has."""
    handle = CloudHandle(cloud)
    with pytest.raises(ValueError, match="cable"):
        handle.plug(CarSpec())
    handle.unplug()
    handle.switch_fault("products_empty", on=True)
    await handle.flush()
    assert handle.fault_names()["products_empty"] is True
    assert handle.address == cloud.url
    assert handle.told() == []
    await handle.catch_up()

    charger = ChargerHandle(cloud, LONE)
    charger.plug(CarSpec())
    charger.plug(CarSpec(phases=1))
    cloud.clock.advance(1)
    await charger.catch_up()
    assert charger.world()["drawn_a"] == (16, 0, 0)
    charger.unplug()
    await charger.flush()
    assert charger.world()["drawn_a"] == (0, 0, 0)
    assert charger.told() == []
    assert charger.address == cloud.url
    for name in ("offline", "refused_stream"):
        charger.switch_fault(name, on=True)
        assert charger.fault_names()[name] is True
        charger.switch_fault(name, on=False)
        assert charger.fault_names()[name] is False
    charger.switch_fault("reboot", on=False)
    charger.switch_fault("reboot", on=True)
    assert charger.fault_names()["reboot"] is True
    with pytest.raises(ValueError, match="no fault"):
        charger.switch_fault("unheard_of", on=True)


async def test_real_time(socket_enabled: None) -> None:
    """With a real clock it lives by itself."""
    async with EaseeSimulator(clock=RealClock(speed=100)) as cloud:
        lived: list[float] = []
        cloud.on_step(lambda: lived.append(cloud.clock.now()))
        while len(lived) < 2:
            await asyncio.sleep(0)
