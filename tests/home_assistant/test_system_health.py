"""What the system health page says."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)

from custom_components.busbar.const import DOMAIN
from simulators.warp import WarpSimulator
from tests.repository.common import english

from .acting import KEY, pushed
from .common import state_of


async def test_without_a_site(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """How many devices there are, and how many of them are heard."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert info == {
        "devices": 1,
        "devices_heard": 1,
        "sites": 0,
        "oldest_decision": "-",
    }
    assert set(info) == set(english()["system_health"]["info"])
    warp.fault("refuse")
    while state_of(hass, "sensor", f"{KEY}_status") != "unavailable":
        await pushed(hass, warp)
    info = await get_system_health_info(hass, DOMAIN)
    assert (info["devices"], info["devices_heard"]) == (1, 0)


async def test_with_a_site(hass: HomeAssistant, site_entry: MockConfigEntry) -> None:
    """And how old the oldest decision is."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    coordinator = site_entry.runtime_data.coordinator
    info = await get_system_health_info(hass, DOMAIN)
    assert (info["devices"], info["devices_heard"], info["sites"]) == (3, 3, 1)
    amount, unit = info["oldest_decision"].split()
    assert unit == "s"
    assert float(amount) >= 0
    assert coordinator.data is not None
