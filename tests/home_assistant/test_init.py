"""Setting up, unloading and removing charger entries."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.warp import WarpSimulator

from .common import state_of
from .conftest import Add


async def test_adding_a_charger_writes_nothing(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """A person who only looks must not change anything."""
    assert warp_entry.state is ConfigEntryState.LOADED
    assert state_of(hass, "sensor", "warp_AbCd_status") == "charging"
    assert warp.writes == []
    assert warp.executed_by_get == 0


async def test_device_says_who_it_is(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """The device page names maker, model, serial number and firmware."""
    (device,) = dr.async_entries_for_config_entry(
        dr.async_get(hass), warp_entry.entry_id
    )
    assert device.identifiers == {(DOMAIN, "warp_AbCd")}
    assert device.manufacturer == "Tinkerforge"
    assert device.name == "Garage"
    assert device.serial_number == "AbCd"
    assert device.sw_version


async def test_unload(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Nothing stays connected."""
    assert warp.clients == 1
    assert await hass.config_entries.async_unload(warp_entry.entry_id)
    await hass.async_block_till_done()
    assert warp_entry.state is ConfigEntryState.NOT_LOADED
    await warp.flush()
    assert warp.clients == 0


async def test_not_ready_then_ready(
    hass: HomeAssistant, warp: WarpSimulator, add: Add
) -> None:
    """A charger that is switched off at the start is tried again."""
    warp.fault("refuse")
    entry = await add(warp)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    warp.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
