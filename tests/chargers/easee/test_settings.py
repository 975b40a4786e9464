"""Read and write everything that is special to Easee."""

from collections.abc import Mapping
from typing import Any

import pytest

from custom_components.busbar.chargers.easee.features import Entry, option
from custom_components.busbar.chargers.errors import Rejected
from custom_components.busbar.chargers.features import (
    Amount,
    Choice,
    Command,
    Feature,
    FeatureValue,
    Happening,
    Setting,
    Toggle,
)
from simulators.easee import FIRST, LONE, METER, plug_in
from simulators.easee.charger import TAG

from .conftest import LONE_ID, MakeRig, Rig


@pytest.mark.parametrize(
    ("key", "value", "body"),
    [
        ("enabled", False, {"enabled": False}),
        ("authorization_required", True, {"authorizationRequired": True}),
        ("lock_cable_permanently", True, {"state": True}),
        ("smart_charging", True, {"smartCharging": True}),
        ("idle_current", True, {"enableIdleCurrent": True}),
        ("smart_button", True, {"smartButtonEnabled": True}),
        ("phase_mode", "one_phase", {"phaseMode": 1}),
        ("phase_mode", "three_phases", {"phaseMode": 3}),
        ("offline_charging_mode", "never", {"offlineChargingMode": 2}),
        ("led_brightness", 40.0, {"ledStripBrightness": 40}),
        ("charger_maximum_limit", 20.0, {"maxChargerCurrent": 20}),
        ("charger_dynamic_limit", 0, {"amps": 0, "minutes": 0}),
        ("charger_dynamic_limit", 13.0, {"amps": 13, "minutes": 0}),
    ],
)
async def test_settings_of_a_charger(
    rig: Rig, key: str, value: FeatureValue, body: Mapping[str, Any]
) -> None:
    """A write is sent as the wire wants it; the value follows the report of the charger."""
    charger = rig.charger()
    assert rig.seen().values[key] != value
    await charger.set_value(key, value)
    assert [write.body for write in rig.cloud.writes] == [body]
    assert rig.seen().values[key] != value
    await rig.advance(3)
    assert rig.seen().values[key] == value


async def test_persistent_settings_are_marked(rig: Rig) -> None:
    """Whatever wears flash says so, and nothing else does."""
    for device in rig.connection.chargers.values():
        for feature in device.capabilities.features:
            if isinstance(feature, Setting):
                assert feature.persistent == (feature.key != "charger_dynamic_limit")
    keys = [one.key for one in rig.charger().capabilities.features]
    assert len(keys) == len(set(keys))
    assert "charger_dynamic_limit" in keys
    shared = [one.key for one in rig.charger(FIRST).capabilities.features]
    assert "charger_dynamic_limit" not in shared, "there it is what steers the charger"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("enabled", 1),
        ("phase_mode", "two_phases"),
        ("led_brightness", 101),
        ("led_brightness", True),
        ("led_brightness", "bright"),
        ("charger_dynamic_limit", 3),
        ("temperature", 20),
        ("reboot", True),
        ("unheard_of", 1),
    ],
)
async def test_impossible_values_are_refused(
    rig: Rig, key: str, value: FeatureValue
) -> None:
    """Before anything is sent."""
    with pytest.raises(Rejected):
        await rig.charger().set_value(key, value)
    assert rig.cloud.writes == []


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("override_schedule", "override_schedule"),
        ("start_authorization", "start_charging"),
        ("end_authorization", "stop_charging"),
        ("reboot", "reboot"),
        ("update_firmware", "update_firmware"),
    ],
)
async def test_commands_of_a_charger(rig: Rig, key: str, path: str) -> None:
    """Each runs once."""
    await rig.charger().run_command(key)
    assert [write.path for write in rig.cloud.writes] == [
        f"/api/chargers/{LONE}/commands/{path}"
    ]
    with pytest.raises(Rejected):
        await rig.charger().run_command("enabled")


async def test_authorization(rig: Rig) -> None:
    """A vehicle waits for a release, shown in two ways."""
    charger = rig.cloud.chargers[LONE]
    charger.settings.authorizationRequired = True
    plug_in(rig.cloud, LONE)
    await rig.advance(1)
    assert rig.seen().status == "awaiting_authorization"
    charger.shows_waiting_as_mode_2 = True
    await rig.advance(1)
    assert rig.seen().raw_status == "awaiting_start"
    assert rig.seen().status == "awaiting_authorization"
    await rig.charger().run_command("start_authorization")
    await rig.advance(3)
    assert rig.seen().status == "charging"
    assert rig.seen().values["reason_for_no_current"] == "limited_by_circuit_fuse"


async def test_stored_limits_of_a_circuit(rig: Rig) -> None:
    """A person sets them; the offline maximum is what a lease ends at."""
    circuit = rig.circuit()
    await circuit.set_value("circuit_offline_limit", 0)
    await rig.advance(3)
    assert rig.cloud.circuits[LONE_ID].offline_a == (0, 0, 0)
    assert circuit.rebuild().values["circuit_offline_limit"] == 0
    await circuit.set_value("circuit_maximum_limit", 12)
    await rig.advance(3)
    assert circuit.rebuild().values["circuit_maximum_limit"] == 12
    assert circuit.maximum_a == 12
    assert rig.charger().maximum_a == 12
    with pytest.raises(Rejected):
        await circuit.set_value("circuit_maximum_limit", 20)
    assert len(rig.cloud.persistent_writes) == 2


async def test_readings_of_a_charger(rig: Rig) -> None:
    """Everything that the simulated charger reports is shown."""
    rig.cloud.chargers[LONE].latest_firmware = 341
    rig.connection._details_at.clear()
    await rig.connection.supervise_once()
    values = rig.seen().values
    assert values["firmware_update_available"] is True
    assert values["temperature"] == 31
    assert values["radio"] == "wifi"
    assert values["node_type"] == "primary"
    assert values["grid_type"] == "tn_three_phase"
    assert values["steered_by"] == "circuit"
    assert values["online"] is True
    assert values["cable_locked"] is False
    assert values["cost_this_month"] == 0
    assert "energy_last_hour" not in values, "not reported, not made up"
    seen = rig.seen()
    assert seen.signal_dbm == -55
    assert seen.voltages_v == (230, 230, 230)
    assert seen.error == "none"
    declared = {one.key for one in rig.charger().capabilities.features}
    assert set(values) <= declared


async def test_costs_stay_within_their_budget(rig: Rig) -> None:
    """One call an hour for a whole site; odd answers are passed over."""
    plug_in(rig.cloud, LONE)
    await rig.connection.supervise_once()
    asked = rig.asked("/breakdown/")
    assert asked == 1
    await rig.jump(1800)
    await rig.connection.supervise_once()
    assert rig.asked("/breakdown/") == 1
    await rig.jump(1801)
    await rig.connection.supervise_once()
    assert rig.asked("/breakdown/") == 2
    cost = rig.seen().values["cost_this_month"]
    assert isinstance(cost, float)
    assert cost > 0
    assert rig.seen().currency == "EUR"
    rig.cloud.fault(
        "/breakdown/",
        status=200,
        text='[null, {"chargerId": "EH000001", "totalCost": null}]',
        content_type="application/json",
    )
    await rig.jump(3601)
    await rig.connection.supervise_once()
    assert rig.seen().values["cost_this_month"] == cost


async def test_a_new_month_begins_without_costs(rig: Rig) -> None:
    """A charger without a row has cost nothing yet, and not what it cost last month."""
    plug_in(rig.cloud, LONE)
    await rig.advance(2)
    await rig.jump(3601)
    await rig.connection.supervise_once()
    assert rig.charger().cost_this_month
    fault = rig.cloud.fault("/breakdown/", status=200, body={})
    await rig.jump(3601)
    await rig.connection.supervise_once()
    assert rig.charger().cost_this_month, "that was no list"
    rig.cloud.end_fault(fault)
    rig.cloud.fault("/breakdown/", status=200, body=[])
    await rig.jump(3601)
    await rig.connection.supervise_once()
    assert rig.seen().values["cost_this_month"] == 0


async def test_surplus_mode_keeps_its_amperes(rig: Rig, make_rig: MakeRig) -> None:
    """The cloud forgets them when the mode is switched off."""
    meter = rig.meter()
    await rig.connection.supervise_once()
    assert meter.rebuild().values["surplus_mode"] == "off"
    await meter.set_value("surplus_import_limit", 9.0)
    assert rig.written("surplus-energy") == [], "kept for when it counts"
    await meter.set_value("surplus_mode", "with_import")
    assert rig.written("surplus-energy")[-1]["chargingWithImport"] == {
        "eligible": True,
        "maximumImportAddedCurrent": 9,
    }
    await meter.set_value("surplus_import_limit", 7.0)
    assert meter.rebuild().values["surplus_mode"] == "with_import"
    await meter.set_value("surplus_mode", "surplus_only")
    assert meter.rebuild().values["surplus_mode"] == "surplus_only"
    await meter.set_value("surplus_mode", "off")
    assert rig.written("surplus-energy")[-1] == {"mode": "none"}
    again = await make_rig(state=rig.saved[-1])
    assert again.meter().surplus_import_a == 7
    rig.cloud.equalizers[METER].surplus = {
        "mode": "chargingWithImport",
        "chargingWithImport": None,
    }
    await again.meter().read_details()
    assert again.meter().surplus_mode == "surplus_only"
    again.meter()._take_surplus("odd")
    assert again.meter().surplus_mode == "surplus_only"


async def test_a_stored_surplus_mode_is_no_failure_where_only_the_answer_fails(
    rig: Rig,
) -> None:
    """Nobody is told to write again; what was sent is shown until the cloud answers."""
    meter = rig.meter()
    for _ in range(2):
        await rig.connection.supervise_once()
    fault = rig.cloud.fault("GET .*surplus-energy", status=503)
    await meter.set_value("surplus_mode", "with_import")
    assert meter.rebuild().values["surplus_mode"] == "with_import"
    assert meter.surplus_import_a == 6
    await meter.set_value("surplus_mode", "surplus_only")
    assert meter.rebuild().values["surplus_mode"] == "surplus_only"
    assert len(rig.written("surplus-energy")) == 2
    rig.cloud.end_fault(fault)
    rig.cloud.equalizers[METER].surplus = {"mode": "none"}
    await rig.jump(61)
    await rig.connection.supervise_once()
    assert meter.rebuild().values["surplus_mode"] == "off"
    asked = rig.asked("surplus-energy")
    await rig.jump(61)
    await rig.connection.supervise_once()
    assert rig.asked("surplus-energy") == asked


async def test_meter(rig: Rig) -> None:
    """Import and export come as two numbers, currents without a sign."""
    rig.cloud.equalizers[METER].currents_a = lambda: (-8.0, -2.0, 1.0)
    await rig.advance(1)
    seen = rig.meter().rebuild()
    assert seen.power_w == -2070
    assert seen.currents_a == (-8, -2, 1)
    assert seen.voltages_v == (230, 230, 230)
    assert seen.measured_at is not None
    assert seen.measured_at > rig.now() - 1
    assert seen.lifetime_energy_kwh is not None
    assert seen.discharged_energy_kwh is not None
    assert rig.meter().identity.firmware == "401"
    meter = rig.cloud.equalizers[METER]
    meter.is_online = False
    meter.observed.send(250, value=False)
    await rig.advance(1)
    lost = rig.meter().rebuild()
    assert lost.power_w is None
    assert lost.currents_a == (None, None, None)


def test_entries_check_their_values() -> None:
    """Commands and events take none."""
    toggle = Entry(feature=Toggle(key="a"))
    assert toggle.checked(value=True) is True
    choice = Entry(feature=Choice(key="b", options=("x",)))
    assert choice.checked("x") == "x"
    for feature in (Feature(key="c"), Command(key="d"), Happening(key="e", kinds=())):
        with pytest.raises(Rejected):
            Entry(feature=feature).checked(1)
    assert issubclass(Amount, Setting)
    assert callable(option(1, {}))


async def test_a_finished_session_is_told_without_its_tag(rig: Rig) -> None:
    """The report carries the tag of whoever charged; the energy alone is kept."""
    plug_in(rig.cloud, LONE)
    await rig.advance(30)
    rig.cloud.chargers[LONE].unplug()
    await rig.advance(1)
    told = rig.seen().occurrences["session_finished"]
    assert told.kind == "finished"
    assert told.details == {"energy": pytest.approx(0.09, abs=0.01)}
    assert TAG not in repr(rig.seen())
    for odd in ("[]", "no JSON", '{"EnergyKwh": null}'):
        rig.cloud.chargers[LONE].observed.send(129, odd)
        await rig.advance(1)
        assert rig.seen().occurrences["session_finished"] == told


async def test_a_circuit_whose_master_is_not_ours(rig: Rig) -> None:
    """Its limits are read from its settings, once a minute."""
    circuit = rig.circuit(502)
    circuit.master = "EH777777"
    path = "/circuits/502/settings"
    limits = {f"dynamicCircuitCurrentP{phase}": 13 for phase in (1, 2, 3)}
    rig.cloud.fault(path, status=200, body={"masterChargerId": "EH777777", **limits})
    await rig.jump(61)
    asked = rig.asked(path)
    await circuit.refresh()
    await circuit.refresh()
    assert rig.asked(path) == asked + 1
    assert circuit.rebuild().confirmed_a == 13
    for odd in ({"dynamicCircuitCurrentP1": None}, ["no", "object"]):
        rig.cloud.fault(path, status=200, body=odd)
        await circuit.read_details()
    assert circuit.rebuild().confirmed_a == 13


async def test_currents_of_a_circuit_without_a_report(rig: Rig) -> None:
    """What its chargers measure together, if all of them do."""
    plug_in(rig.cloud, FIRST)
    await rig.advance(1)
    circuit = rig.circuit(502)
    circuit.reports._reports.pop(73)
    assert circuit.rebuild().currents_a == (16, 16, 16)
    rig.charger(FIRST).reports._reports.pop(183)
    assert circuit.rebuild().currents_a == (None, 16, 16)
