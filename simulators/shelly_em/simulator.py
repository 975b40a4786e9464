"""Run one simulated Shelly energy meter in process: the way tests and the demo use it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, NamedTuple, Self, override

from aiohttp import web

from simulators.world import (
    CarSpec,
    Clock,
    FollowsClock,
    ManualClock,
    PhaseAmps,
    RealClock,
)
from simulators.world.clock import STEP_S

from .answers import (
    CHANNELS,
    FIRST_GENERATION,
    Generation,
    Json,
    em1,
    emeter,
    info,
    status,
)
from .faults import HAPPENINGS, Fault
from .login import Digest, is_basic
from .meter import NOMINAL_V, Channel, Clamps, Sample

HOST = "127.0.0.1"
SLOW_S = 3.0
OPEN_PATHS = frozenset({"/shelly", "/rpc/Shelly.GetDeviceInfo"})
"""Paths that need no login."""
MAC = "A4CF12F45D7A"
OTHER_MAC = "A4CF12F45D7B"


class Request(NamedTuple):
    """Be a request as it arrived."""

    time_s: float
    path: str


def phase_watts(currents: Callable[[], PhaseAmps], phase: int) -> Callable[[], float]:
    """Return what a clamp around one phase of a supply measures."""
    return lambda: currents()[phase - 1] * NOMINAL_V


class ShellyEmSimulator(FollowsClock):
    """Be a meter on a loopback port, with clamps around something and faults to switch."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        port: int = 0,
        generation: Generation | str = Generation.GEN1,
        channels: Sequence[Channel] | None = None,
        username: str = "admin",
        password: str | None = None,
        faults: Iterable[Fault] = (),
        name: str = "shelly_em",
    ) -> None:
        """Build it; without channels the clamps are empty."""
        self.clock = clock or ManualClock()
        self.generation = Generation(generation)
        self.name = name
        self.username = username
        self.password = password
        self._faults: set[Fault] = set(faults)
        count = CHANNELS[self.generation]
        given = list(channels or ())
        given += [Channel() for _ in range(count - len(given))]
        self.clamps = Clamps(given[:count], self._faults, self.clock.now())
        self.digest = Digest(f"shellyem-{MAC.lower()}", password or "")
        self.requests: list[Request] = []
        self.in_flight = self.most_in_flight = 0
        self.port = port
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Event()
        self._is_stopping = False
        self._living: asyncio.Task[None] | None = None

    # Running

    async def __aenter__(self) -> Self:
        """Listen, and live by itself if the clock does."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/shelly", self._info)
        app.router.add_get("/status", self._status)
        app.router.add_get("/emeter/{index}", self._emeter)
        app.router.add_get("/rpc/Shelly.GetDeviceInfo", self._info)
        app.router.add_get("/rpc/Shelly.GetStatus", self._status)
        app.router.add_get("/rpc/EM1.GetStatus", self._em1)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self.port).start()
        self.port = self._runner.addresses[0][1]
        if isinstance(self.clock, RealClock):
            self._living = asyncio.create_task(self._live())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        self._is_stopping = True
        self._wake()
        if self._living is not None:
            self._living.cancel()
            await asyncio.gather(self._living, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _live(self) -> None:
        while True:
            await self.catch_up()
            await asyncio.sleep(STEP_S)

    @property
    def host(self) -> str:
        """The loopback address."""
        return HOST

    @property
    def url(self) -> str:
        """The origin, without a trailing slash."""
        return f"http://{HOST}:{self.port}"

    @property
    def mac(self) -> str:
        """Who it says it is."""
        return OTHER_MAC if Fault.OTHER_DEVICE in self._faults else MAC

    # Time

    async def advance(self, seconds: float) -> None:
        """Move the clock and live through that time; for a meter that is alone on its clock."""
        self.clock.advance(seconds)
        await self.catch_up()

    @override
    async def catch_up(self) -> None:
        """Live through everything up to the clock's time."""
        self.clamps.live(self.clock.now())
        self._wake()

    def _wake(self) -> None:
        """Let everything that waits look at time and faults again."""
        self._changed.set()
        self._changed = asyncio.Event()

    # Faults

    @property
    def faults(self) -> frozenset[Fault]:
        """The lasting faults that are on."""
        return frozenset(self._faults)

    def fault(self, fault: Fault | str) -> None:
        """Switch a fault on, or let a one-time event happen now."""
        fault = Fault(fault)
        self.clamps.live(self.clock.now())
        if fault in HAPPENINGS:
            self.clamps.reboot()
            self.digest.renew()
        else:
            self._faults.add(fault)
        self._wake()

    def clear(self, *faults: Fault | str) -> None:
        """Switch faults off; without a name, all of them."""
        self.clamps.live(self.clock.now())
        self._faults -= {Fault(fault) for fault in faults} or set(Fault)
        self._wake()

    # The control port

    @property
    def address(self) -> str:
        """Where it is reached."""
        return self.url

    def fault_names(self) -> Mapping[str, bool]:
        """Return every fault with whether it is on."""
        return {fault.value: fault in self._faults for fault in Fault}

    def switch_fault(self, name: str, *, on: bool) -> None:
        """Switch a fault; raise ValueError for an unknown name."""
        if on:
            self.fault(name)
        else:
            self.clear(name)

    def plug(self, car: CarSpec) -> object:
        """Refuse: a meter has no cable."""
        msg = "a meter has no cable"
        raise ValueError(msg)

    def unplug(self) -> None:
        """Have nothing to unplug."""

    def told(self) -> list[dict[str, Any]]:
        """Return nothing: a meter is only read."""
        return []

    def world(self) -> dict[str, Any]:
        """Return how things really are, whatever the wire says."""
        return {"power_w": [channel.watts() for channel in self.clamps.channels]}

    async def flush(self) -> None:
        """Have nothing to push: this meter is asked."""
        await self.catch_up()

    # The wire

    @web.middleware
    async def _guard(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Any],
    ) -> web.StreamResponse:
        self.requests.append(Request(self.clock.now(), request.path))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self._wait(self.clock.now() + SLOW_S)
            await self.catch_up()
            return self._disturbed(request) or await handler(request)
        finally:
            self.in_flight -= 1

    async def _wait(self, slow_until_s: float) -> None:
        """Hold a request for as long as a fault wants it."""
        while not self._is_stopping and (
            Fault.MUTE in self._faults
            or (Fault.SLOW in self._faults and self.clock.now() < slow_until_s)
        ):
            await self._changed.wait()

    def _disturbed(self, request: web.Request) -> web.StreamResponse | None:
        faults = self._faults
        if Fault.REFUSE in faults or not self.clamps.is_up:
            if request.transport is not None:
                request.transport.close()
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        if Fault.NOT_A_SHELLY in faults:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        if Fault.INTERNAL_ERROR in faults:
            return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        if Fault.NOT_JSON in faults:
            return web.Response(text="<html>", content_type="text/html")
        if Fault.ODD_JSON in faults:
            return web.json_response([])
        is_first = self.generation in FIRST_GENERATION
        if request.path != "/shelly" and request.path.startswith("/rpc/") == is_first:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        if request.path in OPEN_PATHS or self.password is None:
            return None
        return self._refused(request)

    def _refused(self, request: web.Request) -> web.StreamResponse | None:
        header = request.headers.get("Authorization", "")
        assert self.password is not None
        if self.generation in FIRST_GENERATION:
            if is_basic(header, self.username, self.password):
                return None
            challenge = 'Basic realm="shelly"'
        else:
            if self.digest.is_proof(header, request.method):
                if Fault.NEW_NONCE in self._faults:
                    self.digest.renew()
                return None
            challenge = self.digest.challenge
        return web.Response(
            status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": challenge}
        )

    async def _info(self, request: web.Request) -> web.Response:
        return web.json_response(
            info(
                self.generation,
                self.mac,
                has_login=self.password is not None,
                is_meter=Fault.NOT_A_METER not in self._faults,
            )
        )

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response(
            status(self.generation, self.clamps, self._faults, self.mac)
        )

    async def _emeter(self, request: web.Request) -> web.Response:
        index = int(request.match_info["index"])
        return self._one(
            index,
            lambda sample: emeter(self.generation, sample, set(self.faults)),
        )

    async def _em1(self, request: web.Request) -> web.Response:
        index = int(request.query["id"])
        return self._one(index, lambda sample: em1(index, sample, set(self.faults)))

    def _one(self, index: int, answer: Callable[[Sample], Json]) -> web.Response:
        if index >= len(self.clamps.samples):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.json_response(answer(self.clamps.samples[index]))
