"""Random sites under an unchanged limit: do old and new values together ever pass it?"""

from dataclasses import dataclass
from random import Random

from custom_components.busbar.balancer.inputs import CircuitConfig, SiteConfig
from simulators.world.car import Car, CarSpec

from .plant.charger import CLOUD, LOCAL, Charger, ChargerSpec
from .plant.plant import SUPPLY, Busbar, Plant
from .plant.sites import site_of

SUM_RUNS = 40
SUM_LASTS_S = 1200.0
SETTLE_S = 60.0
"""A car that comes is no change of ours: what it may draw at once is taken back within this time."""
LOSSY = ChargerSpec(name="lossy", latency_s=2.0, jitter_s=3.0, loss=0.2, report_s=5.0)


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
        members = site_of((rating_a,) * 3, count).members
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
