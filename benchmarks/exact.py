"""The exact answer by trying every set: most served, then the fairest, then the most current.

Written from the definition and on its own: nothing of the balancer is used here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from .cases import Case, Wires

_HAIR = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one contestant gives to each charger, 0 for those that wait."""

    currents_a: list[float]

    @property
    def served(self) -> int:
        """Return how many run."""
        return sum(current_a > 0 for current_a in self.currents_a)

    def phase_amps(self, case: Case) -> float:
        """Return the current on all phases together."""
        return sum(
            current_a * len(charger.phases)
            for current_a, charger in zip(self.currents_a, case.chargers, strict=True)
        )

    def broken_limits(self, case: Case, tolerance_a: float = 1e-6) -> int:
        """Return how many limits are exceeded, and how many offers lie between 0 and the minimum."""
        wires = case.wires()
        taken = [0.0] * len(wires.limits_a)
        wrong = 0
        for current_a, charger, mine in zip(
            self.currents_a, case.chargers, wires.uses, strict=True
        ):
            wrong += 0 < current_a < charger.minimum_a - tolerance_a
            wrong += current_a > charger.maximum_a + tolerance_a
            for wire in mine:
                taken[wire] += current_a
        return wrong + sum(
            amps > limit_a + tolerance_a
            for amps, limit_a in zip(taken, wires.limits_a, strict=True)
        )


def exact(case: Case) -> Outcome:
    """Return the best outcome there is."""
    wires = case.wires()
    for size in range(len(case.chargers), 0, -1):
        outcomes = [
            _filled(case, wires, chosen) for chosen in _feasible(case, wires, size)
        ]
        if outcomes:
            return max(outcomes, key=lambda outcome: _worth(case, outcome))
    return Outcome(currents_a=[0.0] * len(case.chargers))


def _worth(case: Case, outcome: Outcome) -> tuple[list[float], float]:
    currents_a = sorted(round(amps, 6) for amps in outcome.currents_a)
    return currents_a, round(outcome.phase_amps(case), 6)


def _feasible(case: Case, wires: Wires, size: int) -> Iterator[tuple[int, ...]]:
    for chosen in combinations(range(len(case.chargers)), size):
        left = wires.limits_a.copy()
        for number in chosen:
            for wire in wires.uses[number]:
                left[wire] -= case.chargers[number].minimum_a
        if min(left) >= -_HAIR:
            yield chosen


def _filled(case: Case, wires: Wires, chosen: tuple[int, ...]) -> Outcome:
    """Raise whoever has least, all of them together, until a limit or a maximum holds them."""
    currents_a = [0.0] * len(case.chargers)
    left = wires.limits_a.copy()
    for number in chosen:
        currents_a[number] = case.chargers[number].minimum_a
        for wire in wires.uses[number]:
            left[wire] -= currents_a[number]
    moving = set(chosen)
    while moving:
        least = min(currents_a[number] for number in moving)
        low = [number for number in moving if currents_a[number] <= least + _HAIR]
        riders = [
            sum(wire in wires.uses[number] for number in low)
            for wire in range(len(left))
        ]
        rise = min(
            *(case.chargers[number].maximum_a - currents_a[number] for number in low),
            *(left[wire] / riders[wire] for wire in range(len(left)) if riders[wire]),
            *(currents_a[number] - least for number in moving if number not in low),
        )
        for number in low:
            currents_a[number] += max(0.0, rise)
            for wire in wires.uses[number]:
                left[wire] -= max(0.0, rise)
        moving -= {
            number
            for number in low
            if currents_a[number] >= case.chargers[number].maximum_a - _HAIR
            or any(left[wire] <= _HAIR for wire in wires.uses[number])
        }
    return Outcome(currents_a=currents_a)
