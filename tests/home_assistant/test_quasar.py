"""A Quasar in Home Assistant: read until a person gives it into our hands, then steered both ways."""

from datetime import timedelta
import time

from homeassistant.components.diagnostics import REDACTED
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.busbar.const import DOMAIN
from custom_components.busbar.coordinator import ChargerCoordinator
from custom_components.busbar.diagnostics import async_get_config_entry_diagnostics
from custom_components.busbar.steering.setpoint import SiteAllocation
from simulators.quasar import BatteryCar, Fault, Register

from .acting import act, coordinator_of, exists, keys_of, refused, state_with
from .common import state_of
from .quasar_house import KEY, TIMEOUT_S, QuasarHouse

LIMIT = f"{KEY}_current_limit"
RESTART = f"{KEY}_restart"
STOPPED = [("ACTION", 2), ("CURRENT", 0)]
ISSUE = (DOMAIN, f"needs_restart_{KEY}")


def coordinator(entry: MockConfigEntry) -> ChargerCoordinator:
    """Return the coordinator of the charger."""
    return coordinator_of(entry, KEY)


async def discharge(hass: HomeAssistant, house: QuasarHouse) -> None:
    """Have it discharge with 10 A, its ramp over."""
    await act(hass, "number", "set_value", LIMIT, value=-10)
    await house.pass_time(60)
    assert house.sim.machine.current_a == -10


async def test_adding_writes_nothing(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_entry: MockConfigEntry
) -> None:
    """Hands-off it is only watched, also when it goes."""
    await quasar_house.pass_time(10)
    assert state_of(hass, "sensor", f"{KEY}_status") == "charging"
    assert state_of(hass, "sensor", f"{KEY}_state_of_charge") == "50"
    assert state_of(hass, "switch", f"{KEY}_external_control") == "off"
    assert keys_of(hass, quasar_entry, "switch") == {f"{KEY}_external_control"}
    assert keys_of(hass, quasar_entry, "number") == set()
    assert keys_of(hass, quasar_entry, "button") == set()
    await hass.config_entries.async_unload(quasar_entry.entry_id)
    assert quasar_house.sim.writes == []
    await quasar_house.until_alone()


@pytest.mark.usefixtures("all_entities_enabled")
async def test_entities(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """What the charger says, and what was concluded from it."""
    await quasar_house.pass_time(30)
    expected = {
        "charger_state": "charging",
        "raw_status": "1",
        "limiting_factor": "installation",
        "available_current": "32",
        "setpoint_kind": "current",
        "unrecoverable_errors": "00000000",
        "error": "none",
        "dc_voltage": "362.5",
    }
    shown = {key: state_of(hass, "sensor", f"{KEY}_{key}") for key in expected}
    assert shown == expected
    charged = coordinator(quasar_ours).data.values["estimated_charged_energy"]
    assert isinstance(charged, float)
    assert charged > 0
    assert state_of(hass, "binary_sensor", f"{KEY}_watchdog_armed") == "on"
    assert state_of(hass, "binary_sensor", f"{KEY}_control_lost") == "off"


@pytest.mark.parametrize("key", ["charged", "discharged"])
async def test_a_battery_of_the_energy_dashboard(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_entry: MockConfigEntry,
    key: str,
) -> None:
    """Both directions are sums of energy that never fall, as the dashboard takes them, also hands-off."""
    attributes = state_with(hass, "sensor", f"{KEY}_estimated_{key}_energy").attributes
    assert attributes["device_class"] == "energy"
    assert attributes["state_class"] == "total_increasing"
    assert attributes["unit_of_measurement"] == "kWh"


async def test_into_our_hands_and_back(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_entry: MockConfigEntry
) -> None:
    """A person decides; what follows from it appears and goes."""
    key = f"{KEY}_external_control"
    await act(hass, "switch", "turn_on", key)
    assert quasar_house.told() == [("CONTROL", 1), ("AUTOSTART", 0), ("WATCHDOG", 90)]
    await quasar_house.settle()
    assert exists(hass, "number", LIMIT)
    quasar_house.sim.writes.clear()
    await act(hass, "switch", "turn_off", key)
    assert quasar_house.told() == [*STOPPED, ("CONTROL", 0)]
    await quasar_house.settle()
    assert state_of(hass, "number", LIMIT) == STATE_UNAVAILABLE


async def test_a_signed_current_limit(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """Below 0 it discharges, as a wish that is kept."""
    attributes = state_with(hass, "number", LIMIT).attributes
    assert (attributes["min"], attributes["max"]) == (-32, 32)
    await discharge(hass, quasar_house)
    assert ("CURRENT", -10) in quasar_house.told()
    assert state_of(hass, "number", LIMIT) == "-10.0"
    assert state_of(hass, "sensor", f"{KEY}_status") == "discharging"
    assert coordinator(quasar_ours).data.power_w == -2300
    assert coordinator(quasar_ours).hand.wish.current_limit_a == -10


@pytest.mark.parametrize(
    ("current_a", "minimum", "maximum"), [(-2, "-3", "-32"), (1, "3", "32")]
)
async def test_the_gap_on_both_sides(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_ours: MockConfigEntry,
    current_a: float,
    minimum: str,
    maximum: str,
) -> None:
    """Less than 3 A regulates nothing."""
    error = await refused(hass, "number", "set_value", LIMIT, value=current_a)
    assert error.translation_key == "value_in_gap"
    assert error.translation_placeholders == {
        "value": f"{current_a:g}",
        "minimum": minimum,
        "maximum": maximum,
    }
    assert quasar_house.sim.writes == []


@pytest.mark.parametrize("current_a", [-40, -2, 40])
async def test_an_action_that_goes_past_the_entity(
    quasar_house: QuasarHouse, quasar_ours: MockConfigEntry, current_a: float
) -> None:
    """It is held to the range of its direction."""
    with pytest.raises(ServiceValidationError) as failure:
        await coordinator(quasar_ours).async_wish_current(current_a)
    assert failure.value.translation_key == "current_out_of_range"
    sign = "-" if current_a < 0 else ""
    assert failure.value.translation_placeholders == {
        "device": "Wallbox Quasar",
        "current": f"{current_a:g}",
        "minimum": f"{sign}3",
        "maximum": f"{sign}32",
    }
    assert quasar_house.sim.writes == []


async def test_the_floor_is_a_reason(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """A discharge that the battery forbids is refused, and the wish not kept."""
    key = f"{KEY}_state_of_charge_floor"
    await act(hass, "number", "set_value", key, value=60)
    assert state_of(hass, "number", key) == "60"
    error = await refused(hass, "number", "set_value", LIMIT, value=-10)
    assert error.translation_key == "rejected"
    assert error.translation_placeholders is not None
    assert "floor" in error.translation_placeholders["reason"]
    assert coordinator(quasar_ours).hand.wish.current_limit_a is None
    assert quasar_house.sim.writes == []


async def test_stop_start_and_lock(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """As the person says, until the person says otherwise."""
    await act(hass, "number", "set_value", LIMIT, value=16)
    await quasar_house.pass_time(30)
    quasar_house.sim.writes.clear()
    await act(hass, "button", "press", f"{KEY}_stop_charging")
    assert quasar_house.told() == STOPPED
    await quasar_house.pass_time(15)
    assert state_of(hass, "switch", f"{KEY}_charging") == "off"
    await act(hass, "switch", "turn_on", f"{KEY}_charging")
    assert quasar_house.told()[2:] == [("CURRENT", 16), ("ACTION", 1)]
    await act(hass, "switch", "turn_on", f"{KEY}_lock")
    assert quasar_house.told(Register.LOCK) == [("LOCK", 1)]
    assert state_of(hass, "switch", f"{KEY}_lock") == "on"


async def test_what_it_refuses(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """Its own words reach the person."""
    quasar_house.sim.fault(Fault.BUSY_WRITES)
    error = await refused(hass, "number", "set_value", LIMIT, value=10)
    assert error.translation_placeholders == {
        "device": "Wallbox Quasar",
        "reason": "device busy",
    }


async def test_unloading_releases(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """It stops, leaves no set-point behind and hands control back; loaded again, it takes it again."""
    await discharge(hass, quasar_house)
    quasar_house.sim.writes.clear()
    await hass.config_entries.async_unload(quasar_ours.entry_id)
    assert quasar_house.told() == [*STOPPED, *STOPPED, ("CONTROL", 0)]
    await quasar_house.until_alone()
    quasar_house.sim.writes.clear()
    await hass.config_entries.async_setup(quasar_ours.entry_id)
    await quasar_house.pass_time(6)
    assert quasar_ours.state is ConfigEntryState.LOADED
    assert quasar_house.told(Register.CONTROL) == [("CONTROL", 1)]
    assert quasar_house.sim.machine.current_a == 0


async def test_unloading_a_charger_that_is_out_of_reach(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """It goes all the same."""
    quasar_house.deafen(quasar_ours, Fault.MUTE)
    assert await hass.config_entries.async_unload(quasar_ours.entry_id)
    assert quasar_ours.state is ConfigEntryState.NOT_LOADED


@pytest.mark.parametrize(
    ("current_a", "told"), [(-10, STOPPED), (16, [])], ids=["discharge", "charge"]
)
async def test_stopping_home_assistant(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_ours: MockConfigEntry,
    current_a: float,
    told: list[tuple[str, int]],
) -> None:
    """A discharge ends with whoever watches it; a charge goes on over a restart."""
    await act(hass, "number", "set_value", LIMIT, value=current_a)
    await quasar_house.pass_time(60)
    assert quasar_house.sim.machine.current_a == current_a
    quasar_house.sim.writes.clear()
    await hass.async_stop(force=True)
    assert quasar_house.told() == told
    await quasar_house.until_alone()


async def test_a_site_that_falls_silent(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """The discharge is stopped, the watchdog no longer fed, and the site heard once it is back."""
    await discharge(hass, quasar_house)
    hand = coordinator(quasar_ours).hand
    quasar_house.sim.writes.clear()
    ended = SiteAllocation(current_a=-10, ends_at=time.monotonic(), falls_to_a=0)
    hand.allocate(ended, write=False)
    await quasar_house.until_alone()
    # Its own stop, once more to be sure.
    assert quasar_house.told() == [*STOPPED, *STOPPED]
    requests = len(quasar_house.sim.requests)
    await quasar_house.pass_time(60)
    assert len(quasar_house.sim.requests) == requests
    assert state_of(hass, "sensor", f"{KEY}_status") == STATE_UNAVAILABLE
    back = SiteAllocation(current_a=-10, ends_at=time.monotonic() + 600, falls_to_a=0)
    hand.allocate(back, write=False)
    await quasar_house.settle()
    await quasar_house.pass_time(6)
    assert state_of(hass, "sensor", f"{KEY}_status") == "suspended_by_charger"


async def test_modbus_dies(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """A person is told, and can restart it while everything else is unavailable."""
    issues = ir.async_get(hass)
    quasar_house.deafen(quasar_ours, Fault.MUTE)
    await quasar_house.pass_time(30)
    assert state_of(hass, "sensor", f"{KEY}_status") == STATE_UNAVAILABLE
    assert ISSUE not in issues.issues
    await quasar_house.pass_time(60)
    issue = issues.issues[ISSUE]
    assert issue.translation_placeholders == {"device": "Wallbox Quasar"}
    assert state_of(hass, "button", f"{KEY}_stop_charging") == STATE_UNAVAILABLE
    assert state_of(hass, "button", RESTART) != STATE_UNAVAILABLE
    await act(hass, "button", "press", RESTART)
    assert quasar_house.sim.machine.reboots == 1
    error = await refused(hass, "button", "press", RESTART)
    assert error.translation_key == "rate_limited"
    await quasar_house.pass_time(500, step_s=5)
    assert ISSUE not in issues.issues
    assert state_of(hass, "sensor", f"{KEY}_status") != STATE_UNAVAILABLE
    assert quasar_house.told(Register.CONTROL) == [("CONTROL", 1)]


async def test_an_issue_goes_with_its_charger(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_entry: MockConfigEntry
) -> None:
    """Nobody is told of a charger that is not set up any more."""
    quasar_house.deafen(quasar_entry, Fault.MUTE)
    await quasar_house.pass_time(90, step_s=5)
    assert ISSUE in ir.async_get(hass).issues
    await hass.config_entries.async_unload(quasar_entry.entry_id)
    assert ISSUE not in ir.async_get(hass).issues


async def test_a_login_that_the_cloud_refuses(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """The person is asked for another one."""
    quasar_house.sim.fault(Fault.CLOUD_FORBIDDEN)
    error = await refused(hass, "button", "press", RESTART)
    assert error.translation_key == "authentication_failed"
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_quasar"
    assert quasar_house.sim.machine.reboots == 0


async def asked_in_minutes(
    hass: HomeAssistant, house: QuasarHouse, minutes: int
) -> int:
    """Return how many requests arrive while Home Assistant alone decides when to poll."""
    before = len(house.sim.requests)
    for minute in range(1, minutes + 1):
        await house.sim.advance(60)
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=minute))
        await house.settle()
    return len(house.sim.requests) - before


async def test_a_refused_login_and_a_stumble(
    hass: HomeAssistant, quasar_house: QuasarHouse
) -> None:
    """The login is the cloud's, so the charger is polled on whatever comes of it."""
    entry = await quasar_house.add(cloud=True, restart_when_dead=True)
    await coordinator(entry).async_set_control(allowed=True)
    quasar_house.sim.fault(Fault.CLOUD_FORBIDDEN)
    await refused(hass, "button", "press", RESTART)
    quasar_house.sim.fault(Fault.SHORT)
    await quasar_house.poll()
    assert state_of(hass, "sensor", f"{KEY}_status") == STATE_UNAVAILABLE
    quasar_house.sim.clear(Fault.SHORT)
    assert await asked_in_minutes(hass, quasar_house, 3)
    assert state_of(hass, "sensor", f"{KEY}_status") != STATE_UNAVAILABLE


async def test_a_refused_login_while_modbus_is_dead(
    hass: HomeAssistant, quasar_house: QuasarHouse
) -> None:
    """The person is asked for another one without pressing anything, and the breaker heals it all the same."""
    entry = await quasar_house.add(cloud=True, restart_when_dead=True)
    await coordinator(entry).async_set_control(allowed=True)
    quasar_house.sim.fault(Fault.CLOUD_FORBIDDEN)
    quasar_house.deafen(entry, Fault.MUTE)
    await quasar_house.pass_time(200, step_s=5)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_quasar"
    assert ISSUE in ir.async_get(hass).issues
    quasar_house.sim.machine.reboot()
    await quasar_house.sim.advance(600)
    client = entry.runtime_data.connection._charger._client
    client._modbus.ctx.comm_params.timeout_connect = TIMEOUT_S
    assert await asked_in_minutes(hass, quasar_house, 3)
    assert state_of(hass, "sensor", f"{KEY}_status") != STATE_UNAVAILABLE


async def test_diagnostics_name_nobody(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """Neither the account nor the charger."""
    found = await async_get_config_entry_diagnostics(hass, quasar_ours)
    assert found["entry"]["serial"] == REDACTED
    settings = quasar_house.sim.settings
    for secret in (settings.username, settings.password, str(settings.serial)):
        assert secret not in str(found)


async def test_removing_hands_control_back(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """Nothing of us stays in the charger."""
    quasar_house.sim.plug(BatteryCar(level_percent=50))
    await hass.config_entries.async_remove(quasar_ours.entry_id)
    assert quasar_house.told()[-1] == ("CONTROL", 0)
    await quasar_house.until_alone()
