"""Whose the lock of an Andersen is: a person's stays shut, and what a site closed is opened again."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.chargers.errors import ChargerError
from custom_components.busbar.steering.gate import Gate
from simulators.andersen import Fault

from .acting import act, coordinator_of, refused, state_with
from .andersen_house import AndersenHouse
from .test_andersen_site import (
    RESTED_S,
    aim,
    is_closed_by_us,
    look_for_vehicle,
    press,
    site,
)

__all__ = ["site"]


def gate_of(house: AndersenHouse, entry: MockConfigEntry) -> Gate:
    """Return what a site steers the charger by."""
    gate = coordinator_of(entry, house.key).gate
    assert gate is not None
    return gate


async def lock_in_app(house: AndersenHouse) -> None:
    """Lock in the app, and let it be reported."""
    house.wall.user_lock = True
    house.wall.publish()
    await house.pass_time(100, 20)


async def close_without_waiting(house: AndersenHouse, site: MockConfigEntry) -> None:
    """Leave the charger no room, and stop as soon as the lock was sent."""
    await site.runtime_data.coordinator.async_set_target((20, 20, 20), None)
    await house.until(lambda: "userLock" in house.sent())


async def test_the_owners_lock_that_comes_back_late_is_the_owners(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Put back in the background, once the charger is online again, though a site had closed it meanwhile."""
    wall, cloud = andersen_house.wall, andersen_house.cloud
    await lock_in_app(andersen_house)
    await press(hass, andersen_house, "charge_now")
    await aim(andersen_house, site, 20)
    assert is_closed_by_us(andersen_house, andersen_entry)
    await cloud.fault(Fault.OFFLINE, charger=wall)
    await andersen_house.pass_time(120, 20)
    await refused(hass, "button", "press", f"{andersen_house.key}_restore_schedule")
    await cloud.fault(Fault.OFFLINE, on=False, charger=wall)
    await andersen_house.pass_time(1200, 20)
    restoring = f"{andersen_house.key}_schedule_restore_pending"
    assert state_with(hass, "binary_sensor", restoring).state == "off"
    assert not is_closed_by_us(andersen_house, andersen_entry)
    await aim(andersen_house, site, 40, RESTED_S)
    assert wall.user_lock


async def test_a_look_puts_the_owners_lock_back_as_theirs(
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Also where the site had no room meanwhile, and would have closed it."""
    await lock_in_app(andersen_house)
    await aim(andersen_house, site, 20)
    await look_for_vehicle(andersen_house, andersen_entry)
    assert andersen_house.wall.user_lock
    assert not is_closed_by_us(andersen_house, andersen_entry)
    await aim(andersen_house, site, 40, RESTED_S)
    assert andersen_house.wall.user_lock


async def test_an_unlocking_that_waited_behind_a_persons_lock_is_not_sent(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """When its turn comes, the lock is the person's."""
    await aim(andersen_house, site, 20)
    before = len(andersen_house.sent())
    gate = gate_of(andersen_house, andersen_entry)
    persons = asyncio.ensure_future(
        act(hass, "switch", "turn_on", f"{andersen_house.key}_lock")
    )
    for _ in range(5):
        await asyncio.sleep(0)
    assert gate.is_closed_by_us
    await asyncio.gather(persons, gate.set_current(32))
    assert andersen_house.sent()[before:] == ["userLock"]


async def test_a_persons_lock_whose_answer_was_lost_is_theirs(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """The cloud may have taken it, and so it did."""
    await aim(andersen_house, site, 20)
    await andersen_house.cloud.fault(Fault.COMMANDS_LOST)
    await refused(hass, "switch", "turn_on", f"{andersen_house.key}_lock")
    await andersen_house.cloud.fault(Fault.COMMANDS_LOST, on=False)
    assert not is_closed_by_us(andersen_house, andersen_entry)
    await andersen_house.pass_time(300, 20)
    await aim(andersen_house, site, 40, RESTED_S)
    assert andersen_house.wall.user_lock


async def test_a_persons_lock_that_was_refused_leaves_it_to_the_site(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """It never came about, and the person was told."""
    await aim(andersen_house, site, 20)
    await andersen_house.cloud.fault(Fault.COMMANDS_FAIL)
    await refused(hass, "switch", "turn_on", f"{andersen_house.key}_lock")
    await andersen_house.cloud.fault(Fault.COMMANDS_FAIL, on=False)
    assert is_closed_by_us(andersen_house, andersen_entry)
    await aim(andersen_house, site, 40, RESTED_S)
    assert not andersen_house.wall.user_lock


async def test_a_persons_unlocking_that_was_lost_leaves_it_to_the_site(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """The site's lock came into effect all the same, and nobody else would ever open it."""
    wall, cloud = andersen_house.wall, andersen_house.cloud
    await close_without_waiting(andersen_house, site)
    await andersen_house.pass_time(5, 5)
    await cloud.fault(Fault.IGNORES_COMMANDS, charger=wall)
    await act(hass, "switch", "turn_off", f"{andersen_house.key}_lock")
    await cloud.fault(Fault.IGNORES_COMMANDS, on=False, charger=wall)
    await andersen_house.pass_time(120, 20)
    assert wall.user_lock
    assert is_closed_by_us(andersen_house, andersen_entry)
    await aim(andersen_house, site, 40, RESTED_S)
    assert not wall.user_lock


async def test_a_persons_lock_on_its_way_over_a_restart_stays_theirs(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """The first reports after it still show it open; a site that closes it then does not make it its own."""
    await act(hass, "switch", "turn_on", f"{andersen_house.key}_lock")
    await hass.config_entries.async_reload(andersen_entry.entry_id)
    await andersen_house.live(andersen_entry)
    assert not andersen_house.wall.user_lock
    for current_a in (20, 40):
        await aim(andersen_house, site, current_a, RESTED_S)
    assert andersen_house.sent() == ["userLock"]
    assert andersen_house.wall.user_lock


async def test_a_lock_that_never_came_is_not_the_sites_for_ever(
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Given up, and shown open long after: what is locked in the app next is the owner's."""
    wall, coordinator = andersen_house.wall, site.runtime_data.coordinator
    await andersen_house.cloud.fault(Fault.IGNORES_COMMANDS, charger=wall)
    await aim(andersen_house, site, 20, 100)
    assert andersen_house.sent() == ["userLock"]
    await coordinator.async_set_balancing(on=False)
    await andersen_house.pass_time(3600, 60)
    assert not is_closed_by_us(andersen_house, andersen_entry)
    await andersen_house.cloud.fault(Fault.IGNORES_COMMANDS, on=False, charger=wall)
    await lock_in_app(andersen_house)
    await coordinator.async_set_balancing(on=True)
    await aim(andersen_house, site, 40, RESTED_S)
    assert wall.user_lock


async def test_a_lock_that_was_refused_claims_nothing(
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """The owner may lock it at once, and stays the owner."""
    gate = gate_of(andersen_house, andersen_entry)
    await andersen_house.cloud.fault(Fault.COMMANDS_FAIL)
    with pytest.raises(ChargerError):
        await gate.set_current(0)
    assert not gate.is_closed_by_us
    await andersen_house.cloud.fault(Fault.COMMANDS_FAIL, on=False)
    await lock_in_app(andersen_house)
    for current_a in (20, 40):
        await aim(andersen_house, site, current_a, RESTED_S)
    assert andersen_house.sent() == []
    assert andersen_house.wall.user_lock


async def test_a_lock_whose_state_was_not_known_is_opened_again(
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A charger that does not say whether it is locked is closed all the same, and by the site."""
    wall = andersen_house.wall
    report = wall._report

    def silent() -> dict[str, Any]:
        return {**report(), "sysUserLock": None}

    monkeypatch.setattr(wall, "_report", silent)
    wall.publish()
    await andersen_house.pass_time(60, 20)
    await aim(andersen_house, site, 20, 100)
    assert andersen_house.sent() == ["userLock"]
    monkeypatch.setattr(wall, "_report", report)
    await andersen_house.pass_time(500, 20)
    assert wall.user_lock
    await aim(andersen_house, site, 40, RESTED_S)
    assert not wall.user_lock


async def test_a_lock_that_waited_in_the_cloud_stays_the_sites(
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """The charger reports as it was when it comes back, and is told then."""
    wall, cloud = andersen_house.wall, andersen_house.cloud
    await close_without_waiting(andersen_house, site)
    await cloud.fault(Fault.OFFLINE, charger=wall)
    await andersen_house.pass_time(1800, 30)
    await cloud.fault(Fault.OFFLINE, on=False, charger=wall)
    wall.publish()
    await andersen_house.settle()
    await coordinator_of(andersen_entry, andersen_house.key).async_refresh()
    assert not wall.user_lock
    assert coordinator_of(andersen_entry, andersen_house.key).data.confirmed_a is None
    await andersen_house.pass_time(200, 10)
    assert wall.user_lock
    assert is_closed_by_us(andersen_house, andersen_entry)
    # What was refused offline has used up the budget of an hour.
    await aim(andersen_house, site, 40, 3600)
    assert not wall.user_lock


async def test_a_long_silence_of_the_cloud_may_hide_such_a_return(
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Nobody heard that the charger was away: the first report after it is doubted as well."""
    wall, cloud = andersen_house.wall, andersen_house.cloud
    await close_without_waiting(andersen_house, site)
    await site.runtime_data.coordinator.async_set_balancing(on=False)
    await cloud.fault(Fault.OFFLINE, charger=wall)
    await cloud.fault(Fault.NO_WEBSOCKET)
    await cloud.fault(Fault.DROP_WEBSOCKETS)
    await cloud.fault(Fault.SERVER_ERROR)
    await andersen_house.pass_time(1800, 30)
    await cloud.fault(Fault.OFFLINE, on=False, charger=wall)
    wall.publish()
    await cloud.fault(Fault.SERVER_ERROR, on=False)
    await coordinator_of(andersen_entry, andersen_house.key).async_refresh()
    assert not wall.user_lock
    await andersen_house.pass_time(300, 10)
    assert wall.user_lock
    assert is_closed_by_us(andersen_house, andersen_entry)


async def test_a_lock_of_the_app_soon_after_a_restart_is_the_owners(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """How old the site's command is decides, not since when we run: opened in the app meanwhile it is nobody's."""
    wall = andersen_house.wall
    await aim(andersen_house, site, 20)
    await site.runtime_data.coordinator.async_set_balancing(on=False)
    await hass.config_entries.async_unload(andersen_entry.entry_id)
    await andersen_house.pass_time(600, 60)
    wall.user_lock = False
    wall.publish()
    await andersen_house.pass_time(60, 60)
    await hass.config_entries.async_setup(andersen_entry.entry_id)
    await andersen_house.live(andersen_entry)
    await andersen_house.pass_time(120, 20)
    assert not is_closed_by_us(andersen_house, andersen_entry)
    await lock_in_app(andersen_house)
    await andersen_house.pass_time(3600, 60)
    await press(hass, andersen_house, "charge_now", "restore_schedule")
    assert wall.user_lock


@pytest.mark.parametrize("away_s", [60, 600])
async def test_a_lock_that_is_not_proven_yet_is_followed_over_a_restart(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
    away_s: float,
) -> None:
    """A charger that is slow to hear it shows open when we are back; the lock that follows is the site's."""
    wall = andersen_house.wall
    wall.command_latency_s = away_s + 60
    await close_without_waiting(andersen_house, site)
    await site.runtime_data.coordinator.async_set_balancing(on=False)
    await hass.config_entries.async_unload(andersen_entry.entry_id)
    await andersen_house.pass_time(away_s, 20)
    await hass.config_entries.async_setup(andersen_entry.entry_id)
    await andersen_house.live(andersen_entry)
    assert not wall.user_lock
    await andersen_house.pass_time(300, 20)
    assert wall.user_lock
    assert is_closed_by_us(andersen_house, andersen_entry)


async def test_an_unlocking_that_is_not_proven_is_withdrawn(
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """By one lock after five minutes; until that is proven the full current counts, and later the site tries again."""
    wall, coordinator = andersen_house.wall, site.runtime_data.coordinator
    data = coordinator_of(andersen_entry, andersen_house.key)
    await aim(andersen_house, site, 20, RESTED_S)
    before = len(andersen_house.sent())
    await andersen_house.cloud.fault(Fault.IGNORES_COMMANDS, charger=wall)
    await coordinator.async_set_target((40, 40, 40), None)
    await andersen_house.until(lambda: len(andersen_house.sent()) > before, 10)
    await andersen_house.pass_time(290, 10)
    assert andersen_house.sent()[before:] == ["userUnlock"]
    await andersen_house.pass_time(70, 10)
    assert andersen_house.sent()[before:] == ["userUnlock", "userLock"]
    assert (data.data.commanded_a, data.data.confirmed_a) == (0, 32)
    await andersen_house.pass_time(250, 10)
    assert data.data.confirmed_a == 0
    assert is_closed_by_us(andersen_house, andersen_entry)
    await andersen_house.pass_time(3600 - 610, 10)
    sent = andersen_house.sent()[before:]
    assert sent == (["userUnlock", "userLock"] * 3)[: len(sent)]
    assert len(sent) > 2
    await andersen_house.cloud.fault(Fault.IGNORES_COMMANDS, on=False, charger=wall)
    await andersen_house.pass_time(RESTED_S, 20)
    assert not wall.user_lock


async def test_an_unlocking_that_comes_late_finds_a_lock_behind_it(
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """It waited in the cloud while the charger was away, and the site has no room for it any more."""
    wall, cloud = andersen_house.wall, andersen_house.cloud
    await aim(andersen_house, site, 20, RESTED_S)
    before = len(andersen_house.sent())
    await site.runtime_data.coordinator.async_set_target((40, 40, 40), None)
    await andersen_house.until(lambda: len(andersen_house.sent()) > before)
    await cloud.fault(Fault.OFFLINE, charger=wall)
    await andersen_house.pass_time(900, 20)
    await site.runtime_data.coordinator.async_set_balancing(on=False)
    assert andersen_house.sent()[before:] == ["userUnlock"]
    await cloud.fault(Fault.OFFLINE, on=False, charger=wall)
    await andersen_house.pass_time(60, 20)
    assert andersen_house.sent()[before:] == ["userUnlock", "userLock"]
    coordinator = coordinator_of(andersen_entry, andersen_house.key)
    assert coordinator.data.confirmed_a != 0
    await andersen_house.pass_time(600, 20)
    assert wall.user_lock
    assert is_closed_by_us(andersen_house, andersen_entry)


async def test_an_unlocking_is_withdrawn_over_a_restart(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Refused at first, it is sent again."""
    wall, cloud = andersen_house.wall, andersen_house.cloud
    await aim(andersen_house, site, 20, RESTED_S)
    before = len(andersen_house.sent())
    await cloud.fault(Fault.IGNORES_COMMANDS, charger=wall)
    await site.runtime_data.coordinator.async_set_target((40, 40, 40), None)
    await andersen_house.until(lambda: len(andersen_house.sent()) > before, 10)
    await site.runtime_data.coordinator.async_set_balancing(on=False)
    await hass.config_entries.async_unload(andersen_entry.entry_id)
    await andersen_house.pass_time(600, 60)
    await cloud.fault(Fault.COMMANDS_FAIL)
    await hass.config_entries.async_setup(andersen_entry.entry_id)
    await andersen_house.live(andersen_entry)
    assert andersen_house.sent()[before:] == ["userUnlock"]
    await cloud.fault(Fault.COMMANDS_FAIL, on=False)
    await andersen_house.pass_time(1200, 20)
    assert andersen_house.sent()[before:] == ["userUnlock", "userLock"]


async def test_a_persons_unlocking_is_not_withdrawn(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """What a person wants no loop takes back."""
    await aim(andersen_house, site, 20, RESTED_S)
    await site.runtime_data.coordinator.async_set_balancing(on=False)
    before = len(andersen_house.sent())
    await andersen_house.cloud.fault(Fault.IGNORES_COMMANDS)
    await act(hass, "switch", "turn_off", f"{andersen_house.key}_lock")
    await andersen_house.pass_time(1200, 20)
    assert andersen_house.sent()[before:] == ["userUnlock"]
