"""Around a charge: its book, its limits, tags, button, light and kept settings."""

import pytest

from simulators.world import CarSpec

from .conftest import Build, Wire


async def test_charge_is_booked(wire: Wire) -> None:
    """From plugging in to plugging out."""
    assert (await wire.get("charge_tracker/current_charge"))["user_id"] == -1
    wire.sim.plug(CarSpec())
    current = await wire.get("charge_tracker/current_charge")
    assert (current["user_id"], current["meter_start"]) == (0, 1234.5)
    uptime = (await wire.get("evse/low_level_state"))["uptime"]
    assert current["evse_uptime_start"] == uptime
    await wire.sim.advance(1800)
    wire.sim.unplug()
    booked = (await wire.get("charge_tracker/last_charges"))[-1]
    assert booked["charge_duration"] == 1800
    assert booked["energy_charged"] == pytest.approx(5.52, abs=0.01)
    assert (await wire.get("charge_tracker/current_charge"))["user_id"] == -1


async def test_book_keeps_thirty(wire: Wire) -> None:
    """The newest is last."""
    for _ in range(32):
        wire.sim.plug(CarSpec())
        wire.sim.unplug()
    assert len(await wire.get("charge_tracker/last_charges")) == 30


async def test_charge_ends_after_its_time(wire: Wire) -> None:
    """Slot 12 blocks; a restart of the limit lets it go on."""
    await wire.put("charge_limits/default_limits", {"duration": 1, "energy_wh": 0})
    assert (await wire.get("charge_limits/state"))["target_timestamp_ms"] == 900_000
    wire.sim.plug(CarSpec())
    state = await wire.get("charge_limits/state")
    assert state["target_timestamp_ms"] - state["start_timestamp_ms"] == 900_000
    await wire.sim.advance(902)
    assert (await wire.get("evse/slots"))[12]["max_current"] == 0
    assert wire.sim.measured_currents_a[0] == 0
    await wire.put("charge_limits/restart", None)
    await wire.sim.advance(6)
    assert wire.sim.measured_currents_a[0] == 16


async def test_charge_ends_after_its_energy(wire: Wire) -> None:
    """The override counts for this charge alone."""
    wire.sim.plug(CarSpec())
    await wire.put("charge_limits/override_energy", {"energy_wh": 1000})
    state = await wire.get("charge_limits/state")
    assert state["target_energy_kwh"] == 1235.5
    await wire.sim.advance(400)
    assert wire.sim.measured_currents_a[0] == 0
    wire.sim.unplug()
    assert (await wire.get("charge_limits/active_limits"))["energy_wh"] == 0


async def test_warp4_knows_the_state_of_charge(build: Build, wire: Wire) -> None:
    """By ISO 15118, and may be limited by it."""
    newest = Wire(wire.session, await build(generation="warp4"))
    assert (await newest.get("ev/state"))["soc"] is None
    newest.sim.plug(CarSpec(name="Zoe"))
    await newest.sim.advance(3600)
    vehicle = await newest.get("ev/state")
    assert vehicle["name"] == "Zoe"
    assert vehicle["soc"] == pytest.approx(40 + 11.04 / 0.6, abs=0.2)
    await newest.put("charge_limits/override_soc", 80)
    assert (await newest.get("charge_limits/state"))["target_soc_pct"] == 80


async def test_tag_grows_old(wire: Wire) -> None:
    """Newest first, each once, and eight entries always."""
    wire.sim.show_tag("01:02:03")
    await wire.sim.advance(2)
    await wire.put("nfc/inject_tag", {"tag_type": 0, "tag_id": "0A:0B"})
    wire.sim.show_tag("0A:0B")
    tags = await wire.get("nfc/seen_tags")
    assert len(tags) == 8
    assert [(tag["tag_id"], tag["last_seen"]) for tag in tags[:3]] == [
        ("0A:0B", 0),
        ("01:02:03", 2000),
        ("", 0),
    ]


@pytest.mark.parametrize(
    ("button", "after_first", "after_second"),
    [(0, 3, 3), (1, 3, 3), (2, 1, 1), (3, 1, 3)],
)
async def test_button_does_what_it_is_configured_for(
    wire: Wire, button: int, after_first: int, after_second: int
) -> None:
    """0 nothing, 1 start, 2 stop, 3 both."""
    await wire.put("evse/button_configuration", button)
    wire.sim.plug(CarSpec())
    wire.sim.press_button()
    assert await wire.get("evse/state/charger_state") == after_first
    await wire.sim.advance(5)
    wire.sim.press_button()
    await wire.sim.advance(5)
    assert await wire.get("evse/state/charger_state") == after_second
    state = await wire.get("evse/button_state")
    assert state["button_release_time"] > state["button_press_time"] > 0


async def test_button_of_a_warp1_stops(build: Build, wire: Wire) -> None:
    """It has no configuration."""
    first = Wire(wire.session, await build(generation="warp"))
    first.sim.plug(CarSpec())
    first.sim.press_button()
    assert await first.get("evse/state/charger_state") == 1


async def test_light_needs_permission_and_ends(wire: Wire) -> None:
    """Without it the write is accepted and ignored."""
    light = {
        "indication": 255,
        "duration": 3000,
        "color_h": 120,
        "color_s": 255,
        "color_v": 255,
    }
    assert (await wire.put("evse/indicator_led", light)).status == 200
    assert await wire.get("evse/indicator_led/indication") == -1
    await wire.switch("evse/led_configuration", on=True)
    await wire.put("evse/indicator_led", light)
    assert await wire.get("evse/indicator_led") == light
    await wire.sim.advance(3)
    assert await wire.get("evse/indicator_led/indication") == -1
    for indication in (-2, 2011):
        wrong = light | {"indication": indication}
        assert (await wire.put("evse/indicator_led", wrong)).status == 400


async def test_calibration_of_a_warp1_is_checked(build: Build, wire: Wire) -> None:
    """An array of the wrong length or a wrong member is 400."""
    first = Wire(wire.session, await build(generation="warp"))
    calibration = await first.get("evse/user_calibration")
    assert (await first.put("evse/user_calibration", calibration)).status == 200
    for wrong in ([1, 2], [99999] * 14, "text"):
        answer = await first.put(
            "evse/user_calibration", calibration | {"resistance_880": wrong}
        )
        assert answer.status == 400


async def test_dc_fault_reset_asks_for_its_number(wire: Wire) -> None:
    """And is never abbreviated."""
    path = "evse/reset_dc_fault_current_state"
    assert (await wire.put(path, {"password": 0xDC42FA23})).status == 200
    assert (await wire.put(path, {"password": 1})).status == 400
    assert (await wire.put(path, 0xDC42FA23)).status == 400
    assert (await wire.put("evse/trigger_dc_fault_test", None)).status == 200


async def test_charge_mode_is_checked(wire: Wire) -> None:
    """Mode 4 stands for "unchanged" and cannot be selected."""
    assert (await wire.put("power_manager/charge_mode", 2)).status == 200
    assert await wire.get("power_manager/charge_mode") == {"mode": 2}
    assert (await wire.put("power_manager/charge_mode", 4)).status == 400
