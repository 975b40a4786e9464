"""A site with a charger that knows all or nothing, steered by its lock, slowly, through a cloud."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.world import Car, CarSpec

from .acting import act, coordinator_of, state_with
from .andersen_house import AndersenHouse

RESTED_S = 2400
"""Commands are few: after some in a row it waits for its write budget, for half an hour at most."""


@pytest.fixture
async def site(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> MockConfigEntry:
    """Return a site of 40 A whose one member charges with its full 32 A."""
    andersen_house.wall.plug_in(Car(CarSpec(phases=1, maximum_a=32)))
    await andersen_house.pass_time(200, 20)
    key = andersen_house.key
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        data={
            "kind": "site",
            "phases": 3,
            "ratings": {"l1": 40.0, "l2": 40.0, "l3": 40.0},
            "voltage": 230.0,
        },
        subentries_data=[
            ConfigSubentryDataWithId(
                data={
                    "charger": key,
                    "phase_map": "l1_l2_l3",
                    "priority": 5,
                    "minimum": 6.0,
                    "maximum": 32.0,
                },
                subentry_id="member",
                subentry_type="charger",
                title="Drive",
                unique_id=key,
            )
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await andersen_house.pass_time(20, 10)
    return entry


async def aim(
    house: AndersenHouse,
    site: MockConfigEntry,
    current_a: float,
    seconds: float = 600,
) -> None:
    """Set the target, and let the charger follow in its time."""
    target = (current_a, current_a, current_a)
    await site.runtime_data.coordinator.async_set_target(target, None)
    await house.pass_time(seconds, 20)


def is_closed_by_us(house: AndersenHouse, entry: MockConfigEntry) -> bool:
    """Return whether the site may open it again."""
    gate = coordinator_of(entry, house.key).gate
    assert gate is not None
    return gate.is_closed_by_us


async def test_it_closes_and_opens_again(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """What does not fit as a whole gets nothing; what the site closed it opens, also after a restart."""
    assert andersen_house.sent() == []
    await aim(andersen_house, site, 20)
    assert set(andersen_house.sent()) == {"userLock"}
    assert andersen_house.wall.user_lock
    assert hass_storage["busbar.gates"]["data"] == [andersen_house.key]
    await hass.config_entries.async_reload(andersen_entry.entry_id)
    await andersen_house.live(andersen_entry)
    assert is_closed_by_us(andersen_house, andersen_entry)
    await aim(andersen_house, site, 40)
    assert andersen_house.sent()[-1] == "userUnlock"
    assert andersen_house.wall.power_w > 7000
    assert not is_closed_by_us(andersen_house, andersen_entry)
    assert hass_storage["busbar.gates"]["data"] == []


async def test_what_a_person_locked_in_the_app_stays_locked(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Through all that the site decides meanwhile."""
    andersen_house.wall.user_lock = True
    andersen_house.wall.publish()
    await andersen_house.pass_time(100, 20)
    for current_a in (20, 40, 20, 40):
        await aim(andersen_house, site, current_a)
    assert "userUnlock" not in andersen_house.sent()
    assert andersen_house.wall.user_lock
    assert not is_closed_by_us(andersen_house, andersen_entry)


@pytest.mark.parametrize(
    ("platform", "action", "key"),
    [
        ("switch", "turn_on", "lock"),
        ("switch", "turn_off", "charging"),
        ("button", "press", "stop_charging"),
    ],
)
async def test_what_a_person_locked_here_stays_locked(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
    platform: str,
    action: str,
    key: str,
) -> None:
    """Also where the site had closed it before: from then on the lock is the person's."""
    await aim(andersen_house, site, 20)
    assert is_closed_by_us(andersen_house, andersen_entry)
    await act(hass, platform, action, f"{andersen_house.key}_{key}")
    assert not is_closed_by_us(andersen_house, andersen_entry)
    await aim(andersen_house, site, 40)
    assert "userUnlock" not in andersen_house.sent()
    assert andersen_house.wall.user_lock


async def press(
    hass: HomeAssistant, house: AndersenHouse, *keys: str, seconds: float = 600
) -> None:
    """Press buttons of the charger, and let each come to its end."""
    for key in keys:
        await act(hass, "button", "press", f"{house.key}_{key}")
        await house.pass_time(seconds, 20)


async def test_what_the_site_closed_is_no_lock_to_put_back(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Charge now at a charger that the site had closed, and restore: the site steers it as before."""
    await aim(andersen_house, site, 20)
    assert is_closed_by_us(andersen_house, andersen_entry)
    await press(hass, andersen_house, "charge_now", seconds=20)
    await aim(andersen_house, site, 40, RESTED_S)
    assert not andersen_house.wall.user_lock
    await press(hass, andersen_house, "restore_schedule")
    assert not andersen_house.wall.user_lock
    await aim(andersen_house, site, 20, RESTED_S)
    assert andersen_house.wall.user_lock
    await aim(andersen_house, site, 40, RESTED_S)
    assert not andersen_house.wall.user_lock


async def test_the_fuse_comes_before_charge_now(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """What a site has no room for it closes again, and opens again, restored meanwhile or not."""
    await aim(andersen_house, site, 20)
    await press(hass, andersen_house, "charge_now")
    assert andersen_house.wall.user_lock
    await press(hass, andersen_house, "restore_schedule")
    assert andersen_house.wall.user_lock
    assert is_closed_by_us(andersen_house, andersen_entry)
    await aim(andersen_house, site, 40, RESTED_S)
    assert not andersen_house.wall.user_lock


async def test_restoring_what_the_site_closed_meanwhile(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """The charger was open when its schedule was put aside, so its lock is the site's all the same."""
    await press(hass, andersen_house, "disable_schedules")
    await aim(andersen_house, site, 20)
    assert is_closed_by_us(andersen_house, andersen_entry)
    await press(hass, andersen_house, "restore_schedule")
    assert is_closed_by_us(andersen_house, andersen_entry)
    await aim(andersen_house, site, 40)
    assert not andersen_house.wall.user_lock


async def test_the_owners_lock_comes_back_as_the_owners(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Charge now at what the owner had locked, closed by the site meanwhile: restored, nobody opens it."""
    andersen_house.wall.user_lock = True
    andersen_house.wall.publish()
    await andersen_house.pass_time(100, 20)
    await press(hass, andersen_house, "charge_now")
    assert not andersen_house.wall.user_lock
    await aim(andersen_house, site, 20)
    assert is_closed_by_us(andersen_house, andersen_entry)
    await press(hass, andersen_house, "restore_schedule")
    assert not is_closed_by_us(andersen_house, andersen_entry)
    await aim(andersen_house, site, 40)
    assert andersen_house.wall.user_lock


async def look_for_vehicle(house: AndersenHouse, entry: MockConfigEntry) -> None:
    """Look whether a vehicle is plugged in, and wait for the end; the button is off until a person enables it."""
    coordinator = coordinator_of(entry, house.key)
    charger: Any = coordinator.charger
    await coordinator.async_command(charger.run_command("check_vehicle"))
    values = coordinator.data.values
    assert values["pending_command"] == "check_vehicle"
    await house.until(
        lambda: coordinator.data.values["schedule_restore_pending"] is False, 20
    )


async def test_a_look_for_a_vehicle_leaves_the_lock_to_the_site(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Whatever the look finds, the site closes it again, and can open what it had closed."""
    await aim(andersen_house, site, 20)
    before = len(andersen_house.sent())
    await look_for_vehicle(andersen_house, andersen_entry)
    assert andersen_house.sent()[before] == "userUnlock"
    assert (
        state_with(hass, "event", f"{andersen_house.key}_vehicle_check").attributes[
            "event_type"
        ]
        == "connected"
    )
    await andersen_house.pass_time(RESTED_S, 20)
    assert andersen_house.wall.user_lock
    assert is_closed_by_us(andersen_house, andersen_entry)
    await aim(andersen_house, site, 40, RESTED_S)
    assert not andersen_house.wall.user_lock


async def test_a_setting_moves_no_lock(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """A person who does something else leaves the lock to the site, right after a restart as well."""
    coordinator = site.runtime_data.coordinator
    await coordinator.async_set_target((20, 20, 20), None)
    await andersen_house.until(lambda: "userLock" in andersen_house.sent())
    await hass.config_entries.async_reload(andersen_entry.entry_id)
    await andersen_house.live(andersen_entry)
    assert not andersen_house.wall.user_lock
    await press(hass, andersen_house, "disable_schedules")
    assert andersen_house.wall.user_lock
    assert is_closed_by_us(andersen_house, andersen_entry)


async def test_a_lock_of_a_person_that_is_on_its_way_stays_theirs(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """It takes minutes until it shows; a site that closes the charger meanwhile does not make it its own."""
    await act(hass, "switch", "turn_on", f"{andersen_house.key}_lock")
    gate = coordinator_of(andersen_entry, andersen_house.key).gate
    assert gate is not None
    await gate.set_current(0)
    assert not gate.is_closed_by_us
    for current_a in (20, 40):
        await aim(andersen_house, site, current_a)
    assert andersen_house.wall.user_lock
    assert "userUnlock" not in andersen_house.sent()


async def test_a_report_that_crosses_the_command_does_not_make_it_forgotten(
    andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """It shows the charger as it was before, while the lock is being sent."""
    coordinator = coordinator_of(andersen_entry, andersen_house.key)
    gate = coordinator.gate
    assert gate is not None
    closing = asyncio.ensure_future(gate.set_current(0))
    while not gate.is_closed_by_us:
        await asyncio.sleep(0)
    assert andersen_house.sent() == []
    charger: Any = coordinator.charger
    charger.take_event({"sysRssi": -70, "sysUserLock": False})
    await closing
    assert gate.is_closed_by_us


async def test_a_restart_while_the_lock_is_on_its_way(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """The first reports after it still show it open; it is ours all the same, and opened again."""
    coordinator = site.runtime_data.coordinator
    await coordinator.async_set_target((20, 20, 20), None)
    await andersen_house.until(lambda: "userLock" in andersen_house.sent())
    await hass.config_entries.async_reload(andersen_entry.entry_id)
    await andersen_house.live(andersen_entry)
    assert not andersen_house.wall.user_lock
    await andersen_house.pass_time(600, 20)
    assert andersen_house.wall.user_lock
    await aim(andersen_house, site, 40)
    assert not andersen_house.wall.user_lock
    await andersen_house.pass_time(300, 20)
    assert not is_closed_by_us(andersen_house, andersen_entry)


async def test_what_the_owner_locked_since_the_last_poll_stays_locked(
    andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """It is looked at once more before it is closed: a minute is long enough to be in the app."""
    coordinator = coordinator_of(andersen_entry, andersen_house.key)
    gate = coordinator.gate
    assert gate is not None
    await andersen_house.cloud.fault("no_websocket")
    await andersen_house.cloud.fault("drop_websockets")
    andersen_house.wall.user_lock = True
    andersen_house.wall.publish()
    assert coordinator.data.is_locked is False
    await gate.set_current(0)
    assert not gate.is_closed_by_us
    assert andersen_house.sent() == []


async def test_an_entry_that_is_removed_leaves_nothing(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Neither a memory of ours, nor an error."""
    await aim(andersen_house, site, 20)
    await hass.config_entries.async_remove(andersen_entry.entry_id)
    await andersen_house.pass_time(5)
    assert hass_storage["busbar.gates"]["data"] == []


async def test_a_gate_is_the_charger_behind_it(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """It shows and tells the same."""
    coordinator = coordinator_of(andersen_entry, andersen_house.key)
    gate, charger = coordinator.gate, coordinator.charger
    assert gate is not None
    assert gate.identity == charger.identity
    assert (await gate.refresh()).status == coordinator.data.status
    heard: list[object] = []
    unsubscribe = gate.subscribe(heard.append, heard.append)
    await gate.refresh()
    assert len(heard) == 1
    unsubscribe()
    # Open already, and nobody closed it: nothing to do.
    await gate.set_current(32)
    assert andersen_house.sent() == []
    # Closed already, by somebody else: it stays theirs.
    andersen_house.wall.user_lock = True
    andersen_house.wall.publish()
    await gate.refresh()
    await gate.set_current(0)
    assert andersen_house.sent() == []
    assert not gate.is_closed_by_us
