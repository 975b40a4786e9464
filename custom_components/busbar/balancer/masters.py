"""Who else moves the set-point (rule 10): lag until proven otherwise, then reported, not fought."""

from .inputs import FallbackCause, MemberObservation
from .member import Member

PATIENCE_LATENCIES = 3.0
PATIENCE_S = 20.0
"""A difference that lasts longer than this and so many latencies is no lag."""
PROVEN_OVERRIDES = 2
"""A set-point that was confirmed and moved by somebody else this often has another master."""
TRUCE_S = 900.0
"""After this long the other master may have gone: our set-point is tried again."""
DIFFERENT_A = 0.6
"""Less than this is a rounding of the charger."""
DISOBEYS_A = 1.5
"""A vehicle that draws this much more than its charger confirmed does not obey."""


def watch(member: Member) -> None:
    """Compare what was confirmed, and what is drawn, with what we had written."""
    seen, memory = member.seen, member.memory
    if seen is None or member.is_silent:
        return
    if memory.issued_a is not None and _fell_by_itself(member, seen):
        # Not a master but the charger's own doing: its report is in force, and we write anew.
        memory.hold_a = max(memory.hold_a or 0.0, memory.issued_a)
        memory.issued_a = None
    _count_overrides(member, seen)
    if not _differs(member, seen):
        memory.differs_at = None
    elif memory.differs_at is None:
        memory.differs_at = member.now
    # Defending a limit writes, too; who was found to be another master stays one meanwhile.
    remains = memory.has_other_master and not _is_ours(member, seen)
    if _is_over_truce(member):
        memory.differs_at = memory.overridden_at = memory.issued_a = None
        memory.overrides, remains = 0, False
    memory.has_other_master = (
        seen.foreign_control
        or remains
        or _lasts(memory.differs_at, member)
        or memory.overrides >= PROVEN_OVERRIDES
    )
    if memory.has_other_master and memory.overridden_at is None:
        memory.overridden_at = member.now
    _watch_obedience(member)


def _count_overrides(member: Member, seen: MemberObservation) -> None:
    """Count how often a value that was confirmed once was moved by somebody else."""
    memory = member.memory
    if memory.issued_a is None or seen.confirmed_a is None or seen.write is not None:
        return
    is_ours = _is_ours(member, seen)
    is_younger = (seen.confirmed_at or 0.0) >= (memory.issued_at or 0.0)
    if memory.is_confirmed:
        memory.was_confirmed = True
    elif memory.was_confirmed and not is_ours and is_younger:
        memory.was_confirmed = False
        memory.overrides += 1
        memory.overridden_at = member.now


def _is_over_truce(member: Member) -> bool:
    """Return whether the other master has been left alone for long enough to try again."""
    memory = member.memory
    since_at = memory.overridden_at
    return since_at is not None and member.now - since_at > TRUCE_S


def _fell_by_itself(member: Member, seen: MemberObservation) -> bool:
    """Return whether a restart, a plug or a lease that ended explains a younger report."""
    memory = member.memory
    causes = (
        (FallbackCause.RESTART, seen.started_at),
        (FallbackCause.PLUG_IN, seen.plugged_in_at),
        (FallbackCause.LEASE_END, memory.lease_ends_at),
    )
    issued_at = memory.issued_at
    if issued_at is None or seen.confirmed_at is None:
        return False
    return any(
        at is not None
        and issued_at < at <= seen.confirmed_at
        and seen.capabilities.fallback(cause) is not None
        for cause, at in causes
    )


def _differs(member: Member, seen: MemberObservation) -> bool:
    """Return whether a report that is younger than any lag shows another set-point than ours."""
    memory = member.memory
    if memory.issued_a is None or memory.issued_at is None:
        return False
    if seen.confirmed_a is None or seen.confirmed_at is None or seen.write is not None:
        return False
    if seen.write_failed_at is not None and seen.write_failed_at >= memory.issued_at:
        return False
    is_younger = (
        seen.confirmed_at > memory.issued_at + PATIENCE_LATENCIES * member.latency_s
    )
    # What it had before is a command that did not arrive, and is repeated.
    before_a = memory.before_a
    is_before = before_a is not None and abs(seen.confirmed_a - before_a) <= DIFFERENT_A
    return is_younger and not is_before and not _is_ours(member, seen)


def _is_ours(member: Member, seen: MemberObservation) -> bool:
    """Return whether what was confirmed came from this house: from us, a person's wish, or an end."""
    ours = (member.memory.issued_a, seen.commanded_a)
    return seen.confirmed_a is not None and any(
        value is not None and abs(seen.confirmed_a - value) <= DIFFERENT_A
        for value in ours
    )


def _lasts(since_at: float | None, member: Member) -> bool:
    return since_at is not None and member.now - since_at > PATIENCE_S


def _watch_obedience(member: Member) -> None:
    seen, memory = member.seen, member.memory
    assert seen is not None
    allowed = [
        value
        for value in (memory.issued_a, memory.hold_a, seen.confirmed_a)
        if value is not None
    ]
    newest = memory.samples[-1] if memory.samples else None
    if newest is None or not allowed or newest.current_a <= max(allowed) + DISOBEYS_A:
        memory.disobeys_at = None
    elif memory.disobeys_at is None:
        memory.disobeys_at = member.now


def disobeys(member: Member) -> bool:
    """Return whether it has drawn more than it confirmed for longer than lag explains."""
    patience_s = PATIENCE_S + PATIENCE_LATENCIES * member.latency_s
    at = member.memory.disobeys_at
    return at is not None and member.now - at > patience_s
