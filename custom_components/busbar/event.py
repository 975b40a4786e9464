"""Report what happens at a charger, once when it happens."""

from collections.abc import Iterator
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .balancer.decision import EventKind
from .chargers.features import Happening
from .chargers.model import Occurrence
from .coordinator import ChargerCoordinator
from .entity import ChargerEntity, feature_category, is_enabled_for_everybody, offers
from .platform_setup import BusbarConfigEntry, async_add_busbar_entities
from .site.coordinator import SiteCoordinator
from .site.entity import SiteEntity

PARALLEL_UPDATES = 0


DECISION: Final = EventEntityDescription(
    key="decision",
    translation_key="decision",
    event_types=[kind.value for kind in EventKind],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BusbarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of an entry."""
    async_add_busbar_entities(
        entry, async_add_entities, charger=_charger_events, site=_site_events
    )


def _charger_events(coordinator: ChargerCoordinator) -> Iterator[EventEntity]:
    """Offer an event for everything that a device reports."""
    for feature in coordinator.capabilities.features:
        if isinstance(feature, Happening):
            yield ChargerEvent(
                coordinator=coordinator,
                description=EventEntityDescription(
                    key=feature.key,
                    translation_key=feature.key,
                    event_types=list(feature.kinds),
                    entity_category=feature_category(feature),
                    entity_registry_enabled_default=is_enabled_for_everybody(feature),
                ),
                exists=offers(feature),
            )


def _site_events(coordinator: SiteCoordinator) -> Iterator[EventEntity]:
    """Offer the changes of kind of a site's decisions."""
    yield SiteEvent(coordinator=coordinator, description=DECISION)


class ChargerEvent(ChargerEntity[Occurrence], EventEntity):
    """Something that happens at a charger."""

    @override
    def _read(self) -> Occurrence | None:
        return self.coordinator.data.occurrences.get(self.entity_description.key)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Fire once for each occurrence that is newer than the last one."""
        for position, occurrence in enumerate(self._new()):
            if position:
                # A state holds one of them.
                self.async_write_ha_state()
            self._trigger_event(occurrence.kind, dict(occurrence.details))
        super()._handle_coordinator_update()

    def _new(self) -> list[Occurrence]:
        """Return what happened since the value was taken, the oldest first."""
        seen, last = self._value, self._read()
        if last is None:
            return []
        return [
            occurrence
            for occurrence in (*last.earlier, last)
            if seen is None or occurrence.happened_at > seen.happened_at
        ]


class SiteEvent(SiteEntity[None], EventEntity):
    """A change of kind in what a site decides: who started, who was cut, which meter was lost."""

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Fire once for every change that the newest decision brought."""
        for event in self.coordinator.data.events:
            self._trigger_event(
                event.kind,
                {
                    "subject": self.coordinator.name_of(event.subject),
                    **{key: round(value, 1) for key, value in event.numbers.items()},
                },
            )
            self.async_write_ha_state()
        super()._handle_coordinator_update()
