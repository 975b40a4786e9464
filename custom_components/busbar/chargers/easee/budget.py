"""Count our requests over the whole account, and respect what the cloud answers.

Nothing here waits: a request that does not fit is refused with the time after which it would.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..errors import RateLimited


class Kind(StrEnum):
    """What a request is for; each kind has a budget of its own."""

    LIMIT = "limit"
    SETTING = "setting"
    COMMAND = "command"
    OBSERVATION = "observation"
    SITE = "site"
    COST = "cost"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """Allow so many requests in a time."""

    number: int
    period_s: float


ALLOWANCES: Final = {
    # The vendor allows 20 writes a minute and kind; other clients of the account count too.
    Kind.LIMIT: Allowance(number=12, period_s=60),
    Kind.SETTING: Allowance(number=10, period_s=60),
    Kind.COMMAND: Allowance(number=10, period_s=60),
    Kind.OBSERVATION: Allowance(number=80, period_s=300),
    Kind.SITE: Allowance(number=20, period_s=3600),
    Kind.COST: Allowance(number=10, period_s=3600),
    Kind.OTHER: Allowance(number=100, period_s=300),
}
DEFAULT_RETRY_S: Final = 60.0
BLOCKED_RETRY_S: Final = 3600.0
"""Blocked addresses were reported to stay so for a day; each attempt may prolong it."""


class Budgets:
    """Keep the count of every kind and the times before which none may be sent."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with nothing spent."""
        self._clock = clock
        self._spent: dict[Kind, deque[float]] = {kind: deque() for kind in Kind}
        self._closed_until: dict[Kind, float] = {}

    def spend(self, kind: Kind) -> None:
        """Count one request, or raise RateLimited where it does not fit."""
        now_s = self._clock()
        closed_s = self._closed_until.get(kind, now_s) - now_s
        if closed_s > 0:
            raise RateLimited(closed_s)
        allowance, spent = ALLOWANCES[kind], self._spent[kind]
        while spent and now_s - spent[0] >= allowance.period_s:
            spent.popleft()
        if len(spent) >= allowance.number:
            raise RateLimited(allowance.period_s - (now_s - spent[0]))
        spent.append(now_s)

    def close(self, kind: Kind, retry_after: object) -> float:
        """Send no more of this kind for as long as the cloud asked; return how long."""
        retry_s = retry_seconds(retry_after)
        self._closed_until[kind] = self._clock() + retry_s
        return retry_s

    def close_all(self) -> float:
        """Send nothing: the cloud has blocked this address. Return for how long."""
        for kind in Kind:
            self._closed_until[kind] = self._clock() + BLOCKED_RETRY_S
        return BLOCKED_RETRY_S


def retry_seconds(retry_after: object) -> float:
    """Return the seconds of a header; it may be missing, a date or nonsense."""
    try:
        return max(1.0, min(BLOCKED_RETRY_S, float(str(retry_after))))
    except ValueError:
        return DEFAULT_RETRY_S
