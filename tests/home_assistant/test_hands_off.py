"""A charger that is only watched until a person chooses a mode, and again once hands-off is chosen."""

import asyncio
from dataclasses import replace
import time

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from custom_components.busbar.balancer.modes import Mode
from custom_components.busbar.steering.setpoint import SiteAllocation
from simulators.quasar import Fault, Register

from .acting import act, coordinator_of, refused, state_with
from .common import state_of
from .quasar_house import KEY, MEMBER, QuasarHouse
from .shown import reduced

MODE = f"{MEMBER}_mode"
IN_FORCE = f"{MEMBER}_mode_in_force"
SWITCH = f"{KEY}_external_control"
OF_MODES = ("_mode", "_mode_in_force", "_fixed_current")
TAKEN = [("CONTROL", 1), ("AUTOSTART", 0), ("WATCHDOG", 90)]
STOPPED = [("ACTION", 2), ("CURRENT", 0)]


async def choose(hass: HomeAssistant, house: QuasarHouse, mode: str) -> None:
    """Choose a mode as a person does."""
    await act(hass, "select", "select_option", MODE, option=mode)
    await house.settle()


def shown(hass: HomeAssistant) -> tuple[str, str, str]:
    """Return what is chosen, what is in force, and whether control is allowed."""
    return (
        state_of(hass, "select", MODE),
        state_of(hass, "sensor", IN_FORCE),
        state_of(hass, "switch", SWITCH),
    )


async def test_watched_it_offers_what_it_could_do(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_site: MockConfigEntry
) -> None:
    """All modes and both directions, and nothing is written to it."""
    state = state_with(hass, "select", MODE)
    assert state.state == "hands_off"
    assert state.attributes["options"] == list(Mode)
    number = state_with(hass, "number", f"{MEMBER}_fixed_current")
    assert (number.attributes["min"], number.attributes["max"]) == (-32, 32)
    assert number.state == "3.0"
    await quasar_house.pass_time(60)
    assert shown(hass) == ("hands_off", "hands_off", "off")
    assert quasar_house.sim.writes == []


async def test_entities_of_a_member_that_discharges(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_site: MockConfigEntry,
    snapshot: SnapshotAssertion,
) -> None:
    """With their names, options and ranges, once it is steered."""
    await choose(hass, quasar_house, "solar_and_house")
    entities = reduced(hass, quasar_site, MEMBER)
    of_modes = {key: entities[key] for key in entities if key.endswith(OF_MODES)}
    assert of_modes == snapshot


async def test_a_mode_takes_control_and_hands_off_gives_it_back(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_site: MockConfigEntry
) -> None:
    """The switch follows; given back, it is stopped and left alone."""
    await choose(hass, quasar_house, "charge")
    assert quasar_house.told()[:3] == TAKEN
    assert shown(hass) == ("charge", "charge", "on")
    await quasar_house.pass_time(30)
    quasar_house.sim.writes.clear()
    await choose(hass, quasar_house, "hands_off")
    assert quasar_house.told() == [*STOPPED, ("CONTROL", 0)]
    assert shown(hass) == ("hands_off", "hands_off", "off")
    quasar_house.sim.writes.clear()
    await quasar_house.pass_time(120, step_s=5)
    assert quasar_house.sim.writes == []


async def test_the_switch_moves_the_mode(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_site: MockConfigEntry
) -> None:
    """Off is hands-off; on is what was chosen before that."""
    await choose(hass, quasar_house, "off")
    await act(hass, "switch", "turn_off", SWITCH)
    await quasar_house.settle()
    await hass.async_block_till_done()
    quasar_site.runtime_data.coordinator.async_members_changed()
    assert shown(hass) == ("hands_off", "hands_off", "off")
    assert quasar_house.told()[-1] == ("CONTROL", 0)
    await act(hass, "switch", "turn_on", SWITCH)
    await quasar_house.settle()
    quasar_site.runtime_data.coordinator.async_members_changed()
    assert shown(hass) == ("off", "off", "on")


async def test_the_switch_alone_starts_nothing(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_site: MockConfigEntry
) -> None:
    """Where nobody ever chose a mode, it waits for one; without a word it would move energy in somebody's car."""
    await act(hass, "switch", "turn_on", SWITCH)
    await quasar_house.settle()
    quasar_site.runtime_data.coordinator.async_members_changed()
    assert shown(hass) == ("off", "off", "on")


@pytest.mark.parametrize("mode", ["charge", "off_until_disconnected"])
async def test_a_charger_that_keeps_control(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_site: MockConfigEntry,
    mode: str,
) -> None:
    """It says why, nothing changed, and the next attempt can succeed."""
    quasar_house.sim.fault(Fault.NO_CONTROL)
    error = await refused(hass, "select", "select_option", MODE, option=mode)
    assert error.translation_key == "rejected"
    await quasar_house.settle()
    assert shown(hass) == ("hands_off", "hands_off", "off")
    stored = quasar_site.runtime_data.coordinator._store.state.modes[KEY]
    assert stored.mode in (None, Mode.HANDS_OFF)
    assert quasar_house.told(Register.CURRENT, Register.ACTION) == []
    quasar_house.sim.clear()
    await choose(hass, quasar_house, mode)
    assert shown(hass) == (mode, mode, "on")


async def test_control_that_cannot_be_given_back(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_site: MockConfigEntry
) -> None:
    """What it did not hear has not happened; the mode stays, and so does the switch."""
    await choose(hass, quasar_house, "charge")
    await quasar_house.pass_time(30)
    quasar_house.sim.fault(Fault.BUSY_WRITES)
    error = await refused(hass, "select", "select_option", MODE, option="hands_off")
    assert error.translation_key == "rejected"
    await quasar_house.settle()
    assert shown(hass) == ("charge", "charge", "on")
    quasar_house.sim.clear()
    await choose(hass, quasar_house, "hands_off")
    assert shown(hass) == ("hands_off", "hands_off", "off")
    assert quasar_house.told()[-1] == ("CONTROL", 0)


async def test_off_until_disconnected_from_hands_off(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_site: MockConfigEntry
) -> None:
    """The next vehicle is not charged by a mode that nobody ever chose."""
    await choose(hass, quasar_house, "off_until_disconnected")
    assert shown(hass) == ("off_until_disconnected", "off_until_disconnected", "on")
    quasar_house.sim.unplug()
    await quasar_house.pass_time(10)
    quasar_site.runtime_data.coordinator.async_members_changed()
    assert shown(hass) == ("off", "off", "on")


async def test_a_fixed_discharge(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_site: MockConfigEntry
) -> None:
    """Below 0 it discharges; what lies too near to 0 is refused."""
    key = f"{MEMBER}_fixed_current"
    error = await refused(hass, "number", "set_value", key, value=-2)
    assert error.translation_key == "value_in_gap"
    assert error.translation_placeholders == {
        "value": "-2",
        "minimum": "-3",
        "maximum": "-32",
    }
    # Discharged is only what is known to be full enough; the rest between directions has tests of its own.
    await quasar_house.pass_time(10)
    data = {**quasar_site.data, "options": {"turn_pause_s": 0.0}}
    hass.config_entries.async_update_entry(quasar_site, data=data)
    await act(hass, "number", "set_value", key, value=-6)
    assert state_of(hass, "number", key) == "-6.0"
    await choose(hass, quasar_house, "fixed")
    state = state_with(hass, "sensor", IN_FORCE)
    assert state.state == "fixed"
    assert state.attributes["source"] == "chosen"
    assert state.attributes["current"] == -6
    while ("CURRENT", -6) not in quasar_house.told():
        await quasar_house.pass_time(5)
    await choose(hass, quasar_house, "off")
    while quasar_house.told(Register.ACTION, Register.CURRENT)[-2:] != STOPPED:
        await quasar_house.pass_time(5)


async def test_a_member_whose_charger_is_gone(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_entry: MockConfigEntry,
    quasar_site: MockConfigEntry,
) -> None:
    """Nobody knows what it can do; that it was hands-off is still known to the balancer."""
    await hass.config_entries.async_unload(quasar_entry.entry_id)
    await quasar_house.until_alone()
    coordinator = quasar_site.runtime_data.coordinator
    coordinator.async_members_changed()
    for platform, key in (
        ("select", MODE),
        ("sensor", IN_FORCE),
        ("number", f"{MEMBER}_fixed_current"),
    ):
        assert state_of(hass, platform, key) == STATE_UNAVAILABLE
    assert coordinator.inputs(0.0).intents[KEY].mode is Mode.HANDS_OFF
    await hass.config_entries.async_setup(quasar_entry.entry_id)
    await quasar_house.settle()
    coordinator.async_members_changed()
    assert shown(hass) == ("hands_off", "hands_off", "off")


async def test_hands_off_after_the_site_fell_silent(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_entry: MockConfigEntry,
    quasar_site: MockConfigEntry,
) -> None:
    """It is stopped and given back all the same, and nothing is left to be said later."""
    await choose(hass, quasar_house, "charge")
    hand = coordinator_of(quasar_entry, KEY).hand
    ended = SiteAllocation(current_a=0, ends_at=time.monotonic(), falls_to_a=0)
    await act(hass, "switch", "turn_off", f"{quasar_site.entry_id}_balancing")
    hand.allocation = None
    await hand.async_wish(replace(hand.wish, current_limit_a=16))
    hand.allocate(ended, write=False)
    await quasar_house.until_alone()
    quasar_house.sim.writes.clear()
    await choose(hass, quasar_house, "hands_off")
    assert quasar_house.told() == [*STOPPED, ("CONTROL", 0)]
    await quasar_house.pass_time(10)
    assert shown(hass) == ("hands_off", "hands_off", "off")
    assert hand.failed is None
    assert quasar_house.told() == [*STOPPED, ("CONTROL", 0)]


async def test_a_lock_that_is_closed_while_control_is_given_back(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_site: MockConfigEntry
) -> None:
    """Whatever comes of the lock, control stays given back."""
    await choose(hass, quasar_house, "charge")
    await quasar_house.pass_time(30)
    await asyncio.gather(
        choose(hass, quasar_house, "hands_off"),
        act(hass, "switch", "turn_on", f"{KEY}_lock"),
        return_exceptions=True,
    )
    await quasar_house.pass_time(60, step_s=5)
    assert quasar_house.told()[-1] == ("CONTROL", 0)
    assert shown(hass) == ("hands_off", "hands_off", "off")


async def test_a_site_that_decides_while_control_is_given_back(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """What it hands over in that moment is not tried, and fails nowhere."""
    hand = coordinator_of(quasar_ours, KEY).hand
    ends_at = time.monotonic() + 600
    giving_back = hass.async_create_task(hand.async_set_control(allowed=False))
    await asyncio.sleep(0)
    hand.allocate(
        SiteAllocation(current_a=16, ends_at=ends_at, falls_to_a=0), write=True
    )
    await giving_back
    await quasar_house.settle()
    assert quasar_house.told() == [*STOPPED, ("CONTROL", 0)]
    assert hand.failed is None
    assert not hand.is_steered
