"""The law of following: how much of what is available one charger takes now, and with how many phases.

A charger takes the whole step that is nearest, and changes only once what is available is beyond half a step and
the hysteresis, so that a kettle moves it and noise does not. It starts after a dwell and stops after a dwell; in
between it keeps its minimum.
"""

from dataclasses import dataclass
from math import floor
from typing import Final

from .member import Member
from .phases import choice_of

SMALL_STEP_A: Final = 2.0
"""A change of no more than this can wait."""
STOP_HYSTERESES: Final = 3.0
"""Following stops so many hystereses below its minimum: 150 W with the usual 50 W."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """How a member can follow: its currents and what an ampere of it is in watts."""

    minimum_a: float
    maximum_a: float
    step_a: float
    watts_per_ampere: float

    @property
    def minimum_w(self) -> float:
        """Return the least power it runs with."""
        return self.minimum_a * self.watts_per_ampere

    def nearest(self, power_w: float) -> float:
        """Return the settable current nearest to a power, at least the minimum."""
        current_a = power_w / self.watts_per_ampere
        if self.step_a:
            current_a = floor(current_a / self.step_a + 0.5) * self.step_a
        return min(max(current_a, self.minimum_a), self.maximum_a)


def bounds_of(
    member: Member, sign: int, voltage_v: float, phases: int | None = None
) -> Bounds:
    """Return how a member can run in a direction, now or with another number of phases."""
    choice = choice_of(member, phases or member.phases_now)
    minimum_a, maximum_a = choice.minimum_a, choice.maximum_a
    capabilities = member.capabilities
    settable = capabilities.charge if capabilities else None
    if sign < 0:
        settable = capabilities.discharge if capabilities else None
        minimum_a = settable.minimum_a if settable else 0.0
        most_a = settable.maximum_a if settable else 0.0
        maximum_a = min(most_a, member.config.maximum_a)
    if member.traits.follows and member.intent.current_a is not None:
        maximum_a = min(maximum_a, member.intent.current_a)
    return Bounds(
        minimum_a=minimum_a,
        maximum_a=maximum_a,
        step_a=settable.step_a if settable else 0.0,
        watts_per_ampere=voltage_v * max(1, len(choice.terminals)),
    )


def phases_for(member: Member, sun_w: float, voltage_v: float) -> int | None:
    """Return with how many phases the sun is followed, `None` where they cannot be switched.

    Few phases where all of them would be too much; more again once their minimum is there with the hysteresis that
    a start wants. How long that has to last is the balancer's dwell for phases.
    """
    capabilities, options = member.capabilities, member.options
    if member.config.contactor is not None:
        counts = [1, 3]
    elif capabilities is not None and capabilities.can_switch_phases:
        counts = sorted(capabilities.phases)
    else:
        return None
    present = member.phases_now
    most = counts[0]
    for count in counts[1:]:
        margin_w = options.follow_hysteresis_w
        margin_w *= -STOP_HYSTERESES if present >= count else 1.0
        if sun_w >= bounds_of(member, 1, voltage_v, count).minimum_w + margin_w:
            most = count
    return most


def pace(
    member: Member, sign: int, running_a: float, available_w: float, bounds: Bounds
) -> float:
    """Return how much of what is available is followed now, as a magnitude: with dwells and hysteresis."""
    memory, options, now = member.memory, member.options, member.now
    if bounds.maximum_a < bounds.minimum_a:
        return 0.0
    if not running_a:
        return _start(member, sign, available_w, bounds)
    memory.sun_at = memory.need_at = None
    stop_w = bounds.minimum_w - STOP_HYSTERESES * options.follow_hysteresis_w
    if available_w >= stop_w:
        memory.short_at = None
    elif memory.short_at is None:
        memory.short_at = now
    elif now >= max(memory.short_at + options.follow_stop_s, _on_until(member)):
        memory.short_at = None
        return 0.0
    nearest_a = bounds.nearest(available_w)
    if _may_stay(member, running_a, nearest_a, available_w, bounds):
        return running_a
    return nearest_a


def _may_stay(
    member: Member,
    running_a: float,
    nearest_a: float,
    available_w: float,
    bounds: Bounds,
) -> bool:
    """Return whether what is available is near enough to what runs, or a change of it too small to be made now."""
    if not bounds.minimum_a <= running_a <= bounds.maximum_a:
        return False
    options, changed_at = member.options, member.memory.changed_at
    away_w = abs(available_w - running_a * bounds.watts_per_ampere)
    half_w = bounds.step_a * bounds.watts_per_ampere / 2
    if away_w <= half_w + options.follow_hysteresis_w:
        return True
    # An ampere or two that come and go are worth less than the writes that it costs.
    is_small = abs(nearest_a - running_a) <= max(bounds.step_a, SMALL_STEP_A)
    return (
        is_small
        and changed_at is not None
        and member.now - changed_at < options.follow_calm_s
    )


def _on_until(member: Member) -> float:
    """Return until when it was started for; guard times of its own take that place at a charger for both directions."""
    on_at = member.memory.on_at
    if on_at is None or member.is_bidirectional:
        return 0.0
    return on_at + member.options.minimum_on_s


def _start(member: Member, sign: int, available_w: float, bounds: Bounds) -> float:
    """Return what to start with, once there has been enough for long enough; else 0."""
    memory, options = member.memory, member.options
    is_enough = available_w >= bounds.minimum_w + options.follow_hysteresis_w
    since_at = memory.sun_at if sign > 0 else memory.need_at
    if not is_enough:
        since_at = None
    elif since_at is None:
        since_at = member.now
    wait_s = options.follow_start_s
    if sign > 0:
        memory.sun_at = since_at
    else:
        memory.need_at, wait_s = since_at, options.follow_house_start_s
    memory.short_at = None
    if since_at is None or member.now - since_at < wait_s:
        return 0.0
    return bounds.nearest(available_w)
