"""Make our values of a charger's reports. Pure: reports in, values out."""

import json
from typing import Final

from ..model import ChargerStatus, PhaseValues
from .observations import (
    BETWEEN_LINES,
    ERRORS,
    GRIDS,
    IT_GRIDS,
    PHASE_MODES,
    REASONS,
    SINGLE_PHASE_GRIDS,
    SWITCHABLE_GRIDS,
    TERMINALS,
    TN_THREE_PHASE,
    TO_NEUTRAL,
    TWO_PHASE_GRIDS,
    MeterObs,
    Obs,
)
from .reports import Reports

STATUSES: Final = {
    1: ChargerStatus.DISCONNECTED,
    2: ChargerStatus.SUSPENDED_BY_CHARGER,
    3: ChargerStatus.CHARGING,
    4: ChargerStatus.SUSPENDED_BY_VEHICLE,
    5: ChargerStatus.ERROR,
    6: ChargerStatus.CONNECTED,
    7: ChargerStatus.AWAITING_AUTHORIZATION,
    8: ChargerStatus.AWAITING_AUTHORIZATION,
}
"""By charger mode; 0 is offline, which is no status. Mode 4 says that the vehicle took no more."""
HELD_BACK: Final = {
    52: ChargerStatus.PAUSED,
    53: ChargerStatus.OUT_OF_SERVICE,
    55: ChargerStatus.AWAITING_AUTHORIZATION,
}
"""By reason, where the mode only says that the charger holds back."""
RAW_MODES: Final = {
    0: "offline",
    1: "disconnected",
    2: "awaiting_start",
    3: "charging",
    4: "completed",
    5: "error",
    6: "ready_to_charge",
    7: "awaiting_authorization",
    8: "deauthorizing",
}
CONNECTED_MODES: Final = frozenset({2, 3, 4, 6, 7, 8})
MODE_HOLDING: Final = 2
MODE_ERROR: Final = 5
REASON_ERROR: Final = 56
LED_WAITING: Final = 25
ERROR_KEYS: Final = (*ERRORS.values(), "charger_error")
KILO: Final = 1000.0
MILLIAMPERES_ABOVE: Final = 1000.0


def is_online(reports: Reports) -> bool | None:
    """Return whether the product has its cloud; the mode says so too."""
    online = reports.flag(Obs.ONLINE)
    return False if reports.code(Obs.MODE) == 0 else online


def status(reports: Reports) -> ChargerStatus | None:
    """Return the status; waiting for a release shows in two ways."""
    mode, reason = reports.code(Obs.MODE), reports.code(Obs.REASON)
    if mode is None or is_online(reports) is False:
        return None
    if mode in ERRORS:
        return ChargerStatus.ERROR
    if mode == MODE_HOLDING and reason is not None:
        if reason == REASON_ERROR:
            return ChargerStatus.ERROR
        if reason == 52 and reports.number(Obs.CHARGER_DYNAMIC) != 0:
            return ChargerStatus.SUSPENDED_BY_CHARGER
        if reports.code(Obs.LED_MODE) == LED_WAITING:
            return ChargerStatus.AWAITING_AUTHORIZATION
        return HELD_BACK.get(reason, ChargerStatus.SUSPENDED_BY_CHARGER)
    return STATUSES.get(mode)


def raw_status(reports: Reports) -> str | None:
    """Return the mode under the vendor's name, an unknown one as its number."""
    mode = reports.code(Obs.MODE)
    return None if mode is None else RAW_MODES.get(mode, str(mode))


def vehicle_connected(reports: Reports) -> bool | None:
    """Return whether a vehicle is there; at a fault or offline the mode does not tell."""
    mode = reports.code(Obs.MODE)
    if mode in CONNECTED_MODES:
        return True
    return False if mode == 1 else None


def error(reports: Reports) -> str | None:
    """Return the key of the present fault."""
    mode = reports.code(Obs.MODE)
    if mode is None:
        return None
    if mode in ERRORS:
        return ERRORS[mode]
    is_faulty = mode == MODE_ERROR or reports.code(Obs.REASON) == REASON_ERROR
    return "charger_error" if is_faulty else "none"


def reason(reports: Reports) -> str | None:
    """Return why no or less current flows; an unknown number is `undefined`."""
    code = reports.code(Obs.REASON)
    return None if code is None else REASONS.get(code, "undefined")


def power_w(reports: Reports) -> float | None:
    """Return the charging power."""
    power_kw = reports.number(Obs.POWER_KW)
    return None if power_kw is None else round(power_kw * KILO, 1)


def currents_a(reports: Reports) -> PhaseValues:
    """Return what flows through the terminals of L1, L2, L3."""
    return reports.triple(TERMINALS)


def voltages_v(reports: Reports) -> PhaseValues:
    """Return the voltages to neutral; on a grid without it L1-L2, L2-L3, L3-L1."""
    is_it = reports.code(Obs.GRID_TYPE) in IT_GRIDS
    return reports.triple(BETWEEN_LINES if is_it else TO_NEUTRAL)


def cable_a(reports: Reports) -> float | None:
    """Return what the cable may carry; some chargers report milliamperes."""
    rating = reports.number(Obs.CABLE_RATING)
    if rating is None or rating <= 0:
        return None
    return rating / KILO if rating >= MILLIAMPERES_ABOVE else rating


def signal_dbm(reports: Reports) -> float | None:
    """Return the strength of the radio in use."""
    radio = reports.code(Obs.RADIO)
    return reports.number(Obs.CELL_RSSI if radio == 0 else Obs.WIFI_RSSI)


def active_phases(reports: Reports) -> int | None:
    """Return with how many phases it charges; the terminal code is 0 while it does not."""
    code = reports.code(Obs.OUTPUT_PHASE)
    return None if not code else code // 10 if code // 10 in (1, 2, 3) else None


def phases_wanted(reports: Reports) -> int | None:
    """Return the phases that the stored phase mode locks it to."""
    mode = reports.code(Obs.PHASE_MODE)
    return mode if mode in (1, 3) else None


def uses_every_phase(reports: Reports) -> bool:
    """Return whether a charge may take current from all three phases here."""
    partial = SINGLE_PHASE_GRIDS | TWO_PHASE_GRIDS
    return phases_wanted(reports) != 1 and reports.code(Obs.GRID_TYPE) not in partial


def settable_phases(reports: Reports, *, may_switch: bool) -> frozenset[int]:
    """Return the phase counts it can charge with here.

    `may_switch`: zeros on two phases of its circuit reach this charger alone.
    """
    grid, locked = reports.code(Obs.GRID_TYPE), phases_wanted(reports)
    if grid in SINGLE_PHASE_GRIDS or locked == 1:
        return frozenset({1})
    if locked is None and may_switch and grid == TN_THREE_PHASE:
        return frozenset({1, 3})
    return frozenset({3})


def can_switch_phases(reports: Reports, *, is_alone: bool) -> bool:
    """Return whether zeroing two phases of its circuit makes it charge with one."""
    return (
        is_alone
        and PHASE_MODES.get(reports.code(Obs.PHASE_MODE) or 0) == "automatic"
        and reports.code(Obs.GRID_TYPE) in SWITCHABLE_GRIDS
    )


def finished_energy_kwh(reports: Reports) -> float | None:
    """Return the energy of the last session; whose tag it was stays behind."""
    try:
        session = json.loads(reports.text(Obs.FINISHED_SESSION) or "")
    except ValueError:
        return None
    energy_kwh = session.get("EnergyKwh") if isinstance(session, dict) else None
    return float(energy_kwh) if isinstance(energy_kwh, int | float) else None


def grid(reports: Reports) -> str | None:
    """Return the kind of grid under our name."""
    code = reports.code(Obs.GRID_TYPE)
    return None if code is None else GRIDS.get(code, "not_detected")


def meter_power_w(reports: Reports) -> float | None:
    """Return the power at the grid: + import, - export."""
    imported_kw = reports.number(MeterObs.IMPORT_KW)
    exported_kw = reports.number(MeterObs.EXPORT_KW)
    if imported_kw is None and exported_kw is None:
        return None
    return round(((imported_kw or 0.0) - (exported_kw or 0.0)) * KILO, 1)


SIGNS: Final = tuple(
    (first, second, third)
    for first in (1.0, -1.0)
    for second in (1.0, -1.0)
    for third in (1.0, -1.0)
)
POWER_TOLERANCE: Final = 0.1
POWER_TOLERANCE_W: Final = 100.0


def meter_currents_a(
    magnitudes_a: PhaseValues, voltages: PhaseValues, total_w: float | None
) -> PhaseValues:
    """Return the currents at the grid, with the signs that fit the power.

    An Equalizer gives amperes without a sign. Where several signs fit, a phase counts as importing
    if it does in any of them, for too much import is the safe error; where none fits, all import.
    """
    if total_w is None or total_w >= 0 or any(value is None for value in magnitudes_a):
        return magnitudes_a
    amps = [value or 0.0 for value in magnitudes_a]
    volts = [value or 230.0 for value in voltages]
    if min(amps) < 0:
        return magnitudes_a
    allowed_w = POWER_TOLERANCE * abs(total_w) + POWER_TOLERANCE_W
    fitting = [
        signs
        for signs in SIGNS
        if abs(_power_w(signs, amps, volts) - total_w) <= allowed_w
    ]
    if not fitting:
        return magnitudes_a
    first, second, third = (
        max(signs[phase] for signs in fitting) * amps[phase] for phase in range(3)
    )
    return first, second, third


def _power_w(signs: tuple[float, ...], amps: list[float], volts: list[float]) -> float:
    return sum(
        sign * current_a * voltage_v
        for sign, current_a, voltage_v in zip(signs, amps, volts, strict=True)
    )
