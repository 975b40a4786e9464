"""Requests to `allocate`: what a candidate may run with, and what it can say for itself, as a priority."""

from .member import Member
from .model import Cap, Direction, PhaseChoice, Request
from .stability import Candidate, Claim, Role

_PRIORITIES = 100
_RANKS = 1000


def request_of(one: Candidate, caps: tuple[Cap, ...], *, is_for_turns: bool) -> Request:
    """Return the request of a candidate; `is_for_turns` asks who runs, otherwise how much each gets."""
    member = one.member
    is_discharge = member.discharges
    priority = member.config.priority
    if one.role is Role.LEFTOVERS:
        priority = -_PRIORITIES * _RANKS * len(Claim) + one.rank
    elif is_for_turns:
        strength = priority + (_PRIORITIES if one.is_held else 0)
        priority = (strength * len(Claim) + one.claim) * _RANKS + one.rank
    capabilities = member.capabilities
    assert capabilities is not None
    return Request(
        key=member.key,
        circuit=member.config.circuit,
        choices=_discharge_choices(member) if is_discharge else one.choices,
        phase_map=member.config.phase_map,
        step_a=member.range.step_a if capabilities.sets_current else 0.0,
        direction=Direction.DISCHARGE if is_discharge else Direction.CHARGE,
        priority=priority,
        caps=caps,
        is_kept=one.is_on,
        order=_served_a(member),
        shares=member.config.shares,
        stands_by=one.role is Role.STANDS_BY,
        blocked=one.blocked,
    )


def _discharge_choices(member: Member) -> tuple[PhaseChoice, ...]:
    """Return how it discharges: between the bounds of its discharge range."""
    capabilities = member.capabilities
    settable = capabilities.discharge if capabilities else None
    phases = member.phases_now
    if settable is None:
        return (
            PhaseChoice(
                minimum_a=1.0, maximum_a=0.0, terminals=member.terminals(phases)
            ),
        )
    return (
        PhaseChoice(
            minimum_a=settable.minimum_a,
            maximum_a=settable.maximum_a,
            terminals=member.terminals(phases),
        ),
    )


def _served_a(member: Member) -> float:
    """Return the mean current allocated since plug-in, all phases: who got least goes first."""
    session_at = member.memory.session_at
    waiting_at = member.memory.waiting_at
    if waiting_at is not None:
        waited_s = member.now - waiting_at
        if waited_s > member.options.rotation_s / 2:
            # Who has waited for long goes before who was served least.
            return -waited_s
    if session_at is None or member.now <= session_at:
        return 0.0
    return member.memory.served_as / (member.now - session_at)
