"""Run the Easee cloud on a loopback port, with the world below it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
import time
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from simulators.world import Clock, ManualClock, PhaseAmps, RealClock
from simulators.world.clock import steps

from .charger import SimCharger
from .faults import Faults, HttpFault, RateLimits
from .hub import Hub
from .observations import Observation, Observed, timestamp
from .plant import SimCircuit, SimEqualizer, SimSite
from .rest import Rest
from .tokens import Tokens

TICK_S = 0.25
USERNAME = "anna@example.com"
PASSWORD = "correct horse"


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """Remember one request that changed something."""

    at_s: float
    method: str
    path: str
    body: Any
    is_persistent: bool


class EaseeSimulator:
    """Be the cloud with all that hangs below it; an asynchronous context."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        port: int = 0,
        latency_s: float = 1.0,
        epoch_s: float | None = None,
    ) -> None:
        """Prepare a cloud without any site; commands reach a charger after latency_s.

        With a manual clock nothing happens until `advance` is awaited, and nothing sleeps.
        """
        self.clock = clock or ManualClock()
        self.latency_s = latency_s
        self.sites: list[SimSite] = []
        self.writes: list[Write] = []
        self.requests: list[str] = []
        self.faults = Faults()
        self.tokens = Tokens(self.clock.now)
        self.tokens.passwords[USERNAME] = PASSWORD
        self.rate_limits = RateLimits(self.clock.now)
        self.hub = Hub(tokens=self.tokens, faults=self.faults, find=self.observed)
        self._epoch_s = time.time() - self.clock.now() if epoch_s is None else epoch_s
        self._port = port
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count(1)
        self._ticks = count(638_000_000_000_000_000)
        self._observers: list[Callable[[], None]] = []
        self._released = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._ticker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Open the port."""
        app = web.Application()
        Rest(self).install(app)
        self.hub.add_routes(app.router)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        await self.catch_up()
        if isinstance(self.clock, RealClock):
            self._ticker = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the port and every stream."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        self._released.set()
        await self.hub.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where the REST interface answers."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def stream_url(self) -> str:
        """Where the stream answers."""
        return f"{self.url}/hubs/chargers"

    @property
    def epoch_s(self) -> float:
        """The wall time of the simulated world."""
        return self._epoch_s + self.clock.now()

    @property
    def persistent_writes(self) -> list[Write]:
        """Every write that wore flash."""
        return [write for write in self.writes if write.is_persistent]

    @property
    def chargers(self) -> dict[str, SimCharger]:
        """All chargers by id."""
        return {one.id: one for site in self.sites for one in site.chargers}

    @property
    def circuits(self) -> dict[int, SimCircuit]:
        """All circuits by id."""
        return {one.id: one for site in self.sites for one in site.circuits}

    @property
    def equalizers(self) -> dict[str, SimEqualizer]:
        """All grid meters by id."""
        return {one.id: one for site in self.sites for one in site.equalizers}

    def observed(self, mid: str) -> Observed | None:
        """Return what is known of a product."""
        product = self.chargers.get(mid) or self.equalizers.get(mid)
        return None if product is None else product.observed

    def new_observed(self, mid: str) -> Observed:
        """Return a place for the values of a new product."""
        return Observed(mid, epoch=lambda: self.epoch_s, publish=self._publish)

    def fault(self, match: str, **settings: Any) -> HttpFault:
        """Answer matching requests otherwise, from now on; the newest fault wins."""
        fault = HttpFault(match=match, **settings)
        self.faults.http.insert(0, fault)
        return fault

    def end_fault(self, fault: HttpFault) -> None:
        """End one fault, and let hanging requests go."""
        self.faults.http.remove(fault)
        self._let_go()

    def clear_faults(self) -> None:
        """End every fault that was switched on by `fault`, and let hanging requests go."""
        self.faults.http.clear()
        self._let_go()

    def _let_go(self) -> None:
        self._released.set()
        self._released = asyncio.Event()

    async def hang(self) -> None:
        """Wait until the faults are cleared."""
        await self._released.wait()

    async def advance(self, seconds: float) -> None:
        """Move the clock and everything in the world forward."""
        for step_s in steps(seconds):
            self.clock.advance(step_s)
            await self.catch_up()
        await self.hub.settle()

    async def catch_up(self) -> None:
        """Live up to the time of the clock."""
        now_s = self.clock.now()
        while self._due and self._due[0][0] <= now_s:
            _, _, act = self._due.pop(0)
            act()
        for site in self.sites:
            site.step(now_s, self.epoch_s)
        for observer in self._observers:
            observer()

    def on_step(self, observer: Callable[[], None]) -> None:
        """Call the observer whenever the world has moved on."""
        self._observers.append(observer)

    def set_online(self, charger_id: str, *, online: bool) -> None:
        """Take a charger from its cloud, or bring it back; the cloud itself notices."""
        charger = self.chargers[charger_id]
        charger.is_online = online
        charger.observed.report(250, online)

    def reboot(self, charger_id: str) -> None:
        """Restart a charger at its power supply."""
        charger = self.chargers[charger_id]
        for circuit in self.circuits.values():
            if charger in circuit.chargers:
                circuit.reboot(charger, self.clock.now())

    def send_command(
        self, charger: SimCharger, command: int, act: Callable[[], None]
    ) -> dict[str, Any]:
        """Let a command travel to its charger, and return the cloud's receipt."""
        ticks = next(self._ticks)
        if not self.faults.swallows_commands:
            due_s = self.clock.now() + self.latency_s
            done = self._arrival(charger, command, ticks, act)
            self._due.append((due_s, next(self._order), done))
            self._due.sort(key=lambda entry: entry[:2])
        return {"device": charger.id, "commandId": command, "ticks": ticks}

    def _arrival(
        self, charger: SimCharger, command: int, ticks: int, act: Callable[[], None]
    ) -> Callable[[], None]:
        def arrive() -> None:
            is_taken = not self.faults.refuses_commands
            if is_taken:
                act()
            self.hub.command_response(
                {
                    "serialNumber": charger.id,
                    "id": command,
                    "timestamp": timestamp(self.epoch_s),
                    "deliveredAt": timestamp(self.epoch_s),
                    "wasAccepted": is_taken,
                    "resultCode": 0 if is_taken else 1,
                    "comment": "",
                    "ticks": ticks,
                }
            )

        return arrive

    def _publish(self, row: Observation) -> None:
        self.hub.publish(row)

    async def _tick(self) -> None:
        """Follow the wall."""
        while True:
            await asyncio.sleep(TICK_S)
            await self.catch_up()


class Draw:
    """Be what one charger takes, for a supply that sums it."""

    def __init__(self, cloud: EaseeSimulator, charger_id: str) -> None:
        """Follow a charger of a cloud."""
        self._cloud = cloud
        self._charger_id = charger_id

    @property
    def measured_currents_a(self) -> PhaseAmps:
        """Amperes on the charger's own L1, L2, L3."""
        return self._cloud.chargers[self._charger_id].drawn_a

    def on_step(self, observer: Callable[[], None]) -> None:
        """Call the observer whenever the cloud's world has moved on."""
        self._cloud.on_step(observer)
