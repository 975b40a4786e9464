"""Model a car at the end of a charging cable, as a charger sees it."""

from collections import deque
from dataclasses import dataclass
import math
from typing import NamedTuple

from .phases import NO_AMPS, PhaseAmps

VOLTAGE_V = 230.0
TAPER_FLOOR_A = 1.0
"""What a car still draws per phase just before it is full: less than any pilot can offer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CarSpec:
    """Describe how a car behaves; amperes are per phase."""

    name: str = "car"
    phases: int = 3
    maximum_a: float = 16.0
    minimum_a: float = 6.0
    """Offered less than this, the car does not charge (9.2 for some on three phases)."""
    energy_wanted_kwh: float = math.inf
    reaction_s: float = 0.0
    """Delay until a changed pilot is followed; the standard allows 5 s."""
    start_delay_s: float = 0.0
    """Delay between the first usable offer after plugging in and the first ampere."""
    taper_kwh: float = 0.0
    """Below this much missing energy the current sinks linearly."""
    shortfall_a: float = 0.0
    """How far the car stays below what it is offered."""
    sleeps_after_interruptions: int | None = None
    """Number of interruptions after which it no longer starts; None: never sleeps."""
    ignores_pilot: bool = False
    """Whether it draws its maximum at any usable offer, however low (a defective car)."""

    def __post_init__(self) -> None:
        """Refuse a car that cannot exist."""
        if self.phases not in (1, 2, 3):
            msg = f"a car uses 1, 2 or 3 phases, not {self.phases}"
            raise ValueError(msg)


class Offer(NamedTuple):
    """What a charger signals: amperes per phase (0: nothing) on one or three live phases."""

    current_a: float
    phases: int


NOTHING_OFFERED = Offer(0.0, 3)


class Car:
    """Draw what the spec says, once time and pilot allow it."""

    def __init__(self, spec: CarSpec | None = None) -> None:
        """Make an unplugged car that has charged nothing yet."""
        self.spec = spec or CarSpec()
        self.energy_charged_kwh = 0.0
        self.interruptions = 0
        self.drawn_a: PhaseAmps = NO_AMPS
        self._announced = NOTHING_OFFERED
        self._seen = NOTHING_OFFERED
        self._on_its_way: deque[tuple[float, Offer]] = deque()
        self._starts_at_s: float | None = None
        self._last_s: float | None = None

    @property
    def is_full(self) -> bool:
        """Whether it has taken all the energy it wanted."""
        return self.energy_charged_kwh >= self.spec.energy_wanted_kwh

    @property
    def is_asleep(self) -> bool:
        """Whether it was interrupted too often and has to be woken."""
        limit = self.spec.sleeps_after_interruptions
        return limit is not None and self.interruptions >= limit

    @property
    def is_drawing(self) -> bool:
        """Whether any current flows."""
        return max(self.drawn_a) > 0

    def plug_in(self, now_s: float) -> None:
        """Begin a session: nothing is offered yet, and a sleeping car is awake again."""
        self.drawn_a = NO_AMPS
        self.interruptions = 0
        self._announced = self._seen = NOTHING_OFFERED
        self._on_its_way.clear()
        self._starts_at_s = None
        self._last_s = now_s

    def unplug(self) -> None:
        """End the session; the current is gone with the cable."""
        self.drawn_a = NO_AMPS
        self._last_s = None

    def wake(self) -> None:
        """Wake a sleeping car, as an interruption of the control pilot does."""
        self.interruptions = 0

    def wants(self, offer: Offer) -> bool:
        """Whether it would draw if it had seen this offer for long enough."""
        return (
            offer.current_a >= self.spec.minimum_a
            and not self.is_full
            and not self.is_asleep
        )

    def step(self, now_s: float, offer: Offer) -> None:
        """Live until now, with the pilot as offered from now on."""
        self._charge_until(now_s)
        if offer != self._announced:
            self._announced = offer
            self._on_its_way.append((now_s + self.spec.reaction_s, offer))
        while self._on_its_way and self._on_its_way[0][0] <= now_s:
            self._seen = self._on_its_way.popleft()[1]
        was_drawing = self.is_drawing
        # The pilot is followed late, but a dead phase is dead at once.
        live_phases = min(self._seen.phases, offer.phases)
        self.drawn_a = self._spread(self._current_a(now_s), live_phases)
        if was_drawing and not self.is_drawing and not self.is_full:
            self.interruptions += 1

    def _charge_until(self, now_s: float) -> None:
        """Book the energy of the time that has passed."""
        if self._last_s is not None:
            hours = (now_s - self._last_s) / 3600
            power_kw = sum(self.drawn_a) * VOLTAGE_V / 1000
            self.energy_charged_kwh += power_kw * hours
        self._last_s = now_s

    def _current_a(self, now_s: float) -> float:
        """Return what it draws per phase now."""
        if not self.wants(self._seen):
            return 0.0
        if self._starts_at_s is None:
            self._starts_at_s = now_s + self.spec.start_delay_s
        if now_s < self._starts_at_s:
            return 0.0
        if self.spec.ignores_pilot:
            return self.spec.maximum_a
        offered_a = self._seen.current_a - self.spec.shortfall_a
        return max(0.0, min(offered_a, self.spec.maximum_a, self._taper_a()))

    def _taper_a(self) -> float:
        """Return the most that the battery still takes per phase."""
        missing_kwh = self.spec.energy_wanted_kwh - self.energy_charged_kwh
        if missing_kwh >= self.spec.taper_kwh:
            return self.spec.maximum_a
        share = missing_kwh / self.spec.taper_kwh
        return max(TAPER_FLOOR_A, self.spec.maximum_a * share)

    def _spread(self, current_a: float, live_phases: int) -> PhaseAmps:
        """Put the current on the phases that car and charger have in common."""
        used = min(self.spec.phases, live_phases)
        return (
            current_a,
            current_a if used >= 2 else 0.0,
            current_a if used >= 3 else 0.0,
        )
