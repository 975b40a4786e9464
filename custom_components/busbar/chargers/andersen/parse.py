"""Turn the status of the wire into values of ours. Pure; nulls and unknown codes never raise."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ..model import UNKNOWN_PHASES, ChargerStatus, PhaseValues
from .power import PowerUnit, in_watts, power_unit
from .values import Wire, flag, moment, number, table, text, whole

DISABLED: Final = 255
"""Locked by a person or by the schedule. Whether a vehicle is plugged in cannot be seen then."""

STATUSES: Final = {
    1: ChargerStatus.DISCONNECTED,
    2: ChargerStatus.CONNECTED,
    3: ChargerStatus.CHARGING,
    254: ChargerStatus.SUSPENDED_BY_CHARGER,
}
"""Codes of OpenEVSE. 254 (sleeping) was never seen on an Andersen."""

ERRORS: Final = {
    4: "charger_fault",
    5: "diode_fault",
    6: "residual_current",
    7: "no_earth",
    8: "stuck_relay",
    9: "self_test_failed",
    10: "over_temperature",
    11: "over_current",
}
FAULT_CODE: Final = "fault_code"
"""The charger names a fault whose number nobody has published."""
ERROR_KEYS: Final = (*ERRORS.values(), FAULT_CODE)

VEHICLES: Final = {1: False, 2: True, 3: True}

MODELS: Final = {"30": "A2"}
"""Marketed names by product id; that of the A3 is not published."""

LIVE_PHASE_V: Final = 100.0
BELIEVABLE_SHARE: Final = 0.3
"""Phase currents that explain less than this of the power are not those of the vehicle, nor if it is the other way."""
SMALL_W: Final = 500.0
"""Below this nothing is concluded: a standby, a rounding."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """Be one report of the charger; `None` is not known."""

    online: bool | None
    state: int | None
    raw_state: str | None
    user_lock: bool | None
    schedule_lock: bool | None
    fault_code: int | None
    limit_a: float | None
    maximum_a: float | None
    currents_a: PhaseValues
    voltages_v: PhaseValues
    live_phases: int | None
    power_w: float | None
    unit: PowerUnit | None
    session_energy_kwh: float | None
    session_duration_s: float | None
    session_start: datetime | None
    grid_power_w: float | None
    solar_power_w: float | None
    temperature_c: float | None
    signal_dbm: float | None
    solar_share: int | None
    solar_always: bool | None
    solar_override: bool | None
    product_id: str | None
    product_name: str | None
    firmware: str | None
    hardware: str | None

    @property
    def is_locked(self) -> bool | None:
        """Return whether person or schedule holds the charge back."""
        flags = (self.user_lock, self.schedule_lock)
        if True in flags:
            return True
        return None if None in flags else False

    @property
    def charger_status(self) -> ChargerStatus | None:
        """Return the state in our words, `None` offline: what the cloud shows then is old."""
        if self.online is False or self.state is None:
            return None
        if self.state in ERRORS:
            return ChargerStatus.ERROR
        if self.state == DISABLED:
            is_schedule_alone = self.schedule_lock and self.user_lock is False
            return (
                ChargerStatus.SUSPENDED_BY_CHARGER
                if is_schedule_alone
                else ChargerStatus.OUT_OF_SERVICE
            )
        return STATUSES.get(self.state)

    @property
    def vehicle_connected(self) -> bool | None:
        """Return whether a vehicle is plugged in, `None` where the code hides it."""
        if self.online is False or self.state is None:
            return None
        return VEHICLES.get(self.state)

    @property
    def error(self) -> str | None:
        """Return `none` or one of `ERROR_KEYS`."""
        if self.state in ERRORS:
            return ERRORS[self.state]
        if self.fault_code:
            return FAULT_CODE
        return None if self.state is None else "none"

    @property
    def model(self) -> str:
        """Return the marketed name, as far as it is known."""
        known = MODELS.get(self.product_id or "")
        return known or self.product_name or self.product_id or "Konnect+"


def merge(known: Wire, event: Wire) -> dict[str, Any]:
    """Lay an event over what is known; the members of `chargeStatus` one by one.

    An event asks for fewer of them than a poll, and the others must not vanish. But what a poll says beside
    a power goes with that power: laid beside another one it would decide on a wrong unit.
    """
    merged = {**known, **event}
    session, news = table(known.get("chargeStatus")), event.get("chargeStatus")
    if not isinstance(news, dict):
        if "chargeStatus" in known:
            merged["chargeStatus"] = known["chargeStatus"]
        return merged
    merged["chargeStatus"] = {**session, **news}
    power = number(news.get("chargePower"))
    if power is not None and power != number(session.get("chargePower")):
        _forget("sysChargePower", merged, event)
        _forget("chargePowerMax", merged["chargeStatus"], news)
    return merged


def _forget(key: str, merged: dict[str, Any], event: Wire) -> None:
    """Take out what the event did not bring."""
    if key not in event:
        merged.pop(key, None)


def parse_status(wire: Wire, remembered: PowerUnit | None = None) -> Status:
    """Read a status; `remembered` is the unit of power once decided for this charger."""
    session = table(wire.get("chargeStatus"))
    power_w, unit = _power(wire, session, remembered)
    voltages_v = _phases(wire, "sysVoltage")
    currents_a = _phases(wire, "sysAmp")
    return Status(
        online=flag(wire.get("online")),
        state=whole(wire.get("evseState")),
        raw_state=text(wire.get("evseState")),
        user_lock=flag(wire.get("sysUserLock")),
        schedule_lock=flag(wire.get("sysScheduleLock")),
        fault_code=whole(wire.get("sysFaultCode")),
        limit_a=_positive(wire.get("evseChargeAmpCurrentLimit")),
        maximum_a=_positive(wire.get("cfgChargeAmpMax")),
        currents_a=_believable(currents_a, power_w),
        voltages_v=voltages_v,
        live_phases=_live_phases(wire),
        power_w=power_w,
        unit=unit,
        session_energy_kwh=number(session.get("chargeEnergyTotal")),
        session_duration_s=number(session.get("duration")),
        session_start=moment(session.get("start")),
        grid_power_w=_kilo(wire.get("sysGridPower")),
        solar_power_w=_kilo(wire.get("sysSolarPower")),
        temperature_c=number(wire.get("sysTemperature")),
        signal_dbm=number(wire.get("sysRssi")),
        solar_share=whole(wire.get("solarMaxGridChargePercent")),
        solar_always=flag(wire.get("solarChargeAlways")),
        solar_override=flag(wire.get("solarOverride")),
        product_id=text(wire.get("sysProductId")),
        product_name=text(wire.get("sysProductName")),
        firmware=_versions(wire, "sysFwVersion", "evseFwVersion"),
        hardware=_versions(wire, "sysHwVersion", "evseHwVersion"),
    )


def _power(
    wire: Wire, session: Wire, remembered: PowerUnit | None
) -> tuple[float | None, PowerUnit | None]:
    """Return the charging power in watts and the unit it came in."""
    power = number(session.get("chargePower"))
    system_kw = number(wire.get("sysChargePower"))
    unit = remembered
    if power:
        unit = power_unit(
            power,
            remembered=remembered,
            system_kw=system_kw,
            session_maximum_kw=number(session.get("chargePowerMax")),
        )
    power_w = in_watts(power, unit)
    if power_w is None and system_kw is not None:
        power_w = system_kw * 1000
    return power_w, unit


def _live_phases(wire: Wire) -> int | None:
    """Return how many phases have voltage, `None` without a reading of any."""
    voltages_v = [number(wire.get(f"sysVoltage{name}")) for name in "ABC"]
    live = [v for v in voltages_v if v is not None and v >= LIVE_PHASE_V]
    return len(live) or None


def _phases(wire: Wire, key: str) -> PhaseValues:
    """Return one value per phase; a unit on one phase measures it at its terminal C."""
    first, second, third = (number(wire.get(f"{key}{name}")) for name in "ABC")
    if (_live_phases(wire) or 0) > 1:
        return first, second, third
    alone = (number(wire.get(f"sysVoltage{name}")) for name in "AB")
    if any(v is not None and v >= LIVE_PHASE_V for v in alone):
        return first, second, third
    return third, None, None


def _believable(currents_a: PhaseValues, power_w: float | None) -> PhaseValues:
    """Return the currents unless the power says that they are others', or of before.

    Nobody has published what `sysAmpA` to `C` read while a car charges. An event brings a new power, and no
    currents: those of the last poll are no longer true then.
    """
    if power_w is None:
        return currents_a
    explained_w = sum(a for a in currents_a if a is not None) * 230
    is_too_little = power_w >= SMALL_W and explained_w < BELIEVABLE_SHARE * power_w
    is_too_much = explained_w >= SMALL_W and power_w < BELIEVABLE_SHARE * explained_w
    return UNKNOWN_PHASES if is_too_little or is_too_much else currents_a


def _positive(value: object) -> float | None:
    read = number(value)
    return read if read is not None and read > 0 else None


def _kilo(value: object) -> float | None:
    read = number(value)
    return None if read is None else read * 1000


def _versions(wire: Wire, *keys: str) -> str | None:
    """Return the versions of the two boards as one text."""
    found = [version for key in keys if (version := text(wire.get(key)))]
    return " / ".join(found) or None
