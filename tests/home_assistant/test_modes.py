"""The modes of a site's members: what is offered, what is in force, and what lasts over a restart."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
import json
from types import MappingProxyType
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.busbar.balancer.inputs import SiteConfig
from custom_components.busbar.balancer.modes import Mode
from custom_components.busbar.diagnostics import async_get_config_entry_diagnostics
from custom_components.busbar.site.coordinator import SiteCoordinator
from custom_components.busbar.site.inputs import is_metered
from custom_components.busbar.site.store import SiteState
from simulators.warp import WarpSimulator

from .acting import KEY, act, exists, refused, state_with
from .common import site_entry_of, state_of, told_a
from .conftest import Add
from .shown import reduced

MEMBER = "member_AbCd"
MODE = f"{MEMBER}_mode"
IN_FORCE = f"{MEMBER}_mode_in_force"
FIXED = f"{MEMBER}_fixed_current"
SHOWN = (f"select {MODE}", f"sensor {IN_FORCE}", f"number {FIXED}")
PLAIN = ["off", "charge", "fixed", "off_until_disconnected", "hands_off"]


def site_of(entry: MockConfigEntry) -> SiteCoordinator:
    """Return the coordinator of a site."""
    coordinator: SiteCoordinator = entry.runtime_data.coordinator
    return coordinator


async def choose(hass: HomeAssistant, mode: str) -> None:
    """Choose a mode for the first charger as a person does."""
    await act(hass, "select", "select_option", MODE, option=mode)


async def until(entry: MockConfigEntry, **expected: Any) -> None:
    """Wait until the site's inputs for the first charger are so; the test's timeout bounds it."""
    while True:
        intent = site_of(entry).modes.in_force(KEY).intent
        if all(getattr(intent, name) == value for name, value in expected.items()):
            return
        await asyncio.sleep(0.01)


def add_window(hass: HomeAssistant, entry: MockConfigEntry, **changes: Any) -> None:
    """Add a window of the whole day that wants all there is."""
    data = {
        "members": [],
        "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "start": "00:00:00",
        "end": "00:00:00",
        "mode": "charge",
        "soc_unknown": False,
        "order": 10,
        **changes,
    }
    subentry = ConfigSubentry(
        data=MappingProxyType(data),
        subentry_type="window",
        title="Night rate",
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(entry, subentry)


async def test_what_is_offered(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """What a charger can do; nothing follows where there is no meter."""
    state = state_with(hass, "select", MODE)
    assert (state.state, state.attributes["options"]) == ("charge", PLAIN)
    state = state_with(hass, "sensor", IN_FORCE)
    assert (state.state, state.attributes["source"]) == ("charge", "chosen")
    assert state.attributes["options"] == list(Mode)
    number = state_with(hass, "number", FIXED)
    assert number.state == "6.0"
    assert number.attributes["unit_of_measurement"] == "A"
    assert (number.attributes["min"], number.attributes["max"]) == (0, 32)


async def test_entities(
    hass: HomeAssistant, site_entry: MockConfigEntry, snapshot: SnapshotAssertion
) -> None:
    """With their names, options and ranges."""
    entities = reduced(hass, site_entry, MEMBER)
    of_modes = {key: entities[key] for key in entities if key in SHOWN}
    assert len(of_modes) == len(SHOWN)
    assert of_modes == snapshot


async def test_with_a_meter_it_can_follow(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Offered from the moment on in which there is one."""
    meter = {"kind": "powers", "inverted": False, "entities": {}}
    data = {**site_entry.data, "meter": meter}
    hass.config_entries.async_update_entry(site_entry, data=data)
    await hass.async_block_till_done()
    options = state_with(hass, "select", MODE).attributes["options"]
    assert options == [*PLAIN[:3], "solar", "minimum_and_solar", *PLAIN[3:]]
    await choose(hass, "solar")
    hass.config_entries.async_update_entry(site_entry, data={**data, "meter": None})
    await hass.async_block_till_done()
    # What was chosen is shown as long as it is chosen.
    state = state_with(hass, "select", MODE)
    assert (state.state, state.attributes["options"]) == ("solar", [*PLAIN, "solar"])
    await choose(hass, "charge")
    assert state_with(hass, "select", MODE).attributes["options"] == PLAIN


@pytest.mark.parametrize(
    ("metered", "circuit", "expected"),
    [
        ("supply", "shed", True),
        ("board", "shed", True),
        ("shed", "shed", True),
        ("garden", "shed", False),
        ("shed", "board", False),
        ("supply", "gone", False),
        (None, "shed", False),
    ],
)
async def test_any_meter_on_the_way_to_the_supply_counts(
    site_entry: MockConfigEntry, metered: str | None, circuit: str, expected: bool
) -> None:
    """The one of a circuit beside it does not."""
    config = site_of(site_entry).config
    parents = {"supply": None, "board": "supply", "shed": "board", "garden": "supply"}
    site = replace(
        config,
        circuits=tuple(
            replace(
                config.circuits[0], key=key, parent=parent, has_meter=key == metered
            )
            for key, parent in parents.items()
        ),
        members=(replace(config.members[0], circuit=circuit),),
    )
    assert isinstance(site, SiteConfig)
    assert is_metered(KEY, site) is expected
    assert not is_metered("nobody", site)


async def test_off_and_on_again(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """A chosen mode reaches the wire."""
    await choose(hass, "off")
    assert state_of(hass, "select", MODE) == "off"
    assert state_of(hass, "sensor", IN_FORCE) == "off"
    while told_a(warps[0])[-1:] != [0]:
        await asyncio.sleep(0.01)
    await choose(hass, "charge")
    assert state_of(hass, "sensor", IN_FORCE) == "charge"


async def test_hands_off_is_not_written_to(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """Also a charger that asks nobody is left alone; the others share what it leaves."""
    await choose(hass, "hands_off")
    assert state_of(hass, "select", MODE) == "hands_off"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not coordinator_of_member(hass, site_entry).hand.is_steered
    warps[0].writes.clear()
    for _ in range(5):
        site_of(site_entry).async_members_changed()
        await hass.async_block_till_done(wait_background_tasks=True)
    assert warps[0].writes == []


def coordinator_of_member(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Return the coordinator of the first charger."""
    return site_of(entry).coordinator_of(KEY)


async def test_fixed(hass: HomeAssistant, site_entry: MockConfigEntry) -> None:
    """The current can be set before and while the mode is in force; a gap below the minimum is refused."""
    await choose(hass, "fixed")
    assert state_with(hass, "sensor", IN_FORCE).attributes["current"] == 6
    error = await refused(hass, "number", "set_value", FIXED, value=3)
    assert error.translation_key == "value_in_gap"
    await act(hass, "number", "set_value", FIXED, value=10)
    assert state_of(hass, "number", FIXED) == "10.0"
    state = state_with(hass, "sensor", IN_FORCE)
    assert (state.state, state.attributes["current"]) == ("fixed", 10)
    await choose(hass, "charge")
    assert "current" not in state_with(hass, "sensor", IN_FORCE).attributes
    assert state_of(hass, "number", FIXED) == "10.0"


async def test_until_the_vehicle_leaves(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """Then it is again what was chosen before, also with a restart in between."""
    await choose(hass, "fixed")
    await choose(hass, "off_until_disconnected")
    assert await hass.config_entries.async_reload(site_entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, "select", MODE) == "off_until_disconnected"
    warps[0].unplug()
    await until(site_entry, mode=Mode.FIXED)
    site_of(site_entry).async_members_changed()
    assert state_of(hass, "select", MODE) == "fixed"
    error = await refused(
        hass, "select", "select_option", MODE, option="off_until_disconnected"
    )
    assert error.translation_key == "no_vehicle_to_wait_for"
    assert error.translation_placeholders == {"device": "Garage"}
    assert state_of(hass, "select", MODE) == "fixed"


async def test_a_charger_that_is_not_heard_keeps_waiting(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """That its vehicle left is not concluded from silence."""
    coordinator = coordinator_of_member(hass, site_entry)
    await choose(hass, "off_until_disconnected")
    coordinator.last_update_success = False
    coordinator.data = replace(coordinator.data, vehicle_connected=False)
    assert not site_of(site_entry).modes.note(KEY)
    coordinator.last_update_success = True
    coordinator.data = replace(coordinator.data, vehicle_connected=None)
    assert not site_of(site_entry).modes.note(KEY)
    coordinator.data = replace(coordinator.data, vehicle_connected=False)
    assert site_of(site_entry).modes.note(KEY)
    assert site_of(site_entry).modes.chosen(KEY) is Mode.CHARGE


async def test_over_a_restart(
    hass: HomeAssistant, site_entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """Stored at once, and read again."""
    await act(hass, "number", "set_value", FIXED, value=8)
    await choose(hass, "fixed")
    stored = hass_storage[f"busbar.site.{site_entry.entry_id}"]["data"]["modes"]
    assert stored[KEY] == {"mode": "fixed", "before": None, "fixed_a": 8}
    assert await hass.config_entries.async_reload(site_entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, "select", MODE) == "fixed"
    assert state_of(hass, "number", FIXED) == "8.0"


@pytest.mark.parametrize(
    ("stored", "mode", "fixed_a"),
    [
        ({}, None, None),
        ({"modes": {KEY: {}}}, None, None),
        ({"modes": {KEY: {"mode": "of_another_release", "fixed_a": 8}}}, None, 8),
        ({"modes": {KEY: {"mode": "solar"}}}, Mode.SOLAR, None),
    ],
)
def test_what_another_release_stored(
    stored: Mapping[str, Any], mode: Mode | None, fixed_a: float | None
) -> None:
    """What is missing or unknown was never chosen."""
    usual: dict[str, Any] = {
        "target_a": None,
        "target_ends_at": None,
        "is_balancing": True,
        "memory": {},
    }
    modes = SiteState.from_dict({**usual, **stored}).modes
    chosen = modes.get(KEY)
    assert (chosen and chosen.mode) == mode
    assert (chosen and chosen.fixed_a) == fixed_a


async def test_a_window_comes_before_what_was_chosen(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """It says its name; what was chosen is shown on, and holds again once the window is gone."""
    await choose(hass, "off")
    add_window(hass, site_entry, mode="fixed", current=8.0)
    await hass.async_block_till_done()
    state = state_with(hass, "sensor", IN_FORCE)
    assert state.state == "fixed"
    assert state.attributes["source"] == "window"
    assert state.attributes["window"] == "Night rate"
    assert state.attributes["current"] == 8
    assert state_of(hass, "select", MODE) == "off"
    intent = site_of(site_entry).inputs(0.0).intents[KEY]
    assert (intent.mode, intent.current_a) == (Mode.FIXED, 8)
    window = next(
        key
        for key, item in site_entry.subentries.items()
        if item.subentry_type == "window"
    )
    hass.config_entries.async_remove_subentry(site_entry, window)
    await hass.async_block_till_done()
    state = state_with(hass, "sensor", IN_FORCE)
    assert (state.state, state.attributes["source"]) == ("off", "chosen")


async def test_a_window_that_a_charger_cannot_do_is_for_others(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """It takes the next one."""
    add_window(hass, site_entry, mode="discharge", order=1)
    add_window(hass, site_entry, mode="off", order=2)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", IN_FORCE) == "off"


async def test_who_comes_before_whom(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Hands-off, then a pause, then waiting for the vehicle to leave, then a window, then the choice."""
    site = site_of(site_entry)
    add_window(hass, site_entry, mode="fixed", current=8.0)
    await hass.async_block_till_done()
    await choose(hass, "charge")
    assert state_of(hass, "sensor", IN_FORCE) == "fixed"
    await choose(hass, "off_until_disconnected")
    assert state_of(hass, "sensor", IN_FORCE) == "off_until_disconnected"
    await site.plan.async_pause([KEY], dt_util.utcnow() + timedelta(minutes=10))
    await hass.async_block_till_done()
    state = state_with(hass, "sensor", IN_FORCE)
    assert (state.state, state.attributes["source"]) == ("off", "pause")
    await choose(hass, "hands_off")
    state = state_with(hass, "sensor", IN_FORCE)
    assert (state.state, state.attributes["source"]) == ("hands_off", "chosen")
    await site.plan.async_resume([KEY])
    # Neither of the two is what was chosen before the other one.
    await choose(hass, "off_until_disconnected")
    assert site._store.state.modes[KEY].before is Mode.CHARGE


async def test_the_site_steps_as_a_window_begins(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory
) -> None:
    """To the second, whatever else happens."""
    frozen.move_to("2027-05-03 00:00:00+00:00")
    await hass.config.async_set_time_zone("UTC")
    entry = site_entry_of([])
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    add_window(hass, entry, start="00:00:02", end="00:01:00")
    await hass.async_block_till_done()
    stepped = site_of(entry).data.now
    frozen.tick(1)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert site_of(entry).data.now == stepped
    frozen.tick(1)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert site_of(entry).data.now == stepped + 2


async def test_a_charger_that_comes_after_its_site(
    hass: HomeAssistant, warps: list[WarpSimulator], add: Add
) -> None:
    """Its modes are known from then on, and so is whether it can be set to a current."""
    entry = site_entry_of(warps[:1])
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, "select", MODE) == "unavailable"
    assert not exists(hass, "number", FIXED)
    await add(warps[0])
    await hass.async_block_till_done()
    assert state_with(hass, "select", MODE).attributes["options"] == PLAIN
    assert state_of(hass, "number", FIXED) == "6.0"


async def test_a_member_that_left_is_forgotten(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Whoever adds it again begins anew."""
    await choose(hass, "off")
    hass.config_entries.async_remove_subentry(site_entry, MEMBER)
    await hass.async_block_till_done()
    assert KEY not in site_of(site_entry)._store.state.modes


async def test_diagnostics(hass: HomeAssistant, site_entry: MockConfigEntry) -> None:
    """Modes are in there, serials are not."""
    await choose(hass, "fixed")
    found = await async_get_config_entry_diagnostics(hass, site_entry)
    assert found["modes"]["member 1"] == {
        "chosen": "fixed",
        "offered": PLAIN,
        "in_force": {
            "intent": {"mode": "fixed", "current_a": 6},
            "source": "chosen",
            "window": None,
        },
    }
    assert "AbCd" not in json.dumps(found["modes"])
