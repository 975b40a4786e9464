"""Play one day with one follower, second by second, and keep what flowed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from benchmarks.plant.meter import Meter, MeterSpec
from custom_components.busbar.balancer.inputs import MeterReading

from .chargers import VOLTAGE_V, Box, Quasar, Wallbox
from .days import Day, MeterFault
from .followers import Follower, Sight
from .house import Profile

METER = MeterSpec(period_s=1.0, delay_s=0.6, noise_a=0.05)
"""A Shelly that is asked every second; what it measured is known one second later."""

type MakeFollower = Callable[[Day, Box], Follower]


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """What one follower made of one day, one value per second."""

    day: Day
    profile: Profile
    charger_w: Sequence[float]
    """What the charger took, minus = gave."""
    written: Sequence[tuple[int, float]]
    """What went over the wire: second of the day and amperes."""
    has_car: Sequence[bool]
    settable_a: Sequence[float]

    @property
    def grid_w(self) -> list[float]:
        """Return what crossed the meter, plus is import."""
        return [
            net + own
            for net, own in zip(self.profile.net_w, self.charger_w, strict=True)
        ]


def play(day: Day, make: MakeFollower, *, has_own_guard: bool = False) -> Played:
    """Live through a day; with `has_own_guard` the follower keeps guard times by itself."""
    profile = day.profile
    box = _box_of(day, has_own_guard=has_own_guard)
    follower = make(day, box)
    meter = Meter(
        spec=replace(METER, offset_s=float(profile.from_s)), random=Random(day.seed)
    )
    charger_w, has_car = [], []
    last = len(profile.net_w) - 1
    for place, net_w in enumerate(profile.net_w):
        now = profile.from_s + place
        if day.has_car(now) != box.has_car:
            (box.plug if day.has_car(now) else box.unplug)(now)
        box.step(now)
        own_w = box.power_w
        charger_w.append(own_w)
        has_car.append(box.has_car)
        meter.is_frozen = day.has_fault(now) and day.fault is MeterFault.FROZEN
        meter.is_mute = day.has_fault(now) and day.fault is MeterFault.SILENT
        meter.step(float(now), ((net_w + own_w) / VOLTAGE_V, 0.0, 0.0))
        wanted_a = follower.decide(
            Sight(
                now=now,
                reading=_with_power(meter.reading),
                seen=box.seen(),
                next_net_w=profile.net_w[min(place + 1, last)],
                own_w=own_w,
            )
        )
        if wanted_a is not None:
            box.write(wanted_a, now)
    return Played(
        day=day,
        profile=profile,
        charger_w=charger_w,
        written=box.written,
        has_car=has_car,
        settable_a=box.settable_a,
    )


def _box_of(day: Day, *, has_own_guard: bool) -> Box:
    if day.is_bidirectional:
        return Quasar(level_percent=day.level_percent, is_guarded=not has_own_guard)
    return Wallbox()


def _with_power(reading: MeterReading | None) -> MeterReading | None:
    if reading is None or reading.currents_a[0] is None:
        return reading
    return replace(reading, power_w=reading.currents_a[0] * VOLTAGE_V)
