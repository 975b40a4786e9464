"""What the house takes beside our chargers, by a meter and by what the chargers are measured to take.

Watts of all phases together, plus is taken. Measured power counts, never a set-point: a charger that is still on
its way to what it was told would be taken for a load of the house. So a reading says something only once every
charger that follows has arrived.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .decision import Freshness
from .inputs import CircuitConfig, MemberStatus, MeterReading
from .member import Member
from .memory import Sample
from .model import Phase
from .tree import Tree

ARRIVED_A: Final = 0.5
"""Whoever flows this close to what it was told has arrived."""
STEADY_A: Final = 0.5
"""Two measurements that differ less than this show a current that no longer moves."""
STILL_W: Final = 10.0
"""Less than this is no movement of a meter."""
SURELY: Final = 3.0
"""After so many latencies it has arrived wherever it was going to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """What one meter says of everything but our chargers."""

    at: float
    """When the reading was made."""
    beside_followers_w: float
    """What flows at the meter without those who follow it: below 0 there is sun for them."""
    beside_members_w: float
    """What flows without any of our chargers: above 0 the house needs something."""


def meter_of(member: Member, tree: Tree) -> CircuitConfig | None:
    """Return the circuit whose meter a member follows: the one nearest to the grid."""
    metered = [item for item in tree.path(member.config.circuit) if item.has_meter]
    return metered[-1] if metered else None


def house_at(
    circuit: CircuitConfig, tree: Tree, members: Sequence[Member]
) -> House | None:
    """Return what the newest reading says, `None` where it says nothing that can be acted on.

    That is so while it is stale, was acted on before, or is older than what a follower does now.
    """
    reading = tree.inputs.meters.get(circuit.key)
    meter = tree.memory.meters.get(circuit.key)
    if reading is None or meter is None or meter.whole_at is None:
        return None
    if tree.states[circuit.key].freshness is not Freshness.FRESH:
        return None
    voltage_v = tree.site.voltage_v
    below = tree.below(circuit, members)
    followers = [one for one in below if one.traits.follows]
    for one in followers:
        settled_at = note_settled(one)
        is_new = (
            one.memory.followed_at is None or meter.whole_at > one.memory.followed_at
        )
        if settled_at is None or meter.whole_at < settled_at or not is_new:
            return None
    grid_w = _grid_w(reading, voltage_v)
    own_w = sum(power_w(one, voltage_v) for one in below)
    moved_w = tree.site.options.frozen_move_a * voltage_v
    if _is_still(meter.followed_w, grid_w, own_w, moved_w):
        return None
    meter.followed_w = grid_w, own_w
    following_w = sum(power_w(one, voltage_v) for one in followers)
    # What a vehicle gives that follows nothing is no sun: none is discharged for another one.
    given_w = given_by_w([one for one in below if one not in followers], voltage_v)
    return House(
        at=meter.whole_at,
        beside_followers_w=grid_w - following_w + given_w,
        beside_members_w=grid_w - own_w,
    )


def _is_still(
    followed_w: tuple[float, float] | None, grid_w: float, own_w: float, moved_w: float
) -> bool:
    """Return whether a meter still says what it said before our own power moved.

    Followed again, a frozen value would drive a charger to its limit, long before it is proven to be frozen.
    """
    if followed_w is None:
        return False
    return (
        abs(grid_w - followed_w[0]) < STILL_W and abs(own_w - followed_w[1]) >= moved_w
    )


def beside_members_w(
    circuit: CircuitConfig, tree: Tree, members: Sequence[Member]
) -> float | None:
    """Return what flows at a meter without our chargers, `None` while they move or it is not fresh."""
    reading = tree.inputs.meters.get(circuit.key)
    if reading is None or tree.states[circuit.key].freshness is not Freshness.FRESH:
        return None
    below = tree.below(circuit, members)
    if any(note_settled(one) is None for one in below):
        return None
    voltage_v = tree.site.voltage_v
    own_w = sum(power_w(one, voltage_v) for one in below)
    return _grid_w(reading, voltage_v) - own_w


def _grid_w(reading: MeterReading, voltage_v: float) -> float:
    if reading.power_w is not None:
        return reading.power_w
    return voltage_v * sum(reading.currents_a[phase] or 0.0 for phase in Phase)


def power_w(member: Member, voltage_v: float) -> float:
    """Return what a member takes as measured last; without a measurement what it is set to."""
    samples = member.memory.samples
    if samples and not member.is_silent:
        newest = samples[-1]
        if newest.power_w is not None:
            return newest.power_w
        return voltage_v * sum(newest.terminals_a)
    if member.status is not MemberStatus.CHARGING:
        return 0.0
    phases = len(member.terminals(member.phases_now))
    return voltage_v * phases * (member.in_force_a or 0.0)


def given_by_w(members: Iterable[Member], voltage_v: float) -> float:
    """Return what members give together as measured last, as a magnitude."""
    return sum(max(0.0, -power_w(member, voltage_v)) for member in members)


def note_settled(member: Member) -> float | None:
    """Return since when a member flows as it was told last, `None` while it is on its way."""
    memory = member.memory
    changed_at = memory.changed_at
    if changed_at is None or not member.counts:
        return member.now - SURELY * member.latency_s
    if memory.settled_at is None or memory.settled_at < changed_at:
        memory.settled_at = _settled_at(member, changed_at)
    return memory.settled_at


def _settled_at(member: Member, changed_at: float) -> float | None:
    after = [one for one in member.memory.samples if one.at > changed_at]
    if member.now >= changed_at + SURELY * member.latency_s:
        return member.now
    if not member.memory.samples:
        arrived_at = changed_at + member.latency_s
        return arrived_at if member.now >= arrived_at else None
    if not after:
        return None
    told_a = member.memory.issued_a or 0.0
    if abs(after[-1].current_a - told_a) <= ARRIVED_A:
        return after[-1].at
    is_late = member.now >= changed_at + member.latency_s
    return after[-1].at if is_late and _is_steady(after) else None


def _is_steady(samples: Sequence[Sample]) -> bool:
    return (
        len(samples) > 1
        and abs(samples[-1].current_a - samples[-2].current_a) <= STEADY_A
    )
