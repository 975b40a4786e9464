"""Lay out every limit that Easee applies to a charger or a circuit; the lowest wins."""

from collections.abc import Iterable
from typing import Final

from ..model import Limit, PhaseValues
from .observations import CIRCUIT_MAXIMUM, DYNAMIC, EQUALIZER, OFFLINE, Obs
from .parse import cable_a, is_online, uses_every_phase
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
SCHEDULE: Final = "schedule"
SHARE: Final = "load_balancing"

CIRCUIT_KEYS: Final = (FUSE, CIRCUIT_MAXIMUM_KEY, CIRCUIT_DYNAMIC, CIRCUIT_OFFLINE)
CHARGER_KEYS: Final = (
    *CIRCUIT_KEYS,
    CHARGER_MAXIMUM,
    CHARGER_DYNAMIC,
    CABLE,
    TEMPERATURE,
    GRID_METER,
    SCHEDULE,
    SHARE,
)

WAITING: Final = {54: SCHEDULE, 5: SHARE, 6: SHARE}
"""By reason: what leaves no current at all."""
REDUCED: Final = {76: SCHEDULE, 29: SHARE}
"""By reason: what leaves the current that is offered."""
HELD_BY_METER: Final = frozenset({10, 28})


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
    return _limits(
        (
            (CHARGER_MAXIMUM, reports.number(Obs.CHARGER_MAXIMUM)),
            (CHARGER_DYNAMIC, reports.number(Obs.CHARGER_DYNAMIC)),
            (CABLE, cable_a(reports)),
            (TEMPERATURE, derated_a),
            (GRID_METER, equalizer_a(reports)),
        ),
        ours,
    )


def equalizer_a(reports: Reports) -> float | None:
    """Return what an Equalizer leaves: the lowest phase, and a phase without anything counts too.

    One that limits nothing is reported as zeros on every phase; the reason tells that from nothing left.
    """
    allowed = reports.triple(EQUALIZER)
    known = [value for value in allowed if value is not None]
    if not any(known):
        is_held = bool(known) and reports.code(Obs.REASON) in HELD_BY_METER
        return 0.0 if is_held else None
    return min(known) if uses_every_phase(reports) else over_phases(allowed)


def momentary_limits(reports: Reports) -> tuple[Limit, ...]:
    """Return the limits that no value tells of: the charge plan, and the share of a circuit.

    Only the reason names them, while they are the lowest, and what is offered then says how low.
    """
    reason = reports.code(Obs.REASON)
    if reason is None or is_online(reports) is False:
        return ()
    if reason in WAITING:
        return (Limit(key=WAITING[reason], current_a=0.0, is_momentary=True),)
    offered_a = reports.number(Obs.OUTPUT_CURRENT)
    if reason not in REDUCED or offered_a is None:
        return ()
    return (Limit(key=REDUCED[reason], current_a=offered_a, is_momentary=True),)


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
