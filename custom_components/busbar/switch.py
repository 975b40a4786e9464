"""Switch what a charger can have on or off."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .chargers.features import Toggle
from .chargers.model import HasSettings, Locks, Pauses, Snapshot
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
from .schedule_entity import SlotEntity, fixed_slots
from .site.coordinator import SiteCoordinator
from .site.entity import SiteEntity
from .site.window_switch import WINDOW, WindowSwitch

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class ChargerSwitchDescription(SwitchEntityDescription):
    """What a switch shows and does, and which devices have it."""

    exists_fn: Exists
    value_fn: Callable[[Snapshot], bool | None]
    set_fn: Callable[[ChargerCoordinator, bool], Awaitable[None]]


SWITCHES: Final = (
    ChargerSwitchDescription(
        key="charging",
        translation_key="charging",
        exists_fn=lambda capabilities: capabilities.can_pause,
        value_fn=lambda snapshot: snapshot.charging_released,
        set_fn=lambda coordinator, on: cast("Pauses", coordinator.charger).set_charging(
            on
        ),
    ),
    ChargerSwitchDescription(
        key="lock",
        translation_key="lock",
        exists_fn=lambda capabilities: capabilities.can_lock,
        value_fn=lambda snapshot: snapshot.is_locked,
        set_fn=lambda coordinator, on: cast("Locks", coordinator.charger).set_locked(
            on
        ),
    ),
    ChargerSwitchDescription(
        key="external_control",
        translation_key="external_control",
        entity_category=EntityCategory.CONFIG,
        exists_fn=lambda capabilities: capabilities.once_allowed is not None,
        value_fn=lambda snapshot: snapshot.control_allowed,
        set_fn=lambda coordinator, on: coordinator.hand.async_set_control(allowed=on),
    ),
)


SLOT_ENABLED: Final = SwitchEntityDescription(
    key="slot_enabled", translation_key="slot_enabled"
)
BALANCING: Final = SwitchEntityDescription(key="balancing", translation_key="balancing")


def _toggle_switch(toggle: Toggle) -> ChargerSwitchDescription:
    """Return the switch of a make's own setting."""
    return ChargerSwitchDescription(
        key=toggle.key,
        translation_key=toggle.key,
        entity_category=feature_category(toggle),
        entity_registry_enabled_default=is_enabled_for_everybody(toggle),
        exists_fn=offers(toggle),
        value_fn=lambda snapshot: cast("bool | None", snapshot.values.get(toggle.key)),
        set_fn=lambda coordinator, on: cast(
            "HasSettings", coordinator.charger
        ).set_value(toggle.key, on),
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BusbarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches of an entry."""
    async_add_busbar_entities(
        entry,
        async_add_entities,
        charger=_charger_switches,
        site=_site_switches,
        window=_window_switches,
    )


def _charger_switches(coordinator: ChargerCoordinator) -> Iterator[SwitchEntity]:
    """Offer the switches that a device has by its capabilities."""
    for description in offered(
        coordinator.capabilities, SWITCHES, Toggle, _toggle_switch
    ):
        yield ChargerSwitch(
            coordinator=coordinator,
            description=description,
            exists=description.exists_fn,
        )
    for number, key in fixed_slots(coordinator.capabilities):
        yield SlotSwitch(
            coordinator=coordinator, description=SLOT_ENABLED, key=key, number=number
        )


def _site_switches(coordinator: SiteCoordinator) -> Iterator[SwitchEntity]:
    """Offer the switch between steering and watching."""
    yield BalancingSwitch(coordinator=coordinator, description=BALANCING)


def _window_switches(
    coordinator: SiteCoordinator, subentry: ConfigSubentry
) -> Iterator[SwitchEntity]:
    """Offer the switch of a window."""
    yield WindowSwitch(coordinator=coordinator, subentry=subentry, description=WINDOW)


class ChargerSwitch(ChargerEntity[bool], SwitchEntity):
    """A setting of a charger that is on or off."""

    entity_description: ChargerSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value last taken."""
        return self._value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch it on."""
        await self._async_set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off."""
        await self._async_set(on=False)

    async def _async_set(self, *, on: bool) -> None:
        command = self.entity_description.set_fn(self.coordinator, on)
        await self.coordinator.async_command(command)

    @override
    def _read(self) -> bool | None:
        return self.entity_description.value_fn(self.coordinator.data)


class SlotSwitch(SlotEntity[bool], SwitchEntity):
    """Whether a charger follows a slot of its own schedule."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value last taken."""
        return self._value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let the charger follow it."""
        await self._async_change(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Let the charger pass it over."""
        await self._async_change(enabled=False)

    @override
    def _read(self) -> bool | None:
        return None if self._slot is None else self._slot.enabled


class BalancingSwitch(SiteEntity[bool], SwitchEntity):
    """On: what the site decides is written. Off: it decides and shows, and writes nothing."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value last taken."""
        return self._value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Steer the members."""
        await self.coordinator.async_set_balancing(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Watch the members only."""
        await self.coordinator.async_set_balancing(on=False)

    @override
    def _read(self) -> bool:
        return self.coordinator.is_balancing
