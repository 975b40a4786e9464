"""Who may run, when and why not, over time (rule 6): dwell, rotation, welcome, wake-up.

Off is a decision with a price. Who charges goes on charging; who waits gets its turn after the rotation
time, whatever that costs the others of its priority; a vehicle that was just plugged in gets its turn at
once. A charger is neither stopped before its minimum time (but for a limit) nor started again too early.
With a meter, another one is started only where there has been room all the time of late, one wave at a
time. A vehicle that stopped by itself is offered what nobody else can use, one after the other.

All of this is said to `allocate` by priorities, blocks and caps; what fits is decided there alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from .inputs import MemberStatus
from .member import Member
from .model import PhaseChoice, ReasonKey
from .phases import PhasePlan, choice_of

EXHAUSTED_ROTATIONS = 4
"""Whose session was interrupted as often as it may be is asked to give way only every so many rotations."""
START_PATIENCE_S = 60.0
"""A vehicle that does not start at its minimum within this time is offered the reference's 1.5 times it."""


class Role(IntEnum):
    """How a member takes part at this instant; the values are the order of minimums."""

    ABSENT = 0
    """No request: silent, not loaded, not steered."""
    STANDS_BY = 1
    """No vehicle, or a person holds it back: it waits at its minimum."""
    LEFTOVERS = 2
    """Its vehicle stopped by itself, or something else stops it: only what nobody else can use."""
    CONTENDS = 3


class Claim(IntEnum):
    """What a contender can say for itself within its priority, strongest last."""

    WAITS = 0
    RUNS = 1
    HAS_TURN = 2


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A member on its way to a request."""

    member: Member
    role: Role
    counts: tuple[int, ...] = ()
    """Phase counts it may run with …"""
    choices: tuple[PhaseChoice, ...] = ()
    """… and how it runs with each."""
    claim: Claim = Claim.WAITS
    is_held: bool = False
    """Within its minimum on time: goes before every priority."""
    is_spared: bool = False
    """Interrupted as often as its session may be."""
    rank: int = 0
    blocked: ReasonKey | None = None
    until_at: float | None = None

    @property
    def is_on(self) -> bool:
        """Return whether it runs already."""
        return self.member.memory.on_at is not None


def role_of(member: Member) -> Role:
    """Return how a member takes part now."""
    seen, memory = member.seen, member.memory
    if (
        seen is None
        or member.is_silent
        or not seen.capabilities.write_budget.is_volatile
    ):
        return Role.ABSENT
    if (
        memory.has_other_master
        or not member.has_circuit
        or not member.traits.is_written
    ):
        return Role.ABSENT
    if member.status in (MemberStatus.NO_VEHICLE, MemberStatus.BLOCKED_BY_PERSON):
        return Role.STANDS_BY
    minimum_a = choice_of(member, member.phases_now).minimum_a
    others_a = seen.offered_by_others_a
    if (
        (memory.has_stopped and not member.discharges)
        or member.status is MemberStatus.FAULT
        or (others_a is not None and others_a < minimum_a)
    ):
        return Role.LEFTOVERS
    return Role.CONTENDS


def consider(member: Member, plan: PhasePlan) -> Candidate:
    """Return a member as a candidate: with its dwell times, its turn and its welcome."""
    role = role_of(member)
    candidate = Candidate(member=member, role=role)
    if role is Role.ABSENT:
        return candidate
    candidate.counts = plan.counts
    candidate.choices = tuple(choice_of(member, count) for count in plan.counts)
    _adopt(member)
    if plan.is_switching:
        candidate.blocked = ReasonKey.SWITCHING_PHASES
        candidate.until_at = plan.until_at
        return candidate
    if role is Role.CONTENDS:
        _claim(candidate)
    elif role is Role.LEFTOVERS:
        _rest(candidate)
    return candidate


def _rest(candidate: Candidate) -> None:
    """Leave a vehicle that stopped alone for a while after an attempt to wake it."""
    member = candidate.member
    off_at = member.memory.off_at
    if not candidate.is_on and off_at is not None:
        until_at = off_at + member.options.minimum_off_s
        if member.now < until_at:
            candidate.blocked = ReasonKey.VEHICLE_STOPPED
            candidate.until_at = until_at


def _adopt(member: Member) -> None:
    """Take over a charge that goes on already: it was started before us."""
    memory = member.memory
    if memory.on_at is None and memory.charging_at is not None and member.in_force_a:
        memory.on_at = memory.charging_at
        memory.allocated_a = member.in_force_a


def _claim(candidate: Candidate) -> None:
    """Set what a contender can say for itself, and what keeps it back."""
    member = candidate.member
    memory, options, now = member.memory, member.options, member.now
    if candidate.is_on:
        assert memory.on_at is not None
        candidate.claim = Claim.RUNS
        candidate.is_held = now - memory.on_at < options.minimum_on_s
    if memory.turn_at is not None:
        candidate.claim = Claim.HAS_TURN
    if is_welcome(member):
        candidate.claim = Claim.HAS_TURN
    elif not candidate.is_on and memory.off_at is not None:
        until_at = memory.off_at + options.minimum_off_s
        if now < until_at:
            candidate.blocked, candidate.until_at = ReasonKey.MINIMUM_OFF, until_at


def is_welcome(member: Member) -> bool:
    """Return whether its vehicle was plugged in a moment ago, and was not stopped since."""
    memory = member.memory
    return (
        memory.welcome_at is not None
        and memory.off_at is None
        and member.now - memory.welcome_at < member.options.welcome_s
    )


def give_turns(candidates: list[Candidate]) -> None:
    """Give those who waited for the rotation time their turn.

    Of several who wait the longest waiting one comes so much earlier that the next need not wait for the
    end of its minimum on time.
    """
    waiting = [
        one
        for one in candidates
        if one.role is Role.CONTENDS
        and one.member.memory.waiting_at is not None
        and one.member.memory.turn_at is None
    ]
    waiting.sort(key=lambda one: _waited_s(one.member))
    for place, one in enumerate(waiting):
        member = one.member
        options = member.options
        due_s = max(
            options.rotation_s - place * options.minimum_on_s, options.rotation_s / 2
        )
        if options.rotation_s > 0 and _waited_s(member) >= due_s:
            member.memory.turn_at = member.now
            one.claim = Claim.HAS_TURN


def rank_turns(candidates: list[Candidate]) -> None:
    """Order those who have their turn: the newest turn first, then who waited longest.

    Who was interrupted as often as a session may be keeps the newest turn, until somebody has waited
    for several rotations.
    """
    patient_s = max((_waited_s(one.member) for one in candidates), default=0.0)
    for one in candidates:
        if not one.is_on or one.role is not Role.CONTENDS:
            continue
        options = one.member.options
        is_exhausted = (
            one.member.memory.interruptions >= options.interruptions_per_session
        )
        if is_exhausted and patient_s < EXHAUSTED_ROTATIONS * options.rotation_s:
            one.claim = Claim.HAS_TURN
            one.is_spared = True
    turns = [one for one in candidates if one.claim is Claim.HAS_TURN]
    turns.sort(
        key=lambda one: (one.is_spared, _turn_at(one.member), _waited_s(one.member))
    )
    for rank, one in enumerate(turns, start=1):
        one.rank = rank


def _turn_at(member: Member) -> float:
    """Return since when it has its turn; a welcome begins with the plug."""
    memory = member.memory
    times = [at for at in (memory.turn_at, memory.welcome_at) if at is not None]
    return max(times, default=0.0)


def _waited_s(member: Member) -> float:
    waiting_at = member.memory.waiting_at
    return 0.0 if waiting_at is None else member.now - waiting_at


def rank_leftovers(candidates: list[Candidate]) -> None:
    """Order those who get leftovers: the attempt that runs, who was never tried, whose try is longest ago."""
    sleepers = [one for one in candidates if one.role is Role.LEFTOVERS]

    def order(one: Candidate) -> tuple[int, float]:
        memory = one.member.memory
        if memory.wake_at is None:
            return 1, 0.0
        if one.is_on and one.member.now - memory.wake_at < one.member.options.wake_up_s:
            return 0, -memory.wake_at
        return 2, memory.wake_at

    for rank, one in enumerate(sorted(sleepers, key=order, reverse=True)):
        one.rank = rank


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the limits around a candidate say; asked by `hold_back`."""

    is_dynamic: Callable[[Member], bool]
    """Whether a meter limits it."""
    has_lasting_room: Callable[[Candidate], bool]
    """Whether its minimum, with a reserve, fitted all the time of late."""
    switched_on_at: float | None


def hold_back(candidates: list[Candidate], around: Surroundings) -> None:
    """Block the start of more chargers while the room moves: one wave at a time, and only lasting room."""
    is_anyone_on = any(one.is_on and one.role is Role.CONTENDS for one in candidates)
    for one in candidates:
        member = one.member
        is_start = not one.is_on and one.role is Role.CONTENDS and one.blocked is None
        # Who has its turn, or is welcomed, takes the place of another: no wave, and no more room.
        takes_a_place = one.claim is Claim.HAS_TURN
        # A discharge needs no room for charging.
        if (
            not is_start
            or takes_a_place
            or member.discharges
            or not around.is_dynamic(member)
        ):
            continue
        hold_s = member.options.switch_hold_s
        if is_anyone_on and around.switched_on_at is not None:
            until_at = around.switched_on_at + hold_s
            if member.now < until_at:
                one.blocked, one.until_at = ReasonKey.SWITCH_HOLD, until_at
                continue
        if not around.has_lasting_room(one):
            one.blocked = ReasonKey.ROOM_NOT_LASTING


def account(candidates: list[Candidate], since_s: float) -> bool:
    """Book what was decided: who runs, who waits, who was interrupted. Return whether one was started."""
    has_started = False
    for one in candidates:
        member, memory = one.member, one.member.memory
        if one.role in (Role.ABSENT, Role.STANDS_BY):
            continue
        if one.blocked is ReasonKey.SWITCHING_PHASES:
            # No stop of ours: it goes on as soon as the contactor has settled.
            continue
        memory.served_as += abs(memory.allocated_a) * memory.allocated_phases * since_s
        runs = member.entitled_a != 0.0
        if runs and memory.on_at is None:
            memory.on_at = member.now
            has_started = has_started or one.role is Role.CONTENDS
            if one.role is Role.LEFTOVERS:
                memory.wake_at = member.now
        elif not runs and memory.on_at is not None:
            memory.on_at, memory.turn_at = None, None
            # Following has dwells of its own, and a charger for both directions guard times of its own.
            rests = member.is_bidirectional and member.asked_a == 0
            memory.off_at = None if rests else member.now
            if member.status is MemberStatus.CHARGING:
                memory.interruptions += 1
        is_waiting = (
            not runs
            and one.role is Role.CONTENDS
            and not member.wish.is_stopped
            and member.asked_a != 0
        )
        if not is_waiting:
            memory.waiting_at = None
        elif memory.waiting_at is None:
            memory.waiting_at = member.now
    return has_started
