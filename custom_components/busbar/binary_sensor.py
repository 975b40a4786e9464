"""Show what is true of a charger: a vehicle is there, it charges, it has a problem."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .balancer.decision import Decision, Freshness
from .chargers.features import Flag
from .chargers.model import Capabilities, ChargerStatus, Role, Snapshot
from .coordinator import ChargerCoordinator
from .entity import (
    ChargerEntity,
    Exists,
    always,
    feature_category,
    is_enabled_for_everybody,
    offered,
    offers,
)
from .platform_setup import BusbarConfigEntry, async_add_busbar_entities
from .site.coordinator import SiteCoordinator
from .site.entity import SiteEntity

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ChargerBinarySensorDescription(BinarySensorEntityDescription):
    """Where a binary sensor's value comes from, and which devices have it."""

    value_fn: Callable[[Snapshot], bool | None]
    exists_fn: Exists = always


def _is_charger(capabilities: Capabilities) -> bool:
    return capabilities.role is Role.CHARGER


def _is_charging(snapshot: Snapshot) -> bool | None:
    if snapshot.status is None:
        return None
    return snapshot.status is ChargerStatus.CHARGING


def _has_problem(snapshot: Snapshot) -> bool | None:
    if snapshot.status is None and snapshot.error is None:
        return None
    return snapshot.status is ChargerStatus.ERROR or snapshot.error not in (
        None,
        "none",
    )


BINARY_SENSORS: Final = (
    ChargerBinarySensorDescription(
        key="vehicle_connected",
        translation_key="vehicle_connected",
        device_class=BinarySensorDeviceClass.PLUG,
        exists_fn=_is_charger,
        value_fn=lambda snapshot: snapshot.vehicle_connected,
    ),
    ChargerBinarySensorDescription(
        key="charging",
        translation_key="charging",
        device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
        exists_fn=_is_charger,
        value_fn=_is_charging,
    ),
    ChargerBinarySensorDescription(
        key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=_is_charger,
        value_fn=_has_problem,
    ),
)


@dataclass(frozen=True, kw_only=True)
class SiteBinarySensorDescription(BinarySensorEntityDescription):
    """Where a site's binary sensor gets its value from."""

    value_fn: Callable[[Decision], bool]


SITE_BINARY_SENSORS: Final = (
    SiteBinarySensorDescription(
        key="overload",
        translation_key="overload",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value_fn=lambda decision: any(
            circuit.is_overloaded for circuit in decision.circuits.values()
        ),
    ),
    SiteBinarySensorDescription(
        key="meter_stale",
        translation_key="meter_stale",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda decision: (
            decision.freshness in (Freshness.STALE, Freshness.LOST)
        ),
    ),
    SiteBinarySensorDescription(
        key="fail_safe",
        translation_key="fail_safe",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value_fn=lambda decision: decision.is_fail_safe,
    ),
)


def _flag_sensor(flag: Flag) -> ChargerBinarySensorDescription:
    """Return the binary sensor of a make's own flag."""
    return ChargerBinarySensorDescription(
        key=flag.key,
        translation_key=flag.key,
        device_class=BinarySensorDeviceClass.PROBLEM if flag.is_problem else None,
        entity_category=feature_category(flag),
        entity_registry_enabled_default=is_enabled_for_everybody(flag),
        exists_fn=offers(flag),
        value_fn=lambda snapshot: _as_bool(snapshot.values.get(flag.key)),
    )


def _as_bool(value: object) -> bool | None:
    return None if value is None else bool(value)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BusbarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of an entry."""
    async_add_busbar_entities(
        entry,
        async_add_entities,
        charger=_charger_binary_sensors,
        site=_site_binary_sensors,
    )


def _charger_binary_sensors(
    coordinator: ChargerCoordinator,
) -> Iterator[BinarySensorEntity]:
    """Offer the binary sensors that a device has by its capabilities."""
    for description in offered(
        coordinator.capabilities, BINARY_SENSORS, Flag, _flag_sensor
    ):
        yield ChargerBinarySensor(
            coordinator=coordinator,
            description=description,
            exists=description.exists_fn,
        )


def _site_binary_sensors(coordinator: SiteCoordinator) -> Iterator[BinarySensorEntity]:
    """Offer what is true of a site."""
    for description in SITE_BINARY_SENSORS:
        yield SiteBinarySensor(coordinator=coordinator, description=description)


class ChargerBinarySensor(ChargerEntity[bool], BinarySensorEntity):
    """Something that is true or not of a charger, a group or a meter."""

    entity_description: ChargerBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value last taken."""
        return self._value

    @override
    def _read(self) -> bool | None:
        return self.entity_description.value_fn(self.coordinator.data)


class SiteBinarySensor(SiteEntity[bool], BinarySensorEntity):
    """Something that is true or not of a site."""

    entity_description: SiteBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value last taken."""
        return self._value

    @override
    def _read(self) -> bool:
        return self.entity_description.value_fn(self.coordinator.data)
