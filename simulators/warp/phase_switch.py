"""Switch between one and three phases, with the long pause that this takes."""

from collections.abc import Callable

from .schema import Rejected

BUSY_LIMIT_S = 120.0
"""A repeated wish is refused once a switch has been under way for longer."""


class PhaseSwitch:
    """Hold which phases are live and carry out one wish at a time."""

    def __init__(self, duration_s: float, on_switched: Callable[[int], None]) -> None:
        """Begin on three phases; on_switched hears the new number."""
        self._duration_s = duration_s
        self._on_switched = on_switched
        self._began_s = 0.0
        self.phases = 3
        self.wanted = 3
        self.is_switching = False

    def check(self, wanted: int, now_s: float) -> None:
        """Raise Rejected for a wish that cannot be taken now."""
        if wanted not in (1, 3):
            msg = "phases_wanted must be 1 or 3"
            raise Rejected(msg)
        if not self.is_switching:
            return
        if wanted != self.wanted:
            msg = "Phase switching is busy with another wish"
            raise Rejected(msg)
        if now_s - self._began_s > BUSY_LIMIT_S:
            msg = "Phase switching has been busy for too long"
            raise Rejected(msg)

    def request(self, wanted: int, now_s: float) -> None:
        """Begin to switch, unless that is so already."""
        busy_with_it = self.is_switching and wanted == self.wanted
        if busy_with_it or (not self.is_switching and wanted == self.phases):
            self.wanted = wanted
            return
        self.wanted = wanted
        self.is_switching = True
        self._began_s = now_s
        self.step(now_s)

    def step(self, now_s: float) -> None:
        """Finish a switch whose time has passed."""
        if self.is_switching and now_s - self._began_s >= self._duration_s:
            self.is_switching = False
            self.phases = self.wanted
            self._on_switched(self.phases)
