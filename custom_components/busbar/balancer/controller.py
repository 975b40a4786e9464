"""One step of the balancer: from what is seen to what is written, and why.

`step` is a pure function of the site, what is seen of it, what is remembered and the time. It passes each
room once: observe (`observe`, `masters`), count what may be drawn (`safety`), read the meters (`tree`,
`headroom`, `freshness`), say what every mode asks for (`surplus`, `house`, `turning`), who may run (`stability`, `phases`), allocate (`entitlement`, `allocation`), order the
writes (`writes`), and tell it (`report`).

The ten rules of behaviour over time, and where they live:

1.  Never act twice on one reading, never raise on an old one: `headroom.update_limit`.
2.  Cut in full at once, raise by a part, start at the minimum: `headroom._cut`, `_raise`; `shares._start_a`.
3.  Decrease before increase, old and new values counted: `safety.recount`, `writes.Writer`, `room`.
4.  A silent charger keeps reserved what it may come to draw: `safety._reserve_unheard`.
5.  Freshness by age, rhythm and contradiction: `freshness`, `evidence`.
6.  Off is a decision with a price: `stability`, `phases`.
7.  Demand is measured: `observe._measure_demand`, `_learn_terminals`.
8.  Leases end lower, and are renewed only while healthy: `budget.lease_for`, `Writer._renew`, `SetPoint`.
9.  After a restart read back first, push nothing: `_is_starting`, `memory.Memory.from_dict`.
10. Another master is reported, not fought: `masters`.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from .decision import Decision, Freshness
from .entitlement import entitle
from .headroom import phases_of
from .inputs import Inputs, MemberConfig, MemberStatus, SiteConfig, Target, Wish
from .ledger import Ledger
from .masters import watch
from .member import Member
from .memory import MemberMemory, Memory
from .model import Direction, PhaseAmps, Site
from .modes import CHARGE_FREELY
from .observe import observe
from .phases import begin_contactor_switches, plan_phases, switch_contactors
from .report import report
from .room import make_room
from .safety import judge
from .stability import (
    Candidate,
    Role,
    Surroundings,
    account,
    consider,
    give_turns,
    hold_back,
    rank_leftovers,
    rank_turns,
    role_of,
)
from .surplus import ask
from .tree import Tree
from .writes import Writer

HEALTHY = frozenset({Freshness.NO_METER, Freshness.FRESH})
"""Leases are renewed while the meters can be believed, or there are none."""


def step(
    site: SiteConfig, inputs: Inputs, memory: Memory, now: float
) -> tuple[Decision, Memory]:
    """Return what to do now, and what to remember for the next step. Changes neither argument."""
    before, memory = memory, memory.copy()
    memory.started_at = now if memory.started_at is None else memory.started_at
    members = [_member(config, site, inputs, memory, now) for config in site.members]
    memory.members = {member.key: member.memory for member in members}
    for member in members:
        observe(member)
        judge(member)
        watch(member)
    memory.is_started = memory.is_started or not _is_starting(members, memory, now)
    tree = Tree(site, memory, inputs, now)
    tree.read_meters(members)
    ask(members, tree)
    candidates = _candidates(members, tree, memory, inputs)
    limits = entitle(candidates, tree)
    switches: dict[str, int] = {}
    if inputs.balancing:
        switches = _write(candidates, tree, limits, inputs)
    decision = report(candidates, tree, before, inputs, contactors=switches)
    _book(candidates, memory, decision.target_a, now)
    return decision, memory


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What if something were different; `None` and empty = as it is."""

    target_a: PhaseAmps | None = None
    house_load_a: PhaseAmps | None = None
    """What everything but the chargers takes at the supply."""
    arriving: Collection[str] = ()
    """Members at which a vehicle would charge."""
    leaving: Collection[str] = ()
    """Members whose vehicle would be gone."""


def preview(
    site: SiteConfig, inputs: Inputs, memory: Memory, now: float, changes: Changes
) -> Decision:
    """Return what would be decided if something were different, once it had settled. Writes nothing."""
    memory = memory.copy()
    memory.switched_on_at = None
    for member in memory.members.values():
        member.off_at = None
    for meter in memory.meters.values():
        # Not raised by parts: what the newest reading leaves in the end.
        meter.granted_a = meter.parts_at = None
    members = dict(inputs.members)
    statuses = dict.fromkeys(changes.arriving, MemberStatus.CHARGING)
    statuses |= dict.fromkeys(changes.leaving, MemberStatus.NO_VEHICLE)
    for key, status in statuses.items():
        if key in members:
            members[key] = replace(members[key], status=status)
    target = (
        inputs.target
        if changes.target_a is None
        else Target(currents_a=changes.target_a)
    )
    inputs = replace(inputs, members=members, target=target, balancing=False)
    if changes.house_load_a is not None:
        site = _with_house_load(site, changes.house_load_a)
    return step(site, inputs, memory, now)[0]


def _with_house_load(site: SiteConfig, load_a: PhaseAmps) -> SiteConfig:
    """Return the site with a house load that is known, instead of one that a meter tells."""
    circuits = []
    for circuit in site.circuits:
        if circuit.parent is None:
            margin_a = circuit.margin_a if circuit.has_meter else 0.0
            reserve_a = tuple(max(0.0, amps + margin_a) for amps in load_a)
            circuit = replace(
                circuit,
                has_meter=False,
                reserve_a=(reserve_a[0], reserve_a[1], reserve_a[2]),
            )
        circuits.append(circuit)
    return replace(site, circuits=tuple(circuits))


def _member(
    config: MemberConfig, site: SiteConfig, inputs: Inputs, memory: Memory, now: float
) -> Member:
    """Return the working view of one member."""
    supply = next(circuit for circuit in site.circuits if circuit.parent is None)
    return Member(
        config=config,
        seen=inputs.members.get(config.key),
        wish=inputs.wishes.get(config.key, Wish()),
        intent=inputs.intents.get(config.key, CHARGE_FREELY),
        memory=memory.members.get(config.key) or MemberMemory(),
        options=site.options,
        now=now,
        supply_phases=phases_of(supply),
        has_circuit=any(circuit.key == config.circuit for circuit in site.circuits),
    )


def _is_starting(members: list[Member], memory: Memory, now: float) -> bool:
    """Return whether some member is still to be read back: for half a minute at most."""
    if not members or memory.started_at is None:
        return False
    waited_s = now - memory.started_at
    return waited_s < members[0].options.start_wait_s and not all(
        member.is_read_back for member in members
    )


def _candidates(
    members: list[Member], tree: Tree, memory: Memory, inputs: Inputs
) -> list[Candidate]:
    """Return every member with what it may run with, and with what can be said for it."""
    running = [
        member
        for member in members
        if member.memory.on_at is not None and role_of(member) is Role.CONTENDS
    ]
    candidates = []
    for member in members:
        if role_of(member) is Role.ABSENT:
            candidates.append(Candidate(member=member, role=Role.ABSENT))
            continue
        has_room = tree.has_room_for_phases(running, member)
        plan = plan_phases(member, memory, inputs.contactors, has_lasting_room=has_room)
        candidates.append(consider(member, plan))
    give_turns(candidates)
    rank_turns(candidates)
    rank_leftovers(candidates)
    around = Surroundings(
        is_dynamic=tree.is_dynamic,
        has_lasting_room=lambda one: tree.has_lasting_room(running, one),
        switched_on_at=memory.switched_on_at,
    )
    hold_back(candidates, around)
    return candidates


def _write(
    candidates: list[Candidate], tree: Tree, limits: Site, inputs: Inputs
) -> dict[str, int]:
    """Order the writes of this step; return the contactors to switch."""
    members = [one.member for one in candidates]
    memory = tree.memory
    switches: dict[str, int] = {}
    if memory.is_started:
        begin_contactor_switches(members, memory, inputs.contactors)
        switches = switch_contactors(members, memory, inputs.contactors, tree.now)
    ledger = Ledger(limits, members)
    make_room(candidates, tree, ledger)
    Writer(
        members=members,
        ledger=ledger,
        given=Ledger(limits, members, Direction.DISCHARGE),
        now=tree.now,
        is_starting=not memory.is_started,
        is_overloaded=any(state.is_overloaded for state in tree.states.values()),
        is_healthy=lambda member: tree.freshness_of(member) in HEALTHY,
    ).order()
    return switches


def _book(
    candidates: list[Candidate], memory: Memory, target_a: PhaseAmps | None, now: float
) -> None:
    """Remember what was decided."""
    since_s = 0.0 if memory.stepped_at is None else max(0.0, now - memory.stepped_at)
    if account(candidates, since_s):
        memory.switched_on_at = now
    memory.stepped_at, memory.target_a = now, target_a
    for one in candidates:
        one.member.memory.allocated_a = one.member.entitled_a
        one.member.memory.allocated_phases = one.member.wanted_phases
