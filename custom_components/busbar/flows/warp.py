"""Set up, re-authenticate and reconfigure a WARP."""

import logging
from typing import Any, Final, override

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_USERNAME
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import voluptuous as vol

from ..chargers.errors import AuthenticationFailed, ChargerError
from ..errors import flow_error
from ..makes import async_identify
from .charger import ChargerFlow, without_password
from .local import CREDENTIALS, address, address_fields, local_settings

_LOGGER = logging.getLogger(__name__)

WARP: Final = "warp"
DEFAULT_PORT: Final = 80

_CREDENTIALS_SCHEMA: Final = vol.Schema(dict(CREDENTIALS))
_DEVICE_SCHEMA: Final = vol.Schema(
    {
        **address_fields(DEFAULT_PORT),
        **CREDENTIALS,
    }
)


class WarpFlow(ChargerFlow):
    """The steps of a WARP charger or Energy Manager."""

    _discovered: dict[str, Any]

    async def async_step_warp(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Connect to a WARP charger or Energy Manager."""
        errors: dict[str, str] = {}
        if user_input is not None:
            settings = local_settings(WARP, user_input)
            added = await self._async_add(settings, errors, updates=address(settings))
            if added is not None:
                return added
        return self._form(WARP, _DEVICE_SCHEMA, errors, shown=user_input or {})

    @override
    async def async_step_zeroconf(
        self, discovery_info: ZeroconfServiceInfo
    ) -> ConfigFlowResult:
        """Take a device that announced itself; a known one gets its new address."""
        is_web = discovery_info.type.startswith("_http.")
        settings = local_settings(
            WARP,
            {
                CONF_HOST: discovery_info.host,
                # The charge managers' service announces a port of its own, not that of the web interface.
                CONF_PORT: discovery_info.port if is_web else DEFAULT_PORT,
            },
        )
        self._async_abort_entries_match(address(settings))
        name = discovery_info.name.partition(".")[0]
        try:
            identified = await async_identify(self.hass, WARP, settings)
        except AuthenticationFailed:
            # Who it is can only be asked with its password, in the next step.
            _LOGGER.debug("A discovered device wants credentials")
        except ChargerError as err:
            return self.async_abort(reason=flow_error(err))
        else:
            await self.async_set_unique_id(identified.key)
            self._abort_if_unique_id_configured(updates=address(settings))
            name = identified.title
        self._discovered = settings
        self.context["title_placeholders"] = {"name": name}
        return await self.async_step_discovery_confirm()

    async def async_step_discovery_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether to add the device that was found, and for its password if it has one."""
        errors: dict[str, str] = {}
        if user_input is not None:
            settings = {**self._discovered, **user_input}
            added = await self._async_add(settings, errors, updates=address(settings))
            if added is not None:
                return added
        return self.async_show_form(
            step_id="discovery_confirm",
            data_schema=_CREDENTIALS_SCHEMA,
            description_placeholders=self.context["title_placeholders"],
            errors=errors,
        )

    async def async_step_reauth_warp(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials that the device accepts now."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            settings = {**entry.data, **user_input}
            changed = await self._async_change(
                entry, settings, errors, mismatch="wrong_device"
            )
            if changed is not None:
                return changed
        return self._form(
            "reauth_warp",
            _CREDENTIALS_SCHEMA,
            errors,
            shown={CONF_USERNAME: entry.data.get(CONF_USERNAME)},
            name=entry.title,
        )

    async def async_step_reconfigure_warp(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the address or the credentials of the same device."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            changed = await self._async_change(
                entry, local_settings(WARP, user_input), errors, mismatch="wrong_device"
            )
            if changed is not None:
                return changed
        return self._form(
            "reconfigure_warp",
            _DEVICE_SCHEMA,
            errors,
            shown=user_input or without_password(entry.data),
            name=entry.title,
        )
