"""Give each test its own time, its own simulated WARP and a session."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
import heapq
from itertools import count
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.busbar.chargers.model import Capabilities, Snapshot
from custom_components.busbar.chargers.warp import create_connection
from custom_components.busbar.chargers.warp.charger import WarpCharger
from custom_components.busbar.chargers.warp.connection import WarpConnection
from simulators.warp import WarpSimulator
from simulators.world import ManualClock

TURNS = 200
"""Turns of the loop in which requests over the loopback come and go."""


class Time:
    """One clock for client and simulator; pauses end when it is moved."""

    def __init__(self) -> None:
        """Begin somewhere above zero, as a monotonic clock does."""
        self.clock = ManualClock(1000.0)
        self.simulators: list[WarpSimulator] = []
        self.paused_s: list[float] = []
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> float:
        """Return the present time."""
        return self.clock.now()

    async def pause(self, seconds: float) -> None:
        """Wait until the clock has been moved that far."""
        self.paused_s.append(seconds)
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.now() + seconds, next(self._order), future))
        await future

    async def short_pause(self, seconds: float) -> None:
        """Wait as a command does for its effect: by moving the clock itself."""
        self.paused_s.append(seconds)
        await self.advance(seconds)

    async def advance(self, seconds: float) -> None:
        """Move the clock, and let everybody live through it."""
        end = self.now() + seconds
        while self.now() < end:
            self.clock.advance(min(0.25, end - self.now()))
            for simulator in self.simulators:
                await simulator.catch_up()
            while self._waiting and self._waiting[0][0] <= self.now():
                _, _, future = heapq.heappop(self._waiting)
                if not future.done():
                    future.set_result(None)
            await asyncio.sleep(0)
        for simulator in self.simulators:
            await simulator.flush()
        await settle()


async def settle() -> None:
    """Let sockets and tasks finish what they have begun."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that needs sockets only, not time; the test's timeout bounds it."""
    while not condition():
        await asyncio.sleep(0)


@dataclass
class Heard:
    """What a listener heard."""

    snapshots: list[Snapshot] = field(default_factory=list)
    lost: list[Exception | None] = field(default_factory=list)
    changes: int = 0

    def changed(self) -> None:
        """Count a change of devices or capabilities."""
        self.changes += 1


@dataclass
class Rig:
    """A simulated device and our connection to it."""

    time: Time
    sim: WarpSimulator
    connection: WarpConnection
    heard: Heard

    @property
    def charger(self) -> WarpCharger:
        """The charger behind the connection."""
        charger = self.connection.chargers[f"warp_{self.sim.uid}"]
        assert isinstance(charger, WarpCharger)
        return charger

    # Methods, not properties: what changes with time must not be taken for constant.

    def offers(self) -> Capabilities:
        """Return what the charger can do now."""
        return self.charger.capabilities

    def seen(self) -> Snapshot:
        """Return what is known of the charger."""
        snapshot = self.charger.snapshot
        assert snapshot is not None
        return snapshot

    def is_live(self) -> bool:
        """Return whether the stream is up."""
        return self.connection._link.states.is_live

    async def go_live(self) -> None:
        """Wait until the dump was taken over."""
        await until(self.is_live)

    def told(self, path: str) -> list[Any]:
        """Return what was written to a path."""
        return [write.payload for write in self.sim.writes if write.path == path]


def show(house: Rig, path: str, payload: Any) -> None:
    """Let the device push something that the simulator does not do by itself."""
    house.connection.on_lines([(path, payload)])


def present(house: Rig, path: str, **changes: Any) -> dict[str, Any]:
    """Return a state of the simulator with changes."""
    state = house.sim.state(path)
    assert isinstance(state, dict)
    return {**state, **changes}


def feature_keys(house: Rig) -> set[str]:
    """Return the keys of what the charger offers."""
    return {feature.key for feature in house.offers().features}


type MakeRig = Callable[..., Awaitable[Rig]]


@pytest.fixture
def moving() -> Time:
    """Return the time of a test."""
    return Time()


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[ClientSession]:
    """Return a web session."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Close at the end whatever a test has opened."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def simulate(
    socket_enabled: None, moving: Time, stack: AsyncExitStack
) -> Callable[..., Awaitable[WarpSimulator]]:
    """Return a function that starts a simulator on the time of the test."""

    async def start(**settings: Any) -> WarpSimulator:
        sim = await stack.enter_async_context(
            WarpSimulator(clock=moving.clock, **settings)
        )
        moving.simulators.append(sim)
        return sim

    return start


@pytest.fixture
def connect(
    moving: Time, session: ClientSession, stack: AsyncExitStack
) -> Callable[..., WarpConnection]:
    """Return a function that prepares a connection to a simulator."""

    def make(sim: WarpSimulator, **changes: Any) -> WarpConnection:
        settings = {"host": sim.host, "port": sim.port, **changes.pop("settings", {})}
        connection = create_connection(
            settings,
            session=session,
            clock=moving.now,
            **{"pause": moving.pause, "jitter": lambda: 0.0, **changes},
        )
        assert isinstance(connection, WarpConnection)
        connection._link.pause = moving.short_pause
        stack.push_async_callback(connection.close)
        return connection

    return make


@pytest.fixture
def rig(
    moving: Time,
    simulate: Callable[..., Awaitable[WarpSimulator]],
    connect: Callable[..., WarpConnection],
) -> MakeRig:
    """Return a function that starts a charger and opens a connection to it."""

    async def start(
        *, live: bool = True, options: dict[str, Any] | None = None, **settings: Any
    ) -> Rig:
        sim = await simulate(**settings)
        connection = connect(sim, **(options or {}))
        heard = Heard()
        connection.on_change(heard.changed)
        await connection.open()
        for charger in connection.chargers.values():
            charger.subscribe(heard.snapshots.append, heard.lost.append)
        rig = Rig(time=moving, sim=sim, connection=connection, heard=heard)
        if live:
            await rig.go_live()
        return rig

    return start
