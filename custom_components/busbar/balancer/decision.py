"""What one step answers: set-points with an end, entitlements with a reason, and what to tell people.

Units and signs are those of `inputs.py`; times called `_at` are of the same monotonic number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .model import NO_AMPS, PhaseAmps, Reason


class Freshness(StrEnum):
    """How far the meters of a site can be believed; the worst of them counts."""

    NO_METER = "no_meter"
    """The budget is static."""
    FRESH = "fresh"
    STALE = "stale"
    """Old for its rhythm: hold, do not raise."""
    LOST = "lost"
    """Gone, frozen or inverted: every charger below goes to its fail-safe current."""


class Progress(StrEnum):
    """How far the set-point of a member has got."""

    NONE = "none"
    """Nothing is asked of it."""
    HELD_BACK = "held_back"
    """Decided, but not written yet: it waits for others, its write budget or its own read-back."""
    PENDING = "pending"
    """Written, not confirmed by the charger yet."""
    CONFIRMED = "confirmed"


class EventKind(StrEnum):
    """The kinds of decisions that are told when they change; values are translation keys."""

    STARTED = "started"
    STOPPED = "stopped"
    CUT = "cut"
    """It was lowered for a limit, and keeps charging."""
    RECOVERED = "recovered"
    """Nothing but its own maximum or demand limits it any more."""
    TURN_TAKEN = "turn_taken"
    """A waiting car took the place of another."""
    WAKE_UP = "wake_up"
    PHASES_SWITCHED = "phases_switched"
    SILENT = "silent"
    BACK = "back"
    NOT_CONFIRMED = "not_confirmed"
    """A command was not confirmed in time, or failed."""
    METER_STALE = "meter_stale"
    METER_LOST = "meter_lost"
    METER_FRESH = "meter_fresh"
    OVERLOAD_STARTED = "overload_started"
    OVERLOAD_ENDED = "overload_ended"
    TARGET_CHANGED = "target_changed"
    TARGET_ENDED = "target_ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One change of kind. `subject` is the key of a member or a circuit, `None` = the site."""

    kind: EventKind
    subject: str | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


class ProblemKind(StrEnum):
    """What a person has to mend; values are translation keys of repair issues."""

    SECOND_MASTER = "second_master"
    """Somebody else moves the set-point (`commanded_a`, `confirmed_a`), longer than lag explains."""
    DISOBEYS = "disobeys"
    """It draws more than it confirmed (`confirmed_a`, `measured_a`)."""
    METER_LOST = "meter_lost"
    METER_FROZEN = "meter_frozen"
    METER_INVERTED = "meter_inverted"
    RATING_BELOW_MINIMUM = "rating_below_minimum"
    """The circuit (`limit_a`) never carries the member's minimum (`minimum_a`)."""
    PHASE_MAP_CONTRADICTED = "phase_map_contradicted"
    """The meter moves on other phases than the phase map says."""
    FALLBACK_ABOVE_SHARE = "fallback_above_share"
    """By itself it goes to more (`fallback_a`) than its fail-safe share (`share_a`)."""
    LEASE_ENDS_HIGHER = "lease_ends_higher"
    """Its lease would end above our set-point (`fallback_a`), so limits are written without one."""
    CIRCUIT_MISSING = "circuit_missing"
    """Its circuit is gone: it holds at its fail-safe current."""
    WEARS_MEMORY = "wears_memory"
    """Its current can only be written to memory that wears: it is watched, not steered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something that holds now and needs a person. `subject` is the key of a member or a circuit."""

    kind: ProblemKind
    subject: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class SetPoint:
    """What a member's coordinator is to hold until `ends_at`; unless renewed, it then lowers by itself."""

    current_a: float
    """0, or within the charger's range; negative = discharge. An on/off charger: 0 or its full current."""
    phases: int | None
    """With how many phases to charge; `None` = leave that alone."""
    ends_at: float
    falls_to_a: float
    """Fail-safe current, never above `current_a`: what the coordinator lowers to at `ends_at`."""
    lease_s: float | None = None
    """Give the charger this lease with the write; `None` = write without one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberDecision:
    """What one step decided for one member."""

    key: str
    set_point: SetPoint | None
    """What holds now, renewed with each step; `None` = leave it alone (not read back yet, not balancing,
    not loaded, held by nobody)."""
    write_now: bool
    """The set-point has to go to the wire now: it is new, or the charger's own lease wants renewal."""
    allocated_a: float
    """What it is entitled to, per phase; not yet what is written where others must make room first."""
    allocated_phases: int
    """With how many phases; 0 at 0 A."""
    reason: Reason
    """Why it gets what it gets, with the limit behind it."""
    until_at: float | None = None
    """When the timer behind the reason ends, where there is one."""
    waits_for: tuple[str, ...] = ()
    """Keys of members that have to give up current first."""
    progress: Progress = Progress.NONE
    reserved_a: PhaseAmps = NO_AMPS
    """What it may come to draw at worst, per grid phase, until everything is confirmed."""
    drawn_a: PhaseAmps | None = None
    """What it is measured to draw, per grid phase; `None` = not known."""
    fail_safe_a: float = 0.0
    """Its share of the fail-safe budget, kept ready."""
    is_silent: bool = False
    asked_a: float | None = None
    """What its mode asks for before any limit, minus = discharge; `None` = all it can get."""
    demand_a: float | None = None
    """What its car takes as measured, with the margin; `None` = not settled yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CircuitDecision:
    """One circuit as the step saw it, per grid phase."""

    limit_a: PhaseAmps
    """What members below may take together now (rating, margin, other load, raise by parts)."""
    allocated_a: PhaseAmps
    headroom_a: PhaseAmps
    """What is left of `limit_a`."""
    meter_a: PhaseAmps | None
    """The reading of its own meter."""
    other_a: PhaseAmps | None
    """What everything but our chargers takes, by its own meter."""
    freshness: Freshness
    is_overloaded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What one step decided."""

    now: float
    members: Mapping[str, MemberDecision]
    """By member key, for every member of the site configuration."""
    circuits: Mapping[str, CircuitDecision]
    """By circuit key."""
    contactors: Mapping[str, int] = field(default_factory=dict)
    """External contactors to switch now, with the phases to switch to."""
    target_a: PhaseAmps | None = None
    """The target in force, `None` = only ratings and headroom limit."""
    target_ends_at: float | None = None
    allocated_a: PhaseAmps = NO_AMPS
    """Sum of all allocations."""
    drawn_a: PhaseAmps | None = None
    """Sum of what members are measured to draw, `None` = none of them measures."""
    headroom_a: PhaseAmps = NO_AMPS
    """What could still be allocated at the supply."""
    freshness: Freshness = Freshness.NO_METER
    is_fail_safe: bool = False
    """Some member is held at its fail-safe current."""
    is_starting: bool = False
    """Still waiting for members to be read back."""
    next_at: float | None = None
    """When the next timer runs out: step then at the latest."""
    events: tuple[Event, ...] = ()
    problems: tuple[Problem, ...] = ()

    def line(self) -> str:
        """Return the distribution as one line of text, for an optional log."""
        shares = ", ".join(
            f"{key} {member.allocated_a:g} A on {member.allocated_phases} ({member.reason.key})"
            for key, member in self.members.items()
        )
        target = (
            "no target" if self.target_a is None else f"target {_amps(self.target_a)}"
        )
        return f"{target}, headroom {_amps(self.headroom_a)}, meter {self.freshness}: {shares or 'no members'}"


def _amps(values: PhaseAmps) -> str:
    """Return the amperes of all phases as text."""
    return "/".join(f"{value:.1f}" for value in values) + " A"
