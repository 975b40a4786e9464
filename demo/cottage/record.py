"""Remember what flowed through the plug, to prove afterwards what no single look shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class PlugRecord:
    """The currents at the plug, with the times at which they changed; + charge, - discharge."""

    changes: list[tuple[float, float]] = field(default_factory=list)
    """Seconds and amperes."""

    def note(self, now_s: float, current_a: float) -> None:
        """Take note of what flows now."""
        if not self.changes or self.changes[-1][1] != current_a:
            self.changes.append((now_s, current_a))

    def rests_s(self) -> Sequence[float]:
        """Return how long nothing flowed at each turn of the direction, in seconds."""
        rests: list[float] = []
        before_a = 0.0
        rests_from_s: float | None = None
        for at_s, current_a in self.changes:
            if not current_a:
                rests_from_s = at_s
                continue
            if before_a * current_a < 0:
                rests.append(0.0 if rests_from_s is None else at_s - rests_from_s)
            before_a, rests_from_s = current_a, None
        return rests
