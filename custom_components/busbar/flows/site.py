"""Set up and reconfigure a site."""

from collections.abc import Mapping
import time
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryData,
)
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import BooleanSelector
import voluptuous as vol

from ..balancer.controller import Changes, preview
from ..balancer.inputs import Inputs
from ..balancer.memory import Memory
from ..balancer.modes import Intent, default_mode
from ..coordinator import ChargerCoordinator
from ..site.config import (
    CONF_IS_BALANCING,
    CONF_METER,
    CONF_VOLTAGE,
    PHASE_KEYS,
    SUPPLY,
    build_site_config,
    charger_subentries,
    circuit_subentries,
    phase_count,
)
from ..site.inputs import observe, wish
from ..site.members import find_coordinator, free_chargers
from ..site.meter import MeterFollower, MeterKind
from .following import following_errors
from .member import charger_selector, member_data
from .meter import NO_METER, meter_data, meter_form, meter_kind, meter_schema
from .supply import (
    CONF_METER_KIND,
    LIMITS_SCHEMA,
    NEW_SUPPLY_SCHEMA,
    SUPPLY_SCHEMA,
    limits_data,
    limits_form,
    supply_data,
    supply_form,
)

CONF_CHARGERS: Final = "chargers"


class SiteFlow(ConfigFlow):
    """The steps of a site entry: supply, meter, limits, chargers, and a look before it starts."""

    _site_name: str
    _site_data: dict[str, Any]
    _site_members: list[ConfigSubentryData]
    _meter_kind: MeterKind

    async def async_step_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the supply of a new site."""
        if not free_chargers(self.hass):
            return self.async_abort(reason="no_free_chargers")
        if user_input is not None:
            self._site_name = user_input[CONF_NAME]
            return await self._async_supply(user_input, {})
        return self.async_show_form(
            step_id="site",
            data_schema=self.add_suggested_values_to_schema(
                NEW_SUPPLY_SCHEMA, {CONF_NAME: self.hass.config.location_name}
            ),
        )

    async def async_step_reconfigure_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the supply of a site that runs; it is applied without interrupting a charge."""
        entry = self._get_reconfigure_entry()
        if user_input is not None:
            return await self._async_supply(user_input, entry.data)
        return self.async_show_form(
            step_id="reconfigure_site",
            data_schema=self.add_suggested_values_to_schema(
                SUPPLY_SCHEMA,
                {
                    **supply_form(entry.data),
                    CONF_METER_KIND: meter_kind(entry.data.get(CONF_METER)),
                },
            ),
            description_placeholders={"name": entry.title},
        )

    async def _async_supply(
        self, user_input: Mapping[str, Any], former: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Keep the supply, and go on to its meter if there is one."""
        self._site_data = {**former, **supply_data(user_input)}
        if user_input[CONF_METER_KIND] == NO_METER:
            self._site_data[CONF_METER] = None
            return await self.async_step_site_limits()
        self._meter_kind = MeterKind(user_input[CONF_METER_KIND])
        return await self.async_step_site_meter()

    async def async_step_site_meter(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the entities of the meter."""
        count = phase_count(self._site_data)
        if user_input is not None:
            self._site_data[CONF_METER] = meter_data(
                self.hass, self._meter_kind, count, user_input
            )
            return await self.async_step_site_limits()
        former = self._site_data.get(CONF_METER)
        return self.async_show_form(
            step_id="site_meter",
            data_schema=self.add_suggested_values_to_schema(
                meter_schema(self._meter_kind, count),
                meter_form(self.hass, former, self._meter_kind),
            ),
        )

    async def async_step_site_limits(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for target, fail-safe budget, timers, and how to follow sun and house."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = following_errors(self.hass, self._site_data, user_input)
        if user_input is not None and not errors:
            kept = {
                key: value
                for key, value in self._site_data.items()
                if key not in LIMITS_SCHEMA.schema
            }
            self._site_data = {**kept, **limits_data(self.hass, user_input)}
            if self.source == SOURCE_RECONFIGURE:
                return await self.async_step_site_review()
            return await self.async_step_site_chargers()
        return self.async_show_form(
            step_id="site_limits",
            data_schema=self.add_suggested_values_to_schema(
                LIMITS_SCHEMA, user_input or limits_form(self.hass, self._site_data)
            ),
            errors=errors,
        )

    async def async_step_site_chargers(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer all chargers that are in no site yet."""
        chargers = free_chargers(self.hass)
        errors: dict[str, str] = {}
        if user_input is not None:
            keys: list[str] = user_input[CONF_CHARGERS]
            if not keys:
                errors[CONF_CHARGERS] = "no_chargers"
            elif not chargers.keys() >= set(keys):
                # Another site took one of them while this form was open.
                errors[CONF_CHARGERS] = "already_in_site"
            else:
                self._site_members = [member_data(chargers[key]) for key in keys]
                return await self.async_step_site_review()
        return self.async_show_form(
            step_id="site_chargers",
            data_schema=vol.Schema(
                {
                    vol.Required(
                        CONF_CHARGERS, default=list(chargers)
                    ): charger_selector(chargers, multiple=True)
                }
            ),
            errors=errors,
        )

    async def async_step_site_review(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what the meter reads now and what would be decided; start, or watch first."""
        if user_input is not None:
            if self.source == SOURCE_RECONFIGURE:
                return self.async_update_and_abort(
                    self._get_reconfigure_entry(), data=self._site_data
                )
            return self.async_create_entry(
                title=self._site_name,
                data={**self._site_data, **user_input},
                subentries=self._site_members,
            )
        is_new = self.source != SOURCE_RECONFIGURE
        choice = {vol.Required(CONF_IS_BALANCING, default=True): BooleanSelector()}
        return self.async_show_form(
            step_id="site_review",
            data_schema=vol.Schema(choice if is_new else {}),
            description_placeholders=self._preview(),
            last_step=True,
        )

    def _preview(self) -> dict[str, str]:
        """Return the reading of the meter with its age, and who would get what."""
        circuits: dict[str, Mapping[str, Any]] = {}
        members: dict[str, Mapping[str, Any]]
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            circuits = {
                item.subentry_id: item.data for item in circuit_subentries(entry)
            }
            members = {item.title: item.data for item in charger_subentries(entry)}
        else:
            members = {item["title"]: item["data"] for item in self._site_members}
        now = time.monotonic()
        reading = None
        if (meter := self._site_data[CONF_METER]) is not None:
            follower = MeterFollower(
                self.hass,
                meter,
                voltage_v=self._site_data[CONF_VOLTAGE],
                on_report=lambda: None,
            )
            follower.async_start()
            reading = follower.reading
            follower.async_stop()
        found = {
            data["charger"]: coordinator
            for data in members.values()
            if (coordinator := find_coordinator(self.hass, data["charger"]))
        }
        decision = preview(
            build_site_config(
                self._site_data, circuits=circuits, members=members.values()
            ),
            Inputs(
                members={key: observe(item) for key, item in found.items()},
                wishes={key: wish(item) for key, item in found.items()},
                intents=self._intents(found),
                meters={} if reading is None else {SUPPLY: reading},
            ),
            Memory(),
            now,
            Changes(),
        )
        shares = ", ".join(
            f"{title}: {decision.members[data['charger']].allocated_a:.1f} A"
            for title, data in members.items()
        )
        return {"reading": _reading_text(reading, now), "decision": shares or "-"}

    def _intents(self, found: Mapping[str, ChargerCoordinator]) -> Mapping[str, Intent]:
        """Return the modes of members: those of the site that runs, or those in which a new one begins."""
        intents = {
            key: Intent(
                mode=default_mode(is_watched_first=item.data.control_allowed is False)
            )
            for key, item in found.items()
        }
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            if entry.state is ConfigEntryState.LOADED:
                modes = entry.runtime_data.coordinator.modes
                intents |= {key: modes.in_force(key).intent for key in found}
        return intents


def _reading_text(reading: Any, now: float) -> str:
    """Return a reading as text that needs no translation: amperes per phase, and their age."""
    if reading is None:
        return "-"
    known = [
        f"{key.upper()} {current_a:.1f} A ({now - at:.0f} s)"
        for key, current_a, at in zip(
            PHASE_KEYS, reading.currents_a, reading.measured_at, strict=True
        )
        if current_a is not None
    ]
    return ", ".join(known) or "-"
