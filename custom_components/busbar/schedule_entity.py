"""The base of entities that show one slot of a charger's own schedule."""

from collections.abc import Iterator
from datetime import time
from typing import Any, cast, override

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity import EntityDescription

from .chargers.model import Capabilities, HasSchedule, ScheduleChange, ScheduleSlot
from .const import DOMAIN
from .coordinator import ChargerCoordinator
from .entity import ChargerEntity


def whole_minutes(value: time) -> time:
    """Return a time that a schedule can keep; raises where something would silently be lost."""
    if value.second or value.microsecond:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="time_has_seconds",
            translation_placeholders={"value": value.isoformat()},
        )
    return value


def fixed_slots(capabilities: Capabilities) -> Iterator[tuple[int, str]]:
    """Return number and key of the slots that are worth entities: those that are always there."""
    if capabilities.slots_are_fixed:
        yield from enumerate(capabilities.schedule_slots, 1)


class SlotEntity[ValueT](ChargerEntity[ValueT]):
    """An entity of one slot, named as a person named the slot in the app of the make."""

    def __init__(
        self,
        *,
        coordinator: ChargerCoordinator,
        description: EntityDescription,
        key: str,
        number: int,
    ) -> None:
        """Attach the entity to its device."""
        super().__init__(
            coordinator=coordinator,
            description=description,
            exists=lambda capabilities: key in capabilities.schedule_slots,
        )
        self._key = key
        self._attr_unique_id = (
            f"{coordinator.identity.key}_{key}_{description.translation_key}"
        )
        self._number = str(number)
        self._attr_translation_placeholders = {"slot": self._number}
        self._attr_translation_placeholders = {"slot": self._slot_name}

    @property
    def _slot(self) -> ScheduleSlot | None:
        """Return the slot as the charger reports it."""
        snapshot = self.coordinator.data
        slots = (snapshot.schedule if snapshot is not None else None) or ()
        return next((slot for slot in slots if slot.key == self._key), None)

    @property
    def _slot_name(self) -> str:
        """Return what a person calls the slot: its number where it has no name, as before where it is not known."""
        slot = self._slot
        if slot is None:
            return self.translation_placeholders["slot"]
        return slot.name or self._number

    @override
    def _is_news(self, value: ValueT | None) -> bool:
        """Return whether the slot is another one, or was given another name in the app."""
        shown = self.translation_placeholders["slot"]
        return super()._is_news(value) or self._slot_name != shown

    @override
    def _take(self) -> None:
        super()._take()
        if self._was_available:
            self._attr_translation_placeholders = {"slot": self._slot_name}
            # Home Assistant makes up the name once, and keeps it.
            vars(self).pop("name", None)

    async def _async_change(self, **changes: Any) -> None:
        """Write what changes in the slot; all the rest stays as it is."""
        if self._slot is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="schedule_unknown",
                translation_placeholders={"device": self.coordinator.identity.name},
            )
        charger = cast("HasSchedule", self.coordinator.charger)
        change = ScheduleChange(key=self._key, **changes)
        await self.coordinator.async_command(charger.set_schedule([change]))
