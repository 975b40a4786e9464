"""The actions: what they answer, what reaches the wire, and what bad input gets."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from freezegun import freeze_time
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.warp import WarpSimulator

from .common import site_entry_of, state_of, told_a
from .conftest import Add

KEYS_OF_A_MEMBER = {
    "device_id",
    "name",
    "current",
    "phases",
    "reason",
    "numbers",
    "reserved",
    "commanded",
    "confirmed",
    "progress",
    "error",
}


async def act(hass: HomeAssistant, action: str, **data: Any) -> Mapping[str, Any]:
    """Call an action and return its answer."""
    answer = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    assert answer is not None
    return answer


def device_id(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> str:
    """Return the device with an identifier of ours."""
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        if (DOMAIN, key) in device.identifiers:
            return device.id
    raise AssertionError(key)


async def test_set_site_current_reaches_the_wire(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """What the answer says is what each charger was told and confirmed."""
    answer = await act(hass, "set_site_current", current=30)
    assert answer["site"] == "Home"
    assert answer["target"] == {"l1": 30, "l2": 30, "l3": 30}
    assert answer["allocated"] == {"l1": 30, "l2": 30, "l3": 30}
    assert answer["headroom"] == {"l1": 0, "l2": 0, "l3": 0}
    assert answer["is_balancing"] is True
    assert answer["meter"] == "no_meter"
    members = {member["name"]: member for member in answer["members"]}
    assert set(members) == {"Garage", "Carport", "Driveway"}
    for warp in warps:
        member = members[warp.settings.display_name]
        assert set(member) == KEYS_OF_A_MEMBER
        assert member["current"] == member["commanded"] == member["confirmed"] == 10
        assert member["phases"] == 3
        assert member["progress"] == "confirmed"
        assert member["reason"] == "fair_share"
        assert member["numbers"]["sharers"] == 3
        assert member["error"] is None
        assert told_a(warp)[-1] == 10
        assert warp.offered_a == 10


async def test_phases_that_are_not_named_keep_their_target(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Phase by phase, over the rating at first and over the last target then."""
    answer = await act(hass, "set_site_current", l2=20)
    assert answer["target"] == {"l1": 40, "l2": 20, "l3": 40}
    answer = await act(hass, "set_site_current", l3=10)
    assert answer["target"] == {"l1": 40, "l2": 20, "l3": 10}
    answer = await act(hass, "set_site_current", current=30, l1=12)
    assert answer["target"] == {"l1": 12, "l2": 30, "l3": 30}


async def test_site_is_named_by_device(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """As the selector of the action gives it, and as a template may make it."""
    site = device_id(hass, site_entry, site_entry.entry_id)
    answer = await act(hass, "set_site_current", device_id=site, current="25.5")
    assert answer["target"]["l1"] == 25.5


async def test_a_target_with_a_duration_ends(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Afterwards the default is in force, here the rating."""
    await act(hass, "set_site_current", current=20, duration={"minutes": 10})
    assert state_of(hass, "number", f"{site_entry.entry_id}_target") == "20.0"
    coordinator = site_entry.runtime_data.coordinator
    begin = dt_util.utcnow()
    with freeze_time(begin + timedelta(minutes=9)):
        await coordinator.async_refresh()
    assert coordinator.target_a == (20, 20, 20)
    with freeze_time(begin + timedelta(minutes=11)):
        await coordinator.async_refresh()
        await hass.async_block_till_done()
        assert coordinator.target_a is None
        assert state_of(hass, "number", f"{site_entry.entry_id}_target") == "40.0"


@pytest.mark.parametrize(
    ("data", "key", "placeholders"),
    [
        ({}, "target_missing", {}),
        (
            {"current": 41},
            "target_above_rating",
            {"phase": "L1", "target": "41", "rating": "40", "site": "Home"},
        ),
        (
            {"l3": 41},
            "target_above_rating",
            {"phase": "L3", "target": "41", "rating": "40", "site": "Home"},
        ),
        (
            {"current": "sixteen"},
            "not_amperes",
            {"field": "current", "value": "sixteen"},
        ),
        ({"l1": None}, "not_amperes", {"field": "l1", "value": "None"}),
        ({"current": -1}, "not_amperes", {"field": "current", "value": "-1"}),
        ({"current": "nan"}, "not_amperes", {"field": "current", "value": "nan"}),
        ({"device_id": "nobody", "current": 10}, "not_a_site", {}),
    ],
)
async def test_bad_input(
    hass: HomeAssistant,
    site_entry: MockConfigEntry,
    warps: list[WarpSimulator],
    data: dict[str, Any],
    key: str,
    placeholders: dict[str, str],
) -> None:
    """A clear, translated error; nothing written, nothing lost."""
    await act(hass, "set_site_current", current=30)
    writes = [len(warp.writes) for warp in warps]
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "set_site_current", **data)
    assert raised.value.translation_domain == DOMAIN
    assert raised.value.translation_key == key
    assert (raised.value.translation_placeholders or {}) == placeholders
    assert [len(warp.writes) for warp in warps] == writes
    assert site_entry.runtime_data.coordinator.target_a == (30, 30, 30)


async def test_a_device_that_is_no_site(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """A charger is none."""
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, "warp_AbCd")
    assert isinstance(entry, MockConfigEntry)
    charger = device_id(hass, entry, "warp_AbCd")
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "set_site_current", device_id=charger, current=10)
    assert raised.value.translation_key == "not_a_site"


async def test_without_a_site(hass: HomeAssistant, warp_entry: MockConfigEntry) -> None:
    """There is nothing to distribute."""
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "set_site_current", current=10)
    assert raised.value.translation_key == "no_site"


async def test_with_two_sites(hass: HomeAssistant, site_entry: MockConfigEntry) -> None:
    """Which one has to be said then."""
    other = site_entry_of([])
    other.add_to_hass(hass)
    await hass.config_entries.async_setup(other.entry_id)
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "set_site_current", current=10)
    assert raised.value.translation_key == "site_required"
    site = device_id(hass, other, other.entry_id)
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "set_site_current", device_id=site, current=10)
    assert raised.value.translation_key == "site_without_chargers"


async def test_a_member_that_fails_is_named(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """The others are told all the same, within what it leaves."""
    await act(hass, "set_site_current", current=30)
    warps[0].fault("stale")
    answer = await act(hass, "set_site_current", current=24)
    members = {member["name"]: member for member in answer["members"]}
    assert members["Garage"]["error"] == "rejected"
    assert members["Garage"]["confirmed"] == 10
    assert members["Garage"]["reserved"]["l1"] >= 10
    assert members["Carport"]["error"] is None
    drawn = sum(warp.offered_a for warp in warps)
    assert drawn <= 24


async def test_it_fails_only_if_all_failed(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """And then it says so."""
    await act(hass, "set_site_current", current=30)
    for warp in warps:
        warp.fault("stale")
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "set_site_current", current=24)
    assert raised.value.translation_key == "no_charger_took_it"
    assert raised.value.translation_placeholders == {"site": "Home"}


async def test_it_does_not_wait_for_a_charger_that_is_away(
    hass: HomeAssistant, site_entry: MockConfigEntry, add: Add
) -> None:
    """A member whose entry is not loaded is told as such."""
    (garage,) = (
        entry
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.unique_id == "warp_AbCd"
    )
    await hass.config_entries.async_unload(garage.entry_id)
    answer = await act(hass, "set_site_current", current=30)
    members = {member["name"]: member for member in answer["members"]}
    assert members["Garage"]["reason"] == "not_loaded"
    assert members["Garage"]["commanded"] is None
    assert members["Garage"]["confirmed"] is None


async def test_a_member_without_an_entry_has_no_device(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """It is in the answer all the same, for what it may draw is reserved."""
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, "warp_AbCd")
    assert entry is not None
    await hass.config_entries.async_remove(entry.entry_id)
    answer = await act(hass, "preview_allocation")
    devices = {member["name"]: member["device_id"] for member in answer["members"]}
    assert devices["Garage"] is None
    assert devices["Carport"] is not None


async def test_preview_writes_nothing(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """It answers the same, for a situation that is not there."""
    await act(hass, "set_site_current", current=30)
    writes = [len(warp.writes) for warp in warps]
    requests = [len(warp.requests) for warp in warps]
    decision = site_entry.runtime_data.coordinator.data
    answer = await act(hass, "preview_allocation", current=12)
    assert {member["current"] for member in answer["members"]} == {0, 6} or {
        member["current"] for member in answer["members"]
    } == {0, 12}
    assert {set(member) == KEYS_OF_A_MEMBER for member in answer["members"]} == {True}
    assert [len(warp.writes) for warp in warps] == writes
    assert [len(warp.requests) for warp in warps] == requests
    assert site_entry.runtime_data.coordinator.data is decision
    assert site_entry.runtime_data.coordinator.target_a == (30, 30, 30)


async def test_preview_of_a_house_load(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """What everything else takes is not there for the chargers."""
    answer = await act(hass, "preview_allocation", house_load=10)
    assert answer["allocated"] == {"l1": 30, "l2": 30, "l3": 30}


async def test_preview_of_a_vehicle_that_leaves(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """The others get what it leaves."""
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, "warp_AbCd")
    assert isinstance(entry, MockConfigEntry)
    garage = device_id(hass, entry, "warp_AbCd")
    answer = await act(hass, "preview_allocation", leaving=[garage])
    shares = {member["name"]: member["current"] for member in answer["members"]}
    assert shares["Carport"] == shares["Driveway"] == 20
    member = device_id(hass, site_entry, site_entry.entry_id)
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "preview_allocation", arriving=[member])
    assert raised.value.translation_key == "not_a_member"
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "preview_allocation", arriving=["nobody"])
    assert raised.value.translation_key == "not_a_member"
