"""The forms of a supply and of a circuit: ratings, meter, and what applies while the meter is lost."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from homeassistant.const import (
    CONF_NAME,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from ..balancer.inputs import Options
from ..const import CONF_KIND, EntryKind
from ..site.config import (
    CONF_DEFAULT_TARGET,
    CONF_FAIL_SAFE,
    CONF_HOME_BATTERY,
    CONF_MARGIN,
    CONF_OPTIONS,
    CONF_PHASES,
    CONF_RATINGS,
    CONF_RESERVE,
    CONF_VOLTAGE,
    DEFAULT_MARGIN_A,
    DEFAULT_VOLTAGE_V,
    PHASE_KEYS,
)
from .following import (
    FOLLOWING_FIELDS,
    SECTION_FOLLOWING,
    SECTION_PACE,
    battery_data,
    following_form,
    following_options,
)
from .meter import METER_KIND, NO_METER

CONF_METER_KIND: Final = "meter_kind"
CONF_RATING: Final = "rating"
SECTION_DETAILS: Final = "details"
SECTION_TIMERS: Final = "timers"
_SECTIONS: Final = (SECTION_TIMERS, SECTION_FOLLOWING, SECTION_PACE)

# The least that a pilot can signal (IEC 61851): a supply below it can charge nothing.
LEAST_A: Final = 6.0
_MOST_A: Final = 1000.0

# What a person may want to change of the balancer's timers and choices; the rest follows from physics.
_TIMERS: Final = (
    "rotation_s",
    "welcome_s",
    "wake_up_s",
    "switch_hold_s",
    "minimum_on_s",
    "minimum_off_s",
    "phase_dwell_s",
    "demand_settle_s",
)
_DEFAULTS: Final = {item.name: item.default for item in fields(Options)}


def amperes(minimum: float = 0.0, maximum: float = _MOST_A) -> NumberSelector:
    """Return a selector of amperes."""
    return NumberSelector(
        NumberSelectorConfig(
            min=minimum,
            max=maximum,
            step=0.1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        )
    )


_PHASES: Final = SelectSelector(
    SelectSelectorConfig(
        options=["3", "1"],
        translation_key="supply_phases",
        mode=SelectSelectorMode.LIST,
    )
)
_VOLTAGE: Final = NumberSelector(
    NumberSelectorConfig(
        min=100,
        max=260,
        step=1,
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=UnitOfElectricPotential.VOLT,
    )
)
_SECONDS: Final = NumberSelector(
    NumberSelectorConfig(
        min=0,
        max=86400,
        step=1,
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=UnitOfTime.SECONDS,
    )
)

_UNEQUAL: Final[Mapping[vol.Marker, Any]] = {
    vol.Optional("l2"): amperes(LEAST_A),
    vol.Optional("l3"): amperes(LEAST_A),
}
_SUPPLY: Final[Mapping[vol.Marker, Any]] = {
    vol.Required(CONF_PHASES, default="3"): _PHASES,
    vol.Required(CONF_RATING): amperes(LEAST_A),
    vol.Required(CONF_METER_KIND, default=NO_METER): METER_KIND,
    vol.Required(SECTION_DETAILS): section(
        vol.Schema(
            {
                **_UNEQUAL,
                vol.Required(CONF_VOLTAGE, default=DEFAULT_VOLTAGE_V): _VOLTAGE,
            }
        ),
        {"collapsed": True},
    ),
}
SUPPLY_SCHEMA: Final = vol.Schema(dict(_SUPPLY))
NEW_SUPPLY_SCHEMA: Final = vol.Schema(
    {vol.Required(CONF_NAME): TextSelector(), **_SUPPLY}
)

LIMITS_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_DEFAULT_TARGET): amperes(),
        vol.Optional(CONF_FAIL_SAFE): amperes(),
        vol.Required(CONF_RESERVE, default=0.0): amperes(),
        vol.Required(CONF_MARGIN, default=DEFAULT_MARGIN_A): amperes(maximum=20.0),
        vol.Required(SECTION_TIMERS): section(
            vol.Schema(
                {
                    **{
                        vol.Required(name, default=_DEFAULTS[name]): _SECONDS
                        for name in _TIMERS
                    },
                    vol.Required(
                        "trip_curve", default=_DEFAULTS["trip_curve"]
                    ): BooleanSelector(),
                }
            ),
            {"collapsed": True},
        ),
        **FOLLOWING_FIELDS,
    }
)


def rating_data(user_input: Mapping[str, Any], count: int) -> dict[str, float]:
    """Return the rating of each phase; one that is left empty is as the first."""
    details = user_input[SECTION_DETAILS]
    return {
        key: details.get(key, user_input[CONF_RATING]) for key in PHASE_KEYS[:count]
    }


def supply_data(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry keeps of the form of a supply."""
    count = int(user_input[CONF_PHASES])
    return {
        CONF_KIND: EntryKind.SITE.value,
        CONF_PHASES: count,
        CONF_RATINGS: rating_data(user_input, count),
        CONF_VOLTAGE: user_input[SECTION_DETAILS][CONF_VOLTAGE],
    }


def rating_form(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ratings as a form shows them."""
    first, *others = data[CONF_RATINGS].items()
    return {CONF_RATING: first[1], SECTION_DETAILS: dict(others)}


def supply_form(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form of a supply as an entry has it."""
    form = rating_form(data)
    form[SECTION_DETAILS][CONF_VOLTAGE] = data[CONF_VOLTAGE]
    return {**form, CONF_PHASES: str(data[CONF_PHASES])}


def limits_data(hass: HomeAssistant, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry keeps of the form of limits; a field that is left empty is not kept."""
    kept = {key: value for key, value in user_input.items() if key not in _SECTIONS}
    options = {**user_input[SECTION_TIMERS], **following_options(user_input)}
    return {
        **kept,
        CONF_OPTIONS: options,
        CONF_HOME_BATTERY: battery_data(hass, user_input),
    }


def limits_form(hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form of limits as an entry has it."""
    timers = {SECTION_TIMERS: data.get(CONF_OPTIONS, {})}
    return {**data, **timers, **following_form(hass, data)}
