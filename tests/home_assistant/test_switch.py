"""Switches reach the wire, or say why not."""

from dataclasses import replace
from typing import override

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.chargers.model import Capabilities, Snapshot
from custom_components.busbar.chargers.warp.charger import WarpCharger
from custom_components.busbar.const import DOMAIN
from simulators.warp import WarpSimulator

from .acting import KEY, act, exists, keys_of, pushed, refused, state_with, watch
from .common import state_of, told_a
from .conftest import Add, StartWarp


async def test_charging(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Off holds the charge back, on releases it; the car follows."""
    assert state_of(hass, "switch", f"{KEY}_charging") == STATE_ON
    await act(hass, "switch", "turn_off", f"{KEY}_charging")
    assert [write.path for write in warp.writes] == ["evse/stop_charging"]
    assert state_of(hass, "switch", f"{KEY}_charging") == STATE_OFF
    await pushed(hass, warp)
    assert state_of(hass, "sensor", f"{KEY}_status") == "paused"
    assert warp.measured_currents_a == (0, 0, 0)
    await act(hass, "switch", "turn_on", f"{KEY}_charging")
    assert warp.writes[-1].path == "evse/start_charging"
    assert state_of(hass, "switch", f"{KEY}_charging") == STATE_ON
    assert warp.executed_by_get == 0


async def test_a_charge_stopped_at_the_charger_is_shown(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Somebody pressed its button."""
    warp.press_button()
    await pushed(hass, warp)
    assert state_of(hass, "switch", f"{KEY}_charging") == STATE_OFF
    assert warp.writes == []


@pytest.mark.parametrize("action", ["turn_on", "turn_off"])
async def test_without_a_vehicle_there_is_nothing_to_charge(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry, action: str
) -> None:
    """The charger would answer 200 and do nothing, so the person is told."""
    warp.unplug()
    await pushed(hass, warp)
    error = await refused(hass, "switch", action, f"{KEY}_charging")
    assert error.translation_domain == DOMAIN
    assert error.translation_key == "rejected"
    assert error.translation_placeholders == {
        "device": "Garage",
        "reason": "no vehicle is connected",
    }
    assert warp.writes == []


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize(
    ("key", "path", "payload"),
    [
        ("boost", "evse/boost_mode", {"enabled": True}),
        (
            "clear_on_disconnect",
            "evse/external_clear_on_disconnect",
            {"clear_on_disconnect": True},
        ),
        ("phase_auto_switch", "evse/phase_auto_switch", {"enabled": True}),
        ("vehicle_wake_up", "evse/ev_wakeup", {"enabled": True}),
        ("led_control", "evse/led_configuration", {"enable_api": True}),
    ],
)
async def test_settings(
    hass: HomeAssistant,
    warp: WarpSimulator,
    warp_entry: MockConfigEntry,
    key: str,
    path: str,
    payload: dict[str, bool],
) -> None:
    """Each is one write, and is on once the charger shows it; one more takes it back."""
    assert state_of(hass, "switch", f"{KEY}_{key}") == STATE_OFF
    await act(hass, "switch", "turn_on", f"{KEY}_{key}")
    assert [(write.path, write.payload) for write in warp.writes] == [(path, payload)]
    assert state_of(hass, "switch", f"{KEY}_{key}") == STATE_ON
    await act(hass, "switch", "turn_off", f"{KEY}_{key}")
    assert len(warp.writes) == 2
    assert state_of(hass, "switch", f"{KEY}_{key}") == STATE_OFF


async def test_a_setting_changed_elsewhere_is_shown_once(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Somebody used the charger's own page."""
    written = watch(hass, "switch", f"{KEY}_boost")
    warp.device.controller.boost = True  # type: ignore[union-attr] # a WARP3 has one
    for _ in range(3):
        await pushed(hass, warp)
    assert written == [STATE_ON]


async def test_one_that_appears_late(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Allowing the use of its LED makes the choice appear, without a reload."""
    assert not exists(hass, "select", f"{KEY}_led")
    warp.device.board.states.put("evse/led_configuration", {"enable_api": True})
    await pushed(hass, warp)
    assert exists(hass, "select", f"{KEY}_led")


@pytest.mark.parametrize(
    ("generation", "absent"),
    [
        ("warp", {"phase_auto_switch", "vehicle_wake_up"}),
        ("warp2", {"phase_auto_switch"}),
        ("warp3", set()),
    ],
)
async def test_by_capability(
    hass: HomeAssistant,
    start_warp: StartWarp,
    add: Add,
    generation: str,
    absent: set[str],
) -> None:
    """No generation has all of them, and none has a lock that we could use."""
    entry = await add(await start_warp(generation=generation))
    keys = {key.removeprefix(f"{KEY}_") for key in keys_of(hass, entry, "switch")}
    assert {"charging", "boost", "auto_start", "clear_on_disconnect"} <= keys
    assert not absent & keys
    assert "lock" not in keys


class LockableWarp(WarpCharger):
    """A charger with a lock, which no WARP has: the platform must not care whose it is."""

    locked = False

    @override
    def describe_capabilities(self) -> Capabilities:
        return replace(super().describe_capabilities(), can_lock=True)

    @override
    def describe(self) -> Snapshot:
        return replace(super().describe(), is_locked=self.locked)

    async def set_locked(self, locked: bool) -> None:
        """Take it."""
        self.locked = locked
        self.updated()


async def test_a_lock(
    hass: HomeAssistant,
    warp: WarpSimulator,
    add: Add,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It appears with the capability."""
    monkeypatch.setattr(
        "custom_components.busbar.chargers.warp.connection.WarpCharger", LockableWarp
    )
    await add(warp)
    assert state_of(hass, "switch", f"{KEY}_lock") == STATE_OFF
    await act(hass, "switch", "turn_on", f"{KEY}_lock")
    assert state_of(hass, "switch", f"{KEY}_lock") == STATE_ON
    await act(hass, "switch", "turn_off", f"{KEY}_lock")
    assert state_of(hass, "switch", f"{KEY}_lock") == STATE_OFF


async def test_balancing(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """Off: it decides and shows, and writes nothing. On: it writes again."""
    key = f"{site_entry.entry_id}_balancing"
    target = f"{site_entry.entry_id}_target"
    assert state_of(hass, "switch", key) == STATE_ON
    await act(hass, "switch", "turn_off", key)
    assert state_of(hass, "switch", key) == STATE_OFF
    before = [told_a(warp) for warp in warps]
    await act(hass, "number", "set_value", target, value=18)
    assert [told_a(warp) for warp in warps] == before
    assert state_with(hass, "number", target).state == "18.0"
    await act(hass, "switch", "turn_on", key)
    assert state_of(hass, "switch", key) == STATE_ON
    await hass.async_block_till_done(wait_background_tasks=False)
    assert not site_entry.runtime_data.coordinator.data.is_starting
