"""Keep what we commanded apart from what is confirmed, and tell who changed it since."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
import math
from typing import Final

from ..errors import ChargerError, ConnectionFailed
from .const import CHARGER_RESET_A

type Amps = tuple[float, ...]
"""One value for a charger's own limit, three for a circuit's."""

RECENT_S: Final = 120.0
"""A known cause explains a change for so long."""
GRACE_S: Final = 30.0
"""A difference is lag until it is older than this."""
FOREIGN: Final = "another_service"


class Cause(StrEnum):
    """Why a limit of ours was replaced without another hand."""

    PLUG_IN = "plug_in"
    PAUSE = "pause"
    """Somebody holds the charge back, which sets the charger's own limit to 0."""
    RESUME = "resume"
    RESTART = "restart"
    LEASE_END = "lease_end"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A value that was sent, perhaps again and again, and of which we do not know whether it was taken."""

    first_at: float
    last_at: float
    lease_s: float | None


@dataclass(kw_only=True, slots=True)
class SetPoint:
    """One volatile limit that we write; all times are of our clock."""

    reset_a: float = CHARGER_RESET_A
    """What it is at least when it was reset: a lower value has another cause."""
    commanded: Amps | None = None
    commanded_at: float | None = None
    lease_ends_at: float | None = None
    confirmed: Amps | None = None
    confirmed_at: float | None = None
    reset_by: Cause | None = None
    reset_at: float | None = None
    _past: dict[Amps, float] = field(default_factory=dict)
    _tried: dict[Amps, Attempt] = field(default_factory=dict)
    """What was sent without an answer yet, or ever. It may have been taken."""
    _causes: dict[Cause, float] = field(default_factory=dict)

    @contextmanager
    def trying(
        self, value: Amps, now_s: float, lease_s: float | None
    ) -> Iterator[None]:
        """Remember what is being sent: an answer that was lost does not say that it was not taken."""
        before = self._tried.get(value)
        self._tried[value] = Attempt(
            first_at=now_s if before is None else before.first_at,
            last_at=now_s,
            lease_s=lease_s,
        )
        try:
            yield
        except ConnectionFailed:
            raise
        except ChargerError:
            if before is None:
                self._tried.pop(value, None)
            raise

    def command(self, value: Amps, now_s: float, lease_s: float | None) -> None:
        """Remember what was taken over by the cloud.

        An unchanged value causes no echo: repeated, it keeps the time since when it is commanded,
        and where the last report says it already, that report stands.
        """
        self._past |= dict.fromkeys(self._tried, now_s)
        self._tried.clear()
        self._take_over(value, now_s, lease_s)

    def _take_over(self, value: Amps, now_s: float, lease_s: float | None) -> None:
        in_flight = self._in_flight()
        if value != self.commanded:
            if self.commanded is not None:
                self._past[self.commanded] = now_s
            self.commanded, self.commanded_at = value, now_s
            if value == self.confirmed and not in_flight:
                self.commanded_at = self.confirmed_at
        elif self._was_replaced():
            self.commanded_at = now_s
        self.lease_ends_at = None if lease_s is None else now_s + lease_s

    def note_cause(self, cause: Cause, now_s: float) -> None:
        """Remember something that resets the device's limit; it may be told after it."""
        self._causes[cause] = now_s
        self._explain(None)

    def report(self, value: Amps, measured_at: float, explained: Cause | None) -> None:
        """Take what the device says its limit is; `explained` is what the value itself tells."""
        changed = value != self.confirmed
        if changed:
            self._find_taken(value, measured_at)
        self.confirmed, self.confirmed_at = value, measured_at
        if changed:
            self._explain(explained)

    def _find_taken(self, value: Amps, measured_at: float) -> None:
        """Take a value for ours that we had sent, although nobody told that it was taken."""
        tried = self._tried.get(value)
        if tried is None or not (
            tried.first_at <= measured_at <= tried.last_at + RECENT_S
        ):
            return
        del self._tried[value]
        sent_at = tried.last_at if tried.last_at <= measured_at else tried.first_at
        self._take_over(value, sent_at, tried.lease_s)

    def _explain(self, explained: Cause | None) -> None:
        """Find what replaced our limit, if something did."""
        if self.confirmed_at is None or not self._was_replaced():
            return
        cause = self._recent_cause() or explained
        if cause is not None:
            self.reset_by, self.reset_at = cause, self.confirmed_at

    def lease_ended(self, measured_at: float) -> bool:
        """Return whether our lease was over by then."""
        return self.lease_ends_at is not None and measured_at >= self.lease_ends_at - 1

    def is_foreign(self, now_s: float) -> bool:
        """Return whether somebody else has replaced our limit.

        Commands of ours that overtook each other, lag, and what the device does by itself do not
        count.
        """
        if not self._was_replaced() or self.confirmed_at is None:
            return False
        if self.is_overtaken(now_s):
            return False
        if self.reset_at is not None and self.reset_at >= self.confirmed_at:
            return False
        if self._recent_cause() is not None:
            return False
        return now_s - self.confirmed_at >= GRACE_S

    def is_overtaken(self, now_s: float) -> bool:
        """Return whether the last report shows what was ours until lately, not what is."""
        if self.confirmed is None or self.confirmed == self.commanded:
            return False
        return now_s - self._past.get(self.confirmed, -math.inf) < RECENT_S

    def is_trying(self, value: Amps) -> bool:
        """Return whether a value was sent of which nobody told us what became of it."""
        return value in self._tried

    def _recent_cause(self) -> Cause | None:
        """Return what reset it lately, if the last report shows a reset."""
        if self.confirmed is None or self.confirmed_at is None:
            return None
        if min(self.confirmed) < self.reset_a:
            return None
        for cause, seen_at in self._causes.items():
            if abs(self.confirmed_at - seen_at) <= RECENT_S:
                return cause
        return None

    def _in_flight(self) -> bool:
        """Return whether nothing was reported yet since our last command."""
        if self.commanded_at is None:
            return False
        return self.confirmed_at is None or self.confirmed_at < self.commanded_at

    def _was_replaced(self) -> bool:
        """Return whether a later report shows another value than ours."""
        return (
            self.commanded is not None
            and self.commanded_at is not None
            and self.confirmed is not None
            and self.confirmed_at is not None
            and self.confirmed != self.commanded
            and self.confirmed_at > self.commanded_at
        )
