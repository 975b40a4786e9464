"""Find the coordinators of chargers, wherever their entries are loaded.

Entries load in any order and come and go, so nobody keeps a coordinator of another entry: it is
looked up when it is needed.
"""

from collections.abc import Iterator

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..charger_entry import ChargerRuntime
from ..chargers.model import Role
from ..const import CONF_KIND, DOMAIN, EntryKind
from ..coordinator import ChargerCoordinator
from .config import CONF_CHARGER, charger_subentries


def loaded_coordinators(hass: HomeAssistant) -> Iterator[ChargerCoordinator]:
    """Return the coordinators of all charger entries that are set up, or just finishing that."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        runtime = getattr(entry, "runtime_data", None)
        if isinstance(runtime, ChargerRuntime):
            yield from runtime.coordinators.values()


def find_coordinator(hass: HomeAssistant, key: str) -> ChargerCoordinator | None:
    """Return the coordinator of a charger, `None` while it is not loaded or was never heard."""
    for coordinator in loaded_coordinators(hass):
        if coordinator.identity.key == key and coordinator.data is not None:
            return coordinator
    return None


def site_entries(hass: HomeAssistant) -> Iterator[ConfigEntry]:
    """Return all site entries, loaded or not."""
    return (
        entry
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.data[CONF_KIND] == EntryKind.SITE
    )


def site_of(hass: HomeAssistant, key: str) -> ConfigEntry | None:
    """Return the site that a charger is a member of; it can only be in one."""
    for entry in site_entries(hass):
        if any(
            subentry.data[CONF_CHARGER] == key for subentry in charger_subentries(entry)
        ):
            return entry
    return None


def free_chargers(hass: HomeAssistant) -> dict[str, ChargerCoordinator]:
    """Return the chargers that are known and not in any site, by identity key."""
    return {
        coordinator.identity.key: coordinator
        for coordinator in loaded_coordinators(hass)
        if coordinator.capabilities.role is Role.CHARGER
        and site_of(hass, coordinator.identity.key) is None
    }
