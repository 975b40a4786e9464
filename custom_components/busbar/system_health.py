"""Say on the system health page whether Busbar hears its chargers and when it decided last."""

import time
from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .site.entry import loaded_sites
from .site.members import loaded_coordinators


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Register the page's section."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    coordinators = list(loaded_coordinators(hass))
    sites = list(loaded_sites(hass))
    ages = [time.monotonic() - site.data.now for site in sites]
    return {
        "devices": len(coordinators),
        "devices_heard": sum(item.last_update_success for item in coordinators),
        "sites": len(sites),
        "oldest_decision": f"{max(ages):.0f} s" if ages else "-",
    }
