"""Hold "always restores": whatever was changed for a while is put back, whatever happens."""

from datetime import time

import pytest

from custom_components.busbar.chargers.errors import ConnectionFailed, Rejected
from custom_components.busbar.chargers.model import ScheduleChange
from simulators.andersen import Fault
from simulators.world import Car, CarSpec

from .conftest import Rig, until
from .restoring import enabled, finished, reborn, record, scheduled


@pytest.mark.parametrize("is_locked", [True, False])
async def test_charge_now_and_restore(rig: Rig, is_locked: bool) -> None:
    """Unlock and switch the schedule off; then lock and slots as they were (5.2, 8)."""
    charger = await scheduled(rig, is_locked=is_locked)
    rig.wall.plug_in(Car(CarSpec(phases=1)))
    await charger.run_command("charge_now")
    assert rig.sent() == ["setAllSchedulesDisabled", "userUnlock"]
    assert record(rig) == {
        "phase": "held",
        "user_lock": is_locked,
        "is_ours": False,
        "enabled": {
            "sch0": False,
            "sch1": True,
            "sch2": False,
            "sch3": True,
            "sch4": False,
        },
    }
    snapshot = await rig.later(charger, 240)
    assert rig.wall.power_w > 0
    assert snapshot.charging_released is True
    assert snapshot.values["schedule_restore_pending"] is True
    await charger.run_command("restore_schedule")
    await finished(rig, charger)
    assert enabled(rig) == [False, True, False, True, False]
    assert rig.wall.user_lock is is_locked
    assert rig.wall.power_w == 0
    assert record(rig) is None


async def test_a_restart_in_between_changes_nothing(rig: Rig) -> None:
    """What was held on purpose stays so until somebody asks; the record survives."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("charge_now")
    await rig.later(charger, 240)
    again = await reborn(rig)
    assert not again._keeper.is_busy
    assert not rig.wall.is_locked
    await again.run_command("restore_schedule")
    await finished(rig, again)
    assert enabled(rig) == [False, True, False, True, False]
    assert rig.wall.user_lock


async def test_restored_at_once_what_was_not_applied_yet(rig: Rig) -> None:
    """That the slots still look as they were proves nothing: the switch-off is on its way."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("charge_now")
    await charger.run_command("restore_schedule")
    assert rig.sent()[-2:] == ["userLock", "setSchedules"]
    rig.wall.publish()
    snapshot = await charger.refresh()
    assert snapshot.values["schedule_restore_pending"] is True
    await finished(rig, charger)
    assert enabled(rig) == [False, True, False, True, False]
    assert rig.wall.user_lock


async def test_a_second_charge_now_keeps_the_first_record(rig: Rig) -> None:
    """Otherwise "as it was" would be "all off"."""
    charger = await scheduled(rig)
    await charger.set_charging(True)
    await rig.later(charger, 240)
    await charger.set_charging(True)
    stored = record(rig)
    assert stored is not None
    assert stored["enabled"] == {
        "sch0": False,
        "sch1": True,
        "sch2": False,
        "sch3": True,
        "sch4": False,
    }


async def test_nothing_to_open_is_nothing_to_restore(rig: Rig) -> None:
    """Unlocked and without a schedule nothing is written."""
    charger = await rig.charger()
    await charger.run_command("charge_now")
    assert rig.cloud.commands == []
    with pytest.raises(Rejected, match="nothing was changed"):
        await charger.run_command("restore_schedule")


async def test_stop_locks_and_puts_the_schedule_back(rig: Rig) -> None:
    """The other end of the charging switch."""
    charger = await scheduled(rig)
    await charger.set_charging(True)
    await rig.later(charger, 240)
    await charger.set_charging(False)
    await finished(rig, charger)
    assert rig.wall.user_lock
    assert enabled(rig) == [False, True, False, True, False]


async def test_stop_without_a_record_only_locks(rig: Rig) -> None:
    """There is nothing to put back."""
    charger = await rig.charger()
    await charger.set_charging(False)
    assert rig.sent() == ["userLock"]


async def test_disable_and_restore_leave_the_lock_alone(rig: Rig) -> None:
    """Two buttons for the schedule."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("disable_schedules")
    await charger.run_command("disable_schedules")
    await rig.later(charger, 240)
    assert enabled(rig) == [False] * 5
    await charger.run_command("restore_schedule")
    await finished(rig, charger)
    assert enabled(rig) == [False, True, False, True, False]
    assert set(rig.sent()) == {"setAllSchedulesDisabled", "setSchedules"}


async def test_charge_now_after_disabling_remembers_the_lock_too(rig: Rig) -> None:
    """The record of the schedule is kept, the lock is added."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("disable_schedules")
    await rig.later(charger, 240)
    await charger.run_command("charge_now")
    assert rig.sent()[-1] == "userUnlock"
    stored = record(rig)
    assert stored is not None
    assert stored["user_lock"] is True


async def test_a_slot_that_a_person_edits_meanwhile_is_as_they_want_it(
    rig: Rig,
) -> None:
    """Their newer choice wins over the record."""
    charger = await scheduled(rig)
    await charger.run_command("charge_now")
    await rig.later(charger, 240)
    await charger.set_schedule([ScheduleChange(key="schedule_2", enabled=False)])
    await charger.set_schedule([ScheduleChange(key="schedule_4", start=time(1))])
    await rig.later(charger, 240)
    await charger.run_command("restore_schedule")
    await finished(rig, charger)
    assert enabled(rig) == [False, False, False, True, False]
    assert rig.wall.slots.wire()[3]["startHour"] == 1


@pytest.mark.parametrize("fault", [Fault.COMMANDS_FAIL, Fault.COMMANDS_LOST])
async def test_half_a_charge_now_is_taken_back(rig: Rig, fault: Fault) -> None:
    """The error is raised, and everything is put back as soon as it can be."""
    charger = await scheduled(rig, is_locked=True)
    await rig.cloud.fault(fault)
    with pytest.raises((Rejected, ConnectionFailed)):
        await charger.run_command("charge_now")
    stored = record(rig)
    assert stored is not None
    assert stored["phase"] == "closing"
    await rig.cloud.fault(fault, on=False)
    await finished(rig, charger)
    assert enabled(rig) == [False, True, False, True, False]
    assert rig.wall.user_lock


async def test_a_crash_while_opening_is_taken_back_at_the_next_start(rig: Rig) -> None:
    """The record is stored before the first write."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("charge_now")
    await rig.later(charger, 240)
    stored = record(rig)
    assert stored is not None
    phases = [
        kept["phase"]
        for state in rig.saved
        if (
            kept := state.get("chargers", {}).get(rig.wall.device_id, {}).get("restore")
        )
    ]
    assert phases[0] == "opening"
    stored["phase"] = "opening"
    again = await reborn(rig)
    await finished(rig, again)
    assert rig.wall.user_lock
    assert enabled(rig) == [False, True, False, True, False]


async def test_restoring_waits_for_a_charger_that_is_away(rig: Rig) -> None:
    """With growing pauses; nothing is queued in the cloud meanwhile."""
    charger = await scheduled(rig)
    await charger.run_command("charge_now")
    await rig.later(charger, 240)
    await rig.cloud.fault(Fault.OFFLINE)
    with pytest.raises(Rejected, match="offline"):
        await charger.run_command("restore_schedule")
    before = len(rig.cloud.commands)
    for pause_s in (30, 60, 120):
        await rig.time.follow(pause_s)
    assert len(rig.cloud.commands) == before
    await rig.cloud.fault(Fault.OFFLINE, on=False)
    await rig.time.follow(900)
    await finished(rig, charger)
    assert enabled(rig) == [False, True, False, True, False]


async def test_what_is_ignored_is_sent_again_a_few_times(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """Then it is left for the next start: somebody else may want it otherwise."""
    charger = await scheduled(rig)
    await charger.run_command("charge_now")
    await rig.later(charger, 240)
    await rig.cloud.fault(Fault.IGNORES_COMMANDS)
    await charger.run_command("restore_schedule")
    while charger._keeper.is_busy:
        await rig.time.advance(60)
        await until(lambda: rig.time.is_pausing(60) or not charger._keeper.is_busy)
    assert rig.sent().count("setSchedules") == 3
    assert "could not be put back" in caplog.text
    assert record(rig) is not None
    await rig.cloud.fault(Fault.IGNORES_COMMANDS, on=False)
    again = await reborn(rig)
    await finished(rig, again)
    assert enabled(rig) == [False, True, False, True, False]


async def test_charge_now_ends_a_restoring_that_is_under_way(rig: Rig) -> None:
    """The newest wish of a person wins; the record stays the same."""
    charger = await scheduled(rig)
    await charger.run_command("charge_now")
    await rig.later(charger, 240)
    await charger.run_command("restore_schedule")
    await charger.run_command("charge_now")
    await until(lambda: rig.time.is_pausing(60))
    await rig.time.advance(60)
    await until(lambda: not charger._keeper.is_busy)
    await rig.later(charger, 300)
    assert enabled(rig) == [False] * 5
    stored = record(rig)
    assert stored is not None
    assert stored["phase"] == "held"


async def test_refused_credentials_end_restoring_until_the_next_start(rig: Rig) -> None:
    """A person must act first; the record waits."""
    charger = await scheduled(rig)
    await charger.run_command("charge_now")
    await rig.later(charger, 240)
    charger._client._auth._password = None
    await rig.cloud.fault(Fault.REVOKE_REFRESH)
    await rig.cloud.fault(Fault.TOKEN_REFUSED)
    await rig.time.advance(400)
    charger._commander.begin_closing()
    charger._keeper.follow()
    await until(lambda: not charger._keeper.is_busy)
    assert record(rig) is not None


async def test_proof_is_waited_for_through_an_outage(rig: Rig) -> None:
    """A poll that fails is not the end of it."""
    charger = await scheduled(rig)
    await charger.run_command("charge_now")
    await rig.later(charger, 240)
    await charger.run_command("restore_schedule")
    await rig.cloud.fault(Fault.SERVER_ERROR)
    await rig.time.follow(60)
    await until(lambda: rig.time.is_pausing(60))
    await rig.cloud.fault(Fault.SERVER_ERROR, on=False)
    await finished(rig, charger)
    assert enabled(rig) == [False, True, False, True, False]


async def test_what_cannot_be_put_back_is_not_changed(rig: Rig) -> None:
    """A schedule or a lock that is not shown could not be restored."""
    charger = await rig.charger()
    await rig.cloud.fault(Fault.NULLS)
    with pytest.raises(Rejected, match="does not say whether it is locked"):
        await charger.run_command("charge_now")
    with pytest.raises(Rejected, match="does not show its schedule"):
        await charger.run_command("disable_schedules")
    assert rig.cloud.commands == []


async def test_release_puts_back_what_it_can(rig: Rig) -> None:
    """When the entry is removed; out of reach is no error."""
    charger = await scheduled(rig)
    await charger.run_command("charge_now")
    await rig.cloud.fault(Fault.SERVER_ERROR)
    await charger.release()
    await rig.cloud.fault(Fault.SERVER_ERROR, on=False)
    await charger.release()
    assert rig.sent()[-1] == "setSchedules"
