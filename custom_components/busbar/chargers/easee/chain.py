"""Lay out every limit that Easee applies to a charger or a circuit; the lowest wins."""

from collections.abc import Iterable
from typing import Final

from ..model import Limit, PhaseValues
from .observations import CIRCUIT_MAXIMUM, DYNAMIC, EQUALIZER, OFFLINE, Obs
from .parse import cable_a, is_online
from .reports import Reports

FUSE: Final = "circuit_fuse"
CIRCUIT_MAXIMUM_KEY: Final = "circuit_maximum"
CIRCUIT_DYNAMIC: Final = "circuit_dynamic"
CIRCUIT_OFFLINE: Final = "circuit_offline"
CHARGER_MAXIMUM: Final = "charger_maximum"
CHARGER_DYNAMIC: Final = "charger_dynamic"
CABLE: Final = "cable"
TEMPERATURE: Final = "temperature"
GRID_METER: Final = "equalizer"

CIRCUIT_KEYS: Final = (FUSE, CIRCUIT_MAXIMUM_KEY, CIRCUIT_DYNAMIC, CIRCUIT_OFFLINE)
CHARGER_KEYS: Final = (
    *CIRCUIT_KEYS,
    CHARGER_MAXIMUM,
    CHARGER_DYNAMIC,
    CABLE,
    TEMPERATURE,
    GRID_METER,
)


def over_phases(values: PhaseValues) -> float | None:
    """Return the one current that a pilot can tell for three limits.

    Zeros on some phases leave the others in use; zeros on all stop the charge.
    """
    known = [value for value in values if value is not None]
    used = [value for value in known if value > 0]
    return min(used) if used else 0.0 if known else None


def circuit_limits(
    reports: Reports, rated_a: float | None, *, ours: str | None
) -> tuple[Limit, ...]:
    """Return the limits of a circuit, which its master reports.

    The dynamic limit counts while the master has its cloud, the offline one while it has not.
    """
    offline = is_online(reports) is False
    volatile = (
        (CIRCUIT_OFFLINE, over_phases(reports.triple(OFFLINE)))
        if offline
        else (CIRCUIT_DYNAMIC, over_phases(reports.triple(DYNAMIC)))
    )
    return _limits(
        (
            (FUSE, rated_a),
            (CIRCUIT_MAXIMUM_KEY, over_phases(reports.triple(CIRCUIT_MAXIMUM))),
            volatile,
        ),
        ours,
    )


def charger_limits(reports: Reports, *, ours: str | None) -> tuple[Limit, ...]:
    """Return the limits of the charger itself."""
    derated_a = (
        reports.number(Obs.DERATED_CURRENT) if reports.flag(Obs.DERATING) else None
    )
    # An Equalizer that limits nothing is reported as zeros on every phase.
    allowed_a = over_phases(reports.triple(EQUALIZER)) or None
    return _limits(
        (
            (CHARGER_MAXIMUM, reports.number(Obs.CHARGER_MAXIMUM)),
            (CHARGER_DYNAMIC, reports.number(Obs.CHARGER_DYNAMIC)),
            (CABLE, cable_a(reports)),
            (TEMPERATURE, derated_a),
            (GRID_METER, allowed_a),
        ),
        ours,
    )


def lowest_but(limits: Iterable[Limit], *reset: str) -> float | None:
    """Return the lowest of the limits that stay when these are reset."""
    staying = [limit.current_a for limit in limits if limit.key not in reset]
    return min(staying, default=None)


def _limits(
    values: Iterable[tuple[str, float | None]], ours: str | None
) -> tuple[Limit, ...]:
    return tuple(
        Limit(key=key, current_a=value, is_ours=key == ours)
        for key, value in values
        if value is not None
    )
