"""What happens is told once."""

import asyncio
from dataclasses import replace

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.balancer.decision import Event, EventKind
from simulators.warp import WarpSimulator

from .acting import KEY, exists, pushed, state_with, watch
from .common import state_of
from .conftest import Add, StartWarp

TAG = "04:11:22:33:44:55:66"


async def test_a_tag(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Once while it is held to the reader, and never whose it is."""
    assert state_of(hass, "event", f"{KEY}_nfc_tag") == STATE_UNKNOWN
    written = watch(hass, "event", f"{KEY}_nfc_tag")
    warp.show_tag(TAG)
    for _ in range(4):
        await warp.advance(0.25)
        await pushed(hass, warp)
    assert len(written) == 1
    state = state_with(hass, "event", f"{KEY}_nfc_tag")
    assert state.attributes["event_type"] == "seen"
    assert state.attributes["tag_type"] == 2
    assert TAG not in str(state.as_dict())


async def test_a_tag_seen_before_us_is_no_event(
    hass: HomeAssistant, warp: WarpSimulator, add: Add
) -> None:
    """Neither is it one when the entry is loaded again."""
    warp.show_tag(TAG)
    entry = await add(warp)
    assert state_of(hass, "event", f"{KEY}_nfc_tag") == STATE_UNKNOWN
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, "event", f"{KEY}_nfc_tag") == STATE_UNKNOWN


async def test_a_charger_that_is_lost_reports_nothing(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """The last event is not one again when it is back."""
    warp.show_tag(TAG)
    await pushed(hass, warp)
    at = state_of(hass, "event", f"{KEY}_nfc_tag")
    warp.fault("refuse")
    while state_of(hass, "event", f"{KEY}_nfc_tag") != STATE_UNAVAILABLE:
        await pushed(hass, warp)
    warp.clear()
    await warp_entry.runtime_data.coordinators[KEY].async_refresh()
    assert state_of(hass, "event", f"{KEY}_nfc_tag") == at


async def test_a_meter_has_no_reader(
    hass: HomeAssistant, start_warp: StartWarp, add: Add
) -> None:
    """By capability."""
    await add(await start_warp(generation="wem"))
    assert not exists(hass, "event", f"{KEY}_nfc_tag")


async def test_decisions_of_a_site(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Each change of kind is one event, with the name of whom it is about."""
    key = f"{site_entry.entry_id}_decision"
    coordinator = site_entry.runtime_data.coordinator
    written = watch(hass, "event", key)
    events = (
        Event(kind=EventKind.CUT, subject=KEY, numbers={"current_a": 8.04}),
        Event(kind=EventKind.METER_LOST),
    )
    coordinator.async_set_updated_data(replace(coordinator.data, events=events))
    await asyncio.sleep(0)
    assert len(written) == 2
    state = state_with(hass, "event", key)
    assert state.attributes["event_type"] == "meter_lost"
    assert state.attributes["subject"] == "Home"
    coordinator.async_set_updated_data(replace(coordinator.data, events=events[:1]))
    state = state_with(hass, "event", key)
    assert state.attributes["event_type"] == "cut"
    assert state.attributes["subject"] == "Garage"
    assert state.attributes["current_a"] == 8.0
    assert set(state.attributes["event_types"]) == set(EventKind)
