"""Set up one charger entry: its connection, and a coordinator for every device behind it."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_send

from .chargers.errors import ChargerError
from .chargers.model import Charger, Connection, Identity, ReleasesControl
from .const import DOMAIN, PLATFORMS, SIGNAL_CHARGERS_CHANGED
from .coordinator import ChargerCoordinator
from .errors import setup_failure
from .makes import MAKES, async_create_connection
from .steering.gate import DATA_GATES
from .steering.opener import async_report_left_locked
from .steering.wishes import DATA_WISHES

# Home Assistant grants 20 s for stopping, a container often 10.
_STOP_S: Final = 8.0

type ChargerConfigEntry = ConfigEntry[ChargerRuntime]


@dataclass(kw_only=True)
class ChargerRuntime:
    """What a loaded charger entry holds."""

    connection: Connection
    coordinators: dict[str, ChargerCoordinator] = field(default_factory=dict)
    """By identity key."""
    following: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while coordinators are made: two changes at once must not make two for one device."""
    _listeners: list[CALLBACK_TYPE] = field(default_factory=list)

    def async_on_devices_changed(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call `listener` when a device or a capability came or went."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_devices_changed(self) -> None:
        """Tell the platforms."""
        for listener in tuple(self._listeners):
            listener()


async def async_setup_charger_entry(
    hass: HomeAssistant, entry: ChargerConfigEntry
) -> None:
    """Connect, read once, and offer what is there; nothing is written."""
    try:
        connection = await async_create_connection(hass, entry)
    except ChargerError as err:
        raise setup_failure(err) from err
    try:
        await connection.open()
    except ChargerError as err:
        await connection.close()
        raise setup_failure(err) from err
    entry.runtime_data = ChargerRuntime(connection=connection)
    await _async_follow_devices(hass, entry)

    async def async_close(_: Event) -> None:
        await connection.close()

    entry.async_on_unload(
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, async_close)
    )
    entry.async_on_unload(
        hass.async_add_shutdown_job(HassJob(partial(_async_end_discharges, entry)))
    )
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)

    @callback
    def devices_changed() -> None:
        entry.async_create_task(hass, _async_devices_changed(hass, entry))

    entry.async_on_unload(connection.on_change(devices_changed))
    # Also for what came while the platforms were set up.
    await _async_devices_changed(hass, entry)


async def _async_end_discharges(entry: ChargerConfigEntry) -> None:
    """End what nobody will watch any more; a charge goes on over a restart of Home Assistant."""
    coordinators = entry.runtime_data.coordinators.values()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_STOP_S):
            await asyncio.gather(
                *(coordinator.async_end_discharge() for coordinator in coordinators),
                # Out of reach: there is nobody left to try again.
                return_exceptions=True,
            )


async def async_unload_charger_entry(
    hass: HomeAssistant, entry: ChargerConfigEntry
) -> bool:
    """Close the connection; sites keep the current of its chargers reserved."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    runtime = entry.runtime_data
    coordinators = list(runtime.coordinators.values())
    runtime.coordinators.clear()
    async_dispatcher_send(hass, SIGNAL_CHARGERS_CHANGED)
    gates = hass.data[DATA_GATES]
    for coordinator in coordinators:
        await coordinator.async_leave()
        if entry.disabled_by is not None and gates.is_closed(coordinator.identity.key):
            async_report_left_locked(hass, coordinator.identity.key)
    await runtime.connection.close()
    return True


async def async_remove_charger_entry(
    hass: HomeAssistant, entry: ChargerConfigEntry
) -> None:
    """Be forgotten at the other end, as far as it can be reached, and forget the wishes."""
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        for domain, key in device.identifiers:
            if domain == DOMAIN:
                await hass.data[DATA_WISHES].async_remove(key)
                if hass.data[DATA_GATES].is_closed(key):
                    # Its site may still be there, and would not know that it draws its full current again.
                    async_report_left_locked(hass, key, for_good=True)
                hass.data[DATA_GATES].forget(key)
    # Where it is out of reach, its entry is removed all the same.
    with contextlib.suppress(ChargerError):
        connection = await async_create_connection(hass, entry)
        if isinstance(connection, ReleasesControl):
            await connection.release()


async def _async_devices_changed(
    hass: HomeAssistant, entry: ChargerConfigEntry
) -> None:
    async with entry.runtime_data.following:
        await _async_follow_devices(hass, entry)
    entry.runtime_data.async_devices_changed()
    async_dispatcher_send(hass, SIGNAL_CHARGERS_CHANGED)


async def _async_follow_devices(hass: HomeAssistant, entry: ChargerConfigEntry) -> None:
    """Have a coordinator and a device for everything behind the connection, and nothing else."""
    runtime = entry.runtime_data
    chargers = _own_chargers(hass, entry)
    for key in runtime.coordinators.keys() - chargers.keys():
        await runtime.coordinators.pop(key).async_shutdown()
    registry = dr.async_get(hass)
    for key, charger in chargers.items():
        _register_device(registry, entry, charger.identity)
        if key not in runtime.coordinators:
            coordinator = ChargerCoordinator(hass, entry, charger)
            await coordinator.async_refresh()
            coordinator.async_start()
            runtime.coordinators[key] = coordinator
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if not any((DOMAIN, key) in device.identifiers for key in chargers):
            registry.async_remove_device(device.id)


def _own_chargers(hass: HomeAssistant, entry: ChargerConfigEntry) -> dict[str, Charger]:
    """Return the devices behind an entry, but none that a loaded entry before it holds.

    Two accounts may see the same charger. Its set-point has one hand all the same.
    """
    held = {
        key
        for other in hass.config_entries.async_entries(DOMAIN)
        if other is not entry
        and isinstance(runtime := getattr(other, "runtime_data", None), ChargerRuntime)
        for key in runtime.coordinators
    }
    chargers = entry.runtime_data.connection.chargers
    return {key: charger for key, charger in chargers.items() if key not in held}


@callback
def _register_device(
    registry: dr.DeviceRegistry, entry: ChargerConfigEntry, identity: Identity
) -> None:
    """Show a device; name and firmware follow what it says now."""
    registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, identity.key)},
        manufacturer=MAKES[identity.make].manufacturer,
        model=identity.model,
        model_id=identity.model_id,
        name=identity.name,
        serial_number=identity.serial,
        sw_version=identity.firmware,
        hw_version=identity.hardware,
        configuration_url=identity.url,
    )
