"""Keep restarts rare: a cooldown, a budget for those that nobody asked for, and a back-off."""

from collections.abc import Callable
from typing import Final

from ..errors import AuthenticationFailed, ChargerError, RateLimited
from .cloud import VendorCloud
from .memory import Memory

COOLDOWN_S: Final = 450.0
"""A restart takes 5 to 6 minutes, with errors during the first ones; the field waits at least 7."""
_DAY_S: Final = 86400.0
_PER_DAY: Final = 3
_RETRY_FIRST_S: Final = 60.0
_RETRY_LONGEST_S: Final = 3600.0


class Restarter:
    """Restart one charger through the cloud, seldom enough.

    Inside, time is monotonic. The stored times are of the wall clock; they are turned into ages
    once, and one that lies in the future (a board without a clock at boot) counts as just now.
    """

    def __init__(
        self,
        cloud: VendorCloud,
        memory: Memory,
        *,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        jitter: Callable[[], float],
    ) -> None:
        """Begin with the restarts that are remembered."""
        self._cloud = cloud
        self._memory = memory
        self._clock = clock
        self._wall_clock = wall_clock
        self._jitter = jitter
        now, wall = clock(), wall_clock()
        self._restarts = [now - max(0.0, wall - at) for at in memory.now.restarts_at]
        self._retry_at = now
        self._failures = 0
        self.login_error: AuthenticationFailed | None = None
        """Set once the login is refused; from then on nothing is tried by itself."""

    @property
    def cools_for_s(self) -> float:
        """Return how long no restart is allowed."""
        last_at = max(self._restarts, default=None)
        return (
            0.0 if last_at is None else max(0.0, last_at + COOLDOWN_S - self._clock())
        )

    @property
    def is_due(self) -> bool:
        """Return whether a restart that nobody asked for is allowed now."""
        now = self._clock()
        of_day = [at for at in self._restarts if now - at < _DAY_S]
        return (
            self.login_error is None
            and not self.cools_for_s
            and len(of_day) < _PER_DAY
            and now >= self._retry_at
        )

    async def restart(self, serial: str) -> None:
        """Restart the charger. Raises `RateLimited` while it cools, else as the cloud does."""
        if cools_for_s := self.cools_for_s:
            raise RateLimited(cools_for_s)
        sent = self._cloud.restarts_sent
        try:
            await self._cloud.restart(serial)
        except AuthenticationFailed as err:
            self.login_error = err
            raise
        except ChargerError as err:
            self._wait(err.retry_after_s if isinstance(err, RateLimited) else None)
            if self._cloud.restarts_sent != sent:
                # It was not answered, but it may have arrived.
                self._note()
            raise
        self.login_error = None
        self._failures = 0
        self._note()

    def _wait(self, retry_after_s: float | None) -> None:
        pause_s = min(_RETRY_FIRST_S * 2**self._failures, _RETRY_LONGEST_S)
        self._failures += 1
        pause_s *= 0.9 + 0.2 * self._jitter()
        self._retry_at = self._clock() + max(pause_s, retry_after_s or 0.0)

    def _note(self) -> None:
        now, wall = self._clock(), self._wall_clock()
        self._restarts = [at for at in self._restarts if now - at < _DAY_S] + [now]
        self._memory.change(
            restarts_at=tuple(wall - (now - at) for at in self._restarts)
        )
