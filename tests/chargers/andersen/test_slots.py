"""Hold the schedule slots: read in parts, written as a whole."""

from datetime import time
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.andersen.slots import (
    WIRE_KEYS,
    read_slots,
    slots_ahead,
    slots_to_restore,
    whole_slot,
    written_slot,
)
from custom_components.busbar.chargers.errors import EmptyWindow, Rejected
from custom_components.busbar.chargers.model import ScheduleChange, ScheduleSlot

DAY_MAP = dict.fromkeys(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    False,
)


RAW: dict[str, Any] = {
    "startHour": 0,
    "startMinute": 30,
    "endHour": 4,
    "endMinute": 30,
    "enabled": False,
    "dayMap": {**DAY_MAP, "monday": True},
}


@pytest.mark.parametrize(
    "hole",
    [
        {"startHour": None},
        {"startHour": 25},
        {"startMinute": 60},
        {"endMinute": None},
        {"enabled": None},
        {"endHour": 24},
    ],
)
def test_a_slot_with_holes_is_left_out(hole: dict[str, Any]) -> None:
    """The others are read; 24:30 is no time of day."""
    wire = {"scheduleSlotsArray": [{**RAW, **hole}, RAW, None]}
    assert [slot.key for slot in read_slots(wire, ())] == ["schedule_2"]


def test_midnight_may_be_written_as_24() -> None:
    """And days that are not said are not on."""
    raw = {**RAW, "endHour": 24, "endMinute": 0, "dayMap": None}
    (slot,) = read_slots({"scheduleSlotsArray": [raw]}, ("Night",))
    assert (slot.end, slot.weekdays, slot.name) == (time(0), frozenset(), "Night")


TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@given(
    start=TIMES,
    end=TIMES,
    weekdays=st.frozensets(st.integers(0, 6)),
    enabled=st.booleans(),
)
def test_what_is_written_is_what_is_read(
    start: time, end: time, weekdays: frozenset[int], enabled: bool
) -> None:
    """Whole slots, without what the input type refuses."""
    is_empty = enabled and (not weekdays or start == end)
    changed: dict[str, Any] = {
        "key": "schedule_1",
        "start": start,
        "end": end,
        "weekdays": weekdays,
        "enabled": enabled,
    }
    raw = {**RAW, "__typename": "Slot", "note": None}
    change = ScheduleChange(**changed)
    if is_empty:
        with pytest.raises(EmptyWindow):
            written_slot(raw, change)
        return
    written = written_slot(raw, change)
    assert set(written) == set(RAW)
    assert read_slots({"scheduleSlotsArray": [written]}, ()) == (
        ScheduleSlot(**changed),
    )


CHANGES: dict[str, Any] = {
    "start": time(22, 15),
    "end": time(6),
    "weekdays": frozenset({5}),
    "enabled": True,
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_not_named_keeps_what_it_has(name: str) -> None:
    """Also a midnight that is written as 24."""
    raw = {**RAW, "endHour": 24, "endMinute": 0}
    change = ScheduleChange(key="schedule_1", **{name: CHANGES[name]})
    written = written_slot(raw, change)
    fields: dict[str, dict[str, Any]] = {
        "start": {"startHour": 22, "startMinute": 15},
        "end": {"endHour": 6, "endMinute": 0},
        "weekdays": {"dayMap": {**DAY_MAP, "saturday": True}},
        "enabled": {"enabled": True},
    }
    assert written == {**raw, **fields[name]}


def test_a_slot_with_holes_is_written_as_a_whole_only() -> None:
    """Start and end must be named; it is enabled on every day then."""
    raw = {**RAW, "startHour": None, "enabled": None, "dayMap": None}
    with pytest.raises(Rejected, match="does not show"):
        written_slot(raw, ScheduleChange(key="schedule_1", end=time(6)))
    change = ScheduleChange(key="schedule_1", start=time(22), end=time(6))
    assert written_slot(raw, change) == {
        "startHour": 22,
        "startMinute": 0,
        "endHour": 6,
        "endMinute": 0,
        "enabled": True,
        "dayMap": dict.fromkeys(DAY_MAP, True),
    }


def test_slots_ahead() -> None:
    """What is under way is laid over what is read, field by field."""
    under_way = {"sch1": {"enabled": True}, "sysUserLock": True}
    wire = {"scheduleSlotsArray": [RAW, RAW]}
    assert slots_ahead(wire, under_way) == {
        "sch0": RAW,
        "sch1": {**RAW, "enabled": True},
    }


def test_stripping() -> None:
    """`__typename` and nulls, inside too."""
    raw = {"__typename": "x", "a": None, "dayMap": {"__typename": "y", "monday": True}}
    assert whole_slot(raw) == {"dayMap": {"monday": True}}


def test_slots_to_restore_are_whole_and_few() -> None:
    """Those that were on, and those that are on and were not."""
    on = {**RAW, "enabled": True}
    wire = {"scheduleSlotsArray": [RAW, on, on, RAW, None]}
    wanted = dict(zip(WIRE_KEYS, (False, True, False, True, True), strict=True))
    assert slots_to_restore(wire, wanted, {}) == {
        "sch1": on,
        "sch2": RAW,
        "sch3": on,
    }
    under_way = {"sch0": {"enabled": True}, "sch1": {"startHour": 1}}
    assert slots_to_restore(wire, wanted, under_way) == {
        "sch0": RAW,
        "sch1": {**on, "startHour": 1},
        "sch2": RAW,
        "sch3": on,
    }


def test_a_schedule_that_is_no_list() -> None:
    """Nothing is read of it."""
    assert read_slots({"scheduleSlotsArray": "five slots"}, ()) == ()
