"""Add a window to a site: what its chargers do at certain times, and change one."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, PERCENTAGE, WEEKDAYS
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TimeSelector,
)
import voluptuous as vol

from ..balancer.windows import MODES_BY_THE_CLOCK
from ..site.config import (
    CONF_CHARGER,
    CONF_CURRENT,
    CONF_END,
    CONF_MEMBERS,
    CONF_MODE,
    CONF_ORDER,
    CONF_SOC_AT_LEAST,
    CONF_SOC_AT_MOST,
    CONF_SOC_UNKNOWN,
    CONF_START,
    CONF_WEEKDAYS,
    charger_subentries,
    window_subentries,
)
from .supply import amperes
from .window_check import window_errors

# A current is signed here, and no charger of a household goes beyond this.
_MOST_A: Final = 80.0
_ORDER_STEP: Final = 10

_DAYS: Final = SelectSelector(
    SelectSelectorConfig(
        options=list(WEEKDAYS),
        translation_key="weekday",
        multiple=True,
        mode=SelectSelectorMode.LIST,
    )
)
_MODE: Final = SelectSelector(
    SelectSelectorConfig(
        options=[mode.value for mode in MODES_BY_THE_CLOCK],
        translation_key="window_mode",
        mode=SelectSelectorMode.DROPDOWN,
    )
)
_PERCENT: Final = NumberSelector(
    NumberSelectorConfig(
        min=0,
        max=100,
        step=1,
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=PERCENTAGE,
    )
)
_ORDER: Final = NumberSelector(
    NumberSelectorConfig(min=1, max=1000, step=1, mode=NumberSelectorMode.BOX)
)


def _schema(entry: ConfigEntry) -> vol.Schema:
    return vol.Schema(
        {
            vol.Required(CONF_NAME): TextSelector(),
            vol.Required(CONF_MEMBERS, default=list): _members_selector(entry),
            vol.Required(CONF_WEEKDAYS, default=list(WEEKDAYS)): _DAYS,
            vol.Required(CONF_START): TimeSelector(),
            vol.Required(CONF_END): TimeSelector(),
            vol.Required(CONF_MODE): _MODE,
            vol.Optional(CONF_CURRENT): amperes(-_MOST_A, _MOST_A),
            vol.Optional(CONF_SOC_AT_LEAST): _PERCENT,
            vol.Optional(CONF_SOC_AT_MOST): _PERCENT,
            vol.Required(CONF_SOC_UNKNOWN, default=False): BooleanSelector(),
            vol.Required(CONF_ORDER, default=_next_place(entry)): _ORDER,
        }
    )


def _members_selector(entry: ConfigEntry) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=item.data[CONF_CHARGER], label=item.title)
                for item in charger_subentries(entry)
            ],
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
    )


def _next_place(entry: ConfigEntry) -> int:
    """Return a place after all others, with room for one in between later."""
    taken = [int(item.data[CONF_ORDER]) for item in window_subentries(entry)]
    return (max(taken, default=0) // _ORDER_STEP + 1) * _ORDER_STEP


class WindowFlow(ConfigSubentryFlow):
    """Add a window to a site, or change it; Home Assistant deletes it."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a new window."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = window_errors(self.hass, self._get_entry(), user_input)
            if not errors:
                return self.async_create_entry(
                    title=user_input[CONF_NAME], data=_kept(user_input)
                )
        return self.async_show_form(
            step_id=SOURCE_USER,
            data_schema=self.add_suggested_values_to_schema(
                _schema(self._get_entry()), user_input or {}
            ),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a window; it applies from the next decision on."""
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        errors: dict[str, str] = {}
        if user_input is None:
            shown, is_for_others = _shown(entry, subentry.title, subentry.data)
            if is_for_others:
                # Nobody chosen would mean all.
                errors[CONF_MEMBERS] = "members_gone"
        else:
            shown = user_input
            errors = window_errors(self.hass, entry, user_input)
            if not errors:
                return self.async_update_and_abort(
                    entry,
                    subentry,
                    title=user_input[CONF_NAME],
                    data=_kept(user_input),
                )
        return self.async_show_form(
            step_id=SOURCE_RECONFIGURE,
            data_schema=self.add_suggested_values_to_schema(_schema(entry), shown),
            description_placeholders={"name": subentry.title},
            errors=errors,
        )


def _kept(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a subentry keeps of the form; its name is the title."""
    return {key: value for key, value in user_input.items() if key != CONF_NAME}


def _shown(
    entry: ConfigEntry, name: str, data: Mapping[str, Any]
) -> tuple[dict[str, Any], bool]:
    """Return the form as a subentry has it, and whether all chargers that it was for have left the site."""
    present = {item.data[CONF_CHARGER] for item in charger_subentries(entry)}
    members = [key for key in data[CONF_MEMBERS] if key in present]
    is_for_others = bool(data[CONF_MEMBERS]) and not members
    return {**data, CONF_NAME: name, CONF_MEMBERS: members}, is_for_others
