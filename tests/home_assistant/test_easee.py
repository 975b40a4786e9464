"""An Easee account in Home Assistant: its devices, its set-points, its bad days."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from custom_components.busbar.steering.setpoint import Wish
from simulators.easee import FIRST, LONE, SECOND, add_charger, plug_in
from simulators.world import CarSpec
from tests.repository.common import english

from .acting import act, coordinator_of, exists, keys_of, refused, state_with
from .common import state_of
from .easee_house import (
    ACCOUNT,
    CHARGER,
    CIRCUIT,
    GRID,
    LEFT,
    RIGHT,
    SHARED,
    EaseeHouse,
    account_data,
)

WEARING = {
    f"{CHARGER}_charger_maximum_limit",
    f"{CHARGER}_led_brightness",
    f"{CIRCUIT}_circuit_maximum_limit",
    f"{CIRCUIT}_circuit_offline_limit",
}


def devices_of(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Return the keys of the devices of an entry."""
    found = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {key for device in found for _, key in device.identifiers}


async def test_everything_has_a_name(
    hass: HomeAssistant,
    all_entities_enabled: None,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
) -> None:
    """Each entity and each of its values can be said."""
    texts = english()["entity"]
    found = er.async_entries_for_config_entry(er.async_get(hass), easee_entry.entry_id)
    assert len(found) > 100
    for entity in found:
        state = hass.states.get(entity.entity_id)
        assert state is not None
        if entity.translation_key is None:
            # Named after its device class.
            assert entity.original_device_class is not None, entity.entity_id
            continue
        own = texts[entity.domain][entity.translation_key]
        assert own["name"]
        assert set(state.attributes.get("options", ())) <= set(own.get("state", {}))


async def test_entities_by_capability(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """A charger, a circuit and a meter have what they can do, and nothing else."""
    assert devices_of(hass, easee_entry) == {
        CHARGER,
        LEFT,
        RIGHT,
        CIRCUIT,
        SHARED,
        GRID,
    }
    assert easee_house.cloud.writes == []
    switches = keys_of(hass, easee_entry, "switch")
    assert {one for one in switches if one.startswith(CHARGER)} == {
        f"{CHARGER}_{key}"
        for key in (
            "charging",
            "enabled",
            "authorization_required",
            "lock_cable_permanently",
            "smart_charging",
            "idle_current",
            "smart_button",
            "daily_plan",
            "weekly_plan",
        )
    }
    assert not any(one.startswith((CIRCUIT, SHARED, GRID)) for one in switches)
    assert keys_of(hass, easee_entry, "select") >= {
        f"{CHARGER}_phases",
        f"{CIRCUIT}_phases",
        f"{GRID}_surplus_mode",
    }
    # Switching the phases of a circuit would concern every vehicle on it.
    assert not exists(hass, "select", f"{LEFT}_phases")
    assert not exists(hass, "select", f"{SHARED}_phases")
    # Alone, the circuit's limit is ours and the charger's own a thing beside it.
    assert exists(hass, "number", f"{CHARGER}_charger_dynamic_limit")
    assert not exists(hass, "number", f"{LEFT}_charger_dynamic_limit")
    for unique_id in (f"{CHARGER}_current_limit", f"{SHARED}_current_limit"):
        assert exists(hass, "number", unique_id)
    assert not exists(hass, "number", f"{GRID}_current_limit")
    assert state_of(hass, "sensor", f"{GRID}_power") == "0.0"


async def test_costs_are_in_the_currency_of_the_site(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """The cloud says it beside each cost."""
    await easee_house.pass_time(90, 30)
    cost = state_with(hass, "sensor", f"{CHARGER}_cost_this_month")
    assert cost.attributes["device_class"] == "monetary"
    assert cost.attributes["unit_of_measurement"] == "EUR"


async def test_what_wears_memory_is_off(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """Until somebody switches it on, who read about it."""
    registry = er.async_get(hass)
    disabled = {
        entity.unique_id
        for entity in er.async_entries_for_config_entry(registry, easee_entry.entry_id)
        if entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    }
    assert disabled >= WEARING


async def test_stored_limits_warn_in_their_names(
    hass: HomeAssistant,
    all_entities_enabled: None,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
) -> None:
    """An entity has no description: its name is what everybody sees who is about to set it."""
    for key in WEARING - {f"{CHARGER}_led_brightness"}:
        name = state_with(hass, "number", key).attributes["friendly_name"]
        assert name.endswith("– wears memory")


async def test_the_energy_of_the_last_hour_is_no_total(
    hass: HomeAssistant,
    all_entities_enabled: None,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
) -> None:
    """Its window slides, so statistics would add the same energy up again and again."""
    state = state_with(hass, "sensor", f"{CHARGER}_energy_last_hour")
    assert state.attributes["device_class"] == "energy"
    assert "state_class" not in state.attributes


async def test_the_limit_chain(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """Which of all the limits decides, by name."""
    plug_in(easee_house.cloud, LONE)
    await act(hass, "number", "set_value", f"{CHARGER}_current_limit", value=10)
    await easee_house.until(
        lambda: state_of(hass, "sensor", f"{CHARGER}_allowed_current") == "10.0"
    )
    state = state_with(hass, "sensor", f"{CHARGER}_limiting_factor")
    assert state.state == "circuit_dynamic"
    assert state.attributes["limit"] == 10
    assert list(state.attributes["limits"].items()) == [
        ("circuit_dynamic", 10),
        ("circuit_fuse", 16),
        ("circuit_maximum", 16),
        ("cable", 20),
        ("charger_maximum", 32),
        ("charger_dynamic", 32),
    ]
    of_circuit = state_with(hass, "sensor", f"{CIRCUIT}_limiting_factor")
    assert set(of_circuit.attributes["limits"]) == {
        "circuit_dynamic",
        "circuit_fuse",
        "circuit_maximum",
    }
    assert state_of(hass, "number", f"{CHARGER}_current_limit") == "10.0"
    assert easee_house.written("dynamicCurrent") == [
        {"phase1": 10, "phase2": 10, "phase3": 10, "timeToLive": 0}
    ]
    assert easee_house.cloud.persistent_writes == []


async def test_one_hand_for_a_charger_and_its_circuit(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """What is moved at the circuit of one charger is the wish of that charger."""
    await act(hass, "number", "set_value", f"{CIRCUIT}_current_limit", value=12)
    assert coordinator_of(easee_entry, CHARGER).hand.wish == Wish(current_limit_a=12)
    assert coordinator_of(easee_entry, CIRCUIT).hand.wish == Wish()
    await act(hass, "select", "select_option", f"{CIRCUIT}_phases", option="one")
    await easee_house.pass_time(2)
    assert state_of(hass, "select", f"{CHARGER}_phases") == "one"
    assert easee_house.cloud.circuits[501].dynamic_a == (12, 0, 0)
    await act(hass, "number", "set_value", f"{SHARED}_current_limit", value=20)
    assert coordinator_of(easee_entry, SHARED).hand.wish == Wish(current_limit_a=20)
    assert coordinator_of(easee_entry, LEFT).hand.wish == Wish()
    error = await refused(
        hass, "number", "set_value", f"{CHARGER}_current_limit", value=3
    )
    assert error.translation_key == "value_in_gap"


async def test_settings_and_commands(
    hass: HomeAssistant,
    all_entities_enabled: None,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
) -> None:
    """A person's own action writes what is stored, once."""
    plug_in(easee_house.cloud, LONE)
    await easee_house.pass_time(2)
    await act(hass, "switch", "turn_on", f"{CHARGER}_smart_charging")
    await act(hass, "number", "set_value", f"{CHARGER}_led_brightness", value=30)
    await act(
        hass, "select", "select_option", f"{CHARGER}_phase_mode", option="one_phase"
    )
    await act(hass, "switch", "turn_off", f"{CHARGER}_charging")
    await easee_house.pass_time(3)
    assert state_of(hass, "switch", f"{CHARGER}_smart_charging") == "on"
    assert state_of(hass, "number", f"{CHARGER}_led_brightness") == "30.0"
    assert state_of(hass, "switch", f"{CHARGER}_charging") == "off"
    assert state_of(hass, "sensor", f"{CHARGER}_status") == "paused"
    assert state_of(hass, "select", f"{CHARGER}_phases") == STATE_UNAVAILABLE
    await act(hass, "button", "press", f"{CHARGER}_reboot")
    assert any("/commands/reboot" in one.path for one in easee_house.cloud.writes)


async def test_a_command_that_fails_is_seen(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """The action fails with words, the wish is not kept, and the charger stays as it was."""
    easee_house.cloud.fault(r"POST .*(dynamicCurrent|settings)", status=503)
    error = await refused(
        hass, "number", "set_value", f"{CHARGER}_current_limit", value=8
    )
    assert error.translation_key == "connection_failed"
    assert error.translation_placeholders == {"device": "Carport"}
    error = await refused(hass, "switch", "turn_on", f"{CHARGER}_smart_charging")
    assert error.translation_key == "connection_failed"
    assert coordinator_of(easee_entry, CHARGER).hand.wish == Wish()
    easee_house.cloud.clear_faults()
    error = await refused(hass, "switch", "turn_off", f"{CHARGER}_charging")
    assert error.translation_key == "rejected"
    await act(hass, "number", "set_value", f"{CHARGER}_current_limit", value=8)
    assert coordinator_of(easee_entry, CHARGER).hand.wish == Wish(current_limit_a=8)


async def test_the_token_dies_and_nobody_notices(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """One refresh, the command repeated once, nothing unavailable, no login."""
    tokens = easee_house.cloud.tokens
    tokens.revoke(also_refresh=False)
    logins, refreshes = tokens.logins, tokens.refreshes
    await act(hass, "number", "set_value", f"{CHARGER}_current_limit", value=9)
    assert easee_house.cloud.circuits[501].dynamic_a != (9, 9, 9)
    await easee_house.pass_time(2)
    assert easee_house.cloud.circuits[501].dynamic_a == (9, 9, 9)
    assert (tokens.logins, tokens.refreshes) == (logins, refreshes + 1)
    assert state_of(hass, "sensor", f"{CHARGER}_status") == "disconnected"
    assert not hass.config_entries.flow.async_progress()


async def test_the_stream_dies_and_values_go_on(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """Polled meanwhile, and pushed again afterwards."""
    cloud = easee_house.cloud
    stream = easee_entry.runtime_data.connection._link.stream
    fault = cloud.fault("negotiate", status=500)
    await cloud.hub.drop()
    await easee_house.until(lambda: not stream.is_connected)
    plug_in(cloud, LONE)
    await easee_house.until(
        lambda: state_of(hass, "sensor", f"{CHARGER}_status") == "charging", 10
    )
    assert not stream.is_connected
    cloud.end_fault(fault)
    await easee_house.until(lambda: stream.covers(LONE), 10)
    asked = easee_house.asked("/observations")
    cloud.chargers[LONE].unplug()
    await easee_house.pass_time(3)
    assert state_of(hass, "sensor", f"{CHARGER}_status") == "disconnected"
    assert easee_house.asked("/observations") == asked


async def test_a_neighbour_revives_nobody(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """The primary charger speaks for the circuit, not for the charger beside it that is not heard."""
    cloud = easee_house.cloud
    plug_in(cloud, FIRST)
    await easee_house.pass_time(5)
    cloud.faults.refused_streams.add(SECOND)
    fault = cloud.fault(f"/state/{SECOND}/observations", status=503)
    await cloud.hub.drop()
    await easee_house.until(
        lambda: state_of(hass, "sensor", f"{RIGHT}_status") == STATE_UNAVAILABLE
    )
    for step in range(20):
        cloud.circuits[502].set_dynamic((20.0 + step % 2, 20.0, 20.0), None)
        await easee_house.pass_time(3)
        assert state_of(hass, "sensor", f"{RIGHT}_status") == STATE_UNAVAILABLE
    assert state_of(hass, "sensor", f"{LEFT}_status") == "charging"
    cloud.end_fault(fault)
    await easee_house.until(
        lambda: state_of(hass, "sensor", f"{RIGHT}_status") == "disconnected"
    )


async def test_a_rate_limit_keeps_values_and_does_not_count_as_heard(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """A site must know how old they are; when they are too old, nobody sees them any more."""
    cloud, coordinator = easee_house.cloud, coordinator_of(easee_entry, CHARGER)
    stream = easee_entry.runtime_data.connection._link.stream
    await easee_house.pass_time(120, 30)
    quiet_at = coordinator.heard_at
    assert quiet_at is not None
    cloud.fault("negotiate", status=500)
    await cloud.hub.drop()
    await easee_house.until(lambda: not stream.is_connected)
    await easee_house.pass_time(60, 10)
    assert coordinator.heard_at is not None
    assert coordinator.heard_at > quiet_at
    cloud.fault("/observations", status=429, retry_after="1800")
    await easee_house.pass_time(60, 10)
    heard_at = coordinator.heard_at
    await easee_house.pass_time(240, 30)
    assert state_of(hass, "sensor", f"{CHARGER}_status") == "disconnected"
    assert coordinator.heard_at == heard_at
    await easee_house.until(
        lambda: state_of(hass, "sensor", f"{CHARGER}_status") == STATE_UNAVAILABLE, 60
    )


async def test_chargers_come_and_go(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """A new one appears, and one that is gone disappears, without a reload."""
    cloud = easee_house.cloud
    add_charger(cloud, cloud.circuits[502], "EH000009", "Driveway")
    await cloud.advance(1)
    await easee_house.until(lambda: exists(hass, "sensor", "easee_EH000009_status"), 60)
    assert state_of(hass, "sensor", "easee_EH000009_status") == "disconnected"
    shared = coordinator_of(easee_entry, SHARED)
    await easee_house.until(lambda: "easee_EH000009" in shared.data.group_members, 10)
    circuit = cloud.circuits[502]
    circuit.chargers = [one for one in circuit.chargers if one.id != SECOND]
    await easee_house.until(lambda: RIGHT not in devices_of(hass, easee_entry), 60)
    assert not exists(hass, "sensor", f"{RIGHT}_status")
    assert RIGHT not in easee_entry.runtime_data.coordinators
    assert easee_entry.state is ConfigEntryState.LOADED
    assert state_of(hass, "sensor", f"{LEFT}_status") == "disconnected"


async def test_two_accounts_that_see_the_same_chargers(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """Each charger has one device, one set of entities and one hand: those of the first account."""
    easee_house.cloud.tokens.passwords["ben@example.com"] = "staple"
    second = MockConfigEntry(
        domain=DOMAIN,
        unique_id="easee_other",
        data=account_data(username="ben@example.com", password="staple"),
    )
    second.add_to_hass(hass)
    assert await hass.config_entries.async_setup(second.entry_id)
    await easee_house.live(second)
    assert devices_of(hass, second) == set()
    assert not second.runtime_data.coordinators
    assert easee_entry.unique_id == ACCOUNT
    assert CHARGER in devices_of(hass, easee_entry)


async def test_a_limit_that_was_reset_is_told(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """Plugging in resets a charger's own limit; the event names the cause."""
    await act(hass, "number", "set_value", f"{LEFT}_current_limit", value=10)
    await easee_house.pass_time(3)
    plug_in(easee_house.cloud, FIRST, CarSpec())
    await easee_house.pass_time(5)
    state = state_with(hass, "event", f"{LEFT}_limit_reset")
    assert state.attributes["event_type"] == "plug_in"


async def test_the_poll_of_a_neighbour_puts_off_no_other(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """Without a stream each of two on a circuit is asked, though one hears of the other's reports."""
    for charger in (FIRST, SECOND):
        plug_in(easee_house.cloud, charger, CarSpec(phases=3, maximum_a=16))
    await easee_house.pass_time(5)
    easee_house.cloud.fault("negotiate", status=503)
    await easee_house.cloud.hub.drop()
    asked = {
        charger: easee_house.asked(f"/state/{charger}/observations")
        for charger in (FIRST, SECOND)
    }
    await easee_house.pass_time(250)
    for charger, before in asked.items():
        assert easee_house.asked(f"/state/{charger}/observations") - before >= 4
