"""How a site follows sun and house, as a person sets it up."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.balancer.modes import Mode

from .test_config_flow import configure, start_user_flow
from .test_site_flow import BUDGET, METER, SUPPLY, through

POWERS = {key.replace("current", "power"): item for key, item in METER.items()}
FOLLOWING = {
    "follow_bias_w": -100,
    "feed_in_limit_w": 4600,
    "home_battery": "sensor.battery",
    "home_battery_inverted": True,
    "battery_goes_first": False,
}
PACE = {
    "follow_hysteresis_w": 80,
    "follow_calm_s": 45,
    "follow_start_s": 120,
    "follow_house_start_s": 20,
    "follow_stop_s": 90,
    "turn_pause_s": 300,
    "turns_per_hour": 4,
}


async def test_how_to_follow(
    hass: HomeAssistant, site_entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """It is kept, shown again, and applied at once; a battery survives a rename of its sensor."""
    battery = entity_registry.async_get_or_create(
        "sensor", "inverter", "battery", suggested_object_id="battery"
    )
    await through(
        hass,
        await site_entry.start_reconfigure_flow(hass),
        ("reconfigure_site", {**SUPPLY, "meter_kind": "powers"}),
        ("site_meter", {**POWERS, "inverted": False}),
        ("site_limits", {**BUDGET, "following": FOLLOWING, "pace": PACE}),
        ("site_review", {}),
    )
    await hass.async_block_till_done()
    assert site_entry.data["home_battery"] == {
        "kind": "powers",
        "inverted": True,
        "entities": {"l1": {"power": battery.id}},
    }
    options = site_entry.runtime_data.coordinator.config.options
    kept = {
        **{key: value for key, value in FOLLOWING.items() if "home_" not in key},
        **PACE,
    }
    assert {key: getattr(options, key) for key in kept} == kept
    assert isinstance(options.turns_per_hour, int)
    entity_registry.async_update_entity(battery.entity_id, new_entity_id="sensor.pack")
    form = await through(
        hass,
        await site_entry.start_reconfigure_flow(hass),
        ("reconfigure_site", {**SUPPLY, "meter_kind": "powers"}),
        ("site_meter", {**POWERS, "inverted": False}),
    )
    assert suggested(form, "following") == {**FOLLOWING, "home_battery": "sensor.pack"}
    assert suggested(form, "pace") == PACE
    # What is emptied is gone.
    await through(hass, form, ("site_limits", BUDGET), ("site_review", {}))
    await hass.async_block_till_done()
    assert site_entry.data["home_battery"] is None
    assert "feed_in_limit_w" not in site_entry.data["options"]


def suggested(form: ConfigFlowResult, name: str) -> dict[str, Any]:
    """Return what a section of a form is filled with."""
    assert form["data_schema"] is not None
    fields = form["data_schema"].schema[name].schema.schema
    return {
        str(marker): marker.description["suggested_value"]
        for marker in fields
        if marker.description is not None
    }


@pytest.mark.parametrize(
    "following", [{"home_battery": "sensor.battery"}, {"feed_in_limit_w": 4600}]
)
async def test_following_needs_a_meter(
    hass: HomeAssistant, warp_entry: MockConfigEntry, following: dict[str, Any]
) -> None:
    """It is said, what was entered stays, and without it the same form goes on."""
    form = await through(
        hass,
        await start_user_flow(hass, "site"),
        ("site", {"name": "Home", **SUPPLY}),
        ("site_limits", {**BUDGET, "reserve": 2, "following": following}),
    )
    assert form["step_id"] == "site_limits"
    assert form["errors"] == {"following": "following_needs_meter"}
    assert suggested(form, "following").items() >= following.items()
    form = await configure(hass, form, BUDGET)
    assert form["step_id"] == "site_chargers"


async def test_a_battery_that_is_the_meter(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """One sensor cannot be both."""
    form = await through(
        hass,
        await start_user_flow(hass, "site"),
        ("site", {"name": "Home", **SUPPLY, "meter_kind": "powers"}),
        ("site_meter", {**POWERS, "inverted": False}),
        ("site_limits", {**BUDGET, "following": {"home_battery": "sensor.l2"}}),
    )
    assert form["errors"] == {"following": "battery_is_meter"}
    form = await configure(
        hass, form, {**BUDGET, "following": {"home_battery": "sensor.battery"}}
    )
    assert form["step_id"] == "site_chargers"


async def test_reconfigure_shows_the_modes_that_hold(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """A charger that is off gets nothing in the preview either; a site that is not loaded is as a new one."""
    await site_entry.runtime_data.coordinator.modes.async_choose("warp_AbCd", Mode.OFF)
    answers = (("reconfigure_site", SUPPLY), ("site_limits", BUDGET))
    shown = await through(hass, await site_entry.start_reconfigure_flow(hass), *answers)
    assert shown["description_placeholders"] is not None
    assert "Garage: 0.0 A" in shown["description_placeholders"]["decision"]
    hass.config_entries.flow.async_abort(shown["flow_id"])
    await hass.config_entries.async_unload(site_entry.entry_id)
    shown = await through(hass, await site_entry.start_reconfigure_flow(hass), *answers)
    assert shown["description_placeholders"] is not None
    assert "Garage: 0.0 A" not in shown["description_placeholders"]["decision"]
