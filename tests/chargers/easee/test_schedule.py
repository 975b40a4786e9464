"""Translate charge plans to slots and back."""

from datetime import UTC, date, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.easee.plans import _zone
from custom_components.busbar.chargers.easee.schedule import (
    DAYS,
    EVERY_DAY,
    SLOT_KEYS,
    WEEKLY_KEYS,
    LocalTime,
    plan_bodies,
    slots,
)
from custom_components.busbar.chargers.errors import (
    ConnectionFailed,
    Rejected,
    SlotCurrentOutOfRange,
    SlotSkipped,
    Unsupported,
)
from custom_components.busbar.chargers.model import ScheduleChange, ScheduleSlot
from simulators.easee import LONE

from .conftest import Rig

BERLIN = ZoneInfo("Europe/Berlin")
LOCAL = LocalTime(
    name="Europe/Berlin", zone=BERLIN, zones=ZoneInfo, monday=date(2026, 1, 5)
)


NIGHT: dict[str, Any] = {
    "start": time(22),
    "end": time(6),
    "weekdays": EVERY_DAY,
    "enabled": True,
    "limit_a": 16.0,
}


def slot(key: str = "daily", **changes: Any) -> ScheduleSlot:
    """Return a slot with changes."""
    return ScheduleSlot(key=key, **{**NIGHT, **changes})


def change(key: str = "daily", **changes: Any) -> ScheduleChange:
    """Return what makes any slot to `slot` of the same arguments."""
    return ScheduleChange(key=key, **{**NIGHT, **changes})


def answered(bodies: dict[str, dict[str, Any] | None]) -> dict[str, Any]:
    """Return what the cloud answers after these bodies were sent."""
    active = [kind for kind, body in bodies.items() if body and body["enabled"]]
    return {"enabled": active[0] if active else "none", **bodies}


minutes = st.integers(0, 24 * 60 - 1).map(lambda total: time(total // 60, total % 60))


@given(
    start=minutes,
    end=minutes,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    enabled=st.booleans(),
    limit_a=st.integers(6, 32),
)
def test_a_weekly_slot_comes_back_as_it_was(
    start: time, end: time, days: frozenset[int], enabled: bool, limit_a: int
) -> None:
    """Also past midnight, also from Sunday to Monday."""
    values: dict[str, Any] = {
        "start": start,
        "end": end,
        "weekdays": days,
        "enabled": enabled,
        "limit_a": float(limit_a),
    }
    one = change("weekly_1", **values)
    if start == end:
        with pytest.raises(Rejected):
            plan_bodies(None, [one], LOCAL)
        return
    bodies = plan_bodies(None, [one], LOCAL)
    assert slots(answered(bodies), LOCAL) == (slot("weekly_1", **values),)


@given(
    answer=st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    [
                        *("enabled", "daily", "weekly", "periods", "timezone"),
                        *(
                            "startTime",
                            "stopTime",
                            "startDay",
                            "stopDay",
                            "maximumAmps",
                        ),
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_no_answer_ever_raises(answer: Any) -> None:
    """Whatever the cloud says of plans."""
    local = LocalTime(
        name="UTC", zone=UTC, zones=lambda _: UTC, monday=date(2026, 1, 5)
    )
    slots(answer, local)
    plan_bodies(answer, [change()], local)


def test_plans_of_another_zone_are_shown_in_ours() -> None:
    """The library writes UTC; the day may change with the hour."""
    answer = {
        "enabled": "weekly",
        "daily": {
            "timezone": "UTC",
            "periods": [{"startTime": "23:30", "stopTime": "05:00", "maximumAmps": 10}],
        },
        "weekly": {
            "timezone": "UTC",
            "periods": [
                {
                    "startDay": "sunday",
                    "stopDay": "monday",
                    "startTime": "23:30:00",
                    "stopTime": "01:00:00",
                    "maximumAmps": 32,
                }
            ],
        },
    }
    daily, weekly = slots(answer, LOCAL)
    assert (daily.start, daily.end) == (time(0, 30), time(6))
    assert not daily.enabled
    assert weekly.weekdays == {0}
    assert weekly.start == time(0, 30)
    assert weekly.enabled


def test_slots_that_are_not_named_keep_what_they_have() -> None:
    """What no slot can say stays too; more than seven windows do as well."""
    long = {
        "startDay": "monday",
        "stopDay": "thursday",
        "startTime": "08:00:00",
        "stopTime": "09:00:00",
        "maximumAmps": 8,
    }
    many = [
        change(
            f"weekly_{number}", weekdays=frozenset({number - 1}), start=time(8 + number)
        )
        for number in range(1, 8)
    ]
    bodies = plan_bodies(None, many, LOCAL)
    weekly = bodies["weekly"]
    assert weekly is not None
    weekly["periods"] += [
        long,
        {**weekly["periods"][6], "startTime": "17:30:00"},
    ]
    answer = answered(bodies)
    changed = plan_bodies(answer, [change("weekly_2", weekdays=frozenset())], LOCAL)[
        "weekly"
    ]
    assert changed is not None
    assert len(changed["periods"]) == 8
    assert long in changed["periods"]
    assert changed["enabled"] is True
    assert [one.key for one in slots(answer, LOCAL)] == list(WEEKLY_KEYS)


def test_plans_that_the_cloud_cannot_keep_are_refused() -> None:
    """One kind is active at a time, a plan as a whole."""
    for wrong in (
        [change("monthly")],
        [change(weekdays=frozenset({1}))],
        [change(), change("weekly_1")],
        [change("weekly_1"), change("weekly_2", start=time(5), enabled=False)],
        [ScheduleChange(key="weekly_1", start=time(5))],
    ):
        with pytest.raises(Rejected):
            plan_bodies(None, wrong, LOCAL)
    assert plan_bodies(None, [change(weekdays=frozenset())], LOCAL) == {"daily": None}
    body = plan_bodies(None, [change(limit_a=None)], LOCAL)["daily"]
    assert body is not None
    assert body["periods"][0]["maximumAmps"] == 32


async def test_what_was_changed_elsewhere_is_not_undone(rig: Rig) -> None:
    """The plans are read afresh before one is written, and only what is named changes."""
    charger = rig.charger()
    await rig.connection.supervise_once()
    await charger.set_schedule([change()])
    plans = rig.cloud.chargers[LONE].plans
    period = {"startTime": "21:00:00", "stopTime": "05:00:00", "maximumAmps": 10}
    plans.store(
        "daily", {"enabled": True, "timezone": "Europe/Berlin", "periods": [period]}
    )
    told = await charger.set_schedule([ScheduleChange(key="daily", end=time(7))])
    assert told == (slot(start=time(21), end=time(7), limit_a=10.0),)
    assert rig.seen().schedule == told


@pytest.mark.parametrize("limit_a", [500.0, 3.0, 5.9, 32.5, -6.0, float("nan")])
async def test_a_senseless_current_is_refused(rig: Rig, limit_a: float) -> None:
    """Easee would keep it, and charge otherwise than it says."""
    with pytest.raises(SlotCurrentOutOfRange):
        await rig.charger().set_schedule([change(limit_a=limit_a)])
    assert rig.written("schedules") == []


@pytest.mark.parametrize(("limit_a", "sent_a"), [(0.0, 0), (6.0, 6), (31.9, 31)])
def test_currents_of_a_plan(limit_a: float, sent_a: int) -> None:
    """Whole amperes, never more than was asked for; 0 keeps the vehicle from charging."""
    body = plan_bodies(None, [change(limit_a=limit_a)], LOCAL)["daily"]
    assert body is not None
    assert body["periods"][0]["maximumAmps"] == sent_a


def test_slots_are_used_in_order() -> None:
    """A skipped one would come back under another key, and be written a second time instead of again."""
    with pytest.raises(SlotSkipped) as caught:
        plan_bodies(None, [change("weekly_2")], LOCAL)
    assert (caught.value.slot, caught.value.free) == ("weekly_2", "weekly_1")
    first = plan_bodies(None, [change("weekly_1")], LOCAL)
    with pytest.raises(SlotSkipped) as caught:
        plan_bodies(answered(first), [change("weekly_4", start=time(9))], LOCAL)
    assert caught.value.free == "weekly_2"
    changes = [
        change("weekly_1", limit_a=10.0),
        change("weekly_3", start=time(9)),
        change("weekly_2", start=time(12)),
        change("weekly_7", weekdays=frozenset()),
    ]
    bodies = plan_bodies(answered(first), changes, LOCAL)
    assert [one.key for one in slots(answered(bodies), LOCAL)] == [
        "weekly_1",
        "weekly_2",
        "weekly_3",
    ]


LONG = {
    "startDay": "friday",
    "stopDay": "sunday",
    "startTime": "18:00:00",
    "stopTime": "23:30:00",
    "maximumAmps": 16,
}


def test_a_window_over_several_days_moves_with_its_plan() -> None:
    """A plan of another zone is written in ours: as late as before, and never lost."""
    plan = {"timezone": "UTC", "periods": [LONG]}
    answer = {"enabled": "weekly", "daily": None, "weekly": plan}
    body = plan_bodies(answer, [change("weekly_1")], LOCAL)["weekly"]
    assert body is not None
    assert body["timezone"] == "Europe/Berlin"
    assert {
        **LONG,
        "stopDay": "monday",
        "startTime": "19:00:00",
        "stopTime": "00:30:00",
    } in body["periods"]


@pytest.mark.parametrize(
    "changes", [{"startDay": None}, {"stopTime": "late"}, {"stopDay": "x"}]
)
def test_a_window_that_would_be_lost(changes: dict[str, object]) -> None:
    """One that cannot be read is left alone in our zone; in another one nothing is written."""
    period = {**LONG, **changes}
    plan = {"timezone": "Europe/Berlin", "periods": [period]}
    answer = {"enabled": "weekly", "weekly": plan}
    body = plan_bodies(answer, [change("weekly_1")], LOCAL)["weekly"]
    assert body is not None
    assert period in body["periods"]
    plan["timezone"] = "UTC"
    with pytest.raises(Rejected, match="would be lost"):
        plan_bodies(answer, [change("weekly_1")], LOCAL)


async def test_plans_over_the_wire(rig: Rig) -> None:
    """Read, set, enable, disable, delete."""
    charger = rig.charger()
    await rig.connection.supervise_once()
    assert rig.seen().schedule == ()
    assert "daily_plan" not in rig.seen().values
    with pytest.raises(Rejected):
        await charger.set_value("daily_plan", value=True)
    await charger.set_schedule([change()])
    assert rig.seen().schedule == (slot(),)
    assert rig.cloud.chargers[LONE].plans.enabled == "daily"
    await charger.set_value("daily_plan", value=False)
    assert rig.cloud.chargers[LONE].plans.enabled == "none"
    assert rig.seen().schedule == (slot(enabled=False),)
    assert rig.seen().values["daily_plan"] is False
    await charger.set_value("daily_plan", value=True)
    await charger.set_schedule(
        [change(weekdays=frozenset()), change("weekly_1", weekdays=frozenset())]
    )
    assert rig.cloud.chargers[LONE].plans.definitions["daily"] is None
    assert rig.seen().schedule == ()
    assert charger.capabilities.schedule_slots == SLOT_KEYS


async def test_plans_changed_elsewhere_are_read_again(rig: Rig) -> None:
    """The charger reports its active plan; the whole is then asked for."""
    await rig.connection.supervise_once()
    plans = rig.cloud.chargers[LONE].plans
    plans.store(
        "weekly",
        {
            "enabled": True,
            "timezone": "UTC",
            "periods": [
                {
                    "startDay": DAYS[2],
                    "stopDay": DAYS[2],
                    "startTime": "10:00:00",
                    "stopTime": "12:00:00",
                    "maximumAmps": 10,
                }
            ],
        },
    )
    rig.cloud.chargers[LONE].observed.send(62, "{}")
    await rig.advance(1)
    await rig.connection.supervise_once()
    assert rig.seen().schedule == (), "not at once, for a plan has many parts"
    await rig.jump(61)
    await rig.connection.supervise_once()
    assert [one.key for one in rig.seen().schedule or ()] == ["weekly_1"]
    assert rig.seen().values["weekly_plan"] is True


async def test_failures_of_plans_are_told(rig: Rig) -> None:
    """A rejected plan and an unreachable cloud."""
    rig.cloud.fault("POST .*/schedules/daily", status=400, body={"title": "No"})
    with pytest.raises(Rejected, match="No"):
        await rig.charger().set_schedule([change()])
    rig.cloud.clear_faults()
    rig.cloud.fault("/schedules", status=504)
    with pytest.raises(ConnectionFailed):
        await rig.charger().set_schedule([change()])
    rig.cloud.clear_faults()
    rig.cloud.fault("/schedules", status=404, text="")
    with pytest.raises(Unsupported):
        await rig.charger().set_schedule([change()])


async def test_a_stored_plan_is_no_failure_where_only_the_answer_fails(
    rig: Rig,
) -> None:
    """Nobody is told to write again; what was sent is shown until the cloud answers."""
    await rig.connection.supervise_once()
    charger, plans = rig.charger(), rig.cloud.chargers[LONE].plans
    await charger.set_schedule([change()])
    fault = rig.cloud.fault("GET .*/schedules", status=503)
    await charger.set_value("daily_plan", value=False)
    assert plans.enabled == "none"
    assert rig.seen().schedule == (slot(enabled=False),)
    await charger.set_value("daily_plan", value=True)
    assert rig.seen().values["daily_plan"] is True
    rig.cloud.end_fault(fault)
    asked = rig.asked("GET /api/chargers/EH000001/schedules")
    await rig.jump(61)
    await rig.connection.supervise_once()
    assert rig.asked("GET /api/chargers/EH000001/schedules") == asked + 1
    fault = rig.cloud.fault("GET .*/schedules", status=503, after=1)
    weekly = slot("weekly_1", weekdays=frozenset({5}))
    await charger.set_schedule([change("weekly_1", weekdays=frozenset({5}))])
    assert plans.enabled == "weekly"
    assert rig.seen().schedule == (slot(enabled=False), weekly)
    rig.cloud.end_fault(fault)
    fault = rig.cloud.fault("GET .*/schedules", status=503, after=1)
    await charger.set_schedule([change("weekly_1", weekdays=frozenset())])
    assert plans.definitions["weekly"] is None
    assert rig.seen().schedule == (slot(enabled=False),)
    assert rig.seen().values["daily_plan"] is False
    rig.cloud.end_fault(fault)


def test_zones() -> None:
    """One that is not known counts as UTC."""
    assert _zone("Europe/Berlin") == BERLIN
    for name in ("Mars/Olympus", "../etc/passwd"):
        assert _zone(name) is UTC
    offset: tzinfo = timezone(timedelta(hours=1))
    assert offset is not UTC
