"""The actions of Busbar: few, by task, each with an answer."""

from homeassistant.core import HomeAssistant, callback

from .charger import async_setup_charger_actions
from .pause import async_setup_pause_actions
from .schedule import async_setup_schedule_actions
from .site import async_setup_site_actions


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register all of them; each looks for its site or charger when it is called."""
    async_setup_site_actions(hass)
    async_setup_pause_actions(hass)
    async_setup_charger_actions(hass)
    async_setup_schedule_actions(hass)
