"""Add a circuit to a site, or change one."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import TextSelector
import voluptuous as vol

from ..site.config import (
    CONF_FAIL_SAFE,
    CONF_MARGIN,
    CONF_METER,
    CONF_PARENT,
    CONF_RATINGS,
    CONF_RESERVE,
    DEFAULT_MARGIN_A,
    SUPPLY,
    circuit_subentries,
    phase_count,
)
from ..site.meter import MeterKind
from .member import circuit_selector
from .meter import (
    METER_KIND,
    NO_METER,
    meter_data,
    meter_form,
    meter_kind,
    meter_schema,
)
from .supply import (
    CONF_METER_KIND,
    CONF_RATING,
    LEAST_A,
    SECTION_DETAILS,
    amperes,
    rating_data,
    rating_form,
)


def _schema(entry: ConfigEntry, own: str | None) -> vol.Schema:
    """Return the form of a circuit; it cannot hang below itself."""
    return vol.Schema(
        {
            vol.Required(CONF_NAME): TextSelector(),
            vol.Required(CONF_PARENT, default=SUPPLY): circuit_selector(entry, own),
            vol.Required(CONF_RATING): amperes(LEAST_A),
            vol.Required(CONF_RESERVE, default=0.0): amperes(),
            vol.Required(CONF_METER_KIND, default=NO_METER): METER_KIND,
            vol.Required(SECTION_DETAILS): section(
                vol.Schema(
                    {
                        vol.Optional("l2"): amperes(LEAST_A),
                        vol.Optional("l3"): amperes(LEAST_A),
                        vol.Optional(CONF_FAIL_SAFE): amperes(),
                        vol.Required(CONF_MARGIN, default=DEFAULT_MARGIN_A): amperes(
                            maximum=20.0
                        ),
                    }
                ),
                {"collapsed": True},
            ),
        }
    )


_KEPT_DETAILS: Final = (CONF_FAIL_SAFE, CONF_MARGIN)


class CircuitFlow(ConfigSubentryFlow):
    """The steps of a circuit: its rating and place, then its meter if it has one."""

    _name: str
    _data: dict[str, Any]
    _meter_kind: MeterKind

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a new circuit."""
        if user_input is not None:
            return await self._async_circuit(user_input)
        return self.async_show_form(
            step_id=SOURCE_USER, data_schema=_schema(self._get_entry(), None)
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a circuit; it is applied without interrupting a charge."""
        subentry = self._get_reconfigure_subentry()
        entry = self._get_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            parent = user_input[CONF_PARENT]
            if not _hangs_below(entry, parent, subentry.subentry_id):
                return await self._async_circuit(user_input)
            errors[CONF_PARENT] = "circuit_below_itself"
        return self.async_show_form(
            step_id=SOURCE_RECONFIGURE,
            data_schema=self.add_suggested_values_to_schema(
                _schema(entry, subentry.subentry_id),
                user_input or _form(subentry.title, subentry.data),
            ),
            description_placeholders={"name": subentry.title},
            errors=errors,
        )

    async def _async_circuit(self, user_input: Mapping[str, Any]) -> SubentryFlowResult:
        details = user_input[SECTION_DETAILS]
        self._name = user_input[CONF_NAME]
        self._data = {
            CONF_PARENT: user_input[CONF_PARENT],
            CONF_RATINGS: rating_data(user_input, self._phases),
            CONF_RESERVE: user_input[CONF_RESERVE],
            CONF_METER: None,
            **{key: details[key] for key in _KEPT_DETAILS if key in details},
        }
        if user_input[CONF_METER_KIND] == NO_METER:
            return self._finish()
        self._meter_kind = MeterKind(user_input[CONF_METER_KIND])
        return await self.async_step_circuit_meter()

    @property
    def _phases(self) -> int:
        return phase_count(self._get_entry().data)

    async def async_step_circuit_meter(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the entities of its meter."""
        if user_input is not None:
            self._data[CONF_METER] = meter_data(
                self.hass, self._meter_kind, self._phases, user_input
            )
            return self._finish()
        former = (
            self._get_reconfigure_subentry().data.get(CONF_METER)
            if self.source == SOURCE_RECONFIGURE
            else None
        )
        return self.async_show_form(
            step_id="circuit_meter",
            data_schema=self.add_suggested_values_to_schema(
                meter_schema(self._meter_kind, self._phases),
                meter_form(self.hass, former, self._meter_kind),
            ),
        )

    def _finish(self) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                title=self._name,
                data=self._data,
            )
        return self.async_create_entry(title=self._name, data=self._data)


def _form(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form of a circuit as its subentry has it."""
    form = rating_form(data)
    form[SECTION_DETAILS] |= {key: data[key] for key in _KEPT_DETAILS if key in data}
    return {
        **form,
        CONF_NAME: name,
        CONF_PARENT: data[CONF_PARENT],
        CONF_RESERVE: data[CONF_RESERVE],
        CONF_METER_KIND: meter_kind(data[CONF_METER]),
    }


def _hangs_below(entry: ConfigEntry, circuit: str, above: str) -> bool:
    """Return whether a circuit is another one, or hangs somewhere below it."""
    parents = {
        item.subentry_id: item.data[CONF_PARENT] for item in circuit_subentries(entry)
    }
    while circuit in parents and circuit != above:
        circuit = parents[circuit]
    return circuit == above
