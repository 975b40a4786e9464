"""Two minutes of a home in which somebody boils water: the scene of the first plot in docs/balancing.md."""

from dataclasses import dataclass, replace
from random import Random

from custom_components.busbar.balancer.model import PhaseAmps
from simulators.world.car import Car, CarSpec

from .exposure import CAR_S, TICK_S
from .plant.charger import LOCAL, Charger
from .plant.meter import Meter, MeterSpec
from .plant.plant import Busbar, Plant
from .plant.sites import site_of

FUSE_A = 32.0
HOUSE_A: PhaseAmps = (4.0, 2.0, 3.0)
KETTLE_A = 9.0
NOISE_A = 0.1
ON_AT, OFF_AT, LASTS_S = 10.0, 40.0, 120.0
WARM_UP_S = 120.0
CAR_A = 16.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """What flows on L1 at one time, and what the chargers are set to."""

    at: float
    grid_a: float
    set_points_a: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kettle:
    """The scene as it was played: every moment, and what it cost."""

    moments: tuple[Moment, ...]
    over_as: float
    """Ampere-seconds above the fuse."""
    clear_s: float
    """From the kettle to the last moment above the fuse."""


def play_kettle() -> Kettle:
    """Play the scene: two cars, the first with the higher priority, and a meter that reports every second."""
    random = Random(5)
    spec = replace(LOCAL, maximum_a=CAR_A)
    chargers = [
        Charger(key=f"c{number}", spec=spec, random=random, limit_a=6.0)
        for number in range(2)
    ]
    site = site_of((FUSE_A, FUSE_A, FUSE_A), len(chargers))
    first, second = site.members
    site = replace(site, members=(replace(first, priority=1), second))
    plant = Plant(
        rating_a=(FUSE_A, FUSE_A, FUSE_A),
        chargers=chargers,
        controller=Busbar(site=site),
        house_a=house_a,
        meter=Meter(spec=MeterSpec(period_s=1.0, noise_a=NOISE_A), random=random),
        tick_s=TICK_S,
    )
    for charger in chargers:
        charger.plug(Car(CarSpec(maximum_a=CAR_A, reaction_s=CAR_S)), 0.0)
    plant.run(WARM_UP_S)
    plant.forget()
    moments = []
    while plant.now < WARM_UP_S + LASTS_S:
        plant.run(plant.now + TICK_S)
        moments.append(_moment(plant))
    return Kettle(
        moments=tuple(moments),
        over_as=plant.over_as,
        clear_s=max(0.0, plant.last_over_at - WARM_UP_S - ON_AT),
    )


def house_a(now: float) -> PhaseAmps:
    """Return what the house takes: on L1 the kettle, too."""
    first, second, third = HOUSE_A
    boils = ON_AT <= now - WARM_UP_S < OFF_AT
    return first + KETTLE_A * boils, second, third


def _moment(plant: Plant) -> Moment:
    return Moment(
        at=plant.now - WARM_UP_S,
        grid_a=plant.total_a[0],
        set_points_a=tuple(
            0.0 if charger.commanded is None else charger.commanded[0]
            for charger in plant.chargers
        ),
    )
