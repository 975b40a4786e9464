"""Cars: what they draw, and what they never do."""

from hypothesis import given, strategies as st
import pytest

from simulators.world import Car, CarSpec
from simulators.world.car import Offer

SPECS = st.builds(
    CarSpec,
    phases=st.sampled_from([1, 2, 3]),
    maximum_a=st.floats(6, 32),
    minimum_a=st.floats(6, 10),
    energy_wanted_kwh=st.floats(0, 5),
    reaction_s=st.floats(0, 5),
    start_delay_s=st.floats(0, 60),
    taper_kwh=st.floats(0, 2),
    shortfall_a=st.floats(0, 2),
    sleeps_after_interruptions=st.none() | st.integers(1, 3),
)
OFFERS = st.builds(Offer, st.just(0.0) | st.floats(6, 32), st.sampled_from([1, 3]))
DAY = st.lists(st.tuples(st.floats(0.25, 600), OFFERS), max_size=30)


@given(spec=SPECS, day=DAY)
def test_car_stays_within_offer_own_limit_and_battery(
    spec: CarSpec, day: list[tuple[float, Offer]]
) -> None:
    """Once it had its time to react, whatever is offered in whatever order."""
    car = Car(spec)
    car.plug_in(0)
    now_s = 0.0
    highest_a = 0.0
    for seconds, offer in day:
        car.step(now_s, offer)
        highest_a = max(highest_a, offer.current_a)
        now_s += seconds
        before_kwh = car.energy_charged_kwh
        car.step(now_s, offer)
        assert car.energy_charged_kwh >= before_kwh
        assert max(car.drawn_a) <= min(spec.maximum_a, highest_a)
        used = sum(current_a > 0 for current_a in car.drawn_a)
        assert used <= min(spec.phases, offer.phases)
        if seconds >= spec.reaction_s:
            assert max(car.drawn_a) <= offer.current_a
        if car.is_full or car.is_asleep:
            assert not car.is_drawing


def drive(car: Car, *offered_a: float, seconds: float = 10.0) -> list[float]:
    """Offer one current after another and return what is drawn on L1 at each end."""
    drawn_a: list[float] = []
    now_s = 0.0
    car.plug_in(now_s)
    for current_a in offered_a:
        car.step(now_s, Offer(current_a, 3))
        now_s += seconds
        car.step(now_s, Offer(current_a, 3))
        drawn_a.append(car.drawn_a[0])
    return drawn_a


def test_below_its_minimum_it_does_not_charge() -> None:
    """Some cars need more than the 6 A of the standard."""
    assert drive(Car(CarSpec(minimum_a=9.2)), 6, 9, 9.2, 16) == [0, 0, 9.2, 16]


def test_it_draws_less_than_offered() -> None:
    """Never more than it can."""
    assert drive(Car(CarSpec(shortfall_a=0.5, maximum_a=16)), 10, 32) == [9.5, 16]


def test_it_starts_late() -> None:
    """Counted from the first offer that it could use."""
    assert drive(Car(CarSpec(start_delay_s=25)), 0, 16, 16, 16) == [0, 0, 0, 16]


def test_it_falls_asleep_and_is_woken() -> None:
    """After the second interruption nothing helps but waking or plugging in again."""
    car = Car(CarSpec(sleeps_after_interruptions=2))
    assert drive(car, 16, 0, 16, 0, 16) == [16, 0, 16, 0, 0]
    assert (car.interruptions, car.is_asleep) == (2, True)
    car.wake()
    car.step(60, Offer(16, 3))
    assert car.drawn_a[0] == 16
    car.unplug()
    assert drive(car, 16) == [16]


def test_it_fills_and_tapers() -> None:
    """The current sinks towards the end; being full is no interruption."""
    car = Car(CarSpec(energy_wanted_kwh=2, taper_kwh=1, maximum_a=16))
    drawn_a = drive(car, *[16.0] * 60, seconds=60)
    assert drawn_a[0] == 16
    assert drawn_a[-1] == 0
    assert sorted(drawn_a, reverse=True) == drawn_a
    assert any(0 < current_a < 6 for current_a in drawn_a)
    assert (car.is_full, car.interruptions) == (True, 0)
    assert car.energy_charged_kwh == pytest.approx(2, abs=0.02)


def test_defective_car_ignores_the_height_of_the_pilot() -> None:
    """But not that nothing is offered."""
    car = Car(CarSpec(ignores_pilot=True, maximum_a=20))
    assert drive(car, 6, 0, 10) == [20, 0, 20]


def test_two_phases_and_none() -> None:
    """A two-phase car uses two; a car with four cannot be built."""
    car = Car(CarSpec(phases=2))
    drive(car, 16)
    assert list(car.drawn_a) == [16, 16, 0]
    with pytest.raises(ValueError, match="phases"):
        CarSpec(phases=4)
