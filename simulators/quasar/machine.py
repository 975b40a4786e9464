"""Be the charger itself: state, ramp, watchdog, restart, and the car at its plug."""

from collections.abc import Callable
from typing import NamedTuple

from simulators.world import NO_AMPS, PhaseAmps

from .battery import BatteryCar, efficiency
from .faults import Fault
from .registers import Action, Control, Register, State, signed
from .settings import QuasarSettings

MINIMUM_A = 3
"""Smaller set-points do not fail, they just do not regulate."""
MAXIMUM_A = 32
MAXIMUM_W = 7400
BOOTED_LONG_AGO_S = -86400.0

_REFUSED_BY: dict[int, Fault] = {
    Register.CONTROL: Fault.NO_CONTROL,
    Register.AUTOSTART: Fault.NO_AUTOSTART,
    Register.SETPOINT_KIND: Fault.NO_POWER_MODE,
    Register.WATCHDOG: Fault.NO_WATCHDOG,
}
_ALLOWED: dict[int, tuple[int, int]] = {
    Register.CURRENT: (-MAXIMUM_A, MAXIMUM_A),
    Register.POWER: (-MAXIMUM_W, MAXIMUM_W),
    Register.ACTION: (1, 4),
    Register.CONTROL: (0, 1),
    Register.AUTOSTART: (0, 1),
    Register.SETPOINT_KIND: (0, 1),
    Register.LOCK: (0, 1),
}


class Write(NamedTuple):
    """Be a write that came over the wire; the value is signed."""

    time_s: float
    register: int
    value: int


class QuasarMachine:
    """Live from step to step; everything on the wire comes from here."""

    def __init__(
        self, settings: QuasarSettings, faults: set[Fault], now_s: float
    ) -> None:
        """Start up long ago, without a car, with the user in control."""
        self.settings = settings
        self.faults = faults
        self.car: BatteryCar | None = None
        self.control = Control.USER
        self.autostart = 1
        self.by_power = 0
        self.watchdog_s = 0
        self.locked = False
        self.setpoint_a = 0
        self.setpoint_w = 0
        self.running = False
        self.current_a = 0.0
        self.forced_state: int | None = None
        self.errors = (0, 0)
        """Unrecoverable and recoverable, 32 bits each."""
        self.updating = False
        self.bricked = False
        """A restart during an update: the thing that must never happen."""
        self.reboots = 0
        self.writes: list[Write] = []
        self.on_reboot: Callable[[], None] = lambda: None
        self.heard_s = now_s
        """When the last message came, whatever it said."""
        self.charged_kwh = 0.0
        self.discharged_kwh = 0.0
        self._now_s = now_s
        self._up_s = BOOTED_LONG_AGO_S
        self._flows_from_s = now_s

    # What others see

    @property
    def measured_currents_a(self) -> PhaseAmps:
        """Amperes on its one phase: + charge, - discharge."""
        return (self.current_a, NO_AMPS[1], NO_AMPS[2])

    @property
    def power_w(self) -> float:
        """AC power: + charge, - discharge."""
        if not self.current_a:
            return self.settings.idle_w
        return self.current_a * self.settings.voltage_v

    @property
    def dc_power_w(self) -> float:
        """Power at the car, which is less when charging and more when discharging."""
        share = efficiency(self.current_a)
        power_w = self.current_a * self.settings.voltage_v
        return power_w * share if power_w > 0 else power_w / share

    @property
    def is_up(self) -> bool:
        """Whether the charger has started."""
        return self._now_s >= self._up_s

    @property
    def state(self) -> int:
        """What register 0x219 says."""
        if self.forced_state is not None:
            return self.forced_state
        if self._now_s < self._up_s + self.settings.errors_after_reboot_s:
            return State.ERROR
        if self.car is None:
            return State.NO_CAR_LOCKED if self.locked else State.NO_CAR
        if self.current_a:
            return State.CHARGING if self.current_a > 0 else State.DISCHARGING
        return State.WAITING if self.running and self.target_a else State.PAUSED

    @property
    def target_a(self) -> float:
        """Where the current is heading."""
        if self.car is None or not self.running or not self.is_up:
            return 0.0
        if self.by_power:
            wanted_a = self.setpoint_w / self.settings.voltage_v
        else:
            wanted_a = float(self.setpoint_a)
        wanted_a = max(
            -self.settings.available_a, min(wanted_a, self.settings.available_a)
        )
        if abs(wanted_a) < MINIMUM_A:
            # It neither fails nor regulates; the register then only wakes the car.
            return 0.2 if wanted_a else 0.0
        if wanted_a > 0:
            return wanted_a if self.car.accepts_charge else 0.0
        if Fault.WRONG_GRID_CODE in self.faults or not self.car.accepts_discharge:
            return 0.0
        return wanted_a

    # What persons do

    def plug(self, car: BatteryCar) -> None:
        """Bring a car; an old set-point or autostart may start it at once."""
        self.car = car
        if self.control is Control.USER and self.autostart:
            self.setpoint_a = self.settings.available_a
            self._start()
        elif self.autostart or self.setpoint_a:
            self._start()

    def unplug(self) -> None:
        """Take the car away."""
        self.car = None
        self.current_a = 0.0
        self.running = False

    def give_to_user(self) -> None:
        """Do what the app does when it takes control, and 0x51 = 0 too."""
        self.control = Control.USER
        self.autostart = 1
        self.by_power = 0
        self.watchdog_s = 0

    def reboot(self) -> None:
        """Restart: all is as after power on, minutes later."""
        self.bricked = self.bricked or self.updating
        self.reboots += 1
        self.faults.difference_update({Fault.MUTE, Fault.REFUSE})
        self.give_to_user()
        self.setpoint_a = self.setpoint_w = 0
        self.running = False
        self.current_a = 0.0
        self._up_s = self._now_s + self.settings.reboot_s
        self.on_reboot()

    # The wire

    def hear(self, now_s: float) -> None:
        """Take note of a message, whatever it says."""
        self.heard_s = now_s

    def write(self, address: int, value: int) -> int:
        """Take a write; return 0 or the number of a Modbus exception."""
        number = signed(value)
        self.writes.append(Write(self._now_s, address, number))
        if refusal := self._refusal(address, number):
            return refusal
        if Fault.NO_WRITES in self.faults:
            return 0
        if address == Register.CONTROL:
            self._set_control(number)
        elif self.control is Control.REMOTE:
            # While the user is in control every other write is taken and has no effect.
            self._set(address, number)
        return 0

    def _refusal(self, address: int, number: int) -> int:
        if Fault.BUSY_WRITES in self.faults:
            return 6
        if address == Register.ACTION and Fault.NO_ACTION in self.faults:
            return 6
        if _REFUSED_BY.get(address) in self.faults:
            return 1
        low, high = _ALLOWED.get(address, (-0x8000, 0x7FFF))
        return 0 if low <= number <= high else 3

    def _set_control(self, number: int) -> None:
        if number == Control.USER:
            self.give_to_user()
        elif Fault.KEEPS_CONTROL not in self.faults:
            self.control = Control.REMOTE

    def _set(self, address: int, number: int) -> None:
        match address:
            case Register.AUTOSTART:
                self.autostart = number
            case Register.SETPOINT_KIND:
                if Fault.STUBBORN_POWER_MODE not in self.faults:
                    self.by_power = number
            case Register.WATCHDOG:
                self.watchdog_s = number
            case Register.LOCK:
                self.locked = bool(number)
            case Register.ACTION:
                self._act(number)
            case Register.CURRENT:
                self.setpoint_a = number
            case Register.POWER:
                self.setpoint_w = number

    def _act(self, number: int) -> None:
        if number == Action.START and self.car is not None:
            self._start()
        elif number == Action.STOP:
            self.running = False
        elif number == Action.REBOOT:
            self.reboot()
        elif number == Action.UPDATE:
            self.updating = True

    def _start(self) -> None:
        if not self.running:
            self._flows_from_s = self._now_s + self.settings.handshake_s
        self.running = True

    # Time

    def step(self, now_s: float) -> None:
        """Live until now; spans are short, see `simulators.world.clock`."""
        elapsed_s = now_s - self._now_s
        self._now_s = now_s
        self._book(elapsed_s)
        if self._watchdog_bites(now_s):
            self.running = False
        self.current_a = self._ramped(elapsed_s)

    def _watchdog_bites(self, now_s: float) -> bool:
        silent_s = now_s - self.heard_s
        if Fault.MUTE in self.faults and not self.settings.watchdog_outlives_modbus:
            return False
        return self.watchdog_s > 0 and silent_s >= self.watchdog_s

    def _book(self, elapsed_s: float) -> None:
        if self.car is None or not self.current_a:
            return
        hours = elapsed_s / 3600
        self.car.take(self.dc_power_w / 1000 * hours)
        ac_kwh = self.current_a * self.settings.voltage_v / 1000 * hours
        if ac_kwh > 0:
            self.charged_kwh += ac_kwh
        else:
            self.discharged_kwh -= ac_kwh

    def _ramped(self, elapsed_s: float) -> float:
        target_a = self.target_a
        if not self.current_a and self._now_s < self._flows_from_s:
            return 0.0
        turns = self.current_a * target_a < 0
        goal_a = 0.0 if turns else target_a
        falling = abs(goal_a) < abs(self.current_a)
        pace = self.settings.stop_a_per_s if falling else self.settings.ramp_a_per_s
        reach_a = pace * elapsed_s
        moved_a = max(-reach_a, min(goal_a - self.current_a, reach_a))
        current_a = self.current_a + moved_a
        if turns and not current_a:
            self._flows_from_s = self._now_s + self.settings.handshake_s
        return current_a
