"""The days that are played: a seed each, a sky, and what goes wrong."""

from dataclasses import dataclass
from enum import StrEnum

from custom_components.busbar.balancer.modes import Mode

from .house import HOUR_S, Profile, Weather, profile_of


class MeterFault(StrEnum):
    """What the meter does in the middle."""

    FROZEN = "frozen"
    """It goes on reporting the value it had."""
    SILENT = "silent"
    """It reports nothing, and its last value stands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """One day, or the interesting hours of it."""

    name: str
    seed: int
    weather: Weather
    peak_w: float = 4500.0
    hours: tuple[float, float] = (8.0, 20.5)
    away: tuple[float, float] | None = None
    """From which hour to which the car is away."""
    is_bidirectional: bool = True
    mode: Mode = Mode.SOLAR_AND_HOUSE
    level_percent: float = 55.0
    fault: MeterFault | None = None
    fault_hours: tuple[float, float] = (0.0, 0.0)

    @property
    def profile(self) -> Profile:
        """Return its house."""
        from_s, until_s = (int(hour * HOUR_S) for hour in self.hours)
        return profile_of(
            self.seed,
            from_s=from_s,
            until_s=until_s,
            peak_w=self.peak_w,
            weather=self.weather,
        )

    def has_car(self, at: int) -> bool:
        """Return whether the car is at home."""
        return self.away is None or not _is_between(at, self.away)

    def has_fault(self, at: int) -> bool:
        """Return whether the meter cannot be believed."""
        return self.fault is not None and _is_between(at, self.fault_hours)


def _is_between(at: int, hours: tuple[float, float]) -> bool:
    return hours[0] * HOUR_S <= at < hours[1] * HOUR_S


DAYS = (
    Day(name="broken clouds", seed=1, weather=Weather.BROKEN, away=(8.2, 10.4)),
    Day(name="clear", seed=2, weather=Weather.CLEAR, away=(14.0, 17.1)),
    Day(name="overcast", seed=3, weather=Weather.OVERCAST, level_percent=45.0),
    Day(
        name="broken clouds, small roof",
        seed=4,
        weather=Weather.BROKEN,
        peak_w=2600.0,
        away=(7.5, 9.0),
    ),
)
"""Days of a Quasar that follows sun and house; the energy is compared on these."""
AC_DAYS = (
    Day(
        name="AC, broken clouds",
        seed=5,
        weather=Weather.BROKEN,
        peak_w=4800.0,
        hours=(9.0, 17.5),
        is_bidirectional=False,
        mode=Mode.SOLAR,
    ),
    Day(
        name="AC, clear",
        seed=6,
        weather=Weather.CLEAR,
        hours=(9.0, 17.5),
        is_bidirectional=False,
        mode=Mode.SOLAR,
    ),
)
FAULT_DAYS = tuple(
    Day(
        name=f"{fault} meter, seed {seed}",
        seed=seed,
        weather=Weather.BROKEN,
        peak_w=4800.0,
        hours=(11.5, 14.5),
        fault=fault,
        fault_hours=(12.4, 13.6),
    )
    for seed, fault in enumerate((*MeterFault, *MeterFault), start=7)
)
"""Afternoons in which the meter fails for more than an hour; only the fuse counts there."""
FUSE_DAYS = (
    Day(
        name="charging at full current",
        seed=11,
        weather=Weather.BROKEN,
        peak_w=2000.0,
        hours=(16.0, 19.5),
        mode=Mode.CHARGE,
        level_percent=30.0,
    ),
    Day(
        name="discharging into sun",
        seed=12,
        weather=Weather.BROKEN,
        hours=(11.0, 14.5),
        mode=Mode.DISCHARGE,
        level_percent=95.0,
    ),
)
"""Hours in which a charger would pass the fuse again and again, in one direction and in the other."""
