"""Set up one site entry: a supply and the chargers that share it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..const import DOMAIN, PLATFORMS, SIGNAL_CHARGERS_CHANGED
from ..steering.gate import DATA_GATES
from ..steering.opener import async_report_left_locked, is_steered
from .config import CONF_IS_BALANCING, charger_subentries, circuit_subentries
from .coordinator import SiteCoordinator
from .members import loaded_coordinators
from .store import SiteStore
from .window_switch import forget_windows

type SiteConfigEntry = ConfigEntry[SiteRuntime]

MODEL_ID_SITE = "site"
MODEL_ID_MEMBER = "member"
MODEL_ID_CIRCUIT = "circuit"
"""What action selectors filter devices by."""


@dataclass(kw_only=True)
class SiteRuntime:
    """What a loaded site entry holds."""

    coordinator: SiteCoordinator
    _listeners: list[CALLBACK_TYPE] = field(default_factory=list)

    def async_on_members_changed(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call `listener` when a member, a circuit or a window was added."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_chargers_changed(self) -> None:
        """Look the members up again; what one can do is known only once its charger was loaded."""
        self.coordinator.async_members_changed()
        self.async_members_changed()

    @callback
    def async_members_changed(self) -> None:
        """Tell the platforms."""
        for listener in tuple(self._listeners):
            listener()


def loaded_sites(hass: HomeAssistant) -> Iterator[SiteCoordinator]:
    """Return the coordinators of all loaded sites."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        if isinstance(entry.runtime_data, SiteRuntime):
            yield entry.runtime_data.coordinator


async def async_setup_site_entry(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Begin to share; members that are not loaded yet are a state with a reason."""
    store = SiteStore(hass, entry.entry_id)
    store.state.is_balancing = entry.data.get(CONF_IS_BALANCING, True)
    await store.async_load()
    coordinator = SiteCoordinator(hass, entry, store)
    entry.runtime_data = SiteRuntime(coordinator=coordinator)
    _register_devices(hass, entry)
    coordinator.async_follow()
    await coordinator.async_config_entry_first_refresh()
    entry.async_on_unload(
        async_dispatcher_connect(
            hass, SIGNAL_CHARGERS_CHANGED, entry.runtime_data.async_chargers_changed
        )
    )
    # Stopping Home Assistant unloads nothing, and cancels the streams of the chargers before its stop
    # event: a shutdown job runs while they still answer.
    entry.async_on_unload(hass.async_add_shutdown_job(HassJob(coordinator.async_leave)))
    entry.async_on_unload(entry.add_update_listener(_async_reconfigured))
    forget_windows(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    coordinator.async_members_changed()


async def async_unload_site_entry(hass: HomeAssistant, entry: SiteConfigEntry) -> bool:
    """Let go of the members in good order."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.coordinator.async_leave()
    if entry.disabled_by is not None:
        _async_open_what_is_left(hass)
    return True


async def async_remove_site_entry(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Forget what was remembered, and open what only this site would have opened."""
    await SiteStore(hass, entry.entry_id).async_remove()
    _async_open_what_is_left(hass)


async def _async_reconfigured(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Apply what a flow changed, without a reload: charging goes on."""
    _register_devices(hass, entry)
    forget_windows(hass, entry)
    entry.runtime_data.coordinator.async_reconfigure()
    entry.runtime_data.async_members_changed()
    _async_open_what_is_left(hass)


@callback
def _async_open_what_is_left(hass: HomeAssistant) -> None:
    """Have chargers opened that no site steers any more; tell which of them cannot be reached."""
    left = set(hass.data[DATA_GATES].closed)
    for coordinator in loaded_coordinators(hass):
        if coordinator.opener is not None:
            coordinator.opener.async_look()
            left.discard(coordinator.identity.key)
    for key in left:
        if not is_steered(hass, key):
            async_report_left_locked(hass, key)


@callback
def _register_devices(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Show the site and its members as devices, the members below the site."""
    registry = dr.async_get(hass)
    site = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        name=entry.title,
        model="Site",
        model_id=MODEL_ID_SITE,
        entry_type=dr.DeviceEntryType.SERVICE,
    )
    for subentry in charger_subentries(entry):
        member = registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            config_subentry_id=subentry.subentry_id,
            identifiers={(DOMAIN, subentry.subentry_id)},
            model="Member of a site",
            model_id=MODEL_ID_MEMBER,
            entry_type=dr.DeviceEntryType.SERVICE,
            translation_key="member",
            translation_placeholders={"charger": subentry.title, "site": entry.title},
        )
        registry.async_update_device(member.id, via_device_id=site.id)
    for subentry in circuit_subentries(entry):
        circuit = registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            config_subentry_id=subentry.subentry_id,
            identifiers={(DOMAIN, subentry.subentry_id)},
            model="Circuit",
            model_id=MODEL_ID_CIRCUIT,
            entry_type=dr.DeviceEntryType.SERVICE,
            name=subentry.title,
        )
        registry.async_update_device(circuit.id, via_device_id=site.id)
