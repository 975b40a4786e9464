"""Order does not matter: members come and go under a running site."""

import asyncio
from collections.abc import Callable

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.balancer import controller
from custom_components.busbar.const import DOMAIN
from simulators.warp import WarpSimulator

from .common import site_entry_of, state_of, told_a
from .conftest import Add


def reason_of(hass: HomeAssistant, simulator: WarpSimulator) -> str:
    """Return why a member gets what it gets."""
    return state_of(hass, "sensor", f"member_{simulator.uid}_reason")


def charger_entry(hass: HomeAssistant, simulator: WarpSimulator) -> MockConfigEntry:
    """Return the entry of a charger."""
    entry = hass.config_entries.async_entry_for_domain_unique_id(
        DOMAIN, f"warp_{simulator.uid}"
    )
    assert isinstance(entry, MockConfigEntry)
    return entry


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that needs sockets only; the test's own timeout bounds it."""
    while not condition():
        await asyncio.sleep(0)


async def step(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Have the site decide once more."""
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_site_before_its_chargers(
    hass: HomeAssistant, warps: list[WarpSimulator], add: Add
) -> None:
    """A site that starts first waits for its members, and takes them as they come."""
    entry = site_entry_of(warps)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert {reason_of(hass, warp) for warp in warps} == {"not_loaded"}
    for warp in warps:
        await add(warp)
    await step(hass, entry)
    assert "not_loaded" not in {reason_of(hass, warp) for warp in warps}
    assert all(told_a(warp) for warp in warps)


async def test_nothing_is_written_before_it_was_read_back(
    hass: HomeAssistant, warps: list[WarpSimulator], add: Add
) -> None:
    """After a start the chargers keep what they have until all are known."""
    await add(warps[0])
    entry = site_entry_of(warps)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.coordinator.data.is_starting
    assert told_a(warps[0]) == []


async def test_an_entry_that_is_reloaded(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """Control is back without a reload of the site."""
    runtime = site_entry.runtime_data
    entry = charger_entry(hass, warps[0])
    assert await hass.config_entries.async_reload(entry.entry_id)
    await step(hass, site_entry)
    assert site_entry.runtime_data is runtime
    coordinator = runtime.coordinator.coordinator_of("warp_AbCd")
    assert coordinator is entry.runtime_data.coordinators["warp_AbCd"]
    assert coordinator.hand.is_steered
    assert reason_of(hass, warps[0]) != "not_loaded"


async def test_an_entry_that_is_disabled(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """Its current stays reserved, the others share the rest; enabled again it is back."""
    held_a = warps[0].offered_a
    assert held_a > 6
    entry = charger_entry(hass, warps[0])
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    await step(hass, site_entry)
    decision = site_entry.runtime_data.coordinator.data
    assert reason_of(hass, warps[0]) == "not_loaded"
    assert min(decision.members["warp_AbCd"].reserved_a) >= warps[0].offered_a
    others_a = sum(warp.offered_a for warp in warps[1:])
    assert others_a + warps[0].offered_a <= 40.01
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await step(hass, site_entry)
    assert reason_of(hass, warps[0]) != "not_loaded"


async def test_an_entry_that_is_removed_and_added_again(
    hass: HomeAssistant,
    site_entry: MockConfigEntry,
    warps: list[WarpSimulator],
    add: Add,
) -> None:
    """A member is its serial number, whatever entry it comes from."""
    await hass.config_entries.async_remove(charger_entry(hass, warps[0]).entry_id)
    await step(hass, site_entry)
    decision = site_entry.runtime_data.coordinator.data
    assert reason_of(hass, warps[0]) == "not_loaded"
    assert min(decision.members["warp_AbCd"].reserved_a) >= warps[0].offered_a
    await add(warps[0])
    await step(hass, site_entry)
    assert reason_of(hass, warps[0]) != "not_loaded"
    coordinator = site_entry.runtime_data.coordinator.coordinator_of("warp_AbCd")
    assert coordinator.hand.is_steered


async def test_another_device_at_its_address(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """It is refused, the member's current stays reserved, and control comes back by itself."""
    coordinator = site_entry.runtime_data.coordinator.coordinator_of("warp_AbCd")
    warps[0].fault("other_device")
    warps[0].fault("drop_websockets")
    await until(lambda: not coordinator.last_update_success)
    await step(hass, site_entry)
    writes = len(warps[0].writes)
    assert not coordinator.last_update_success
    assert reason_of(hass, warps[0]) == "silent"
    await step(hass, site_entry)
    assert len(warps[0].writes) == writes
    warps[0].clear()
    await coordinator.async_refresh()
    await step(hass, site_entry)
    assert coordinator.last_update_success
    assert reason_of(hass, warps[0]) != "silent"


async def test_a_charger_that_a_person_stopped_is_never_started(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """The others get its current; released again it takes part again."""
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.garage_charging"}, blocking=True
    )
    await step(hass, site_entry)
    assert warps[0].offered_a == 0
    assert not [
        write for write in warps[0].writes if write.path == "evse/start_charging"
    ]
    assert reason_of(hass, warps[0]) == "stands_by"


async def test_a_limit_that_a_person_sets_caps_the_site(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """It is no second master, and it holds also after a raise of the target."""
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.garage_current_limit", "value": 8},
        blocking=True,
    )
    await step(hass, site_entry)
    assert warps[0].offered_a == 8
    assert reason_of(hass, warps[0]) == "limited_by_wish"
    assert not [
        issue
        for issue in ir.async_get(hass).issues.values()
        if "second_master" in issue.issue_id
    ]


async def test_unloading_the_site_lets_go(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """Nothing is raised on the way out, and a person decides again afterwards."""
    before_a = [warp.offered_a for warp in warps]
    coordinators = [
        site_entry.runtime_data.coordinator.coordinator_of(f"warp_{warp.uid}")
        for warp in warps
    ]
    assert await hass.config_entries.async_unload(site_entry.entry_id)
    await hass.async_block_till_done()
    after_a = [warp.offered_a for warp in warps]
    assert all(after <= before for after, before in zip(after_a, before_a, strict=True))
    assert not any(coordinator.hand.is_steered for coordinator in coordinators)


async def test_removing_the_site_forgets_it(
    hass: HomeAssistant, site_entry: MockConfigEntry, hass_storage: dict[str, object]
) -> None:
    """Its file goes with it."""
    await hass.services.async_call(
        DOMAIN, "set_site_current", {"current": 30}, blocking=True
    )
    key = f"busbar.site.{site_entry.entry_id}"
    assert key in hass_storage
    await hass.config_entries.async_remove(site_entry.entry_id)
    await hass.async_block_till_done()
    assert key not in hass_storage


async def test_a_target_survives_a_reload(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """So does the switch."""
    await hass.services.async_call(
        DOMAIN, "set_site_current", {"current": 30}, blocking=True
    )
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.home_balancing"}, blocking=True
    )
    assert await hass.config_entries.async_reload(site_entry.entry_id)
    await hass.async_block_till_done()
    coordinator = site_entry.runtime_data.coordinator
    assert coordinator.target_a == (30, 30, 30)
    assert not coordinator.is_balancing


async def test_a_step_that_raises(
    hass: HomeAssistant,
    site_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged once and reported, and taken back when it goes on."""

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError

    issue_id = f"step_failed_{site_entry.entry_id}"
    with monkeypatch.context() as broken:
        broken.setattr(controller, "step", fail)
        await step(hass, site_entry)
        await step(hass, site_entry)
    assert caplog.text.count("A step of the balancer failed") == 1
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is not None
    assert state_of(hass, "switch", f"{site_entry.entry_id}_balancing") == "unavailable"
    caplog.clear()
    await step(hass, site_entry)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None
    assert state_of(hass, "switch", f"{site_entry.entry_id}_balancing") == "on"
