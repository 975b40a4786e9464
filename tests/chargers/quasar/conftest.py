"""Give each test its own time, its own simulated Quasar, and a connection to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from custom_components.busbar.chargers.errors import ChargerError
from custom_components.busbar.chargers.model import Snapshot
from custom_components.busbar.chargers.quasar import create_connection
from custom_components.busbar.chargers.quasar.charger import QuasarCharger
from custom_components.busbar.chargers.quasar.connection import QuasarConnection
from custom_components.busbar.chargers.quasar.endpoints import Endpoints
from simulators.quasar import BatteryCar, Fault, QuasarSimulator, Register, Write
from simulators.world import ManualClock
from simulators.world.clock import steps

POLL_S = 5.0
TIMEOUT_S = 5.0
"""How long the client waits for an answer, in real time: longer than a busy machine needs."""
DEAF_S = 0.03
"""How long it waits for one that will not come."""
DEAF = frozenset({Fault.MUTE, Fault.MUTE_WRITES, Fault.WRONG_TRANSACTION, Fault.DROP})
"""The library notices late that a peer has hung up: to it that is silence."""


class Time:
    """One clock for client and simulator; pauses end when it is moved."""

    def __init__(self) -> None:
        """Begin somewhere above zero, as a monotonic clock does."""
        self.clock = ManualClock(1000.0)
        self.wall_offset_s = 1_790_000_000.0
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Return the present time."""
        return self.clock.now()

    def wall(self) -> float:
        """Return the present time of the wall clock."""
        return self.wall_offset_s + self.now()

    async def pause(self, seconds: float) -> None:
        """Wait until the clock has been moved that far."""
        future = asyncio.get_running_loop().create_future()
        sleeper = (self.now() + seconds, future)
        self.sleepers.append(sleeper)
        try:
            await future
        finally:
            if sleeper in self.sleepers:
                self.sleepers.remove(sleeper)

    def wake(self) -> None:
        """End the pauses that are over."""
        for sleeper in list(self.sleepers):
            if sleeper[0] <= self.now():
                self.sleepers.remove(sleeper)
                if not sleeper[1].done():
                    sleeper[1].set_result(None)


@dataclass
class Rig:
    """A simulated Quasar and our connection to it."""

    time: Time
    sim: QuasarSimulator
    connection: QuasarConnection
    state: dict[str, Any]
    snapshots: list[Snapshot] = field(default_factory=list)
    lost: list[Exception | None] = field(default_factory=list)
    changes: int = 0

    def changed(self) -> None:
        """Count a change of identity or capabilities."""
        self.changes += 1

    @property
    def charger(self) -> QuasarCharger:
        """Return the one charger."""
        (charger,) = self.connection.chargers.values()
        return charger

    @property
    def snapshot(self) -> Snapshot:
        """Return what is known last."""
        assert self.charger.snapshot is not None
        return self.charger.snapshot

    def fault(self, fault: Fault) -> None:
        """Switch a fault on, or let an event happen."""
        self.sim.fault(fault)
        self.expect()

    def clear(self, *faults: Fault) -> None:
        """Switch faults off; without a name, all of them."""
        self.sim.clear(*faults)
        self.expect()

    def expect(self) -> None:
        """Wait long for an answer that comes, and not at all for one that does not."""
        modbus = self.charger._client._modbus
        is_deaf = bool(self.sim.faults & DEAF) or not self.sim.server.is_open
        modbus.ctx.comm_params.timeout_connect = DEAF_S if is_deaf else TIMEOUT_S

    def number(self, key: str) -> float:
        """Return a value that has to be a number."""
        value = self.snapshot.values[key]
        assert isinstance(value, int | float)
        return value

    async def idle(self) -> None:
        """Wait until everything in the background pauses or has ended; the wire needs no time."""
        pursuit, recovery = self.charger._pursuit, self.charger._recovery
        while (
            pursuit._task is not None
            and not pursuit._task.done()
            and not self.time.sleepers
        ) or (recovery._task is not None and not recovery._task.done()):
            await asyncio.sleep(0)

    async def run(self, seconds: float, *, poll: bool = True) -> None:
        """Live for some time, asked every five seconds as a coordinator does."""
        await self.idle()
        since_s = 0.0
        for step_s in steps(seconds):
            self.time.clock.advance(step_s)
            since_s += step_s
            await self.sim.catch_up()
            self.time.wake()
            # The event loop looks at its sockets only when something yields to it.
            await asyncio.sleep(0)
            await self.idle()
            if poll and since_s >= POLL_S:
                since_s = 0.0
                await self.poll()

    async def poll(self) -> None:
        """Ask once, as a coordinator does: errors are seen elsewhere."""
        self.expect()
        with suppress(ChargerError):
            await self.charger.refresh()
        await self.idle()

    async def jump(self, seconds: float, times: int = 1) -> None:
        """Let time pass in leaps, and ask once after each."""
        for _ in range(times):
            self.time.clock.advance(seconds)
            await self.sim.catch_up()
            self.time.wake()
            await self.poll()

    async def take_control(self) -> None:
        """Choose external control as a person does, and forget its writes."""
        await self.charger.set_control(allowed=True)
        await self.idle()
        self.sim.writes.clear()

    async def plug(self, level_percent: float = 50.0, **changes: Any) -> BatteryCar:
        """Bring a car, and hear of it."""
        car = self.sim.plug(BatteryCar(level_percent=level_percent, **changes))
        await self.poll()
        return car

    def told(self, *registers: Register) -> list[tuple[str, int]]:
        """Return names and values of what was written, of these registers or of all."""
        wanted = registers or tuple(Register)
        return [
            (Register(write.register).name, write.value)
            for write in self.sim.writes
            if write.register in wanted
        ]

    def setpoints(self) -> list[Write]:
        """Return the set-points that were written, with their times."""
        return [
            write for write in self.sim.writes if write.register == Register.CURRENT
        ]

    async def until(
        self, condition: Callable[[], bool], seconds: float = 120.0
    ) -> None:
        """Live until something is so, and fail if it does not come."""
        end = self.time.now() + seconds
        while not condition():
            assert self.time.now() < end, "it did not come"
            await self.run(0.25, poll=False)
            if self.time.now() % POLL_S == 0:
                await self.poll()


type MakeRig = Callable[..., Awaitable[Rig]]


@pytest.fixture
def moving() -> Time:
    """Return the time of a test."""
    return Time()


@pytest.fixture
async def stack(socket_enabled: None) -> AsyncIterator[AsyncExitStack]:
    """Close at the end whatever a test has opened."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def simulate(
    moving: Time, stack: AsyncExitStack
) -> Callable[..., Awaitable[QuasarSimulator]]:
    """Return a function that starts a simulator on the time of the test."""

    async def start(**changes: Any) -> QuasarSimulator:
        return await stack.enter_async_context(
            QuasarSimulator(clock=moving.clock, **changes)
        )

    return start


@pytest.fixture
def connect(moving: Time, stack: AsyncExitStack) -> Callable[..., Rig]:
    """Return a function that prepares a connection to a simulator."""

    def make(
        sim: QuasarSimulator,
        *,
        state: dict[str, Any] | None = None,
        cloud: bool = False,
        **settings: Any,
    ) -> Rig:
        stored = {} if state is None else state

        def save_state(changed: Mapping[str, Any]) -> None:
            stored.clear()
            stored.update(changed)

        account = {
            "username": sim.settings.username,
            "password": sim.settings.password,
        }
        connection = create_connection(
            {
                "host": sim.host,
                "port": sim.port,
                **(account if cloud else {}),
                **settings,
            },
            state=dict(stored),
            save_state=save_state,
            clock=moving.now,
            wall_clock=moving.wall,
            pause=moving.pause,
            jitter=lambda: 0.5,
            timeout_s=TIMEOUT_S,
            endpoints=Endpoints(api_url=sim.cloud.url, login_url=sim.cloud.url),
        )
        assert isinstance(connection, QuasarConnection)
        stack.push_async_callback(connection.close)
        rig = Rig(time=moving, sim=sim, connection=connection, state=stored)
        connection.on_change(rig.changed)
        return rig

    return make


@pytest.fixture
def make_rig(
    simulate: Callable[..., Awaitable[QuasarSimulator]],
    connect: Callable[..., Rig],
) -> MakeRig:
    """Return a function that starts a charger and opens a connection to it."""

    async def start(*, options: dict[str, Any] | None = None, **changes: Any) -> Rig:
        rig = connect(await simulate(**changes), **(options or {}))
        await rig.connection.open()
        rig.charger.subscribe(rig.snapshots.append, rig.lost.append)
        return rig

    return start


@pytest.fixture
async def rig(make_rig: MakeRig) -> Rig:
    """Return a charger as it comes: hands-off, without a car."""
    return await make_rig()


@pytest.fixture
async def ours(make_rig: MakeRig) -> Rig:
    """Return a charger that a person gave into our hands, with a half full car."""
    rig = await make_rig()
    await rig.take_control()
    await rig.plug()
    rig.sim.writes.clear()
    return rig


@pytest.fixture
async def charging(ours: Rig) -> Rig:
    """Return a charger that charges with 10 A, its ramp and guard time over."""
    await ours.charger.set_current(10)
    await ours.run(30)
    assert ours.snapshot.state_of_charge == 50
    ours.sim.writes.clear()
    return ours
