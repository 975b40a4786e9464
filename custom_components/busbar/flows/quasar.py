"""Set up, re-authenticate and reconfigure a Wallbox Quasar.

It hears one client only: a loaded entry is unloaded before somebody else asks who answers.
"""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import voluptuous as vol

from .charger import PASSWORD, TEXT, ChargerFlow, without_password
from .local import address, address_fields, local_settings

QUASAR: Final = "quasar"
CONF_POWER_MODE: Final = "power_mode"
CONF_RESTART_WHEN_DEAD: Final = "restart_when_dead"
CONF_WATCHDOG: Final = "watchdog_s"
ACCOUNT_INCOMPLETE: Final = "account_incomplete"
SECTION_CLOUD: Final = "cloud"
SECTION_DETAILS: Final = "details"

_DEFAULT_PORT: Final = 502
_DEFAULT_WATCHDOG_S: Final = 90

_WATCHDOG: Final = NumberSelector(
    NumberSelectorConfig(
        min=60,
        max=1800,
        step=1,
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=UnitOfTime.SECONDS,
    )
)
_CLOUD_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_USERNAME): TEXT,
        vol.Optional(CONF_PASSWORD): PASSWORD,
        vol.Required(CONF_RESTART_WHEN_DEAD, default=False): BooleanSelector(),
    }
)
_DETAILS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_WATCHDOG, default=_DEFAULT_WATCHDOG_S): _WATCHDOG,
        vol.Required(CONF_POWER_MODE, default=False): BooleanSelector(),
    }
)
_DEVICE_SCHEMA: Final = vol.Schema(
    {
        **address_fields(_DEFAULT_PORT),
        vol.Required(SECTION_CLOUD): section(_CLOUD_SCHEMA, {"collapsed": True}),
        vol.Required(SECTION_DETAILS): section(_DETAILS_SCHEMA, {"collapsed": True}),
    }
)
_LOGIN_SCHEMA: Final = vol.Schema(
    {vol.Required(CONF_USERNAME): TEXT, vol.Required(CONF_PASSWORD): PASSWORD}
)


class QuasarFlow(ChargerFlow):
    """The steps of a Quasar."""

    async def async_step_quasar(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Connect to a Quasar."""
        errors: dict[str, str] = {}
        if user_input is not None:
            settings = _settings(user_input)
            # It would not answer: its entry is the one client that it hears.
            self._async_abort_entries_match(address(settings))
            if _is_incomplete(settings):
                errors["base"] = ACCOUNT_INCOMPLETE
            elif added := await self._async_add(
                settings, errors, updates=address(settings)
            ):
                return added
        return self._form(QUASAR, _DEVICE_SCHEMA, errors, shown=user_input or {})

    async def async_step_reauth_quasar(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the login that the vendor's cloud accepts now."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            settings = {**entry.data, **user_input}
            changed = await self._async_change_alone(entry, settings, errors)
            if changed is not None:
                return changed
            if errors == {"base": "cannot_connect"}:
                # The cloud is needed when the charger is silent: what cannot be checked now is kept, and
                # asked for again if it was wrong.
                return self.async_update_reload_and_abort(
                    entry, data_updates=user_input
                )
        return self._form(
            "reauth_quasar",
            _LOGIN_SCHEMA,
            errors,
            shown={CONF_USERNAME: entry.data.get(CONF_USERNAME)},
            name=entry.title,
        )

    async def async_step_reconfigure_quasar(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the address, the login or the details of the same charger."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            settings = _settings(user_input)
            if settings.get(CONF_USERNAME) == entry.data.get(CONF_USERNAME):
                settings.setdefault(CONF_PASSWORD, entry.data.get(CONF_PASSWORD))
            if _is_incomplete(settings):
                errors["base"] = ACCOUNT_INCOMPLETE
            elif changed := await self._async_change_alone(entry, settings, errors):
                return changed
        return self._form(
            "reconfigure_quasar",
            _DEVICE_SCHEMA,
            errors,
            shown=user_input or _shown(entry.data),
            name=entry.title,
        )

    async def _async_change_alone(
        self,
        entry: ConfigEntry,
        settings: Mapping[str, Any],
        errors: dict[str, str],
    ) -> ConfigFlowResult | None:
        """Store new settings, asked for with nobody else at the charger; set it up again whatever happens."""
        entries = self.hass.config_entries
        was_up = entry.state in (ConfigEntryState.LOADED, ConfigEntryState.SETUP_RETRY)
        if was_up:
            await entries.async_unload(entry.entry_id)
        changed = None
        try:
            changed = await self._async_change(
                entry, settings, errors, mismatch="wrong_device"
            )
        finally:
            # Where something was changed, the entry is reloaded anyway.
            if was_up and changed is None:
                await entries.async_setup(entry.entry_id)
        return changed


def _settings(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry keeps of the form."""
    flat = {
        **user_input,
        **user_input[SECTION_CLOUD],
        **user_input[SECTION_DETAILS],
        CONF_WATCHDOG: int(user_input[SECTION_DETAILS][CONF_WATCHDOG]),
    }
    del flat[SECTION_CLOUD], flat[SECTION_DETAILS]
    return local_settings(QUASAR, flat)


def _is_incomplete(settings: Mapping[str, Any]) -> bool:
    """Return whether half an account was given, or none for a restart that needs one."""
    parts = [bool(settings.get(key)) for key in (CONF_USERNAME, CONF_PASSWORD)]
    is_wanted = any(parts) or settings[CONF_RESTART_WHEN_DEAD]
    return is_wanted and not all(parts)


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form as an entry has it."""
    shown = without_password(data)
    return {**shown, SECTION_CLOUD: shown, SECTION_DETAILS: shown}
