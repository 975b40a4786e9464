"""Seeded evenings and nights of a home: appliances on random phases, and cars that come and go."""

from dataclasses import dataclass
from random import Random

from simulators.world.car import Car, CarSpec
from simulators.world.house import House, LoadStep

HOUR_S = 3600.0
FROM_S, UNTIL_S = 17 * HOUR_S, 31 * HOUR_S
"""From five in the afternoon to seven in the morning."""
VOLTAGE_V = 230.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One car: when it comes and goes, and what it wants."""

    comes_s: float
    goes_s: float
    spec: CarSpec

    @property
    def car(self) -> Car:
        """Return the car itself."""
        return Car(self.spec)

    @property
    def wanted_as(self) -> float:
        """Return the ampere-seconds it wants, all phases."""
        return self.spec.energy_wanted_kwh * HOUR_S * 1000 / VOLTAGE_V


def house_of(random: Random) -> House:
    """Return a house with a base load, a heat pump, and appliances that come and go."""
    loads = [LoadStep(name="base", current_a=(1.4, 1.5, 0.8))]
    loads.append(
        LoadStep(
            name="heat pump",
            current_a=(5.0, 5.0, 5.0),
            start_s=FROM_S + random.uniform(0, 1800),
            end_s=FROM_S + 2700,
            period_s=random.choice([3600.0, 5400.0]),
        )
    )
    for name, amps, lasts_s, times in (
        ("kettle", 9.0, 180.0, 6),
        ("oven", 11.0, 2400.0, 1),
        ("dryer", 10.0, 4200.0, 1),
        ("hob", 8.0, 900.0, 3),
        ("microwave", 5.0, 240.0, 4),
    ):
        for _ in range(times):
            start_s = random.uniform(FROM_S, FROM_S + 6.5 * HOUR_S)
            if random.random() < 0.3:
                start_s = random.uniform(UNTIL_S - 3 * HOUR_S, UNTIL_S - HOUR_S / 2)
            phase = random.randrange(3)
            current_a = [0.0, 0.0, 0.0]
            current_a[phase] = amps
            loads.append(
                LoadStep(
                    name=name,
                    current_a=(current_a[0], current_a[1], current_a[2]),
                    start_s=start_s,
                    end_s=start_s + lasts_s * random.uniform(0.6, 1.4),
                )
            )
    return House(loads)


def visits_of(random: Random, chargers: int, phases: int) -> list[Visit]:
    """Return one visit per charger: home in the evening, gone in the morning."""
    return [
        Visit(
            comes_s=FROM_S + random.uniform(0.2, 3.5) * HOUR_S,
            goes_s=UNTIL_S - random.uniform(0.2, 2.0) * HOUR_S,
            spec=CarSpec(
                phases=phases,
                maximum_a=16.0,
                energy_wanted_kwh=random.uniform(7.0, 24.0) * phases,
                reaction_s=3.0,
                start_delay_s=5.0,
                taper_kwh=0.2 * phases,
            ),
        )
        for _ in range(chargers)
    ]


def room_of(house: House, limit_a: float, slot_s: float, phases: int) -> list[float]:
    """Return the mean room of every slot, on the worst of the first phases at every moment."""
    rooms = []
    start_s = FROM_S
    while start_s < UNTIL_S:
        samples = [
            house.currents_a(start_s + offset) for offset in range(5, int(slot_s), 10)
        ]
        rooms.append(
            sum(max(0.0, limit_a - max(sample[:phases])) for sample in samples)
            / len(samples)
        )
        start_s += slot_s
    return rooms
