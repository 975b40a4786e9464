"""Hold commands to their proof: pending until a report shows them, then confirmed or given up."""

import asyncio
from datetime import time as time_of_day

import pytest

from custom_components.busbar.chargers.errors import (
    ConnectionFailed,
    RateLimited,
    Rejected,
    Unsupported,
)
from custom_components.busbar.chargers.model import (
    ChargerStatus,
    ScheduleChange,
    Snapshot,
)
from simulators.andersen import Fault

from .conftest import Rig, shown, until


def result(snapshot: Snapshot) -> tuple[str, object]:
    """Return how the last command ended, and which it was."""
    occurrence = snapshot.occurrences["command_result"]
    return occurrence.kind, occurrence.details["command"]


def _chargers(rig: Rig) -> dict[str, object]:
    return {"chargers": rig.state["chargers"]}


async def test_a_lock_is_pending_until_the_report_proves_it(rig: Rig) -> None:
    """1 to 2.5 minutes; the cloud's `null` proves nothing (4.2, 5.4)."""
    charger = await rig.charger()
    await charger.set_locked(True)
    assert rig.sent() == ["userLock"]
    before = shown(charger)
    assert before.values["pending_command"] == "lock"
    assert before.is_locked is False
    assert (before.commanded_a, before.confirmed_a) == (0.0, 32.0)
    assert before.is_confirmed is False
    assert "command_result" not in before.occurrences
    after = await rig.later(charger, 180)
    assert after.values["pending_command"] == "none"
    assert after.is_locked is True
    assert after.is_confirmed is True
    assert result(after) == ("confirmed", "lock")
    assert after.status is ChargerStatus.OUT_OF_SERVICE
    assert after.vehicle_connected is None
    assert after.charging_released is False
    assert after.limiting is not None
    assert (after.limiting.key, after.limiting.is_ours) == ("lock", True)
    assert after.offered_a == 0


async def test_a_command_that_is_ignored_is_given_up(rig: Rig) -> None:
    """Five minutes, then a clear end; the worst is counted all the while."""
    charger = await rig.charger()
    await rig.cloud.fault(Fault.IGNORES_COMMANDS)
    await charger.set_locked(True)
    during = await rig.later(charger, 240)
    assert during.values["pending_command"] == "lock"
    after = await rig.later(charger, 120)
    assert result(after) == ("given_up", "lock")
    assert after.values["pending_command"] == "none"
    assert (after.confirmed_a, after.is_confirmed) == (32.0, False)


async def test_giving_up_needs_no_answer_of_the_cloud(rig: Rig) -> None:
    """An outage does not keep a command pending for ever."""
    charger = await rig.charger()
    await rig.cloud.fault(Fault.IGNORES_COMMANDS)
    await charger.set_locked(True)
    await rig.cloud.fault(Fault.SERVER_ERROR)
    await rig.time.advance(301)
    with pytest.raises(ConnectionFailed):
        await charger.refresh()
    assert result(shown(charger)) == ("given_up", "lock")


async def test_an_older_contrary_command_keeps_the_newer_one_in_doubt(rig: Rig) -> None:
    """Locked, unlock sent, lock sent: that it still shows locked proves nothing yet."""
    rig.wall.user_lock = True
    rig.wall.command_latency_s = 60
    rig.wall.publish()
    charger = await rig.charger()
    await charger.set_locked(False)
    await rig.time.advance(10)
    await charger.set_locked(True)
    rig.wall.publish()
    snapshot = await charger.refresh()
    assert snapshot.values["pending_command"] == "lock"
    assert snapshot.is_confirmed is False
    assert (snapshot.commanded_a, snapshot.confirmed_a) == (0, 32)
    after = await rig.later(charger, 240)
    assert result(after) == ("confirmed", "lock")
    assert after.is_confirmed is True


async def test_the_lock_of_others_is_told_from_ours(rig: Rig) -> None:
    """A loop opens only what it closed itself."""
    charger = await rig.charger()
    assert shown(charger).values["lock_origin"] == "unlocked"
    await charger.set_locked(True)
    assert rig.state["chargers"][rig.wall.device_id]["locked_by_us"] is True
    assert (await rig.later(charger, 180)).values["lock_origin"] == "busbar"
    reborn = await rig.charger({**rig.remembered(), **_chargers(rig)})
    assert shown(reborn).values["lock_origin"] == "busbar"
    rig.wall.user_lock = False
    assert (await rig.later(charger, 120)).values["lock_origin"] == "unlocked"
    rig.wall.user_lock = True
    snapshot = await rig.later(charger, 120)
    assert snapshot.values["lock_origin"] == "elsewhere"
    assert snapshot.limiting is not None
    assert not snapshot.limiting.is_ours


async def test_locking_what_the_owner_locked_does_not_make_it_ours(rig: Rig) -> None:
    """It was closed before we came."""
    rig.wall.user_lock = True
    rig.wall.publish()
    charger = await rig.charger()
    await charger.set_locked(True)
    assert (await rig.later(charger, 180)).values["lock_origin"] == "elsewhere"


async def test_the_lock_of_the_schedule_is_no_lock_to_rely_on(rig: Rig) -> None:
    """It opens by itself when its window comes, so it confirms nothing."""
    slot = {**rig.wall.slots.wire()[0], "enabled": True}
    rig.wall.slots.write({"sch0": slot})
    rig.wall.publish()
    charger = await rig.charger()
    snapshot = shown(charger)
    assert snapshot.status is ChargerStatus.SUSPENDED_BY_CHARGER
    assert snapshot.vehicle_connected is None
    assert snapshot.is_locked is False
    assert snapshot.values["locked_by_schedule"] is True
    assert (snapshot.offered_a, snapshot.confirmed_a) == (0.0, 32.0)
    assert snapshot.limiting is not None
    assert snapshot.limiting.key == "schedule"


async def test_offline_commands_are_refused(rig: Rig) -> None:
    """The cloud would queue them behind a person's back (5.4)."""
    charger = await rig.charger()
    await rig.cloud.fault(Fault.OFFLINE)
    change = ScheduleChange(key="schedule_1", enabled=True)
    for work in (
        charger.set_locked(True),
        charger.set_charging(True),
        charger.set_charging(False),
        charger.set_schedule([change]),
        charger.set_value("solar_override", True),
        charger.run_command("disable_schedules"),
        charger.run_command("reset_residual_current_monitor"),
        charger.run_command("check_vehicle"),
    ):
        with pytest.raises(Rejected, match="offline"):
            await work
    assert rig.cloud.commands == []
    snapshot = shown(charger)
    assert snapshot.values["online"] is False
    assert snapshot.confirmed_a is None
    assert snapshot.status is None
    assert snapshot.power_w is None
    assert snapshot.offered_a is None
    assert snapshot.vehicle_connected is None


async def test_a_command_whose_answer_was_lost_counts_as_sent(rig: Rig) -> None:
    """It may have been taken: pending, and raised to whoever asked."""
    charger = await rig.charger()
    await rig.cloud.fault(Fault.COMMANDS_LOST)
    with pytest.raises(ConnectionFailed):
        await charger.set_locked(True)
    await rig.cloud.fault(Fault.COMMANDS_LOST, on=False)
    assert shown(charger).values["pending_command"] == "lock"
    assert result(await rig.later(charger, 180)) == ("confirmed", "lock")


async def test_a_refused_command_is_not_pending(rig: Rig) -> None:
    """The cloud heard it and did not take it."""
    charger = await rig.charger()
    await rig.cloud.fault(Fault.COMMANDS_FAIL)
    with pytest.raises(Rejected):
        await charger.set_locked(True)
    assert shown(charger).values["pending_command"] == "none"


async def test_edit_one_slot_and_only_this_one_changes(rig: Rig) -> None:
    """Whole slots, read first; slots left out are untouched (5.3)."""
    charger = await rig.charger()
    rig.wall.schedule_names[2] = "Cheap hours"
    before = rig.wall.slots.wire()
    change = ScheduleChange(
        key="schedule_3",
        start=time_of_day(23, 30),
        end=time_of_day(5, 30),
        weekdays=frozenset({0, 4}),
        enabled=True,
    )
    told = await charger.set_schedule([change])
    assert shown(charger).values["pending_command"] == "schedule"
    snapshot = await rig.later(charger, 180)
    after = rig.wall.slots.wire()
    assert [after[i] for i in (0, 1, 3, 4)] == [before[i] for i in (0, 1, 3, 4)]
    assert after[2]["dayMap"]["friday"] is True
    assert after[2]["dayMap"]["sunday"] is False
    assert None not in after[2].values()
    assert snapshot.schedule == told
    assert told[2] == change.over(None)
    assert result(snapshot) == ("confirmed", "schedule")
    renamed = await rig.later(charger, 1860)
    assert (renamed.schedule or ())[2].name == "Cheap hours"


async def test_two_edits_are_proven_together(rig: Rig) -> None:
    """The second does not make the first forgotten."""
    charger = await rig.charger()
    await charger.set_schedule([ScheduleChange(key="schedule_1", enabled=True)])
    await charger.set_schedule([ScheduleChange(key="schedule_5", enabled=True)])
    snapshot = await rig.later(charger, 240)
    assert [slot.enabled for slot in snapshot.schedule or ()] == [
        True,
        False,
        False,
        False,
        True,
    ]
    assert result(snapshot) == ("confirmed", "schedule")


async def test_edits_of_one_slot_are_proven_together(rig: Rig) -> None:
    """The second is laid over the first, whose effect is not seen yet."""
    charger = await rig.charger()
    await charger.set_schedule([ScheduleChange(key="schedule_3", start=time_of_day(1))])
    await rig.later(charger, 30)
    told = await charger.set_schedule(
        [ScheduleChange(key="schedule_3", end=time_of_day(5))]
    )
    assert (told[2].start, told[2].end) == (time_of_day(1), time_of_day(5))
    snapshot = await rig.later(charger, 180)
    assert snapshot.schedule == told
    assert result(snapshot) == ("confirmed", "schedule")


async def test_what_the_app_changes_meanwhile_does_not_hide_a_proof(rig: Rig) -> None:
    """Only what was named is waited for."""
    charger = await rig.charger()
    await charger.set_schedule([ScheduleChange(key="schedule_3", start=time_of_day(1))])
    await rig.later(charger, 80)
    rig.wall.slots.write({"sch2": {**rig.wall.slots.wire()[2], "enabled": True}})
    snapshot = await rig.later(charger, 160)
    assert result(snapshot) == ("confirmed", "schedule")


async def test_slots_it_does_not_have(rig: Rig) -> None:
    """Refused before anything is asked or sent."""
    charger = await rig.charger()
    for wrong in (
        ScheduleChange(key="schedule_6", enabled=True),
        ScheduleChange(key="schedule_1", limit_a=10.0),
    ):
        with pytest.raises(Rejected):
            await charger.set_schedule([wrong])
    assert rig.cloud.commands == []


@pytest.mark.parametrize(
    ("key", "value", "argument"),
    [
        ("solar_grid_share", 19.0, {"maxGridChargePercent": 19}),
        ("solar_charge_always", False, {"chargeAlways": False}),
        ("solar_override", True, {"override": True}),
    ],
)
async def test_solar_settings(
    rig: Rig, key: str, value: float | bool, argument: dict[str, int | bool]
) -> None:
    """One at a time, and proven like everything else (8)."""
    charger = await rig.charger()
    await charger.set_value(key, value)
    assert dict(rig.cloud.commands[0].arguments) == argument
    assert shown(charger).values["pending_command"] == "solar"
    snapshot = await rig.later(charger, 180)
    assert snapshot.values[key] == value
    assert result(snapshot) == ("confirmed", "solar")


async def test_settings_and_commands_it_does_not_have(rig: Rig) -> None:
    """Refused in our words."""
    charger = await rig.charger()
    with pytest.raises(Unsupported):
        await charger.set_value("led_brightness", 3)
    with pytest.raises(Unsupported):
        await charger.run_command("reboot")
    with pytest.raises(Rejected):
        await charger.set_value("solar_grid_share", 101)


async def test_a_trip_of_the_residual_current_monitor(rig: Rig) -> None:
    """Its number is not published; the reset clears it (8)."""
    charger = await rig.charger()
    await rig.cloud.fault(Fault.RCM_TRIP)
    snapshot = await rig.later(charger, 120)
    assert (snapshot.error, snapshot.values["fault_code"]) == ("fault_code", 6)
    await charger.run_command("reset_residual_current_monitor")
    assert rig.sent() == ["rcmReset"]
    assert (await rig.later(charger, 180)).error == "none"


async def test_where_nothing_at_all_changes_the_last_report_stands(rig: Rig) -> None:
    """An unchanged value causes no echo: locked before, locked after."""
    rig.wall.user_lock = True
    rig.wall.publish()
    charger = await rig.charger()
    rig.wall.report_period_s = 1e9
    rig.wall._next_report_s = 1e9
    await charger.set_locked(True)
    assert result(await rig.later(charger, 360)) == ("confirmed", "lock")


async def test_an_unlocking_of_a_site_is_followed_to_its_end(rig: Rig) -> None:
    """Not sent again meanwhile; withdrawn where nothing proves it, and then there is a rest."""
    charger = await rig.charger()
    await charger.set_closed(True)
    await rig.later(charger, 180)
    await rig.cloud.fault(Fault.IGNORES_COMMANDS)
    await charger.set_closed(False)
    await rig.later(charger, 240)
    await charger.set_closed(False)
    assert rig.sent() == ["userLock", "userUnlock"]
    await rig.time.advance(60)
    with pytest.raises(RateLimited) as refused:
        await charger.set_closed(False)
    assert refused.value.retry_after_s == 900
    await until(lambda: len(rig.sent()) == 3)
    assert rig.sent()[-1] == "userLock"
    await rig.later(charger, 840)
    with pytest.raises(RateLimited) as refused:
        await charger.set_closed(False)
    assert refused.value.retry_after_s == 60
    assert charger.is_closed
    await rig.cloud.fault(Fault.IGNORES_COMMANDS, on=False)
    await rig.later(charger, 60)
    await charger.set_closed(False)
    await rig.later(charger, 180)
    assert not charger.is_closed


async def test_a_command_that_nobody_waits_for_any_more_counts_as_sent(
    rig: Rig,
) -> None:
    """Whoever gave up waiting cannot know whether it was taken."""
    charger = await rig.charger()
    closing = asyncio.ensure_future(charger.set_closed(True))
    await until(lambda: charger._reports.sending is not None)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert shown(charger).values["pending_command"] == "lock"
    assert charger.is_closed
