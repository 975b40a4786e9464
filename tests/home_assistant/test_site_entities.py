"""What a site and its members show of a decision."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.balancer.decision import Decision, Freshness, SetPoint
from custom_components.busbar.balancer.model import Reason, ReasonKey
from custom_components.busbar.const import DOMAIN
from custom_components.busbar.site.coordinator import SiteCoordinator

from .acting import KEY, exists, state_with, watch
from .common import site_entry_of, state_of

MEMBER = "member_AbCd"


def coordinator_of(entry: MockConfigEntry) -> SiteCoordinator:
    """Return the coordinator of a site."""
    coordinator: SiteCoordinator = entry.runtime_data.coordinator
    return coordinator


def decide(entry: MockConfigEntry, **changes: Any) -> None:
    """Let the site come to a decision; what it shows is written at once, before its next step."""
    coordinator = coordinator_of(entry)
    coordinator.async_set_updated_data(replace(coordinator.data, **changes))


def with_member(decision: Decision, **changes: Any) -> Mapping[str, Any]:
    """Return the members of a decision, one of them changed."""
    members = dict(decision.members)
    members[KEY] = replace(members[KEY], **changes)
    return {"members": members}


@pytest.mark.parametrize(
    ("key", "changes", "expected"),
    [
        ("allocated_l1", {"allocated_a": (30.04, 0, 0)}, "30.0"),
        ("headroom_l2", {"headroom_a": (0, 7.96, 0)}, "8.0"),
        ("drawn_l3", {"drawn_a": (0, 0, 12.3)}, "12.3"),
        ("drawn_l3", {"drawn_a": None}, STATE_UNKNOWN),
        ("meter_freshness", {"freshness": Freshness.STALE}, "stale"),
    ],
)
async def test_site(
    hass: HomeAssistant,
    site_entry: MockConfigEntry,
    key: str,
    changes: dict[str, Any],
    expected: str,
) -> None:
    """Per phase, rounded as people read it, and unknown where nobody measures."""
    decide(site_entry, **changes)
    assert state_of(hass, "sensor", f"{site_entry.entry_id}_{key}") == expected


@pytest.mark.usefixtures("all_entities_enabled")
async def test_next_decision(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, site_entry: MockConfigEntry
) -> None:
    """A time of day, or unknown where nothing is waited for."""
    frozen.move_to("2027-05-01 12:00:00+00:00")
    key = f"{site_entry.entry_id}_next_decision"
    decide(site_entry, now=100.0, next_at=160.0)
    assert state_of(hass, "sensor", key) == "2027-05-01T12:01:00+00:00"
    decide(site_entry, now=101.0, next_at=None)
    assert state_of(hass, "sensor", key) == STATE_UNKNOWN


async def test_only_the_phases_that_a_supply_has(hass: HomeAssistant) -> None:
    """A house on one phase has no L2."""
    entry = site_entry_of([])
    data = dict(entry.data) | {"phases": 1, "ratings": {"l1": 25.0}}
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data=data)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    for quantity in ("allocated", "headroom", "drawn"):
        assert exists(hass, "sensor", f"{entry.entry_id}_{quantity}_l1")
        assert not exists(hass, "sensor", f"{entry.entry_id}_{quantity}_l2")


async def test_circuits(hass: HomeAssistant) -> None:
    """A sub-board shows what its chargers take; one that leads nowhere is unavailable."""
    data = {"ratings": {"l1": 20.0, "l2": 20.0, "l3": 20.0}}
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        data=dict(site_entry_of([]).data),
        subentries_data=[
            ConfigSubentryDataWithId(
                data=data | {"parent": parent},
                subentry_id=key,
                subentry_type="circuit",
                title=title,
                unique_id=None,
            )
            for key, title, parent in (
                ("board", "Sub-board", "supply"),
                ("orphan", "Shed", "gone"),
            )
        ],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", "board_headroom_l2") == "20.0"
    assert state_of(hass, "sensor", "orphan_headroom_l2") == STATE_UNAVAILABLE
    state = state_with(hass, "sensor", "board_allocated_l1")
    assert state.state == "0.0"
    assert state.name.startswith("Sub-board ")
    circuits = dict(coordinator_of(entry).data.circuits)
    circuits["board"] = replace(circuits["board"], allocated_a=(12.34, 0, 0))
    decide(entry, circuits=circuits)
    assert state_of(hass, "sensor", "board_allocated_l1") == "12.3"


async def test_member(hass: HomeAssistant, site_entry: MockConfigEntry) -> None:
    """What it is allocated and why, with the numbers beside it."""
    decision = coordinator_of(site_entry).data
    reason = replace(
        decision.members[KEY].reason,
        key=ReasonKey.FAIR_SHARE,
        limit_a=40.04,
        sharers=3,
    )
    changes = {"allocated_a": 13.34, "allocated_phases": 3, "reason": reason}
    decide(site_entry, **with_member(decision, **changes))
    state = state_with(hass, "sensor", f"{MEMBER}_allocated_current")
    assert state.state == "13.3"
    assert state.attributes["phases"] == 3
    assert state.attributes["progress"]
    state = state_with(hass, "sensor", f"{MEMBER}_reason")
    assert state.state == "fair_share"
    assert state.attributes["limit"] == 40.0
    assert state.attributes["sharers"] == 3
    assert set(state.attributes["options"]) == {key.value for key in ReasonKey}


async def test_the_set_point_of_a_member(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """What it is told, which may be another thing than what it is entitled to; not known while it is told nothing."""
    decision = coordinator_of(site_entry).data
    set_point = SetPoint(current_a=-9.96, phases=1, ends_at=0.0, falls_to_a=-9.96)
    decide(site_entry, **with_member(decision, allocated_a=-16.0, set_point=set_point))
    state = state_with(hass, "sensor", f"{MEMBER}_set_point")
    assert state.state == "-10.0"
    assert state.attributes["state_class"] == "measurement"
    assert state_of(hass, "sensor", f"{MEMBER}_allocated_current") == "-16.0"
    decide(site_entry, **with_member(decision, set_point=None))
    assert state_of(hass, "sensor", f"{MEMBER}_set_point") == STATE_UNKNOWN


async def test_what_a_mode_asks_for(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Before any limit; a mode that takes all there is asks for nothing in particular."""
    decision = coordinator_of(site_entry).data
    decide(site_entry, **with_member(decision, asked_a=-7.25, allocated_a=-6.0))
    state = state_with(hass, "sensor", f"{MEMBER}_wanted_current")
    assert float(state.state) == pytest.approx(-7.2)
    assert state.attributes["state_class"] == "measurement"
    decide(site_entry, **with_member(decision, asked_a=None))
    assert state_of(hass, "sensor", f"{MEMBER}_wanted_current") == STATE_UNKNOWN


async def test_another_reason_is_shown_at_once_and_its_numbers_at_times(
    hass: HomeAssistant,
    frozen: FrozenDateTimeFactory,
    site_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A meter moves the numbers each second; that is no news to anybody."""
    coordinator = coordinator_of(site_entry)
    # Its own steps would come in between as the clock moves.
    monkeypatch.setattr(coordinator, "_step", lambda: coordinator.data)
    decision = coordinator.data
    frozen.tick(10)
    fair = Reason(key=ReasonKey.FAIR_SHARE)
    decide(site_entry, **with_member(decision, reason=fair))
    written = watch(hass, "sensor", f"{MEMBER}_reason")
    for second in range(10):
        frozen.tick(1)
        numbers = Reason(key=ReasonKey.FAIR_SHARE, limit_a=20.0 + second)
        decide(site_entry, **with_member(decision, reason=numbers))
    # The floor tells of a state one turn of the loop later.
    await asyncio.sleep(0)
    assert len(written) == 2
    other = next(key for key in ReasonKey if key is not ReasonKey.FAIR_SHARE)
    decide(site_entry, **with_member(decision, reason=Reason(key=other)))
    assert state_of(hass, "sensor", f"{MEMBER}_reason") == other


async def test_nothing_new_is_not_written(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """A site decides every few seconds; most of it is no news."""
    quiet = [
        watch(hass, platform, f"{site_entry.entry_id}_{key}")
        for platform, key in (
            ("sensor", "allocated_l1"),
            ("sensor", "meter_freshness"),
            ("binary_sensor", "fail_safe"),
            ("switch", "balancing"),
            ("number", "target"),
            ("event", "decision"),
        )
    ]
    for _ in range(5):
        decide(site_entry, events=())
    assert quiet == [[]] * len(quiet)


async def test_a_member_that_is_not_decided_for_is_unavailable(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """It was just removed, and its entities go a moment later."""
    decision = coordinator_of(site_entry).data
    members = {key: value for key, value in decision.members.items() if key != KEY}
    decide(site_entry, members=members)
    for key in ("allocated_current", "reason"):
        assert state_of(hass, "sensor", f"{MEMBER}_{key}") == STATE_UNAVAILABLE
    other = state_of(hass, "sensor", "member_EfGh_reason")
    assert other != STATE_UNAVAILABLE


async def test_members_are_devices_below_the_site(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """With names that say whose member of what they are."""
    devices = {
        next(iter(device.identifiers))[1]: device
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), site_entry.entry_id
        )
    }
    site, member = devices[site_entry.entry_id], devices[MEMBER]
    assert member.via_device_id == site.id
    assert (site.name, member.name) == ("Home", "Garage at Home")
    assert (site.model_id, member.model_id) == ("site", "member")
    entity = er.async_get(hass).async_get_entity_id(
        "sensor", DOMAIN, f"{MEMBER}_reason"
    )
    assert entity is not None
    registered = er.async_get(hass).async_get(entity)
    assert registered is not None
    assert registered.config_subentry_id == MEMBER
    assert registered.device_id == member.id
