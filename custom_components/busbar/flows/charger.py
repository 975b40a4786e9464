"""What the steps of all makes share: ask who answers, then add, mend or change an entry."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_PASSWORD
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from ..chargers.errors import ChargerError
from ..const import CONF_KIND, CONF_MAKE, EntryKind
from ..errors import flow_error
from ..makes import CONF_STATE, Identified, async_identify

TEXT: Final = TextSelector()
PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)


class ChargerFlow(ConfigFlow):
    """The steps of a charger entry; each make adds its own."""

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Go to the form of what no longer lets us in."""
        step = getattr(self, f"async_step_reauth_{entry_data[CONF_MAKE]}")
        result: ConfigFlowResult = await step()
        return result

    async def _async_add(
        self,
        settings: Mapping[str, Any],
        errors: dict[str, str],
        *,
        updates: dict[str, Any] | None = None,
        for_login_only: Collection[str] = (),
    ) -> ConfigFlowResult | None:
        """Add who answers to `settings`; `None`, and the reason in `errors`, where nobody does.

        What is set up already only gets `updates`. Settings that are `for_login_only` are not stored.
        """
        identified = await self._async_probe(settings, errors)
        if identified is None:
            return None
        await self.async_set_unique_id(identified.key)
        self._abort_if_unique_id_configured(updates=updates)
        return self.async_create_entry(
            title=self._free_title(identified.title),
            data=_without(for_login_only, settings) | dict(identified.data),
        )

    async def _async_change(
        self,
        entry: ConfigEntry,
        settings: Mapping[str, Any],
        errors: dict[str, str],
        *,
        mismatch: str,
        for_login_only: Collection[str] = (),
    ) -> ConfigFlowResult | None:
        """Store new settings of the same device or account; `None` as above.

        `mismatch` is why the flow ends where another one answers: it never takes over an entry.
        """
        former = entry.data.get(CONF_STATE, {})
        identified = await self._async_probe({**settings, CONF_STATE: former}, errors)
        if identified is None:
            return None
        await self.async_set_unique_id(identified.key)
        self._abort_if_unique_id_mismatch(reason=mismatch)
        data = _without(for_login_only, settings) | dict(identified.data)
        if CONF_STATE in entry.data or CONF_STATE in data:
            # What the connection stored while we asked is newer than what the login began with.
            learned = _changes(former, identified.data.get(CONF_STATE, former))
            data[CONF_STATE] = {**entry.data.get(CONF_STATE, {}), **learned}
        return self.async_update_reload_and_abort(entry, data=data)

    async def _async_probe(
        self, settings: Mapping[str, Any], errors: dict[str, str]
    ) -> Identified | None:
        """Ask who answers; leave in `errors` why that failed."""
        try:
            return await async_identify(self.hass, settings[CONF_MAKE], settings)
        except ChargerError as err:
            errors["base"] = flow_error(err)
            return None

    def _form(
        self,
        step_id: str,
        schema: vol.Schema,
        errors: dict[str, str],
        *,
        shown: Mapping[str, Any] | None = None,
        **placeholders: str,
    ) -> ConfigFlowResult:
        """Show a form, filled with what is known already."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            description_placeholders=placeholders,
            errors=errors,
        )

    def _free_title(self, title: str) -> str:
        """Return the title, with a number where an entry has it already."""
        taken = {entry.title for entry in self._async_current_entries()}
        number = 1
        numbered = title
        while numbered in taken:
            number += 1
            numbered = f"{title} {number}"
        return numbered


def charger_settings(make: str, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry keeps of a form."""
    return {CONF_KIND: EntryKind.CHARGER.value, CONF_MAKE: make, **user_input}


def without_password(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a form may show again."""
    return {key: value for key, value in data.items() if key != CONF_PASSWORD}


def _without(keys: Collection[str], settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in keys}


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is new or other in a state."""
    return {key: value for key, value in after.items() if before.get(key) != value}
