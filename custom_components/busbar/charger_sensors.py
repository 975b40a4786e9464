"""List the sensors of chargers, groups and meters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
import time
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    PERCENTAGE,
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfTime,
)
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .chargers.features import Quantity, Reading
from .chargers.model import Capabilities, ChargerStatus, Measurement, Role, Snapshot
from .entity import Exists, always, feature_category, is_enabled_for_everybody, offers
from .quantities import PRESENTATIONS

type SensorValue = StateType | datetime

# Some devices report each second; a state every few seconds is all that a graph can show.
_MEASUREMENT_GAP_S: Final = 5.0
_DURATION_GAP_S: Final = 60.0

LIMITED_BY_SITE: Final = "site"
NOT_LIMITED: Final = "none"
_NO_ERROR: Final = "none"
_PHASE_NAMES: Final = ("l1", "l2", "l3")


@dataclass(frozen=True, kw_only=True)
class ChargerSensorDescription(SensorEntityDescription):
    """Where a sensor's value comes from, and which devices have it."""

    value_fn: Callable[[Snapshot], SensorValue]
    exists_fn: Exists = always
    options_fn: Callable[[Capabilities], list[str]] | None = None
    unit_fn: Callable[[Snapshot], str | None] | None = None
    """Where the unit comes from, if it is not a fixed one."""
    gap_s: float = 0.0
    """The least time between two states, unless the device turns unavailable."""


def _measures(measurement: Measurement) -> Exists:
    return lambda capabilities: measurement in capabilities.measures


def _is_charger(capabilities: Capabilities) -> bool:
    return capabilities.role is Role.CHARGER


def _has_limits(capabilities: Capabilities) -> bool:
    return bool(capabilities.limit_keys)


def _last_restart(snapshot: Snapshot) -> datetime | None:
    """Return when the device started, to the minute: the wire gives an age that jitters by seconds."""
    if snapshot.started_at is None:
        return None
    started = dt_util.utcnow() - timedelta(
        seconds=time.monotonic() - snapshot.started_at
    )
    return (started + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _current_sensor(index: int) -> ChargerSensorDescription:
    return ChargerSensorDescription(
        key=f"current_{_PHASE_NAMES[index]}",
        translation_key=f"current_{_PHASE_NAMES[index]}",
        device_class=SensorDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=1,
        gap_s=_MEASUREMENT_GAP_S,
        exists_fn=_measures(Measurement.CURRENTS),
        value_fn=lambda snapshot: snapshot.currents_a[index],
    )


def _voltage_sensor(index: int) -> ChargerSensorDescription:
    return ChargerSensorDescription(
        key=f"voltage_{_PHASE_NAMES[index]}",
        translation_key=f"voltage_{_PHASE_NAMES[index]}",
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=0,
        gap_s=_MEASUREMENT_GAP_S,
        exists_fn=_measures(Measurement.VOLTAGES),
        value_fn=lambda snapshot: snapshot.voltages_v[index],
    )


def _energy_sensor(
    measurement: Measurement, value_fn: Callable[[Snapshot], SensorValue]
) -> ChargerSensorDescription:
    return ChargerSensorDescription(
        key=measurement.value,
        translation_key=measurement.value,
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=2,
        gap_s=_MEASUREMENT_GAP_S,
        exists_fn=_measures(measurement),
        value_fn=value_fn,
    )


LIMITING_FACTOR: Final = ChargerSensorDescription(
    key="limiting_factor",
    translation_key="limiting_factor",
    device_class=SensorDeviceClass.ENUM,
    exists_fn=_has_limits,
    options_fn=lambda capabilities: [
        *capabilities.limit_keys,
        LIMITED_BY_SITE,
        NOT_LIMITED,
    ],
    gap_s=_DURATION_GAP_S,
    value_fn=lambda snapshot: snapshot.limiting.key if snapshot.limiting else None,
)

SENSORS: Final[tuple[ChargerSensorDescription, ...]] = (
    ChargerSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        options_fn=lambda _: [status.value for status in ChargerStatus],
        exists_fn=_is_charger,
        value_fn=lambda snapshot: snapshot.status,
    ),
    ChargerSensorDescription(
        key="power",
        translation_key="power",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        gap_s=_MEASUREMENT_GAP_S,
        exists_fn=_measures(Measurement.POWER),
        value_fn=lambda snapshot: snapshot.power_w,
    ),
    _energy_sensor(
        Measurement.LIFETIME_ENERGY, lambda snapshot: snapshot.lifetime_energy_kwh
    ),
    _energy_sensor(
        Measurement.DISCHARGED_ENERGY, lambda snapshot: snapshot.discharged_energy_kwh
    ),
    _energy_sensor(
        Measurement.SESSION_ENERGY, lambda snapshot: snapshot.session_energy_kwh
    ),
    ChargerSensorDescription(
        key="session_duration",
        translation_key="session_duration",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        gap_s=_DURATION_GAP_S,
        exists_fn=_measures(Measurement.SESSION_DURATION),
        value_fn=lambda snapshot: snapshot.session_duration_s,
    ),
    ChargerSensorDescription(
        key="state_of_charge",
        device_class=SensorDeviceClass.BATTERY,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        exists_fn=_measures(Measurement.STATE_OF_CHARGE),
        value_fn=lambda snapshot: snapshot.state_of_charge,
    ),
    ChargerSensorDescription(
        key="allowed_current",
        translation_key="allowed_current",
        device_class=SensorDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        exists_fn=_has_limits,
        value_fn=lambda snapshot: snapshot.offered_a,
    ),
    LIMITING_FACTOR,
    *(_current_sensor(index) for index in range(3)),
    *(_voltage_sensor(index) for index in range(3)),
    ChargerSensorDescription(
        key="error",
        translation_key="error",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=lambda capabilities: bool(capabilities.error_keys),
        options_fn=lambda capabilities: [_NO_ERROR, *capabilities.error_keys],
        value_fn=lambda snapshot: snapshot.error,
    ),
    ChargerSensorDescription(
        key="raw_status",
        translation_key="raw_status",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists_fn=_is_charger,
        value_fn=lambda snapshot: snapshot.raw_status,
    ),
    ChargerSensorDescription(
        key="last_restart",
        translation_key="last_restart",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=_measures(Measurement.UPTIME),
        value_fn=_last_restart,
    ),
    ChargerSensorDescription(
        key="signal",
        device_class=SensorDeviceClass.SIGNAL_STRENGTH,
        native_unit_of_measurement=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        gap_s=_DURATION_GAP_S,
        exists_fn=_measures(Measurement.SIGNAL),
        value_fn=lambda snapshot: snapshot.signal_dbm,
    ),
)


def _state_class(reading: Reading) -> SensorStateClass | None:
    """Return what statistics make of a number; a window that slides would be added up again and again."""
    if reading.is_sliding:
        return None
    # Home Assistant knows no money that only grows.
    if reading.is_counter and reading.quantity is not Quantity.MONETARY:
        return SensorStateClass.TOTAL_INCREASING
    return PRESENTATIONS[reading.quantity].state_class


def reading_sensor(reading: Reading) -> ChargerSensorDescription:
    """Return the sensor of a make's own reading."""
    presentation = PRESENTATIONS[reading.quantity]
    is_number = not (reading.options or reading.is_text or reading.is_moment)
    is_money = is_number and reading.quantity is Quantity.MONETARY
    device_class = SensorDeviceClass.ENUM if reading.options else None
    if reading.is_moment:
        device_class = SensorDeviceClass.TIMESTAMP
    state_class = None
    if is_number:
        device_class = presentation.sensor_class
        state_class = _state_class(reading)
    return ChargerSensorDescription(
        key=reading.key,
        translation_key=reading.key,
        device_class=device_class,
        native_unit_of_measurement=presentation.unit if is_number else None,
        state_class=state_class,
        suggested_display_precision=reading.precision,
        entity_category=feature_category(reading),
        entity_registry_enabled_default=is_enabled_for_everybody(reading),
        gap_s=_MEASUREMENT_GAP_S if is_number else 0.0,
        exists_fn=offers(reading),
        options_fn=(lambda _: list(reading.options)) if reading.options else None,
        unit_fn=(lambda snapshot: snapshot.currency) if is_money else None,
        value_fn=lambda snapshot: snapshot.values.get(reading.key),
    )
