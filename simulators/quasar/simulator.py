"""Run one simulated Quasar in process: the way tests and the demo use it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
import struct
from types import TracebackType
from typing import Any, Self, override

from simulators.world import (
    CarSpec,
    Clock,
    FollowsClock,
    ManualClock,
    PhaseAmps,
    RealClock,
)
from simulators.world.clock import STEP_S

from .battery import BatteryCar
from .cloud import VendorCloud
from .faults import HAPPENINGS, Fault
from .image import RegisterImage
from .machine import QuasarMachine, Write
from .modbus import (
    HOST,
    READ,
    Behind,
    Frame,
    HangUp,
    ModbusServer,
    Request,
    read_answer,
    refusal,
)
from .settings import QuasarSettings

_ILLEGAL_ADDRESS = 2
_BUSY = 6


class QuasarSimulator(Behind, FollowsClock):
    """Be a Quasar and its cloud on two loopback ports, with a car and faults to switch.

    With a manual clock nothing happens until `advance` is awaited, and nothing sleeps. With a
    real clock the charger lives by itself.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        port: int = 0,
        cloud_port: int = 0,
        faults: Iterable[Fault] = (),
        settings: QuasarSettings | None = None,
        **changes: Any,
    ) -> None:
        """Build the charger from settings and keyword changes to them."""
        self.clock = clock or ManualClock()
        self.settings = replace(settings or QuasarSettings(), **changes)
        self._faults: set[Fault] = set(faults)
        self._lived_s = self.clock.now()
        self.machine = QuasarMachine(self.settings, self._faults, self._lived_s)
        self.machine.on_reboot = self._open_or_refuse
        self.image = RegisterImage(self.settings, self.machine)
        self.server = ModbusServer(self, port=port, one_client=self.settings.one_client)
        self.cloud = VendorCloud(self.settings, self.machine, self._live_until_now)
        self._cloud_port = cloud_port
        self._observers: list[Callable[[], None]] = []
        self._is_running = False
        self._living: asyncio.Task[None] | None = None

    # Running

    async def __aenter__(self) -> Self:
        """Listen, and live by itself if the clock does."""
        self._is_running = True
        self.server.open()
        self._open_or_refuse()
        await self.cloud.start(self._cloud_port)
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
        self._is_running = False
        if self._living is not None:
            self._living.cancel()
            await asyncio.gather(self._living, return_exceptions=True)
        await self.server.stop()
        await self.cloud.stop()

    async def _live(self) -> None:
        """Follow a real clock."""
        while True:
            await self.catch_up()
            await asyncio.sleep(STEP_S)

    @property
    def host(self) -> str:
        """The loopback address."""
        return HOST

    @property
    def port(self) -> int:
        """The Modbus port, also while it refuses connections."""
        return self.server.port

    # Time

    async def advance(self, seconds: float) -> None:
        """Move the clock and live through that time; for a charger that is alone on its clock."""
        self.clock.advance(seconds)
        await self.catch_up()

    @override
    async def catch_up(self) -> None:
        """Live through everything up to the clock's time."""
        self._live_until_now()

    def _live_until_now(self) -> None:
        now_s = self.clock.now()
        while self._lived_s < now_s:
            self._lived_s = min(self._lived_s + STEP_S, now_s)
            self.machine.step(self._lived_s)
            self._notify()
        self._open_or_refuse()

    def on_step(self, observer: Callable[[], None]) -> None:
        """Call the observer whenever the charger has moved on in time."""
        self._observers.append(observer)

    def _notify(self) -> None:
        for observer in self._observers:
            observer()

    # The car

    @property
    def car(self) -> BatteryCar | None:
        """The car that is plugged in."""
        return self.machine.car

    def plug(self, car: BatteryCar | CarSpec | None = None) -> BatteryCar:
        """Plug a car in, in place of another one, and return it."""
        self._live_until_now()
        plugged = car if isinstance(car, BatteryCar) else BatteryCar.like(car)
        self.machine.plug(plugged)
        self._notify()
        return plugged

    def unplug(self) -> None:
        """Take the car away, if there is one."""
        self._live_until_now()
        self.machine.unplug()
        self._notify()

    # Faults

    @property
    def faults(self) -> frozenset[Fault]:
        """The lasting faults that are on."""
        return frozenset(self._faults)

    def fault(self, fault: Fault | str) -> None:
        """Switch a fault on, or let a one-time event happen now."""
        self._live_until_now()
        fault = Fault(fault)
        if fault not in HAPPENINGS:
            self._faults.add(fault)
        elif fault is Fault.REBOOT:
            self.machine.reboot()
        elif fault is Fault.TAKE_CONTROL:
            self.machine.give_to_user()
        else:
            self.server.drop_clients()
        self._open_or_refuse()

    def clear(self, *faults: Fault | str) -> None:
        """Switch faults off; without a name, all of them."""
        self._live_until_now()
        self._faults -= {Fault(fault) for fault in faults} or set(Fault)
        self._open_or_refuse()

    def _open_or_refuse(self) -> None:
        """Listen while the Modbus task is alive."""
        is_alive = self.machine.is_up and Fault.REFUSE not in self._faults
        if not self._is_running or is_alive == self.server.is_open:
            return
        if is_alive:
            self.server.open()
        else:
            self.server.close()

    # The control port

    @property
    def name(self) -> str:
        """The name in the paths of the control port."""
        return self.settings.name

    @property
    def address(self) -> str:
        """Where it is reached."""
        return f"{self.host}:{self.port}"

    def fault_names(self) -> Mapping[str, bool]:
        """Return every fault with whether it is on."""
        return {fault.value: fault in self._faults for fault in Fault}

    def switch_fault(self, name: str, *, on: bool) -> None:
        """Switch a fault; raise ValueError for an unknown name."""
        if on:
            self.fault(name)
        else:
            self.clear(name)

    def told(self) -> list[dict[str, Any]]:
        """Return what was written over the wire, oldest first."""
        return [write._asdict() for write in self.writes]

    def world(self) -> dict[str, Any]:
        """Return how things really are, whatever the wire says."""
        machine = self.machine
        return {
            "state": int(machine.state),
            "power_w": machine.power_w,
            "current_a": machine.current_a,
            "state_of_charge": machine.car and machine.car.level_percent,
            "is_remote": bool(machine.control),
            "watchdog_s": machine.watchdog_s,
            "setpoint_a": machine.setpoint_a,
            "reboots": machine.reboots,
            "charged_kwh": machine.charged_kwh,
            "discharged_kwh": machine.discharged_kwh,
            "cloud": self.cloud.url,
        }

    async def flush(self) -> None:
        """Have nothing to push: a Quasar is asked."""
        self._live_until_now()

    # What it was told, and what it does

    @property
    def writes(self) -> list[Write]:
        """Every write that came over the wire, oldest first."""
        return self.machine.writes

    @property
    def requests(self) -> list[Request]:
        """Every request that came over the wire, oldest first."""
        return self.server.requests

    @property
    def clients(self) -> int:
        """How many connections are open."""
        return len(self.server.connections)

    @property
    def measured_currents_a(self) -> PhaseAmps:
        """Amperes on its one phase: + charge, - discharge."""
        return self.machine.measured_currents_a

    # The wire

    @override
    def heard(self) -> None:
        self._live_until_now()
        if Fault.MUTE not in self._faults:
            self.machine.hear(self.clock.now())

    @override
    def read(self, start: int, count: int) -> list[int] | int:
        words = self.image.read(start, count)
        return _ILLEGAL_ADDRESS if words is None else words

    @override
    def write(self, address: int, value: int) -> int:
        if Fault.MUTE in self._faults:
            return 0
        return self.machine.write(address, value)

    @override
    def send(self, function: int, frame: Frame) -> Frame | None:
        faults = self._faults
        if Fault.DROP in faults:
            raise HangUp
        if Fault.MUTE in faults or (Fault.MUTE_WRITES in faults and function != READ):
            return None
        if Fault.BUSY in faults:
            return frame._replace(pdu=refusal(function, _BUSY))
        if Fault.WRONG_TRANSACTION in faults:
            return frame._replace(transaction=frame.transaction ^ 0x0F0F)
        if frame.pdu[0] == READ and faults & {Fault.SHORT, Fault.EMPTY}:
            words = list(struct.unpack(f">{frame.pdu[1] // 2}H", frame.pdu[2:]))
            kept = words[:-1] if Fault.SHORT in faults else []
            return frame._replace(pdu=read_answer(kept))
        return frame
