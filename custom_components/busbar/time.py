"""Set when the windows of a charger's own schedule begin and end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Final, override

from homeassistant.components.time import TimeEntity, TimeEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import ChargerCoordinator
from .platform_setup import BusbarConfigEntry, async_add_busbar_entities
from .schedule_entity import SlotEntity, fixed_slots, whole_minutes

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class SlotTimeDescription(TimeEntityDescription):
    """Which moment of a slot a time entity shows."""

    moment: str


TIMES: Final = (
    SlotTimeDescription(
        key="slot_start",
        translation_key="slot_start",
        entity_category=EntityCategory.CONFIG,
        moment="start",
    ),
    SlotTimeDescription(
        key="slot_end",
        translation_key="slot_end",
        entity_category=EntityCategory.CONFIG,
        moment="end",
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BusbarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the times of an entry."""
    async_add_busbar_entities(entry, async_add_entities, charger=_charger_times)


def _charger_times(coordinator: ChargerCoordinator) -> Iterator[TimeEntity]:
    """Offer start and end of each slot."""
    for number, key in fixed_slots(coordinator.capabilities):
        for description in TIMES:
            yield SlotTime(
                coordinator=coordinator,
                description=description,
                key=key,
                number=number,
            )


class SlotTime(SlotEntity[time], TimeEntity):
    """The moment at which a window of a charger's own schedule begins or ends."""

    entity_description: SlotTimeDescription

    @property
    @override
    def native_value(self) -> time | None:
        """Return the value last taken."""
        return self._value

    @override
    async def async_set_value(self, value: time) -> None:
        """Write it."""
        moment = self.entity_description.moment
        await self._async_change(**{moment: whole_minutes(value)})

    @override
    def _read(self) -> time | None:
        slot = self._slot
        if slot is None:
            return None
        return slot.start if self.entity_description.moment == "start" else slot.end
