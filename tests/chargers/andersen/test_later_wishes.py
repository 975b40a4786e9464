"""Hold that a person's later wish wins: what they lock or switch meanwhile is neither forgotten nor fought."""

import asyncio
from datetime import time as time_of_day

import pytest

from custom_components.busbar.chargers.andersen.charger import AndersenCharger
from custom_components.busbar.chargers.errors import Rejected
from custom_components.busbar.chargers.model import ScheduleChange
from simulators.andersen import Fault

from .conftest import Rig, shown, until
from .restoring import enabled, finished, record, scheduled

PUT_BACK = [False, True, False, True, False]


async def settled(rig: Rig, charger: AndersenCharger, seconds: float = 1500) -> None:
    """Let time pass, with what is done in the background."""
    ends_at = rig.time.now() + seconds
    while rig.time.now() < ends_at:
        await until(lambda: rig.time.is_pausing(60) or not charger._keeper.is_busy)
        await rig.later(charger, 60)


async def restored(rig: Rig, charger: AndersenCharger) -> None:
    """Put back, and wait until that is proven."""
    await charger.run_command("restore_schedule")
    await finished(rig, charger)


async def test_a_lock_on_its_way_is_put_back(rig: Rig) -> None:
    """It was a person's wish before they charged, whether or not it has come into effect."""
    charger = await scheduled(rig)
    await charger.set_locked(True)
    await charger.run_command("charge_now")
    await rig.later(charger, 300)
    assert not rig.wall.user_lock
    await restored(rig, charger)
    assert rig.wall.user_lock
    assert shown(charger).values["lock_origin"] == "busbar"


async def test_an_unlocking_on_its_way_is_remembered(rig: Rig) -> None:
    """It still shows locked, and will not be so."""
    charger = await scheduled(rig, is_locked=True)
    await charger.set_locked(False)
    await charger.run_command("charge_now")
    await rig.later(charger, 300)
    await restored(rig, charger)
    assert not rig.wall.user_lock


async def test_a_slot_on_its_way_is_put_back(rig: Rig) -> None:
    """With the times that it was to get, not with those that it still shows."""
    charger = await scheduled(rig)
    key = (shown(charger).schedule or ())[2].key
    change = ScheduleChange(key=key, enabled=True, start=time_of_day(4, 15))
    await charger.set_schedule([change])
    await charger.run_command("charge_now")
    await charger.run_command("restore_schedule")
    await finished(rig, charger)
    assert enabled(rig) == [False, True, True, True, False]
    kept = rig.wall.slots.wire()[2]
    assert (kept["startHour"], kept["startMinute"]) == (4, 15)


@pytest.mark.parametrize("is_locked", [True, False])
async def test_a_lock_between_two_charge_nows_counts(rig: Rig, is_locked: bool) -> None:
    """And an unlocking likewise: the record is not older than the wish."""
    charger = await scheduled(rig, is_locked=not is_locked)
    await charger.run_command("charge_now")
    await rig.later(charger, 300)
    await charger.set_locked(is_locked)
    await rig.later(charger, 300)
    await charger.run_command("charge_now")
    await rig.later(charger, 300)
    assert not rig.wall.user_lock
    await restored(rig, charger)
    assert rig.wall.user_lock is is_locked
    assert enabled(rig) == PUT_BACK


async def test_a_lock_that_was_refused_leaves_the_record(rig: Rig) -> None:
    """What is to be put back is what it was."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("charge_now")
    await rig.later(charger, 300)
    before = record(rig)
    await rig.cloud.fault(Fault.COMMANDS_FAIL)
    with pytest.raises(Rejected):
        await charger.set_locked(False)
    with pytest.raises(Rejected):
        await charger.run_command("disable_schedules")
    await rig.cloud.fault(Fault.COMMANDS_FAIL, on=False)
    assert record(rig) == before


async def test_an_unlocking_while_it_is_put_back_is_not_fought(rig: Rig) -> None:
    """The schedule comes back, the lock does not."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("charge_now")
    await rig.later(charger, 300)
    await charger.run_command("restore_schedule")
    await charger.set_locked(False)
    await finished(rig, charger)
    await settled(rig, charger)
    assert not rig.wall.user_lock
    assert enabled(rig) == PUT_BACK
    assert rig.sent().count("userLock") == 1


async def test_switching_off_while_it_is_put_back_is_not_fought(rig: Rig) -> None:
    """It can still be put back, once that is asked for again."""
    charger = await scheduled(rig)
    await charger.run_command("charge_now")
    await rig.later(charger, 300)
    await charger.run_command("restore_schedule")
    await charger.run_command("disable_schedules")
    await settled(rig, charger)
    assert enabled(rig) == [False] * 5
    await restored(rig, charger)
    assert enabled(rig) == PUT_BACK


async def test_the_lock_is_put_back_though_the_schedule_is_not(rig: Rig) -> None:
    """They are two wishes."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("charge_now")
    await rig.later(charger, 300)
    await rig.cloud.fault(Fault.IGNORES_COMMANDS)
    await charger.run_command("restore_schedule")
    await rig.cloud.fault(Fault.IGNORES_COMMANDS, on=False)
    await charger.run_command("disable_schedules")
    await settled(rig, charger)
    assert rig.wall.user_lock
    assert enabled(rig) == [False] * 5
    assert record(rig) is None


async def test_a_refusal_does_not_undo_what_was_marked_meanwhile(rig: Rig) -> None:
    """A look that ends, or a restart, marks the record without waiting for its turn."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("charge_now")
    await rig.later(charger, 300)
    await rig.cloud.fault(Fault.COMMANDS_FAIL)
    locking = asyncio.ensure_future(charger.set_locked(True))
    await until(lambda: charger._reports.sending is not None)
    charger._commander.begin_closing()
    with pytest.raises(Rejected):
        await locking
    stored = record(rig)
    assert stored is not None
    assert (stored["phase"], stored["user_lock"]) == ("closing", True)
