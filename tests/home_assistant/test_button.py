"""Buttons do one thing once, or say why not."""

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulators.warp import WarpSimulator

from .acting import KEY, act, exists, keys_of, pushed, refused
from .common import state_of
from .conftest import Add, StartWarp


async def test_stop_and_start(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """As the button at the charger does."""
    await act(hass, "button", "press", f"{KEY}_stop_charging")
    assert [write.path for write in warp.writes] == ["evse/stop_charging"]
    await pushed(hass, warp)
    assert state_of(hass, "sensor", f"{KEY}_status") == "paused"
    await act(hass, "button", "press", f"{KEY}_start_charging")
    assert [write.path for write in warp.writes][1:] == ["evse/start_charging"]
    await warp.advance(10)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{KEY}_status") == "charging"
    assert warp.executed_by_get == 0


@pytest.mark.parametrize("key", ["start_charging", "stop_charging"])
async def test_without_a_vehicle(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry, key: str
) -> None:
    """There is nothing to start and nothing to stop."""
    warp.unplug()
    await pushed(hass, warp)
    error = await refused(hass, "button", "press", f"{KEY}_{key}")
    assert error.translation_key == "rejected"
    assert error.translation_placeholders == {
        "device": "Garage",
        "reason": "no vehicle is connected",
    }
    assert warp.writes == []


@pytest.mark.usefixtures("all_entities_enabled")
async def test_restart_the_limits_of_a_charge(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """An expert's command."""
    await act(hass, "button", "press", f"{KEY}_restart_charge_limits")
    assert [write.path for write in warp.writes] == ["charge_limits/restart"]


async def test_reboot(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """It is told once, goes, and is unavailable until it is heard again."""
    await act(hass, "button", "press", f"{KEY}_reboot")
    assert [write.path for write in warp.writes] == ["reboot"]
    while state_of(hass, "sensor", f"{KEY}_status") != STATE_UNAVAILABLE:
        await pushed(hass, warp)
    await warp.advance(20)
    await warp_entry.runtime_data.coordinators[KEY].async_refresh()
    assert state_of(hass, "sensor", f"{KEY}_status") == "charging"
    assert len(warp.writes) == 1


async def test_allow_external_control(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Offered only while it is switched off at the charger."""
    key = f"{KEY}_enable_external_control"
    assert not exists(hass, "button", key)
    warp.device.board.states.put("evse/external_enabled", {"enabled": False})
    connection = warp_entry.runtime_data.connection
    connection._link.states.put("evse/external_enabled", {"enabled": False}, 0)
    connection._take_over()
    await hass.async_block_till_done()
    assert state_of(hass, "button", key) == STATE_UNKNOWN
    await act(hass, "button", "press", key)
    assert [(write.path, write.payload) for write in warp.writes] == [
        ("evse/external_enabled", {"enabled": True})
    ]
    await pushed(hass, warp)


@pytest.mark.parametrize(
    ("generation", "present"),
    [
        ("warp", {"start_charging", "stop_charging", "reboot"}),
        ("warp4", {"start_charging", "stop_charging", "reboot"}),
        ("wem", set()),
    ],
)
async def test_by_capability(
    hass: HomeAssistant,
    start_warp: StartWarp,
    add: Add,
    generation: str,
    present: set[str],
) -> None:
    """What has no cable has nothing to start."""
    entry = await add(await start_warp(generation=generation))
    keys = {key.removeprefix(f"{KEY}_") for key in keys_of(hass, entry, "button")}
    assert keys - {"restart_charge_limits"} == present
