"""Say what is wrong with a window, before somebody waits for it in vain."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..balancer.inputs import SiteConfig
from ..balancer.modes import MODES, Mode
from ..chargers.model import CurrentRange
from ..coordinator import ChargerCoordinator
from ..site.config import (
    CONF_CURRENT,
    CONF_MEMBERS,
    CONF_MODE,
    CONF_SOC_AT_LEAST,
    CONF_SOC_AT_MOST,
    CONF_SOC_UNKNOWN,
    CONF_WEEKDAYS,
    site_config,
)
from ..site.inputs import modes_of
from ..site.members import find_coordinator

type Chosen = Mapping[str, ChargerCoordinator | None]
"""The members that a window is for by key, `None` = not loaded, so that nothing is known of what it can do."""


def window_errors(
    hass: HomeAssistant, entry: ConfigEntry, user_input: Mapping[str, Any]
) -> dict[str, str]:
    """Return what is wrong with each field of a window; the first finding is enough to correct it."""
    site = site_config(entry)
    named = user_input[CONF_MEMBERS]
    chosen = {
        member.key: find_coordinator(hass, member.key)
        for member in site.members
        if not named or member.key in named
    }
    for check in _CHECKS:
        if errors := check(site, chosen, user_input):
            return errors
    return {}


def _days(
    site: SiteConfig, chosen: Chosen, user_input: Mapping[str, Any]
) -> dict[str, str]:
    return {} if user_input[CONF_WEEKDAYS] else {CONF_WEEKDAYS: "no_weekdays"}


def _state_of_charge(
    site: SiteConfig, chosen: Chosen, user_input: Mapping[str, Any]
) -> dict[str, str]:
    at_least = user_input.get(CONF_SOC_AT_LEAST)
    at_most = user_input.get(CONF_SOC_AT_MOST)
    is_bounded = at_least is not None or at_most is not None
    if user_input[CONF_SOC_UNKNOWN] and is_bounded:
        return {CONF_SOC_UNKNOWN: "soc_unknown_and_bounds"}
    if at_least is not None and at_most is not None and at_least > at_most:
        return {CONF_SOC_AT_MOST: "soc_bounds_crossed"}
    return {}


def _mode(
    site: SiteConfig, chosen: Chosen, user_input: Mapping[str, Any]
) -> dict[str, str]:
    mode = Mode(user_input[CONF_MODE])
    is_possible = any(
        coordinator is None or mode in modes_of(coordinator, site)
        for coordinator in chosen.values()
    )
    # A site without chargers may be planned for before they come.
    return {} if is_possible or not chosen else {CONF_MODE: "mode_not_possible"}


def _current(
    site: SiteConfig, chosen: Chosen, user_input: Mapping[str, Any]
) -> dict[str, str]:
    mode = Mode(user_input[CONF_MODE])
    current_a = user_input.get(CONF_CURRENT)
    if current_a is None:
        return {CONF_CURRENT: "current_missing"} if mode is Mode.FIXED else {}
    traits = MODES[mode]
    if not (traits.charges or traits.discharges):
        return {CONF_CURRENT: "current_without_use"}
    if current_a <= 0 and mode is not Mode.FIXED:
        return {CONF_CURRENT: "current_not_positive"}
    discharges = current_a < 0 or not traits.charges
    return _out_of_range(tuple(chosen.values()), abs(current_a), discharges=discharges)


def _out_of_range(
    chosen: Collection[ChargerCoordinator | None],
    current_a: float,
    *,
    discharges: bool,
) -> dict[str, str]:
    """Return whether a current fits no charger; one that is not loaded may be what it is for."""
    if not chosen or None in chosen:
        return {}
    ranges = [
        settable
        for coordinator in chosen
        if coordinator is not None
        and (settable := _range(coordinator, discharges=discharges)) is not None
    ]
    if not ranges:
        return {CONF_CURRENT: "current_wrong_direction"}
    if current_a < min(settable.minimum_a for settable in ranges):
        return {CONF_CURRENT: "current_below_minimum"}
    if current_a > max(settable.maximum_a for settable in ranges):
        return {CONF_CURRENT: "current_above_maximum"}
    return {}


def _range(coordinator: ChargerCoordinator, *, discharges: bool) -> CurrentRange | None:
    ranges = coordinator.capabilities.ranges
    return ranges.discharge if discharges else ranges.charge


_CHECKS: Final[
    tuple[Callable[[SiteConfig, Chosen, Mapping[str, Any]], dict[str, str]], ...]
] = (_days, _state_of_charge, _mode, _current)
