"""What Busbar is compared with: an ideal follower, a bound, and a model of the law that it replaces.

**Ideal.** In every second it knows exactly what the house takes and gives in the next one, without a meter and
without a way for its command. It tells the charger the step that is nearest to it, nothing where that is below the
minimum, and keeps what it has where that is as near. Guard times, ramps, minimums, whole amperes and the floor and
ceiling of the battery are those of everybody. So it is the best that can be done second by second. It is no bound:
whoever lets pass what does not last is less often inside a guard time when it counts.

*Rested* it keeps what spares batteries and contactors, too: our pause at zero between the directions, our number of
turns in an hour, and on AC our least times on and off. Whoever may not turn without a rest is compared with that.

**Bound.** The same step for the house of the same second, without guard, ramp or a car that takes its time. Nobody
can be better who rounds to the minimum like that, as long as the battery allows both directions.

**Seed.** The law of the program that Busbar follows, written from its description: every second the present
set-point minus the whole reading, in whole amperes, between a floor and a limit, with guard times; no filter, no
hysteresis, no dwell, and no doubt about the meter.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Self

from custom_components.busbar.balancer.inputs import MemberObservation, MemberStatus
from custom_components.busbar.balancer.modes import MODES, Mode

from .chargers import CEILING_PERCENT, FLOOR_PERCENT, FLOWS_W, MOST_A, VOLTAGE_V
from .followers import Sight
from .house import HOUR_S

LEVEL_HYSTERESIS = 2.0
SEED_ZERO_A, SEED_FLOOR_A = 2.5, 3.0
SEED_GUARDS_S = ((1, 6), (2, 8))
SEED_START_S, SEED_LEAP_S = 22, 11


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be set in a mode: 0, and steps from a minimum to a maximum, in one direction or in both."""

    amperes: Sequence[float]
    """In order."""
    half_step_a: float

    @classmethod
    def of(cls, settable_a: Sequence[float], mode: Mode) -> Self:
        """Return what a mode leaves of what can be set."""
        traits = MODES[mode]
        amperes = sorted(
            current_a
            for current_a in settable_a
            if current_a == 0
            or (current_a > 0 and traits.charges)
            or (current_a < 0 and traits.discharges)
        )
        steps_a = (after - before for before, after in pairwise(amperes))
        return cls(amperes, min(steps_a) / 2)

    def nearest(self, wanted_a: float, held_a: float = 0.0) -> float:
        """Return the step nearest to what is wanted, and what is held where that is as near.

        What would be rounded to less than the minimum is 0, however near the minimum is: else a battery would
        be discharged into the grid, or charged from there.
        """
        place = bisect_left(self.amperes, wanted_a)
        around = self.amperes[max(0, place - 1) : place + 1]
        if 0.0 in around:
            minimum_a = next((choice for choice in around if choice), 0.0)
            is_enough = abs(wanted_a) >= abs(minimum_a) - self.half_step_a
            return minimum_a if is_enough else 0.0
        best_a = min(around, key=lambda choice: abs(choice - wanted_a))
        is_as_near = abs(held_a - wanted_a) <= abs(best_a - wanted_a)
        return held_a if is_as_near and held_a in self.amperes else best_a

    def least_w(self, net_w: float) -> float:
        """Return what crosses the meter at least beside a house, signed."""
        return net_w + VOLTAGE_V * self.nearest(-net_w / VOLTAGE_V)


@dataclass(slots=True)
class Ideal:
    """The best that can be done second by second, see above."""

    settable_a: Sequence[float]
    mode: Mode
    turn_pause_s: float = 0.0
    """So long it rests between the directions …"""
    turns_per_hour: float = inf
    """… and so often it turns at most."""
    on_s: float = 0.0
    """So long it runs before it stops …"""
    off_s: float = 0.0
    """… and so long it rests before it starts again in the same direction."""
    _held_a: float = 0.0
    _switched_at: float = -inf
    _sign: int = 0
    _flowed_at: int = 0
    _turned_at: list[int] = field(default_factory=list)
    _is_empty: bool = False
    _is_full: bool = False
    _choices: Choices = field(init=False)
    _minimum_a: float = field(init=False)

    def __post_init__(self) -> None:
        """Take what the mode leaves."""
        self._choices = Choices.of(self.settable_a, self.mode)
        self._minimum_a = min(choice for choice in self.settable_a if choice > 0)

    def decide(self, sight: Sight) -> float | None:
        """Return a set-point to write now, `None` = nothing."""
        wanted_a = -sight.next_net_w / VOLTAGE_V
        best_a = self._choices.nearest(wanted_a, self._held_a)
        seen = sight.seen
        if seen is None or seen.status is MemberStatus.NO_VEHICLE:
            best_a = 0.0
        elif seen.state_of_charge is not None:
            self._note(seen.state_of_charge)
            if (best_a < 0 and self._is_empty) or (best_a > 0 and self._is_full):
                best_a = 0.0
        if not self._may_turn(best_a, sight):
            best_a = 0.0
        best_a = self._dwelt(best_a, sight.now)
        if best_a == self._held_a:
            return None
        self._held_a = best_a
        return best_a

    def _dwelt(self, wanted_a: float, now: int) -> float:
        """Return what is wanted, or what the least times on and off leave of it."""
        if bool(wanted_a) != bool(self._held_a):
            dwell_s = self.on_s if self._held_a else self.off_s
            if now - self._switched_at < dwell_s:
                return self._minimum_a if self._held_a else 0.0
            self._switched_at = now
        return wanted_a

    def _may_turn(self, wanted_a: float, sight: Sight) -> bool:
        """Return whether the direction was rested for long enough, and not turned too often."""
        if abs(sight.own_w) >= FLOWS_W:
            sign = 1 if sight.own_w > 0 else -1
            if self._sign and sign != self._sign:
                self._turned_at.append(sight.now)
            self._sign, self._flowed_at = sign, sight.now
        if wanted_a * self._sign >= 0:
            return True
        lately = [at for at in self._turned_at if at > sight.now - HOUR_S]
        has_rested = sight.now - self._flowed_at >= self.turn_pause_s
        return has_rested and len(lately) < self.turns_per_hour

    def _note(self, percent: float) -> None:
        """Keep the two points of hysteresis that everybody keeps."""
        if percent <= FLOOR_PERCENT or percent >= FLOOR_PERCENT + LEVEL_HYSTERESIS:
            self._is_empty = percent <= FLOOR_PERCENT
        if percent >= CEILING_PERCENT or percent <= CEILING_PERCENT - LEVEL_HYSTERESIS:
            self._is_full = percent >= CEILING_PERCENT


@dataclass(slots=True)
class Seed:
    """The law that Busbar replaces, see above. A stop that a battery limit makes it repeat is not counted."""

    mode: Mode
    _held_a: int = 0
    _opens_at: int = 0

    def decide(self, sight: Sight) -> float | None:
        """Return a set-point to write now, `None` = nothing."""
        seen, reading = sight.seen, sight.reading
        if (
            seen is None
            or seen.status is MemberStatus.NO_VEHICLE
            or reading is None
            or reading.power_w is None
        ):
            self._held_a = 0
            return None
        wanted_a = self._wanted(reading.power_w, seen)
        if sight.now < self._opens_at or wanted_a == self._held_a:
            return None
        self._opens_at = sight.now + self._guard_s(wanted_a)
        self._held_a = wanted_a
        return float(wanted_a)

    def _wanted(self, grid_w: float, seen: MemberObservation) -> int:
        traits = MODES[self.mode]
        wanted_a: float = self._held_a - round(grid_w / VOLTAGE_V)
        least_a = -MOST_A if traits.discharges else 0.0
        most_a = MOST_A if traits.charges else 0.0
        wanted_a = min(max(wanted_a, least_a), most_a)
        if abs(wanted_a) < SEED_ZERO_A:
            return 0
        percent = seen.state_of_charge or 0.0
        if wanted_a > 0 and percent >= CEILING_PERCENT:
            return 0
        if wanted_a < 0 and percent <= FLOOR_PERCENT:
            return 0
        return round(max(SEED_FLOOR_A, abs(wanted_a))) * (1 if wanted_a > 0 else -1)

    def _guard_s(self, wanted_a: int) -> int:
        if wanted_a and not self._held_a:
            return SEED_START_S
        step_a = abs(wanted_a - self._held_a)
        if wanted_a:
            for largest_a, guard_s in SEED_GUARDS_S:
                if step_a <= largest_a:
                    return guard_s
        return SEED_LEAP_S
