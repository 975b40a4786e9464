"""Windows: modes that a person states by the clock, in an order in which the first that fits is in force.

Everything here goes by the clock on the wall. A window is in force while that clock shows a time from its start
to before its end. Where the clock is put forward, the part of a window in the missing hour does not take place,
and one that has begun by the time the clock then shows is in force at once. Where it is put back, the doubled
hour counts both times, as it does for a tariff that goes by local time.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from .modes import Intent, Mode

EVERY_DAY: Final = frozenset(range(7))
MODES_BY_THE_CLOCK: Final = tuple(
    mode for mode in Mode if mode not in (Mode.OFF_UNTIL_DISCONNECTED, Mode.HANDS_OFF)
)
"""What a window may ask for. The others are no matter of time: one ends with the vehicle, and whether a charger
is written to at all is a person's decision alone."""

_DAY: Final = timedelta(days=1)
# The zones that change their clocks do so on a full minute.
_FINEST: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """What members do at certain times of certain days, while their vehicles' state of charge fits."""

    key: str
    members: frozenset[str] | None = None
    """Keys of the members that it is for, `None` = all of them."""
    weekdays: frozenset[int] = EVERY_DAY
    """The days on which it starts, 0 = Monday; over midnight it goes on into the day after."""
    start: time
    end: time
    """Local times; an end that is not after the start is one of the next day, so equal times are a whole day."""
    intent: Intent
    soc_at_least: float | None = None
    """Only from this state of charge on, in percent; not while it is unknown."""
    soc_at_most: float | None = None
    """Only up to this state of charge, in percent; not while it is unknown."""
    soc_unknown: bool = False
    """Only while the state of charge is unknown."""
    enabled: bool = True

    def can_run_in(self, modes: Collection[Mode]) -> bool:
        """Return whether a member that can run in these modes can do what it asks for."""
        gives = (self.intent.current_a or 0.0) < 0
        return self.intent.mode in modes and (not gives or Mode.DISCHARGE in modes)

    @property
    def is_over_midnight(self) -> bool:
        """Return whether it ends on the day after the one on which it starts."""
        return self.end <= self.start

    def covers(self, at: datetime) -> bool:
        """Return whether the clock on the wall, which shows `at`, is within the window."""
        shown = at.time()
        today, yesterday = at.weekday(), (at - _DAY).weekday()
        if not self.is_over_midnight:
            return today in self.weekdays and self.start <= shown < self.end
        return (today in self.weekdays and self.start <= shown) or (
            yesterday in self.weekdays and shown < self.end
        )

    def fits(self, state_of_charge: float | None) -> bool:
        """Return whether a state of charge in percent, `None` = unknown, meets the conditions."""
        if state_of_charge is None:
            return self.soc_at_least is None and self.soc_at_most is None
        return (
            not self.soc_unknown
            and (self.soc_at_least is None or state_of_charge >= self.soc_at_least)
            and (self.soc_at_most is None or state_of_charge <= self.soc_at_most)
        )


def window_in_force(
    windows: Iterable[Window],
    member_key: str,
    state_of_charge: float | None,
    at: datetime,
    *,
    modes: Collection[Mode] | None = None,
) -> Window | None:
    """Return the first window that fits a member, `None` where none does.

    `at` is aware, in the local zone. `state_of_charge` is in percent, `None` = unknown. A window whose mode is not
    among the `modes` that the member can run in is for others; `None` = it can do all.
    """
    return next(
        (
            window
            for window in windows
            if window.enabled
            and (window.members is None or member_key in window.members)
            and (modes is None or window.can_run_in(modes))
            and window.covers(at)
            and window.fits(state_of_charge)
        ),
        None,
    )


def next_change(windows: Iterable[Window], at: datetime) -> datetime | None:
    """Return when to look again at the latest: before that, time alone changes nothing.

    `at` is aware, in the local zone. The answer is in UTC, for the difference of two local times is not what
    passes between them; it is never later than a day after. What a state of charge changes is not foreseen.
    `None` = no window is enabled.
    """
    active = [window for window in windows if window.enabled]
    if not active:
        return None
    now = at.astimezone(UTC)
    return min(moment for moment in _moments(active, at) if moment > now)


def _moments(windows: Iterable[Window], at: datetime) -> Iterator[datetime]:
    """Return, in UTC, what the days around `at` hold: starts, ends, a change of the clocks, the end of a day."""
    now = at.astimezone(UTC)
    yield now + _DAY
    if (changed := _clock_change(at)) is not None:
        yield changed
    dates = [at.date() + timedelta(days=days) for days in range(3)]
    for window in windows:
        for day in dates:
            for shown in (window.start, window.end):
                local = datetime.combine(day, shown, at.tzinfo)
                # The doubled hour shows it twice.
                yield local.astimezone(UTC)
                yield local.replace(fold=1).astimezone(UTC)


def _clock_change(at: datetime) -> datetime | None:
    """Return, in UTC, when the clocks of the zone change within the next day."""
    zone, former = at.tzinfo, at.utcoffset()
    before = at.astimezone(UTC)
    after = before + _DAY
    if after.astimezone(zone).utcoffset() == former:
        return None
    # Halved down to the minute, on full minutes, so that it ends on the change itself.
    before = before.replace(second=0, microsecond=0)
    after = after.replace(second=0, microsecond=0)
    while after - before > _FINEST:
        middle = before + (after - before) // _FINEST // 2 * _FINEST
        if middle.astimezone(zone).utcoffset() == former:
            before = middle
        else:
            after = middle
    return after
