"""One member during one step: what is configured, seen, wished and remembered, in one place."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .inputs import (
    AmpereRange,
    MemberCapabilities,
    MemberConfig,
    MemberObservation,
    MemberStatus,
    Options,
    Wish,
)
from .memory import MemberMemory
from .model import NO_AMPS, THREE_PHASES, Phase, PhaseAmps, Reason, ReasonKey
from .modes import CHARGE_FREELY, MODES, Intent, ModeTraits

SAME_A = 0.05
"""Two set-points closer than this are the same: a rounding of the wire."""

PRESENT = frozenset(
    {
        MemberStatus.WANTS,
        MemberStatus.CHARGING,
        MemberStatus.SUSPENDED_BY_VEHICLE,
        MemberStatus.FAULT,
        MemberStatus.UNKNOWN,
    }
)
"""Statuses in which the set-point of a charger may be drawn at any time."""


@dataclass(slots=True, kw_only=True)
class Member:
    """A working view that lives for one step; the memory in it is the step's own copy."""

    config: MemberConfig
    seen: MemberObservation | None
    wish: Wish
    memory: MemberMemory
    options: Options
    now: float
    supply_phases: tuple[Phase, ...] = THREE_PHASES
    has_circuit: bool = True

    intent: Intent = CHARGE_FREELY

    # Filled in on the way through the step.
    asked_a: float | None = None
    """What its mode asks for, minus = discharge; `None` = all it can get (surplus)."""
    asked_key: ReasonKey = ReasonKey.LIMITED_BY_MODE
    """Why no more."""
    asked_until_at: float | None = None
    asked_phases: int | None = None
    """With how many phases at most; `None` = no opinion."""
    may_draw_a: PhaseAmps = NO_AMPS
    """At worst, per grid phase (safety)."""
    may_give_a: PhaseAmps = NO_AMPS
    """At worst what its discharge pushes by what it was told, as a magnitude."""
    given_a: PhaseAmps = NO_AMPS
    """The same, and at least what is measured: what others have to leave free."""
    entitled_a: float = 0.0
    """What it is to get (entitlement)."""
    wanted_a: float = 0.0
    """What is to be written: less than that while it makes room for slow ones."""
    wanted_phases: int = 0
    reason: Reason | None = None
    until_at: float | None = None
    waits_for: list[str] = field(default_factory=list)
    set_point_a: float | None = None
    """What it is set to after this step; `None` = left alone."""
    set_point_phases: int | None = None
    write_now: bool = False
    lease_s: float | None = None

    @property
    def key(self) -> str:
        """Return its key."""
        return self.config.key

    @property
    def capabilities(self) -> MemberCapabilities | None:
        """Return what it can do, `None` while it is not loaded."""
        return self.seen.capabilities if self.seen else None

    @property
    def is_read_back(self) -> bool:
        """Return whether it was heard at all since we started: before that nothing is written."""
        return self.seen is not None and self.seen.heard_at is not None

    @property
    def is_silent(self) -> bool:
        """Return whether it no longer answers."""
        if (
            self.seen is None
            or self.seen.heard_at is None
            or not self.seen.is_reachable
            or self.seen.is_cut_off
        ):
            return True
        return self.now - self.seen.heard_at > self.seen.capabilities.silent_after_s

    @property
    def status(self) -> MemberStatus:
        """Return what it is doing."""
        return self.seen.status if self.seen else MemberStatus.UNKNOWN

    @property
    def counts(self) -> bool:
        """Return whether its set-point may be drawn: a vehicle is there, or it no longer answers."""
        if self.is_silent or self.status in PRESENT:
            return True
        # Somebody else may release at any time what is left alone.
        return not self.traits.is_written and self.status is not MemberStatus.NO_VEHICLE

    @property
    def traits(self) -> ModeTraits:
        """Return what its mode allows."""
        return MODES[self.intent.mode]

    @property
    def is_bidirectional(self) -> bool:
        """Return whether it can discharge."""
        return self.capabilities is not None and self.capabilities.discharge is not None

    @property
    def discharges(self) -> bool:
        """Return whether it is asked to discharge."""
        return self.asked_a is not None and self.asked_a < 0

    @property
    def range(self) -> AmpereRange:
        """Return what can be set; for an on/off charger its full current alone."""
        capabilities = self.capabilities
        if capabilities is None or capabilities.charge is None:
            full_a = (
                capabilities.full_current_a if capabilities else self.config.maximum_a
            )
            return AmpereRange(minimum_a=full_a, maximum_a=full_a, step_a=full_a)
        return capabilities.charge

    @property
    def latency_s(self) -> float:
        """Return how long a command takes to have its effect, the vehicle's own delay included."""
        capabilities = self.capabilities
        return (
            capabilities.typical_latency_s if capabilities else 0.0
        ) + self.options.car_delay_s

    @property
    def in_force_a(self) -> float | None:
        """Return the set-point that is in force as far as we know: ours, else what was read back."""
        is_ours = not self.memory.has_other_master
        if self.memory.issued_a is not None and is_ours:
            return self.memory.issued_a
        if self.seen is None:
            return self.memory.issued_a
        return (
            self.seen.commanded_a
            if self.seen.confirmed_a is None
            else self.seen.confirmed_a
        )

    @property
    def phases_now(self) -> int:
        """Return with how many phases it charges, or would charge."""
        if self.seen is not None and self.seen.phases is not None:
            return self.seen.phases
        if self.memory.phases is not None:
            return self.memory.phases
        return max(self.capabilities.phases) if self.capabilities else 3

    def terminals(self, phases: int) -> tuple[Phase, ...]:
        """Return the terminals that carry current with so many phases, as far as its car is known."""
        used = self.memory.terminals
        if used is None or phases < sum(used):
            return THREE_PHASES[:phases]
        return tuple(phase for phase in THREE_PHASES if used[phase])

    def on_grid(
        self, current_a: float, phases: int, *, by_car: bool = True
    ) -> PhaseAmps:
        """Return what a current per terminal is per grid phase; an unknown map counts on every phase."""
        if current_a == 0.0:
            return NO_AMPS
        phase_map = self.config.phase_map
        grid_a = [0.0, 0.0, 0.0]
        if phase_map is None:
            for phase in self.supply_phases:
                grid_a[phase] = current_a
        else:
            terminals = self.terminals(phases) if by_car else THREE_PHASES[:phases]
            for terminal in terminals:
                grid_a[phase_map[terminal]] += current_a
        return grid_a[0], grid_a[1], grid_a[2]


def at_least(first: PhaseAmps, second: PhaseAmps) -> PhaseAmps:
    """Return the larger current of each phase."""
    return max(first[0], second[0]), max(first[1], second[1]), max(first[2], second[2])


def at_most(first: PhaseAmps, second: PhaseAmps) -> PhaseAmps:
    """Return the smaller current of each phase."""
    return min(first[0], second[0]), min(first[1], second[1]), min(first[2], second[2])


def plus(first: PhaseAmps, second: PhaseAmps) -> PhaseAmps:
    """Return the sum per phase."""
    return first[0] + second[0], first[1] + second[1], first[2] + second[2]


def minus(first: PhaseAmps, second: PhaseAmps) -> PhaseAmps:
    """Return the difference per phase."""
    return first[0] - second[0], first[1] - second[1], first[2] - second[2]


def total(currents: Iterable[PhaseAmps]) -> PhaseAmps:
    """Return the sum of all per phase."""
    result = NO_AMPS
    for current in currents:
        result = plus(result, current)
    return result
