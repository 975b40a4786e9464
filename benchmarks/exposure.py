"""Ampere-seconds above the fuse after a step of the house, with us and with four strategy models."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from statistics import mean

from custom_components.busbar.balancer.model import PhaseAmps
from simulators.world.car import Car, CarSpec

from .plant.charger import LOCAL, Charger
from .plant.meter import Meter, MeterSpec
from .plant.plant import Busbar, Controller, Plant
from .plant.sites import MARGIN_A, site_of
from .plant.strategies import EqualSplit, FirstCome, ProportionalCut, SmoothedRamp
from .report import Table, progress

STEPS_A = (1.0, 5.0, 13.0, 30.0)
PERIODS_S = (1.0, 10.0, 60.0)
OFFSETS = 3
TICK_S = 0.25
CAR_S = 3.0
WARM_UP_S = 190.0
WARM_UP_READINGS = 10
"""All contestants begin with the same current: the balancer needs some readings until its start is over."""
LASTS_S = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One step of the house, on a site that is full before."""

    step_a: float
    chargers: int
    period_s: float
    offset_s: float

    @property
    def maximum_a(self) -> float:
        """Return what each charger draws before."""
        return 32.0 if self.chargers == 1 else 16.0

    @property
    def rating_a(self) -> PhaseAmps:
        """Return the fuse: 8 A for the house beside the chargers."""
        rating_a = 8.0 + self.maximum_a * self.chargers
        return rating_a, rating_a, rating_a

    @property
    def starts_at(self) -> float:
        """Return when the step comes."""
        return WARM_UP_S + WARM_UP_READINGS * self.period_s + self.offset_s

    def house_a(self, now: float) -> PhaseAmps:
        """Return the house: up to the margin before, and beyond the fuse on one phase after."""
        base_a = 8.0 - MARGIN_A
        step_a = self.step_a + MARGIN_A if now >= self.starts_at else 0.0
        return base_a, base_a + step_a, base_a

    @property
    def floor_as(self) -> float:
        """Return what no controller can avoid: the next sample, its way, the charger, the car."""
        spec = MeterSpec(period_s=self.period_s)
        waited_s = -self.starts_at % self.period_s
        seconds = waited_s + spec.delay_s + LOCAL.latency_s + CAR_S
        return self.step_a * seconds


type Make = Callable[[Scene], Controller]

CONTESTANTS: dict[str, Make] = {
    "busbar": lambda scene: Busbar(site=site_of(scene.rating_a, scene.chargers)),
    "proportional cut": lambda scene: ProportionalCut(
        rating_a=scene.rating_a, maximum_a=scene.maximum_a
    ),
    "first come": lambda scene: FirstCome(
        rating_a=scene.rating_a, maximum_a=scene.maximum_a
    ),
    "equal split": lambda scene: EqualSplit(
        rating_a=scene.rating_a, maximum_a=scene.maximum_a
    ),
    "smoothed ramp": lambda scene: SmoothedRamp(
        rating_a=scene.rating_a, maximum_a=scene.maximum_a
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Exposure:
    """What one step cost."""

    over_as: float
    clear_s: float
    writes: int


def play(scene: Scene, make: Make) -> Exposure:
    """Run one scene with one contestant."""
    random = Random(7)
    spec = replace(LOCAL, maximum_a=scene.maximum_a)
    chargers = [
        Charger(key=f"c{number}", spec=spec, random=random, limit_a=scene.maximum_a)
        for number in range(scene.chargers)
    ]
    plant = Plant(
        rating_a=scene.rating_a,
        chargers=chargers,
        controller=make(scene),
        house_a=scene.house_a,
        meter=Meter(spec=MeterSpec(period_s=scene.period_s), random=random),
        tick_s=TICK_S,
    )
    for charger in chargers:
        charger.plug(Car(CarSpec(maximum_a=scene.maximum_a, reaction_s=CAR_S)), 0.0)
    plant.run(scene.starts_at - TICK_S)
    plant.forget()
    written = sum(charger.writes for charger in chargers)
    plant.run(scene.starts_at + LASTS_S)
    return Exposure(
        over_as=plant.over_as,
        clear_s=max(0.0, plant.last_over_at - scene.starts_at),
        writes=sum(charger.writes for charger in chargers) - written,
    )


@dataclass(slots=True)
class Exposures:
    """The outcome of all scenes."""

    by_case: dict[tuple[float, int, float], dict[str, list[Exposure]]] = field(
        default_factory=dict
    )
    floors_as: dict[tuple[float, int, float], list[float]] = field(default_factory=dict)

    def ratio(self, period_s: float) -> float:
        """Return the worst ratio of our exposure to the floor with one kind of meter."""
        return max(
            mean(one.over_as for one in outcomes["busbar"]) / mean(self.floors_as[case])
            for case, outcomes in self.by_case.items()
            if case[2] == period_s
        )

    def of_best(self, period_s: float) -> float:
        """Return our total exposure as a part of that of the best strategy."""
        totals = {
            name: sum(
                one.over_as
                for case, outcomes in self.by_case.items()
                if case[2] == period_s
                for one in outcomes[name]
            )
            for name in CONTESTANTS
        }
        return totals["busbar"] / min(
            total for name, total in totals.items() if name != "busbar"
        )


def measure_exposure() -> Exposures:
    """Play all scenes with all contestants, each at a few moments between two readings."""
    random = Random(3)
    found = Exposures()
    for period_s in PERIODS_S:
        progress(f"steps with a meter of {period_s:g} s")
        for count in (1, 4):
            for step_a in STEPS_A:
                case = (step_a, count, period_s)
                scenes = [
                    Scene(
                        step_a=step_a,
                        chargers=count,
                        period_s=period_s,
                        offset_s=round(random.uniform(0, period_s) * 4) / 4,
                    )
                    for _ in range(OFFSETS)
                ]
                found.floors_as[case] = [scene.floor_as for scene in scenes]
                found.by_case[case] = {
                    name: [play(scene, make) for scene in scenes]
                    for name, make in CONTESTANTS.items()
                }
    return found


def exposure_table(found: Exposures) -> Table:
    """Return ampere-seconds above the fuse, and seconds until clear, of all contestants."""
    rows: list[list[str | int | float]] = []
    for (step_a, count, period_s), outcomes in found.by_case.items():
        row: list[str | int | float] = [f"{step_a:g} A, {count} x, {period_s:g} s"]
        row.append(f"{mean(found.floors_as[step_a, count, period_s]):.0f}")
        for outcome in outcomes.values():
            over_as = mean(one.over_as for one in outcome)
            clear_s = mean(one.clear_s for one in outcome)
            row.append(f"{over_as:.0f} ({clear_s:.0f} s)")
        rows.append(row)
    return Table(
        title="Ampere-seconds above the fuse (and seconds until clear): step, chargers, meter",
        columns=("scene", "floor", *CONTESTANTS),
        rows=rows,
    )
