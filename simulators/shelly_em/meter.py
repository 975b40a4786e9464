"""Measure what flows through the clamps, once a second as the device does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import math

from .faults import Fault

NOMINAL_V = 230.0
MEASURES_EVERY_S = 1.0
REBOOT_S = 5.0


def nothing() -> float:
    """Return what an empty clamp measures."""
    return 0.0


@dataclass(kw_only=True)
class Channel:
    """Be one clamp: + import with the arrow as printed."""

    watts: Callable[[], float] = nothing
    power_factor: float = 0.95
    """Its sign says nothing about the direction of the power."""
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """Be what one channel measured last."""

    power_w: float = 0.0
    power_factor: float = 1.0
    voltage_v: float = NOMINAL_V
    imported_wh: float = 0.0
    exported_wh: float = 0.0

    @property
    def apparent_va(self) -> float:
        """Volts times amperes."""
        return abs(self.power_w / self.power_factor)

    @property
    def reactive_var(self) -> float:
        """What goes to and fro."""
        return math.sqrt(max(0.0, self.apparent_va**2 - self.power_w**2))

    @property
    def current_a(self) -> float:
        """A magnitude."""
        return self.apparent_va / NOMINAL_V


class Clamps:
    """Live from second to second; everything on the wire comes from here."""

    def __init__(
        self, channels: Sequence[Channel], faults: set[Fault], now_s: float
    ) -> None:
        """Begin long after the start."""
        self.channels = list(channels)
        self._faults = faults
        self.samples = [Sample() for _ in self.channels]
        self._measured_s = now_s
        self._now_s = now_s
        self._started_s = now_s - 86400.0
        self._up_s = self._started_s
        self.measure()

    @property
    def is_up(self) -> bool:
        """Whether it has started."""
        return self._now_s >= self._up_s

    @property
    def uptime_s(self) -> int:
        """Seconds since the start, as the device tells them."""
        return max(0, int(self._measured_s - self._started_s))

    def live(self, now_s: float) -> None:
        """Measure at every full second up to now."""
        while self._measured_s + MEASURES_EVERY_S <= now_s:
            if Fault.HANG in self._faults:
                break
            self._measured_s += MEASURES_EVERY_S
            self._count()
            if Fault.FREEZE not in self._faults:
                self.measure()
        if Fault.HANG in self._faults:
            # What the clamps would have seen meanwhile is never told.
            self._started_s += now_s - self._now_s
            self._measured_s += now_s - self._now_s
        self._now_s = now_s

    def measure(self) -> None:
        """Look at the clamps now."""
        self.samples = [
            Sample(
                power_w=channel.watts(),
                power_factor=channel.power_factor,
                imported_wh=sample.imported_wh,
                exported_wh=sample.exported_wh,
            )
            for channel, sample in zip(self.channels, self.samples, strict=True)
        ]

    def _count(self) -> None:
        hours = MEASURES_EVERY_S / 3600
        self.samples = [
            Sample(
                power_w=sample.power_w,
                power_factor=sample.power_factor,
                imported_wh=sample.imported_wh + max(0.0, sample.power_w) * hours,
                exported_wh=sample.exported_wh + max(0.0, -sample.power_w) * hours,
            )
            for sample in self.samples
        ]

    def reboot(self) -> None:
        """Restart: counters and clock from 0."""
        self._up_s = self._started_s = self._now_s + REBOOT_S
        self.samples = [Sample() for _ in self.channels]
        self.measure()
