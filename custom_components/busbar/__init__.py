"""Busbar: speak to EV chargers, and share one supply between them."""

from collections.abc import Awaitable, Callable, Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .actions import async_setup_actions
from .charger_entry import (
    async_remove_charger_entry,
    async_setup_charger_entry,
    async_unload_charger_entry,
)
from .const import CONF_KIND, DOMAIN, EntryKind
from .site.entry import (
    async_remove_site_entry,
    async_setup_site_entry,
    async_unload_site_entry,
)
from .steering.gate import DATA_GATES, GateStore
from .steering.wishes import DATA_WISHES, WishStore

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

_SETUP: Mapping[EntryKind, Callable[[HomeAssistant, ConfigEntry], Awaitable[None]]] = {
    EntryKind.CHARGER: async_setup_charger_entry,
    EntryKind.SITE: async_setup_site_entry,
}
_UNLOAD: Mapping[EntryKind, Callable[[HomeAssistant, ConfigEntry], Awaitable[bool]]] = {
    EntryKind.CHARGER: async_unload_charger_entry,
    EntryKind.SITE: async_unload_site_entry,
}
_REMOVE: Mapping[EntryKind, Callable[[HomeAssistant, ConfigEntry], Awaitable[None]]] = {
    EntryKind.CHARGER: async_remove_charger_entry,
    EntryKind.SITE: async_remove_site_entry,
}


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Read the wishes that persons left, and register the actions."""
    wishes = WishStore(hass)
    await wishes.async_load()
    hass.data[DATA_WISHES] = wishes
    gates = GateStore(hass)
    await gates.async_load()
    hass.data[DATA_GATES] = gates
    async_setup_actions(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Set up a charger entry or a site entry."""
    await _SETUP[EntryKind(entry.data[CONF_KIND])](hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Unload an entry in good order."""
    return await _UNLOAD[EntryKind(entry.data[CONF_KIND])](hass, entry)


async def async_remove_entry(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Leave nothing behind."""
    await _REMOVE[EntryKind(entry.data[CONF_KIND])](hass, entry)
