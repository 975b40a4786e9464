"""Press what a charger does once: start, stop, and commands of its own."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final, cast, override

from homeassistant.components.button import (
    ButtonDeviceClass,
    ButtonEntity,
    ButtonEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .chargers.features import Audience, Command
from .chargers.model import Charger, HasSettings, Pauses
from .coordinator import ChargerCoordinator
from .entity import ChargerEntity, Exists, is_enabled_for_everybody, offered, offers
from .platform_setup import BusbarConfigEntry, async_add_busbar_entities

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class ChargerButtonDescription(ButtonEntityDescription):
    """What a button does, and which devices have it."""

    exists_fn: Exists
    press_fn: Callable[[Charger], Awaitable[None]]
    helps_when_lost: bool = False
    """It can be pressed also while the device does not answer."""


BUTTONS: Final = (
    ChargerButtonDescription(
        key="start_charging",
        translation_key="start_charging",
        exists_fn=lambda capabilities: capabilities.can_pause,
        press_fn=lambda charger: cast("Pauses", charger).set_charging(released=True),
    ),
    ChargerButtonDescription(
        key="stop_charging",
        translation_key="stop_charging",
        exists_fn=lambda capabilities: capabilities.can_pause,
        press_fn=lambda charger: cast("Pauses", charger).set_charging(released=False),
    ),
)


def _command_button(command: Command) -> ChargerButtonDescription:
    """Return the button of a make's own command."""
    is_daily = command.audience is Audience.DAILY
    return ChargerButtonDescription(
        key=command.key,
        translation_key=command.key,
        device_class=ButtonDeviceClass.RESTART if command.restarts else None,
        entity_category=None if is_daily else EntityCategory.CONFIG,
        entity_registry_enabled_default=is_enabled_for_everybody(command),
        exists_fn=offers(command),
        press_fn=lambda charger: cast("HasSettings", charger).run_command(command.key),
        # A restart may go another way, and is what brings back a device that is silent.
        helps_when_lost=command.restarts,
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BusbarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of an entry."""
    async_add_busbar_entities(entry, async_add_entities, charger=_charger_buttons)


def _charger_buttons(coordinator: ChargerCoordinator) -> Iterator[ButtonEntity]:
    """Offer the buttons that a device has by its capabilities."""
    for description in offered(
        coordinator.capabilities, BUTTONS, Command, _command_button
    ):
        yield ChargerButton(
            coordinator=coordinator,
            description=description,
            exists=description.exists_fn,
        )


class ChargerButton(ChargerEntity[None], ButtonEntity):
    """Something that a charger does once."""

    entity_description: ChargerButtonDescription

    @property
    @override
    def available(self) -> bool:
        """Return whether pressing it can have an effect."""
        if self.entity_description.helps_when_lost:
            return self._exists(self.coordinator.capabilities)
        return super().available

    @override
    async def async_press(self) -> None:
        """Do it."""
        command = self.entity_description.press_fn(self.coordinator.charger)
        await self.coordinator.async_command(command)
