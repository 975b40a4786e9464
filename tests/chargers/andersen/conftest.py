"""Give each test its own time, its own simulated cloud with one account, and a session."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from copy import deepcopy
from dataclasses import dataclass, field
import heapq
from itertools import count
from random import Random
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.busbar.chargers.andersen import (
    AndersenConnection,
    Endpoints,
    create_connection,
)
from custom_components.busbar.chargers.andersen.auth import Auth
from custom_components.busbar.chargers.andersen.charger import AndersenCharger
from custom_components.busbar.chargers.andersen.client import Client
from custom_components.busbar.chargers.andersen.memory import Memory
from custom_components.busbar.chargers.andersen.store import Store
from custom_components.busbar.chargers.model import Snapshot
from simulators.andersen import AndersenSimulator, Member, SimulatedCharger
from simulators.world import ManualClock

EMAIL = "owner@example.com"
PASSWORD = "Konnect-1 ✓"
PATIENCE_S = 5.0
"""Far more than loopback and a worker thread need; ends a test that waits in vain."""


class Time:
    """One clock for client and cloud; pauses end when it is moved."""

    def __init__(self) -> None:
        """Begin somewhere above zero, as a monotonic clock does."""
        self.clock = ManualClock(1000.0)
        self.cloud: AndersenSimulator | None = None
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> float:
        """Return the present time."""
        return self.clock.now()

    def wall(self) -> float:
        """Return the time of day, as seconds of an epoch."""
        return 1_700_000_000.0 + self.now()

    async def pause(self, seconds: float) -> None:
        """Wait until the clock has been moved that far."""
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.now() + seconds, next(self._order), future))
        await future

    def is_pausing(self, within_s: float = 1e9, *, beyond_s: float = -1.0) -> bool:
        """Return whether somebody waits for a moment in between."""
        return any(
            beyond_s < at - self.now() <= within_s and not future.done()
            for at, _, future in self._waiting
        )

    async def advance(self, seconds: float) -> None:
        """Move the clock; the world lives through it, then pauses end."""
        self.clock.advance(seconds)
        if self.cloud is not None:
            await self.cloud.catch_up()
        while self._waiting and self._waiting[0][0] <= self.now():
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)

    async def follow(self, seconds: float) -> None:
        """Wait until somebody pauses for at most so long, then move the clock."""
        await until(lambda: self.is_pausing(seconds))
        await self.advance(seconds)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that needs sockets and threads only; bounded, not timed."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0)


def run_blocking(function: Callable[..., Any], *arguments: Any) -> Awaitable[Any]:
    """Run in a worker thread, as Home Assistant does."""
    loop = asyncio.get_running_loop()
    return loop.run_in_executor(None, function, *arguments)


@dataclass
class Rig:
    """A cloud with one account and one charger, and our half of it."""

    time: Time
    cloud: AndersenSimulator
    member: Member
    wall: SimulatedCharger
    """The charger on the wall."""
    session: ClientSession
    stack: AsyncExitStack
    saved: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def endpoints(self) -> Endpoints:
        """Return where everything is."""
        urls = self.cloud.urls
        return Endpoints(
            graphql_url=urls.graphql,
            websocket_url=urls.websocket,
            lookup_url=urls.lookup,
            cognito_url=urls.cognito,
        )

    @property
    def state(self) -> Mapping[str, Any]:
        """Return what was stored last."""
        return self.saved[-1] if self.saved else {}

    def remembered(self) -> dict[str, Any]:
        """Return the state of an entry whose device is known to the cloud."""
        held = self.cloud.cognito.remember(self.member.account)
        device = {
            "key": held.key,
            "group_key": held.group_key,
            "password": held.password,
        }
        account = {
            "username": held.username,
            "device": device,
            "refresh_token": held.refresh_token,
        }
        return {"account": account}

    def save(self, state: Mapping[str, Any]) -> None:
        """Keep what is to survive."""
        self.saved.append(deepcopy(dict(state)))

    def store(self, state: Mapping[str, Any] | None = None) -> Store:
        """Return a store that begins with a state."""
        return Store({} if state is None else state, self.save)

    def auth(
        self,
        *,
        password: str | None = PASSWORD,
        email: str = EMAIL,
        state: Mapping[str, Any] | None = None,
        store: Store | None = None,
    ) -> Auth:
        """Return a login."""
        auth = Auth(
            email=email,
            password=password,
            store=store or self.store(state),
            session=self.session,
            run_blocking=run_blocking,
            endpoints=self.endpoints,
            clock=self.time.now,
            random=Random(1),
        )
        self.stack.push_async_callback(auth.close)
        return auth

    def client(self, *, timeout_s: float = 5.0, **settings: Any) -> Client:
        """Return a client whose device is remembered, so that no proof is paid for."""
        settings.setdefault("state", self.remembered())
        auth = self.auth(**settings)
        return Client(
            url=self.endpoints.graphql_url,
            session=self.session,
            auth=auth,
            timeout_s=timeout_s,
        )

    async def charger(self, state: Mapping[str, Any] | None = None) -> AndersenCharger:
        """Return our side of the charger, read once."""
        store = self.store(self.remembered() if state is None else state)
        charger = AndersenCharger(
            device_id=self.wall.device_id,
            client=self.client(store=store),
            memory=Memory(store, self.wall.device_id),
            clock=self.time.now,
            wall=self.time.wall,
            sleep=self.time.pause,
            random=Random(1),
        )
        self.stack.push_async_callback(charger.close)
        await charger.refresh()
        return charger

    def connection(
        self, state: Mapping[str, Any] | None = None, **settings: Any
    ) -> AndersenConnection:
        """Return the connection of the account, closed when the test ends."""
        connection = create_connection(
            {"email": EMAIL, "password": PASSWORD, **settings},
            session=self.session,
            run_blocking=run_blocking,
            state=self.remembered() if state is None else state,
            save_state=self.save,
            clock=self.time.now,
            wall=self.time.wall,
            sleep=self.time.pause,
            random=Random(1),
            endpoints=self.endpoints,
        )
        self.stack.push_async_callback(connection.close)
        return connection

    async def later(self, charger: AndersenCharger, seconds: float) -> Snapshot:
        """Let time pass, poll every minute meanwhile, and return what is known then."""
        ends_at = self.time.now() + seconds
        while self.time.now() < ends_at:
            await self.time.advance(min(60.0, ends_at - self.time.now()))
            await charger.refresh()
        return shown(charger)

    def sent(self) -> list[str]:
        """Return the names of the commands that the cloud took."""
        return [command.name for command in self.cloud.commands]


def shown(charger: AndersenCharger) -> Snapshot:
    """Return what a charger shows."""
    snapshot = charger.snapshot
    assert snapshot is not None
    return snapshot


@pytest.fixture
def time() -> Time:
    """Return the time of the test."""
    return Time()


@pytest.fixture
async def rig(time: Time, socket_enabled: None) -> AsyncIterator[Rig]:
    """Return everything, running."""
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(AndersenSimulator(clock=time.clock))
        session = await stack.enter_async_context(ClientSession())
        time.cloud = cloud
        member = cloud.add_account(EMAIL, PASSWORD)
        wall = cloud.add_charger(member)
        inner = await stack.enter_async_context(AsyncExitStack())
        yield Rig(
            time=time,
            cloud=cloud,
            member=member,
            wall=wall,
            session=session,
            stack=inner,
        )
