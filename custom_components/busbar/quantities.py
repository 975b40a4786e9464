"""Say in Home Assistant's words what a make's own readings and settings measure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    PERCENTAGE,
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfTemperature,
    UnitOfTime,
)

from .chargers.features import Quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class Presentation:
    """The class and unit under which Home Assistant shows a quantity."""

    unit: str | None = None
    sensor_class: SensorDeviceClass | None = None
    number_class: NumberDeviceClass | None = None
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


PRESENTATIONS: Final[Mapping[Quantity, Presentation]] = {
    Quantity.CURRENT_A: Presentation(
        unit=UnitOfElectricCurrent.AMPERE,
        sensor_class=SensorDeviceClass.CURRENT,
        number_class=NumberDeviceClass.CURRENT,
    ),
    Quantity.DURATION_S: Presentation(
        unit=UnitOfTime.SECONDS,
        sensor_class=SensorDeviceClass.DURATION,
        number_class=NumberDeviceClass.DURATION,
    ),
    Quantity.ENERGY_KWH: Presentation(
        unit=UnitOfEnergy.KILO_WATT_HOUR,
        sensor_class=SensorDeviceClass.ENERGY,
        number_class=NumberDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
    ),
    # The currency is the account's own, so it cannot be a fixed unit here.
    Quantity.MONETARY: Presentation(
        sensor_class=SensorDeviceClass.MONETARY,
        number_class=NumberDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
    ),
    Quantity.PERCENT: Presentation(unit=PERCENTAGE),
    Quantity.PLAIN: Presentation(),
    Quantity.POWER_FACTOR: Presentation(
        sensor_class=SensorDeviceClass.POWER_FACTOR,
        number_class=NumberDeviceClass.POWER_FACTOR,
    ),
    Quantity.POWER_W: Presentation(
        unit=UnitOfPower.WATT,
        sensor_class=SensorDeviceClass.POWER,
        number_class=NumberDeviceClass.POWER,
    ),
    Quantity.SIGNAL_DBM: Presentation(
        unit=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
        sensor_class=SensorDeviceClass.SIGNAL_STRENGTH,
        number_class=NumberDeviceClass.SIGNAL_STRENGTH,
    ),
    Quantity.TEMPERATURE_C: Presentation(
        unit=UnitOfTemperature.CELSIUS,
        sensor_class=SensorDeviceClass.TEMPERATURE,
        number_class=NumberDeviceClass.TEMPERATURE,
    ),
    Quantity.VOLTAGE_V: Presentation(
        unit=UnitOfElectricPotential.VOLT,
        sensor_class=SensorDeviceClass.VOLTAGE,
        number_class=NumberDeviceClass.VOLTAGE,
    ),
}
