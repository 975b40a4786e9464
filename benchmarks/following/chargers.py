"""The two chargers of these days: a Quasar that turns both ways, and an AC charger with its car.

Both move in whole seconds. What is written in one second shows in the next, and what is measured in one second
is heard in the next.
"""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Protocol

from benchmarks.plant.charger import LOCAL, Charger
from custom_components.busbar.balancer.inputs import (
    AmpereRange,
    Fallback,
    FallbackCause,
    MemberCapabilities,
    MemberObservation,
    MemberStatus,
    WriteBudget,
)
from custom_components.busbar.chargers.quasar.setpoint import SetpointGuard, whole_amps
from simulators.quasar.battery import BatteryCar
from simulators.quasar.machine import QuasarMachine
from simulators.quasar.registers import Action, Control, Register
from simulators.quasar.settings import QuasarSettings
from simulators.world.car import Car, CarSpec

VOLTAGE_V = 230.0
KEY = "car"
MOST_A = 16.0
"""What is set at most, in each direction: the limit of the law that we compare with."""
FLOWS_W = 1.0 * VOLTAGE_V
"""Less is no flow: what an idle unit takes."""
HEARD_AFTER_S = 1
FLOOR_PERCENT, CEILING_PERCENT = 20.0, 97.0
QUASAR = MemberCapabilities(
    charge=AmpereRange(minimum_a=3.0, maximum_a=32.0),
    discharge=AmpereRange(minimum_a=3.0, maximum_a=32.0),
    full_current_a=32.0,
    phases=frozenset({1}),
    write_budget=WriteBudget(minimum_gap_s=5.9),
    typical_latency_s=11.0,
    silent_after_s=15.0,
    falls_to=(
        Fallback(cause=FallbackCause.SILENCE, current_a=0.0, after_s=65.0),
        Fallback(cause=FallbackCause.RESTART, current_a=None, after_s=360.0),
        Fallback(cause=FallbackCause.PLUG_IN, current_a=0.0),
    ),
)
"""As `chargers/quasar` tells them of a unit that is ours."""


class Box(Protocol):
    """What a follower has before it."""

    settable_a: tuple[float, ...]
    """All that can be set, minus discharges."""
    written: list[tuple[int, float]]
    """What went over the wire: second of the day and amperes."""

    @property
    def has_car(self) -> bool:
        """Return whether a car is there."""

    @property
    def power_w(self) -> float:
        """Return what it takes now, minus = gives."""

    def plug(self, now: int) -> None:
        """Bring the car."""

    def unplug(self, now: int) -> None:
        """Take it away."""

    def write(self, current_a: float, now: int) -> None:
        """Take a set-point."""

    def step(self, now: int) -> None:
        """Live until now."""

    def seen(self) -> MemberObservation | None:
        """Return what is known of it."""


@dataclass(slots=True, kw_only=True)
class Quasar:
    """The machine of the simulator, behind the guard of our driver or bare.

    Our driver (and that of the ideal follower) keeps the guard times of the sheet, the latest wish waits for
    its turn. A follower that keeps guard times of its own writes to it directly.
    """

    level_percent: float = 55.0
    is_guarded: bool = True
    poll_s: int = 5
    ramp_poll_s: int = 2
    settable_a: tuple[float, ...] = (
        *(-float(amps) for amps in range(16, 2, -1)),
        0.0,
        *(float(amps) for amps in range(3, 17)),
    )
    written: list[tuple[int, float]] = field(default_factory=list)
    machine: QuasarMachine = field(init=False)
    _car: BatteryCar = field(init=False)
    _guard: SetpointGuard = field(default_factory=SetpointGuard)
    _wish_a: int = 0
    _held_a: int = 0
    _polled_at: int = -100
    _measured: MemberObservation | None = None
    _observation: MemberObservation | None = None
    _plugged_in_at: float | None = None
    _commanded_at: float | None = None

    def __post_init__(self) -> None:
        """Put it on the wall, with us in control."""
        self.machine = QuasarMachine(QuasarSettings(), set(), 0.0)
        self.machine.write(Register.CONTROL, Control.REMOTE)
        self.machine.write(Register.AUTOSTART, 0)
        self._car = BatteryCar(level_percent=self.level_percent, capacity_kwh=62.0)

    @property
    def has_car(self) -> bool:
        """Return whether a car is there."""
        return self.machine.car is not None

    @property
    def power_w(self) -> float:
        """Return what it takes now, minus = gives."""
        return self.machine.power_w

    @property
    def set_point_a(self) -> float:
        """Return what it was told last."""
        return float(self._held_a)

    @property
    def level(self) -> int:
        """Return the state of charge as the car tells it."""
        return self._car.reported_percent

    def plug(self, now: int) -> None:
        """Bring the car."""
        self.machine.plug(self._car)
        self._plugged_in_at = float(now)

    def unplug(self, now: int) -> None:
        """Take it away; our driver leaves no set-point standing."""
        self.machine.unplug()
        self._plugged_in_at = None
        self._wish_a = 0
        if self._held_a:
            self._send(0, now)

    def write(self, current_a: float, now: int) -> None:
        """Take a set-point: for the wire, or for the guard before it."""
        self._wish_a = whole_amps(current_a)
        if not self.is_guarded:
            self._send(self._wish_a, now)

    def step(self, now: int) -> None:
        """Live until now; write what has waited for its turn."""
        self.machine.step(float(now))
        if self.is_guarded and self._wish_a != self._held_a:
            admitted_a = self._guard.admits(self._wish_a, now)
            if admitted_a is not None and admitted_a != self._held_a:
                self._send(admitted_a, now)
        self._observation = self._measured or self._observation
        self._measured = None
        is_watched = self._guard.opens_in_s(now) > 0
        if now - self._polled_at >= (self.ramp_poll_s if is_watched else self.poll_s):
            self._polled_at = now
            self._measured = self._snapshot(now)

    def _send(self, current_a: int, now: int) -> None:
        self.machine.write(Register.CURRENT, current_a % 0x10000)
        self.machine.write(Register.ACTION, Action.START if current_a else Action.STOP)
        starts = current_a != 0 and self.machine.current_a == 0
        self._guard.sent(current_a, now, starts=starts)
        self._held_a = current_a
        self._commanded_at = float(now)
        self.written.append((now, float(current_a)))

    def _snapshot(self, now: int) -> MemberObservation:
        flows_a = round(self.machine.power_w / VOLTAGE_V, 2)
        if not self.has_car:
            status = MemberStatus.NO_VEHICLE
        else:
            flows = self.machine.current_a != 0
            status = MemberStatus.CHARGING if flows else MemberStatus.WANTS
        return MemberObservation(
            capabilities=QUASAR,
            heard_at=float(now + HEARD_AFTER_S),
            status=status,
            phases=1,
            currents_a=(flows_a, 0.0, 0.0),
            currents_at=float(now),
            power_w=self.machine.power_w,
            commanded_a=float(self._held_a),
            commanded_at=self._commanded_at,
            confirmed_a=float(self.machine.setpoint_a),
            confirmed_at=float(now),
            plugged_in_at=self._plugged_in_at,
            state_of_charge=float(self.level) if self.has_car else None,
            floor_percent=FLOOR_PERCENT,
            ceiling_percent=CEILING_PERCENT,
        )

    def seen(self) -> MemberObservation | None:
        """Return what is known of it."""
        return self._observation


@dataclass(slots=True, kw_only=True)
class Wallbox:
    """An AC charger of the plant on one phase; its car follows 5 s late, and needs 6 A."""

    settable_a: tuple[float, ...] = (
        0.0,
        *(round(6.0 + 0.1 * step, 1) for step in range(101)),
    )
    written: list[tuple[int, float]] = field(default_factory=list)
    charger: Charger = field(init=False)

    def __post_init__(self) -> None:
        """Put it on the wall."""
        spec = replace(LOCAL, phases=1)
        self.charger = Charger(key=KEY, spec=spec, random=Random(1))

    @property
    def has_car(self) -> bool:
        """Return whether a car is there."""
        return self.charger.car is not None

    @property
    def power_w(self) -> float:
        """Return what it takes now."""
        return VOLTAGE_V * sum(self.charger.terminals_a)

    def plug(self, now: int) -> None:
        """Bring the car."""
        spec = CarSpec(phases=1, maximum_a=MOST_A, reaction_s=5.0, start_delay_s=5.0)
        self.charger.plug(Car(spec), float(now))

    def unplug(self, now: int) -> None:
        """Take it away."""
        self.charger.unplug(float(now))

    def write(self, current_a: float, now: int) -> None:
        """Take a set-point."""
        self.written.append((now, current_a))
        self.charger.write(current_a, None, None, float(now))

    def step(self, now: int) -> None:
        """Live until now."""
        self.charger.step(float(now))

    def seen(self) -> MemberObservation | None:
        """Return what is known of it."""
        return self.charger.seen()
