"""Choose one of several: phases, charging mode and what else a charger offers."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .chargers.features import Choice
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
from .site.mode_entities import mode_selects

PARALLEL_UPDATES = 1

_PHASE_OPTIONS: Final[Mapping[int, str]] = {1: "one", 2: "two", 3: "three"}
_PHASE_COUNTS: Final = {option: count for count, option in _PHASE_OPTIONS.items()}


@dataclass(frozen=True, kw_only=True)
class ChargerSelectDescription(SelectEntityDescription):
    """What a select shows and does, and which devices have it."""

    exists_fn: Exists
    options_fn: Callable[[Capabilities], list[str]]
    value_fn: Callable[[ChargerCoordinator], str | None]
    set_fn: Callable[[ChargerCoordinator, str], Awaitable[None]]


def _phases(coordinator: ChargerCoordinator) -> str | None:
    """Return the phases asked for; while a switch takes its minute, that is not yet what flows."""
    snapshot = coordinator.data
    count = snapshot.phases_wanted or snapshot.phases
    return None if count is None else _PHASE_OPTIONS.get(count)


PHASES: Final = ChargerSelectDescription(
    key="phases",
    translation_key="phases",
    exists_fn=lambda capabilities: capabilities.can_switch_phases,
    options_fn=lambda capabilities: [
        _PHASE_OPTIONS[count] for count in sorted(capabilities.phases)
    ],
    value_fn=_phases,
    set_fn=lambda coordinator, option: coordinator.holder.async_wish_phases(
        _PHASE_COUNTS[option]
    ),
)


def _choice_select(choice: Choice) -> ChargerSelectDescription:
    """Return the select of a make's own setting."""
    return ChargerSelectDescription(
        key=choice.key,
        translation_key=choice.key,
        entity_category=feature_category(choice),
        entity_registry_enabled_default=is_enabled_for_everybody(choice),
        exists_fn=offers(choice),
        # Looked up each time: a device may come to offer other options.
        options_fn=lambda capabilities: [
            option
            for feature in capabilities.features
            if isinstance(feature, Choice) and feature.key == choice.key
            for option in feature.options
        ],
        value_fn=lambda coordinator: cast(
            "str | None", coordinator.data.values.get(choice.key)
        ),
        set_fn=lambda coordinator, option: coordinator.async_command(
            cast("HasSettings", coordinator.charger).set_value(choice.key, option)
        ),
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BusbarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the selects of an entry."""
    async_add_busbar_entities(
        entry, async_add_entities, charger=_charger_selects, member=mode_selects
    )


def _charger_selects(coordinator: ChargerCoordinator) -> Iterator[SelectEntity]:
    """Offer the selects that a device has by its capabilities."""
    for description in offered(
        coordinator.capabilities, (PHASES,), Choice, _choice_select
    ):
        yield ChargerSelect(
            coordinator=coordinator,
            description=description,
            exists=description.exists_fn,
        )


class ChargerSelect(ChargerEntity[str], SelectEntity):
    """A setting of a charger with a list of values."""

    entity_description: ChargerSelectDescription

    @property
    @override
    def options(self) -> list[str]:
        """Return what this device offers."""
        return self.entity_description.options_fn(self.coordinator.capabilities)

    @property
    @override
    def current_option(self) -> str | None:
        """Return the value last taken."""
        return self._value

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose an option."""
        await self.entity_description.set_fn(self.coordinator, option)

    @override
    def _read(self) -> str | None:
        return self.entity_description.value_fn(self.coordinator)
