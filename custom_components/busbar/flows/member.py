"""Add circuits and chargers to a site, and change their place in it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigSubentryData,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..balancer.inputs import VehicleMinimum
from ..chargers.model import CurrentRange
from ..coordinator import ChargerCoordinator
from ..site.config import (
    CONF_CHARGER,
    CONF_CIRCUIT,
    CONF_CONTACTOR,
    CONF_MAXIMUM,
    CONF_MINIMUM,
    CONF_PHASE_MAP,
    CONF_PRIORITY,
    CONF_VEHICLE_MINIMUM,
    DEFAULT_PRIORITY,
    PHASE_MAPS,
    SUBENTRY_CHARGER,
    SUPPLY,
    UNKNOWN_PHASE_MAP,
    circuit_subentries,
)
from ..site.members import find_coordinator, free_chargers
from .meter import kept_name, shown_name
from .supply import amperes

# What is assumed of a charger that does not say what it can be set to.
_USUAL_RANGE: Final = CurrentRange(minimum_a=6.0, maximum_a=32.0, step_a=1.0)

_PHASE_MAP: Final = SelectSelector(
    SelectSelectorConfig(
        options=list(PHASE_MAPS),
        translation_key=CONF_PHASE_MAP,
        mode=SelectSelectorMode.DROPDOWN,
    )
)
_VEHICLE_MINIMUM: Final = SelectSelector(
    SelectSelectorConfig(
        options=[minimum.value for minimum in VehicleMinimum],
        translation_key=CONF_VEHICLE_MINIMUM,
        mode=SelectSelectorMode.LIST,
    )
)
_CONTACTOR: Final = EntitySelector(EntitySelectorConfig(domain="switch"))
_PRIORITY: Final = NumberSelector(
    NumberSelectorConfig(min=1, max=10, step=1, mode=NumberSelectorMode.SLIDER)
)


def circuit_selector(entry: ConfigEntry, without: str | None = None) -> SelectSelector:
    """Return a selector of the supply and the circuits of a site."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=SUPPLY, label=entry.title),
                *(
                    SelectOptionDict(value=item.subentry_id, label=item.title)
                    for item in circuit_subentries(entry)
                    if item.subentry_id != without
                ),
            ],
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def charger_selector(
    chargers: Mapping[str, ChargerCoordinator], *, multiple: bool
) -> SelectSelector:
    """Return a selector of chargers by name."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=key, label=coordinator.identity.name)
                for key, coordinator in chargers.items()
            ],
            multiple=multiple,
            mode=SelectSelectorMode.LIST,
        )
    )


def _member_fields(
    entry: ConfigEntry, chargers: Iterable[ChargerCoordinator | None]
) -> dict[vol.Marker, Any]:
    """Return the fields for whichever of `chargers` it becomes; some can do with less than others."""
    least_a = min(_range_of(charger).minimum_a for charger in chargers)
    current = amperes(min(least_a, _USUAL_RANGE.minimum_a), _USUAL_RANGE.maximum_a)
    return {
        vol.Required(CONF_CIRCUIT, default=SUPPLY): circuit_selector(entry),
        vol.Required(CONF_PHASE_MAP, default=UNKNOWN_PHASE_MAP): _PHASE_MAP,
        vol.Required(CONF_PRIORITY, default=DEFAULT_PRIORITY): _PRIORITY,
        vol.Required(CONF_MINIMUM, default=_USUAL_RANGE.minimum_a): current,
        vol.Required(CONF_MAXIMUM, default=_USUAL_RANGE.maximum_a): current,
        vol.Required(
            CONF_VEHICLE_MINIMUM, default=VehicleMinimum.ORDINARY.value
        ): _VEHICLE_MINIMUM,
        vol.Optional(CONF_CONTACTOR): _CONTACTOR,
    }


def _range_of(coordinator: ChargerCoordinator | None) -> CurrentRange:
    return (coordinator and coordinator.capabilities.ranges.charge) or _USUAL_RANGE


def member_data(coordinator: ChargerCoordinator) -> ConfigSubentryData:
    """Return a member with nothing but defaults."""
    settable = _range_of(coordinator)
    key = coordinator.identity.key
    return ConfigSubentryData(
        subentry_type=SUBENTRY_CHARGER,
        title=coordinator.identity.name,
        unique_id=key,
        data={
            CONF_CHARGER: key,
            CONF_CIRCUIT: SUPPLY,
            CONF_PHASE_MAP: UNKNOWN_PHASE_MAP,
            CONF_PRIORITY: DEFAULT_PRIORITY,
            CONF_MINIMUM: settable.minimum_a,
            CONF_MAXIMUM: settable.maximum_a,
            CONF_VEHICLE_MINIMUM: VehicleMinimum.ORDINARY.value,
        },
    )


class MemberFlow(ConfigSubentryFlow):
    """Add a charger to a site, or change its place in it."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which charger, among those that are in no site."""
        chargers = free_chargers(self.hass)
        if not chargers:
            return self.async_abort(reason="no_free_chargers")
        errors: dict[str, str] = {}
        if user_input is not None:
            coordinator = chargers.get(user_input[CONF_CHARGER])
            errors = _member_errors(coordinator, user_input)
            if coordinator is not None and not errors:
                return self.async_create_entry(
                    title=coordinator.identity.name,
                    data=_kept(self.hass, user_input),
                    unique_id=coordinator.identity.key,
                )
        charger = charger_selector(chargers, multiple=False)
        return self.async_show_form(
            step_id=SOURCE_USER,
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(
                    {
                        vol.Required(CONF_CHARGER): charger,
                        **_member_fields(self._get_entry(), chargers.values()),
                    }
                ),
                user_input or {},
            ),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change its place; it is applied without interrupting a charge."""
        subentry = self._get_reconfigure_subentry()
        key = subentry.data[CONF_CHARGER]
        coordinator = find_coordinator(self.hass, key)
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _limit_errors(_range_of(coordinator), user_input)
            if not errors:
                return self.async_update_and_abort(
                    self._get_entry(),
                    subentry,
                    data={CONF_CHARGER: key, **_kept(self.hass, user_input)},
                )
        return self.async_show_form(
            step_id=SOURCE_RECONFIGURE,
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(_member_fields(self._get_entry(), [coordinator])),
                user_input or _shown(self.hass, subentry.data),
            ),
            description_placeholders={"name": subentry.title},
            errors=errors,
        )


def _kept(hass: HomeAssistant, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a subentry keeps of the form."""
    return _named(user_input, lambda name: kept_name(hass, name))


def _shown(hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form as a subentry has it."""
    return _named(data, lambda name: shown_name(hass, name))


def _named(data: Mapping[str, Any], name_of: Callable[[str], str]) -> dict[str, Any]:
    named = dict(data)
    if CONF_CONTACTOR in named:
        named[CONF_CONTACTOR] = name_of(named[CONF_CONTACTOR])
    return named


def _member_errors(
    coordinator: ChargerCoordinator | None, user_input: Mapping[str, Any]
) -> dict[str, str]:
    """Return what is wrong with a new member."""
    if coordinator is None:
        return {CONF_CHARGER: "already_in_site"}
    return _limit_errors(_range_of(coordinator), user_input)


def _limit_errors(
    settable: CurrentRange, user_input: Mapping[str, Any]
) -> dict[str, str]:
    """Return what is wrong with the limits of a member."""
    if user_input[CONF_MINIMUM] < settable.minimum_a:
        return {CONF_MINIMUM: "below_charger_minimum"}
    if user_input[CONF_MAXIMUM] > settable.maximum_a:
        return {CONF_MAXIMUM: "above_charger_maximum"}
    if user_input[CONF_MAXIMUM] < user_input[CONF_MINIMUM]:
        return {CONF_MAXIMUM: "maximum_below_minimum"}
    return {}
