"""See what a charger and its car do, and what is known of it."""

import pytest

from custom_components.busbar.chargers.errors import Rejected
from custom_components.busbar.chargers.model import (
    ChargerStatus,
    Fallback,
    FallbackCause,
    Measurement,
)
from simulators.warp import Fault
from simulators.world import CarSpec

from .conftest import MakeRig, feature_keys, present, show

EXTERNAL = "evse/external_current"


async def test_charging(rig: MakeRig) -> None:
    """What the car draws arrives without a request, and the session with it."""
    house = await rig()
    house.sim.plug(CarSpec(phases=3, maximum_a=16))
    await house.time.advance(60)
    asked = len(house.sim.requests)
    snapshot = await house.charger.refresh()
    assert len(house.sim.requests) == asked
    assert snapshot.status is ChargerStatus.CHARGING
    assert snapshot.vehicle_connected is True
    assert list(snapshot.currents_a) == pytest.approx([16, 16, 16])
    assert list(snapshot.voltages_v) == [230, 230, 230]
    assert snapshot.power_w == pytest.approx(16 * 3 * 230)
    assert snapshot.measured_at == snapshot.received_at
    assert snapshot.session_energy_kwh == pytest.approx(11.04 / 60, rel=0.05)
    assert snapshot.session_duration_s == pytest.approx(60, abs=1.5)
    assert snapshot.phases == 3
    assert snapshot.error == "none"
    assert snapshot.offered_a == 32
    assert snapshot.charging_released is True


async def test_session_over(rig: MakeRig) -> None:
    """Without a car there is no session; the last one is a reading."""
    house = await rig()
    house.sim.plug(CarSpec())
    await house.time.advance(30)
    house.sim.unplug()
    await house.time.advance(3)
    assert house.seen().status is ChargerStatus.DISCONNECTED
    assert house.seen().session_energy_kwh is None
    assert house.seen().session_duration_s is None
    assert house.seen().values["last_charge_duration"] == pytest.approx(30, abs=2)
    assert "last_charge_energy" in house.seen().values


async def test_uptime_of_the_controller_wraps(rig: MakeRig) -> None:
    """A session over the 49.7 days of the controller's clock has its true length."""
    house = await rig()
    show(
        house,
        "evse/low_level_state",
        present(house, "evse/low_level_state", uptime=3000),
    )
    show(
        house,
        "charge_tracker/current_charge",
        {"user_id": 0, "meter_start": 5000, "evse_uptime_start": 2**32 - 2000},
    )
    assert house.seen().session_duration_s == 5
    assert house.seen().session_energy_kwh is None
    show(house, "charge_tracker/current_charge", {"user_id": 0, "meter_start": None})
    assert house.seen().session_duration_s is None


async def test_a_full_car_is_suspended_by_itself(rig: MakeRig) -> None:
    """A car that has charged and takes nothing more does so by itself."""
    house = await rig()
    house.sim.plug(CarSpec(energy_wanted_kwh=0.1))
    await house.time.advance(60)
    assert house.seen().status is ChargerStatus.SUSPENDED_BY_VEHICLE


async def test_a_car_that_never_begins(rig: MakeRig) -> None:
    """A car that could charge is connected at first; the controller's mark changes that."""
    house = await rig()
    house.sim.plug(CarSpec(start_delay_s=1e6))
    await house.time.advance(2)
    assert house.seen().status is ChargerStatus.CONNECTED
    show(
        house,
        "evse/low_level_state",
        present(house, "evse/low_level_state", charging_time=1),
    )
    assert house.seen().status is ChargerStatus.SUSPENDED_BY_VEHICLE


async def test_our_limit_holds_the_charge_back(rig: MakeRig) -> None:
    """0 A is the charger's doing, and the limiting slot is ours."""
    house = await rig()
    house.sim.plug(CarSpec())
    await house.time.advance(2)
    await house.charger.set_current(0)
    await house.time.advance(2)
    assert house.seen().status is ChargerStatus.SUSPENDED_BY_CHARGER
    limiting = house.seen().limiting
    assert limiting is not None
    assert (limiting.key, limiting.current_a, limiting.is_ours) == (
        "external_control",
        0,
        True,
    )


async def test_stop_and_start(rig: MakeRig) -> None:
    """A person holds the charge back and releases it; the slot shows both."""
    house = await rig()
    house.sim.plug(CarSpec())
    await house.time.advance(2)
    await house.charger.set_charging(False)
    await house.time.advance(2)
    assert house.seen().charging_released is False
    assert house.seen().status is ChargerStatus.PAUSED
    await house.charger.set_charging(True)
    await house.time.advance(10)
    assert house.seen().status is ChargerStatus.CHARGING
    assert [write.path for write in house.sim.writes] == [
        "evse/stop_charging",
        "evse/start_charging",
    ]
    assert house.sim.executed_by_get == 0


@pytest.mark.parametrize("released", [True, False])
async def test_nothing_to_start_without_a_vehicle(rig: MakeRig, released: bool) -> None:
    """The charger would answer 200 and do nothing."""
    house = await rig()
    with pytest.raises(Rejected, match="no vehicle"):
        await house.charger.set_charging(released)
    assert house.sim.writes == []


async def test_a_stop_that_does_not_happen(rig: MakeRig) -> None:
    """200 alone is no success for a command either."""
    house = await rig()
    house.sim.plug(CarSpec())
    house.sim.fault(Fault.STALE)
    with pytest.raises(Rejected, match="did not apply"):
        await house.charger.set_charging(False)


async def test_authorization(rig: MakeRig) -> None:
    """A car that waits for a tag says so."""
    house = await rig()
    house.sim.plug(CarSpec())
    await house.time.advance(2)
    slots = list(house.sim.state("evse/slots"))  # type: ignore[arg-type]
    slots[6] = {"max_current": 0, "active": True, "clear_on_disconnect": True}
    show(house, "evse/slots", slots)
    show(
        house,
        "evse/state",
        present(house, "evse/state", charger_state=1, iec61851_state=1),
    )
    assert house.seen().status is ChargerStatus.AWAITING_AUTHORIZATION


async def test_errors_have_names(rig: MakeRig) -> None:
    """Number 4 is the contactor."""
    house = await rig()
    house.sim.fault(Fault.CONTACTOR_ERROR)
    await house.time.advance(2)
    assert house.seen().status is ChargerStatus.ERROR
    assert house.seen().error == "contactor"
    house.sim.clear()
    house.sim.fault(Fault.DC_FAULT)
    await house.time.advance(2)
    assert house.seen().error == "dc_residual_current"
    assert house.seen().values["residual_current_state"] == "dc_6_ma"


async def test_energy_glitch(rig: MakeRig) -> None:
    """A meter that stumbles does not make the counter fall."""
    house = await rig()
    await house.time.advance(2)
    house.sim.fault(Fault.ENERGY_GLITCH)
    await house.time.advance(30)
    assert house.seen().lifetime_energy_kwh == 1234.5
    house.sim.clear()
    await house.time.advance(2)
    assert house.seen().lifetime_energy_kwh == 1234.5


async def test_meter_without_currents(rig: MakeRig) -> None:
    """A meter for power alone leaves currents unknown, not zero."""
    house = await rig(meter="power_only")
    assert list(house.seen().currents_a) == [None, None, None]
    assert house.seen().power_w is not None
    assert Measurement.CURRENTS not in house.offers().measures


async def test_no_meter(rig: MakeRig) -> None:
    """A "Smart" model measures nothing, and null values are unknown."""
    house = await rig(meter="none")
    assert not house.offers().measures & {
        Measurement.POWER,
        Measurement.SESSION_ENERGY,
    }
    metered = await rig(uid="22oH")
    metered.sim.fault(Fault.METER_NULL)
    await metered.time.advance(2)
    assert metered.seen().power_w is None
    assert metered.seen().lifetime_energy_kwh == 1234.5
    assert Measurement.POWER in metered.offers().measures


@pytest.mark.parametrize("live", [True, False])
async def test_older_firmware_meter(rig: MakeRig, live: bool) -> None:
    """Without value ids the older states serve, pushed or asked for."""
    faults = [] if live else [Fault.NO_WEBSOCKET]
    house = await rig(live=live, meter="legacy", generation="warp", faults=faults)
    house.sim.plug(CarSpec(maximum_a=10))
    await house.time.advance(5)
    snapshot = await house.charger.refresh()
    assert list(snapshot.currents_a) == [10, 10, 10]
    assert snapshot.lifetime_energy_kwh == pytest.approx(1234.5, abs=0.1)


async def test_nfc_tag(rig: MakeRig) -> None:
    """A tag is one event, without its number."""
    house = await rig()
    assert "nfc_tag" in feature_keys(house)
    assert house.seen().occurrences == {}
    house.sim.show_tag("01:23:45:67")
    await house.time.advance(2)
    first = house.seen().occurrences["nfc_tag"]
    assert first.kind == "seen"
    assert first.details == {"tag_type": 2}
    await house.time.advance(10)
    assert house.seen().occurrences["nfc_tag"] == first
    house.sim.show_tag("01:23:45:67")
    await house.time.advance(2)
    second = house.seen().occurrences["nfc_tag"]
    assert second.happened_at > first.happened_at
    assert "01:23" not in repr(house.seen())
    house.sim.show_tag("01:23:45:67")
    await house.time.advance(2)
    assert house.seen().occurrences["nfc_tag"] == second


async def test_diagnostics_are_complete_and_name_nobody(rig: MakeRig) -> None:
    """Low-level values are there; who, where and with which tag is not."""
    house = await rig(display_name="Garage of Ms Example")
    house.sim.show_tag("01:23:45:67")
    house.sim.lead(house.sim, maximum_a=16)
    await house.time.advance(2)
    diagnostics = house.charger.diagnostics()
    assert diagnostics["evse/low_level_state"]["temperature"] == 2450
    assert diagnostics["evse/hardware_configuration"]["evse_version"] == 30
    assert diagnostics["meters/0/config"][0] == 2
    text = str(diagnostics)
    for personal in ("AbCd", "Example", "01:23", "192.0.2", "127.0.0.1", "02:00:00"):
        assert personal not in text
    show(house, "meters/0/config", None)
    assert house.charger.diagnostics()["meters/0/config"] == "**REDACTED**"


async def test_uptime(rig: MakeRig) -> None:
    """The time of start stands still while the uptime runs."""
    house = await rig()
    first = house.seen().started_at
    assert first is not None
    await house.time.advance(100)
    assert house.seen().started_at == first
    polled = await rig(live=False, faults=[Fault.NO_WEBSOCKET], uid="22oH")
    assert polled.seen().started_at == pytest.approx(polled.time.now() - 86400, abs=200)
    polled.connection._link.states.forget("evse/low_level_state")
    polled.charger.update()
    assert polled.seen().started_at is not None


async def test_without_slots_and_defaults_nothing_is_made_up(rig: MakeRig) -> None:
    """What the device does not say is not known."""
    house = await rig()
    states = house.connection._link.states
    states.replace({"info/features": ["evse"]}, house.time.now())
    house.charger.update()
    snapshot = house.seen()
    assert snapshot.confirmed_a is None
    assert snapshot.charging_released is None
    assert snapshot.status is None
    assert snapshot.raw_status is None
    assert snapshot.signal_dbm is None
    assert house.offers().falls_to == (
        Fallback(cause=FallbackCause.RESTART, current_a=None),
    )
    states.heard_at = None
    assert house.charger.describe().received_at == house.time.now()
