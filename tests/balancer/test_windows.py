"""Windows by the clock on the wall, with both clock changes, and pauses."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.balancer.modes import Intent, Mode
from custom_components.busbar.balancer.pauses import (
    PAUSED,
    next_end,
    pause_in_force,
    pauses_left,
)
from custom_components.busbar.balancer.windows import (
    Window,
    next_change,
    window_in_force,
)

BERLIN = ZoneInfo("Europe/Berlin")
LONDON = ZoneInfo("Europe/London")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

NIGHT = Window(
    key="night",
    start=time(2),
    end=time(5),
    intent=Intent(mode=Mode.CHARGE),
)
# A Wednesday without a change of clocks.
NOON = datetime(2026, 11, 18, 12, tzinfo=BERLIN)


def _in_force(*windows: Window, at: datetime = NOON, **asked: Any) -> str | None:
    found = window_in_force(
        windows,
        asked.pop("member", "car"),
        asked.pop("state_of_charge", 50.0),
        at,
        **asked,
    )
    return None if found is None else found.key


def _all_day(key: str = "all day", **changes: Any) -> Window:
    return replace(NIGHT, key=key, start=time(0), end=time(0), **changes)


def _minutes(zone: ZoneInfo, day: datetime, window: Window) -> list[str]:
    """Return what a clock shows in each minute of a local day in which a window is in force, in order."""
    first = day.replace(tzinfo=zone).astimezone(UTC)
    last = (day + DAY).replace(tzinfo=zone).astimezone(UTC)
    shown = []
    while first < last:
        local = first.astimezone(zone)
        if _in_force(window, at=local):
            shown.append(f"{local:%H:%M}")
        first += MINUTE
    return shown


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (time(1, 59, 59, 999999), None),
        (time(2), "night"),
        (time(4, 59, 59, 999999), "night"),
        (time(5), None),
    ],
)
def test_from_its_start_to_before_its_end(shown: time, expected: str | None) -> None:
    """The start belongs to a window, the end does not."""
    assert _in_force(NIGHT, at=datetime.combine(NOON, shown, BERLIN)) == expected


def test_days_are_those_on_which_it_starts() -> None:
    """Over midnight it goes on into a day that is not among its own."""
    evening = replace(
        NIGHT, start=time(22), end=time(6), weekdays=frozenset({NOON.weekday()})
    )
    assert _in_force(evening, at=NOON.replace(hour=3)) is None
    assert _in_force(evening, at=NOON.replace(hour=22)) == "night"
    assert _in_force(evening, at=NOON.replace(hour=3) + DAY) == "night"
    assert _in_force(evening, at=NOON.replace(hour=6) + DAY) is None
    assert _in_force(evening, at=NOON.replace(hour=22) + DAY) is None


def test_equal_times_are_a_whole_day() -> None:
    """It lasts from its start to the same time on the day after."""
    day = replace(
        NIGHT, start=time(6), end=time(6), weekdays=frozenset({NOON.weekday()})
    )
    assert _in_force(day, at=NOON.replace(hour=5, minute=59)) is None
    assert _in_force(day, at=NOON.replace(hour=6)) == "night"
    assert _in_force(day, at=NOON.replace(hour=5, minute=59) + DAY) == "night"
    assert _in_force(day, at=NOON.replace(hour=6) + DAY) is None


def test_the_first_that_fits() -> None:
    """Order decides; what is switched off, for others or beyond the member's abilities is passed by."""
    windows = (
        _all_day("off", enabled=False),
        _all_day("for others", members=frozenset({"van"})),
        _all_day("discharge", intent=Intent(mode=Mode.DISCHARGE)),
        _all_day("give", intent=Intent(mode=Mode.FIXED, current_a=-10.0)),
        _all_day("first", members=frozenset({"van", "car"})),
        _all_day("second"),
    )
    assert _in_force(*windows, modes={Mode.CHARGE, Mode.OFF, Mode.FIXED}) == "first"
    both_ways = {Mode.CHARGE, Mode.DISCHARGE, Mode.FIXED}
    assert _in_force(*windows[3:], modes=both_ways) == "give"
    assert _in_force(*windows) == "discharge"
    assert _in_force(*windows, member="van") == "for others"
    assert _in_force() is None


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, {None, 0.0, 30.0, 31.0, 80.0, 100.0}),
        ({"soc_at_least": 31.0}, {31.0, 80.0, 100.0}),
        ({"soc_at_most": 30.0}, {0.0, 30.0}),
        ({"soc_at_least": 30.0, "soc_at_most": 80.0}, {30.0, 31.0, 80.0}),
        ({"soc_unknown": True}, {None}),
        ({"soc_at_most": 0.0}, {0.0}),
    ],
)
def test_conditions_on_the_state_of_charge(
    conditions: dict[str, Any], fits: set[float | None]
) -> None:
    """The bounds belong to the range; a state of charge that nobody knows fits no bound."""
    window = _all_day(**conditions)
    asked = (None, 0.0, 30.0, 31.0, 80.0, 100.0)
    assert {
        soc for soc in asked if _in_force(window, state_of_charge=soc) is not None
    } == fits


def test_a_start_in_the_missing_hour() -> None:
    """Berlin goes from 2:00 to 3:00: a window from 2:00 begins at once, and lasts two hours."""
    shown = _minutes(BERLIN, datetime(2026, 3, 29), NIGHT)
    assert (shown[0], shown[-1], len(shown)) == ("03:00", "04:59", 120)


def test_a_window_within_the_missing_hour() -> None:
    """It does not take place on that day."""
    within = replace(NIGHT, start=time(2, 15), end=time(2, 45))
    assert _minutes(BERLIN, datetime(2026, 3, 29), within) == []
    assert len(_minutes(BERLIN, datetime(2026, 3, 30), within)) == 30


def test_an_end_in_the_missing_hour() -> None:
    """London goes from 1:00 to 2:00: what ends at 1:30 ends at 1:00."""
    ends_within = replace(NIGHT, start=time(0, 30), end=time(1, 30))
    shown = _minutes(LONDON, datetime(2026, 3, 29), ends_within)
    assert (shown[0], shown[-1], len(shown)) == ("00:30", "00:59", 30)
    night = _minutes(LONDON, datetime(2026, 3, 29), NIGHT)
    assert (night[0], night[-1], len(night)) == ("02:00", "04:59", 180)


def test_the_doubled_hour_counts_twice() -> None:
    """Berlin shows 2:00 to 3:00 twice: a window from 2:00 to 5:00 lasts four hours, without a gap."""
    shown = _minutes(BERLIN, datetime(2026, 10, 25), NIGHT)
    assert (shown[0], shown[-1], len(shown)) == ("02:00", "04:59", 240)
    # London doubles the hour before, so this window keeps its three hours there.
    assert len(_minutes(LONDON, datetime(2026, 10, 25), NIGHT)) == 180


def test_a_window_within_the_doubled_hour() -> None:
    """It takes place each time that the clock shows it."""
    within = replace(NIGHT, start=time(1, 15), end=time(1, 45))
    shown = _minutes(LONDON, datetime(2026, 10, 25), within)
    assert shown[:30] == shown[30:]
    assert (shown[0], shown[29], len(shown)) == ("01:15", "01:44", 60)


_CHANGES = (
    datetime(2026, 3, 28),
    datetime(2026, 10, 24),
    datetime(2026, 6, 1),
)
_ZONES = st.sampled_from([BERLIN, LONDON])
_TIMES = st.times().map(lambda shown: shown.replace(second=0, microsecond=0))
_WEEKDAYS = st.frozensets(st.integers(0, 6), min_size=1)
_WINDOWS = st.builds(
    Window,
    key=st.sampled_from(["one", "other"]),
    weekdays=_WEEKDAYS,
    start=_TIMES,
    end=_TIMES,
    intent=st.just(Intent()),
    enabled=st.booleans(),
)
_MOMENTS = st.builds(
    lambda zone, day, minutes: (
        day.replace(tzinfo=zone).astimezone(UTC) + minutes * MINUTE
    ).astimezone(zone),
    _ZONES,
    st.sampled_from(_CHANGES),
    st.integers(0, 2 * 24 * 60).map(float) | st.floats(0, 2 * 24 * 60),
)


@given(window=_WINDOWS, at=_MOMENTS)
def test_the_minutes_of_a_window(window: Window, at: datetime) -> None:
    """It covers what counting its minutes from each of its days on covers, on a clock that no zone changes."""
    length = (
        (window.end.hour - window.start.hour) * 60
        + window.end.minute
        - window.start.minute
    ) % (24 * 60) or 24 * 60
    shown = at.replace(tzinfo=None)
    expected = any(
        (began := datetime.combine(shown - ago * DAY, window.start))
        <= shown
        < began + length * MINUTE
        and began.weekday() in window.weekdays
        for ago in range(2)
    )
    assert window.covers(at) is expected


@given(windows=st.lists(_WINDOWS, max_size=3), at=_MOMENTS)
def test_nothing_changes_before_the_next_change(
    windows: list[Window], at: datetime
) -> None:
    """Up to it every window stays as it is, through both changes of the clocks."""
    until = next_change(windows, at)
    if until is None:
        assert not any(window.enabled for window in windows)
        return
    now = at.astimezone(UTC)
    assert now < until <= now + DAY
    # Whoever sets a timer by it subtracts a local time.
    assert (until - at) == (until - now)
    active = [window for window in windows if window.enabled]
    former = [window.covers(at) for window in active]
    moment = now
    while moment < until:
        local = moment.astimezone(at.tzinfo)
        assert [window.covers(local) for window in active] == former
        moment = moment.replace(second=0, microsecond=0) + MINUTE


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        pytest.param(
            BERLIN,
            datetime(2026, 11, 18, 1),
            datetime(2026, 11, 18, 1, tzinfo=UTC),
            id="the start",
        ),
        pytest.param(
            BERLIN,
            datetime(2026, 11, 18, 2),
            datetime(2026, 11, 18, 4, tzinfo=UTC),
            id="the end",
        ),
        pytest.param(
            BERLIN,
            datetime(2026, 3, 29, 1, 30, 17),
            datetime(2026, 3, 29, 1, tzinfo=UTC),
            id="the missing hour",
        ),
        pytest.param(
            BERLIN,
            datetime(2026, 10, 25, 2, 30),
            datetime(2026, 10, 25, 1, tzinfo=UTC),
            id="the clock put back",
        ),
        pytest.param(
            LONDON,
            datetime(2026, 10, 25, 0, 30),
            datetime(2026, 10, 25, 1, tzinfo=UTC),
            id="the clock put back at an hour that shows no window",
        ),
    ],
)
def test_the_next_change(zone: ZoneInfo, at: datetime, expected: datetime) -> None:
    """It is the moment itself, not one shortly before or after."""
    assert next_change([NIGHT], at.replace(tzinfo=zone)) == expected


def test_a_pause_ends() -> None:
    """It wins until its end, which it does not include; each member has its own."""
    ends_at = NOON + timedelta(minutes=10)
    pauses = {"car": ends_at, "van": NOON + DAY, "bus": NOON}
    assert pause_in_force(pauses, "car", NOON) == PAUSED == Intent(mode=Mode.OFF)
    assert pause_in_force(pauses, "car", ends_at - MINUTE) == PAUSED
    assert pause_in_force(pauses, "car", ends_at) is None
    assert pause_in_force(pauses, "bus", NOON) is None
    assert pause_in_force(pauses, "bike", NOON) is None
    assert pauses_left(pauses, NOON) == {"car": ends_at, "van": NOON + DAY}
    assert next_end(pauses, NOON) == ends_at
    assert next_end(pauses, ends_at) == NOON + DAY
    assert next_end({}, NOON) is None
