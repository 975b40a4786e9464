"""What may be drawn at worst, whatever is confirmed, lost or silent (rules 3, 4 and 8).

The sum of what may be drawn counts the larger of the old and the new value of every charger, on both phase
sets while it switches, also after a write that failed, until the charger itself confirms the new value and
its vehicle had its 5 s. A charger that went silent keeps reserved what it may come to draw: the worst of
its last limits and of what it falls to by itself, the latter alone once its documented time has passed.
"""

from collections.abc import Sequence

from .inputs import FallbackCause, MemberObservation
from .member import SAME_A, Member, at_least, minus
from .model import NO_AMPS, PhaseAmps

SHOWN_A = 0.5
"""A current that is at most this much above a lower set-point shows that it was taken."""
CERTAINLY = 1.1
"""A documented time has certainly passed after this multiple of it, plus the vehicle's delay."""


def judge(member: Member) -> None:
    """Set what a member may draw and give at worst, now."""
    memory = member.memory
    if not member.traits.is_written:
        # What we had written says nothing any more; it is read back when we are asked again.
        memory.issued_a = memory.issued_phases = memory.hold_a = None
    _release_hold(member)
    if member.is_silent:
        if not memory.is_silent:
            memory.is_confirmed = False
        _follow_cut_off(member)
        _reserve_unheard(member)
    else:
        _hold_its_fall(member)
        recount(member)
        memory.unheard_a, memory.unheard_phases = _worst_unheard(member)
    memory.is_silent = member.is_silent


def _release_hold(member: Member) -> None:
    """Forget an older value once the new one is confirmed and the vehicle had its time."""
    seen, memory = member.seen, member.memory
    if seen is None or seen.heard_at is None:
        return
    if memory.issued_a is None:
        # After a restart: a report that is younger than any command of ours may still be on its way.
        if seen.confirmed_at is not None and _had_its_time(member, seen):
            memory.hold_a = memory.hold_phases = None
        return
    memory.is_confirmed = _confirms(seen, member)
    if memory.has_other_master:
        # Whatever the other one wrote lately, it may write again.
        memory.hold_a = max(memory.hold_a or 0.0, seen.confirmed_a or 0.0)
        return
    if not memory.is_confirmed or member.is_silent:
        memory.confirmed_at = None
        return
    if memory.confirmed_at is None:
        memory.confirmed_at = seen.confirmed_at
    if member.now >= (memory.confirmed_at or 0.0) + member.options.car_delay_s:
        memory.hold_a = memory.hold_phases = None


def _had_its_time(member: Member, seen: MemberObservation) -> bool:
    """Return whether what was read back is younger than the last command could still be on its way."""
    assert seen.confirmed_at is not None
    issued_at = member.memory.issued_at
    return issued_at is None or seen.confirmed_at >= issued_at + 2 * member.latency_s


def _confirms(seen: MemberObservation, member: Member) -> bool:
    """Return whether the charger has shown our last command, in current and in phases."""
    memory = member.memory
    if memory.issued_a is None:
        return False
    if seen.confirmed_a is None or seen.confirmed_at is None:
        return _shows(member, memory.issued_a)
    if memory.changed_at is not None and seen.confirmed_at < memory.changed_at:
        return False
    has_phases = memory.issued_phases is None or seen.phases in (
        None,
        memory.issued_phases,
    )
    return (
        abs(seen.confirmed_a - memory.issued_a) <= SAME_A
        and has_phases
        and not seen.is_switching_phases
    )


def _shows(member: Member, issued_a: float) -> bool:
    """Return whether a charger that never tells its limit shows by its current that it follows.

    An increase needs no proof, for nobody waits for it.
    """
    memory = member.memory
    if issued_a >= (memory.hold_a or 0.0):
        return True
    newest = memory.samples[-1] if memory.samples else None
    return (
        newest is not None
        and newest.at >= (memory.issued_at or 0.0) + member.latency_s
        and max(newest.terminals_a) <= issued_a + SHOWN_A
    )


def recount(member: Member) -> None:
    """Count a member that answers: the largest of all values that may be in force."""
    if not member.counts:
        member.may_draw_a = member.may_give_a = member.given_a = NO_AMPS
        return
    phases = _phase_counts(member)
    charge_a = max(in_force_values(member))
    lowest_a = min(in_force_values(member))
    member.may_draw_a = _on_grid(member, max(charge_a, 0.0), phases)
    member.may_give_a = _on_grid(member, max(-lowest_a, 0.0), phases)
    drawn_a, given_a = _measured(member)
    member.may_draw_a = at_least(member.may_draw_a, drawn_a)
    # Its own room is not measured by it: while it falls it would be let up again.
    member.given_a = at_least(member.may_give_a, given_a)


def in_force_values(member: Member) -> list[float]:
    """Return every set-point that may be in force: old, new, in flight, confirmed, or fallen to."""
    seen, memory = member.seen, member.memory
    assert seen is not None
    if not member.traits.is_written:
        full_a = seen.capabilities.full_current_a
        can_give = member.is_bidirectional or seen.capabilities.could_discharge
        return [full_a, -full_a] if can_give else [full_a]
    values = [
        value
        for value in (memory.issued_a, memory.hold_a, seen.confirmed_a)
        if value is not None
    ]
    if seen.write is not None and seen.write.current_a is not None:
        values.append(seen.write.current_a)
    if memory.issued_a is None and seen.commanded_a is not None and not _is_read(seen):
        values.append(seen.commanded_a)
    values += _fallen_to(member, seen)
    return values or [seen.capabilities.full_current_a]


def _is_read(seen: MemberObservation) -> bool:
    """Return whether the charger reported its limit after the last command."""
    if seen.confirmed_at is None:
        return False
    return seen.commanded_at is None or seen.confirmed_at >= seen.commanded_at


def _fallen_to(member: Member, seen: MemberObservation) -> list[float]:
    """Return what it went to by itself, as long as no younger report says otherwise."""
    happened = (
        (FallbackCause.RESTART, seen.started_at),
        (FallbackCause.PLUG_IN, seen.plugged_in_at),
        (FallbackCause.LEASE_END, member.memory.lease_ends_at),
    )
    values = []
    for cause, at in happened:
        fallback = seen.capabilities.fallback(cause)
        if fallback is None or at is None or at > member.now:
            continue
        if seen.confirmed_at is None or seen.confirmed_at < at + fallback.after_s:
            values.append(_fallback_a(fallback.current_a, seen))
    return values


def _fallback_a(current_a: float | None, seen: MemberObservation) -> float:
    full_a = seen.capabilities.full_current_a
    return full_a if current_a is None else min(current_a, full_a)


def _measured(member: Member) -> tuple[PhaseAmps, PhaseAmps]:
    """Return what it is measured to draw and to give, whatever it was told."""
    memory = member.memory
    if not memory.samples:
        return NO_AMPS, NO_AMPS
    newest = memory.samples[-1]
    if member.now - newest.at > member.options.car_delay_s + member.latency_s:
        return NO_AMPS, NO_AMPS
    return at_least(newest.high_a, NO_AMPS), at_least(
        minus(NO_AMPS, newest.low_a), NO_AMPS
    )


def _phase_counts(member: Member) -> set[int]:
    """Return every phase count that may be in use: both sets while it switches."""
    seen, memory = member.seen, member.memory
    assert seen is not None
    counts = {member.phases_now}
    counts |= {count for count in (memory.issued_phases, memory.hold_phases) if count}
    if seen.is_switching_phases:
        counts |= seen.capabilities.phases
    return counts


def _on_grid(member: Member, current_a: float, phases: set[int]) -> PhaseAmps:
    result = NO_AMPS
    for count in phases:
        result = at_least(result, member.on_grid(current_a, count))
    return result


def _worst_unheard(member: Member) -> tuple[float, int]:
    """Return what it may come to draw if nobody hears it from now on, and with how many phases."""
    seen = member.seen
    assert seen is not None
    has_lease = member.memory.lease_ends_at is not None
    causes = [
        cause
        for cause in FallbackCause
        if has_lease or cause is not FallbackCause.LEASE_END
    ]
    values = [*in_force_values(member), *_falls(member, causes)]
    phases = {*seen.capabilities.phases, *_phase_counts(member)}
    return max(0.0, *values), max(phases)


def _follow_cut_off(member: Member) -> None:
    """Count a charger that lost its own way to us with what is told of it now: also one that never had it."""
    seen, memory = member.seen, member.memory
    if seen is not None and seen.is_cut_off and seen.heard_at is not None:
        memory.unheard_a, memory.unheard_phases = _worst_unheard(member)
        memory.was_cut_off = True


def _hold_its_fall(member: Member) -> None:
    """Count a charger that is back with what it did without us, until its vehicle had its time to follow."""
    memory = member.memory
    if not memory.was_cut_off or memory.unheard_a is None:
        return
    memory.hold_a = max(memory.hold_a or 0.0, memory.unheard_a)
    memory.hold_phases = memory.unheard_phases
    memory.confirmed_at, memory.was_cut_off = member.now, False


def _falls(member: Member, causes: Sequence[FallbackCause]) -> list[float]:
    """Return what it falls to by itself for these causes."""
    seen = member.seen
    assert seen is not None
    fallbacks = [seen.capabilities.fallback(cause) for cause in causes]
    return [
        _fallback_a(fallback.current_a, seen)
        for fallback in fallbacks
        if fallback is not None
    ]


def _reserve_unheard(member: Member) -> None:
    """Reserve what a silent member may come to draw."""
    memory = member.memory
    phases = memory.unheard_phases or 3
    if member.seen is None:
        worst_a = (
            member.config.maximum_a if memory.unheard_a is None else memory.unheard_a
        )
    elif memory.unheard_a is None:
        # Never heard: nothing is known but its own hardware.
        worst_a = member.seen.capabilities.full_current_a
        phases = max(member.seen.capabilities.phases)
    elif _has_certainly_fallen(member):
        worst_a = max(0.0, *_falls(member, tuple(FallbackCause)))
    else:
        worst_a = memory.unheard_a
    member.may_draw_a = member.on_grid(worst_a, phases, by_car=False)
    given_a = max(0.0, -(memory.issued_a or 0.0), -(memory.hold_a or 0.0))
    member.may_give_a = member.on_grid(given_a, phases, by_car=False)
    member.given_a = member.may_give_a


def _has_certainly_fallen(member: Member) -> bool:
    """Return whether the time after which a silent charger falls by itself has certainly passed."""
    seen = member.seen
    assert seen is not None
    lease_ends_at = member.memory.lease_ends_at
    if lease_ends_at is not None and seen.capabilities.fallback(
        FallbackCause.LEASE_END
    ):
        if member.now > lease_ends_at + member.latency_s + member.options.car_delay_s:
            return True
    fallback = seen.capabilities.fallback(FallbackCause.SILENCE)
    if fallback is None or seen.heard_at is None:
        return False
    # It may have heard us later than we heard it: a command that got through restarts its time.
    last_at = max(seen.heard_at, member.memory.issued_at or seen.heard_at)
    return (
        member.now - last_at > CERTAINLY * fallback.after_s + member.options.car_delay_s
    )
