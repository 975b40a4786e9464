"""Name what can go wrong with the cloud, and keep its rate limits."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
import re
from typing import Any


@dataclass(kw_only=True)
class HttpFault:
    """Answer requests whose method and path match with something else."""

    match: str
    status: int = 503
    times: int | None = None
    body: Any = None
    text: str | None = None
    content_type: str = "text/plain"
    retry_after: str | None = None
    hangs: bool = False
    after: int = 0
    """So many requests pass first."""
    hits: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Return whether this request is hit, and count it."""
        if self.times is not None and self.hits >= self.times:
            return False
        if re.search(self.match, f"{method} {path}") is None:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.hits += 1
        return True


@dataclass(kw_only=True)
class Faults:
    """Hold every fault that is switched on."""

    http: list[HttpFault] = field(default_factory=list)
    products_empty: bool = False
    chargers_only: bool = False
    """The account sees chargers and no site."""
    null_circuits: bool = False
    ghost_charger: bool = False
    swallows_commands: bool = False
    """Commands are accepted and never reach the charger."""
    refuses_commands: bool = False
    """Commands are accepted, and the charger answers that it did not take them."""
    refused_streams: set[str] = field(default_factory=set)
    """Products whose subscription is refused, without a word."""
    accepts_used_ids: bool = False
    """A used connection id opens the stream once more."""
    silent_stream: bool = False
    """The stream stays open and sends nothing."""
    ip_blocked: bool = False
    unlimited: bool = False
    """Rate limits are not applied."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    """Allow so many requests in a time."""

    match: str
    number: int
    period_s: float


RATE_LIMITS = (
    RateLimit(match=r"POST /api/chargers/\w+/settings", number=20, period_s=60),
    RateLimit(match=r"POST /api/sites/\d+/circuits/\d+/", number=20, period_s=60),
    RateLimit(match=r"set_dynamic_charger_current", number=20, period_s=60),
    RateLimit(match=r"GET /state/\w+/observations", number=100, period_s=300),
    RateLimit(match=r"poll_(lifetimeenergy|chargeropmode)", number=1, period_s=180),
    RateLimit(match=r"configure_max_allocated_current", number=1, period_s=60),
    RateLimit(match=r"GET /api/sessions/", number=20, period_s=600),
)


class RateLimits:
    """Count requests as the vendor does."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Begin with nothing counted."""
        self._now = now
        self._seen: dict[RateLimit, deque[float]] = {
            limit: deque() for limit in RATE_LIMITS
        }

    def exceeded(self, method: str, path: str) -> float | None:
        """Return after how many seconds to try again, None if it may pass."""
        for limit, seen in self._seen.items():
            if re.search(limit.match, f"{method} {path}") is None:
                continue
            while seen and self._now() - seen[0] >= limit.period_s:
                seen.popleft()
            if len(seen) >= limit.number:
                return limit.period_s - (self._now() - seen[0])
            seen.append(self._now())
        return None
