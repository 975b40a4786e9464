"""Give each test its own time, its own simulated meter, and a connection to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import ClientSession, ClientTimeout
import pytest

from custom_components.busbar.chargers.model import Snapshot
from custom_components.busbar.meters.shelly_em import create_connection
from custom_components.busbar.meters.shelly_em.connection import ShellyConnection
from custom_components.busbar.meters.shelly_em.meter import ShellyMeter
from simulators.shelly_em import Channel, Generation, ShellyEmSimulator
from simulators.world import ManualClock

TIMEOUT_S = 10.0
"""How long the client waits for an answer, in real time: longer than a busy machine needs."""
DEAF_S = 0.03
"""How long it waits for one that will not come."""


@dataclass
class Rig:
    """A simulated meter, what flows through its clamps, and our connection to it."""

    clock: ManualClock
    sim: ShellyEmSimulator
    connection: ShellyConnection
    watts: list[float]
    snapshots: list[Snapshot] = field(default_factory=list)
    lost: list[Exception | None] = field(default_factory=list)
    changes: int = 0

    def changed(self) -> None:
        """Count a change of identity or capabilities."""
        self.changes += 1

    def meter(self, role: str = "grid") -> ShellyMeter:
        """Return the meter of a role."""
        (meter,) = (
            meter
            for key, meter in self.connection.chargers.items()
            if key.endswith(f"_{role}")
        )
        return meter

    def deafen(self) -> None:
        """Wait for no answer any longer."""
        self.connection._client._timeout = ClientTimeout(total=DEAF_S)

    async def read(self, role: str = "grid", *, after_s: float = 1.0) -> Snapshot:
        """Let a second pass and read."""
        await self.sim.advance(after_s)
        return await self.meter(role).refresh()


type MakeRig = Callable[..., Awaitable[Rig]]


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that only the test moves."""
    return ManualClock(1000.0)


@pytest.fixture
async def stack(socket_enabled: None) -> AsyncIterator[AsyncExitStack]:
    """Close at the end whatever a test has opened."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def session(stack: AsyncExitStack) -> ClientSession:
    """Return a web session."""
    return await stack.enter_async_context(ClientSession())


@pytest.fixture
def make_rig(
    clock: ManualClock, stack: AsyncExitStack, session: ClientSession
) -> MakeRig:
    """Return a function that starts a meter and opens a connection to it."""

    async def start(
        generation: Generation = Generation.GEN1,
        *,
        watts: list[float] | None = None,
        power_factor: float = 0.95,
        opened: bool = True,
        options: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Rig:
        flows = watts if watts is not None else [620.0, -1500.0, 0.0]
        channels = [
            Channel(watts=partial(flows.__getitem__, at), power_factor=power_factor)
            for at in range(len(flows))
        ]
        sim = await stack.enter_async_context(
            ShellyEmSimulator(
                clock=clock, generation=generation, channels=channels, **changes
            )
        )
        connection = create_connection(
            {"host": sim.host, "port": sim.port, **(options or {})},
            session=session,
            clock=clock.now,
            jitter=lambda: 0.5,
            timeout_s=TIMEOUT_S,
        )
        assert isinstance(connection, ShellyConnection)
        stack.push_async_callback(connection.close)
        rig = Rig(clock=clock, sim=sim, connection=connection, watts=flows)
        connection.on_change(rig.changed)
        if opened:
            await connection.open()
            for meter in connection.chargers.values():
                meter.subscribe(rig.snapshots.append, rig.lost.append)
        return rig

    return start
