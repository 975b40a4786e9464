"""How the balancer behaves over time: exposure after steps, calmness and energy over days.

Exposure is compared with four strategy models on the same plant, and with the physical floor: what no
controller can avoid between a step of the house and its meter, the charger's latency and the car's own
delay. Energy is compared with the most that any plan could have delivered, knowing everything beforehand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from statistics import mean

from custom_components.busbar.balancer.decision import Decision
from custom_components.busbar.balancer.inputs import (
    CircuitConfig,
    MemberConfig,
    Options,
    SiteConfig,
)
from custom_components.busbar.balancer.model import STRAIGHT, PhaseAmps, ReasonKey
from simulators.world.car import Car, CarSpec

from .plant.charger import CLOUD, LOCAL, Charger, ChargerSpec
from .plant.days import FROM_S, UNTIL_S, VOLTAGE_V, Visit, house_of, room_of, visits_of
from .plant.flow import Demand, most_delivered
from .plant.meter import Meter, MeterSpec
from .plant.plant import SUPPLY, Busbar, Controller, Plant
from .plant.strategies import EqualSplit, FirstCome, ProportionalCut, SmoothedRamp
from .report import Result, Table, Target, progress

STEPS_A = (1.0, 5.0, 13.0, 30.0)
PERIODS_S = (1.0, 10.0, 60.0)
OFFSETS = 3
TICK_S = 0.25
CAR_S = 3.0
WARM_UP_S = 190.0
LASTS_S = 300.0
SEEDS = range(20)
SLOT_S = 300.0
MARGIN_A = 1.0
SUM_RUNS = 40
SUM_LASTS_S = 1200.0
SETTLE_S = 60.0
"""A car that comes is no change of ours: what it may draw at once is taken back within this time."""
NIGHT_CHARGER = replace(LOCAL, report_s=30.0)
LOSSY = ChargerSpec(name="lossy", latency_s=2.0, jitter_s=3.0, loss=0.2, report_s=5.0)
WAITS = frozenset(
    {
        ReasonKey.WAITING_FOR_TURN,
        ReasonKey.MINIMUM_OFF,
        ReasonKey.SWITCH_HOLD,
        ReasonKey.ROOM_NOT_LASTING,
    }
)
"""Reasons of a car that others, or a timer of ours, keep waiting though there is room for one."""
ABOUT = (
    "The floor is the wait for the next sample, its way, the charger's latency and the car's 3 s, times the "
    "step. The bound of energy knows all arrivals and appliances beforehand, and has neither minimums nor "
    "whole amperes; it keeps the same safety margin of 1 A."
)

TARGETS = {
    "exposure_ratio_1s": Target(at_most=1.5),
    "exposure_of_best_10s": Target(at_most=1.0),
    "broken_sums": Target(at_most=0),
    "broken_budgets": Target(at_most=0),
    "toggles_beyond_needed_per_day": Target(at_most=2),
    "energy_ratio": Target(at_least=0.97),
    "longest_wait_in_rotations": Target(at_most=1.0),
}


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
        return WARM_UP_S + self.offset_s

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
    "busbar": lambda scene: Busbar(site=_site(scene.rating_a, scene.chargers)),
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


def _site(rating_a: PhaseAmps, chargers: int) -> SiteConfig:
    return SiteConfig(
        circuits=(
            CircuitConfig(
                key=SUPPLY,
                rating_a=rating_a,
                has_meter=True,
                margin_a=MARGIN_A,
                fail_safe_a=(6.0, 6.0, 6.0),
            ),
        ),
        members=tuple(
            MemberConfig(key=f"c{number}", circuit=SUPPLY, phase_map=STRAIGHT)
            for number in range(chargers)
        ),
    )


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Night:
    """What one seeded night showed."""

    energy_as: float
    bound_as: float
    over_as: float
    writes_per_hour: float
    """Per charger."""
    toggles_beyond: float
    """Contactor toggles beyond what no controller could have spared, per charger and day."""
    longest_wait_s: float
    shares: Sequence[float]
    """Of what each car wanted."""


@dataclass(slots=True, kw_only=True)
class Watcher:
    """Follows a night: how long cars wait, and how many toggles no controller could have spared."""

    rotation_s: float
    longest_s: float = 0.0
    forced: float = 0.0
    """Stops and starts because the house left less room, and the turns of those who waited."""
    _since: dict[str, float] = field(default_factory=dict)
    _fitting: int = 0

    def watch(self, decision: Decision) -> None:
        """Take one decision."""
        for key, member in decision.members.items():
            is_waiting = member.reason.key in WAITS and member.allocated_a == 0
            if not is_waiting:
                self._since.pop(key, None)
                continue
            since = self._since.setdefault(key, decision.now)
            self.longest_s = max(self.longest_s, decision.now - since)

    def look(self, plant: Plant) -> None:
        """Count, by the plant alone, whose minimums stopped fitting, and whose turn it became."""
        wanting = [
            charger.car
            for charger in plant.chargers
            if charger.car and not charger.car.is_full
        ]
        if not wanting:
            self._fitting = 0
            return
        phases = wanting[0].spec.phases
        room_a = plant.rating_a[0] - MARGIN_A - max(plant.house_a(plant.now)[:phases])
        fitting = min(len(wanting), max(0, int(room_a // LOCAL.minimum_a)))
        self.forced += 2 * max(0, min(self._fitting, len(wanting)) - fitting)
        swapped = min(fitting, len(wanting) - fitting)
        self.forced += 2 * swapped * plant.tick_s / self.rotation_s
        self._fitting = fitting


def play_night(seed: int, rating_a: float = 25.0, count: int = 3) -> Night:
    """Run one night of a home with a small fuse, and hold it against the bound."""
    random = Random(seed)
    # All cars of a night use the same phases: only then is the bound a flow, and exact.
    phases = 3 if seed % 2 == 0 else 1
    house, visits = house_of(random), visits_of(random, count, phases)
    site = _site((rating_a, rating_a, rating_a), count)
    chargers = [
        Charger(key=f"c{number}", spec=NIGHT_CHARGER, random=random, limit_a=6.0)
        for number in range(count)
    ]
    controller = Busbar(site=site)
    watcher = Watcher(rotation_s=site.options.rotation_s)
    controller.watch = watcher.watch
    plant = Plant(
        rating_a=(rating_a, rating_a, rating_a),
        chargers=chargers,
        controller=controller,
        house_a=house.currents_a,
        meter=Meter(
            spec=MeterSpec(period_s=10.0, delay_s=1.0, noise_a=0.3), random=random
        ),
        tick_s=2.0,
        now=FROM_S,
        on_tick=watcher.look,
    )
    cars = [visit.car for visit in visits]
    comings = [(visit.comes_s, number, True) for number, visit in enumerate(visits)]
    goings = [(visit.goes_s, number, False) for number, visit in enumerate(visits)]
    for at, number, comes in sorted(comings + goings):
        plant.run(at)
        if comes:
            chargers[number].plug(cars[number], plant.now)
        else:
            chargers[number].unplug(plant.now)
    plant.run(UNTIL_S)
    return _weigh(
        plant,
        cars,
        visits,
        room_of(house, rating_a - MARGIN_A, SLOT_S, phases),
        watcher,
    )


def _weigh(
    plant: Plant,
    cars: Sequence[Car],
    visits: Sequence[Visit],
    rooms: Sequence[float],
    watcher: Watcher,
) -> Night:
    """Return a night in figures, beside the bound of every phase."""
    phases = visits[0].spec.phases
    demands = [
        Demand(
            wanted_as=visit.wanted_as / phases,
            maximum_a=visit.spec.maximum_a,
            slots=range(
                int((visit.comes_s - FROM_S) // SLOT_S),
                int((visit.goes_s - FROM_S) // SLOT_S) + 1,
            ),
        )
        for visit in visits
    ]
    bound_as = phases * most_delivered(demands, rooms, SLOT_S)
    charged_as = [car.energy_charged_kwh * 3.6e6 / VOLTAGE_V for car in cars]
    wanted_as = [visit.wanted_as for visit in visits]
    hours = (UNTIL_S - FROM_S) / 3600
    return Night(
        energy_as=sum(charged_as),
        bound_as=bound_as,
        over_as=plant.over_as,
        writes_per_hour=sum(charger.writes for charger in plant.chargers)
        / hours
        / len(cars),
        # A session has one start and one stop.
        toggles_beyond=(
            sum(charger.toggles - 2 for charger in plant.chargers) - watcher.forced
        )
        / len(cars)
        / (hours / 24),
        longest_wait_s=watcher.longest_s,
        shares=[
            charged / wanted
            for charged, wanted in zip(charged_as, wanted_as, strict=True)
        ],
    )


def _jain(shares: Sequence[float]) -> float:
    """Return Jain's index of fairness: 1 where all got the same share of what they wanted."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares))


def _over_budget(charger: Charger) -> int:
    """Return how many writes went beyond the write budget of a charger."""
    budget = charger.spec.budget
    broken = 0
    for most, during_s in ((budget.per_minute, 60.0), (budget.per_hour, 3600.0)):
        if most is not None:
            broken += sum(
                sum(at - during_s < other <= at for other in charger.written_at) > most
                for at in charger.written_at
            )
    return broken


@dataclass(slots=True)
class Sums:
    """How often old and new values together passed an unchanged limit, and budgets were broken."""

    runs: int = 0
    broken: int = 0
    broken_budgets: int = 0


def measure_sums() -> Sums:
    """Run random sites under a static limit, with slow and lossy chargers and a target that moves."""
    found = Sums()
    for seed in range(SUM_RUNS):
        random = Random(seed)
        rating_a = random.choice([16.0, 20.0, 25.0, 32.0])
        count = random.randint(2, 5)
        chargers = [
            Charger(
                key=f"c{number}",
                spec=random.choice([LOCAL, CLOUD, LOSSY]),
                random=random,
                limit_a=0.0,
            )
            for number in range(count)
        ]
        members = _site((rating_a,) * 3, count).members
        circuit = CircuitConfig(key=SUPPLY, rating_a=(rating_a, rating_a, rating_a))
        plant = Plant(
            rating_a=circuit.rating_a,
            chargers=chargers,
            controller=Busbar(site=SiteConfig(circuits=(circuit,), members=members)),
            house_a=lambda now: (0.0, 0.0, 0.0),
        )
        plugged_at = _live_randomly(plant, random)
        found.runs += 1
        _check_sums(plant, plugged_at, rating_a, found, random)
        found.broken_budgets += sum(_over_budget(charger) for charger in chargers)
    return found


def _live_randomly(plant: Plant, random: Random) -> float:
    """Let all cars come within the first minutes; return when the last one came."""
    for charger in plant.chargers:
        plant.run(plant.now + random.uniform(5, 60))
        spec = CarSpec(
            phases=random.choice([1, 3]),
            maximum_a=random.choice([16.0, 32.0]),
            reaction_s=random.choice([1.0, 3.0, 5.0]),
            energy_wanted_kwh=random.choice([1.0, 3.0, 60.0]),
        )
        charger.plug(Car(spec), plant.now)
    return plant.now


def _check_sums(
    plant: Plant, plugged_at: float, rating_a: float, found: Sums, random: Random
) -> None:
    """Look at every second whether what is set and what is on its way can pass the limit."""
    while plant.now < SUM_LASTS_S:
        if random.random() < 1 / 300:
            charger = random.choice(plant.chargers)
            if charger.car is not None and charger.car.is_full:
                charger.unplug(plant.now)
        plant.run(plant.now + 1)
        worst_a = [0.0, 0.0, 0.0]
        for charger in plant.chargers:
            for phase, amps in enumerate(charger.worst_on_grid_a):
                worst_a[phase] += amps
        if plant.now > plugged_at + SETTLE_S and max(worst_a) > rating_a + 0.05:
            found.broken += 1


def run() -> Result:
    """Measure all of it."""
    exposures = measure_exposure()
    progress(f"{SUM_RUNS} random sites under an unchanged limit")
    sums = measure_sums()
    nights = []
    for seed in SEEDS:
        progress(f"night {seed + 1} of {len(SEEDS)}")
        nights.append(play_night(seed))
    rotation_s = Options().rotation_s
    figures = {
        "exposure_ratio_1s": exposures.ratio(1.0),
        "exposure_ratio_10s": exposures.ratio(10.0),
        "exposure_ratio_60s": exposures.ratio(60.0),
        "exposure_of_best_10s": exposures.of_best(10.0),
        "broken_sums": sums.broken,
        "broken_budgets": sums.broken_budgets,
        "energy_ratio": sum(night.energy_as for night in nights)
        / sum(night.bound_as for night in nights),
        "writes_per_hour": mean(night.writes_per_hour for night in nights),
        "toggles_beyond_needed_per_day": max(night.toggles_beyond for night in nights),
        "longest_wait_in_rotations": max(night.longest_wait_s for night in nights)
        / rotation_s,
        "jain_index": mean(_jain(night.shares) for night in nights),
        "over_as_per_night": mean(night.over_as for night in nights),
    }
    return Result(
        name="control",
        compares_with="four strategy models, the physical floor and an offline bound of energy",
        figures=figures,
        targets=TARGETS,
        tables=(_exposure_table(exposures), _nights_table(nights)),
        notes=(ABOUT,),
    )


def _exposure_table(found: Exposures) -> Table:
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


def _nights_table(nights: Sequence[Night]) -> Table:
    """Return every night."""
    return Table(
        title="Nights of a home with three cars behind 25 A",
        columns=(
            "seed",
            "of bound",
            "writes/h",
            "toggles",
            "wait s",
            "Jain",
            "over As",
        ),
        rows=[
            [
                seed,
                night.energy_as / night.bound_as,
                night.writes_per_hour,
                night.toggles_beyond,
                night.longest_wait_s,
                _jain(night.shares),
                night.over_as,
            ]
            for seed, night in zip(SEEDS, nights, strict=True)
        ],
    )
