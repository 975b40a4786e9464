"""Set up, re-authenticate and reconfigure an Easee account."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
import voluptuous as vol

from .charger import PASSWORD, TEXT, ChargerFlow, charger_settings, without_password

EASEE: Final = "easee"

_ACCOUNT_SCHEMA: Final = vol.Schema(
    {vol.Required(CONF_USERNAME): TEXT, vol.Required(CONF_PASSWORD): PASSWORD}
)
_PASSWORD_SCHEMA: Final = vol.Schema({vol.Required(CONF_PASSWORD): PASSWORD})


class EaseeFlow(ChargerFlow):
    """The steps of an Easee account."""

    async def async_step_easee(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Log in to an account."""
        errors: dict[str, str] = {}
        if user_input is not None:
            added = await self._async_add(_settings(user_input), errors)
            if added is not None:
                return added
        return self._form(
            EASEE, _ACCOUNT_SCHEMA, errors, shown=without_password(user_input or {})
        )

    async def async_step_reauth_easee(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the password that the account has now."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            changed = await self._async_change(
                entry, {**entry.data, **user_input}, errors, mismatch="wrong_account"
            )
            if changed is not None:
                return changed
        return self._form(
            "reauth_easee",
            _PASSWORD_SCHEMA,
            errors,
            name=entry.title,
            username=entry.data[CONF_USERNAME],
        )

    async def async_step_reconfigure_easee(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the user name or the password; it stays the same account."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            changed = await self._async_change(
                entry, _settings(user_input), errors, mismatch="wrong_account"
            )
            if changed is not None:
                return changed
        return self._form(
            "reconfigure_easee",
            _ACCOUNT_SCHEMA,
            errors,
            shown=without_password(user_input or entry.data),
            name=entry.title,
        )


def _settings(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry keeps of a form."""
    return {
        **charger_settings(EASEE, user_input),
        CONF_USERNAME: user_input[CONF_USERNAME].strip(),
    }
