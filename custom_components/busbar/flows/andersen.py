"""Set up, re-authenticate and reconfigure an Andersen account."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_EMAIL, CONF_PASSWORD
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .charger import PASSWORD, ChargerFlow, charger_settings, without_password

ANDERSEN: Final = "andersen"
CONF_KEEP_PASSWORD: Final = "keep_password"

_EMAIL: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.EMAIL, autocomplete="username")
)
_PASSWORD_FIELDS: Final[Mapping[vol.Marker, Any]] = {
    vol.Required(CONF_PASSWORD): PASSWORD,
    vol.Required(CONF_KEEP_PASSWORD, default=True): BooleanSelector(),
}
_PASSWORD_SCHEMA: Final = vol.Schema(dict(_PASSWORD_FIELDS))
_ACCOUNT_SCHEMA: Final = vol.Schema(
    {vol.Required(CONF_EMAIL): _EMAIL, **_PASSWORD_FIELDS}
)


class AndersenFlow(ChargerFlow):
    """The steps of an Andersen account."""

    async def async_step_andersen(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Log in to an account."""
        errors: dict[str, str] = {}
        if user_input is not None:
            added = await self._async_add(
                _settings(user_input), errors, for_login_only=_not_kept(user_input)
            )
            if added is not None:
                return added
        return self._form(
            ANDERSEN, _ACCOUNT_SCHEMA, errors, shown=without_password(user_input or {})
        )

    async def async_step_reauth_andersen(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the password, because it changed or because it was not to be kept."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            changed = await self._async_change(
                entry,
                {**entry.data, **user_input},
                errors,
                mismatch="wrong_account",
                for_login_only=_not_kept(user_input),
            )
            if changed is not None:
                return changed
        return self._form(
            "reauth_andersen",
            _PASSWORD_SCHEMA,
            errors,
            shown=without_password(user_input or entry.data),
            name=entry.title,
            email=entry.data[CONF_EMAIL],
        )

    async def async_step_reconfigure_andersen(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the e-mail address or what is kept of the login; it stays the same account."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            changed = await self._async_change(
                entry,
                _settings(user_input),
                errors,
                mismatch="wrong_account",
                for_login_only=_not_kept(user_input),
            )
            if changed is not None:
                return changed
        return self._form(
            "reconfigure_andersen",
            _ACCOUNT_SCHEMA,
            errors,
            shown=without_password(user_input or entry.data),
            name=entry.title,
        )


def _settings(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry keeps of a form."""
    return {
        **charger_settings(ANDERSEN, user_input),
        CONF_EMAIL: user_input[CONF_EMAIL].strip(),
    }


def _not_kept(user_input: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is needed for the login alone, as the person has chosen."""
    return () if user_input[CONF_KEEP_PASSWORD] else (CONF_PASSWORD,)
