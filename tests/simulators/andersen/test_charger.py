"""Hold the simulated charger: lock, slots, latency, reports, a queue in the cloud."""

from datetime import datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from simulators.andersen import AndersenSimulator, Fault, SimulatedCharger
from simulators.andersen.slots import DAYS, Slots, empty_slot
from simulators.world import Car, CarSpec, ManualClock, SharedSupply

from .conftest import EMAIL


def locking(charger: SimulatedCharger) -> None:
    """Send it a lock."""
    charger.take(lambda: charger.run_function("userLock"))


async def test_a_lock_shows_after_one_to_two_and_a_half_minutes(
    cloud: AndersenSimulator, charger: SimulatedCharger
) -> None:
    """The command is on its way first, then the report (5.4)."""
    await cloud.advance(100)
    locking(charger)
    await cloud.advance(35)
    assert not charger.user_lock
    await cloud.advance(10)
    assert charger.user_lock
    assert charger.report["sysUserLock"] is False
    await cloud.advance(90)
    assert charger.report["sysUserLock"] is True
    assert charger.report["evseState"] == 255


async def test_offline_commands_wait_in_the_cloud(
    cloud: AndersenSimulator, charger: SimulatedCharger
) -> None:
    """And come into effect long after."""
    await cloud.fault(Fault.OFFLINE, charger=charger)
    locking(charger)
    await cloud.advance(3600)
    assert not charger.user_lock
    await cloud.fault(Fault.OFFLINE, on=False)
    await cloud.advance(10)
    assert charger.user_lock


async def test_ignored_commands_are_gone(
    cloud: AndersenSimulator, charger: SimulatedCharger
) -> None:
    """Taken by the cloud, never applied."""
    await cloud.fault(Fault.IGNORES_COMMANDS)
    locking(charger)
    await cloud.fault(Fault.IGNORES_COMMANDS, on=False)
    await cloud.advance(3600)
    assert not charger.user_lock


async def test_each_charge_cycle_is_a_session_of_its_own(
    cloud: AndersenSimulator, charger: SimulatedCharger
) -> None:
    """Also within one plug-in; a finished one is a log (7)."""
    charger.plug_in(Car(CarSpec(phases=1, maximum_a=16)))
    await cloud.advance(3600)
    assert charger.session is not None
    first_kwh = charger.session.energy_kwh
    assert first_kwh == pytest.approx(3.68, rel=0.01)
    charger.user_lock = True
    await cloud.advance(60)
    charger.user_lock = False
    await cloud.advance(60)
    assert charger.session.energy_kwh < 0.1
    charger.unplug()
    await cloud.advance(100)
    assert len(charger.logs) == 2
    oldest = charger.logs[-1]
    assert oldest["chargeEnergyTotal"] == oldest["surplusUsedEnergyTotal"]
    assert oldest["uuid"].startswith(f"{charger.device_id}_2026-11-20T12:00:")
    assert charger.report["evseState"] == 1


async def test_it_stands_behind_a_shared_supply(
    cloud: AndersenSimulator, charger: SimulatedCharger, clock: ManualClock
) -> None:
    """Its current is part of the sum."""
    supply = SharedSupply(clock, limit_a=32)
    supply.join(charger)
    charger.plug_in(Car(CarSpec(phases=1, maximum_a=32)))
    await cloud.advance(60)
    assert supply.chargers_a == (32.0, 0.0, 0.0)
    assert supply.maximum_a == (32.0, 0.0, 0.0)


def slot_of(start: int, end: int, *days: str) -> dict[str, Any]:
    """Return an enabled slot between two minutes of the day."""
    return {
        **empty_slot(),
        "startHour": start // 60,
        "startMinute": start % 60,
        "endHour": end // 60,
        "endMinute": end % 60,
        "enabled": True,
        "dayMap": {day: day in days for day in DAYS},
    }


@pytest.mark.parametrize(
    ("moment", "is_blocked"),
    [
        ("2026-11-20T23:45", False),
        ("2026-11-21T05:00", False),
        ("2026-11-21T23:45", True),
        ("2026-11-20T05:00", True),
        ("2026-11-20T12:00", True),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_starts_on(
    moment: str, is_blocked: bool
) -> None:
    """Our reading; it is not documented (5.3)."""
    slots = Slots()
    slots.write({"sch3": slot_of(23 * 60 + 30, 5 * 60 + 30, "friday"), "sch4": None})
    assert slots.blocks(datetime.fromisoformat(moment)) is is_blocked


@given(st.integers(0, 4), st.integers(0, 1439), st.integers(0, 1439))
def test_slots_that_are_not_written_stay(index: int, start: int, end: int) -> None:
    """And what a partial slot leaves out is lost."""
    slots = Slots()
    before = slots.wire()
    slots.write({f"sch{index}": slot_of(start, end)})
    after = slots.wire()
    assert [s for i, s in enumerate(after) if i != index] == [
        s for i, s in enumerate(before) if i != index
    ]
    slots.write({f"sch{index}": {"enabled": True}})
    assert slots.wire()[index]["startHour"] is None
    slots.disable_all()
    assert not slots.blocks(datetime(2026, 11, 20))


async def test_accounts_are_found_by_address(cloud: AndersenSimulator) -> None:
    """Whatever its capitals."""
    assert cloud.cognito.by_email(EMAIL.upper()) is cloud.members[0].account
    assert cloud.cognito.by_email("nobody@example.com") is None
