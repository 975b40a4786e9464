"""Set up chargers and sites; the steps of each are in `flows/`."""

from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
)
from homeassistant.core import callback

from .const import CONF_KIND, CONF_MAKE, DOMAIN, EntryKind
from .flows.andersen import ANDERSEN, AndersenFlow
from .flows.circuit import CircuitFlow
from .flows.easee import EASEE, EaseeFlow
from .flows.member import MemberFlow
from .flows.quasar import QUASAR, QuasarFlow
from .flows.shelly_em import SHELLY_EM, ShellyEmFlow
from .flows.site import SiteFlow
from .flows.warp import WARP, WarpFlow
from .flows.window import WindowFlow
from .site.config import SUBENTRY_CHARGER, SUBENTRY_CIRCUIT, SUBENTRY_WINDOW


class BusbarConfigFlow(
    WarpFlow, EaseeFlow, AndersenFlow, QuasarFlow, ShellyEmFlow, SiteFlow, domain=DOMAIN
):
    """The config flow of Busbar."""

    VERSION = 1

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what to add."""
        return self.async_show_menu(
            step_id="user",
            menu_options=[WARP, EASEE, ANDERSEN, QUASAR, SHELLY_EM, "site"],
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go to the form of what is changed."""
        data = self._get_reconfigure_entry().data
        if data[CONF_KIND] == EntryKind.SITE:
            return await self.async_step_reconfigure_site()
        step = getattr(self, f"async_step_reconfigure_{data[CONF_MAKE]}")
        result: ConfigFlowResult = await step()
        return result

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Offer circuits, members and windows to sites only."""
        if config_entry.data[CONF_KIND] == EntryKind.SITE:
            return {
                SUBENTRY_CHARGER: MemberFlow,
                SUBENTRY_CIRCUIT: CircuitFlow,
                SUBENTRY_WINDOW: WindowFlow,
            }
        return {}
