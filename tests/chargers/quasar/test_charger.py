"""Show what a Quasar says of itself."""

import pytest

from custom_components.busbar.chargers.model import (
    Charger,
    ChargerStatus,
    HasSettings,
    Limit,
    Locks,
    Pauses,
    ReleasesControl,
    SetsCurrent,
)
from simulators.quasar import Fault

from .conftest import MakeRig, Rig


async def test_abilities(rig: Rig) -> None:
    """By protocol, and one phase."""
    for protocol in (Charger, SetsCurrent, Pauses, Locks, HasSettings, ReleasesControl):
        assert isinstance(rig.charger, protocol)
    assert isinstance(rig.connection, ReleasesControl)
    assert rig.charger.capabilities.phases == {1}
    assert rig.charger.capabilities.write_budget.volatile


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (0, ChargerStatus.DISCONNECTED),
        (1, ChargerStatus.CHARGING),
        (2, ChargerStatus.SUSPENDED_BY_VEHICLE),
        (3, ChargerStatus.SUSPENDED_BY_CHARGER),
        (4, ChargerStatus.PAUSED),
        (5, ChargerStatus.PAUSED),
        (6, ChargerStatus.DISCONNECTED),
        (7, ChargerStatus.OUT_OF_SERVICE),
        (8, ChargerStatus.SUSPENDED_BY_CHARGER),
        (9, ChargerStatus.ERROR),
        (10, ChargerStatus.SUSPENDED_BY_CHARGER),
        (11, ChargerStatus.DISCHARGING),
        (42, None),
    ],
)
async def test_every_state(rig: Rig, state: int, status: ChargerStatus | None) -> None:
    """Unknown ones are unknown and do not raise."""
    rig.sim.machine.forced_state = state
    await rig.poll()
    assert rig.snapshot.status is status
    assert rig.snapshot.raw_status == str(state)
    assert ("charger_state" in rig.snapshot.values) is (state != 42)
    foreign = "vendor_schedule" if state == 3 else None
    assert rig.snapshot.foreign_control == foreign


async def test_a_stop_of_ours_is_no_pause_of_a_person(ours: Rig) -> None:
    """The register shows the same for both; only one of them keeps a site from starting it again."""
    await ours.charger.set_current(10)
    await ours.run(30)
    await ours.charger.set_current(0)
    await ours.run(30)
    assert ours.snapshot.raw_status == "4"
    assert ours.snapshot.status is ChargerStatus.SUSPENDED_BY_CHARGER
    await ours.charger.set_charging(False)
    await ours.poll()
    assert ours.snapshot.status is ChargerStatus.PAUSED


@pytest.mark.parametrize(
    ("errors", "error", "word"),
    [
        ((0x0001_0000, 0), "unrecoverable_error", "00010000"),
        ((0, 0x8000_0001), "recoverable_error", "80000001"),
    ],
)
async def test_error_words(
    rig: Rig, errors: tuple[int, int], error: str, word: str
) -> None:
    """Raw, for nobody knows the bits; an error once they last a minute."""
    rig.sim.machine.errors = errors
    await rig.poll()
    assert rig.snapshot.error == "none"
    key = "unrecoverable_errors" if errors[0] else "recoverable_errors"
    assert rig.snapshot.values[key] == word
    await rig.run(65)
    assert rig.snapshot.error == error
    assert rig.snapshot.status is ChargerStatus.ERROR
    assert error in rig.charger.capabilities.error_keys


async def test_idle_draw_and_limits(rig: Rig) -> None:
    """Thirteen watts, thirty-two amperes."""
    snapshot = rig.snapshot
    assert snapshot.power_w == 13
    assert snapshot.currents_a == (0.06, 0, 0)
    assert snapshot.voltages_v == (230, None, None)
    assert snapshot.limits == (Limit(key="installation", current_a=32),)
    assert snapshot.values["available_power"] == 7360
    assert snapshot.measured_at == snapshot.received_at
    assert snapshot.phases == 1
    assert "efficiency" not in snapshot.values


async def test_reactive_current_counts(rig: Rig) -> None:
    """Where the register shows clearly more than the power explains, the larger is taken."""
    await rig.plug()
    await rig.run(30)
    rig.sim.image.current_offset_a = 4
    await rig.poll()
    current_a, _, _ = rig.snapshot.currents_a
    power_w = rig.snapshot.power_w
    assert current_a is not None and power_w is not None
    assert current_a == pytest.approx(power_w / 230 + 4, abs=0.6)


async def test_efficiency_charging_and_not_turning(charging: Rig) -> None:
    """DC over AC; nothing while the signs disagree, as in a ramp through zero."""
    assert charging.snapshot.values["efficiency"] == pytest.approx(88, abs=2)
    assert charging.snapshot.values["dc_voltage"] == pytest.approx(362.5, abs=1)
    assert charging.number("dc_current") > 0


async def test_energies_are_estimated_and_kept(charging: Rig, connect: object) -> None:
    """Stored now and then, and at the end; no counter of the charger's stands behind them."""
    assert callable(connect)
    await charging.run(900)
    told = charging.snapshot.values["estimated_charged_energy"]
    assert told == pytest.approx(charging.sim.machine.charged_kwh, abs=0.02)
    assert charging.state["charged_kwh"] > 0.4
    await charging.charger.set_current(0)
    await charging.run(10)
    assert charging.state["charged_kwh"] == pytest.approx(
        charging.sim.machine.charged_kwh, abs=0.02
    )
    await charging.connection.close()
    again = connect(charging.sim, state=charging.state)
    await again.connection.open()
    assert again.snapshot.values["estimated_charged_energy"] >= told


async def test_a_frozen_reading_is_passed_on(charging: Rig) -> None:
    """Whether it is one, the site sees: here it looks like a steady charge."""
    charging.fault(Fault.FROZEN)
    await charging.charger.set_current(0)
    await charging.run(12)
    assert charging.snapshot.power_w == 2300
    assert charging.snapshot.confirmed_a == 0


async def test_a_charger_that_reads_nothing_yet(make_rig: MakeRig) -> None:
    """Just started, limits and voltage are 0: nothing is divided by that."""
    rig = await make_rig(available_a=0, voltage_v=0.0)
    assert rig.charger.capabilities.full_current_a == 32
    assert rig.snapshot.currents_a[0] is not None


async def test_leaving(rig: Rig) -> None:
    """Nobody is told any more."""
    heard: list[object] = []
    leave = rig.charger.subscribe(heard.append, heard.append)
    stop = rig.connection.on_change(lambda: heard.append("change"))
    leave()
    stop()
    await rig.poll()
    await rig.charger.set_control(allowed=True)
    assert heard == []


async def test_before_opening(make_rig: MakeRig) -> None:
    """There is no charger yet; closing twice is no mistake."""
    rig = await make_rig()
    await rig.connection.close()
    await rig.connection.close()
