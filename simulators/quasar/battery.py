"""Model the battery of a CHAdeMO car, and how oddly its car reports it."""

from dataclasses import dataclass
from itertools import pairwise
import math
from typing import Self

from simulators.world import CarSpec

_AMPS = (0, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 32)
_CHARGE = (0.3, 0.57, 0.68, 0.74, 0.79, 0.82, 0.83, 0.85, 0.88, 0.89, 0.89, 0.92)
_DISCHARGE = (0.3, 0.66, 0.72, 0.77, 0.80, 0.83, 0.85, 0.87, 0.88, 0.90, 0.90, 0.92)


def efficiency(current_a: float) -> float:
    """Return which part of the power arrives at the other side, + charge, - discharge."""
    curve = _CHARGE if current_a > 0 else _DISCHARGE
    size_a = min(abs(current_a), _AMPS[-1])
    points = pairwise(zip(_AMPS, curve, strict=True))
    return next(
        low + (high - low) * (size_a - low_a) / (high_a - low_a)
        for (low_a, low), (high_a, high) in points
        if size_a <= high_a
    )


@dataclass(kw_only=True)
class BatteryCar:
    """Be a car whose battery fills and empties through its DC plug."""

    level_percent: float = 50.0
    capacity_kwh: float = 40.0
    ceiling_percent: float = 97.0
    """Charging ends here; it may have arrived fuller."""
    floor_percent: float = 3.0
    """The car itself ends a discharge here."""
    skipped: frozenset[int] = frozenset({20, 30})
    """Percents that its battery management never reports."""

    @classmethod
    def like(cls, spec: CarSpec | None) -> Self:
        """Return a car that wants as much energy as the spec says, a half full one without."""
        car = cls()
        if spec is not None and math.isfinite(spec.energy_wanted_kwh):
            wanted_percent = 100 * spec.energy_wanted_kwh / car.capacity_kwh
            car.level_percent = max(5.0, car.ceiling_percent - wanted_percent)
        return car

    def take(self, energy_kwh: float) -> None:
        """Put energy in (+) or take it out (-)."""
        percent = self.level_percent + 100 * energy_kwh / self.capacity_kwh
        self.level_percent = min(100.0, max(0.0, percent))

    @property
    def accepts_charge(self) -> bool:
        """Whether it still charges."""
        return self.level_percent < self.ceiling_percent

    @property
    def accepts_discharge(self) -> bool:
        """Whether it still gives energy."""
        return self.level_percent > self.floor_percent

    @property
    def reported_percent(self) -> int:
        """What the car says: whole percents, without the skipped ones."""
        percent = int(self.level_percent)
        if percent in self.skipped:
            return percent + 1 if self.level_percent % 1 >= 0.5 else percent - 1
        return percent

    @property
    def voltage_v(self) -> float:
        """What the battery has, a little more when it is full."""
        return 330.0 + 0.65 * self.level_percent
