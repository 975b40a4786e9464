"""Read both families through the real wire."""

import pytest

from custom_components.busbar.chargers.errors import ConnectionFailed
from custom_components.busbar.chargers.model import Charger, Measurement, Role
from simulators.shelly_em import MAC, Fault, Generation

from .conftest import MakeRig, Rig

BOTH = pytest.mark.parametrize("generation", [Generation.GEN1, Generation.EM1])
TWO_ROLES = {
    "channels": [
        {"channel": 0, "role": "grid", "phase": 2},
        {"channel": 1, "role": "solar", "phase": 2, "invert": True},
    ]
}


def _features(rig: Rig) -> set[str]:
    return {feature.key for feature in rig.meter().capabilities.features}


@BOTH
async def test_roles(make_rig: MakeRig, generation: Generation) -> None:
    """One device of ours per role, all from one request."""
    rig = await make_rig(generation, options=TWO_ROLES)
    assert set(rig.connection.chargers) == {
        f"shelly_em_{MAC}_grid",
        f"shelly_em_{MAC}_solar",
    }
    requests = len(rig.sim.requests)
    grid = await rig.read()
    solar = await rig.meter("solar").refresh()
    assert len(rig.sim.requests) == requests + 1
    assert grid.power_w == 620
    assert grid.currents_a[1] == pytest.approx(620 / 0.95 / 230, abs=0.01)
    assert grid.currents_a[0] is None
    assert grid.voltages_v == (None, 230, None)
    assert solar.power_w == 1500
    assert solar.currents_a[1] is not None and solar.currents_a[1] > 0
    assert solar.values == {"meter_role": "solar", "power_factor": 0.95}
    assert isinstance(rig.meter(), Charger)
    capabilities = rig.meter().capabilities
    assert capabilities.role is Role.METER
    assert capabilities.charge is None
    assert capabilities.poll_interval_s == 1
    assert capabilities.measures >= {Measurement.POWER, Measurement.LIFETIME_ENERGY}


async def test_a_power_factor_where_there_is_one(make_rig: MakeRig) -> None:
    """It is offered once it was told, and stays; in a house that takes nothing it is unknown."""
    rig = await make_rig(Generation.EM1, watts=[0.0, 0.0])
    assert "power_factor" not in _features(rig)
    rig.watts[0] = 620.0
    snapshot = await rig.read()
    assert snapshot.values["power_factor"] == 0.95
    assert "power_factor" in _features(rig)
    rig.watts[0] = 0.0
    snapshot = await rig.read()
    assert "power_factor" not in snapshot.values
    assert "power_factor" in _features(rig)


@BOTH
@pytest.mark.parametrize("power_factor", [0.95, -0.95])
@pytest.mark.parametrize("watts", [2565.0, -2565.0])
async def test_the_sign_is_in_the_power(
    make_rig: MakeRig, generation: Generation, power_factor: float, watts: float
) -> None:
    """Never in the power factor: 2565 W were seen with -0.95."""
    rig = await make_rig(generation, watts=[watts, 0.0], power_factor=power_factor)
    snapshot = await rig.read()
    assert snapshot.power_w == watts
    current_a = snapshot.currents_a[0]
    assert current_a is not None and current_a * watts > 0


@pytest.mark.parametrize("generation", [Generation.GEN1_3EM, Generation.EM])
async def test_three_phases(make_rig: MakeRig, generation: Generation) -> None:
    """Three clamps are the phases of one grid meter, unless somebody says otherwise."""
    rig = await make_rig(generation, watts=[1000.0, -500.0, 250.0])
    snapshot = await rig.read()
    assert snapshot.power_w == 750
    signs = [current_a and current_a > 0 for current_a in snapshot.currents_a]
    assert signs == [True, False, True]
    assert snapshot.voltages_v == (230, 230, 230)
    assert rig.meter().capabilities.phases == {3}


@BOTH
async def test_energies_are_watt_hours(
    make_rig: MakeRig, generation: Generation
) -> None:
    """Read as kWh they are a thousand times too much; inverting swaps them."""
    channels = [
        {"channel": 0, "role": "grid"},
        {"channel": 1, "role": "evse", "invert": True},
    ]
    rig = await make_rig(
        generation, watts=[3600.0, 1800.0], options={"channels": channels}
    )
    grid = await rig.read(after_s=1000)
    assert grid.lifetime_energy_kwh == pytest.approx(1.0, abs=0.01)
    assert grid.discharged_energy_kwh == 0
    evse = await rig.meter("evse").refresh()
    assert evse.power_w == -1800
    assert evse.lifetime_energy_kwh == 0
    assert evse.discharged_energy_kwh == pytest.approx(0.5, abs=0.01)


async def test_two_other_things_are_not_summed(make_rig: MakeRig) -> None:
    """Two clamps of one role are."""
    other = [{"channel": at, "role": "other"} for at in (0, 1)]
    rig = await make_rig(options={"channels": other})
    assert rig.meter("other_0").snapshot is not None
    assert rig.meter("other_1").snapshot is not None
    grid = [{"channel": at, "role": "grid", "phase": 1} for at in (0, 1)]
    both = await make_rig(options={"channels": grid})
    assert (await both.read()).power_w == 620 - 1500
    assert both.meter().capabilities.phases == {1}


@BOTH
async def test_invalid_is_nothing(make_rig: MakeRig, generation: Generation) -> None:
    """The self check failed: no value, not fresh, and the other role goes on."""
    rig = await make_rig(generation, options=TWO_ROLES)
    good = await rig.read()
    rig.sim.fault(Fault.INVALID)
    bad = await rig.read(after_s=5)
    assert bad.power_w is None
    assert bad.currents_a == (None, None, None)
    assert bad.measured_at == good.measured_at
    assert bad.received_at > good.received_at
    wanted = (
        "channel_invalid" if generation is Generation.GEN1 else "power_meter_failure"
    )
    assert bad.error == wanted
    assert wanted in rig.meter().capabilities.error_keys
    solar = await rig.meter("solar").refresh()
    assert solar.power_w == 1500
    assert solar.measured_at == bad.received_at
    rig.sim.clear()
    assert (await rig.read()).error == "none"
    # A fault takes no entity away.
    assert rig.changes == 0


@pytest.mark.parametrize(
    ("generation", "fault", "error"),
    [
        (Generation.GEN1, Fault.NULL, "channel_invalid"),
        (Generation.EM1, Fault.NULL, "channel_invalid"),
        (Generation.EM, Fault.NULL, "channel_invalid"),
        (Generation.EM, Fault.INVALID, "power_meter_failure"),
        (Generation.EM, Fault.MISSING, "channel_missing"),
        (Generation.GEN1_3EM, Fault.MISSING, "channel_missing"),
    ],
)
async def test_one_bad_phase_spoils_the_sum(
    make_rig: MakeRig, generation: Generation, fault: Fault, error: str
) -> None:
    """A sum without one phase would be a wrong one."""
    rig = await make_rig(generation)
    rig.sim.fault(fault)
    snapshot = await rig.read()
    assert snapshot.power_w is None
    assert snapshot.error == error


@BOTH
async def test_only_one_channel_in_the_answer(
    make_rig: MakeRig, generation: Generation
) -> None:
    """Each role for itself."""
    rig = await make_rig(generation, options=TWO_ROLES)
    rig.sim.fault(Fault.MISSING)
    assert (await rig.read()).power_w == 620
    assert (await rig.meter("solar").refresh()).error == "channel_missing"


@BOTH
async def test_no_voltage(make_rig: MakeRig, generation: Generation) -> None:
    """Nothing is divided by zero, and nothing is made up."""
    rig = await make_rig(generation)
    rig.sim.fault(Fault.NO_VOLTAGE)
    rig.sim.fault(Fault.NO_POWER_FACTOR)
    snapshot = await rig.read()
    assert snapshot.voltages_v == (None, None, None)
    assert snapshot.currents_a[0] == pytest.approx(620 / 0.95 / 230, abs=0.01)


@BOTH
async def test_counters_that_are_not_known(
    make_rig: MakeRig, generation: Generation
) -> None:
    """-1 or null, and they come back."""
    rig = await make_rig(generation, faults=[Fault.NO_COUNTERS])
    assert (await rig.read()).lifetime_energy_kwh is None
    assert Measurement.LIFETIME_ENERGY not in rig.meter().capabilities.measures
    rig.sim.clear()
    assert (await rig.read()).lifetime_energy_kwh is not None
    assert rig.changes == 1


@BOTH
async def test_a_frozen_measurement_looks_fresh(
    make_rig: MakeRig, generation: Generation
) -> None:
    """It reports on; that it does not move, only the site can see."""
    rig = await make_rig(generation)
    rig.sim.fault(Fault.FREEZE)
    rig.watts[0] = 3000.0
    snapshot = await rig.read(after_s=30)
    assert snapshot.power_w == 620
    assert snapshot.measured_at == rig.clock.now()


@BOTH
async def test_a_device_that_hangs_is_not_fresh(
    make_rig: MakeRig, generation: Generation
) -> None:
    """Its own clock stands: whatever it answers is old."""
    rig = await make_rig(generation)
    await rig.read()
    rig.sim.fault(Fault.HANG)
    measured_at = rig.clock.now()
    for _ in range(9):
        await rig.read()
    assert (await rig.read()).measured_at == measured_at
    rig.sim.clear()
    snapshot = await rig.read()
    assert snapshot.measured_at == rig.clock.now()


async def test_the_same_second_twice_is_still_fresh(make_rig: MakeRig) -> None:
    """Uptimes are whole seconds, and clocks drift."""
    rig = await make_rig()
    await rig.read(after_s=1)
    snapshot = await rig.read(after_s=0.9)
    assert snapshot.measured_at == rig.clock.now()


@BOTH
async def test_a_restart(make_rig: MakeRig, generation: Generation) -> None:
    """Seconds without answers, counters from 0, the same device."""
    rig = await make_rig(generation, watts=[3600.0, 0.0])
    before = await rig.read(after_s=1000)
    rig.sim.fault(Fault.REBOOT)
    with pytest.raises(ConnectionFailed):
        await rig.read()
    after = await rig.read(after_s=6)
    assert after.power_w == 3600
    assert before.lifetime_energy_kwh is not None
    assert after.lifetime_energy_kwh is not None
    assert after.lifetime_energy_kwh < before.lifetime_energy_kwh
    assert after.started_at is not None and before.started_at is not None
    assert after.started_at > before.started_at
    # Who it is was asked again: a restart is how a new firmware begins.
    assert [request.path for request in rig.sim.requests].count("/shelly") == 2


async def test_identity(make_rig: MakeRig) -> None:
    """Model and firmware as the device tells, the role in name and serial."""
    rig = await make_rig()
    identity = rig.meter().identity
    assert identity.name == "Shelly EM grid"
    assert identity.model_id == "SHEM"
    assert identity.firmware == "1.14.0"
    later = await make_rig(Generation.EM1)
    assert later.meter().identity.model == "Shelly EM Gen3"
    assert (await later.read()).signal_dbm == -58
