"""Hold the charger to honest states: pending until proven, unknown where the code hides it."""

from datetime import UTC, datetime
import json

import pytest

from custom_components.busbar.chargers.andersen.charger import AndersenCharger
from custom_components.busbar.chargers.errors import AuthenticationFailed
from custom_components.busbar.chargers.features import Audience, Setting
from custom_components.busbar.chargers.model import (
    Charger,
    ChargerStatus,
    Closes,
    FallbackCause,
    HasDiagnostics,
    HasSchedule,
    HasSettings,
    Locks,
    Measurement,
    Pauses,
    ReleasesControl,
    Snapshot,
)
from simulators.andersen import Fault
from simulators.world import Car, CarSpec

from .conftest import Rig, shown, until


async def test_what_it_can_do(rig: Rig) -> None:
    """No amperes to set, full current or nothing, slow."""
    charger = await rig.charger()
    for ability in (Charger, Closes, HasSchedule, HasSettings, Locks, Pauses):
        assert isinstance(charger, ability)
    assert isinstance(charger, ReleasesControl)
    can = charger.capabilities
    assert can.charge is None
    assert not can.sets_current
    assert (can.full_current_a, can.phases) == (32.0, {1})
    assert can.can_lock
    assert can.can_pause
    assert can.pushes_updates
    assert (can.typical_latency_s, can.poll_interval_s) == (150.0, 60.0)
    assert can.write_budget.minimum_gap_s >= can.typical_latency_s
    assert [fallback.cause for fallback in can.falls_to] == [FallbackCause.RESTART]
    assert len(can.schedule_slots) == 5
    keys = [feature.key for feature in can.features]
    assert len(keys) == len(set(keys))
    assert "grid_power" not in keys
    unproven = [f for f in can.features if isinstance(f, Setting)]
    assert all(f.audience is Audience.EXPERT and f.persistent for f in unproven)


async def test_who_it_is(rig: Rig) -> None:
    """The device id is the root of its key; name and serial can be edited in the app (HA#106)."""
    charger = await rig.charger()
    who = charger.identity
    assert who.key == f"andersen_{rig.wall.device_id}"
    assert (who.model, who.name, who.firmware) == ("A2", "Drive", "287 / 5.8")
    rig.wall.friendly_name = None
    rig.wall.product = (None, "Model Y")
    rig.wall.publish()
    changes: list[None] = []
    charger.on_change(lambda: changes.append(None))
    await rig.later(charger, 1860)
    assert charger.identity.name == "Andersen Model Y"
    assert changes


@pytest.mark.parametrize(
    ("product", "model"),
    [((None, None), "Konnect+"), (("77", None), "77"), (("77", "New"), "New")],
)
async def test_models_that_are_not_published(
    rig: Rig, product: tuple[str | None, str | None], model: str
) -> None:
    """The A3's id: fall back to the product name, then to the id (10)."""
    rig.wall.product = product
    rig.wall.publish()
    assert (await rig.charger()).identity.model == model


async def test_a_charge_from_plug_to_log(rig: Rig) -> None:
    """Status, power, energy of the session, then a log that counts once."""
    charger = await rig.charger()
    assert shown(charger).status is ChargerStatus.DISCONNECTED
    assert shown(charger).vehicle_connected is False
    assert shown(charger).lifetime_energy_kwh == 0
    rig.wall.plug_in(Car(CarSpec(phases=1, maximum_a=16, energy_wanted_kwh=2)))
    snapshot = await rig.later(charger, 180)
    assert snapshot.status is ChargerStatus.CHARGING
    assert snapshot.power_w == pytest.approx(16 * 230)
    assert snapshot.currents_a == (16.0, None, None)
    assert snapshot.voltages_v == (231.0, None, None)
    assert snapshot.vehicle_connected is True
    started = datetime(2026, 11, 20, 12, 16, 45, tzinfo=UTC)
    assert snapshot.values["session_start"] == started
    snapshot = await rig.later(charger, 2400)
    assert snapshot.status is ChargerStatus.CONNECTED
    assert snapshot.session_energy_kwh == pytest.approx(2, abs=0.01)
    assert snapshot.lifetime_energy_kwh == pytest.approx(2, abs=0.01)
    assert snapshot.values["last_charge_surplus_energy"] == pytest.approx(2, abs=0.01)
    assert snapshot.values["last_charge_solar_energy"] == 0
    assert snapshot.values["lifetime_cost"] == pytest.approx(0.56, abs=0.01)
    assert snapshot.values["currency"] == "GBP"
    later = await rig.later(charger, 3600)
    assert later.lifetime_energy_kwh == snapshot.lifetime_energy_kwh
    reborn = await rig.charger({**rig.remembered(), **_chargers(rig)})
    assert shown(reborn).lifetime_energy_kwh == snapshot.lifetime_energy_kwh


def _chargers(rig: Rig) -> dict[str, object]:
    return {"chargers": rig.state["chargers"]}


async def test_the_poll_is_one_query_a_minute(rig: Rig) -> None:
    """Settings every half hour, logs every seven minutes, the rest is the status (6)."""
    charger = await rig.charger()
    rig.cloud.requests.clear()
    await rig.later(charger, 3600)
    asked = rig.cloud.requests
    assert asked.count("getDeviceStatus") == 60
    assert asked.count("getDevice") == 2
    assert asked.count("getDeviceCalculatedChargeLogs") <= 9
    assert len(asked) <= 71


async def test_nulls_never_raise(rig: Rig) -> None:
    """A status of nothing is a snapshot of nothing (4.3)."""
    await rig.cloud.fault(Fault.NULLS)
    charger = await rig.charger()
    snapshot = shown(charger)
    assert snapshot.status is None
    assert snapshot.is_locked is None
    assert snapshot.power_w is None
    assert snapshot.offered_a is None
    assert snapshot.schedule == ()
    assert "lock_origin" not in snapshot.values
    assert charger.capabilities.full_current_a == 32.0
    await charger.set_locked(True)
    assert "locked_by_us" not in rig.state["chargers"][rig.wall.device_id]


@pytest.mark.parametrize(
    ("fault", "status", "raw"),
    [
        (Fault.EVSE_TEXT, ChargerStatus.DISCONNECTED, "1"),
        (Fault.EVSE_UNKNOWN, None, "77"),
        (Fault.EVSE_FAULT, ChargerStatus.ERROR, "4"),
    ],
)
async def test_codes(
    rig: Rig, fault: Fault, status: ChargerStatus | None, raw: str
) -> None:
    """As text, unknown, faulty: the raw code stays visible (5.1)."""
    await rig.cloud.fault(fault)
    rig.wall.publish()
    snapshot = shown(await rig.charger())
    assert (snapshot.status, snapshot.raw_status) == (status, raw)


async def test_a_house_with_transformers(rig: Rig) -> None:
    """Grid and solar power in kilowatts on the wire, also while nothing charges (HA#79)."""
    rig.wall.has_solar = True
    rig.wall.publish()
    charger = await rig.charger()
    values = shown(charger).values
    assert (values["grid_power"], values["solar_power"]) == (400.0, 1200.0)
    keys = {feature.key for feature in charger.capabilities.features}
    assert {"grid_power", "solar_power"} <= keys


async def test_three_phases(rig: Rig) -> None:
    """The multiplier of the app, and voltage on more than one phase."""
    rig.wall.phases = 3
    rig.wall.current_a = 16.0
    rig.wall.publish()
    charger = await rig.charger()
    assert charger.capabilities.phases == {3}
    assert charger.capabilities.full_current_a == 16
    assert Measurement.CURRENTS in charger.capabilities.measures


async def test_power_in_kilowatts_is_recognised(rig: Rig) -> None:
    """And remembered for this charger over restarts (7)."""
    charger = await rig.charger()
    await rig.cloud.fault(Fault.POWER_IN_KW)
    rig.wall.plug_in(Car(CarSpec(phases=1, maximum_a=32)))
    snapshot = await rig.later(charger, 180)
    assert snapshot.power_w == pytest.approx(7360)
    assert rig.state["chargers"][rig.wall.device_id]["power_unit"] == "kw"
    reborn = await rig.charger({**rig.remembered(), **_chargers(rig)})
    assert shown(reborn).power_w == pytest.approx(7360)


async def test_failing_logs_do_not_fail_the_status(rig: Rig) -> None:
    """Lifetime energy is unknown rather than wrong."""
    await rig.cloud.fault(Fault.LOGS_FAIL)
    snapshot = shown(await rig.charger())
    assert snapshot.status is ChargerStatus.DISCONNECTED
    assert snapshot.lifetime_energy_kwh is None
    assert "lifetime_cost" not in snapshot.values


async def test_refused_credentials_are_told_by_every_read(rig: Rig) -> None:
    """Also where only the slow part meets them."""
    charger = await rig.charger()
    charger._client._auth._password = None
    await rig.cloud.fault(Fault.REVOKE_REFRESH)
    await rig.time.advance(3600)
    with pytest.raises(AuthenticationFailed):
        await charger.refresh()
    with pytest.raises(AuthenticationFailed):
        await charger._read_slow()


async def test_years_of_charges_are_read_in_bites(rig: Rig) -> None:
    """The sum appears once all are there, and a long list is not read again."""
    for index in range(230):
        rig.wall.logs.append(_log(rig, index))
    charger = await rig.charger()
    assert shown(charger).lifetime_energy_kwh is None
    snapshot = await rig.later(charger, 480)
    assert snapshot.lifetime_energy_kwh == pytest.approx(230)
    rig.cloud.requests.clear()
    rig.wall.logs.insert(0, _log(rig, -1))
    snapshot = await rig.later(charger, 480)
    assert snapshot.lifetime_energy_kwh == pytest.approx(231)
    assert snapshot.values["last_charge_energy"] == 1
    assert rig.cloud.requests.count("getDeviceCalculatedChargeLogs") <= 4


def _log(rig: Rig, age: int) -> dict[str, object]:
    """Return a charge that began so many hours before the first of June."""
    day, hour = divmod(10_000 - age, 24)
    month, day = divmod(day, 28)
    year, month = divmod(month, 12)
    start = f"{2020 + year}-{month + 1:02}-{day + 1:02}T{hour:02}:00:00Z"
    return {
        "uuid": f"{rig.wall.device_id}_{start}",
        "chargeEnergyTotal": 1.0,
        "chargeCostTotal": 0.25,
        "startDateTimeLocal": start,
    }


async def test_events_run_ahead_of_the_poll(rig: Rig) -> None:
    """Merged key by key: what only a poll asks for does not vanish (4.6)."""
    charger = await rig.charger()
    rig.wall.plug_in(Car(CarSpec(phases=1)))
    await rig.later(charger, 180)
    heard: list[Snapshot] = []
    unsubscribe = charger.subscribe(heard.append, lambda _: None)
    session = {"chargeEnergyTotal": 9.5, "chargePower": 3680, "duration": 99}
    charger.take_event({"evseState": 3, "chargeStatus": session})
    assert heard[-1].session_energy_kwh == 9.5
    assert charger._reports.wire["chargeStatus"]["chargePowerMax"] is not None
    charger.take_event({"evseState": 2, "chargeStatus": None})
    assert heard[-1].session_energy_kwh == 9.5
    unsubscribe()
    unsubscribe()
    charger.take_event({"evseState": 3})
    assert len(heard) == 2


async def test_events_in_a_row_do_not_keep_it_from_being_polled(rig: Rig) -> None:
    """Whoever polls may wait until they pause; what they do not tell would never be known again."""
    charger = await rig.charger()
    rig.cloud.requests.clear()
    for seconds in (20, 20, 19):
        await rig.time.advance(seconds)
        charger.take_event({"evseState": 2})
    assert rig.cloud.requests == []
    await rig.time.advance(1)
    heard: list[Snapshot] = []
    charger.subscribe(heard.append, lambda _: None)
    for _ in range(2):
        charger.take_event({"evseState": 2})
    await until(lambda: len(heard) == 3)
    assert rig.cloud.requests == ["getDeviceStatus"]
    await rig.time.advance(60)
    await rig.cloud.fault(Fault.HANG)
    charger.take_event({"evseState": 2})
    await charger.close()
    assert rig.time.now() - charger._polled_at == 60
    await rig.cloud.fault(Fault.HANG, on=False)


async def test_a_poll_beside_events_that_fails_changes_nothing(rig: Rig) -> None:
    """The events go on, and the next poll tells."""
    charger = await rig.charger()
    await rig.time.advance(60)
    await rig.cloud.fault(Fault.SERVER_ERROR)
    charger.take_event({"evseState": 2})
    overdue = charger._overdue
    assert overdue is not None
    await overdue
    assert shown(charger).vehicle_connected is True


async def test_an_event_before_the_first_poll_is_half_a_picture(rig: Rig) -> None:
    """It waits for the whole one."""
    charger = await rig.charger()
    fresh = AndersenCharger(
        device_id=rig.wall.device_id,
        client=charger._client,
        memory=charger._memory,
        clock=rig.time.now,
        wall=rig.time.wall,
        sleep=rig.time.pause,
        random=charger._keeper._random,
    )
    fresh.take_event({"evseState": 3})
    assert fresh.snapshot is None


async def test_diagnostics_name_nobody(rig: Rig) -> None:
    """What the wire says, without serial, address, network or person; fit for JSON."""
    charger = await rig.charger()
    assert isinstance(charger, HasDiagnostics)
    await charger.set_locked(True)
    shown_as = json.dumps(charger.diagnostics())
    assert '"evseState": 1' in shown_as
    assert '"command": "lock"' in shown_as
    for secret in (
        rig.wall.device_id,
        rig.wall.serial,
        "home network",
        "192.168.1.23",
        "1 Example Street",
        "EX4 2MP",
        "Drive",
    ):
        assert secret not in shown_as
    await charger.run_command("charge_now")
    assert '"phase": "held"' in json.dumps(charger.diagnostics())


async def test_old_reports_do_not_become_new_by_being_read_again(rig: Rig) -> None:
    """`confirmed_at` is when the charger reported, not when we asked."""
    charger = await rig.charger()
    first = (await rig.later(charger, 60)).measured_at
    await rig.time.advance(15)
    second = await charger.refresh()
    assert (second.measured_at, second.received_at) == (first, rig.time.now())
    await rig.time.advance(90)
    third = await charger.refresh()
    assert third.measured_at == rig.time.now()
