"""Caps of one member at this instant, and its share of the fail-safe budget.

A cap is a limit of one charger with the reason that is given where it binds: a person's wish, its mode, its
own other limits, its vehicle's demand, the start at the minimum, a stale meter, the fail-safe share.
"""

from collections.abc import Sequence
from dataclasses import replace

from .allocation import allocate
from .decision import Freshness
from .inputs import MemberStatus
from .member import Member
from .memory import Memory
from .model import Cap, ReasonKey, Site
from .requests import request_of
from .stability import START_PATIENCE_S, Candidate, Role


def wish_caps(one: Candidate) -> list[Cap]:
    """Return what a person or a mode limits."""
    wish = one.member.wish
    caps = []
    if wish.is_stopped:
        caps.append(Cap(current_a=0.0, key=ReasonKey.LIMITED_BY_WISH))
    elif wish.cap_a is not None:
        caps.append(Cap(current_a=wish.cap_a, key=ReasonKey.LIMITED_BY_WISH))
    if one.member.asked_a is not None:
        caps.append(Cap(current_a=abs(one.member.asked_a), key=one.member.asked_key))
    return caps


def caps_of(one: Candidate, fresh: Freshness) -> tuple[Cap, ...]:
    """Return all caps of a candidate now."""
    member = one.member
    caps = wish_caps(one)
    seen = member.seen
    least_a = max((choice.minimum_a for choice in one.choices), default=0.0)
    if seen is not None and seen.capabilities.sets_current:
        if one.role is Role.CONTENDS and seen.offered_by_others_a is not None:
            caps.append(
                Cap(
                    current_a=seen.offered_by_others_a, key=ReasonKey.LIMITED_BY_CHARGER
                )
            )
        if one.role is Role.CONTENDS and member.memory.demand_a is not None:
            demand_a = max(member.memory.demand_a, least_a)
            caps.append(Cap(current_a=demand_a, key=ReasonKey.LIMITED_BY_DEMAND))
        start_a = _start_a(one, least_a)
        if start_a is not None:
            caps.append(Cap(current_a=start_a, key=ReasonKey.STARTS_AT_MINIMUM))
    if fresh is Freshness.LOST:
        caps.append(Cap(current_a=member.memory.share_a, key=ReasonKey.FAIL_SAFE))
    elif fresh is Freshness.STALE:
        caps.append(Cap(current_a=_held_a(member), key=ReasonKey.METER_STALE))
    return tuple(caps)


def _start_a(one: Candidate, least_a: float) -> float | None:
    """Return the cap of a vehicle that does not charge yet: its minimum, a little more if it hesitates."""
    member = one.member
    if member.status is MemberStatus.CHARGING or member.is_bidirectional:
        # One for both directions ramps by itself, and its vehicle keeps to what it is told.
        return None
    on_at = member.memory.on_at
    hesitates = on_at is not None and member.now - on_at > START_PATIENCE_S
    if (
        hesitates
        and member.status is MemberStatus.UNKNOWN
        and one.role is Role.CONTENDS
    ):
        # It does not say whether it charges: then nothing tells that it does not.
        return None
    return least_a * (member.options.start_reserve_factor if hesitates else 1.0)


def _held_a(member: Member) -> float:
    """Return what a member has now in the direction that it wants, as a magnitude."""
    in_force_a = member.in_force_a or 0.0
    return max(0.0, -in_force_a if member.discharges else in_force_a)


def share_out(candidates: Sequence[Candidate], site: Site, memory: Memory) -> None:
    """Set every member's share of the fail-safe budget, so that all of them together fit.

    Every charger counts that might draw: with a vehicle first, then those that stand by.
    """
    requests = []
    for one in candidates:
        if one.role is Role.ABSENT:
            continue
        calm = replace(one, blocked=None, rank=0)
        caps = wish_caps(one)
        if one.role is not Role.CONTENDS:
            calm.role = Role.LEFTOVERS
            least_a = max((choice.minimum_a for choice in one.choices), default=0.0)
            caps.append(Cap(current_a=least_a, key=ReasonKey.STANDS_BY))
        if one.member.discharges:
            one.member.memory.share_a = 0.0
            continue
        request = request_of(calm, tuple(caps), is_for_turns=False)
        requests.append(replace(request, order=0.0))
    question = (site, tuple(requests))
    if memory.shares_for == question:
        return
    memory.shares_for = question
    distribution = allocate(site, requests)
    for one in candidates:
        allocation = distribution.allocations.get(one.member.key)
        if allocation is not None:
            one.member.memory.share_a = allocation.current_a
