"""Decide what may be written as a set-point, and when. Pure; time is an argument.

The charger needs seconds to follow a set-point, and must not be hurried: a start takes 22 s, small
steps 6 s and 8 s, larger ones and a stop 11 s. Within such a guard time the latest wish waits,
except that a stop always passes, and a reduction passes every 6 s.
"""

from dataclasses import dataclass
from enum import StrEnum
import math
from typing import Final

from .registers import MINIMUM_A

_GUARD_AFTER_START_S: Final = 21.9
_GUARD_AFTER_STEP_S: Final = ((1, 5.9), (2, 7.9))
_GUARD_AFTER_LEAP_S: Final = 10.9
_REDUCTION_GAP_S: Final = 6.0

_LEVEL_HYSTERESIS: Final = 2
# Batteries skip single percents (20 and 30 on some), so nothing is ever compared for equality.
NO_CEILING: Final = 100


def whole_amps(current_a: float) -> int:
    """Return the set-point for a wanted current: whole, never more than wanted, ±1 and ±2 A are 0."""
    # A hair of tolerance: 16.0 may arrive as 15.999999999 from a sum of floats.
    size_a = math.floor(abs(current_a) + 1e-6)
    if size_a < MINIMUM_A:
        return 0
    return size_a if current_a > 0 else -size_a


class SetpointGuard:
    """Pace the set-points of one charger."""

    def __init__(self) -> None:
        """Begin open, with nothing sent."""
        self._held_a = 0
        self._opens_at = -math.inf
        self._reduces_at = -math.inf

    def opens_in_s(self, now: float) -> float:
        """Return how long everything but a stop or a reduction has to wait; 0 when open."""
        return max(0.0, self._opens_at - now)

    def admits(self, wanted_a: int, now: float) -> int | None:
        """Return what may be written now on the way to `wanted_a`, `None` to wait."""
        if wanted_a == 0 or now >= self._opens_at:
            return wanted_a
        if now < self._reduces_at:
            return None
        turns = wanted_a * self._held_a < 0
        # A turn waits for its guard time; until then at least the present direction is let go of.
        nearer_a = int(math.copysign(MINIMUM_A, self._held_a)) if turns else wanted_a
        return nearer_a if abs(nearer_a) < abs(self._held_a) else None

    def sent(self, current_a: int, now: float, *, starts: bool = False) -> None:
        """Take note of a written set-point; `starts` when nothing flowed before it."""
        guard_s = self._guard_s(current_a, starts=starts)
        if current_a and abs(current_a) < abs(self._held_a) and not starts:
            # A reduction that passed does not shorten what is still running.
            self._opens_at = max(self._opens_at, now + guard_s)
        else:
            self._opens_at = now + guard_s
        self._reduces_at = now + _REDUCTION_GAP_S
        self._held_a = current_a

    def forget(self) -> None:
        """Begin anew: the charger has lost what it was told."""
        self._held_a = 0
        self._opens_at = self._reduces_at = -math.inf

    def _guard_s(self, current_a: int, *, starts: bool) -> float:
        if current_a == 0:
            return _GUARD_AFTER_LEAP_S if self._held_a else 0.0
        if starts or self._held_a == 0:
            return _GUARD_AFTER_START_S
        step_a = abs(current_a - self._held_a)
        for largest_a, guard_s in _GUARD_AFTER_STEP_S:
            if step_a <= largest_a:
                return guard_s
        return _GUARD_AFTER_LEAP_S


class Barrier(StrEnum):
    """Why a direction is closed by the state of charge."""

    FLOOR = "state_of_charge_floor"
    CEILING = "state_of_charge_ceiling"
    UNKNOWN = "state_of_charge_unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelRules:
    """Between which states of charge the battery may be used."""

    floor_percent: int
    ceiling_percent: int

    def barrier(
        self, current_a: float, level_percent: int | None, *, is_flowing: bool
    ) -> Barrier | None:
        """Return what forbids this current; beginning needs two points more than going on."""
        margin = 0 if is_flowing else _LEVEL_HYSTERESIS - 1
        if current_a < 0:
            if level_percent is None:
                return Barrier.UNKNOWN
            too_low = level_percent <= self.floor_percent + margin
            return Barrier.FLOOR if too_low else None
        if (
            current_a == 0
            or level_percent is None
            or self.ceiling_percent >= NO_CEILING
        ):
            return None
        too_high = level_percent >= self.ceiling_percent - margin
        return Barrier.CEILING if too_high else None
