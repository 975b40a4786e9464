"""Sum everything behind one fuse and remember the worst."""

from collections.abc import Callable
from dataclasses import dataclass
import math
from typing import Protocol

from .clock import Clock
from .house import House
from .phases import NO_AMPS, STRAIGHT, PhaseAmps, PhaseMap, add, on_grid


class DrawsCurrent(Protocol):
    """Be a charger whose current is measured on its own phases."""

    @property
    def measured_currents_a(self) -> PhaseAmps:
        """Amperes on the charger's own L1, L2, L3."""

    def on_step(self, observer: Callable[[], None]) -> None:
        """Call the observer whenever the charger has moved on in time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Member:
    charger: DrawsCurrent
    phase_map: PhaseMap


class SharedSupply:
    """Join several chargers and a house behind one fuse, and keep the record.

    With chargers on one manual clock move them by `advance_together`, so that no record mixes
    two instants.
    """

    def __init__(
        self, clock: Clock, *, limit_a: float = math.inf, house: House | None = None
    ) -> None:
        """Begin with the house alone; limit_a is the rating per phase."""
        self.house = house or House()
        self.limit_a = limit_a
        self._clock = clock
        self._members: list[_Member] = []
        self._recorded_s = clock.now()
        self._before_a = NO_AMPS
        self.maximum_a: PhaseAmps = NO_AMPS
        self.exported_maximum_a: PhaseAmps = NO_AMPS
        self.ampere_seconds_above: PhaseAmps = NO_AMPS
        self.chargers_maximum_a: PhaseAmps = NO_AMPS

    def join(self, charger: DrawsCurrent, phase_map: PhaseMap = STRAIGHT) -> None:
        """Wire a charger's L1, L2, L3 to the grid phases of phase_map."""
        if sorted(phase_map) != [1, 2, 3]:
            msg = f"not a rotation or swap of three phases: {phase_map}"
            raise ValueError(msg)
        self._members.append(_Member(charger=charger, phase_map=phase_map))
        charger.on_step(self.record)

    @property
    def chargers_a(self) -> PhaseAmps:
        """What all chargers draw now, per grid phase."""
        total_a = NO_AMPS
        for member in self._members:
            own_a = on_grid(member.charger.measured_currents_a, member.phase_map)
            total_a = add(total_a, own_a)
        return total_a

    @property
    def currents_a(self) -> PhaseAmps:
        """What flows through the fuse now, per grid phase: + import, - export."""
        return add(self.chargers_a, self.house.currents_a(self._clock.now()))

    @property
    def measured_currents_a(self) -> PhaseAmps:
        """The same, under the name by which a meter asks."""
        return self.currents_a

    def record(self) -> None:
        """Take the present currents into the record."""
        now_s = self._clock.now()
        elapsed_s = now_s - self._recorded_s
        self.ampere_seconds_above = add(
            self.ampere_seconds_above, self._above(self._before_a, elapsed_s)
        )
        self._recorded_s = now_s
        self._before_a = self.currents_a
        self.maximum_a = _larger(self.maximum_a, self._before_a)
        first_a, second_a, third_a = self._before_a
        exported_a = (-first_a, -second_a, -third_a)
        self.exported_maximum_a = _larger(self.exported_maximum_a, exported_a)
        self.chargers_maximum_a = _larger(self.chargers_maximum_a, self.chargers_a)

    def forget(self) -> None:
        """Begin a new record now."""
        self._recorded_s = self._clock.now()
        self._before_a = self.currents_a
        self.maximum_a = self.exported_maximum_a = self.chargers_maximum_a = NO_AMPS
        self.ampere_seconds_above = NO_AMPS

    def _above(self, currents_a: PhaseAmps, elapsed_s: float) -> PhaseAmps:
        """Return ampere-seconds above the limit, per phase: a fuse melts in both directions."""
        first_a, second_a, third_a = (
            max(0.0, abs(current_a) - self.limit_a) for current_a in currents_a
        )
        return first_a * elapsed_s, second_a * elapsed_s, third_a * elapsed_s


def _larger(first: PhaseAmps, second: PhaseAmps) -> PhaseAmps:
    """Return the larger current of each phase."""
    return (
        max(first[0], second[0]),
        max(first[1], second[1]),
        max(first[2], second[2]),
    )
