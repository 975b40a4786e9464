"""A charger entry is set up, loses nothing over a restart, and goes in good order."""

import asyncio
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.chargers.errors import ChargerError, ConnectionFailed
from custom_components.busbar.chargers.model import Snapshot
from custom_components.busbar.chargers.warp.group import WarpGroup
from custom_components.busbar.const import DOMAIN
from custom_components.busbar.steering.setpoint import SiteAllocation, Wish
from simulators.warp import WarpSimulator

from .acting import KEY, act, coordinator_of, make_hasty, pushed
from .common import charger_data, told_a
from .conftest import Add, StartWarp


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("other_device", ConfigEntryState.SETUP_RETRY),
        ("not_a_warp", ConfigEntryState.SETUP_RETRY),
        ("internal_error", ConfigEntryState.SETUP_RETRY),
    ],
)
async def test_a_set_up_that_fails(
    hass: HomeAssistant,
    warp: WarpSimulator,
    add: Add,
    fault: str,
    state: ConfigEntryState,
) -> None:
    """It is tried again, and leaves no connection behind."""
    entry = await add(warp)
    await hass.config_entries.async_unload(entry.entry_id)
    warp.fault(fault)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is state
    await warp.flush()
    assert warp.clients == 0
    warp.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED


async def test_a_set_up_with_a_wrong_password(
    hass: HomeAssistant, start_warp: StartWarp, add: Add
) -> None:
    """Trying again would not help."""
    warp = await start_warp(password="first")
    entry = MockConfigEntry(
        domain=DOMAIN, data=charger_data(warp) | {"password": "wrong"}
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_a_new_name_and_firmware_are_shown(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """The device page follows what the charger says."""
    states = warp.device.board.states
    states.put(
        "info/version",
        {"firmware": "2.13.0+0", "config": "2.13.0", "config_type": "warp3"},
    )
    await pushed(hass, warp)
    (device,) = dr.async_entries_for_config_entry(
        dr.async_get(hass), warp_entry.entry_id
    )
    assert device.sw_version == "2.13.0"


async def test_two_changes_at_once_make_one_coordinator(
    hass: HomeAssistant,
    start_warp: StartWarp,
    add: Add,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second one would listen for ever, and write beside the first."""
    warp, other = await start_warp(), await start_warp(uid="EfGh")
    entry = await add(warp)
    refreshed: list[str] = []

    async def refresh(group: WarpGroup) -> Snapshot:
        """Take a while, as one that is polled does."""
        await asyncio.sleep(0)
        refreshed.append(group.identity.key)
        return group.describe()

    monkeypatch.setattr(WarpGroup, "refresh", refresh)
    warp.lead(other)
    await pushed(hass, warp)
    listeners = entry.runtime_data.connection._listeners.values()
    entry.runtime_data.coordinators.pop(f"{KEY}-manager")
    for _ in range(2):
        for listener in listeners:
            listener()
    await hass.async_block_till_done()
    assert refreshed == [f"{KEY}-manager"] * 2
    assert set(entry.runtime_data.coordinators) == {KEY, f"{KEY}-manager"}


async def test_a_wish_survives_a_reload_and_a_restart(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    warp: WarpSimulator,
    warp_entry: MockConfigEntry,
) -> None:
    """What a person decided is kept at once, and nothing is written when we come back."""
    wish = Wish(current_limit_a=10, phases=1)
    await act(hass, "select", "select_option", f"{KEY}_phases", option="one")
    await act(hass, "number", "set_value", f"{KEY}_current_limit", value=10)
    stored = hass_storage["busbar.wishes"]["data"]
    assert {key: Wish.from_dict(data) for key, data in stored.items()} == {KEY: wish}
    written = len(warp.writes)
    await hass.config_entries.async_reload(warp_entry.entry_id)
    await hass.async_block_till_done()
    assert coordinator_of(warp_entry).hand.wish == wish
    assert len(warp.writes) == written
    await hass.config_entries.async_remove(warp_entry.entry_id)
    assert hass_storage["busbar.wishes"]["data"] == {}


async def test_a_wish_that_was_stored_before_we_started(
    hass: HomeAssistant, hass_storage: dict[str, Any], warp: WarpSimulator, add: Add
) -> None:
    """It holds from the first moment, and pushes no default to the charger."""
    hass_storage["busbar.wishes"] = {
        "version": 1,
        "key": "busbar.wishes",
        "data": {KEY: {"current_limit_a": 12.0, "phases": None}},
    }
    entry = await add(warp)
    assert coordinator_of(entry).hand.wish == Wish(current_limit_a=12)
    assert warp.writes == []


async def test_leaving_lowers_what_a_site_had_granted(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Nobody would watch the meter any more."""
    hand = coordinator_of(warp_entry).hand
    await act(hass, "number", "set_value", f"{KEY}_current_limit", value=16)
    hand.allocate(
        SiteAllocation(current_a=16, ends_at=float("inf"), falls_to_a=6), write=False
    )
    hand.stop()
    await hass.config_entries.async_unload(warp_entry.entry_id)
    assert told_a(warp) == [16, 6]


async def test_leaving_a_charger_that_is_out_of_reach(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """It goes all the same."""
    make_hasty(warp_entry)
    hand = coordinator_of(warp_entry).hand
    hand.allocation = SiteAllocation(current_a=16, ends_at=0, falls_to_a=6)
    warp.fault("refuse")
    assert await hass.config_entries.async_unload(warp_entry.entry_id)
    assert told_a(warp) == []


async def test_stopping_home_assistant_closes_the_connection(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Nothing is unloaded then."""
    assert warp.clients == 1
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    await warp.flush()
    assert warp.clients == 0


@pytest.mark.parametrize("error", [None, ConnectionFailed("away")])
async def test_removing_an_entry_lets_go_of_the_device(
    hass: HomeAssistant,
    warp: WarpSimulator,
    warp_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    error: ChargerError | None,
) -> None:
    """A make that remembers us is asked to forget, as far as it can be reached."""
    released: list[str] = []

    async def release(connection: object) -> None:
        released.append("asked")
        if error is not None:
            raise error

    monkeypatch.setattr(
        "custom_components.busbar.chargers.warp.connection.WarpConnection.release",
        release,
        raising=False,
    )
    await hass.config_entries.async_remove(warp_entry.entry_id)
    assert released == ["asked"]
    assert hass.config_entries.async_entries(DOMAIN) == []
