"""Two vehicles for both directions on one supply: what one gives is neither sun nor room for the other."""

from dataclasses import dataclass, field, replace

import pytest

from custom_components.busbar.balancer.controller import step
from custom_components.busbar.balancer.decision import Decision
from custom_components.busbar.balancer.inputs import (
    CircuitConfig,
    Inputs,
    MemberConfig,
    MeterReading,
    Options,
    SiteConfig,
)
from custom_components.busbar.balancer.memory import Memory
from custom_components.busbar.balancer.model import STRAIGHT
from custom_components.busbar.balancer.modes import Intent, Mode

from .v2g import QUICK, VOLTAGE_V, Bidirectional, house_with

NEARLY_A = 0.5
"""What a rounding or a measurement may be beside a limit."""


@dataclass
class Pair:
    """Two chargers and a meter, and nothing else in the house."""

    modes: dict[str, Mode]
    options: Options = QUICK
    rating_a: float = 80.0
    export_a: float | None = None
    now: float = 1000.0
    memory: Memory = field(default_factory=Memory)
    cars: dict[str, Bidirectional] = field(
        default_factory=lambda: {"a": Bidirectional(), "b": Bidirectional()}
    )
    grid_a: list[float] = field(default_factory=list)
    decision: Decision | None = None

    @property
    def site(self) -> SiteConfig:
        """Return their site."""
        export_a = self.export_a
        supply = CircuitConfig(
            key="supply",
            rating_a=(self.rating_a, 0.0, 0.0),
            export_rating_a=None if export_a is None else (export_a, 0.0, 0.0),
            has_meter=True,
            fail_safe_a=(6.0, 0.0, 0.0),
        )
        members = tuple(
            MemberConfig(key=key, circuit="supply", phase_map=STRAIGHT, minimum_a=3.0)
            for key in self.cars
        )
        return SiteConfig(circuits=(supply,), members=members, options=self.options)

    def run(self, seconds: int, **modes: Mode) -> None:
        """Live second by second in these modes."""
        self.modes = {**self.modes, **modes}
        for _ in range(seconds):
            self.step()

    def step(self) -> None:
        """Live for a second and decide."""
        self.now += 1
        for car in self.cars.values():
            car.live(self.now)
        flows_a = sum(car.flows_a for car in self.cars.values())
        self.grid_a.append(flows_a)
        reading = MeterReading(
            currents_a=(flows_a, None, None),
            measured_at=(self.now, None, None),
            power_w=flows_a * VOLTAGE_V,
        )
        inputs = Inputs(
            members={key: car.seen(self.now) for key, car in self.cars.items()},
            meters={"supply": reading},
            intents={key: Intent(mode=mode) for key, mode in self.modes.items()},
        )
        self.decision, self.memory = step(self.site, inputs, self.memory, self.now)
        for key, car in self.cars.items():
            member = self.decision.members[key]
            if member.write_now and member.set_point is not None:
                car.told_a = member.set_point.current_a


def test_what_one_gives_is_no_sun_for_the_other() -> None:
    """None is discharged for another one, also not by the way round the meter."""
    pair = Pair({"a": Mode.DISCHARGE, "b": Mode.SOLAR})
    pair.run(400)
    assert pair.cars["a"].flows_a == -16
    assert pair.cars["b"].flows_a == 0


def test_nor_is_what_one_gives_that_is_left_alone() -> None:
    """Hands-off it may discharge as it likes: that is still no sun."""
    pair = Pair({"a": Mode.DISCHARGE, "b": Mode.OFF})
    pair.run(60)
    pair.run(400, a=Mode.HANDS_OFF, b=Mode.SOLAR)
    assert pair.cars["a"].flows_a == -16
    assert pair.cars["b"].flows_a == 0


def test_the_feed_in_limit_counts_what_is_left_alone() -> None:
    """What flows already leaves less for whoever is told to discharge."""
    pair = Pair(
        {"a": Mode.DISCHARGE, "b": Mode.OFF},
        options=replace(QUICK, feed_in_limit_w=4000.0),
    )
    pair.run(60)
    pair.run(300, a=Mode.HANDS_OFF, b=Mode.DISCHARGE)
    assert pair.grid_a[-1] * VOLTAGE_V >= -4000 - NEARLY_A * VOLTAGE_V


def test_a_discharge_that_does_not_end_leaves_less_to_the_other() -> None:
    """The fuse carries what really flows, not what was told."""
    pair = Pair({"a": Mode.DISCHARGE, "b": Mode.OFF}, export_a=20.0)
    pair.run(60)
    pair.cars["a"].stays_at_a = -16.0
    pair.run(300, a=Mode.OFF, b=Mode.DISCHARGE)
    assert min(pair.grid_a) >= -20 - NEARLY_A
    assert -4 <= pair.cars["b"].told_a <= -3
    assert pair.decision is not None
    assert pair.decision.members["b"].waits_for == ("a",)


@pytest.mark.parametrize("falls_a_per_s", [0.2, 0.5, 32 / 22])
def test_discharges_change_places_within_the_fuse(falls_a_per_s: float) -> None:
    """Who gives more waits for who gives less, however slowly that one falls."""
    pair = Pair({"a": Mode.DISCHARGE, "b": Mode.OFF}, export_a=20.0)
    pair.run(60)
    pair.cars["a"].falls_a_per_s = falls_a_per_s
    pair.run(300, a=Mode.OFF, b=Mode.DISCHARGE)
    assert min(pair.grid_a) >= -20 - NEARLY_A
    assert pair.cars["a"].flows_a == 0
    assert pair.cars["b"].flows_a == -16


def test_a_discharge_that_falls_is_not_let_up_by_what_still_flows() -> None:
    """While it ramps down for the fuse, what is measured on the way is no room for more."""
    house = house_with(Mode.DISCHARGE, export_rating_a=20.0)
    house.run(60)
    assert house.charger.flows_a == -16
    house.charger.falls_a_per_s = 0.5
    house.sun_w = 14 * VOLTAGE_V
    house.run(4)
    told_a = house.charger.told_a
    assert -6 <= told_a <= -5
    house.sun_w = 8 * VOLTAGE_V
    while house.charger.flows_a < -12:
        assert house.charger.told_a == told_a
        house.step()
    house.run(60)
    assert -12 <= house.charger.flows_a <= -11


def test_a_charge_that_does_not_end_leaves_less_to_the_other() -> None:
    """The same the other way."""
    pair = Pair({"a": Mode.CHARGE, "b": Mode.OFF}, rating_a=20.0)
    pair.run(60)
    pair.cars["a"].stays_at_a = 16.0
    pair.run(300, a=Mode.OFF, b=Mode.CHARGE)
    assert pair.grid_a[-1] <= 20 + NEARLY_A
