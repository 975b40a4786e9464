"""Believe what can be true: rows, values, times."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.easee.observations import Obs
from custom_components.busbar.chargers.easee.reports import (
    ChargerReports,
    Reports,
    Row,
    observation_rows,
    parse_product,
    parse_row,
    parse_value,
)
from custom_components.busbar.chargers.easee.timebase import CloudClock, parse_timestamp

NOW_S = 1_790_000_000.0

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "dataType", "value", "timestamp", "mid"]), inner
        )
    ),
    max_leaves=8,
)


def reports(kind: type[Reports] = Reports) -> Reports:
    """Return a place for reports, with clocks that agree."""
    return kind(to_monotonic=lambda epoch_s: epoch_s - NOW_S, epoch=lambda: NOW_S)


@given(raw=json_values)
def test_no_row_ever_raises(raw: Any) -> None:
    """Whatever the stream sends is a row or none."""
    row = parse_row(raw)
    parse_product(raw)
    observation_rows(raw)
    if row is not None:
        for kind in (Reports, ChargerReports):
            reports(kind).take(row)


@pytest.mark.parametrize(
    ("data_type", "value", "meant"),
    [
        (2, "1", True),
        (2, "0", False),
        (2, "TRUE", True),
        (2, "off", False),
        (2, True, True),
        (2, None, None),
        (2, "", None),
        (3, "230.5", 230.5),
        (3, 230.5, 230.5),
        (3, "", None),
        (3, None, None),
        (3, "nan", None),
        (3, float("inf"), None),
        (3, 1e12, None),
        (3, 10**400, None),
        (4, "3", 3.0),
        (4, "3.0", 3.0),
        (4, 3, 3),
        (4, True, None),
        (6, "text", "text"),
        (6, None, None),
        (6, 7, 7),
        (None, True, True),
        (1, [1], None),
    ],
)
def test_values_of_both_ways(data_type: int, value: object, meant: object) -> None:
    """Text by the stream, typed by the observations, garbage by both."""
    parsed = parse_value(data_type, value)
    assert parsed == meant
    assert isinstance(parsed, bool) == isinstance(meant, bool)


@given(
    times=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 100)), min_size=1, max_size=20
    )
)
def test_the_newest_report_stands_whatever_the_order(
    times: list[tuple[int, int]],
) -> None:
    """Replays and late rows change nothing."""
    kept = reports()
    for value, age in times:
        kept.take(Row(number=48, value=value, epoch_s=NOW_S - age))
    report = kept.report(48)
    assert report is not None
    youngest = min(age for _, age in times)
    assert report.epoch_s == NOW_S - youngest
    assert report.value in {value for value, age in times if age == youngest}


@given(values=st.lists(st.floats(5000, 5100), min_size=1, max_size=20))
def test_the_lifetime_energy_never_falls(values: list[float]) -> None:
    """Only increases are accepted."""
    kept, last = reports(ChargerReports), 0.0
    for step, value in enumerate(values):
        kept.take(
            Row(number=Obs.LIFETIME_ENERGY, value=value, epoch_s=NOW_S - 100 + step)
        )
        now = kept.number(Obs.LIFETIME_ENERGY)
        assert now is not None
        assert now >= last
        last = now
    assert last == max(values)


def test_the_lifetime_energy_makes_no_leaps() -> None:
    """One senseless value would shut out everything true that follows."""
    kept = reports(ChargerReports)

    def take(value: float | bool | str, at_s: float | None) -> float | None:
        epoch_s = None if at_s is None else NOW_S - 100_000 + at_s
        kept.take(Row(number=Obs.LIFETIME_ENERGY, value=value, epoch_s=epoch_s))
        return kept.number(Obs.LIFETIME_ENERGY)

    assert take(99_999_999.0, 0) is None, "nor as the first"
    assert take(True, 0) is None
    assert take(1000.0, 0) == 1000
    assert take(99_999_999.0, 1) == 1000
    assert take(4_000_000, 2) == 1000
    assert take(999.0, 3) == 1000
    assert take(1001.0, 4) == 1001
    assert take(1150.0, 5) == 1001
    assert take(1150.0, 3605) == 1150, "an hour at full power, told late"
    assert take(1350.0, 3606) == 1150
    assert take(1350.0, None) == 1350, "a day later"


def test_session_energy() -> None:
    """Zeros in the middle are spurious; a vehicle that arrives begins at zero."""
    kept = reports(ChargerReports)

    def take(number: int, value: float, at_s: float) -> None:
        kept.take(Row(number=number, value=value, epoch_s=NOW_S - 100 + at_s))

    take(Obs.MODE, 3, 0)
    take(Obs.SESSION_ENERGY, 4.5, 1)
    take(Obs.SESSION_ENERGY, 0, 2)
    assert kept.number(Obs.SESSION_ENERGY) == 4.5
    take(Obs.MODE, 1, 3)
    take(Obs.MODE, 2, 4)
    assert kept.number(Obs.SESSION_ENERGY) == 0
    take(Obs.SESSION_ENERGY, 4.5, 3.5)
    assert kept.number(Obs.SESSION_ENERGY) == 0, "still of the session before"
    take(Obs.SESSION_ENERGY, 0.2, 5)
    assert kept.number(Obs.SESSION_ENERGY) == 0.2
    assert kept.text(Obs.MODE) is None
    assert kept.flag(Obs.MODE) is None


def test_rows_without_a_time_count_as_now() -> None:
    """Repeated unchanged they are no news."""
    kept = reports()
    row = Row(number=1, value=True, epoch_s=None)
    assert kept.take(row) is not None
    assert kept.take(row) is None
    assert kept.flag(1) is True
    assert kept.number(1) is None
    assert kept.code(1) is None
    assert list(kept) == [1]
    assert kept.newest((2, 3)) is None
    kept.take(Row(number=2, value=2.5, epoch_s=NOW_S))
    assert kept.code(2) is None
    kept.take(Row(number=3, value="x", epoch_s=NOW_S))
    assert kept.text(3) == "x"


@pytest.mark.parametrize(
    ("text", "epoch_s"),
    [
        ("1970-01-01T00:00:10Z", 10),
        ("1970-01-01T01:00:10+01:00", 10),
        ("1970-01-01T00:00:10.5", 10.5),
        ("yesterday", None),
        (None, None),
        (7, None),
    ],
)
def test_timestamps(text: object, epoch_s: float | None) -> None:
    """An offset is converted, a missing zone is UTC."""
    assert parse_timestamp(text) == epoch_s


def test_cloud_clock_learns_the_difference() -> None:
    """The wall clock of the house may be wrong and jump; what lies ahead happened now."""
    wall = [1000.0]
    clock = CloudClock(clock=lambda: 500.0, wall=lambda: wall[0])
    assert clock.epoch_s == 1000
    for header in (
        None,
        "nonsense",
        "Thu, 01 Jan 1970 00:18:19 GMT",
        "Thu, 01 Jan 1970 00:18:20 GMT",
        "Thu, 01 Jan 1970 00:18:18 -0000",
    ):
        clock.note_date(header)
    wall[0] = 9e9
    assert clock.epoch_s == 1100
    assert clock.monotonic(1090) == 490
    assert clock.monotonic(1200) == 500


def test_a_time_that_lies_ahead_shuts_nothing_out() -> None:
    """It counts as now."""
    kept = reports()
    kept.take(Row(number=1, value=1, epoch_s=NOW_S + 1e6))
    kept.take(Row(number=1, value=2, epoch_s=NOW_S + 1))
    assert kept.number(1) == 2
