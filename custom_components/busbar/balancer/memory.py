"""What the balancer remembers from step to step, and how that is kept over a restart.

A step works on its own copy and hands it back, so a memory that was handed out never changes. Stored
memory carries ages instead of times, for the monotonic clock starts anew, and a wall clock may jump. How
long we were away is not known then, and never has to be: a charger's lease that ended meanwhile, or a dwell
that is over, is counted a little longer than necessary. The one lease that goes on running while we are
away is that of the site target, whose owner keeps its end in wall time (`inputs.Target`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf
from typing import Any, Self, override

from .decision import Freshness
from .inputs import MemberStatus
from .model import PhaseAmps


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """What a member drew at one time, per grid phase: between `low_a` and `high_a` (unknown phase map)."""

    at: float
    low_a: PhaseAmps
    high_a: PhaseAmps
    terminals_a: PhaseAmps
    power_w: float | None = None

    @property
    def current_a(self) -> float:
        """Return the signed current of the terminal that carries most."""
        return max(self.terminals_a, key=abs)


# The memories are the one kind of data here that is not frozen: a step fills its private copy.


class Stored:
    """A memory that can be stored: fields that end in `_at` are times and become ages."""

    __slots__ = ()

    def as_dict(self, now: float) -> dict[str, Any]:
        """Return what can be stored, times as ages; fields that start anew are left out."""
        stored: dict[str, Any] = {}
        for item in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = getattr(self, item.name)
            if value is None or item.metadata.get("starts_anew"):
                continue
            if item.name.endswith("_at"):
                value = (
                    [now - at for at in value]
                    if isinstance(value, tuple)
                    else now - value
                )
            stored[item.name] = list(value) if isinstance(value, tuple) else value
        return stored

    @classmethod
    def restored(cls, data: Mapping[str, Any], now: float) -> Self:
        """Return it from what `as_dict` gave; unknown fields are ignored, missing ones have defaults."""
        values: dict[str, Any] = {}
        for item in fields(cls):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = data.get(item.name)
            if value is None or item.metadata.get("starts_anew"):
                continue
            if item.name.endswith("_at"):
                # What happened, happened before now; only an end may lie ahead.
                least_s = -inf if item.name.endswith("ends_at") else 0.0
                value = (
                    [now - max(age, least_s) for age in value]
                    if isinstance(value, list)
                    else now - max(value, least_s)
                )
            values[item.name] = tuple(value) if isinstance(value, list) else value
        return cls(**values)


def _starts_anew[T](default: T) -> T:
    """Return a field that a restart resets."""
    return field(default=default, metadata={"starts_anew": True})


@dataclass(kw_only=True, slots=True)
class MemberMemory(Stored):
    """What is remembered of one member. Times are `None` where the thing did not happen."""

    # The set-point and what may still be drawn by older ones (rule 3).
    issued_a: float | None = None
    """What we had written last; `None` = nothing since we read it back."""
    issued_phases: int | None = None
    issued_at: float | None = None
    changed_at: float | None = None
    """When it was first written; a repeated or renewed value may cause no new report."""
    before_a: float | None = None
    """What was in force before."""
    hold_a: float | None = None
    """The largest older value that may still be drawn; `None` = none."""
    hold_phases: int | None = None
    is_confirmed: bool = False
    confirmed_at: float | None = None
    """When the first report was measured that confirmed it."""
    written_at: tuple[float, ...] = ()
    """Writes of the last hour."""
    raised_at: float | None = None
    attempts: int = 0
    """How often the present set-point was written."""
    lease_ends_at: float | None = None
    """When the charger ends the set-point by itself."""
    failed_at: float | None = _starts_anew(None)
    """The failure of a write that was answered with a new attempt."""

    # The car and its session (rules 6 and 7).
    status: MemberStatus = MemberStatus.UNKNOWN
    session_at: float | None = None
    """When the vehicle came, or was first seen."""
    welcome_at: float | None = None
    """Since when it is welcomed."""
    charging_at: float | None = None
    has_stopped: bool = False
    """The vehicle ended the charge by itself, and has not charged since."""
    terminals: tuple[bool, ...] | None = None
    """Which of the charger's terminals the vehicle uses, once that is certain."""
    demand_a: float | None = None
    on_at: float | None = None
    """Since when current is allocated; `None` = none is."""
    off_at: float | None = None
    waiting_at: float | None = None
    """Since when it wants current and gets none."""
    turn_at: float | None = None
    """Since when it has its turn."""
    wake_at: float | None = None
    """When the last attempt to wake the vehicle began."""
    interruptions: int = 0
    served_as: float = 0.0
    """Ampere-seconds allocated in this session, all phases."""
    phases: int | None = None
    phases_at: float | None = None
    """When its phases were switched last."""

    # Following sun and house, and turning between charge and discharge.
    follows_a: float = 0.0
    """What its mode asked for last; minus discharges."""
    followed_at: float | None = _starts_anew(None)
    """The meter reading that was acted on last."""
    settled_at: float | None = _starts_anew(None)
    """Since when it flows as it was told last."""
    sun_at: float | None = _starts_anew(None)
    """Since when the sun suffices for its minimum, while it does not charge."""
    need_at: float | None = _starts_anew(None)
    """Since when the house needs its minimum, while it does not discharge."""
    short_at: float | None = _starts_anew(None)
    """Since when there is too little to go on."""
    flow_sign: int = 0
    """Which way it flowed last: 1 charged, -1 discharged."""
    flow_at: float | None = None
    """Until when it did."""
    turned_at: tuple[float, ...] = ()
    """When the direction turned, within the last hour."""
    is_empty: bool = False
    """The state of charge fell to its floor, and has not risen again by enough."""
    is_full: bool = False

    # What it may come to draw when nobody hears it (rule 4).
    unheard_a: float | None = None
    unheard_phases: int | None = None
    is_silent: bool = False
    was_cut_off: bool = False
    """It had lost its own way to us, and has not been back since."""

    # Others (rule 10).
    differs_at: float | None = None
    """Since when it confirms another value than ours."""
    was_confirmed: bool = False
    """Whether the present set-point was confirmed once."""
    overrides: int = 0
    """How often a confirmed set-point was moved by somebody else."""
    overridden_at: float | None = None
    has_other_master: bool = False
    disobeys_at: float | None = None

    # For telling changes, and for a fall to fail-safe without a step.
    allocated_a: float = 0.0
    allocated_phases: int = 0
    reason: str = ""
    share_a: float = 0.0
    samples: tuple[Sample, ...] = _starts_anew(())


@dataclass(kw_only=True, slots=True)
class MeterMemory(Stored):
    """What is remembered of the meter of one circuit."""

    granted_a: PhaseAmps | None = None
    """What the chargers below were allowed to take together by the last readings."""
    reading_at: float | None = None
    """The oldest part of the reading that was acted on last."""
    parts_at: tuple[float, ...] | None = _starts_anew(None)
    """When each part of it was reported, to see what is new."""
    whole_at: float | None = _starts_anew(None)
    """The oldest part of the newest reading, `None` = a part is missing since."""
    gaps_s: tuple[float, ...] = ()
    """Last gaps between readings, for its rhythm."""
    lows: tuple[tuple[float, PhaseAmps], ...] = _starts_anew(())
    """Lowest limit in each of the last blocks of time, as (start of the block, limit)."""
    over_at: float | None = None
    """Since when the meter shows more than the limit."""
    trip_used: float = _starts_anew(1.0)
    """Part of the trip curve that is used up, 0 to 1: all of it at a start, for the breaker may be warm."""
    trip_at: float | None = _starts_anew(None)
    freshness: Freshness = Freshness.NO_METER
    is_overloaded: bool = False
    """Whether the newest reading is above the rating."""

    followed_w: tuple[float, float] | None = _starts_anew(None)
    """The power that was followed last, and what our own chargers took then."""

    # Evidence that it is frozen, inverted, or that a phase map is wrong.
    still_a: tuple[float, ...] | None = _starts_anew(None)
    """Values that did not move, per phase."""
    still_own_a: tuple[float, ...] | None = _starts_anew(None)
    """Our own measured current when they last moved."""
    contradicts_at: tuple[float, ...] | None = _starts_anew(None)
    """Since when our own current contradicts that, per phase."""
    queue: tuple[tuple[float, PhaseAmps], ...] = _starts_anew(())
    """Readings, with their times, that wait for our own samples of the same moment."""
    frozen: tuple[bool, ...] = (False, False, False)
    inverted_votes: int = 0
    voted_at: float | None = None
    """When the last of them was given."""
    map_votes: int = 0
    moved_from: tuple[PhaseAmps, PhaseAmps] | None = _starts_anew(None)
    """Meter and own current when evidence was last taken."""


@dataclass(kw_only=True, slots=True)
class ContactorMemory(Stored):
    """What is remembered of one external contactor."""

    wanted: int | None = None
    """Phases it is being switched to."""
    switched_at: float | None = None


@dataclass(kw_only=True, slots=True)
class Memory(Stored):
    """Everything that one step leaves to the next."""

    members: dict[str, MemberMemory] = field(default_factory=dict)
    meters: dict[str, MeterMemory] = field(default_factory=dict)
    contactors: dict[str, ContactorMemory] = field(default_factory=dict)
    started_at: float | None = _starts_anew(None)
    is_started: bool = _starts_anew(False)
    stepped_at: float | None = _starts_anew(None)
    switched_on_at: float | None = None
    """When chargers were last started."""
    target_a: PhaseAmps | None = None
    house_w: float | None = _starts_anew(None)
    """What the supply carried last beside our chargers, when none of them moved."""
    shares_for: object = _starts_anew(None)
    """The question that the shares of the fail-safe budget answer, so that it is asked only once."""

    def copy(self) -> Self:
        """Return a copy that a step may fill."""
        return replace(
            self,
            members={key: replace(item) for key, item in self.members.items()},
            meters={key: replace(item) for key, item in self.meters.items()},
            contactors={key: replace(item) for key, item in self.contactors.items()},
        )

    @override
    def as_dict(self, now: float) -> dict[str, Any]:
        """Return what is to be stored."""
        stored = Stored.as_dict(self, now)
        for name in ("members", "meters", "contactors"):
            stored[name] = {
                key: item.as_dict(now) for key, item in getattr(self, name).items()
            }
        return stored

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], now: float) -> Self:
        """Return what was stored; what we had written has to be read back before it counts as set."""
        memory = cls.restored(
            {
                key: value
                for key, value in data.items()
                if not isinstance(value, Mapping)
            },
            now,
        )
        memory.members = {
            key: _to_read_back(MemberMemory.restored(item, now))
            for key, item in data.get("members", {}).items()
        }
        memory.meters = {
            key: _to_measure_anew(MeterMemory.restored(item, now))
            for key, item in data.get("meters", {}).items()
        }
        memory.contactors = {
            key: ContactorMemory.restored(item, now)
            for key, item in data.get("contactors", {}).items()
        }
        return memory


def _to_read_back(member: MemberMemory) -> MemberMemory:
    """Return the memory of a member whose last set-point may have reached it, or not."""
    if member.issued_a is not None:
        member.hold_a = max(member.issued_a, member.hold_a or 0.0)
        member.hold_phases = (
            max(member.issued_phases or 0, member.hold_phases or 0) or None
        )
    member.issued_a = member.issued_phases = None
    member.status = MemberStatus(member.status)
    return member


def _to_measure_anew(meter: MeterMemory) -> MeterMemory:
    """Return the memory of a meter that has not reported yet."""
    meter.freshness = Freshness(meter.freshness)
    meter.granted_a = None
    return meter
