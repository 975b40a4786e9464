"""Every way in which a command can fail, at every kind of entity: said in words, and nothing written."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.busbar.const import DOMAIN
from custom_components.busbar.steering.setpoint import Wish
from simulators.warp import WarpSimulator
from simulators.world import CarSpec

from .acting import KEY, coordinator_of, make_hasty, refused, state_with
from .common import state_of
from .conftest import Add, StartWarp

ACTIONS: Mapping[str, tuple[str, str, str, Mapping[str, Any]]] = {
    "current limit": ("number", "set_value", "current_limit", {"value": 10}),
    "configured current": ("number", "set_value", "configured_current", {"value": 16}),
    "charging": ("switch", "turn_off", "charging", {}),
    "boost": ("switch", "turn_on", "boost", {}),
    "phases": ("select", "select_option", "phases", {"option": "one"}),
    "duration": ("select", "select_option", "duration_limit", {"option": "hours_2"}),
    "stop": ("button", "press", "stop_charging", {}),
    "command": ("button", "press", "reboot", {}),
}
HTTP_FORBIDDEN = "its web server refuses plain HTTP; allow HTTP in its network settings"
FAULTS: Mapping[str, tuple[str, Mapping[str, str], type[HomeAssistantError]]] = {
    "hang": ("connection_failed", {}, HomeAssistantError),
    "refuse": ("connection_failed", {}, HomeAssistantError),
    "internal_error": ("connection_failed", {}, HomeAssistantError),
    "http_disabled": (
        "unsupported",
        {"reason": HTTP_FORBIDDEN},
        ServiceValidationError,
    ),
}

pytestmark = pytest.mark.usefixtures("all_entities_enabled")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_command_that_does_not_arrive(
    hass: HomeAssistant, warp: WarpSimulator, add: Add, action: str, fault: str
) -> None:
    """What failed, why, and for which device; what it shows is what it was."""
    entry = await add(warp)
    make_hasty(entry)
    platform, service, key, data = ACTIONS[action]
    before = state_of(hass, platform, f"{KEY}_{key}")
    warp.fault(fault)
    error = await refused(hass, platform, service, f"{KEY}_{key}", **data)
    translation_key, details, kind = FAULTS[fault]
    assert type(error) is kind
    assert error.translation_domain == DOMAIN
    assert error.translation_key == translation_key
    assert error.translation_placeholders == {"device": "Garage", **details}
    assert warp.writes == []
    assert coordinator_of(entry).hand.wish == Wish()
    if platform != "button" and fault != "refuse":
        assert state_of(hass, platform, f"{KEY}_{key}") == before


@pytest.mark.parametrize("action", sorted(ACTIONS.keys() - {"command"}))
async def test_a_command_that_is_not_taken(
    hass: HomeAssistant, warp: WarpSimulator, add: Add, action: str
) -> None:
    """The charger answers 200 and does nothing: that is no success."""
    entry = await add(warp)
    make_hasty(entry)
    platform, service, key, data = ACTIONS[action]
    before = state_of(hass, platform, f"{KEY}_{key}")
    warp.fault("stale")
    error = await refused(hass, platform, service, f"{KEY}_{key}", **data)
    assert error.translation_key == "rejected"
    assert error.translation_placeholders == {
        "device": "Garage",
        "reason": "the charger accepted the value but did not apply it",
    }
    assert coordinator_of(entry).hand.wish == Wish()
    if platform != "button":
        assert state_of(hass, platform, f"{KEY}_{key}") == before


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_password_that_was_changed(
    hass: HomeAssistant, start_warp: StartWarp, add: Add, action: str
) -> None:
    """The person is told, and asked for the new one; once, however often he tries."""
    warp = await start_warp(password="first")
    warp.plug(CarSpec(phases=3, maximum_a=16))
    entry = await add(warp)
    platform, service, key, data = ACTIONS[action]
    warp.set_password("second")
    for _ in range(2):
        error = await refused(hass, platform, service, f"{KEY}_{key}", **data)
        assert error.translation_key == "authentication_failed"
        assert error.translation_placeholders == {"device": "Garage"}
    assert warp.writes == []
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    assert flows[0]["context"]["entry_id"] == entry.entry_id


async def test_another_device_is_told_nothing(
    hass: HomeAssistant, warp: WarpSimulator, add: Add
) -> None:
    """It took the address while we were not listening, and is noticed before the write."""
    entry = await add(warp)
    warp.fault("no_push")
    warp.fault("other_device")
    # Nothing was pushed for a while, so what listens there has to be asked.
    entry.runtime_data.connection._link.states.heard_at -= 60
    error = await refused(hass, "number", "set_value", f"{KEY}_current_limit", value=10)
    assert error.translation_key == "wrong_device"
    assert error.translation_placeholders == {"device": "Garage"}
    assert warp.writes == []


async def test_phases_that_cannot_be_switched(
    hass: HomeAssistant, warp: WarpSimulator, add: Add
) -> None:
    """The charger's own words reach the person."""
    await add(warp)
    warp.fault("contactor_error")
    error = await refused(
        hass, "select", "select_option", f"{KEY}_phases", option="one"
    )
    assert error.translation_key == "rejected"
    assert error.translation_placeholders == {
        "device": "Garage",
        "reason": "Phase switching is not possible: the controller reports an error",
    }
    assert warp.writes == []


async def test_a_setting_that_has_just_gone(
    hass: HomeAssistant, warp: WarpSimulator, add: Add
) -> None:
    """The device no longer has it, although its entity was there a moment ago."""
    entry = await add(warp)
    entry.runtime_data.connection._link.states.forget("evse/boost_mode")
    error = await refused(hass, "switch", "turn_on", f"{KEY}_boost")
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "unsupported"
    assert error.translation_placeholders == {
        "device": "Garage",
        "reason": "this device has no setting boost",
    }
    assert warp.writes == []


async def test_after_a_failure_it_works_again(
    hass: HomeAssistant, warp: WarpSimulator, add: Add
) -> None:
    """Nothing stands in the way of the next attempt."""
    entry = await add(warp)
    make_hasty(entry)
    data: dict[str, Any] = {"value": 10}
    warp.fault("hang")
    await refused(hass, "number", "set_value", f"{KEY}_current_limit", **data)
    warp.clear()
    await hass.services.async_call(
        "number",
        "set_value",
        {
            "entity_id": state_with(hass, "number", f"{KEY}_current_limit").entity_id,
            **data,
        },
        blocking=True,
    )
    assert state_of(hass, "number", f"{KEY}_current_limit") == "10.0"
    assert coordinator_of(entry).hand.wish == Wish(current_limit_a=10)
