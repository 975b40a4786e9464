"""How often a set-point may be written, and for how long it is to hold at the charger (rules 6 and 8).

Increases leave a part of every budget to the reductions that will follow them, which pass it. A charger's
own lease is used only where it ends lower than the set-point, and is long enough to cost little of the
budget.
"""

from collections.abc import Sequence

from .inputs import FallbackCause, LeaseRange, WriteBudget
from .member import SAME_A, Member

HOUR_S = 3600.0
USUAL_LEASE_S = 300.0


def budget_until(budget: WriteBudget, written_at: Sequence[float], now: float) -> float:
    """Return from when on the budget allows a write that could wait; one is kept for a reduction."""
    until_at = written_at[-1] + budget.minimum_gap_s if written_at else now
    for most, during_s in ((budget.per_minute, 60.0), (budget.per_hour, HOUR_S)):
        if most is None:
            continue
        recent = [at for at in written_at if at > now - during_s]
        usable = max(1, most - max(1, most // 5))
        if len(recent) >= usable:
            until_at = max(until_at, recent[-usable] + during_s)
    return until_at


def lease_for(member: Member, current_a: float) -> float | None:
    """Return the lease to write with, `None` where the charger has none or it would end higher."""
    capabilities = member.capabilities
    if (
        capabilities is None
        or capabilities.lease is None
        or ends_higher(member, current_a)
    ):
        return None
    return _length_s(capabilities.lease, capabilities.write_budget)


def ends_higher(member: Member, current_a: float) -> bool:
    """Return whether the charger's own lease would end above a set-point."""
    capabilities = member.capabilities
    if capabilities is None or capabilities.lease is None:
        return False
    fallback = capabilities.fallback(FallbackCause.LEASE_END)
    return (
        fallback is None
        or fallback.current_a is None
        or fallback.current_a > current_a + SAME_A
    )


def _length_s(lease: LeaseRange, budget: WriteBudget) -> float:
    """Return a length that costs at most a tenth of the write budget."""
    wanted_s = max(USUAL_LEASE_S, 6 * budget.minimum_gap_s)
    if budget.per_hour:
        wanted_s = max(wanted_s, 15 * HOUR_S / budget.per_hour)
    return min(max(wanted_s, lease.minimum_s), lease.maximum_s)
