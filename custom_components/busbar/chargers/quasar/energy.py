"""Estimate energies: the charger counts none, so its power is integrated. Pure."""

from dataclasses import dataclass, replace
from typing import Final, Self

_LONGEST_GAP_S: Final = 60.0
"""Over a longer silence nothing is known, and nothing is counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnergyCount:
    """What went into and came out of vehicles since the entry was made, at the AC side."""

    charged_kwh: float = 0.0
    discharged_kwh: float = 0.0
    power_w: float | None = None
    at: float = 0.0

    def then(self, power_w: float, at: float) -> Self:
        """Return the count after a further reading; + charge, - discharge."""
        elapsed_s = at - self.at
        if self.power_w is None or not 0 <= elapsed_s <= _LONGEST_GAP_S:
            return replace(self, power_w=power_w, at=at)
        energy_kwh = (self.power_w + power_w) / 2 * elapsed_s / 3_600_000
        return replace(
            self,
            charged_kwh=self.charged_kwh + max(0.0, energy_kwh),
            discharged_kwh=self.discharged_kwh + max(0.0, -energy_kwh),
            power_w=power_w,
            at=at,
        )
