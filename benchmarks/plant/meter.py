"""A meter at the supply: it samples with a period, tells late, with noise, and sometimes not at all."""

from collections import deque
from dataclasses import dataclass, field
from random import Random

from custom_components.busbar.balancer.inputs import KnownAmps, MeterReading
from custom_components.busbar.balancer.model import PhaseAmps


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterSpec:
    """How a meter behaves when it is well."""

    period_s: float = 1.0
    delay_s: float = 0.2
    noise_a: float = 0.0
    offset_s: float = 0.0
    """When in its period it samples."""


@dataclass(slots=True, kw_only=True)
class Meter:
    """One meter; its faults are switched on from outside."""

    spec: MeterSpec
    random: Random
    is_missing: bool = False
    """It reports nothing, and its entities are unavailable."""
    is_mute: bool = False
    """It reports nothing, and its last value stands."""
    is_frozen: bool = False
    """It goes on reporting the value it had."""
    is_inverted: bool = False
    jumps_by_a: float = 0.0
    """Every other sample is off by this."""
    reading: MeterReading | None = None
    _underway: deque[tuple[float, float, PhaseAmps]] = field(default_factory=deque)
    _next_at: float = 0.0
    _last: PhaseAmps = (0.0, 0.0, 0.0)
    _count: int = 0

    def __post_init__(self) -> None:
        """Begin within the first period."""
        self._next_at = self.spec.offset_s

    @property
    def next_sample_at(self) -> float:
        """Return when it samples next."""
        return self._next_at

    def step(self, now: float, currents_a: PhaseAmps) -> bool:
        """Sample if it is time; return whether something new arrived."""
        while now >= self._next_at - 1e-9:
            self._sample(self._next_at, currents_a)
            self._next_at += self.spec.period_s
        has_news = False
        while self._underway and self._underway[0][0] <= now + 1e-9:
            _, at, values = self._underway.popleft()
            self.reading = MeterReading(currents_a=values, measured_at=(at, at, at))
            has_news = True
        if self.is_missing and self.reading is not None:
            unknown: KnownAmps = (None, None, None)
            has_news = self.reading.currents_a != unknown
            self.reading = MeterReading(
                currents_a=unknown, measured_at=self.reading.measured_at
            )
        return has_news

    def _sample(self, at: float, currents_a: PhaseAmps) -> None:
        if self.is_missing or self.is_mute:
            return
        self._count += 1
        if not self.is_frozen:
            self._last = self._measure(currents_a)
        self._underway.append((at + self.spec.delay_s, at, self._last))

    def _measure(self, currents_a: PhaseAmps) -> PhaseAmps:
        sign = -1.0 if self.is_inverted else 1.0
        jump_a = self.jumps_by_a if self._count % 2 else 0.0
        noise_a = self.spec.noise_a
        values = [
            sign * current_a
            + jump_a
            + (self.random.uniform(-noise_a, noise_a) if noise_a else 0.0)
            for current_a in currents_a
        ]
        return values[0], values[1], values[2]
