"""Make a trustworthy state of charge out of register 0x21A. Pure; time is an argument.

The register reads 0 without a vehicle and whenever no power flows, sometimes 1 or 4 for a moment,
and never the percents that a battery management skips.
"""

from typing import Final

_SURE_FROM: Final = 5
_SURE_TO: Final = 100
_STABLE_S: Final = 60.0
_NEAR_PERCENT: Final = 3
_SAME_VEHICLE_S: Final = 120.0
"""Unheard for longer, or without a word of whether a vehicle is there, another one may stand there."""


class StateOfCharge:
    """Hold the last good value while the same vehicle stays."""

    def __init__(self) -> None:
        """Begin without a value."""
        self.percent: int | None = None
        self._sure_at: float | None = None
        """When it was heard last that a vehicle is there."""
        self._low: int | None = None
        self._low_since = 0.0

    def update(self, raw: int, *, vehicle_connected: bool | None, now: float) -> None:
        """Take a reading."""
        gap_s = 0.0 if self._sure_at is None else now - self._sure_at
        is_good = _SURE_FROM <= raw <= _SURE_TO
        if vehicle_connected or is_good:
            self._sure_at = now
        if vehicle_connected is False or gap_s > _SAME_VEHICLE_S:
            self.percent = self._low = None
        if vehicle_connected is False:
            return
        if is_good:
            self.percent, self._low = raw, None
        elif 0 < raw < _SURE_FROM:
            self._take_low(raw, now)

    def _take_low(self, raw: int, now: float) -> None:
        """Believe 1 to 4 only when it stays, and only near to what was known."""
        if raw != self._low:
            self._low, self._low_since = raw, now
        is_stable = now - self._low_since >= _STABLE_S
        if is_stable and self.percent is not None:
            if abs(self.percent - raw) <= _NEAR_PERCENT:
                self.percent = raw
