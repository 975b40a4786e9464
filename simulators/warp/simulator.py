"""Run one simulated WARP in process: the way tests and the demo use it."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from types import TracebackType
from typing import Any, Self

from simulators.world import Clock, PhaseAmps, RealClock
from simulators.world.clock import STEP_S, steps

from .bench import WarpBench
from .charge_manager import Member
from .faults import HAPPENINGS, Fault
from .listener import HOST
from .server import Request, WarpServer
from .settings import WarpSettings

TICKS_PER_SECOND = round(1 / STEP_S)
SETTLE_TURNS = 12
"""Turns of the event loop in which a client of the same loop reads what was pushed."""


class WarpSimulator(WarpBench):
    """Be a device on a loopback port, with a world behind it and faults to switch.

    With a manual clock nothing happens until `advance` is awaited, and nothing sleeps. With a
    real clock the device lives by itself.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        port: int = 0,
        faults: Iterable[Fault] = (),
        grid_a: Callable[[], PhaseAmps] | None = None,
        settings: WarpSettings | None = None,
        **changes: Any,
    ) -> None:
        """Build the device from settings and keyword changes to them.

        `grid_a` is what the grid meter of an Energy Manager measures.
        """
        super().__init__(
            clock=clock, faults=faults, grid_a=grid_a, settings=settings, **changes
        )
        self.device.on_reboot = lambda: self._happen(Fault.REBOOT)
        self._port = port
        self._server: WarpServer | None = None
        self._lock = asyncio.Lock()
        self._origin_s = self.clock.now()
        self._ticks = 0
        self._tasks: set[asyncio.Task[None]] = set()

    # Running

    async def __aenter__(self) -> Self:
        """Listen, and live by itself if the clock does."""
        self._server = WarpServer(self.device, self._port)
        self._server.faults_changed()
        await self._server.listener.start()
        if self.device.board.has(Fault.REFUSE):
            self._server.listener.close()
        if isinstance(self.clock, RealClock):
            self._spawn(self._live())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.server.stop()

    async def _live(self) -> None:
        """Follow a real clock."""
        while True:
            await self.catch_up()
            await asyncio.sleep(STEP_S)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside, and end it with the simulator at the latest."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def server(self) -> WarpServer:
        """The running server; only inside `async with`."""
        assert self._server is not None
        return self._server

    @property
    def host(self) -> str:
        """The loopback address."""
        return HOST

    @property
    def port(self) -> int:
        """The port it listens on, also while it refuses connections."""
        return self.server.listener.port

    @property
    def url(self) -> str:
        """The origin, without a trailing slash."""
        return f"http://{self.host}:{self.port}"

    @property
    def address(self) -> str:
        """The same, under the name by which the control port asks."""
        return self.url

    # Time

    async def advance(self, seconds: float) -> None:
        """Move the clock, live through that time, and let clients read what was pushed."""
        for step_s in steps(seconds):
            self.clock.advance(step_s)
            await self.catch_up()
        await self.flush()

    async def catch_up(self) -> None:
        """Live through everything up to the clock's time."""
        async with self._lock:
            while (due_s := self._origin_s + (self._ticks + 1) * STEP_S) <= (
                self.clock.now()
            ):
                self._ticks += 1
                await self._tick(due_s, self._ticks % TICKS_PER_SECOND == 0)

    async def _tick(self, now_s: float, is_full_second: bool) -> None:
        """Live through one cycle and push what is due."""
        self.device.tick(now_s, is_full_second=is_full_second)
        self._notify()
        self._return_from_reboot(now_s)
        if self._server is None or not len(self._server.hub):
            return
        await self._server.hub.flush(low_latency_only=not is_full_second)
        if is_full_second:
            await self._server.hub.keep_alive(self.device.uptime_ms)
        await asyncio.sleep(0)

    async def flush(self) -> None:
        """Push at once what changed, and let clients of this event loop read it."""
        self.device.settle()
        self._notify()
        if self._server is not None:
            await self._server.hub.flush()
        for _ in range(SETTLE_TURNS):
            await asyncio.sleep(0)

    # Groups

    def lead(self, *others: WarpSimulator, maximum_a: float = 32.0) -> None:
        """Make it the charge manager of other simulators on the same clock."""
        members: list[Member] = []
        for other in others:
            controller = other.device.controller
            if controller is None:
                msg = "an Energy Manager cannot be a member of a group"
                raise ValueError(msg)
            other.fault(Fault.MANAGED)
            name = other.settings.name
            host = f"{name}.local"
            members.append(Member(host=host, name=name, controller=controller))
        self.device.lead(members, round(maximum_a * 1000))
        self._settle()

    # Faults

    def fault(self, fault: Fault | str) -> None:
        """Switch a fault on, or let a one-time event happen now."""
        fault = Fault(fault)
        if fault in HAPPENINGS:
            self._happen(fault)
        else:
            self.device.board.faults.add(fault)
            self._faults_changed()

    def clear(self, *faults: Fault | str) -> None:
        """Switch faults off; without a name, all of them."""
        self.device.board.faults -= {Fault(fault) for fault in faults} or set(Fault)
        self._faults_changed()

    def _faults_changed(self) -> None:
        """Do at once what the present faults mean."""
        self._settle()
        if self._server is None:
            return
        self._server.faults_changed()
        is_away = self.device.network_returns_s is not None
        if self.device.board.has(Fault.REFUSE):
            self._server.listener.close()
            self._server.listener.break_connections()
        elif not is_away:
            self._server.listener.open()

    def _happen(self, fault: Fault) -> None:
        """Let a one-time event happen, with what it does to the sockets."""
        self.device.happen(fault)
        self._settle()
        if self._server is None:
            return
        if fault is Fault.DROP_WEBSOCKETS:
            self._server.hub.drop_all()
        if self.device.network_returns_s is not None:
            self._server.listener.close()
            self._spawn(self._go_away(self._server))

    async def _go_away(self, server: WarpServer) -> None:
        """Leave the network as a restart does, the last answer still being given."""
        for _ in range(SETTLE_TURNS):
            await asyncio.sleep(0)
        await server.hub.say_goodbye()
        if self.device.network_returns_s is not None:
            server.listener.break_connections()
        self._return_from_reboot(self.clock.now())

    def _return_from_reboot(self, now_s: float) -> None:
        """Come back to the network when the restart is over."""
        returns_s = self.device.network_returns_s
        if returns_s is None or now_s < returns_s:
            return
        self.device.network_returns_s = None
        if self._server is not None and not self.device.board.has(Fault.REFUSE):
            self._server.listener.open()

    def fault_names(self) -> dict[str, bool]:
        """Return every fault with whether it is on, for the control port."""
        return {str(fault): fault in self.faults for fault in Fault}

    def switch_fault(self, name: str, *, on: bool) -> None:
        """Switch a fault by name; raise ValueError for an unknown one."""
        if on:
            self.fault(name)
        else:
            self.clear(name)

    # What is seen from outside

    @property
    def requests(self) -> list[Request]:
        """Every request, answered or not, oldest first."""
        return self.server.requests

    @property
    def clients(self) -> int:
        """How many WebSockets are open."""
        return len(self.server.hub)

    def world(self) -> dict[str, Any]:
        """Return how things really are, for the control port."""
        car = self.car
        return {
            "name": self.name,
            "address": self.address,
            "uid": self.uid,
            "generation": str(self.settings.generation),
            "offered_a": self.offered_a,
            "measured_currents_a": self.measured_currents_a,
            "car": car
            and {
                "name": car.spec.name,
                "phases": car.spec.phases,
                "energy_charged_kwh": car.energy_charged_kwh,
                "interruptions": car.interruptions,
                "is_full": car.is_full,
                "is_asleep": car.is_asleep,
            },
            "clients": self.clients,
            "requests": len(self.requests),
            "writes": len(self.writes),
            "executed_by_get": self.executed_by_get,
            "states": {path: self.state(path) for path in self.device.board.states},
        }
