"""Hold a device without its sockets: what hands do to it, and what can be seen of it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from simulators.world import Car, CarSpec, Clock, ManualClock, PhaseAmps, RealClock

from .board import Write
from .device import WarpDevice
from .faults import Fault
from .generation import Generation
from .listener import HOST
from .settings import MeterKind, WarpSettings
from .states import Json

PONG_TIMEOUT_S = 10.0


class WarpBench:
    """Be a device that can be plugged, pressed and looked at."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        faults: Iterable[Fault] = (),
        grid_a: Callable[[], PhaseAmps] | None = None,
        settings: WarpSettings | None = None,
        **changes: Any,
    ) -> None:
        """Build the device from settings and keyword changes to them.

        `grid_a` is what the grid meter of an Energy Manager measures.
        """
        if "generation" in changes:
            changes["generation"] = Generation(changes["generation"])
        if "meter" in changes:
            changes["meter"] = MeterKind(changes["meter"])
        self.clock = clock or ManualClock()
        if isinstance(self.clock, RealClock):
            changes.setdefault("pong_timeout_s", PONG_TIMEOUT_S)
        self.settings = replace(settings or WarpSettings(), **changes)
        self._observers: list[Callable[[], None]] = []
        self.device = WarpDevice(self.clock, self.settings, grid_a)
        self.device.board.faults.update(faults)
        self.device.settle()

    @property
    def name(self) -> str:
        """The default host name of the device."""
        return self.settings.name

    @property
    def uid(self) -> str:
        """The uid it was made with."""
        return self.settings.uid

    def on_step(self, observer: Callable[[], None]) -> None:
        """Call the observer whenever the device has moved on in time."""
        self._observers.append(observer)

    def _notify(self) -> None:
        """Tell everybody who wants to know that time has passed."""
        for observer in self._observers:
            observer()

    def _settle(self) -> None:
        """Show what was just changed from outside; it is pushed with the next cycle."""
        self.device.settle()
        self._notify()

    # The car

    @property
    def car(self) -> Car | None:
        """The car that is plugged in."""
        return self.device.controller.car if self.device.controller else None

    def plug(self, car: Car | CarSpec | None = None) -> Car:
        """Plug a car in, in place of another one, and return it."""
        plugged = car if isinstance(car, Car) else Car(car)
        if self.device.controller is None:
            msg = "an Energy Manager has no cable"
            raise ValueError(msg)
        self.device.controller.plug(plugged, self.device.board.now_s)
        self._settle()
        return plugged

    def unplug(self) -> None:
        """Take the car away, if there is one."""
        if self.device.controller is not None:
            self.device.controller.unplug(self.device.board.now_s)
        self._settle()

    # Hands

    def press_button(self) -> None:
        """Press the button of the charger shortly."""
        if self.device.extras is not None:
            self.device.extras.press_button(self.device.board.now_s)
        self._settle()

    def show_tag(self, tag_id: str) -> None:
        """Hold an NFC tag to the reader."""
        if self.device.nfc is not None:
            self.device.nfc.show(tag_id)
        self._settle()

    def set_password(self, password: str | None) -> None:
        """Change the password as a person does; None opens the device."""
        self.device.users.set_password(password)

    def manager_packet(self, current_a: float) -> None:
        """Tell a managed charger what a charge manager allows it; has to be repeated."""
        if self.device.controller is not None:
            now_s = self.device.board.now_s
            current_ma = round(current_a * 1000)
            self.device.controller.manager_packet(current_ma, now_s, HOST)
        self._settle()

    # What it was told, and what it does

    @property
    def faults(self) -> frozenset[Fault]:
        """The lasting faults that are on."""
        return frozenset(self.device.board.faults)

    @property
    def writes(self) -> list[Write]:
        """Writes that were answered with 200, oldest first."""
        return self.device.board.writes

    @property
    def executed_by_get(self) -> int:
        """How many commands were executed by a GET; a good client causes none."""
        return len(self.device.api.executed_by_get)

    @property
    def measured_currents_a(self) -> PhaseAmps:
        """What the car draws on the charger's own phases."""
        return self.device.measured_a

    @property
    def offered_a(self) -> float:
        """What the pilot offers per phase; 0: nothing."""
        controller = self.device.controller
        if controller is None:
            return 0.0
        return controller.offer(self.device.board.now_s).current_a

    def told(self) -> list[dict[str, Any]]:
        """Return the writes as the control port shows them."""
        return [write._asdict() for write in self.writes]

    def state(self, path: str) -> Json:
        """Return a state as a GET would, without a request."""
        return self.device.board.states.read(path)
