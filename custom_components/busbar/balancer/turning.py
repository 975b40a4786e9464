"""What a vehicle's battery forbids: its state of charge, and turning between charge and discharge too often.

A vehicle is not charged from its ceiling on nor discharged from its floor on, and begins again two points away
from them, for batteries skip single percents. While nobody knows its state of charge it is not discharged, and
charged at the minimum only, which makes most vehicles tell. Between the directions it rests at zero.
"""

from dataclasses import dataclass
from typing import Final

from .inputs import Options
from .member import Member
from .memory import MemberMemory
from .model import ReasonKey

LEVEL_HYSTERESIS: Final = 2.0
"""Percent away from a floor or a ceiling at which it may begin again."""
FLOWS_A: Final = 1.0
"""What a charger at zero still shows is less."""
HOUR_S: Final = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Barrier:
    """Why less is asked for than the mode wants."""

    key: ReasonKey
    current_a: float = 0.0
    """What may be asked for at most, as a magnitude."""
    until_at: float | None = None


def note_battery(member: Member) -> None:
    """Take the newest state of charge, and which way the current flows, into memory."""
    _note_level(member)
    _note_flow(member)


def _note_level(member: Member) -> None:
    seen, memory = member.seen, member.memory
    level = None if seen is None else seen.state_of_charge
    if seen is None or level is None:
        return
    runs = _runs(member)
    floor, ceiling = seen.floor_percent, seen.ceiling_percent
    if floor is None or level >= floor + LEVEL_HYSTERESIS:
        memory.is_empty = False
    elif level <= floor or runs >= 0:
        memory.is_empty = True
    if ceiling is None or level <= ceiling - LEVEL_HYSTERESIS:
        memory.is_full = False
    elif level >= ceiling or runs <= 0:
        memory.is_full = True


def _note_flow(member: Member) -> None:
    """Note the direction in which it flows, or is told to flow."""
    memory, now = member.memory, member.now
    sign = _runs(member)
    memory.turned_at = tuple(at for at in memory.turned_at if at > now - HOUR_S)
    if sign:
        if memory.flow_sign and sign != memory.flow_sign:
            memory.turned_at = (*memory.turned_at, now)
        memory.flow_sign, memory.flow_at = sign, now


def _runs(member: Member) -> int:
    """Return the direction in which it flows, or is told to flow; 0 = it rests."""
    return _sign(_flowing_a(member)) or _sign(member.in_force_a or 0.0)


def _flowing_a(member: Member) -> float:
    """Return what is measured to flow, 0 where nothing is known."""
    samples = member.memory.samples
    return samples[-1].current_a if samples else 0.0


def _sign(current_a: float) -> int:
    if abs(current_a) < FLOWS_A:
        return 0
    return 1 if current_a > 0 else -1


def barrier_for(member: Member, sign: int, minimum_a: float) -> Barrier | None:
    """Return what keeps a member most from going in a direction, `None` where nothing does."""
    barriers = (
        _level_barrier(member, sign, minimum_a),
        _turn_barrier(member.memory, member.options, sign, member.now),
    )
    return min(
        (barrier for barrier in barriers if barrier is not None),
        key=lambda barrier: barrier.current_a,
        default=None,
    )


def _level_barrier(member: Member, sign: int, minimum_a: float) -> Barrier | None:
    seen, memory = member.seen, member.memory
    if seen is None or (sign > 0 and not member.is_bidirectional):
        is_full = sign > 0 and seen is not None and memory.is_full
        return Barrier(key=ReasonKey.LEVEL_HIGH) if is_full else None
    if seen.state_of_charge is None:
        most_a = minimum_a if sign > 0 else 0.0
        return Barrier(key=ReasonKey.LEVEL_UNKNOWN, current_a=most_a)
    if sign < 0 and memory.is_empty:
        return Barrier(key=ReasonKey.LEVEL_LOW)
    if sign > 0 and memory.is_full:
        return Barrier(key=ReasonKey.LEVEL_HIGH)
    return None


def _turn_barrier(
    memory: MemberMemory, options: Options, sign: int, now: float
) -> Barrier | None:
    if memory.flow_sign in (0, sign) or memory.flow_at is None:
        return None
    rested_at = memory.flow_at + options.turn_pause_s
    if now < rested_at:
        return Barrier(key=ReasonKey.TURN_PAUSE, until_at=rested_at)
    if len(memory.turned_at) >= options.turns_per_hour:
        until_at = memory.turned_at[-options.turns_per_hour] + HOUR_S
        return Barrier(key=ReasonKey.TURNS_USED_UP, until_at=until_at)
    return None
