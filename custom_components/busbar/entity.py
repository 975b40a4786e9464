"""What all entities of Busbar share, and the base of those that show a charger."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol, override

from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import (
    CoordinatorEntity,
    DataUpdateCoordinator,
)

from .chargers.features import Audience, Feature, Setting
from .chargers.model import Capabilities
from .const import DOMAIN
from .coordinator import ChargerCoordinator

type Exists = Callable[[Capabilities], bool]


def always(_: Capabilities) -> bool:
    """Say that every device has it."""
    return True


class BusbarEntity[CoordinatorT: DataUpdateCoordinator[Any], ValueT](
    CoordinatorEntity[CoordinatorT]
):
    """An entity that writes a state only when what it shows has changed.

    Some devices report each second, and a site decides as often: most of it is no news.
    """

    _attr_has_entity_name = True
    _value: ValueT | None = None
    """What the state shows."""
    _was_available = False
    _gap_s = 0.0
    """The least time between two states, unless the entity turns known, unknown or unavailable."""
    _taken_at = 0.0

    @override
    async def async_added_to_hass(self) -> None:
        """Show the first value."""
        await super().async_added_to_hass()
        self._take()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        if self.available != self._was_available or (
            self.available and self._is_news(self._read())
        ):
            self._take()
            self.async_write_ha_state()

    def _read(self) -> ValueT | None:
        """Return the value that the coordinator holds for this entity now."""
        return None

    def _is_news(self, value: ValueT | None) -> bool:
        """Return whether `value` is worth a new state."""
        if value == self._value:
            return False
        turns_known = value is None or self._value is None
        return turns_known or self.hass.loop.time() - self._taken_at >= self._gap_s

    def _take(self) -> None:
        self._was_available = self.available
        self._taken_at = self.hass.loop.time()
        if self._was_available:
            self._value = self._read()


class ChargerEntity[ValueT](BusbarEntity[ChargerCoordinator, ValueT]):
    """An entity of a charger, a group or a meter; it exists by capability, never by make."""

    def __init__(
        self,
        *,
        coordinator: ChargerCoordinator,
        description: EntityDescription,
        exists: Exists = always,
    ) -> None:
        """Attach the entity to its device."""
        super().__init__(coordinator)
        self.entity_description = description
        self._exists = exists
        key = coordinator.identity.key
        self._attr_unique_id = f"{key}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, key)})

    @property
    @override
    def available(self) -> bool:
        """Return whether we hear the device, and it still has the thing."""
        return super().available and self._exists(self.coordinator.capabilities)


class OffersByCapability(Protocol):
    """A description that knows which devices have what it describes."""

    @property
    def exists_fn(self) -> Exists:
        """Return a check of a device's capabilities."""


def offered[DescriptionT: OffersByCapability, FeatureT: Feature](
    capabilities: Capabilities,
    table: Iterable[DescriptionT],
    own: type[FeatureT],
    describe: Callable[[FeatureT], DescriptionT],
) -> Iterator[DescriptionT]:
    """Return what a device has: rows of the platform's table, then features of its own of one type."""
    features = (item for item in capabilities.features if isinstance(item, own))
    for description in (*table, *map(describe, features)):
        if description.exists_fn(capabilities):
            yield description


_FOR_EVERYBODY: Final = (Audience.DAILY, Audience.SETUP)


def feature_category(feature: Feature) -> EntityCategory | None:
    """Return where a feature's entity is shown."""
    if feature.audience is Audience.DAILY:
        return None
    if isinstance(feature, Setting):
        return EntityCategory.CONFIG
    return EntityCategory.DIAGNOSTIC


def is_enabled_for_everybody(feature: Feature) -> bool:
    """Return whether a feature's entity is on from the start."""
    return feature.audience in _FOR_EVERYBODY


def offers(feature: Feature) -> Exists:
    """Return a check that a device still offers the feature."""
    return lambda capabilities: any(
        offered.key == feature.key for offered in capabilities.features
    )
