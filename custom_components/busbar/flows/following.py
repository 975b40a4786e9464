"""The part of a site's limits that is about following sun and house: what decides, and how fast."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import UnitOfPower, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import voluptuous as vol

from ..balancer.inputs import Options
from ..site.config import CONF_HOME_BATTERY, CONF_METER, CONF_OPTIONS, PHASE_KEYS
from ..site.meter import (
    CONF_ENTITIES,
    CONF_INVERTED,
    CONF_METER_KIND,
    MeterKind,
    MeterPart,
)
from .meter import kept_name, shown_name

CONF_BATTERY_FIRST: Final = "battery_goes_first"
CONF_FEED_IN_LIMIT: Final = "feed_in_limit_w"
CONF_HOME_BATTERY_INVERTED: Final = "home_battery_inverted"
CONF_TURNS: Final = "turns_per_hour"
SECTION_FOLLOWING: Final = "following"
SECTION_PACE: Final = "pace"

_DEFAULTS: Final = {item.name: item.default for item in fields(Options)}


def _box(minimum: float, maximum: float, step: float, unit: str) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=minimum,
            max=maximum,
            step=step,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=unit,
        )
    )


_POWER_SENSOR: Final = EntitySelector(
    EntitySelectorConfig(domain="sensor", device_class=SensorDeviceClass.POWER)
)
_FEED_IN: Final = _box(0, 100_000, 10, UnitOfPower.WATT)
_SECONDS: Final = _box(0, 3600, 1, UnitOfTime.SECONDS)
_TURNS: Final = NumberSelector(
    NumberSelectorConfig(min=1, max=60, step=1, mode=NumberSelectorMode.BOX)
)
_PACE: Final[Mapping[str, NumberSelector]] = {
    "follow_hysteresis_w": _box(0, 1000, 1, UnitOfPower.WATT),
    "follow_calm_s": _SECONDS,
    "follow_start_s": _SECONDS,
    "follow_house_start_s": _SECONDS,
    "follow_stop_s": _SECONDS,
    # The charger itself needs its time to turn round.
    "turn_pause_s": _box(10, 3600, 1, UnitOfTime.SECONDS),
    CONF_TURNS: _TURNS,
}

# With defaults, so that whoever sets a site up by other means than the form need not know them.
FOLLOWING_FIELDS: Final[Mapping[vol.Marker, Any]] = {
    vol.Required(SECTION_FOLLOWING, default={}): section(
        vol.Schema(
            {
                vol.Required("follow_bias_w", default=_DEFAULTS["follow_bias_w"]): _box(
                    -2000, 2000, 10, UnitOfPower.WATT
                ),
                vol.Optional(CONF_FEED_IN_LIMIT): _FEED_IN,
                vol.Optional(CONF_HOME_BATTERY): _POWER_SENSOR,
                vol.Required(
                    CONF_HOME_BATTERY_INVERTED, default=False
                ): BooleanSelector(),
                vol.Required(
                    CONF_BATTERY_FIRST, default=_DEFAULTS[CONF_BATTERY_FIRST]
                ): BooleanSelector(),
            }
        ),
        {"collapsed": True},
    ),
    vol.Required(SECTION_PACE, default={}): section(
        vol.Schema(
            {
                vol.Required(name, default=_DEFAULTS[name]): selector
                for name, selector in _PACE.items()
            }
        ),
        {"collapsed": True},
    ),
}

_OF_THE_BATTERY: Final = (CONF_HOME_BATTERY, CONF_HOME_BATTERY_INVERTED)


def following_errors(
    hass: HomeAssistant, site: Mapping[str, Any], user_input: Mapping[str, Any]
) -> dict[str, str]:
    """Return what does not fit the meter of the supply, under the name of the section."""
    following = user_input[SECTION_FOLLOWING]
    meter = site.get(CONF_METER)
    battery = following.get(CONF_HOME_BATTERY)
    if meter is None:
        needs_meter = battery is not None or CONF_FEED_IN_LIMIT in following
        return {SECTION_FOLLOWING: "following_needs_meter"} if needs_meter else {}
    metered = {
        shown_name(hass, name)
        for parts in meter[CONF_ENTITIES].values()
        for name in parts.values()
    }
    return {SECTION_FOLLOWING: "battery_is_meter"} if battery in metered else {}


def following_options(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the balancer that stand in these sections."""
    following = {
        key: value
        for key, value in user_input[SECTION_FOLLOWING].items()
        if key not in _OF_THE_BATTERY
    }
    pace = user_input[SECTION_PACE]
    return {**following, **pace, CONF_TURNS: int(pace[CONF_TURNS])}


def battery_data(
    hass: HomeAssistant, user_input: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return what is kept of a home battery: a meter with one power, `None` where there is none."""
    following = user_input[SECTION_FOLLOWING]
    if CONF_HOME_BATTERY not in following:
        return None
    name = kept_name(hass, following[CONF_HOME_BATTERY])
    return {
        CONF_METER_KIND: MeterKind.POWERS.value,
        CONF_INVERTED: following[CONF_HOME_BATTERY_INVERTED],
        CONF_ENTITIES: {PHASE_KEYS[0]: {MeterPart.POWER.value: name}},
    }


def following_form(hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections as an entry has them."""
    options = data.get(CONF_OPTIONS, {})
    following = {key: value for key, value in options.items() if key not in _PACE}
    if (battery := data.get(CONF_HOME_BATTERY)) is not None:
        name = battery[CONF_ENTITIES][PHASE_KEYS[0]][MeterPart.POWER]
        following[CONF_HOME_BATTERY] = shown_name(hass, name)
        following[CONF_HOME_BATTERY_INVERTED] = battery[CONF_INVERTED]
    return {SECTION_FOLLOWING: following, SECTION_PACE: options}
