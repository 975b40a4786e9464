"""Merge what a person wishes and what a site allocates into one set-point.

Pure: what is written to a charger follows from the wish, the allocation and the time alone.
Amperes per phase, plus is charging, minus is discharging; times are seconds of one monotonic clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ..chargers.model import Capabilities


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a person asked of a charger. It caps every allocation, and is kept over restarts."""

    current_limit_a: float | None = None
    """Without a site the set-point itself, minus is discharging; under a site a cap in both directions."""
    phases: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for storage."""
        return {"current_limit_a": self.current_limit_a, "phases": self.phases}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore it from storage."""
        return cls(
            current_limit_a=data.get("current_limit_a"), phases=data.get("phases")
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteAllocation:
    """What a site grants a charger until `ends_at`; unless renewed, the charger then falls to `falls_to_a`."""

    current_a: float
    ends_at: float
    falls_to_a: float
    phases: int | None = None
    lease_s: float | None = None
    """How long the charger itself is to hold it, `None` = until it is told otherwise."""

    def current_at(self, now: float) -> float:
        """Return the current that holds at `now`; the end of an allocation only ever lowers it."""
        if now < self.ends_at:
            return self.current_a
        if self.current_a < 0:
            # A discharge has to stop when nobody watches the meter any more.
            return 0.0
        return min(self.current_a, self.falls_to_a)


@dataclass(frozen=True, kw_only=True, slots=True)
class Setpoint:
    """What is written to a charger; `None` leaves a part of it alone."""

    current_a: float | None = None
    phases: int | None = None
    lease_s: float | None = None


def merge(
    capabilities: Capabilities,
    wish: Wish,
    allocation: SiteAllocation | None,
    now: float,
) -> Setpoint:
    """Return the set-point that serves both: never more than the person or the site allows."""
    if allocation is None:
        return Setpoint(current_a=wish.current_limit_a, phases=wish.phases)
    current_a = allocation.current_at(now)
    if wish.current_limit_a is not None:
        cap_a = abs(wish.current_limit_a)
        current_a = max(min(current_a, cap_a), -cap_a)
    return Setpoint(
        current_a=_settable(capabilities, current_a),
        phases=_fewer(allocation.phases, wish.phases),
        lease_s=allocation.lease_s,
    )


def _settable(capabilities: Capabilities, current_a: float) -> float:
    """Return the settable current that is nearest to `current_a` from the side of 0."""
    if current_a < 0:
        return (
            -capabilities.discharge.floor(-current_a) if capabilities.discharge else 0.0
        )
    return capabilities.charge.floor(current_a) if capabilities.charge else current_a


def _fewer(allocated: int | None, wished: int | None) -> int | None:
    """Return the smaller of two phase counts, `None` meaning no opinion."""
    known = [count for count in (allocated, wished) if count is not None]
    return min(known, default=None)
