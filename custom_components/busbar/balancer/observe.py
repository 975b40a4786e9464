"""What a charger's report changes in what we remember of it: session, samples, demand (rule 7).

Demand is measured: the largest phase current of the vehicle plus a margin, once it has settled. A vehicle
that draws what it is offered is limited by us, and has no demand of its own. Which terminals a vehicle
uses is learned for its session, so that a one-phase vehicle counts on one phase only.
"""

from math import ceil

from .inputs import MemberStatus
from .member import Member
from .memory import Sample
from .model import PhaseAmps

FLOWS_A = 1.0
"""A phase that carries this much is in use; below it is a measurement's noise or a standby."""
OWN_LIMIT_A = 1.0
"""A vehicle that stays this close to its offer is limited by us."""
KEPT_SAMPLES_S = 180.0
"""Samples are kept for this long: two polls of a slow charger, and the time of a demand."""
MOST_SAMPLES = 200


def observe(member: Member) -> None:
    """Take the newest report of a member into its memory."""
    seen = member.seen
    if seen is None or seen.heard_at is None:
        return
    _follow_session(member)
    _keep_sample(member)
    _learn_terminals(member)
    _measure_demand(member)
    memory = member.memory
    if seen.phases is not None and not seen.is_switching_phases:
        if memory.phases is not None and memory.phases != seen.phases:
            memory.phases_at = member.now
            memory.terminals = None
        memory.phases = seen.phases


def _follow_session(member: Member) -> None:
    """Begin and end sessions, and note when a vehicle starts or stops by itself."""
    seen, memory, now = member.seen, member.memory, member.now
    assert seen is not None
    before, status = memory.status, seen.status
    if status is MemberStatus.NO_VEHICLE:
        _end_session(member)
    elif _is_new_vehicle(member, before):
        _end_session(member)
        memory.session_at = memory.welcome_at = now
    elif memory.session_at is None:
        # A vehicle that was there when we started is no new one, and gets no welcome.
        memory.session_at = now
    if status is MemberStatus.CHARGING:
        memory.charging_at = now if memory.charging_at is None else memory.charging_at
        memory.has_stopped = False
    else:
        memory.charging_at = None
    if status is MemberStatus.SUSPENDED_BY_VEHICLE:
        memory.has_stopped = True
    if status is not MemberStatus.UNKNOWN:
        memory.status = status


def _is_new_vehicle(member: Member, before: MemberStatus) -> bool:
    """Return whether a vehicle was plugged in since the last step, also between two reports."""
    seen, memory = member.seen, member.memory
    assert seen is not None
    if seen.status is MemberStatus.UNKNOWN:
        return False
    if before is MemberStatus.NO_VEHICLE:
        return True
    return (
        seen.plugged_in_at is not None
        and memory.session_at is not None
        and seen.plugged_in_at > memory.session_at
    )


def _end_session(member: Member) -> None:
    """Forget the vehicle."""
    memory = member.memory
    memory.session_at = memory.welcome_at = memory.charging_at = None
    memory.on_at = memory.off_at = memory.waiting_at = memory.turn_at = (
        memory.wake_at
    ) = None
    memory.demand_a = memory.terminals = None
    memory.has_stopped = False
    memory.interruptions, memory.served_as = 0, 0.0


def _keep_sample(member: Member) -> None:
    """Keep what flowed, per grid phase, to compare it with the meter at the same time."""
    seen, memory = member.seen, member.memory
    assert seen is not None
    currents_a = seen.currents_a
    if seen.currents_at is None or all(current_a is None for current_a in currents_a):
        return
    if memory.samples and seen.currents_at <= memory.samples[-1].at:
        return
    known = tuple(current_a or 0.0 for current_a in currents_a)
    terminals_a = known[0], known[1], known[2]
    low_a, high_a = _range_on_grid(member, terminals_a)
    sample = Sample(
        at=seen.currents_at,
        low_a=low_a,
        high_a=high_a,
        terminals_a=terminals_a,
        power_w=seen.power_w,
    )
    kept = list(memory.samples)
    if len(kept) > 1 and kept[-1].terminals_a == kept[-2].terminals_a == terminals_a:
        # Of a current that stays the same the first and the last sample tell all.
        kept.pop()
    oldest = member.now - KEPT_SAMPLES_S
    # The newest one that is too old stays: it holds until the next.
    while len(kept) > 1 and kept[1].at < oldest:
        kept.pop(0)
    memory.samples = (*kept[-MOST_SAMPLES:], sample)


def _range_on_grid(
    member: Member, terminals_a: PhaseAmps
) -> tuple[PhaseAmps, PhaseAmps]:
    """Return the least and the most that flows on each grid phase."""
    phase_map = member.config.phase_map
    if phase_map is not None:
        grid_a = [0.0, 0.0, 0.0]
        for terminal, current_a in enumerate(terminals_a):
            grid_a[phase_map[terminal]] += current_a
        exact = grid_a[0], grid_a[1], grid_a[2]
        return exact, exact
    if len(member.supply_phases) == 1:
        # Whatever terminal it is wired to, there is one phase only on which it can flow.
        (phase,) = member.supply_phases
        grid_a = [0.0, 0.0, 0.0]
        grid_a[phase] = max(terminals_a, key=abs)
        exact = grid_a[0], grid_a[1], grid_a[2]
        return exact, exact
    low_a, high_a = min(terminals_a), max(terminals_a)
    return (low_a, low_a, low_a), (high_a, high_a, high_a)


def _learn_terminals(member: Member) -> None:
    """Note which terminals the vehicle uses, once it has charged for long enough."""
    memory = member.memory
    if memory.terminals is not None or not _has_settled(member) or not memory.samples:
        return
    newest = memory.samples[-1].terminals_a
    phases = member.phases_now
    used = tuple(abs(current_a) > FLOWS_A for current_a in newest)
    if any(used) and sum(used) < phases and not any(used[phases:]):
        memory.terminals = used


def _has_settled(member: Member) -> bool:
    """Return whether the vehicle has charged, with an unchanged or lowered offer, for long enough."""
    memory = member.memory
    if memory.charging_at is None:
        return False
    since = max(memory.charging_at, memory.raised_at or memory.charging_at)
    return member.now - since >= member.options.demand_settle_s


def _measure_demand(member: Member) -> None:
    """Set the demand from the largest current of late, or to none where we are what limits it."""
    memory, options = member.memory, member.options
    offered_a = member.in_force_a
    recent = [
        max(abs(current_a) for current_a in sample.terminals_a)
        for sample in memory.samples
        if sample.at >= member.now - options.demand_settle_s
    ]
    if not recent or memory.charging_at is None or offered_a is None:
        memory.demand_a = None
        return
    if recent[-1] > abs(offered_a) - OWN_LIMIT_A:
        memory.demand_a = None
    elif _has_settled(member):
        # Whole amperes, so that a current that sways a little moves no set-point.
        memory.demand_a = float(ceil(max(recent) + options.demand_margin_a))
