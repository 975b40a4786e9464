"""A seeded house second by second: what its appliances take, and what its roof gives through the clouds.

Watts; both are positive numbers. What is left of the one without the other (`Profile.net_w`) is what flows at
the meter without a charger: plus is import.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
import math
from random import Random

HOUR_S = 3600
SUNRISE_S, SUNSET_S = 5.5 * HOUR_S, 20.5 * HOUR_S


class Weather(StrEnum):
    """What the sky does all day."""

    CLEAR = "clear"
    BROKEN = "broken clouds"
    """Shadows of one to five minutes whose edges pass within seconds."""
    OVERCAST = "overcast"


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One value per second from `from_s` on, seconds of the day."""

    from_s: int
    load_w: Sequence[float]
    sun_w: Sequence[float]
    net_w: Sequence[float]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Appliance:
    """Something that is switched on a few times a day."""

    times: int
    hours: tuple[float, float]
    """Between which hours of the day it is switched on."""
    watts: tuple[float, float]
    lasts_s: tuple[float, float]
    share: Callable[[int, float], float]
    """The part of its power that it takes so many seconds after its start; the second number is how long
    it runs in all."""


def _all(since_s: int, lasts_s: float) -> float:
    return 1.0


def _oven(since_s: int, lasts_s: float) -> float:
    """Heat up for eight minutes, then hold by switching."""
    return 1.0 if since_s < 480 or since_s % 100 < 40 else 0.0


def _hob(since_s: int, lasts_s: float) -> float:
    """Boil for two minutes, then simmer by switching."""
    return 1.0 if since_s < 120 or since_s % 30 < 12 else 0.0


def _wash(since_s: int, lasts_s: float) -> float:
    """Heat for a quarter of the time, turn the drum, spin at the end."""
    if 300 <= since_s < 300 + 0.25 * lasts_s:
        return 1.0
    if since_s > lasts_s - 400:
        return 0.25
    return 0.12 if since_s % 18 < 12 else 0.02


_APPLIANCES = (
    _Appliance(
        times=8,
        hours=(6.3, 21.5),
        watts=(2000, 2900),
        lasts_s=(90, 210),
        share=_all,  # a kettle
    ),
    _Appliance(
        times=3,
        hours=(7.0, 20.0),
        watts=(900, 1400),
        lasts_s=(60, 400),
        share=_all,  # a microwave, a vacuum cleaner
    ),
    _Appliance(
        times=1,
        hours=(16.5, 18.5),
        watts=(2300, 2600),
        lasts_s=(1800, 3600),
        share=_oven,
    ),
    _Appliance(
        times=2,
        hours=(11.5, 19.0),
        watts=(1500, 1900),
        lasts_s=(700, 1500),
        share=_hob,
    ),
    _Appliance(
        times=1,
        hours=(8.0, 14.0),
        watts=(1900, 2200),
        lasts_s=(4000, 6500),
        share=_wash,
    ),
    _Appliance(
        times=1,
        hours=(17.5, 19.0),
        watts=(150, 350),
        lasts_s=(10000, 16000),
        share=_all,  # lamps and a television
    ),
)


def profile_of(
    seed: int, *, from_s: int, until_s: int, peak_w: float, weather: Weather
) -> Profile:
    """Return the house between two seconds of a day; the whole day is drawn, whatever part is wanted."""
    random = Random(seed)
    load_w = _base(random)
    for appliance in _APPLIANCES:
        for _ in range(appliance.times):
            _switch_on(load_w, appliance, random)
    _cool(load_w, random)
    sky = _sky(random, weather)
    sun_w = [peak_w * _height(at) * sky[at] for at in range(24 * HOUR_S)]
    span = slice(from_s, until_s)
    return Profile(
        from_s=from_s,
        load_w=load_w[span],
        sun_w=sun_w[span],
        net_w=[load - sun for load, sun in zip(load_w[span], sun_w[span], strict=True)],
    )


def _base(random: Random) -> list[float]:
    """Return what is always on: it drifts, and is never quite still."""
    base_w = drift_w = random.uniform(180, 320)
    watts = []
    for _ in range(24 * HOUR_S):
        drift_w += random.uniform(-1.5, 1.5) + 0.0005 * (base_w - drift_w)
        watts.append(max(60.0, drift_w + random.uniform(-8, 8)))
    return watts


def _switch_on(load_w: list[float], appliance: _Appliance, random: Random) -> None:
    start_s = int(random.uniform(*appliance.hours) * HOUR_S)
    lasts_s = random.uniform(*appliance.lasts_s)
    watts = random.uniform(*appliance.watts)
    for since_s in range(min(int(lasts_s), 24 * HOUR_S - start_s)):
        load_w[start_s + since_s] += watts * appliance.share(since_s, lasts_s)


def _cool(load_w: list[float], random: Random) -> None:
    """Add a fridge, which takes seven times its power when it starts."""
    at = int(random.uniform(0, 1500))
    while at < 24 * HOUR_S:
        on_s = int(random.uniform(650, 900))
        for since_s in range(min(on_s, 24 * HOUR_S - at)):
            load_w[at + since_s] += 95.0 if since_s else 650.0
        at += on_s + int(random.uniform(1300, 1800))


def _height(at: float) -> float:
    """Return how high the sun stands, 0 to 1."""
    if not SUNRISE_S < at < SUNSET_S:
        return 0.0
    share = (at - SUNRISE_S) / (SUNSET_S - SUNRISE_S)
    return math.pow(math.sin(math.pi * share), 1.3)


def _sky(random: Random, weather: Weather) -> list[float]:
    """Return the part of the sun that comes through, for every second of a day."""
    values: list[float] = []
    now = 1.0
    is_shadow = False
    while len(values) < 24 * HOUR_S:
        is_shadow = not is_shadow
        goal, lasts_s, edge_s = _passage(random, weather, is_shadow=is_shadow)
        values += [now + (goal - now) * second / edge_s for second in range(edge_s)]
        values += [
            goal * (1 + random.uniform(-0.004, 0.004)) for _ in range(int(lasts_s))
        ]
        now = goal
    return values[: 24 * HOUR_S]


def _passage(
    random: Random, weather: Weather, *, is_shadow: bool
) -> tuple[float, float, int]:
    """Return how much comes through next, for how long, and how long it takes to get there."""
    match weather:
        case Weather.CLEAR:
            goal = random.uniform(0.9, 1.0)
            return goal, random.uniform(600, 3000), int(random.uniform(60, 200))
        case Weather.OVERCAST:
            goal = random.uniform(0.12, 0.45)
            return goal, random.uniform(200, 900), int(random.uniform(60, 300))
        case Weather.BROKEN:
            goal = random.uniform(0.15, 0.45) if is_shadow else random.uniform(0.9, 1.1)
            lasts_s = random.uniform(40, 300) if is_shadow else random.uniform(60, 700)
            return goal, lasts_s, int(random.uniform(8, 30))
