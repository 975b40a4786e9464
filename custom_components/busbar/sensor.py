"""Show what chargers measure, what limits them, and what a site decided."""

from collections.abc import Iterator, Mapping
from typing import Any, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .charger_sensors import (
    LIMITED_BY_SITE,
    LIMITING_FACTOR,
    NOT_LIMITED,
    SENSORS,
    ChargerSensorDescription,
    SensorValue,
    reading_sensor,
)
from .chargers.features import Reading
from .chargers.model import Limit, Role
from .coordinator import ChargerCoordinator
from .entity import ChargerEntity, Exists, offered
from .platform_setup import BusbarConfigEntry, async_add_busbar_entities
from .site.coordinator import SiteCoordinator
from .site.entity import CircuitEntity, MemberEntity, SiteEntity
from .site.mode_entities import mode_sensors
from .site.sensors import (
    MEMBER_SENSORS,
    CircuitSensorDescription,
    MemberSensorDescription,
    MemberValue,
    SiteSensorDescription,
    circuit_sensors,
    site_sensors,
)

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BusbarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an entry."""
    async_add_busbar_entities(
        entry,
        async_add_entities,
        charger=_charger_sensors,
        site=_site_sensors,
        circuit=_circuit_sensors,
        member=_member_sensors,
    )


def _charger_sensors(coordinator: ChargerCoordinator) -> Iterator[SensorEntity]:
    """Offer the sensors that a device has by its capabilities."""
    for description in offered(
        coordinator.capabilities, SENSORS, Reading, reading_sensor
    ):
        kind = LimitingFactorSensor if description is LIMITING_FACTOR else ChargerSensor
        yield kind(
            coordinator=coordinator,
            description=description,
            exists=description.exists_fn,
        )


def _site_sensors(coordinator: SiteCoordinator) -> Iterator[SensorEntity]:
    """Offer the sensors of a site: per phase of its supply, and of the whole."""
    for description in site_sensors(coordinator):
        yield SiteSensor(coordinator=coordinator, description=description)


def _circuit_sensors(
    coordinator: SiteCoordinator, subentry: ConfigSubentry
) -> Iterator[SensorEntity]:
    """Offer what a circuit carries of the chargers below it."""
    for description in circuit_sensors(coordinator):
        yield CircuitSensor(
            coordinator=coordinator, subentry=subentry, description=description
        )


def _member_sensors(
    coordinator: SiteCoordinator, subentry: ConfigSubentry
) -> Iterator[SensorEntity]:
    """Offer what a member is allocated, and why."""
    for description in MEMBER_SENSORS:
        yield MemberSensor(
            coordinator=coordinator, subentry=subentry, description=description
        )
    yield from mode_sensors(coordinator, subentry)


class ChargerSensor(ChargerEntity[SensorValue], SensorEntity):
    """A value of a charger, a group or a meter."""

    entity_description: ChargerSensorDescription

    def __init__(
        self,
        *,
        coordinator: ChargerCoordinator,
        description: ChargerSensorDescription,
        exists: Exists,
    ) -> None:
        """Write no state more often than the description wants."""
        super().__init__(
            coordinator=coordinator, description=description, exists=exists
        )
        self._gap_s = description.gap_s
        self._measured_at: float | None = None
        self._unit = description.native_unit_of_measurement

    @override
    def _is_news(self, value: SensorValue) -> bool:
        """Report every measurement of a meter: whoever balances by it must see that it still measures.

        What a meter repeats without having measured again is no news, or nobody would ever see it grow old.
        """
        if self.coordinator.capabilities.role is Role.METER:
            measured_at = self.coordinator.data.measured_at
            if measured_at is None or measured_at != self._measured_at:
                return True
        return super()._is_news(value) or self._read_unit() != self._unit

    @override
    def _take(self) -> None:
        super()._take()
        if self._was_available:
            self._measured_at = self.coordinator.data.measured_at
            self._unit = self._read_unit()

    def _read_unit(self) -> str | None:
        """Return the unit; one that is unknown for a while is still that of before."""
        unit_fn = self.entity_description.unit_fn
        return (unit_fn and unit_fn(self.coordinator.data)) or self._unit

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Return the unit last taken."""
        return self._unit

    @property
    @override
    def native_value(self) -> SensorValue:
        """Return the value last taken."""
        return self._value

    @property
    @override
    def options(self) -> list[str] | None:
        """Return the values that this device's own words can take."""
        options_fn = self.entity_description.options_fn
        return options_fn(self.coordinator.capabilities) if options_fn else None

    @override
    def _read(self) -> SensorValue:
        value = self.entity_description.value_fn(self.coordinator.data)
        precision = self.entity_description.suggested_display_precision
        if isinstance(value, float) and precision is not None:
            # One digit more than is shown: what changes below that is noise of the meter.
            return round(value, precision + 1)
        return value


class LimitingFactorSensor(ChargerSensor):
    """What limits a charger now, with every limit beside it; our own is named after who set it."""

    _unrecorded_attributes = frozenset({"limit", "limits"})
    _limits: tuple[Limit, ...] = ()

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return the amperes of the limit that decides, and of all, the lowest first."""
        if not self._limits:
            return None
        limits: dict[str, float] = {}
        for limit in self._limits:
            # Several may have no name of their own; the lowest of them counts.
            limits.setdefault(limit.key, limit.current_a)
        return {"limit": self._limits[0].current_a, "limits": limits}

    @override
    def _is_news(self, value: SensorValue) -> bool:
        """Return whether another limit decides, or the same one at other amperes.

        What changes above it waits for the gap: a grid meter moves its limit every few seconds.
        """
        limits = self.coordinator.data.lowest_limits
        if value != self._value or _lowest_a(limits) != _lowest_a(self._limits):
            return True
        waited_s = self.hass.loop.time() - self._taken_at
        return limits != self._limits and waited_s >= self._gap_s

    @override
    def _take(self) -> None:
        super()._take()
        if self._was_available:
            self._limits = self.coordinator.data.lowest_limits

    @override
    def _read(self) -> str:
        limiting = self.coordinator.data.limiting
        if limiting is None:
            return NOT_LIMITED
        if limiting.is_ours and self.coordinator.hand.is_steered:
            return LIMITED_BY_SITE
        return limiting.key


def _lowest_a(limits: tuple[Limit, ...]) -> float | None:
    return limits[0].current_a if limits else None


class SiteSensor(SiteEntity[SensorValue], SensorEntity):
    """A value of a site."""

    entity_description: SiteSensorDescription

    @property
    @override
    def native_value(self) -> SensorValue:
        """Return the value last taken."""
        return self._value

    @override
    def _read(self) -> SensorValue:
        return self.entity_description.value_fn(self.coordinator.data)


class CircuitSensor(CircuitEntity[SensorValue], SensorEntity):
    """A value of a circuit."""

    entity_description: CircuitSensorDescription

    @property
    @override
    def native_value(self) -> SensorValue:
        """Return the value last taken."""
        return self._value

    @override
    def _read(self) -> SensorValue:
        if self.decision is None:
            return None
        return self.entity_description.value_fn(self.decision)


class MemberSensor(MemberEntity[MemberValue], SensorEntity):
    """A value of a member, with the numbers behind it."""

    entity_description: MemberSensorDescription
    _unrecorded_attributes = frozenset({MATCH_ALL})

    def __init__(
        self,
        *,
        coordinator: SiteCoordinator,
        subentry: ConfigSubentry,
        description: MemberSensorDescription,
    ) -> None:
        """Write no state more often than the description wants."""
        super().__init__(
            coordinator=coordinator, subentry=subentry, description=description
        )
        self._gap_s = description.gap_s

    @property
    @override
    def native_value(self) -> SensorValue:
        """Return the value last taken."""
        return None if self._value is None else self._value.state

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return the numbers behind the value."""
        return None if self._value is None else self._value.numbers

    @override
    def _is_news(self, value: MemberValue | None) -> bool:
        """Return whether the state is another one; numbers beside the same state wait for the gap."""
        state = None if value is None else value.state
        return state != self.native_value or super()._is_news(value)

    @override
    def _read(self) -> MemberValue | None:
        if self.decision is None:
            return None
        return self.entity_description.value_fn(self.coordinator, self.decision)
