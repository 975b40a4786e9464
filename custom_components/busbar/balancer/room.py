"""Room that fast chargers make while slow ones still hold what they are to give up (rule 3).

A fast charger goes down to its minimum for a slow one. For one that takes longer than a fuse bears that, or that
does not obey at all, by an error or by silence where a confirmation was due, it goes down to nothing, and one
without a vehicle offers nothing to the next: what that one may draw is real.
"""

from collections.abc import Sequence

from .allocation import allocate
from .ledger import Ledger
from .member import SAME_A, Member, minus
from .model import NO_AMPS, Cap, PhaseAmps, ReasonKey, Reservation
from .requests import request_of
from .stability import Candidate, Role
from .tree import Tree
from .writes import is_overdue

FAST_PART = 0.5
"""Who obeys within this part of a slow charger's time makes room for it meanwhile."""
SLOW_S = 2.0
"""A charger that obeys faster than this is nobody's slow one."""
BORNE_S = 30.0
"""A minimum too much for this long is borne, rather than that a vehicle is stopped for it."""


def make_room(candidates: Sequence[Candidate], tree: Tree, ledger: Ledger) -> None:
    """Lower fast chargers for what others still hold: to their minimum, to 0 A for one that does not obey."""
    _defend(candidates, ledger)
    holders = [
        one.member
        for one in candidates
        if one.role is not Role.ABSENT and _excess(one.member) is not None
    ]
    overdue = [member for member in holders if is_overdue(member)]
    slowest_s = max((_speed_s(member) for member in holders), default=0.0)
    slow = [
        member
        for member in holders
        if member in overdue
        or (slowest_s > SLOW_S and _speed_s(member) > FAST_PART * slowest_s)
    ]
    may_stop = bool(overdue) or slowest_s > BORNE_S
    roles = {Role.CONTENDS, Role.LEFTOVERS, *((Role.STANDS_BY,) if may_stop else ())}
    fast = [
        one
        for one in candidates
        if one.role in roles
        and one.member.wanted_a > 0
        and one.member not in slow
        and (overdue or _speed_s(one.member) <= FAST_PART * slowest_s)
    ]
    if not slow or not fast:
        return
    held = tuple(
        Reservation(
            key=f"{member.key}:held",
            circuit=tree.path(member.config.circuit)[0].key,
            charge_a=_excess(member) or NO_AMPS,
        )
        for member in slow
    )
    settled = [one for one in candidates if one not in fast]
    keys = [member.key for member in slow]
    _lower(fast, settled, held, tree, keys, may_stop=may_stop)


def _lower(
    fast: Sequence[Candidate],
    settled: Sequence[Candidate],
    held: tuple[Reservation, ...],
    tree: Tree,
    slow_keys: list[str],
    *,
    may_stop: bool,
) -> None:
    """Share what is left for the fast ones while the slow ones hold theirs."""
    fixed = tuple(
        Reservation(
            key=one.member.key,
            circuit=tree.path(one.member.config.circuit)[0].key,
            charge_a=entitled_on_grid(one),
        )
        for one in settled
    )
    requests = [
        request_of(
            one,
            (Cap(current_a=one.member.wanted_a, key=ReasonKey.FULL_CURRENT),),
            is_for_turns=False,
        )
        for one in fast
    ]
    allocations = allocate(tree.limits((*held, *fixed)), requests).allocations
    for one in fast:
        member = one.member
        least_a = 0.0
        if not may_stop:
            minimums_a = [choice.minimum_a for choice in one.choices]
            least_a = min(member.wanted_a, *minimums_a)
        lowered_a = max(allocations[member.key].current_a, least_a)
        if lowered_a < member.wanted_a - SAME_A:
            member.wanted_a = lowered_a
            member.waits_for = slow_keys


def entitled_on_grid(one: Candidate) -> PhaseAmps:
    """Return what a settled member takes: what it may draw if it is not steered, else its entitlement."""
    member = one.member
    if one.role is Role.ABSENT:
        return member.may_draw_a
    if not member.counts:
        return NO_AMPS
    return member.on_grid(
        max(0.0, member.wanted_a), member.wanted_phases or member.phases_now
    )


def _excess(member: Member) -> PhaseAmps | None:
    """Return what a member may still draw beyond its entitlement, `None` = nothing."""
    if member.is_silent or not member.counts:
        return None
    phases = member.wanted_phases or member.phases_now
    entitled_a = member.on_grid(max(0.0, member.wanted_a), phases)
    excess_a = minus(member.may_draw_a, entitled_a)
    if max(excess_a) <= SAME_A:
        return None
    return max(excess_a[0], 0.0), max(excess_a[1], 0.0), max(excess_a[2], 0.0)


def _speed_s(member: Member) -> float:
    """Return how long a charger takes to obey, without its vehicle."""
    return member.capabilities.typical_latency_s if member.capabilities else 0.0


def _defend(candidates: Sequence[Candidate], ledger: Ledger) -> None:
    """Ask a charger with another master for less where a limit is exceeded; that alone is no fight."""
    for one in candidates:
        member = one.member
        circuit = member.config.circuit
        if not member.memory.has_other_master or not ledger.is_over(
            circuit, member.may_draw_a
        ):
            continue
        grid_a = member.on_grid(1.0, member.phases_now)
        room_a = ledger.room_a(circuit)
        fits_a = min(
            own + room
            for own, room, count in zip(member.may_draw_a, room_a, grid_a, strict=True)
            if count
        )
        member.wanted_a = member.range.floor(max(0.0, fits_a))
