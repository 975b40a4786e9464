"""Speak to the simulated meters as the sheet of the wire says."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
import os
import signal
from typing import Any

import aiohttp
import pytest

from simulators.shelly_em import (
    MAC,
    Channel,
    Fault,
    Generation,
    ShellyEmSimulator,
    phase_watts,
)
from simulators.shelly_em.__main__ import main, parse, serve
from simulators.world import CarSpec, House, LoadStep, ManualClock, SharedSupply


class Asker:
    """Ask simulators that end with the test."""

    def __init__(
        self, clock: ManualClock, session: aiohttp.ClientSession, stack: AsyncExitStack
    ) -> None:
        """Begin without a simulator."""
        self._clock = clock
        self.session = session
        self._stack = stack

    async def start(self, **changes: Any) -> ShellyEmSimulator:
        """Start one."""
        return await self._stack.enter_async_context(
            ShellyEmSimulator(clock=self._clock, **changes)
        )

    async def get(self, sim: ShellyEmSimulator, path: str) -> Any:
        """Return an answer that must be there."""
        async with self.session.get(f"{sim.url}/{path}") as response:
            assert response.status == 200
            return await response.json()

    async def status(self, sim: ShellyEmSimulator, path: str, **changes: Any) -> int:
        """Return the HTTP status."""
        async with self.session.get(f"{sim.url}/{path}", **changes) as response:
            return response.status


@pytest.fixture
async def asker(
    clock: ManualClock, session: aiohttp.ClientSession
) -> AsyncIterator[Asker]:
    """Return somebody who asks."""
    async with AsyncExitStack() as stack:
        yield Asker(clock, session, stack)


async def test_who_is_it(asker: Asker) -> None:
    """The first generation has no `gen`; nobody needs a login for this."""
    first = await asker.start(password="x")
    answer = await asker.get(first, "shelly")
    assert answer["type"] == "SHEM"
    assert answer["auth"] is True
    assert "gen" not in answer
    later = await asker.start(generation="em1")
    for path in ("shelly", "rpc/Shelly.GetDeviceInfo"):
        answer = await asker.get(later, path)
        assert answer["gen"] == 3
        assert answer["mac"] == MAC
        assert answer["auth_domain"] is None


async def test_first_generation(asker: Asker) -> None:
    """Two channels, no current, reactive power, watt hours."""
    sim = await asker.start(
        channels=[Channel(watts=lambda: 2565.0, power_factor=-0.95)]
    )
    await sim.advance(3600)
    answer = await asker.get(sim, "status")
    grid, empty = answer["emeters"]
    assert grid["power"] == 2565
    assert grid["pf"] == -0.95
    assert grid["total"] == pytest.approx(2565, abs=1)
    assert "current" not in grid
    assert empty["power"] == 0
    assert (await asker.get(sim, "emeter/0"))["power"] == 2565
    assert await asker.status(sim, "emeter/2") == 404
    assert await asker.status(sim, "rpc/Shelly.GetStatus") == 404
    three = await asker.start(generation=Generation.GEN1_3EM)
    answer = await asker.get(three, "status")
    assert len(answer["emeters"]) == 3
    assert answer["total_power"] == 0
    assert "current" in answer["emeters"][0]


async def test_later_generations(asker: Asker) -> None:
    """One component per channel, or one for three phases."""
    sim = await asker.start(
        generation=Generation.EM1, channels=[Channel(watts=lambda: -500.0)]
    )
    await sim.advance(3600)
    answer = await asker.get(sim, "rpc/Shelly.GetStatus")
    assert answer["em1:0"]["act_power"] == -500
    assert answer["em1:0"]["current"] > 0
    assert answer["em1data:0"]["total_act_ret_energy"] == pytest.approx(500, abs=1)
    assert (await asker.get(sim, "rpc/EM1.GetStatus?id=0"))["act_power"] == -500
    assert await asker.status(sim, "rpc/EM1.GetStatus?id=5") == 404
    assert await asker.status(sim, "status") == 404
    three = await asker.start(generation=Generation.EM)
    answer = await asker.get(three, "rpc/Shelly.GetStatus")
    assert {"a_act_power", "b_act_power", "c_current"} <= set(answer["em:0"])


async def test_it_measures_once_a_second(asker: Asker) -> None:
    """In between it says what it said."""
    watts = [100.0]
    sim = await asker.start(channels=[Channel(watts=lambda: watts[0])])
    watts[0] = 200.0
    await sim.advance(0.9)
    assert (await asker.get(sim, "emeter/0"))["power"] == 100
    await sim.advance(0.2)
    assert (await asker.get(sim, "emeter/0"))["power"] == 200


@pytest.mark.parametrize(
    ("fault", "moves"), [(Fault.FREEZE, True), (Fault.HANG, False)]
)
async def test_frozen_and_hanging(asker: Asker, fault: Fault, moves: bool) -> None:
    """A frozen measurement keeps its clock; a hanging device does not."""
    watts = [100.0]
    sim = await asker.start(channels=[Channel(watts=lambda: watts[0])])
    before = await asker.get(sim, "status")
    sim.fault(fault)
    watts[0] = 200.0
    await sim.advance(30)
    after = await asker.get(sim, "status")
    assert after["emeters"][0]["power"] == 100
    assert (after["uptime"] > before["uptime"]) is moves
    sim.clear(fault)
    await sim.advance(1)
    again = await asker.get(sim, "status")
    assert again["emeters"][0]["power"] == 200
    assert again["uptime"] > before["uptime"]


async def test_a_restart(asker: Asker) -> None:
    """Nothing for seconds, then no time of day yet."""
    sim = await asker.start(channels=[Channel(watts=lambda: 3600.0)])
    await sim.advance(100)
    sim.fault(Fault.REBOOT)
    with pytest.raises(aiohttp.ClientError):
        await asker.get(sim, "status")
    await sim.advance(6)
    answer = await asker.get(sim, "status")
    assert answer["unixtime"] == 0
    assert answer["emeters"][0]["total"] < 10
    assert answer["uptime"] <= 2


async def test_slow_and_mute(asker: Asker) -> None:
    """Held until the world's clock has moved, or the fault is cleared."""
    sim = await asker.start(faults=[Fault.SLOW])
    task = asyncio.create_task(asker.get(sim, "status"))
    while not sim.in_flight:
        await asyncio.sleep(0)
    await sim.advance(2)
    assert not task.done()
    await sim.advance(1)
    assert (await task)["mac"] == MAC
    sim.clear()
    sim.fault(Fault.MUTE)
    task = asyncio.create_task(asker.get(sim, "status"))
    while not sim.in_flight:
        await asyncio.sleep(0)
    sim.clear()
    assert (await task)["mac"] == MAC


async def test_basic_login(asker: Asker) -> None:
    """Name and password, both chosen by the user."""
    sim = await asker.start(username="u", password="p")
    assert await asker.status(sim, "status") == 401
    for pair, status in (("u:q", 401), ("u:p", 200)):
        login = f"Basic {base64.b64encode(pair.encode()).decode()}"
        headers = {"Authorization": login}
        assert await asker.status(sim, "status", headers=headers) == status


async def test_digest_login(asker: Asker) -> None:
    """A wrong name, password or nonce is refused."""
    sim = await asker.start(generation=Generation.EM1, password="p")
    path = "rpc/Shelly.GetStatus"
    for name, password, status in (
        ("admin", "p", 200),
        ("admin", "q", 401),
        ("u", "p", 401),
    ):
        login = aiohttp.DigestAuthMiddleware(name, password)
        assert await asker.status(sim, path, middlewares=(login,)) == status
    assert await asker.status(sim, path, headers={"Authorization": "Basic eDp5"}) == 401


async def test_other_disturbances(asker: Asker) -> None:
    """What each looks like on the wire."""
    sim = await asker.start()
    for fault, status in (
        (Fault.NOT_A_SHELLY, 404),
        (Fault.INTERNAL_ERROR, 500),
        (Fault.NOT_JSON, 200),
        (Fault.ODD_JSON, 200),
    ):
        sim.switch_fault(fault.value, on=True)
        assert await asker.status(sim, "status") == status
        sim.switch_fault(fault.value, on=False)
    assert sim.faults == frozenset()
    sim.fault(Fault.NOT_A_METER)
    assert (await asker.get(sim, "shelly"))["type"] == "SHSW-1"


async def test_the_control_port_sees_it(asker: Asker) -> None:
    """A meter has no cable and is told nothing."""
    sim = await asker.start(channels=[Channel(watts=lambda: 5.0)])
    assert sim.world() == {"power_w": [5.0, 0.0]}
    assert sim.told() == []
    assert not any(sim.fault_names().values())
    assert sim.address == sim.url
    assert sim.name == "shelly_em"
    await sim.flush()
    sim.unplug()
    with pytest.raises(ValueError, match="cable"):
        sim.plug(CarSpec())


async def test_clamps_around_a_supply(asker: Asker, clock: ManualClock) -> None:
    """Whatever flows there, on the phase that was asked for."""
    house = House([LoadStep(name="oven", current_a=(0.0, 10.0, 0.0))])
    supply = SharedSupply(clock, house=house)
    sim = await asker.start(
        channels=[Channel(watts=phase_watts(lambda: supply.currents_a, 2))]
    )
    assert (await asker.get(sim, "emeter/0"))["power"] == 2300


@pytest.mark.parametrize("generation", ["gen1", "em"])
async def test_as_a_program(
    socket_enabled: None, capsys: pytest.CaptureFixture[str], generation: str
) -> None:
    """It says where it is reached, and lives by itself."""
    stop = asyncio.Event()
    options = parse(["--port", "0", "--generation", generation])
    task = asyncio.create_task(serve(options, stop))
    lines: list[str] = []
    while len(lines) < 2:
        await asyncio.sleep(0)
        lines += capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["shelly_em", "control"]
    stop.set()
    await task


async def test_ending_by_signal(
    socket_enabled: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a shell or a supervisor does it."""
    task = asyncio.create_task(main(["--port", "0", "--control-port", "0"]))
    while "control" not in capsys.readouterr().out:
        await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGTERM)
    await task
