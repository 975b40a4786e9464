"""Set the current limit of a charger, and its other numbers."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final, cast, override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import UnitOfElectricCurrent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .chargers.features import Amount
from .chargers.model import Capabilities, HasSettings
from .coordinator import ChargerCoordinator
from .entity import (
    ChargerEntity,
    Exists,
    feature_category,
    is_enabled_for_everybody,
    offered,
    offers,
)
from .platform_setup import BusbarConfigEntry, async_add_busbar_entities
from .quantities import PRESENTATIONS
from .site.config import ratings
from .site.coordinator import SiteCoordinator
from .site.entity import SiteEntity
from .site.mode_entities import fixed_current_numbers
from .spans import Span, SpannedNumber, current_span

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class ChargerNumberDescription(NumberEntityDescription):
    """What a number shows and does, and which devices have it."""

    exists_fn: Exists
    span_fn: Callable[[Capabilities], Span]
    value_fn: Callable[[ChargerCoordinator], float | None]
    set_fn: Callable[[ChargerCoordinator, float], Awaitable[None]]


def _current_limit(coordinator: ChargerCoordinator) -> float | None:
    """Return the limit a person set; under a site what it decides is shown by the site."""
    hand = coordinator.holder.hand
    if not hand.is_steered:
        return coordinator.data.confirmed_a
    if hand.wish.current_limit_a is not None:
        return hand.wish.current_limit_a
    return current_span(coordinator.capabilities).maximum


CURRENT_LIMIT: Final = ChargerNumberDescription(
    key="current_limit",
    translation_key="current_limit",
    device_class=NumberDeviceClass.CURRENT,
    native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
    mode=NumberMode.SLIDER,
    exists_fn=lambda capabilities: capabilities.sets_current,
    span_fn=current_span,
    value_fn=_current_limit,
    set_fn=lambda coordinator, value: coordinator.holder.async_wish_current(value),
)


SITE_TARGET: Final = NumberEntityDescription(
    key="target",
    translation_key="target",
    device_class=NumberDeviceClass.CURRENT,
    native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
    native_min_value=0,
    native_step=1,
)


def _amount_number(amount: Amount) -> ChargerNumberDescription:
    """Return the number of a make's own setting."""
    presentation = PRESENTATIONS[amount.quantity]
    span = Span(
        minimum=amount.minimum,
        maximum=amount.maximum,
        step=amount.step,
        also_zero=amount.also_zero,
    )
    return ChargerNumberDescription(
        key=amount.key,
        translation_key=amount.key,
        device_class=presentation.number_class,
        native_unit_of_measurement=presentation.unit,
        entity_category=feature_category(amount),
        entity_registry_enabled_default=is_enabled_for_everybody(amount),
        exists_fn=offers(amount),
        span_fn=lambda _: span,
        value_fn=lambda coordinator: cast(
            "float | None", coordinator.data.values.get(amount.key)
        ),
        set_fn=lambda coordinator, value: coordinator.async_command(
            cast("HasSettings", coordinator.charger).set_value(amount.key, value)
        ),
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BusbarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers of an entry."""
    async_add_busbar_entities(
        entry,
        async_add_entities,
        charger=_charger_numbers,
        site=_site_numbers,
        member=fixed_current_numbers,
    )


def _charger_numbers(coordinator: ChargerCoordinator) -> Iterator[NumberEntity]:
    """Offer the numbers that a device has by its capabilities."""
    for description in offered(
        coordinator.capabilities, (CURRENT_LIMIT,), Amount, _amount_number
    ):
        yield ChargerNumber(
            coordinator=coordinator,
            description=description,
            exists=description.exists_fn,
        )


def _site_numbers(coordinator: SiteCoordinator) -> Iterator[NumberEntity]:
    """Offer the target of a site."""
    yield SiteTargetNumber(coordinator=coordinator, description=SITE_TARGET)


class ChargerNumber(ChargerEntity[float], SpannedNumber):
    """A number of a charger that can be set."""

    entity_description: ChargerNumberDescription

    @property
    @override
    def _span(self) -> Span:
        return self.entity_description.span_fn(self.coordinator.capabilities)

    @override
    async def _async_set(self, value: float) -> None:
        await self.entity_description.set_fn(self.coordinator, value)

    @override
    def _read(self) -> float | None:
        return self.entity_description.value_fn(self.coordinator)


class SiteTargetNumber(SiteEntity[float], NumberEntity):
    """What all members of a site together may take per phase."""

    @property
    @override
    def native_max_value(self) -> float:
        """Return the highest rating of a phase; each phase keeps to its own."""
        return max(ratings(self.coordinator.config_entry.data))

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value last taken."""
        return self._value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it on all phases until further notice."""
        first, second, third = (
            min(value, rating) for rating in ratings(self.coordinator.config_entry.data)
        )
        await self.coordinator.async_set_target((first, second, third), None)

    @override
    def _read(self) -> float | None:
        target_a = self.coordinator.data.target_a
        rating_a = ratings(self.coordinator.config_entry.data)
        return max(rating_a if target_a is None else target_a)
