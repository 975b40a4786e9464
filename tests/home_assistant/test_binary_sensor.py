"""What is true of a charger and of a site."""

from dataclasses import replace

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.balancer.decision import Freshness
from custom_components.busbar.chargers.features import Flag
from custom_components.busbar.chargers.model import ChargerStatus
from simulators.warp import WarpSimulator

from .acting import KEY, coordinator_of, keys_of, pushed, report
from .common import state_of
from .conftest import Add, StartWarp


async def test_vehicle_and_charging(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """They follow the cable."""
    assert state_of(hass, "binary_sensor", f"{KEY}_vehicle_connected") == STATE_ON
    assert state_of(hass, "binary_sensor", f"{KEY}_charging") == STATE_ON
    warp.unplug()
    await pushed(hass, warp)
    assert state_of(hass, "binary_sensor", f"{KEY}_vehicle_connected") == STATE_OFF
    assert state_of(hass, "binary_sensor", f"{KEY}_charging") == STATE_OFF


async def test_a_stopped_charge_is_not_charging(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """The vehicle is still there."""
    warp.press_button()
    await pushed(hass, warp)
    assert state_of(hass, "binary_sensor", f"{KEY}_vehicle_connected") == STATE_ON
    assert state_of(hass, "binary_sensor", f"{KEY}_charging") == STATE_OFF


async def test_problem(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Comes and goes with the fault."""
    assert state_of(hass, "binary_sensor", f"{KEY}_problem") == STATE_OFF
    warp.fault("contactor_error")
    await pushed(hass, warp)
    assert state_of(hass, "binary_sensor", f"{KEY}_problem") == STATE_ON
    warp.clear()
    await pushed(hass, warp)
    assert state_of(hass, "binary_sensor", f"{KEY}_problem") == STATE_OFF


@pytest.mark.parametrize(
    ("status", "error", "charging", "problem"),
    [
        (None, None, STATE_UNKNOWN, STATE_UNKNOWN),
        (None, "none", STATE_UNKNOWN, STATE_OFF),
        (ChargerStatus.CHARGING, None, STATE_ON, STATE_OFF),
        (ChargerStatus.ERROR, None, STATE_OFF, STATE_ON),
        (ChargerStatus.CHARGING, "contactor", STATE_ON, STATE_ON),
        (ChargerStatus.DISCHARGING, "none", STATE_OFF, STATE_OFF),
    ],
)
async def test_what_is_not_known_is_unknown(
    hass: HomeAssistant,
    warp_entry: MockConfigEntry,
    status: ChargerStatus | None,
    error: str | None,
    charging: str,
    problem: str,
) -> None:
    """And never a made-up no."""
    await report(hass, warp_entry, status=status, error=error)
    assert state_of(hass, "binary_sensor", f"{KEY}_charging") == charging
    assert state_of(hass, "binary_sensor", f"{KEY}_problem") == problem


async def test_a_flag_follows_the_wire(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """A make's own yes or no: the button at the charger, held down."""
    assert state_of(hass, "binary_sensor", f"{KEY}_button_pressed") == STATE_OFF
    warp.device.board.states.put(
        "evse/button_state",
        {"button_press_time": 1, "button_release_time": 0, "button_pressed": True},
    )
    await pushed(hass, warp)
    assert state_of(hass, "binary_sensor", f"{KEY}_button_pressed") == STATE_ON
    values = coordinator_of(warp_entry).data.values
    await report(
        hass,
        warp_entry,
        values={key: values[key] for key in values if key != "button_pressed"},
    )
    assert state_of(hass, "binary_sensor", f"{KEY}_button_pressed") == STATE_UNKNOWN


async def test_a_flag_that_vanishes_is_unavailable(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """The rest of the charger is heard as before."""
    charger = coordinator_of(warp_entry).charger
    capabilities = charger.capabilities
    charger.capabilities = replace(  # type: ignore[misc] # a WARP keeps it in an attribute
        capabilities,
        features=tuple(
            feature
            for feature in capabilities.features
            if not (isinstance(feature, Flag) and feature.key == "button_pressed")
        ),
    )
    await report(hass, warp_entry)
    gone = state_of(hass, "binary_sensor", f"{KEY}_button_pressed")
    assert gone == STATE_UNAVAILABLE
    assert state_of(hass, "binary_sensor", f"{KEY}_charging") == STATE_ON


async def test_a_meter_has_none(
    hass: HomeAssistant, start_warp: StartWarp, add: Add
) -> None:
    """An Energy Manager has no cable, no vehicle and no charge."""
    entry = await add(await start_warp(generation="wem"))
    assert keys_of(hass, entry, "binary_sensor") == set()


@pytest.mark.parametrize(
    ("key", "changes", "expected"),
    [
        ("meter_stale", {"freshness": Freshness.STALE}, STATE_ON),
        ("meter_stale", {"freshness": Freshness.LOST}, STATE_ON),
        ("meter_stale", {"freshness": Freshness.FRESH}, STATE_OFF),
        ("meter_stale", {"freshness": Freshness.NO_METER}, STATE_OFF),
        ("fail_safe", {"is_fail_safe": True}, STATE_ON),
        ("fail_safe", {"is_fail_safe": False}, STATE_OFF),
    ],
)
async def test_site(
    hass: HomeAssistant,
    site_entry: MockConfigEntry,
    key: str,
    changes: dict[str, object],
    expected: str,
) -> None:
    """What the last decision says of meters and limits."""
    coordinator = site_entry.runtime_data.coordinator
    # Written at once, before the next step of the site.
    coordinator.async_set_updated_data(replace(coordinator.data, **changes))
    assert state_of(hass, "binary_sensor", f"{site_entry.entry_id}_{key}") == expected


async def test_overload(hass: HomeAssistant, site_entry: MockConfigEntry) -> None:
    """On as long as one circuit is overloaded."""
    coordinator = site_entry.runtime_data.coordinator
    key = f"{site_entry.entry_id}_overload"
    assert state_of(hass, "binary_sensor", key) == STATE_OFF
    circuits = {
        name: replace(circuit, is_overloaded=True)
        for name, circuit in coordinator.data.circuits.items()
    }
    coordinator.async_set_updated_data(replace(coordinator.data, circuits=circuits))
    assert state_of(hass, "binary_sensor", key) == STATE_ON
