"""Write what only a person sets."""

from typing import Any

import pytest

from custom_components.busbar.chargers.errors import Rejected, Unsupported
from custom_components.busbar.chargers.features import Choice
from simulators.warp import Fault
from simulators.world import CarSpec

from .conftest import MakeRig, feature_keys, show

EXTERNAL = "evse/external_current"


@pytest.mark.parametrize(
    ("key", "value", "path", "payload"),
    [
        ("boost", True, "evse/boost_mode", {"enabled": True}),
        (
            "auto_start",
            False,
            "evse/auto_start_charging",
            {"auto_start_charging": False},
        ),
        (
            "clear_on_disconnect",
            True,
            "evse/external_clear_on_disconnect",
            {"clear_on_disconnect": True},
        ),
        ("phase_auto_switch", True, "evse/phase_auto_switch", {"enabled": True}),
        ("led_control", True, "evse/led_configuration", {"enable_api": True}),
        ("configured_current", 16, "evse/global_current", {"current": 16000}),
        ("configured_current", 0, "evse/global_current", {"current": 0}),
        (
            "restart_current",
            7.5,
            "evse/external_defaults",
            {"current": 7500, "clear_on_disconnect": False},
        ),
        (
            "restart_clear_on_disconnect",
            True,
            "evse/external_defaults",
            {"current": 32000, "clear_on_disconnect": True},
        ),
        (
            "duration_limit",
            "hours_2",
            "charge_limits/override_duration",
            {"duration": 5},
        ),
        ("energy_limit", 12.5, "charge_limits/override_energy", {"energy_wh": 12500}),
    ],
)
async def test_settings(
    rig: MakeRig, key: str, value: Any, path: str, payload: Any
) -> None:
    """Each setting is written with its exact keys, read back, and shown."""
    house = await rig()
    house.sim.plug(CarSpec(start_delay_s=1e6))
    await house.time.advance(2)
    assert key in feature_keys(house)
    assert house.seen().values[key] != value
    await house.charger.set_value(key, value)
    assert house.told(path) == [payload]
    assert house.seen().values[key] == value
    assert house.sim.executed_by_get == 0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("boost", 1),
        ("boost", "on"),
        ("configured_current", 5),
        ("configured_current", 33),
        ("configured_current", True),
        ("configured_current", "16"),
        ("configured_current", float("nan")),
        ("energy_limit", -1),
        ("duration_limit", "for_ever"),
    ],
)
async def test_values_that_do_not_fit_are_not_sent(
    rig: MakeRig, key: str, value: Any
) -> None:
    """A wrong value is refused before the wire."""
    house = await rig()
    before = len(house.sim.requests)
    with pytest.raises(Rejected, match="no value for"):
        await house.charger.set_value(key, value)
    assert len(house.sim.requests) == before


@pytest.mark.parametrize("key", ["unknown", "temperature", "led", "charge_mode"])
async def test_settings_that_are_not_there(rig: MakeRig, key: str) -> None:
    """Readings cannot be written, and neither can what this charger does not offer."""
    house = await rig()
    with pytest.raises(Unsupported, match="no setting"):
        await house.charger.set_value(key, "on")


async def test_a_setting_that_is_not_applied(rig: MakeRig) -> None:
    """200 alone is no success for a setting either."""
    house = await rig()
    house.sim.fault(Fault.STALE)
    with pytest.raises(Rejected, match="did not apply"):
        await house.charger.set_value("boost", True)


async def test_level_limit_only_where_the_charger_has_it(rig: MakeRig) -> None:
    """A WARP4 knows the state of charge of its vehicle."""
    assert "charge_level_limit" not in feature_keys(await rig())
    house = await rig(generation="warp4", uid="22oH")
    house.sim.plug(CarSpec())
    await house.time.advance(2)
    await house.charger.set_value("charge_level_limit", 80)
    assert house.told("charge_limits/override_soc") == [{"soc_pct": 80}]


async def test_led(rig: MakeRig) -> None:
    """The light is ours only while its configuration says so."""
    house = await rig()
    await house.charger.set_value("led_control", True)
    await house.time.advance(2)
    assert "led" in feature_keys(house)
    assert house.seen().values["led"] == "controller"
    await house.charger.set_value("led", "dimmed")
    assert house.seen().values["led"] == "dimmed"
    written = house.told("evse/indicator_led")[0]
    assert (written["indication"], written["color_v"]) == (64, 0)
    show(house, "evse/indicator_led", {"indication": 2004})
    assert "led" not in house.seen().values


async def test_charge_mode(rig: MakeRig) -> None:
    """The modes are those that the charger offers, without the one that means unchanged."""
    house = await rig()
    show(house, "evse/charge_mode", {"mode": 2})
    show(house, "evse/supported_charge_modes", [0, 2, 4, 3, 99, None])
    modes = [f for f in house.offers().features if isinstance(f, Choice)]
    offered = next(mode for mode in modes if mode.key == "charge_mode")
    assert offered.options == ("fast", "solar", "minimum_and_solar")
    assert house.seen().values["charge_mode"] == "solar"
    with pytest.raises(Rejected):
        await house.charger.set_value("charge_mode", "default")


async def test_restart_current_never_during_a_charge(rig: MakeRig) -> None:
    """Newer controllers would put it on the live limit at once."""
    house = await rig(defaults_apply_live=True)
    house.sim.plug(CarSpec())
    await house.time.advance(2)
    with pytest.raises(Rejected, match="while no vehicle charges"):
        await house.charger.set_value("restart_current", 6)
    assert house.sim.writes == []


async def test_restart_current_leaves_the_live_limit(rig: MakeRig) -> None:
    """A default that was put on the live limit is taken back from there."""
    house = await rig(defaults_apply_live=True)
    await house.charger.set_current(9)
    await house.charger.set_value("restart_current", 20)
    assert house.sim.state("evse/external_defaults/current") == 20000
    assert house.sim.state("evse/external_current/current") == 9000


async def test_commands(rig: MakeRig) -> None:
    """Commands run once, and unknown ones never."""
    house = await rig()
    await house.charger.run_command("restart_charge_limits")
    await house.charger.run_command("reboot")
    assert [write.path for write in house.sim.writes] == [
        "charge_limits/restart",
        "reboot",
    ]
    for key in ("unknown", "nfc_tag", "enable_external_control"):
        with pytest.raises(Unsupported, match="no command"):
            await house.charger.run_command(key)
