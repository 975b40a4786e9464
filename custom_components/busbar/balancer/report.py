"""What a step tells people: every member with its reason, every circuit, events and problems."""

from collections.abc import Mapping, Sequence

from .decision import (
    CircuitDecision,
    Decision,
    Freshness,
    MemberDecision,
    Progress,
    SetPoint,
)
from .freshness import limits_s
from .inputs import CircuitConfig, Inputs
from .member import SAME_A, Member, plus, total
from .memory import Memory
from .model import NO_AMPS, Phase, PhaseAmps, Reason, ReasonKey
from .news import events_of
from .problems import problems_of
from .stability import Candidate, Role
from .tree import WORST_FIRST, Tree


def report(
    candidates: Sequence[Candidate],
    tree: Tree,
    before: Memory,
    inputs: Inputs,
    *,
    contactors: Mapping[str, int],
) -> Decision:
    """Return the decision of a step."""
    memory, now = tree.memory, tree.now
    steers = inputs.balancing and memory.is_started
    members = {one.member.key: _member(one, steers=steers) for one in candidates}
    counted = [one.member for one in candidates if one.member.counts]
    circuits = {
        circuit.key: _circuit(circuit, tree, counted) for circuit in tree.site.circuits
    }
    found = {state.freshness for state in tree.states.values()}
    drawn = [
        member.drawn_a for member in members.values() if member.drawn_a is not None
    ]
    supply = circuits[tree.supply.key]
    problems = problems_of(candidates, tree)
    return Decision(
        now=now,
        members=members,
        circuits=circuits,
        contactors=contactors,
        target_a=tree.target_a,
        target_ends_at=tree.target_ends_at,
        allocated_a=supply.allocated_a,
        drawn_a=total(drawn) if drawn else None,
        headroom_a=_headroom(supply, tree),
        freshness=next(item for item in WORST_FIRST if item in found),
        is_fail_safe=Freshness.LOST in found,
        is_starting=not memory.is_started,
        next_at=_next_at(candidates, tree, inputs),
        events=events_of(candidates, tree, before),
        problems=problems,
    )


def _member(one: Candidate, *, steers: bool) -> MemberDecision:
    """Return the decision for one member."""
    member = one.member
    memory = member.memory
    return MemberDecision(
        key=member.key,
        set_point=_set_point(member) if steers or member.write_now else None,
        write_now=member.write_now,
        allocated_a=member.entitled_a,
        allocated_phases=member.wanted_phases,
        reason=member.reason or Reason(key=ReasonKey.NOT_STEERED),
        until_at=member.until_at,
        waits_for=tuple(member.waits_for),
        progress=_progress(member, steers=steers),
        reserved_a=member.may_draw_a,
        drawn_a=_drawn(member),
        fail_safe_a=memory.share_a,
        is_silent=member.is_silent,
        asked_a=member.asked_a,
        demand_a=memory.demand_a,
    )


def _set_point(member: Member) -> SetPoint | None:
    """Return what holds now, with its end; `None` where nothing may be written."""
    if not member.is_read_back or member.set_point_a is None:
        return None
    seen = member.seen
    if not member.traits.is_written:
        return None
    if seen is None or not seen.capabilities.write_budget.is_volatile:
        return None
    return SetPoint(
        current_a=member.set_point_a,
        phases=member.set_point_phases,
        ends_at=member.now + member.options.set_point_hold_s,
        falls_to_a=max(0.0, min(member.set_point_a, member.memory.share_a)),
        lease_s=member.lease_s,
    )


def _progress(member: Member, *, steers: bool) -> Progress:
    if not steers or not member.is_read_back:
        return Progress.NONE
    memory = member.memory
    if member.write_now or (memory.issued_a is not None and not memory.is_confirmed):
        return Progress.PENDING
    if (
        member.set_point_a is None
        or abs(member.set_point_a - member.entitled_a) > SAME_A
    ):
        return Progress.HELD_BACK
    return Progress.CONFIRMED


def _drawn(member: Member) -> PhaseAmps | None:
    """Return what it is measured to draw, as long as the measurement is young."""
    samples = member.memory.samples
    if not samples or member.is_silent:
        return None
    return samples[-1].high_a


def _circuit(
    circuit: CircuitConfig, tree: Tree, members: Sequence[Member]
) -> CircuitDecision:
    """Return one circuit as the step saw it."""
    state = tree.states[circuit.key]
    limit_a = tree.limit_of(circuit)
    allocated_a = NO_AMPS
    for member in members:
        if circuit in tree.path(member.config.circuit):
            phases = member.wanted_phases or member.phases_now
            allocated_a = plus(allocated_a, member.on_grid(member.entitled_a, phases))
    headroom = [max(0.0, limit_a[phase] - allocated_a[phase]) for phase in Phase]
    return CircuitDecision(
        limit_a=limit_a,
        allocated_a=allocated_a,
        headroom_a=(headroom[0], headroom[1], headroom[2]),
        meter_a=state.meter_a,
        other_a=state.other_a,
        freshness=state.freshness,
        is_overloaded=state.is_overloaded,
    )


def _headroom(supply: CircuitDecision, tree: Tree) -> PhaseAmps:
    """Return what could still be allocated at the supply, the target counted."""
    if tree.target_a is None:
        return supply.headroom_a
    left = [
        max(
            0.0,
            min(
                supply.headroom_a[phase],
                tree.target_a[phase] - supply.allocated_a[phase],
            ),
        )
        for phase in Phase
    ]
    return left[0], left[1], left[2]


def _next_at(
    candidates: Sequence[Candidate], tree: Tree, inputs: Inputs
) -> float | None:
    """Return when the next timer runs out."""
    now, options = tree.now, tree.site.options
    times = [tree.target_ends_at, options.set_point_hold_s / 2 + now]
    if not tree.memory.is_started and tree.memory.started_at is not None:
        times.append(tree.memory.started_at + options.start_wait_s)
    for one in candidates:
        member = one.member
        times += [one.until_at, member.until_at]
        if member.memory.hold_a is not None:
            times.append(now + options.car_delay_s)
        if one.role is Role.CONTENDS and member.memory.waiting_at is not None:
            times.append(member.memory.waiting_at + options.rotation_s)
    for key, meter in tree.memory.meters.items():
        if meter.whole_at is not None:
            ages_s = limits_s(meter, inputs.meters.get(key), options)
            times += [meter.whole_at + age_s + 0.1 for age_s in ages_s]
    return min((at for at in times if at is not None and at > now), default=None)
