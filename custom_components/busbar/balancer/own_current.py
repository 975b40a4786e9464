"""What our own chargers drew at the moment of a reading: exact where measured, else a range.

The samples around the reading count, the least and the most of them, for a cloud tells late; a command on
its way may have been followed already, or not yet. What does not measure is a range from nothing (or from
its full discharge) to what it may draw at worst.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .inputs import MeterReading
from .member import Member
from .model import NO_AMPS, Phase, PhaseAmps

AROUND_S = 5.0
"""Own samples this close to a reading belong to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnCurrent:
    """What our chargers below a meter drew when it was read, per phase: from `low_a` to `high_a`."""

    low_a: PhaseAmps = NO_AMPS
    high_a: PhaseAmps = NO_AMPS


def own_current(members: Sequence[Member], reading: MeterReading) -> OwnCurrent:
    """Return the range of what members drew, each phase at the time of its part of the reading."""
    low_a, high_a = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    for phase in Phase:
        at = reading.measured_at[phase]
        if at is None:
            continue
        for member in members:
            low, high = _own_range(member, phase, at)
            low_a[phase] += low
            high_a[phase] += high
    return OwnCurrent(
        low_a=(low_a[0], low_a[1], low_a[2]), high_a=(high_a[0], high_a[1], high_a[2])
    )


def _own_range(member: Member, phase: Phase, at: float) -> tuple[float, float]:
    """Return from what to what one member may have drawn on one phase at one time."""
    may_draw, may_give = member.may_draw_a[phase], member.may_give_a[phase]
    samples = member.memory.samples
    before = next((sample for sample in reversed(samples) if sample.at <= at), None)
    around = [sample for sample in samples if abs(sample.at - at) <= AROUND_S]
    if before is not None and before not in around:
        around.append(before)
    if not around or member.is_silent:
        return -may_give, may_draw
    low = min(sample.low_a[phase] for sample in around)
    high = max(sample.high_a[phase] for sample in around)
    newest_at = max(sample.at for sample in around)
    if newest_at < at - AROUND_S:
        # It may have risen since, to what it is allowed to.
        high = max(high, may_draw)
    issued_at = member.memory.issued_at
    if issued_at is not None and newest_at - member.latency_s < issued_at <= at:
        # A command on its way: the vehicle may have followed already, or not yet.
        issued_a = member.on_grid(
            member.memory.issued_a or 0.0,
            member.memory.issued_phases or member.phases_now,
        )[phase]
        low, high = min(low, issued_a), max(high, may_draw)
    return low, high
