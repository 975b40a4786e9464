"""The clock, the house and the fuse."""

from collections.abc import Callable
import itertools

from hypothesis import given, strategies as st
import pytest

from simulators.world import (
    Cloud,
    House,
    LoadStep,
    ManualClock,
    PhaseAmps,
    PhaseMap,
    RealClock,
    SharedSupply,
    Solar,
    advance_together,
)
from simulators.world.clock import steps
from simulators.world.house import heat_pump, kettle, oven

MAPS = list(itertools.permutations((1, 2, 3)))
AMPS = st.tuples(*[st.floats(0, 32)] * 3)


class FixedCharger:
    """Be a charger that draws what it is told."""

    def __init__(self, currents_a: PhaseAmps) -> None:
        """Draw this."""
        self.measured_currents_a = currents_a
        self.moved: list[float] = []
        self._observers: list[Callable[[], None]] = []

    def on_step(self, observer: Callable[[], None]) -> None:
        """Remember who wants to know."""
        self._observers.append(observer)

    async def catch_up(self) -> None:
        """Tell that time has passed."""
        for observer in self._observers:
            observer()


def test_manual_clock_moves_only_forward() -> None:
    """And only when told."""
    clock = ManualClock(5)
    clock.advance(2.5)
    assert (clock.now(), clock.patience()) == (7.5, 7.5)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)


def test_real_clock_runs_and_jumps() -> None:
    """With a speed that may change without a jump."""
    clock = RealClock(speed=1)
    clock.advance(100)
    before_s = clock.now()
    clock.speed = 50
    assert 100 <= before_s <= clock.now()
    assert (clock.speed, clock.patience() > 0) == (50, True)
    with pytest.raises(ValueError, match="positive"):
        clock.speed = 0


@given(seconds=st.floats(0, 1000))
def test_steps_sum_up(seconds: float) -> None:
    """No step is longer than a quarter of a second."""
    cut = steps(seconds)
    assert sum(cut) == pytest.approx(seconds)
    assert all(0 < step_s <= 0.25 for step_s in cut)


def test_house_with_appliances() -> None:
    """They come, go and repeat."""
    house = House([kettle(10), oven(0), heat_pump(0)])
    assert house.currents_a(0) == (4, 17, 4)
    assert house.currents_a(10) == (12.7, 17, 4)
    assert house.currents_a(190) == (4, 17, 4)
    assert house.currents_a(1200) == (0, 13, 0)
    assert house.currents_a(3600) == (4, 4, 4)
    house.remove("heat pump")
    assert house.currents_a(3600) == (0, 0, 0)
    house.switch_on(kettle(3600, phase=3))
    assert house.currents_a(3600) == (0, 0, 8.7)
    with pytest.raises(ValueError, match="phase"):
        kettle(0, phase=4)


def test_roof_exports_at_noon() -> None:
    """Half a sine between sunrise and sunset, every day."""
    house = House(solar=Solar(peak_a=(10, 0, 5), sunrise_s=21600, sunset_s=64800))
    assert house.currents_a(0) == (0, 0, 0)
    for day in (0, 86400):
        assert house.currents_a(day + 43200) == pytest.approx((-10, 0, -5))


def test_a_cloud_passes() -> None:
    """It fades in and out, two of them darken more than one, and a clear sky forgets them."""
    solar = Solar(peak_a=(10, 0, 0), sunrise_s=0, sunset_s=2000)
    noon_s = 1000.0
    house = House(solar=solar)
    house.cover(Cloud(start_s=noon_s - 4, end_s=noon_s + 4, passes=0.2, edge_s=4))
    assert house.solar_a(noon_s)[0] == pytest.approx(2)
    assert house.solar_a(noon_s - 2)[0] == pytest.approx(6, rel=1e-3)
    for outside_s in (noon_s - 5, noon_s + 4):
        assert house.solar_a(outside_s) == solar.at(outside_s)
    house.cover(Cloud(start_s=0, passes=0.5, edge_s=0))
    assert house.currents_a(noon_s)[0] == pytest.approx(-1)
    house.clear_sky()
    assert house.solar_a(noon_s) == solar.at(noon_s)


def test_no_roof_no_cloud() -> None:
    """Nothing gives, and nothing darkens it."""
    house = House()
    house.clear_sky()
    assert house.solar_a(0) == (0, 0, 0)
    with pytest.raises(ValueError, match="roof"):
        house.cover(Cloud(start_s=0))


@given(amps=AMPS, house_a=AMPS, phase_map=st.sampled_from(MAPS))
def test_supply_sums_per_grid_phase(
    amps: PhaseAmps, house_a: PhaseAmps, phase_map: PhaseMap
) -> None:
    """A rotation moves currents between phases and loses none."""
    clock = ManualClock()
    house = House([LoadStep(name="base", current_a=house_a)])
    supply = SharedSupply(clock, house=house)
    supply.join(FixedCharger(amps), phase_map)
    assert sum(supply.chargers_a) == pytest.approx(sum(amps))
    assert supply.chargers_a[phase_map[0] - 1] == amps[0]
    for phase in range(3):
        expected_a = supply.chargers_a[phase] + house_a[phase]
        assert supply.measured_currents_a[phase] == pytest.approx(expected_a)


async def test_supply_remembers_the_worst() -> None:
    """Maximum and ampere-seconds above the rating, until told to forget."""
    clock = ManualClock()
    supply = SharedSupply(clock, limit_a=20)
    first, second = FixedCharger((16, 16, 16)), FixedCharger((16, 0, 0))
    supply.join(first)
    supply.join(second, (2, 3, 1))
    await advance_together(clock, 1, first, second)
    second.measured_currents_a = (0, 0, 0)
    await advance_together(clock, 10, first, second)
    assert list(supply.maximum_a) == [16, 32, 16]
    assert list(supply.chargers_maximum_a) == [16, 32, 16]
    # 12 A too much on L2, noticed at 0.25 s and over at 1.25 s.
    assert list(supply.ampere_seconds_above) == [0, 12, 0]
    assert list(supply.currents_a) == [16, 16, 16]
    supply.forget()
    assert [*supply.maximum_a, *supply.ampere_seconds_above] == [0] * 6


async def test_a_fuse_melts_in_both_directions() -> None:
    """What is given back flows through it too."""
    clock = ManualClock()
    supply = SharedSupply(clock, limit_a=20)
    giving = FixedCharger((-25, 0, 0))
    supply.join(giving)
    await advance_together(clock, 2, giving)
    assert supply.maximum_a == (0, 0, 0)
    assert supply.exported_maximum_a == (25, 0, 0)
    # Noticed at 0.25 s.
    assert supply.ampere_seconds_above == (8.75, 0, 0)


def test_supply_refuses_a_map_that_is_none() -> None:
    """Two wires on one phase."""
    supply = SharedSupply(ManualClock())
    with pytest.raises(ValueError, match="phases"):
        supply.join(FixedCharger((0, 0, 0)), (1, 1, 2))
