"""What every member is to get now: the limits of now, the requests, and two questions to `allocate`.

First who runs, asked only where not everybody can: with turns, dwell and welcome as priorities. Then how
much each of them gets, with the priorities of the person alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .allocation import allocate
from .inputs import MemberStatus
from .member import Member
from .model import (
    Allocation,
    Cap,
    Distribution,
    PhaseChoice,
    Reason,
    ReasonKey,
    Request,
    Reservation,
    Site,
)
from .requests import request_of
from .room import entitled_on_grid
from .shares import caps_of, share_out
from .stability import Candidate, Role
from .tree import Tree, reservation_of


def entitle(candidates: Sequence[Candidate], tree: Tree) -> Site:
    """Set what every member is entitled to, and why; return the limits of now."""
    reservations = tuple(
        reservation_of(one.member, tree.path(one.member.config.circuit)[0].key)
        for one in candidates
        if one.role is Role.ABSENT
    )
    limits = tree.limits(reservations)
    needs_shares = any(circuit.has_meter for circuit in tree.site.circuits)
    needs_shares = needs_shares or tree.target_ends_at is not None
    if needs_shares:
        share_out(candidates, tree.fail_safe_limits(reservations), tree.memory)
    asking = [one for one in candidates if one.role is not Role.ABSENT]
    caps = {
        one.member.key: caps_of(one, tree.freshness_of(one.member)) for one in asking
    }
    first = [one for one in asking if one.role is not Role.LEFTOVERS]
    allocations = _allocate(first, caps, limits)
    for one in first:
        _take(one, allocations[one.member.key])
    last = [one for one in asking if one.role is Role.LEFTOVERS]
    if last:
        _share_leftovers(first, last, caps, limits)
    for one in candidates:
        if one.role is Role.ABSENT:
            _keep(one.member)
        elif not needs_shares:
            one.member.memory.share_a = max(0.0, one.member.entitled_a)
    return limits


def _share_leftovers(
    first: Sequence[Candidate],
    last: Sequence[Candidate],
    caps: Mapping[str, tuple[Cap, ...]],
    limits: Site,
) -> None:
    """Offer what is left to those whose vehicle stopped: only what nobody else can use."""
    taken = tuple(
        Reservation(
            key=one.member.key,
            circuit=one.member.config.circuit,
            charge_a=entitled_on_grid(one),
        )
        for one in first
    )
    left = replace(limits, reservations=(*limits.reservations, *taken))
    requests = [
        request_of(one, caps[one.member.key], is_for_turns=False) for one in last
    ]
    allocations = allocate(left, requests).allocations
    for one in last:
        _take(one, allocations[one.member.key])


def _allocate(
    asking: Sequence[Candidate], caps: Mapping[str, tuple[Cap, ...]], limits: Site
) -> dict[str, Allocation]:
    """Return the allocation of everyone who asks."""

    def requests(*, is_for_turns: bool) -> list[Request]:
        return [
            request_of(one, caps[one.member.key], is_for_turns=is_for_turns)
            for one in asking
        ]

    plain = requests(is_for_turns=False)
    everyone = allocate(limits, plain)
    if not any(_is_left_out(one, everyone) for one in asking):
        return dict(everyone.allocations)
    turns = allocate(limits, requests(is_for_turns=True)).allocations
    fixed = [_fixed(request, turns[request.key]) for request in plain]
    final = dict(allocate(limits, fixed).allocations)
    for one in asking:
        key = one.member.key
        if turns[key].choice is None:
            final[key] = _waiting(one, turns, asking)
    return final


def _is_left_out(one: Candidate, distribution: Distribution) -> bool:
    """Return whether a contender got nothing that others could give it."""
    allocation = distribution.allocations[one.member.key]
    waits = (ReasonKey.WAITING_FOR_TURN, ReasonKey.LOWER_PRIORITY)
    return (
        one.role is Role.CONTENDS
        and allocation.choice is None
        and allocation.reason.key in waits
    )


def _fixed(request: Request, turn: Allocation) -> Request:
    """Return the request of somebody whose running, or not, is settled."""
    if turn.choice is None:
        return replace(request, blocked=request.blocked or ReasonKey.WAITING_FOR_TURN)
    return replace(request, choices=(turn.choice,))


def _waiting(
    one: Candidate, turns: Mapping[str, Allocation], asking: Sequence[Candidate]
) -> Allocation:
    """Return the allocation of somebody who waits, in the words of the person's priorities."""
    allocation = turns[one.member.key]
    if allocation.reason.key is not ReasonKey.LOWER_PRIORITY:
        return allocation
    higher = [
        other
        for other in asking
        if other.role is Role.CONTENDS
        and other.member.config.priority > one.member.config.priority
        and turns[other.member.key].choice is not None
    ]
    if higher:
        return allocation
    return replace(
        allocation, reason=replace(allocation.reason, key=ReasonKey.WAITING_FOR_TURN)
    )


def _take(one: Candidate, allocation: Allocation) -> None:
    """Give a member its allocation, in the words of its role."""
    member = one.member
    member.entitled_a = member.wanted_a = allocation.current_a
    member.wanted_phases = _phases_of(one, allocation.choice)
    member.reason, member.until_at = allocation.reason, one.until_at
    if member.reason.key is member.asked_key and member.until_at is None:
        member.until_at = member.asked_until_at
    if one.role is Role.STANDS_BY and allocation.choice is None:
        has_none = member.status is MemberStatus.NO_VEHICLE
        key = ReasonKey.NO_VEHICLE if has_none else ReasonKey.NOT_READY
        member.reason = replace(allocation.reason, key=key)
    if one.role is Role.LEFTOVERS and member.asked_a != 0:
        key = ReasonKey.WAKING if allocation.choice else ReasonKey.VEHICLE_STOPPED
        if (
            member.memory.has_stopped
            and allocation.reason.key is not ReasonKey.LIMITED_BY_WISH
        ):
            member.reason = replace(allocation.reason, key=key)
        elif not member.memory.has_stopped:
            member.reason = replace(allocation.reason, key=ReasonKey.NOT_READY)
    waiting_at = member.memory.waiting_at
    if allocation.reason.key is ReasonKey.WAITING_FOR_TURN and waiting_at is not None:
        member.until_at = waiting_at + member.options.rotation_s


def _phases_of(one: Candidate, choice: PhaseChoice | None) -> int:
    """Return the phase count behind a choice: a one-phase vehicle runs on a charger with three."""
    if choice is None:
        return 0
    for count, offered in zip(one.counts, one.choices, strict=True):
        if offered == choice:
            return count
    return one.member.phases_now


def _keep(member: Member) -> None:
    """Leave a member that is not steered now what it has, and say why it is not."""
    in_force_a = member.in_force_a or 0.0
    member.entitled_a = member.wanted_a = max(0.0, in_force_a)
    member.wanted_phases = member.phases_now if in_force_a else 0
    seen = member.seen
    if seen is None:
        key = ReasonKey.NOT_LOADED
    elif seen.heard_at is None:
        key = ReasonKey.READING_BACK
    elif member.is_silent:
        key = ReasonKey.SILENT
    elif not member.traits.is_written:
        key = ReasonKey.HANDS_OFF
    elif not member.has_circuit:
        key = ReasonKey.CIRCUIT_MISSING
        member.entitled_a = member.wanted_a = min(
            member.wanted_a, member.memory.share_a
        )
    elif member.memory.has_other_master:
        key = ReasonKey.OTHER_MASTER
    else:
        key = ReasonKey.NOT_STEERED
    member.reason = Reason(key=key, used_a=max(member.may_draw_a))
