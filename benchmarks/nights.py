"""Seeded nights of a home: energy against an offline bound, calmness, and whose turn it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from custom_components.busbar.balancer.decision import Decision
from custom_components.busbar.balancer.model import ReasonKey
from simulators.world.car import Car

from .plant.charger import LOCAL, Charger
from .plant.days import FROM_S, UNTIL_S, VOLTAGE_V, Visit, house_of, room_of, visits_of
from .plant.flow import Demand, most_delivered
from .plant.meter import Meter, MeterSpec
from .plant.plant import Busbar, Plant
from .plant.sites import MARGIN_A, site_of
from .report import Table

SEEDS = range(20)
SLOT_S = 300.0
NIGHT_CHARGER = replace(LOCAL, report_s=30.0)
WAITS = frozenset(
    {
        ReasonKey.WAITING_FOR_TURN,
        ReasonKey.MINIMUM_OFF,
        ReasonKey.SWITCH_HOLD,
        ReasonKey.ROOM_NOT_LASTING,
    }
)
"""Reasons of a car that waits while others, or a timer of ours, stand before it."""
IDLE = frozenset({ReasonKey.STANDS_BY, ReasonKey.WAKING})
"""Reasons of chargers whose allocation serves no car. While no car is served, nobody is starved."""


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
        served = any(
            member.allocated_a and member.reason.key not in IDLE
            for member in decision.members.values()
        )
        for key, member in decision.members.items():
            is_waiting = (
                member.reason.key in WAITS and member.allocated_a == 0 and served
            )
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
        # Each that waits is to have its turn within one rotation, in the place of another.
        swapped = len(wanting) - fitting if fitting else 0
        self.forced += 2 * swapped * plant.tick_s / self.rotation_s
        self._fitting = fitting


def play_night(seed: int, rating_a: float = 25.0, count: int = 3) -> Night:
    """Run one night of a home with a small fuse, and hold it against the bound."""
    random = Random(seed)
    # All cars of a night use the same phases: only then is the bound a flow, and exact.
    phases = 3 if seed % 2 == 0 else 1
    house, visits = house_of(random), visits_of(random, count, phases)
    site = site_of((rating_a, rating_a, rating_a), count)
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


def jain(shares: Sequence[float]) -> float:
    """Return Jain's index of fairness: 1 where all got the same share of what they wanted."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares))


def nights_table(nights: Sequence[Night]) -> Table:
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
                jain(night.shares),
                night.over_as,
            ]
            for seed, night in zip(SEEDS, nights, strict=True)
        ],
    )
