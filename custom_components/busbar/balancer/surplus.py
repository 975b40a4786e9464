"""What every member's mode asks for, before any limit: sun, house, a fixed current, or nothing.

What the house takes beside our chargers is the meter's power minus theirs *as measured* (`house`): what it would
export is the sun's, what it would import is its need. How much of it a charger takes says the law (`law`), what
its vehicle's battery forbids `turning`. One reading is followed once, and only when everybody has arrived at what
was asked before.

Several followers below one meter are served in turn: by priority, then those who run. None of them is ever
discharged for another, and the home battery is not emptied into a vehicle.

Limits come after this (`entitlement`): the fuse in both directions, the target, a person's wish.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import copysign, inf
from typing import Final

from .decision import Freshness
from .house import House, beside_members_w, given_by_w, house_at, meter_of
from .inputs import CircuitConfig, Inputs, MemberStatus, Options
from .law import bounds_of, pace, phases_for
from .member import Member
from .model import ReasonKey
from .modes import Mode
from .tree import Tree
from .turning import barrier_for, note_battery

PLAIN: Final[Mapping[Mode, Callable[[float | None], float]]] = {
    Mode.OFF: lambda _: 0.0,
    Mode.OFF_UNTIL_DISCONNECTED: lambda _: 0.0,
    Mode.CHARGE: lambda most_a: inf if most_a is None else most_a,
    Mode.DISCHARGE: lambda most_a: -inf if most_a is None else -most_a,
    Mode.FIXED: lambda current_a: current_a or 0.0,
}
"""What a mode asks for that follows no meter, by the current that is stated with it, if any."""


@dataclass(slots=True, kw_only=True)
class Pool:
    """What is left for the followers below one meter, in watts."""

    sun_w: float = 0.0
    need_w: float = 0.0


def ask(members: Sequence[Member], tree: Tree) -> None:
    """Set what every member's mode asks for, signed, and why it asks for no more."""
    for member in members:
        note_battery(member)
    followed: dict[str, tuple[CircuitConfig, list[Member]]] = {}
    for member in members:
        if not member.traits.follows:
            _ask_plainly(member)
        elif (circuit := meter_of(member, tree)) is None:
            _demand(member, 0.0, ReasonKey.NOTHING_TO_FOLLOW)
        else:
            followed.setdefault(circuit.key, (circuit, []))[1].append(member)
    for circuit, followers in followed.values():
        _follow_meter(circuit, followers, members, tree)
    _keep_feed_in_limit(members, tree)
    for member in members:
        member.memory.follows_a = member.asked_a or 0.0


def _ask_plainly(member: Member) -> None:
    """Ask for what a mode says that follows no meter."""
    intent = member.intent
    if intent.mode not in PLAIN:
        return
    wanted_a = PLAIN[intent.mode](intent.current_a)
    if wanted_a < inf or member.is_bidirectional or member.memory.is_full:
        _demand(member, wanted_a)


def _demand(
    member: Member,
    current_a: float,
    key: ReasonKey = ReasonKey.LIMITED_BY_MODE,
    until_at: float | None = None,
) -> None:
    """Ask for a current, as far as the vehicle's battery allows."""
    sign = 1 if current_a > 0 else -1
    bounds = bounds_of(member, sign, 1.0)
    size_a = min(abs(current_a), bounds.maximum_a)
    if member.is_bidirectional and member.status is MemberStatus.NO_VEHICLE:
        # What is set at an empty one would flow as soon as a vehicle comes, whatever its state of charge.
        size_a = 0.0
    if size_a:
        barrier = barrier_for(member, sign, bounds.minimum_a)
        if barrier is not None and barrier.current_a < size_a:
            size_a, key, until_at = barrier.current_a, barrier.key, barrier.until_at
    member.asked_a = copysign(size_a, current_a) if size_a else 0.0
    member.asked_key, member.asked_until_at = key, until_at


def _follow_meter(
    circuit: CircuitConfig,
    followers: Sequence[Member],
    members: Sequence[Member],
    tree: Tree,
) -> None:
    """Ask for what the house leaves or needs; while the meter says nothing new, for the same as before."""
    house = house_at(circuit, tree, members)
    if house is None:
        is_lost = tree.states[circuit.key].freshness is Freshness.LOST
        for member in followers:
            _hold(member, is_lost=is_lost)
        return
    pool = _pool(house, tree.inputs, tree.site.options)
    order = sorted(
        followers,
        key=lambda one: (-one.config.priority, not one.memory.allocated_a, one.key),
    )
    for member in order:
        member.memory.followed_at = house.at
        _follow(member, pool, tree.site.voltage_v)


def _hold(member: Member, *, is_lost: bool) -> None:
    """Ask for the same as before; a discharge that nobody watches ends."""
    held_a = member.memory.follows_a
    if is_lost and held_a <= 0:
        _demand(member, 0.0, ReasonKey.FAIL_SAFE)
        return
    _demand(member, held_a, _following_key(held_a))


def _following_key(current_a: float) -> ReasonKey:
    if not current_a:
        return ReasonKey.NOTHING_TO_FOLLOW
    return ReasonKey.FOLLOWS_SUN if current_a > 0 else ReasonKey.FOLLOWS_HOUSE


def _pool(house: House, inputs: Inputs, options: Options) -> Pool:
    """Return what sun and need are, beside the home battery.

    What the battery gives is no sun, or a vehicle would empty it; what it takes is no need. Whether what it takes is
    sun for vehicles, a person says.
    """
    battery_w = inputs.home_battery_w or 0.0
    taken_w, given_w = max(battery_w, 0.0), max(-battery_w, 0.0)
    theirs_w = 0.0 if options.battery_goes_first else taken_w
    bias_w = options.follow_bias_w
    return Pool(
        sun_w=max(0.0, bias_w - house.beside_followers_w - given_w + theirs_w),
        need_w=max(0.0, house.beside_members_w - bias_w - taken_w),
    )


def _follow(member: Member, pool: Pool, voltage_v: float) -> None:
    """Ask for what one follower makes of the pool, and take that out of it."""
    memory, traits = member.memory, member.traits
    running_a = memory.allocated_a
    wanted_a = 0.0
    if traits.charges and running_a >= 0:
        wanted_a = _charge(member, pool, voltage_v)
    if traits.discharges and not wanted_a and running_a <= 0:
        bounds = bounds_of(member, -1, voltage_v)
        wanted_a = -pace(member, -1, -running_a, pool.need_w, bounds)
    _demand(member, wanted_a, _following_key(wanted_a), _starts_at(member, wanted_a))
    asked_a = member.asked_a or 0.0
    asked_w = asked_a * voltage_v * len(member.terminals(_phases_of(member)))
    if member.counts:
        pool.sun_w = max(0.0, pool.sun_w - max(asked_w, 0.0))
        pool.need_w = max(0.0, pool.need_w - max(-asked_w, 0.0))


def _phases_of(member: Member) -> int:
    return member.asked_phases or member.phases_now


def _starts_at(member: Member, wanted_a: float) -> float | None:
    """Return when it starts if it goes on like this, `None` where that is not in sight."""
    memory, options = member.memory, member.options
    if wanted_a:
        return None
    if memory.sun_at is not None:
        return memory.sun_at + options.follow_start_s
    if memory.need_at is not None:
        return memory.need_at + options.follow_house_start_s
    return None


def _charge(member: Member, pool: Pool, voltage_v: float) -> float:
    """Return the current to charge with, with the phases that fit."""
    phases = phases_for(member, pool.sun_w, voltage_v)
    bounds = bounds_of(member, 1, voltage_v, phases)
    running_a = member.memory.allocated_a
    if phases is not None and phases != member.phases_now:
        # As much power as before, until the switch is done.
        running_a *= member.phases_now / phases
    member.asked_phases = phases
    wanted_a = pace(member, 1, running_a, pool.sun_w, bounds)
    return max(wanted_a, bounds.minimum_a) if member.traits.keeps_minimum else wanted_a


def _keep_feed_in_limit(members: Sequence[Member], tree: Tree) -> None:
    """Lower discharges so that no more is exported at the supply than may be."""
    limit_w = tree.site.options.feed_in_limit_w
    givers = [member for member in members if member.discharges]
    if limit_w is None or not givers:
        return
    house_w = beside_members_w(tree.supply, tree, members)
    if house_w is not None:
        tree.memory.house_w = house_w
    # Without a meter the house may take nothing at all.
    room_w = limit_w + (tree.memory.house_w or 0.0)
    others = [member for member in members if member not in givers]
    room_w = max(0.0, room_w - given_by_w(others, tree.site.voltage_v))
    for member in sorted(givers, key=lambda one: (-one.config.priority, one.key)):
        bounds = bounds_of(member, -1, tree.site.voltage_v)
        most_a = room_w / bounds.watts_per_ampere
        if -(member.asked_a or 0.0) > most_a:
            member.asked_a = -most_a if most_a >= bounds.minimum_a else 0.0
            member.asked_key = ReasonKey.LIMITED_BY_FEED_IN
        room_w += (member.asked_a or 0.0) * bounds.watts_per_ampere
