"""A charger is heard by push, asked where it does not push, and missed where it does neither."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
import time

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.busbar.chargers.errors import ConnectionFailed
from custom_components.busbar.chargers.model import Snapshot
from custom_components.busbar.const import DOMAIN
from simulators.warp import WarpSimulator
from simulators.world import CarSpec

from .acting import KEY, act, coordinator_of, make_hasty, pushed, refused
from .common import state_of, told_a
from .conftest import Add, StartWarp


async def until(
    hass: HomeAssistant, warp: WarpSimulator, condition: Callable[[], bool]
) -> None:
    """Wait for what needs sockets only, not time; the test's timeout bounds it."""
    while not condition():
        await pushed(hass, warp)


async def until_status(hass: HomeAssistant, warp: WarpSimulator, status: str) -> None:
    """Wait for a status."""
    await until(hass, warp, lambda: state_of(hass, "sensor", f"{KEY}_status") == status)


async def pass_time(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, seconds: float
) -> None:
    """Let seconds pass in which nobody speaks."""
    frozen.tick(timedelta(seconds=seconds))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


def said(caplog: pytest.LogCaptureFixture, text: str) -> int:
    """Return how often something was logged."""
    return sum(text in record.getMessage() for record in caplog.records)


async def test_push(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """What is pushed is shown, and nothing is asked."""
    asked = len(warp.requests)
    warp.unplug()
    await pushed(hass, warp)
    assert state_of(hass, "sensor", f"{KEY}_status") == "disconnected"
    assert len(warp.requests) == asked


async def test_since_when_a_vehicle_is_there(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Only of one that came while we looked."""
    coordinator = coordinator_of(warp_entry)
    assert coordinator.heard_at is not None
    assert coordinator.plugged_in_at is None
    warp.unplug()
    await pushed(hass, warp)
    assert coordinator.plugged_in_at is None
    warp.plug(CarSpec())
    await pushed(hass, warp)
    plugged_in_at = coordinator.plugged_in_at
    assert plugged_in_at is not None
    await warp.advance(2)
    assert coordinator.plugged_in_at == plugged_in_at


async def test_lost_and_back(
    hass: HomeAssistant,
    warp: WarpSimulator,
    warp_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Unavailable, logged once, without serial and address; and back, logged once."""
    coordinator = coordinator_of(warp_entry)
    caplog.clear()
    warp.fault("refuse")
    await until_status(hass, warp, STATE_UNAVAILABLE)
    for _ in range(3):
        await coordinator.async_refresh()
    assert said(caplog, "Error requesting") == 1
    assert said(caplog, "The device does not answer") == 1
    assert said(caplog, "again") == 0
    warp.clear()
    for _ in range(3):
        await coordinator.async_refresh()
        await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{KEY}_status") == "charging"
    assert said(caplog, "again") == 1
    ours = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.busbar")
    ]
    assert ours
    assert not any(warp.uid in text or str(warp.port) in text for text in ours)


async def test_an_unexpected_end_counts_as_lost(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """Whatever a make could not name."""
    coordinator = coordinator_of(warp_entry)
    coordinator._async_lost(None)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{KEY}_status") == STATE_UNAVAILABLE
    assert coordinator.last_exception is not None
    assert "does not answer" in str(coordinator.last_exception)


async def test_old_news_is_no_sign_of_life(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, warp_entry: MockConfigEntry
) -> None:
    """What was heard before the failure may come in a new snapshot: only what came later counts."""
    coordinator = coordinator_of(warp_entry)
    before = replace(coordinator.data, received_at=time.monotonic())
    heard_at = coordinator.heard_at
    frozen.tick(5)
    coordinator._async_lost(None)
    coordinator._async_pushed(replace(before, commanded_a=9))
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{KEY}_status") == STATE_UNAVAILABLE
    assert coordinator.heard_at == heard_at
    assert coordinator.data.commanded_a == 9, "what we sent is known all the same"
    coordinator._async_pushed(replace(before, received_at=time.monotonic()))
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{KEY}_status") == "charging"
    assert coordinator.heard_at == time.monotonic()


async def test_silence(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, warp: WarpSimulator, add: Add
) -> None:
    """The connection stands and says nothing any more: that is noticed too."""
    make_hasty(await add(warp))
    warp.fault("silent")
    await pass_time(hass, frozen, 8)
    assert state_of(hass, "sensor", f"{KEY}_status") == "charging"
    await pass_time(hass, frozen, 8)
    await until_status(hass, warp, STATE_UNAVAILABLE)


async def test_polling_while_the_stream_is_refused(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, warp: WarpSimulator, add: Add
) -> None:
    """All five places are taken; once one is free, everything is pushed again."""
    warp.fault("no_websocket")
    entry = await add(warp)
    assert entry.state is ConfigEntryState.LOADED
    assert warp.clients == 0
    warp.unplug()
    await pass_time(hass, frozen, 11)
    await until_status(hass, warp, "disconnected")
    await act(hass, "number", "set_value", f"{KEY}_current_limit", value=10)
    assert told_a(warp) == [10]
    assert state_of(hass, "number", f"{KEY}_current_limit") == "10.0"
    warp.clear()
    await pass_time(hass, frozen, 61)
    await until(hass, warp, lambda: warp.clients == 1)
    warp.plug(CarSpec())
    await until_status(hass, warp, "charging")


async def test_another_device_at_the_address(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, warp: WarpSimulator, add: Add
) -> None:
    """It is refused and told nothing; when the charger is back, so are its entities."""
    entry = await add(warp)
    warp.fault("other_device")
    await until_status(hass, warp, STATE_UNAVAILABLE)
    coordinator = coordinator_of(entry)
    assert "Another device" in str(coordinator.last_exception)
    await pass_time(hass, frozen, 61)
    assert state_of(hass, "sensor", f"{KEY}_status") == STATE_UNAVAILABLE
    with pytest.raises(HomeAssistantError, match="Another device"):
        await coordinator.async_wish_current(10)
    assert warp.writes == []
    warp.clear()
    await pass_time(hass, frozen, 61)
    await until_status(hass, warp, "charging")
    assert entry.state is ConfigEntryState.LOADED


async def test_a_password_changed_while_it_is_polled(
    hass: HomeAssistant, start_warp: StartWarp, add: Add
) -> None:
    """Unavailable, and the person is asked."""
    warp = await start_warp(password="first", faults=["no_websocket"])
    entry = await add(warp)
    warp.set_password("second")
    coordinator = coordinator_of(entry)
    entry.runtime_data.connection._asked_at = 0
    await coordinator.async_refresh()
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{KEY}_status") == STATE_UNAVAILABLE
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_a_charger_that_was_never_heard(
    hass: HomeAssistant, warp: WarpSimulator, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entities are there and unavailable until it is."""

    async def refresh(charger: object) -> Snapshot:
        raise ConnectionFailed("still away")

    with monkeypatch.context() as patched:
        patched.setattr(
            "custom_components.busbar.chargers.warp.charger.WarpCharger.refresh",
            refresh,
        )
        entry = await add(warp)
        assert state_of(hass, "sensor", f"{KEY}_status") == STATE_UNAVAILABLE
        assert state_of(hass, "event", f"{KEY}_nfc_tag") == STATE_UNAVAILABLE
        coordinator_of(entry)._async_lost(None)
    await coordinator_of(entry).async_refresh()
    assert state_of(hass, "sensor", f"{KEY}_status") == "charging"
    error = await refused(hass, "number", "set_value", f"{KEY}_current_limit", value=5)
    assert error.translation_key == "value_in_gap"
