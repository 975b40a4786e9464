"""Put the cloud's time stamps onto our monotonic clock."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

SAMPLES: Final = 20


class CloudClock:
    """Know the cloud's time by our monotonic clock, and convert.

    Every answer carries a date, cut to whole seconds, so that the largest difference of the last
    few is nearest to the truth. The wall clock of the house may be wrong, and may jump; it serves
    only until the first answer.
    """

    def __init__(
        self, *, clock: Callable[[], float], wall: Callable[[], float]
    ) -> None:
        """Begin in the belief that the wall clock is right."""
        self._clock = clock
        self._wall = wall
        self._offsets_s: deque[float] = deque(maxlen=SAMPLES)

    @property
    def epoch_s(self) -> float:
        """The cloud's time now, in seconds since 1970."""
        if not self._offsets_s:
            return self._wall()
        return self._clock() + max(self._offsets_s)

    def note_date(self, header: str | None) -> None:
        """Learn from the date of an answer."""
        if header is None:
            return
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        self._offsets_s.append(date.timestamp() - self._clock())

    def monotonic(self, epoch_s: float) -> float:
        """Return when that was on our clock; what lies ahead happened now."""
        now_s = self._clock()
        return now_s - max(0.0, self.epoch_s - epoch_s)


def parse_timestamp(text: object) -> float | None:
    """Return the seconds since 1970 of a time stamp; one without a zone is UTC."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.timestamp()
    except OverflowError:
        return None
