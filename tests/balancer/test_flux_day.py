"""The day of a tariff with three prices: seven windows against the rules that they stand for.

The windows are read from the table of `docs/following.md`, so that what a person types in is what is tested.
The rules stand here once more as the hours of a day, first match wins.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
import re
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from custom_components.busbar.balancer.modes import Intent, Mode
from custom_components.busbar.balancer.windows import Window, window_in_force

PAGE: Final = Path(__file__).parents[2] / "docs" / "following.md"
LONDON: Final = ZoneInfo("Europe/London")
MINUTE: Final = timedelta(minutes=1)

MODES: Final = {
    "Fixed current": Mode.FIXED,
    "House": Mode.HOUSE,
    "Discharge": Mode.DISCHARGE,
    "Charge": Mode.CHARGE,
    "Solar and house": Mode.SOLAR_AND_HOUSE,
    "Solar": Mode.SOLAR,
}

type Level = float | None
"""A state of charge in percent, `None` = unknown."""
type Course = Callable[[float], Level]
"""A state of charge by the hours that have passed since midnight."""

ANY_HOUR: Final = frozenset(range(24))
EXPENSIVE: Final = frozenset({16, 17, 18})
CHEAP: Final = frozenset({2, 3, 4})

RULES: Final[
    tuple[tuple[frozenset[int], Callable[[Level], bool], Mode, float | None], ...]
] = (
    (ANY_HOUR, lambda level: level is None, Mode.FIXED, 3.0),
    (EXPENSIVE, lambda level: level is not None and level < 31, Mode.HOUSE, None),
    (EXPENSIVE, lambda level: True, Mode.DISCHARGE, None),
    (ANY_HOUR, lambda level: level is not None and level < 31, Mode.CHARGE, None),
    (CHEAP, lambda level: True, Mode.CHARGE, None),
    (
        ANY_HOUR,
        lambda level: level is not None and level >= 80,
        Mode.SOLAR_AND_HOUSE,
        None,
    ),
    (ANY_HOUR, lambda level: True, Mode.SOLAR, None),
)


def _wanted(hour: int, level: Level) -> tuple[Mode, float | None]:
    return next(
        (mode, current_a)
        for hours, fits, mode, current_a in RULES
        if hour in hours and fits(level)
    )


def _rows() -> Iterator[list[str]]:
    """Yield the rows of the table of windows."""
    text = PAGE.read_text(encoding="utf-8")
    part = text.partition("## A day with Octopus Flux")[2]
    for line in part.splitlines():
        if re.match(r"\| \d+ \|", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def _bound(words: str, condition: str) -> float | None:
    found = re.fullmatch(rf"{words} (\d+) %", condition)
    return None if found is None else float(found[1])


def _window(row: list[str]) -> tuple[int, Window]:
    """Return a window, and its place in the order, as a person would type them in."""
    place, name, start, end, mode, current, condition = row
    at_least, at_most = _bound("at least", condition), _bound("at most", condition)
    is_for_unknown = condition == "only while unknown"
    assert (at_least, at_most) != (None, None) or is_for_unknown or not condition
    return int(place), Window(
        key=name,
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
        intent=Intent(
            mode=MODES[mode],
            current_a=float(current.removesuffix(" A")) if current else None,
        ),
        soc_at_least=at_least,
        soc_at_most=at_most,
        soc_unknown=is_for_unknown,
    )


@pytest.fixture(scope="module")
def windows() -> tuple[Window, ...]:
    """Return the windows of the page in their order."""
    placed = [_window(row) for row in _rows()]
    assert len(placed) == len(RULES)
    return tuple(window for _, window in sorted(placed, key=lambda item: item[0]))


def _between(first: float, last: float) -> Course:
    return lambda hours: round(first + (last - first) * hours / 24)


def _never(hours: float) -> Level:
    return None


def _away(hours: float) -> Level:
    """Return the level of a car that is away from 8 to 17, and comes back low."""
    if hours < 8:
        return 97
    return None if hours < 17 else round(28 - (hours - 17))


def _a_day_of_trade(hours: float) -> Level:
    """Return the level of a car that is filled at night, sold in the evening, and never reports 30."""
    if hours < 2:
        level = 55
    elif hours < 5:
        level = round(55 + (hours - 2) * 14)
    elif hours < 16:
        level = 97
    else:
        level = max(round(97 - (hours - 16) * 25), 20)
    return 29 if level == 30 else level


COURSES: Final[dict[str, Course]] = {
    "never known": _never,
    "filled in a day": _between(0, 100),
    "emptied in a day": _between(100, 0),
    "around the lower bound": lambda hours: 29 + int(hours * 60) % 4,
    "around the upper bound": lambda hours: 78 + int(hours * 60) % 4,
    "away and back": _away,
    "a day of trade": _a_day_of_trade,
}
DAYS: Final = {
    "an ordinary day": (datetime(2026, 7, 15), 24),
    "clocks put forward": (datetime(2026, 3, 29), 23),
    "clocks put back": (datetime(2026, 10, 25), 25),
}


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
@pytest.mark.parametrize(("day", "hours"), DAYS.values(), ids=DAYS)
def test_every_minute_of_a_day(
    windows: tuple[Window, ...], day: datetime, hours: int, course: Course
) -> None:
    """In every minute the windows ask for what the rules of that hour say."""
    begins = day.replace(tzinfo=LONDON).astimezone(UTC)
    wrong = []
    for minute in range(hours * 60):
        at = (begins + minute * MINUTE).astimezone(LONDON)
        level = course(minute / 60)
        window = window_in_force(windows, "quasar", level, at)
        assert window is not None
        asked = (window.intent.mode, window.intent.current_a)
        if asked != _wanted(at.hour, level):
            wrong.append(f"{at:%H:%M} {level}: {window.key}")
    assert not wrong


def test_every_rule_has_its_time(windows: tuple[Window, ...]) -> None:
    """Each window of the table is in force at some time on some of these days."""
    begins = datetime(2026, 7, 15, tzinfo=LONDON)
    seen = {
        window.key
        for course in COURSES.values()
        for minute in range(24 * 60)
        if (
            window := window_in_force(
                windows, "quasar", course(minute / 60), begins + minute * MINUTE
            )
        )
    }
    assert seen == {window.key for window in windows}


def test_a_low_car_is_not_charged_at_the_expensive_time(
    windows: tuple[Window, ...],
) -> None:
    """The evening stands before what a low car would get."""
    at = datetime(2026, 7, 15, 16, tzinfo=LONDON)
    asked = [window_in_force(windows, "quasar", level, at) for level in range(101)]
    assert all(window is not None for window in asked)
    assert not [
        level
        for level, window in enumerate(asked)
        if window is not None and window.intent.mode is Mode.CHARGE
    ]
