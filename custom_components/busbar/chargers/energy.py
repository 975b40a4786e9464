"""Keep an energy counter monotone although its meter stumbles. Pure.

After a hiccup of its bus a meter may read nothing, nearly nothing or nonsense for a moment. A counter
that falls and rises again would be booked a second time in full, so a reading is taken only if it can
follow from the last one, or once it has held long enough to be a new meter.
"""

import math
from typing import Final

SETTLE_S: Final = 60.0
"""How long an implausible reading must hold before it counts as a new meter."""
ROUNDING_KWH: Final = 0.01
"""How far a counter may seem to fall because its wire rounds."""
NOTHING_KWH: Final = 1e-6
"""Below this a counter has not counted anything yet, or stumbled."""
MAXIMUM_POWER_KW: Final = 100.0
"""More than any AC charger or house connection in reach of this project."""
SLACK_KWH: Final = 1.0
"""A meter that books in steps may be this much ahead of the power limit."""


class EnergyFilter:
    """Let through the plausible readings of one energy counter, in kWh."""

    def __init__(
        self, *, settle_s: float = SETTLE_S, maximum_power_kw: float = MAXIMUM_POWER_KW
    ) -> None:
        """Begin without a reading."""
        self._settle_s = settle_s
        self._maximum_power_kw = maximum_power_kw
        self._energy_kwh: float | None = None
        self._taken_at = 0.0
        self._doubtful_kwh: float | None = None
        self._doubtful_at = 0.0
        self._doubtful_since = 0.0

    @property
    def energy_kwh(self) -> float | None:
        """Return the last reading that was taken."""
        return self._energy_kwh

    def take(self, reading_kwh: float | None, now: float) -> float | None:
        """Judge a reading made at `now` (seconds, monotonic) and return the counter."""
        if reading_kwh is None or not math.isfinite(reading_kwh) or reading_kwh < 0:
            return self._energy_kwh
        if self._may_follow(self._energy_kwh, self._taken_at, reading_kwh, now):
            self._accept(max(reading_kwh, self._energy_kwh or 0.0), now)
        else:
            self._doubt(reading_kwh, now)
        return self._energy_kwh

    def _may_follow(
        self, last_kwh: float | None, last_at: float, reading_kwh: float, now: float
    ) -> bool:
        """Return whether a meter that read `last_kwh` can read this now."""
        if last_kwh is None:
            return reading_kwh >= NOTHING_KWH
        if reading_kwh < NOTHING_KWH <= last_kwh:
            return False
        passed_h = max(0.0, now - last_at) / 3600
        most_kwh = last_kwh + SLACK_KWH + self._maximum_power_kw * passed_h
        return last_kwh - ROUNDING_KWH <= reading_kwh <= most_kwh

    def _accept(self, energy_kwh: float, now: float) -> None:
        """Take a reading, and forget what was doubted before."""
        self._energy_kwh = energy_kwh
        self._taken_at = now
        self._doubtful_kwh = None

    def _doubt(self, reading_kwh: float, now: float) -> None:
        """Watch an implausible reading until it has held long enough."""
        last_kwh = self._doubtful_kwh
        held = last_kwh is not None and (
            reading_kwh == last_kwh
            or self._may_follow(last_kwh, self._doubtful_at, reading_kwh, now)
        )
        if not held:
            self._doubtful_since = now
        self._doubtful_kwh = reading_kwh
        self._doubtful_at = now
        if held and now - self._doubtful_since >= self._settle_s:
            self._accept(reading_kwh, now)
