"""An Andersen account in Home Assistant: lock, slots, charge now, and honest states."""

from datetime import time
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.world import Car, CarSpec
from tests.repository.common import english

from .acting import act, exists, refused, state_with
from .andersen_house import AndersenHouse
from .common import entity_id, state_of
from .test_charger_services import ask, device_id

UNPROVEN = ("solar_grid_share", "solar_charge_always", "solar_override")


async def test_everything_has_a_name(
    hass: HomeAssistant,
    all_entities_enabled: None,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
) -> None:
    """Each entity and each of its values can be said."""
    texts = english()["entity"]
    found = er.async_entries_for_config_entry(
        er.async_get(hass), andersen_entry.entry_id
    )
    assert len(found) > 60
    for entity in found:
        state = hass.states.get(entity.entity_id)
        assert state is not None
        if entity.translation_key is None:
            assert entity.original_device_class is not None, entity.entity_id
            continue
        own = texts[entity.domain][entity.translation_key]
        assert own["name"]
        assert set(state.attributes.get("options", ())) <= set(own.get("state", {}))
    assert andersen_house.sent() == []


async def test_what_nobody_has_proven_is_off(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """Until somebody switches it on; and there is no current to set."""
    found = er.async_entries_for_config_entry(
        er.async_get(hass), andersen_entry.entry_id
    )
    disabled = {one.unique_id for one in found if one.disabled_by is not None}
    assert {f"{andersen_house.key}_{key}" for key in UNPROVEN} <= disabled
    assert not exists(hass, "number", f"{andersen_house.key}_current_limit")
    with pytest.raises(HomeAssistantError) as raised:
        await ask(hass, "set_power_limit", andersen_house.key, power=1000)
    assert raised.value.translation_key == "no_settable_current"


async def test_lock(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """The action returns when the cloud took it; it shows as pending until a report proves it."""
    key = andersen_house.key
    andersen_house.wall.plug_in(Car(CarSpec(phases=1)))
    await andersen_house.pass_time(100, 10)
    assert state_of(hass, "binary_sensor", f"{key}_vehicle_connected") == "on"
    await act(hass, "switch", "turn_on", f"{key}_lock")
    assert andersen_house.sent() == ["userLock"]
    assert state_of(hass, "sensor", f"{key}_pending_command") == "lock"
    assert state_of(hass, "switch", f"{key}_lock") == "off"
    await andersen_house.until(
        lambda: state_of(hass, "switch", f"{key}_lock") == "on", 10
    )
    # The lock hides the plug.
    assert state_of(hass, "binary_sensor", f"{key}_vehicle_connected") == STATE_UNKNOWN
    assert state_of(hass, "sensor", f"{key}_limiting_factor") == "lock"
    assert state_of(hass, "sensor", f"{key}_lock_origin") == "busbar"
    event = state_with(hass, "event", f"{key}_command_result")
    assert event.attributes["event_type"] == "confirmed"


async def test_slots(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """Slot 3 is edited, and only slot 3 changes."""
    key, before = andersen_house.key, andersen_house.wall.slots.wire()
    slot = f"{key}_schedule_3"
    assert state_of(hass, "time", f"{slot}_slot_start") == "00:30:00"
    await act(hass, "time", "set_value", f"{slot}_slot_start", time="23:15:00")
    await andersen_house.until(
        lambda: state_of(hass, "time", f"{slot}_slot_start") == "23:15:00", 10
    )
    await act(hass, "time", "set_value", f"{slot}_slot_end", time="05:45:00")
    await andersen_house.until(
        lambda: state_of(hass, "time", f"{slot}_slot_end") == "05:45:00", 10
    )
    await act(hass, "switch", "turn_on", f"{slot}_slot_enabled")
    await andersen_house.until(
        lambda: state_of(hass, "switch", f"{slot}_slot_enabled") == "on", 10
    )
    after = andersen_house.wall.slots.wire()
    assert after[2] == {
        **before[2],
        "startHour": 23,
        "startMinute": 15,
        "endHour": 5,
        "endMinute": 45,
        "enabled": True,
    }
    assert [after[index] for index in (0, 1, 3, 4)] == [
        before[index] for index in (0, 1, 3, 4)
    ]
    await act(hass, "switch", "turn_off", f"{slot}_slot_enabled")
    answer = await ask(hass, "set_schedule", key, slot="schedule_3", weekdays=["sat"])
    assert [one["slot"] for one in answer["slots"]] == answer["keys"]
    changed = answer["slots"][2]
    assert (changed["weekdays"], changed["enabled"]) == (["sat"], False)


@pytest.mark.parametrize(
    "changes",
    [
        {"weekdays": [], "enabled": True},
        {"start": "04:30", "enabled": True},
    ],
)
async def test_a_slot_that_holds_no_moment_is_not_followed(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    changes: dict[str, Any],
) -> None:
    """It would lock the charger for good, by accident; switched off it may be so."""
    key = andersen_house.key
    slot = {"slot": "schedule_3", **changes}
    with pytest.raises(ServiceValidationError) as raised:
        await ask(hass, "set_schedule", key, **slot)
    assert raised.value.translation_key == "empty_window"
    assert andersen_house.sent() == []
    await ask(hass, "set_schedule", key, **slot | {"enabled": False})
    assert andersen_house.sent() == ["setSchedules"]
    error = await refused(hass, "switch", "turn_on", f"{key}_schedule_3_slot_enabled")
    assert error.translation_key == "empty_window"


async def test_seconds_are_not_lost_unseen(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """A schedule has none, so they are refused."""
    start = f"{andersen_house.key}_schedule_3_slot_start"
    error = await refused(hass, "time", "set_value", start, time=time(1, 0, 30))
    assert error.translation_key == "time_has_seconds"
    assert andersen_house.sent() == []


async def test_start_and_end_within_a_minute(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """The second does not put back what the first changed, though no report shows it yet."""
    slot = f"{andersen_house.key}_schedule_3_slot"
    await act(hass, "time", "set_value", f"{slot}_start", time=time(1))
    await andersen_house.pass_time(5, 5)
    await act(hass, "time", "set_value", f"{slot}_end", time=time(5))
    await andersen_house.pass_time(400, 20)
    written = andersen_house.wall.slots.wire()[2]
    assert (written["startHour"], written["endHour"]) == (1, 5)


@pytest.mark.parametrize("by_action", [True, False])
async def test_what_the_app_changed_since_the_last_poll_stays(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    by_action: bool,
) -> None:
    """The slot is read afresh, and only what a person named is changed in it."""
    await andersen_house.cloud.fault("no_websocket")
    await andersen_house.cloud.fault("drop_websockets")
    await andersen_house.pass_time(10, 5)
    key, wall = andersen_house.key, andersen_house.wall
    wall.slots.write({"sch2": {**wall.slots.wire()[2], "endHour": 6, "enabled": True}})
    wall.publish()
    if by_action:
        answer = await ask(hass, "set_schedule", key, slot="schedule_3", start="01:00")
        changed = answer["slots"][2]
        assert (changed["end"], changed["enabled"]) == ("06:30:00", True)
    else:
        start = f"{key}_schedule_3_slot_start"
        await act(hass, "time", "set_value", start, time=time(1))
    await andersen_house.pass_time(300, 20)
    written = wall.slots.wire()[2]
    assert (written["startHour"], written["endHour"]) == (1, 6)
    assert written["enabled"] is True


async def test_a_slot_that_is_renamed_in_the_app(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """Its entities take the name over, though nothing else changes; without one it has its number."""
    keys = {"switch": "slot_enabled", "time": "slot_start"}

    def names() -> dict[str, str | None]:
        slot = f"{andersen_house.key}_schedule_3"
        return {
            platform: state_with(hass, platform, f"{slot}_{key}").name
            for platform, key in keys.items()
        }

    before = names()
    assert before["switch"] == "Drive Schedule 3"
    andersen_house.wall.schedule_names[2] = "Night"
    await andersen_house.pass_time(1900, 60)
    assert names() == {
        "switch": "Drive Schedule Night",
        "time": "Drive Start of schedule Night",
    }
    andersen_house.wall.schedule_names[2] = None
    await andersen_house.pass_time(1900, 60)
    assert names() == before


@pytest.mark.parametrize("key", ["lifetime_cost", "last_charge_cost"])
async def test_costs_are_in_the_currency_of_the_account(
    hass: HomeAssistant, andersen_house: AndersenHouse, key: str
) -> None:
    """Also where that becomes known after them."""
    andersen_house.wall.currency = None
    await andersen_house.add()
    cost = state_with(hass, "sensor", f"{andersen_house.key}_{key}")
    assert cost.attributes["device_class"] == "monetary"
    assert cost.attributes["state_class"] == "total"
    assert "unit_of_measurement" not in cost.attributes
    andersen_house.wall.currency = "GBP"
    await andersen_house.pass_time(1900, 60)
    cost = state_with(hass, "sensor", f"{andersen_house.key}_{key}")
    assert cost.attributes["unit_of_measurement"] == "GBP"


async def test_starts_are_moments(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """Automations reckon with them, and Home Assistant shows them in its own zone."""
    andersen_house.wall.plug_in(Car(CarSpec(phases=1)))
    await andersen_house.pass_time(500, 50)
    andersen_house.wall.unplug()
    await andersen_house.pass_time(500, 50)
    for key in ("session_start", "last_charge_start"):
        start = state_with(hass, "sensor", f"{andersen_house.key}_{key}")
        assert start.attributes["device_class"] == "timestamp"
        moment = dt_util.parse_datetime(start.state)
        assert moment is not None
        assert moment.tzinfo is not None


async def test_slots_that_are_not_known(
    hass: HomeAssistant, andersen_house: AndersenHouse
) -> None:
    """Nothing is made up for what the cloud does not tell, and nothing is written over it."""
    andersen_house.wall.slots._slots[1]["startHour"] = None
    andersen_house.wall.publish()
    await andersen_house.add()
    slot = f"{andersen_house.key}_schedule_2"
    assert state_of(hass, "time", f"{slot}_slot_start") == STATE_UNKNOWN
    assert state_of(hass, "switch", f"{slot}_slot_enabled") == STATE_UNKNOWN
    error = await refused(hass, "switch", "turn_on", f"{slot}_slot_enabled")
    assert error.translation_key == "schedule_unknown"
    assert andersen_house.sent() == []


async def test_charge_now_over_a_restart(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """Lock and slots are as they were before, also where Home Assistant restarted in between."""
    key, wall = andersen_house.key, andersen_house.wall
    for index in ("sch1", "sch3"):
        wall.slots.write({index: {**wall.slots.wire()[1], "enabled": True}})
    wall.user_lock = True
    wall.publish()
    await andersen_house.pass_time(100, 10)
    device = {"device_id": device_id(hass, key)}
    await hass.services.async_call(DOMAIN, "charge_now", device, blocking=True)
    assert andersen_house.sent() == ["setAllSchedulesDisabled", "userUnlock"]
    await andersen_house.until(lambda: not wall.is_locked, 10)
    await andersen_house.pass_time(200, 10)
    assert state_of(hass, "binary_sensor", f"{key}_schedule_restore_pending") == "on"
    await hass.config_entries.async_reload(andersen_entry.entry_id)
    await andersen_house.live(andersen_entry)
    assert not wall.is_locked
    await hass.services.async_call(DOMAIN, "restore_schedule", device, blocking=True)
    await andersen_house.until(
        lambda: (
            state_of(hass, "binary_sensor", f"{key}_schedule_restore_pending") == "off"
        ),
        10,
    )
    assert andersen_house.enabled() == [False, True, False, True, False]
    assert wall.user_lock


@pytest.mark.parametrize("ending", ["confirmed", "given_up"])
async def test_each_end_is_told_once(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    ending: str,
) -> None:
    """Also where two commands come to their end in one report."""
    key, wall = andersen_house.key, andersen_house.wall
    wall.slots.write({"sch2": {**wall.slots.wire()[2], "enabled": True}})
    wall.user_lock = True
    wall.publish()
    await andersen_house.pass_time(100, 20)
    if ending == "given_up":
        await andersen_house.cloud.fault("ignores_commands", charger=wall)
    told: list[tuple[str, str]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        assert state is not None
        told.append((state.attributes["command"], state.attributes["event_type"]))

    result = entity_id(hass, "event", f"{key}_command_result")
    async_track_state_change_event(hass, result, note)
    await act(hass, "button", "press", f"{key}_charge_now")
    await andersen_house.pass_time(400, 20)
    assert sorted(told) == [("schedule", ending), ("unlock", ending)]


async def test_charge_now_of_what_has_none(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """A charger without such a lock and schedule says so."""
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(
            DOMAIN,
            "charge_now",
            {"device_id": device_id(hass, "warp_AbCd")},
            blocking=True,
        )
    assert raised.value.translation_key == "no_such_command"


async def test_an_offline_charger_is_not_commanded_behind_your_back(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """The cloud would queue it; so it is refused, with words."""
    andersen_house.wall.faults.add("offline")
    await andersen_house.pass_time(100, 10)
    assert state_of(hass, "binary_sensor", f"{andersen_house.key}_online") == "off"
    error = await refused(hass, "switch", "turn_on", f"{andersen_house.key}_lock")
    assert error.translation_domain == DOMAIN
    assert andersen_house.sent() == []


async def test_removal_forgets_us(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """The remembered device is gone at the vendor's, and nothing is saved for an entry that is gone."""
    assert len(andersen_house.member.account.devices) == 1
    await hass.config_entries.async_remove(andersen_entry.entry_id)
    await andersen_house.settle()
    assert andersen_house.member.account.devices == {}


async def test_the_cloud_is_away_and_back(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """Unavailable meanwhile, never asked for a password."""
    andersen_house.cloud.faults.add("server_error")
    await andersen_house.until(
        lambda: (
            state_of(hass, "sensor", f"{andersen_house.key}_status")
            == STATE_UNAVAILABLE
        ),
        10,
    )
    assert not hass.config_entries.flow.async_progress()
    andersen_house.cloud.faults.clear()
    await andersen_house.until(
        lambda: (
            state_of(hass, "sensor", f"{andersen_house.key}_status")
            != STATE_UNAVAILABLE
        ),
        10,
    )
    assert andersen_entry.state is ConfigEntryState.LOADED
