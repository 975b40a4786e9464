"""Wait before calling something a fault, an outage or a foreign hand. Pure; time is an argument."""

from collections.abc import Callable
from typing import Final

_FAULT_LASTS_S: Final = 60.0
_FAULT_AFTER_RESTART_S: Final = 300.0
_RESTART_ERRORS_S: Final = 600.0

_OUTAGE_CYCLES: Final = 10
_OUTAGE_S: Final = 60.0
_PROBE_S: Final = 60.0

_RETAKE_FIRST_S: Final = 30.0
_RETAKE_LONGEST_S: Final = 600.0
_RETAKE_FORGIVEN_S: Final = 1800.0


class FaultWatch:
    """Call a fault a fault once it lasts: errors come and go for minutes after a restart."""

    def __init__(self) -> None:
        """Begin without a fault."""
        self._since: float | None = None
        self._lenient_until = 0.0

    def returned(self, now: float) -> None:
        """Take note that the charger may have restarted: it was not heard, and is again."""
        self._lenient_until = now + _RESTART_ERRORS_S
        self._since = None

    def lasts(self, has_fault: bool, now: float) -> bool:
        """Return whether a fault that is seen now has lasted long enough."""
        if not has_fault:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        lenient = self._since < self._lenient_until
        patience_s = _FAULT_AFTER_RESTART_S if lenient else _FAULT_LASTS_S
        return now - self._since >= patience_s


class Outage:
    """Tell a stumble from a dead Modbus task, which never heals by itself."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        """Begin well; `jitter` returns 0 to 1."""
        self._jitter = jitter
        self._failures = 0
        self._since: float | None = None
        self._probe_at: float | None = None

    @property
    def is_dead(self) -> bool:
        """Return whether it has lasted too long to be a stumble."""
        return self._probe_at is not None

    def may_try(self, now: float) -> bool:
        """Return whether a round may be tried: always, but once a minute when dead."""
        return self._probe_at is None or now >= self._probe_at

    def failed(self, now: float) -> bool:
        """Take note of a failed round; return whether this one made it dead."""
        self._failures += 1
        if self._since is None:
            self._since = now
        if self._failures < _OUTAGE_CYCLES and now - self._since < _OUTAGE_S:
            return False
        was_dead = self.is_dead
        self._probe_at = now + _PROBE_S * (0.9 + 0.2 * self._jitter())
        return not was_dead

    def ended(self) -> None:
        """Take note of a round that succeeded."""
        self._failures = 0
        self._since = self._probe_at = None


class RetakePolicy:
    """Take lost control back at once, but do not fight somebody who keeps taking it."""

    def __init__(self) -> None:
        """Begin without a loss."""
        self._taken_at: float | None = None
        self._wait_s = 0.0

    def may_take(self, now: float) -> bool:
        """Return whether control may be taken now."""
        return self._taken_at is None or now >= self._taken_at + self._wait_s

    def taken(self, now: float) -> None:
        """Take note that control was taken."""
        held_s = None if self._taken_at is None else now - self._taken_at
        if held_s is None or held_s > _RETAKE_FORGIVEN_S:
            self._wait_s = _RETAKE_FIRST_S
        else:
            self._wait_s = min(2 * self._wait_s, _RETAKE_LONGEST_S)
        self._taken_at = now
