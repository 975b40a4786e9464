"""Events: what changed in kind since the step before."""

from collections.abc import Iterator, Sequence

from .decision import Event, EventKind, Freshness
from .inputs import MemberStatus
from .memory import MemberMemory, Memory, MeterMemory
from .model import ReasonKey
from .stability import Candidate, Role
from .tree import Tree

LIMITED = frozenset(
    {
        ReasonKey.FAIR_SHARE,
        ReasonKey.LIMITED_BY_CIRCUIT,
        ReasonKey.LIMITED_BY_EXPORT,
        ReasonKey.LIMITED_BY_TARGET,
        ReasonKey.LOWER_PRIORITY,
        ReasonKey.FAIL_SAFE,
        ReasonKey.METER_STALE,
    }
)
FREE = frozenset({ReasonKey.FULL_CURRENT, ReasonKey.LIMITED_BY_DEMAND})
CUT_A = 1.0
"""Less than this is no cut worth telling."""

_FRESHNESS_EVENTS = {
    Freshness.FRESH: EventKind.METER_FRESH,
    Freshness.STALE: EventKind.METER_STALE,
    Freshness.LOST: EventKind.METER_LOST,
}


def events_of(
    candidates: Sequence[Candidate], tree: Tree, before: Memory
) -> tuple[Event, ...]:
    """Return what changed in kind; the first step after a start tells nothing."""
    events = list(_site_events(tree, before))
    for one in candidates:
        key = one.member.key
        if key in before.members:
            events += _member_events(one, before.members[key])
        one.member.memory.reason = one.member.reason.key if one.member.reason else ""
    for key, meter in tree.memory.meters.items():
        if key in before.meters:
            events += _meter_events(key, meter, before.meters[key])
    return tuple(events)


def _site_events(tree: Tree, before: Memory) -> Iterator[Event]:
    if before.stepped_at is None or before.target_a == tree.target_a:
        return
    target = tree.inputs.target
    has_ended = (
        target is not None and target.ends_at is not None and tree.now >= target.ends_at
    )
    numbers = (
        {}
        if tree.target_a is None
        else dict(zip(("l1", "l2", "l3"), tree.target_a, strict=True))
    )
    kind = EventKind.TARGET_ENDED if has_ended else EventKind.TARGET_CHANGED
    yield Event(kind=kind, numbers=numbers)


def _meter_events(key: str, meter: MeterMemory, before: MeterMemory) -> Iterator[Event]:
    # What a meter is before its first reading is no change.
    if (
        meter.freshness is not before.freshness
        and before.freshness is not Freshness.NO_METER
    ):
        yield Event(kind=_FRESHNESS_EVENTS[meter.freshness], subject=key)
    if before.is_overloaded != meter.is_overloaded:
        kind = (
            EventKind.OVERLOAD_STARTED
            if meter.is_overloaded
            else EventKind.OVERLOAD_ENDED
        )
        yield Event(kind=kind, subject=key)


def _member_events(one: Candidate, before: MemberMemory) -> Iterator[Event]:
    member = one.member
    numbers = {"allocated_a": member.entitled_a, "before_a": before.allocated_a}
    kinds = []
    if member.is_silent != before.is_silent:
        kinds.append(EventKind.SILENT if member.is_silent else EventKind.BACK)
    if member.memory.attempts > before.attempts == 0:
        kinds.append(EventKind.NOT_CONFIRMED)
    if one.role in (Role.CONTENDS, Role.LEFTOVERS):
        kinds += [
            kind for kind in (_switched(one, before), _limited(one, before)) if kind
        ]
    for kind in kinds:
        yield Event(kind=kind, subject=member.key, numbers=numbers)


def _switched(one: Candidate, before: MemberMemory) -> EventKind | None:
    """Return what became of running or not."""
    member = one.member
    if not member.entitled_a:
        return None if before.on_at is None else EventKind.STOPPED
    if before.on_at is not None:
        is_same = before.allocated_phases in (0, member.wanted_phases)
        return None if is_same else EventKind.PHASES_SWITCHED
    if one.role is Role.LEFTOVERS:
        return EventKind.WAKE_UP
    return EventKind.STARTED if member.memory.turn_at is None else EventKind.TURN_TAKEN


def _limited(one: Candidate, before: MemberMemory) -> EventKind | None:
    """Return whether a limit came, or went, for a vehicle that charges."""
    member = one.member
    if (
        member.status is not MemberStatus.CHARGING
        or not member.entitled_a
        or not member.reason
    ):
        return None
    reason = member.reason.key
    if before.reason in FREE and reason in LIMITED:
        return (
            EventKind.CUT if before.allocated_a - member.entitled_a >= CUT_A else None
        )
    return EventKind.RECOVERED if before.reason in LIMITED and reason in FREE else None
