"""Decide in which unit `chargePower` arrives.

One client in daily use takes it for watts, its own change log says kilowatts, and no live value above
zero is published. Every rule about it stands in `power_unit`, so that one live log can settle it.
"""

from enum import StrEnum
from typing import Final

MOST_KW: Final = 50.0
"""A home unit delivers at most 22 kW: a larger number can only be watts."""
LEAST_REFERENCE_KW: Final = 0.5
"""Less is a trickle, and proves nothing."""


class PowerUnit(StrEnum):
    """Be one of the two units."""

    WATT = "w"
    KILOWATT = "kw"


def power_unit(
    power: float,
    *,
    remembered: PowerUnit | None,
    system_kw: float | None,
    session_maximum_kw: float | None,
) -> PowerUnit | None:
    """Return the unit of a `chargePower`, `None` while it cannot be told.

    `system_kw` is `sysChargePower` of the same report, `session_maximum_kw` is `chargePowerMax`; both are
    in kilowatts. The caller remembers the unit for this charger.
    """
    if power > MOST_KW:
        return PowerUnit.WATT
    if power >= LEAST_REFERENCE_KW and system_kw is not None:
        # As watts these would be a trickle: a report of kilowatts beside it decides.
        if system_kw >= LEAST_REFERENCE_KW and power / system_kw > 0.3:
            return PowerUnit.KILOWATT
    if remembered is not None:
        return remembered
    if session_maximum_kw is None or session_maximum_kw < LEAST_REFERENCE_KW:
        return None
    if power > 1.2 * session_maximum_kw:
        return PowerUnit.WATT
    if power > 0.3 * session_maximum_kw:
        return PowerUnit.KILOWATT
    return None


def in_watts(power: float | None, unit: PowerUnit | None) -> float | None:
    """Return watts; zero is zero in every unit."""
    if power is None or power == 0:
        return power
    if unit is None:
        return None
    return power if unit is PowerUnit.WATT else power * 1000
