"""Beside other chargers: the owner's lock stays shut for a day, and a lock that is ignored breaks no limit."""

import asyncio
from collections.abc import Mapping
from itertools import cycle
from typing import Final

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.andersen import Fault, SimulatedCharger
from simulators.warp import WarpSimulator
from simulators.world import Car, CarSpec, SharedSupply

from .acting import coordinator_of
from .andersen_house import AndersenHouse
from .conftest import Add, StartWarp

RATING_A: Final = 36.0
"""Carries the Andersen at its 32 A, or the WARP at its 16 A, and never both."""
WIDE_A: Final = 50.0
"""Carries two Andersens, of 32 A and 16 A."""
HOUR_S: Final = 3600.0
STEP_S: Final = 120.0
"""Within what a charger may be silent, so that nothing is decided for want of a report."""


async def set_up_site(
    hass: HomeAssistant, rating_a: float, priorities: Mapping[str, int]
) -> MockConfigEntry:
    """Set up a site of three phases with these members."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        data={
            "kind": "site",
            "phases": 3,
            "ratings": {"l1": rating_a, "l2": rating_a, "l3": rating_a},
            "voltage": 230.0,
        },
        subentries_data=[
            ConfigSubentryDataWithId(
                data={
                    "charger": key,
                    "phase_map": "l1_l2_l3",
                    "priority": priority,
                    "minimum": 6.0,
                    "maximum": 32.0,
                },
                subentry_id=f"member_{key}",
                subentry_type="charger",
                title=key,
                unique_id=key,
            )
            for key, priority in priorities.items()
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


@pytest.fixture
async def warp_of_house(
    start_warp: StartWarp, andersen_house: AndersenHouse, add: Add
) -> WarpSimulator:
    """Return a WARP without a car, in the time of the house."""
    warp = await start_warp(uid="AbCd", external_default_ma=6000)
    andersen_house.warps.append(warp)
    await add(warp)
    return warp


@pytest.fixture
async def mixed(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    warp_of_house: WarpSimulator,
) -> SharedSupply:
    """Return the fuse of a site where the Andersen charges, and the WARP comes first."""
    fuse = SharedSupply(andersen_house.cloud.clock, limit_a=RATING_A)
    fuse.join(andersen_house.wall)
    fuse.join(warp_of_house)
    andersen_house.wall.plug_in(Car(CarSpec(phases=1, maximum_a=32)))
    await andersen_house.pass_time(200, 20)
    priorities = {andersen_house.key: 3, f"warp_{warp_of_house.uid}": 8}
    await set_up_site(hass, RATING_A, priorities)
    await andersen_house.pass_time(20, 10)
    return fuse


async def test_a_lock_that_is_ignored_breaks_no_limit(
    andersen_house: AndersenHouse, warp_of_house: WarpSimulator, mixed: SharedSupply
) -> None:
    """The WARP comes first and waits all the same: what the Andersen draws counts until a report shows it locked."""
    wall = andersen_house.wall
    wall.faults.add(Fault.IGNORES_COMMANDS)
    warp_of_house.plug(CarSpec(phases=3, maximum_a=16))
    await andersen_house.until(lambda: andersen_house.sent() == ["userLock"], 5)
    await andersen_house.pass_time(150, 5)
    assert (wall.measured_currents_a[0], warp_of_house.measured_currents_a[0]) == (
        32,
        0,
    )
    wall.faults.clear()
    # It is told again, not believed.
    await andersen_house.until(lambda: wall.user_lock, 5)
    assert andersen_house.sent() == ["userLock", "userLock"]
    await andersen_house.until(lambda: warp_of_house.measured_currents_a[0] > 15, 5)
    # And back: it is opened for a WARP without a car, which has to wait when one comes.
    warp_of_house.unplug()
    await andersen_house.until(lambda: not wall.user_lock, 5)
    warp_of_house.plug(CarSpec(phases=3, maximum_a=16))
    await andersen_house.pass_time(60, 5)
    assert wall.measured_currents_a[0] == 32
    assert mixed.ampere_seconds_above == (0, 0, 0)
    assert max(mixed.maximum_a) <= RATING_A


async def test_a_vehicle_that_comes_while_a_lock_is_ignored_breaks_no_limit(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    warp_of_house: WarpSimulator,
    mixed: SharedSupply,
) -> None:
    """The target leaves the WARP room in a while; until then it offers nothing, also to a vehicle that comes."""
    andersen_house.wall.faults.add(Fault.IGNORES_COMMANDS)
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.data["kind"] == "site":
            await entry.runtime_data.coordinator.async_set_target((20, 20, 20), None)
    await andersen_house.until(lambda: andersen_house.sent() == ["userLock"])
    await andersen_house.pass_time(10)
    warp_of_house.plug(CarSpec(phases=3, maximum_a=16))
    await andersen_house.pass_time(140, 5)
    assert andersen_house.wall.measured_currents_a[0] == 32
    assert max(mixed.maximum_a) <= RATING_A
    andersen_house.wall.faults.clear()
    await andersen_house.until(lambda: andersen_house.wall.user_lock, 5)
    await andersen_house.until(lambda: warp_of_house.measured_currents_a[0] > 15, 5)
    assert mixed.ampere_seconds_above == (0, 0, 0)


@pytest.fixture
async def pair(
    hass: HomeAssistant, andersen_house: AndersenHouse
) -> tuple[MockConfigEntry, MockConfigEntry, SimulatedCharger]:
    """Return account and site of two Andersens that charge, and the second of them."""
    second = andersen_house.cloud.add_charger(
        andersen_house.member, name="2300009999", current_a=16
    )
    andersen_house.wall.plug_in(Car(CarSpec(phases=1, maximum_a=32)))
    second.plug_in(Car(CarSpec(phases=1, maximum_a=16)))
    account = await andersen_house.add()
    priorities = {andersen_house.key: 5, f"andersen_{second.device_id}": 5}
    site = await set_up_site(hass, WIDE_A, priorities)
    return account, site, second


@pytest.mark.timeout(180)
async def test_what_the_owner_locked_in_the_app_stays_locked_for_a_day(
    andersen_house: AndersenHouse,
    pair: tuple[MockConfigEntry, MockConfigEntry, SimulatedCharger],
) -> None:
    """The site closed and opened it before, and goes on with its neighbour all the while."""
    # Its notes of where each task began cost more than all the rest of such a day.
    asyncio.get_running_loop().set_debug(False)
    account, site, second = pair
    wall, cloud = andersen_house.wall, andersen_house.cloud
    targets_a = cycle([20, 48, 32, 0, 48])

    def told(charger: SimulatedCharger) -> list[str]:
        return [c.name for c in cloud.commands if c.device_id == charger.device_id]

    async def balance(hours: int) -> None:
        """Aim at something else every hour."""
        for _ in range(hours):
            target_a = float(next(targets_a))
            await site.runtime_data.coordinator.async_set_target(
                (target_a, target_a, target_a), None
            )
            await andersen_house.pass_time(HOUR_S, STEP_S)

    await balance(2)
    assert told(wall)[-1] == "userUnlock"
    assert not wall.user_lock
    before = len(told(wall))
    wall.user_lock = True
    # The site cannot know before the charger has reported it.
    await andersen_house.pass_time(2 * STEP_S, STEP_S)
    await balance(24)
    assert wall.user_lock
    assert "userUnlock" not in told(wall)[before:]
    gate = coordinator_of(account, andersen_house.key).gate
    assert gate is not None
    assert not gate.is_closed_by_us
    assert told(second).count("userUnlock") >= 4
