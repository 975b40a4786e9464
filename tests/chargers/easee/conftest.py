"""Give each test its own time, its own simulated cloud and an open connection."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.busbar.chargers.easee import Urls, create_connection
from custom_components.busbar.chargers.easee.charger import EaseeCharger
from custom_components.busbar.chargers.easee.circuit import EaseeCircuit
from custom_components.busbar.chargers.easee.connection import EaseeConnection
from custom_components.busbar.chargers.easee.equalizer import EaseeEqualizer
from custom_components.busbar.chargers.easee.library import Account
from custom_components.busbar.chargers.model import Snapshot
from simulators.easee import (
    FIRST,
    LONE,
    LONE_ID,
    METER,
    PASSWORD,
    SECOND,
    SHARED_ID,
    USERNAME,
    EaseeSimulator,
    furnish,
)
from simulators.world import ManualClock

TURNS = 60
EPOCH_S = 1_790_000_000.0


async def settle() -> None:
    """Let sockets and tasks finish what they have begun."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that needs sockets only, not time; the test's timeout bounds it."""
    while not condition():
        await asyncio.sleep(0)


@dataclass(kw_only=True)
class Rig:
    """A simulated cloud and our connection to it."""

    cloud: EaseeSimulator
    connection: EaseeConnection
    saved: list[Mapping[str, Any]] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    changes: int = 0

    @property
    def account(self) -> Account:
        """The library below."""
        return self.connection._link.client.account

    def now(self) -> float:
        """Return the present time."""
        return self.cloud.clock.now()

    def charger(self, charger_id: str = LONE) -> EaseeCharger:
        """Return a charger."""
        charger = self.connection.chargers[f"easee_{charger_id}"]
        assert isinstance(charger, EaseeCharger)
        return charger

    def circuit(self, circuit_id: int = LONE_ID) -> EaseeCircuit:
        """Return a circuit."""
        circuit = self.connection.chargers[f"easee_circuit_{circuit_id}"]
        assert isinstance(circuit, EaseeCircuit)
        return circuit

    def meter(self) -> EaseeEqualizer:
        """Return the grid meter."""
        meter = self.connection.chargers[f"easee_{METER}"]
        assert isinstance(meter, EaseeEqualizer)
        return meter

    def seen(self, charger_id: str = LONE) -> Snapshot:
        """Return what is known of a charger now."""
        return self.charger(charger_id).rebuild()

    async def advance(self, seconds: float) -> None:
        """Move the time, and let everybody hear of it."""
        await self.cloud.advance(seconds)
        await settle()

    async def jump(self, seconds: float) -> None:
        """Move the time at once, past everything in between."""
        self.cloud.clock.advance(seconds)
        await self.cloud.catch_up()
        await self.cloud.hub.settle()
        await settle()

    async def live(self) -> None:
        """Wait until the stream has told of everything."""
        stream = self.connection._link.stream
        await until(
            lambda: all(stream.covers(one) for one in (LONE, FIRST, SECOND, METER))
        )
        await settle()

    def written(self, part: str) -> list[Any]:
        """Return the bodies written to paths with this part."""
        return [write.body for write in self.cloud.writes if part in write.path]

    def asked(self, part: str) -> int:
        """Return how many requests had this part."""
        return sum(part in request for request in self.cloud.requests)

    def changed(self) -> None:
        """Count a change of devices or capabilities."""
        self.changes += 1


type MakeRig = Callable[..., Awaitable[Rig]]


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[ClientSession]:
    """Return a web session for a test that opens sockets."""
    async with ClientSession() as one:
        yield one


@pytest.fixture
async def cloud(session: ClientSession) -> AsyncIterator[EaseeSimulator]:
    """Return a running cloud with a home below it."""
    async with EaseeSimulator(clock=ManualClock(1000.0), epoch_s=EPOCH_S) as one:
        furnish(one)
        await one.advance(1)
        yield one


def connect(
    cloud: EaseeSimulator,
    session: ClientSession,
    *,
    state: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Rig:
    """Return a connection that is not open yet."""
    rig: Rig

    async def pause(seconds: float) -> None:
        rig.pauses.append(seconds)
        await asyncio.Event().wait()

    def delay(seconds: float) -> float:
        rig.delays.append(seconds)
        return 0.0

    saved: list[Mapping[str, Any]] = []
    connection = create_connection(
        {"username": USERNAME, "password": PASSWORD, **settings},
        session=session,
        state=state or {},
        save_state=saved.append,
        clock=cloud.clock.now,
        wall=lambda: cloud.epoch_s,
        urls=Urls(api=cloud.url, stream=cloud.stream_url),
        time_zone="Europe/Berlin",
        pause=pause,
        delay=delay,
    )
    assert isinstance(connection, EaseeConnection)
    rig = Rig(cloud=cloud, connection=connection, saved=saved)
    connection.on_change(rig.changed)
    return rig


@pytest.fixture
async def make_rig(
    cloud: EaseeSimulator, session: ClientSession
) -> AsyncIterator[MakeRig]:
    """Return a function that opens a connection to the cloud."""
    async with AsyncExitStack() as stack:

        async def make(**settings: Any) -> Rig:
            rig = connect(cloud, session, **settings)
            stack.push_async_callback(rig.connection.close)
            await rig.connection.open()
            return rig

        yield make


@pytest.fixture
async def rig(make_rig: MakeRig) -> Rig:
    """Return an open connection whose stream has told of everything."""
    one = await make_rig()
    await one.live()
    return one


__all__ = ["FIRST", "LONE", "LONE_ID", "METER", "SECOND", "SHARED_ID"]
