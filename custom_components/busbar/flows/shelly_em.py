"""Set up, re-authenticate and reconfigure a Shelly energy meter, and say what its clamps are around."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.const import CONF_USERNAME, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..chargers.errors import ChargerError
from ..errors import flow_error
from ..makes import MAKES, Identified, async_load_package
from .charger import ChargerFlow, without_password
from .local import CREDENTIALS, address, address_fields, local_settings

SHELLY_EM: Final = "shelly_em"
CONF_CHANNEL: Final = "channel"
CONF_CHANNELS: Final = "channels"
CONF_INTERVAL: Final = "interval_s"
CONF_INVERT: Final = "invert"
CONF_PHASE: Final = "phase"
CONF_ROLE: Final = "role"
NOT_USED: Final = "not_used"

_DEFAULT_PORT: Final = 80

_INTERVAL: Final = NumberSelector(
    NumberSelectorConfig(
        min=1,
        max=60,
        step=1,
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=UnitOfTime.SECONDS,
    )
)
_ROLE: Final = SelectSelector(
    SelectSelectorConfig(
        options=["grid", "solar", "evse", "other", NOT_USED],
        translation_key="meter_role",
        mode=SelectSelectorMode.DROPDOWN,
    )
)
_PHASE: Final = SelectSelector(
    SelectSelectorConfig(
        options=["1", "2", "3"],
        translation_key="clamp_phase",
        mode=SelectSelectorMode.DROPDOWN,
    )
)
_CREDENTIALS_SCHEMA: Final = vol.Schema(dict(CREDENTIALS))
_DEVICE_SCHEMA: Final = vol.Schema(
    {
        **address_fields(_DEFAULT_PORT),
        **CREDENTIALS,
        vol.Required(CONF_INTERVAL, default=1): _INTERVAL,
    }
)
_CLAMP_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_ROLE, default=NOT_USED): _ROLE,
        vol.Required(CONF_PHASE, default="1"): _PHASE,
        vol.Required(CONF_INVERT, default=False): BooleanSelector(),
    }
)
# No such device has more than three.
_SECTIONS: Final = ("channel_1", "channel_2", "channel_3")

type Channels = Mapping[int, Mapping[str, Any] | None]


class ShellyEmFlow(ChargerFlow):
    """The steps of a Shelly energy meter."""

    _meter: dict[str, Any]
    _identified: Identified
    _channels: Channels

    async def async_step_shelly_em(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Connect to a Shelly energy meter."""
        errors: dict[str, str] = {}
        if user_input is not None:
            settings = local_settings(SHELLY_EM, user_input)
            if await self._async_found(settings, errors):
                self._abort_if_unique_id_configured(updates=address(settings))
                return await self.async_step_shelly_em_channels()
        return self._form(SHELLY_EM, _DEVICE_SCHEMA, errors, shown=user_input or {})

    async def async_step_shelly_em_channels(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what each clamp is around."""
        errors: dict[str, str] = {}
        if user_input is not None:
            clamps = _clamps(user_input)
            if clamps:
                return self._finished(clamps)
            errors["base"] = "no_channels"
        shown = {
            _SECTIONS[channel]: section(_CLAMP_SCHEMA) for channel in self._channels
        }
        return self.async_show_form(
            step_id="shelly_em_channels",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Required(key): part for key, part in shown.items()}),
                user_input or _clamps_form(self._channels),
            ),
            description_placeholders={"name": self._identified.title},
            errors=errors,
        )

    async def async_step_reauth_shelly_em(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the password that the meter accepts now."""
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
            "reauth_shelly_em",
            _CREDENTIALS_SCHEMA,
            errors,
            shown={CONF_USERNAME: entry.data.get(CONF_USERNAME)},
            name=entry.title,
        )

    async def async_step_reconfigure_shelly_em(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the address or the password of the same meter, then what its clamps are around."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None and await self._async_found(
            local_settings(SHELLY_EM, user_input), errors
        ):
            self._abort_if_unique_id_mismatch(reason="wrong_device")
            chosen = {item[CONF_CHANNEL]: item for item in entry.data[CONF_CHANNELS]}
            self._channels = {
                channel: chosen.get(channel) for channel in self._channels
            }
            return await self.async_step_shelly_em_channels()
        return self._form(
            "reconfigure_shelly_em",
            _DEVICE_SCHEMA,
            errors,
            shown=user_input or without_password(entry.data),
            name=entry.title,
        )

    async def _async_found(
        self, settings: dict[str, Any], errors: dict[str, str]
    ) -> bool:
        """Find out who answers and what it has; leave in `errors` why that failed."""
        identified = await self._async_probe(settings, errors)
        if identified is None:
            return False
        package = await async_load_package(self.hass, SHELLY_EM)
        try:
            self._channels = await package.find_channels(
                settings, **MAKES[SHELLY_EM].injected(self.hass)
            )
        except ChargerError as err:
            errors["base"] = flow_error(err)
            return False
        self._meter, self._identified = settings, identified
        await self.async_set_unique_id(identified.key)
        return True

    def _finished(self, clamps: list[dict[str, Any]]) -> ConfigFlowResult:
        data = {**self._meter, **self._identified.data, CONF_CHANNELS: clamps}
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_reload_and_abort(
                self._get_reconfigure_entry(), data=data
            )
        return self.async_create_entry(
            title=self._free_title(self._identified.title), data=data
        )


def _clamps(user_input: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what an entry keeps of the clamps: those that are used."""
    return [
        {
            CONF_CHANNEL: channel,
            CONF_ROLE: clamp[CONF_ROLE],
            CONF_PHASE: int(clamp[CONF_PHASE]),
            CONF_INVERT: clamp[CONF_INVERT],
        }
        for channel, key in enumerate(_SECTIONS)
        if (clamp := user_input.get(key)) and clamp[CONF_ROLE] != NOT_USED
    ]


def _clamps_form(channels: Channels) -> dict[str, Any]:
    """Return the clamps as a form shows them."""
    return {
        _SECTIONS[channel]: {**clamp, CONF_PHASE: str(clamp[CONF_PHASE])}
        for channel, clamp in channels.items()
        if clamp is not None
    }
