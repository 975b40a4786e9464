"""With how many phases a member may run: its own switch, or an external contactor (rule 6).

One phase comes before none: where three phases no longer fit, one is offered. Back to three it goes only
when there has been room for that all the time of late. Between two switches lies a dwell. An external
contactor is switched without load only: its members go to 0 A, confirm it, and then it switches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .inputs import ContactorState
from .member import Member
from .memory import ContactorMemory, Memory
from .model import THREE_PHASES, PhaseChoice

PILOT_MINIMUM_A = 6.0
"""The lowest current that a pilot can signal (IEC 61851)."""
CONTACTOR_SETTLE_S = 5.0
"""After a contactor switched, its members stay at 0 A for this long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhasePlan:
    """The phase counts a member may run with now, preferred first."""

    counts: tuple[int, ...]
    is_switching: bool = False
    until_at: float | None = None
    """When its dwell ends, where that is what keeps it from switching."""


def plan_phases(
    member: Member,
    memory: Memory,
    contactors: Mapping[str, ContactorState],
    *,
    has_lasting_room: bool,
) -> PhasePlan:
    """Return with which phase counts a member may run now; `has_lasting_room` is for three phases."""
    options, now = member.options, member.now
    if member.config.contactor is not None:
        return _plan_contactor(
            member, memory, contactors, has_lasting_room=has_lasting_room
        )
    capabilities = member.capabilities
    assert capabilities is not None
    current = member.phases_now
    wanted = _wished(capabilities.phases, member)
    if not capabilities.can_switch_phases or len(capabilities.phases) < 2:
        return PhasePlan(counts=(current,))
    switched_at = member.memory.phases_at
    if switched_at is not None and now - switched_at < options.phase_dwell_s:
        return PhasePlan(
            counts=(current,), until_at=switched_at + options.phase_dwell_s
        )
    return PhasePlan(
        counts=_preferred(wanted, current, has_lasting_room=has_lasting_room)
    )


def _wished(possible: frozenset[int], member: Member) -> tuple[int, ...]:
    """Return the possible counts, most phases first, that the person and the mode allow."""
    asked = [count for count in (member.wish.phases, member.asked_phases) if count]
    most = min(asked, default=max(possible))
    allowed = [count for count in possible if count <= most]
    return tuple(sorted(allowed, reverse=True)) or (min(possible),)


def _preferred(
    wanted: tuple[int, ...], current: int, *, has_lasting_room: bool
) -> tuple[int, ...]:
    """Return the counts to offer: more phases than now only where there is lasting room for them."""
    counts = tuple(count for count in wanted if count <= current or has_lasting_room)
    return counts or (wanted[-1],)


def _plan_contactor(
    member: Member,
    memory: Memory,
    contactors: Mapping[str, ContactorState],
    *,
    has_lasting_room: bool,
) -> PhasePlan:
    key = member.config.contactor
    assert key is not None
    state, contactor = (
        contactors.get(key),
        memory.contactors.get(key, ContactorMemory()),
    )
    current = state.phases if state is not None and state.phases is not None else 3
    if contactor.wanted is not None:
        return PhasePlan(counts=(contactor.wanted,), is_switching=True)
    if state is None or state.phases is None:
        return PhasePlan(counts=(current,))
    switched_at = contactor.switched_at
    dwell_s = member.options.phase_dwell_s
    if switched_at is not None and member.now - switched_at < dwell_s:
        return PhasePlan(counts=(current,), until_at=switched_at + dwell_s)
    wanted = _wished(frozenset({1, 3}), member)
    return PhasePlan(
        counts=_preferred(wanted, current, has_lasting_room=has_lasting_room)
    )


def choice_of(member: Member, phases: int) -> PhaseChoice:
    """Return how a member runs with so many phases: its terminals, its least and its most."""
    terminals = member.terminals(phases) if phases else THREE_PHASES[:1]
    settable = member.range
    if member.capabilities is not None and not member.capabilities.sets_current:
        return PhaseChoice(
            minimum_a=settable.maximum_a,
            maximum_a=settable.maximum_a,
            terminals=terminals,
        )
    minimum_a = max(settable.minimum_a, member.config.minimum_a)
    if settable.minimum_a >= PILOT_MINIMUM_A:
        # What is set below that is no pilot's duty cycle, and binds no vehicle to its lowest one.
        vehicle_a = member.config.vehicle_minimum.minimum_a(len(terminals))
        minimum_a = max(minimum_a, vehicle_a)
    maximum_a = min(settable.maximum_a, member.config.maximum_a)
    return PhaseChoice(minimum_a=minimum_a, maximum_a=maximum_a, terminals=terminals)


def begin_contactor_switches(
    members: Sequence[Member], memory: Memory, contactors: Mapping[str, ContactorState]
) -> None:
    """Note which contactors have to switch: those below which some member is to run with other phases."""
    for key in _keys(members):
        state = contactors.get(key)
        contactor = memory.contactors.setdefault(key, ContactorMemory())
        counts = [
            member.wanted_phases
            for member in members
            if member.config.contactor == key and member.wanted_phases
        ]
        if contactor.wanted is None and state is not None and state.phases and counts:
            wanted = min(counts)
            contactor.wanted = wanted if wanted != state.phases else None


def switch_contactors(
    members: Sequence[Member],
    memory: Memory,
    contactors: Mapping[str, ContactorState],
    now: float,
) -> dict[str, int]:
    """Return the contactors to switch now, each with its phases: only those that carry no load."""
    switches: dict[str, int] = {}
    for key in _keys(members):
        contactor = memory.contactors.setdefault(key, ContactorMemory())
        below = [member for member in members if member.config.contactor == key]
        state = contactors.get(key)
        if contactor.wanted is None or state is None:
            continue
        if any(member.is_silent for member in below):
            # Nobody knows whether it carries load: do not switch, and forget the wish.
            contactor.wanted = None
        elif state.phases == contactor.wanted:
            changed_at = max(state.changed_at or 0.0, contactor.switched_at or 0.0)
            if now - changed_at >= CONTACTOR_SETTLE_S:
                contactor.wanted = None
                _forget_vehicle_phases(below)
        elif all(_is_off(member) for member in below):
            switches[key] = contactor.wanted
            contactor.switched_at = now
    return switches


def _keys(members: Sequence[Member]) -> list[str]:
    keys = {
        member.config.contactor
        for member in members
        if member.config.contactor is not None
    }
    return sorted(keys)


def _is_off(member: Member) -> bool:
    """Return whether a member certainly draws nothing, whatever its vehicle does."""
    memory = member.memory
    return member.in_force_a == 0.0 and memory.hold_a is None and memory.is_confirmed


def _forget_vehicle_phases(members: Sequence[Member]) -> None:
    for member in members:
        member.memory.terminals = None
