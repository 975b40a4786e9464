"""What is planned for the members of a site, kept over restarts: the switches of windows, and pauses."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.busbar.const import DOMAIN
from custom_components.busbar.site.plan import SitePlan
from custom_components.busbar.site.store import SiteState

from .test_window_flow import add_window

SWITCH = "switch.home_cheap_night"
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


def plan_of(entry: MockConfigEntry) -> SitePlan:
    """Return the plan of a site that is loaded."""
    plan: SitePlan = entry.runtime_data.coordinator.plan
    return plan


async def turn(hass: HomeAssistant, state: str) -> None:
    """Turn the switch of the window on or off."""
    await hass.services.async_call(
        "switch", f"turn_{state}", {"entity_id": SWITCH}, blocking=True
    )


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the site up anew, from what was stored."""
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def call(hass: HomeAssistant, action: str, **data: Any) -> dict[str, str | None]:
    """Call an action and return until when each member is paused, by name."""
    answer = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    assert answer is not None
    assert answer["site"] == "Home"
    members: Any = answer["members"]
    return {member["name"]: member["paused_until"] for member in members}


def device_of(hass: HomeAssistant, entry: ConfigEntry, key: str) -> str:
    """Return the device with an identifier of an entry."""
    (device,) = (
        device
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), entry.entry_id
        )
        if (DOMAIN, key) in device.identifiers
    )
    return device.id


async def test_a_window_has_a_switch(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """It is on the device of the site, shows what the window is, and no reload is needed for it."""
    runtime = site_entry.runtime_data
    _, window = await add_window(hass, site_entry)
    state = hass.states.get(SWITCH)
    assert state is not None
    assert state.state == "on"
    assert state.attributes == {
        "friendly_name": "Home Cheap night",
        "start": "02:00",
        "end": "05:00",
        "mode": "charge",
    }
    await turn(hass, "off")
    assert hass.states.get(SWITCH).state == "off"  # type: ignore[union-attr]  # it was there above
    assert not plan_of(site_entry).is_enabled(window)
    assert [item.enabled for item in plan_of(site_entry).windows] == [False]
    assert site_entry.runtime_data is runtime


async def test_the_switch_survives_a_restart(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """What was off stays off, until somebody switches it on."""
    await add_window(hass, site_entry)
    await turn(hass, "off")
    await restart(hass, site_entry)
    assert hass.states.get(SWITCH).state == "off"  # type: ignore[union-attr]  # it was added above
    await turn(hass, "on")
    await restart(hass, site_entry)
    assert hass.states.get(SWITCH).state == "on"  # type: ignore[union-attr]  # it was added above


async def test_when_to_look_again(
    hass: HomeAssistant, site_entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """It is the first of all ends and starts; without windows and pauses there is none."""
    freezer.move_to(NOW)
    plan = plan_of(site_entry)
    assert plan.next_change(NOW) is None
    await add_window(hass, site_entry, start="13:00:00")
    assert plan.next_change(NOW) == NOW + timedelta(hours=1)
    await call(hass, "pause", duration={"minutes": 10})
    assert plan.next_change(NOW) == NOW + TEN_MINUTES
    await turn(hass, "off")
    assert plan.next_change(NOW + TEN_MINUTES) is None


async def test_pause_all(
    hass: HomeAssistant, site_entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Nobody is named: it is for all members, and ends at its time."""
    freezer.move_to(NOW)
    until = await call(hass, "pause", duration={"minutes": 10})
    assert until.keys() == {"Garage", "Carport", "Driveway"}
    assert {
        datetime.fromisoformat(ends_at) for ends_at in until.values() if ends_at
    } == {NOW + TEN_MINUTES}
    freezer.tick(TEN_MINUTES)
    until = await call(hass, "resume")
    assert set(until.values()) == {None}


@pytest.mark.parametrize(
    ("entry_of", "key"),
    [
        pytest.param("busbar", "warp_EfGh", id="the charger's own device"),
        pytest.param("site", "member_EfGh", id="its device in the site"),
    ],
)
async def test_pause_one_and_resume_it(
    hass: HomeAssistant, site_entry: MockConfigEntry, entry_of: str, key: str
) -> None:
    """The others go on; a new pause takes the place of the former."""
    (carport,) = (
        entry
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.unique_id == "warp_EfGh"
    )
    owner = site_entry if entry_of == "site" else carport
    device = device_of(hass, owner, key)
    site = device_of(hass, site_entry, site_entry.entry_id)
    plan = plan_of(site_entry)
    until = await call(
        hass, "pause", device_id=site, members=[device], duration={"hours": 1}
    )
    assert [name for name, ends_at in until.items() if ends_at] == ["Carport"]
    former = until["Carport"]
    until = await call(hass, "pause", members=device, duration={"hours": 2})
    assert until["Carport"] != former
    assert set(plan.pauses(dt_util.utcnow())) == {"warp_EfGh"}
    assert set((await call(hass, "resume", members=device)).values()) == {None}


async def test_no_time_at_all_ends_a_pause(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """One action is enough for both."""
    await call(hass, "pause", duration={"minutes": 10})
    until = await call(hass, "pause", duration={"minutes": 0})
    assert set(until.values()) == {None}
    assert not plan_of(site_entry).pauses(dt_util.utcnow())


async def test_a_pause_survives_a_restart(
    hass: HomeAssistant, site_entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """It is kept by the clock on the wall, so it also ends while nobody is there."""
    freezer.move_to(NOW)
    await call(hass, "pause", duration={"minutes": 10})
    await restart(hass, site_entry)
    pauses = plan_of(site_entry).pauses(NOW)
    assert set(pauses) == {"warp_AbCd", "warp_EfGh", "warp_JkLm"}
    assert set(pauses.values()) == {NOW + TEN_MINUTES}
    await hass.config_entries.async_unload(site_entry.entry_id)
    freezer.tick(TEN_MINUTES)
    await hass.config_entries.async_setup(site_entry.entry_id)
    await hass.async_block_till_done()
    assert not plan_of(site_entry).pauses(NOW + TEN_MINUTES)


async def test_a_pause_decides_anew(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """The site does not wait for news to look at it."""
    coordinator = site_entry.runtime_data.coordinator
    for action, data in (
        ("pause", {"duration": {"minutes": 1}}),
        ("resume", {}),
    ):
        before = coordinator.data
        await call(hass, action, **data)
        assert coordinator.data is not before


async def test_the_download_names_nobody(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    site_entry: MockConfigEntry,
) -> None:
    """Windows and pauses are in it; the keys of members hold serials, also of those that have left."""
    assert await async_setup_component(hass, "http", {})
    _, window = await add_window(hass, site_entry, members=["warp_AbCd", "warp_EfGh"])
    await turn(hass, "off")
    await call(hass, "pause", duration={"minutes": 10})
    hass.config_entries.async_remove_subentry(site_entry, "member_EfGh")
    await hass.async_block_till_done()
    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, site_entry)
    text = json.dumps(told)
    assert not [uid for uid in ("AbCd", "EfGh", "JkLm") if uid in text]
    (shown,) = (item for item in told["subentries"] if item["type"] == "window")
    assert shown["members"] == ["member 1", "former member 1"]
    assert told["windows_off"] == [window]
    assert told["pauses"].keys() == {"member 1", "member 2"}


async def test_a_charger_that_left_is_forgotten(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """If it comes back, no pause waits for it."""
    await call(hass, "pause", duration={"minutes": 10})
    hass.config_entries.async_remove_subentry(site_entry, "member_EfGh")
    await hass.async_block_till_done()
    pauses = plan_of(site_entry).pauses(dt_util.utcnow())
    assert pauses.keys() == {"warp_AbCd", "warp_JkLm"}


def test_what_an_earlier_version_stored() -> None:
    """It knew of no windows and no pauses."""
    stored = {"target_a": None, "target_ends_at": None, "is_balancing": True}
    state = SiteState.from_dict({**stored, "memory": {}})
    assert state.windows_off == frozenset()
    assert state.pauses == {}


async def test_too_long_for_a_pause(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """A year is a decision, not a pause."""
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, "pause", duration={"days": 31, "seconds": 1})
    assert error.value.translation_key == "pause_too_long"
    assert any((await call(hass, "pause", duration={"days": 31})).values())


async def test_a_charger_of_no_site(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """What is not a member cannot be paused here."""
    site = device_of(hass, site_entry, site_entry.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, "pause", members=[site], duration={"minutes": 1})
    assert error.value.translation_key == "not_a_member"


async def test_a_site_without_chargers(hass: HomeAssistant) -> None:
    """There is nobody to pause."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        data={"kind": "site", "phases": 1, "ratings": {"l1": 40.0}, "voltage": 230.0},
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    for action, data in (("pause", {"duration": {"minutes": 1}}), ("resume", {})):
        with pytest.raises(ServiceValidationError) as error:
            await call(hass, action, **data)
        assert error.value.translation_key == "site_without_chargers"
