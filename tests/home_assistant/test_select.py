"""Choices reach the wire, or say why not."""

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from custom_components.busbar.steering.setpoint import Wish
from simulators.warp import WarpSimulator

from .acting import (
    KEY,
    act,
    coordinator_of,
    exists,
    make_hasty,
    pushed,
    refused,
    report,
    state_with,
)
from .common import state_of
from .conftest import Add, StartWarp


async def test_phases(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """What was asked for is shown, while the switch itself takes its minute."""
    state = state_with(hass, "select", f"{KEY}_phases")
    assert (state.state, state.attributes["options"]) == ("three", ["one", "three"])
    await act(hass, "select", "select_option", f"{KEY}_phases", option="one")
    assert [(write.path, write.payload) for write in warp.writes] == [
        ("power_manager/external_control", {"phases_wanted": 1})
    ]
    assert state_of(hass, "select", f"{KEY}_phases") == "one"
    assert coordinator_of(warp_entry).hand.wish == Wish(phases=1)


async def test_the_other_way_while_it_switches(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """The charger is busy, and says so; the first wish stands."""
    await act(hass, "select", "select_option", f"{KEY}_phases", option="one")
    error = await refused(
        hass, "select", "select_option", f"{KEY}_phases", option="three"
    )
    assert error.translation_domain == DOMAIN
    assert error.translation_key == "rejected"
    assert error.translation_placeholders == {
        "device": "Garage",
        "reason": "the charger is already switching phases",
    }
    assert len(warp.writes) == 1
    assert coordinator_of(warp_entry).hand.wish == Wish(phases=1)


async def test_a_one_phase_vehicle_stays_on_one(
    hass: HomeAssistant, warp: WarpSimulator, add: Add
) -> None:
    """The charger would answer 200 and forget it."""
    warp.fault("car_one_phase")
    make_hasty(await add(warp))
    await act(hass, "select", "select_option", f"{KEY}_phases", option="one")
    await warp.advance(90)
    await hass.async_block_till_done()
    error = await refused(
        hass, "select", "select_option", f"{KEY}_phases", option="three"
    )
    assert error.translation_key == "rejected"
    assert state_of(hass, "select", f"{KEY}_phases") == "one"


async def test_phases_that_cannot_be_switched_now(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """The capability is gone, and comes back."""
    warp.fault("switch_error")
    await pushed(hass, warp)
    assert state_of(hass, "select", f"{KEY}_phases") == STATE_UNAVAILABLE
    warp.clear()
    await pushed(hass, warp)
    assert state_of(hass, "select", f"{KEY}_phases") == "three"
    await report(hass, warp_entry, phases=None, phases_wanted=None)
    assert state_of(hass, "select", f"{KEY}_phases") == STATE_UNKNOWN


@pytest.mark.parametrize("generation", ["warp", "warp2", "wem"])
async def test_not_where_phases_are_fixed(
    hass: HomeAssistant, start_warp: StartWarp, add: Add, generation: str
) -> None:
    """Only what can switch offers it."""
    await add(await start_warp(generation=generation))
    assert not exists(hass, "select", f"{KEY}_phases")


async def test_an_option_that_does_not_exist(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Home Assistant itself refuses it, by the options that the entity tells."""
    error = await refused(
        hass, "select", "select_option", f"{KEY}_phases", option="two"
    )
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "not_valid_option"
    assert warp.writes == []


async def test_duration_limit(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """A limit of the running charge."""
    key = f"{KEY}_duration_limit"
    await act(hass, "select", "select_option", key, option="hours_2")
    assert [(write.path, write.payload) for write in warp.writes] == [
        ("charge_limits/override_duration", {"duration": 5})
    ]
    assert state_of(hass, "select", key) == "hours_2"


@pytest.mark.usefixtures("all_entities_enabled")
async def test_led(hass: HomeAssistant, warp: WarpSimulator, add: Add) -> None:
    """Only while its configuration allows us to use it."""
    warp.device.board.states.put("evse/led_configuration", {"enable_api": True})
    await add(warp)
    key = f"{KEY}_led"
    assert state_of(hass, "select", key) == "controller"
    await act(hass, "select", "select_option", key, option="on")
    assert [write.path for write in warp.writes] == ["evse/indicator_led"]
    assert state_of(hass, "select", key) == "on"
    warp.device.board.states.put("evse/led_configuration", {"enable_api": False})
    await pushed(hass, warp)
    assert state_of(hass, "select", key) == STATE_UNAVAILABLE


async def test_charge_modes_are_those_of_the_device(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """They appear late, and others may be offered later."""
    key = f"{KEY}_charge_mode"
    assert not exists(hass, "select", key)
    states = warp.device.board.states
    states.put("evse/supported_charge_modes", [0, 1, 4])
    states.put("evse/charge_mode", {"mode": 0})
    await pushed(hass, warp)
    state = state_with(hass, "select", key)
    assert (state.state, state.attributes["options"]) == ("fast", ["fast", "off"])
    states.put("evse/supported_charge_modes", [0, 1, 2, 4])
    states.put("evse/charge_mode", {"mode": 2})
    await pushed(hass, warp)
    state = state_with(hass, "select", key)
    assert state.state == "solar"
    assert state.attributes["options"] == ["fast", "off", "solar"]
    await act(hass, "select", "select_option", key, option="off")
    assert [(write.path, write.payload) for write in warp.writes] == [
        ("evse/charge_mode", {"mode": 1})
    ]
