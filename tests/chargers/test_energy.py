"""Hold the energy filter: monotone, glitch-proof, and open to a new meter."""

from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.energy import (
    MAXIMUM_POWER_KW,
    NOTHING_KWH,
    SETTLE_S,
    SLACK_KWH,
    EnergyFilter,
)

BAD = st.one_of(
    st.none(),
    st.sampled_from(
        [float("nan"), float("inf"), -float("inf"), -1.0, 0.0, 2.5e-29, 1e30]
    ),
)


def test_a_good_counter_passes_unchanged() -> None:
    """Plausible readings are what they are."""
    counter = EnergyFilter()
    assert [counter.take(100 + step / 100, step * 10.0) for step in range(5)] == [
        pytest.approx(100 + step / 100) for step in range(5)
    ]
    assert counter.energy_kwh == pytest.approx(100.04)


@pytest.mark.parametrize(
    "glitch", [None, float("nan"), float("inf"), -3.0, 0.0, 2.5e-29, 1e9]
)
def test_a_stumble_keeps_the_last_reading(glitch: float | None) -> None:
    """Nothing, nonsense and nearly nothing never come through."""
    counter = EnergyFilter()
    counter.take(1234.5, 0)
    assert counter.take(glitch, 1) == 1234.5
    assert counter.take(1234.6, 2) == 1234.6


def test_rounding_never_lets_it_fall() -> None:
    """A step back by the rounding of the wire stands still."""
    counter = EnergyFilter()
    counter.take(50.005, 0)
    assert counter.take(50.0, 1) == 50.005


def test_a_new_meter_is_taken_once_it_has_held() -> None:
    """A lower counter that stays is another meter."""
    counter = EnergyFilter()
    counter.take(5000.0, 0)
    assert counter.take(3.0, 10) == 5000.0
    assert counter.take(3.1, 10 + SETTLE_S / 2) == 5000.0
    assert counter.take(3.2, 10 + SETTLE_S) == 3.2


def test_changing_nonsense_never_settles() -> None:
    """Only a counter that goes on as counters do is believed."""
    counter = EnergyFilter()
    counter.take(5000.0, 0)
    for step in range(1, 40):
        assert counter.take(3.0 if step % 2 else 900.0, step * 10) == 5000.0


def test_the_first_reading_may_not_be_a_stumble() -> None:
    """Nearly nothing at the start is believed only if it stays."""
    counter = EnergyFilter()
    assert counter.take(2.5e-29, 0) is None
    assert counter.take(1234.5, 1) == 1234.5
    fresh = EnergyFilter()
    assert fresh.take(0.0, 0) is None
    assert fresh.take(0.0, SETTLE_S) == 0.0
    assert fresh.take(0.1, SETTLE_S + 10) == 0.1


def test_a_long_gap_may_hold_much_energy() -> None:
    """After hours of silence a far higher counter is plausible."""
    counter = EnergyFilter()
    counter.take(10.0, 0)
    assert counter.take(80.0, 3600) == 80.0


@given(
    start=st.floats(min_value=0.01, max_value=1e6),
    steps=st.lists(
        st.tuples(st.floats(min_value=0, max_value=SLACK_KWH), BAD),
        min_size=1,
        max_size=50,
    ),
)
def test_any_stumbles_between_good_readings_change_nothing(
    start: float, steps: list[tuple[float, float | None]]
) -> None:
    """The filtered counter is the true one, whatever comes between its readings."""
    counter = EnergyFilter()
    true_kwh = start
    counter.take(true_kwh, 0)
    seen = [counter.energy_kwh]
    for now, (gain_kwh, glitch) in enumerate(steps, start=1):
        seen.append(counter.take(glitch, now))
        true_kwh += gain_kwh
        seen.append(counter.take(true_kwh, now))
        assert seen[-1] == true_kwh
    values = [value for value in seen if value is not None]
    assert len(values) == len(seen)
    assert all(later >= earlier for earlier, later in pairwise(values))


@given(
    readings=st.lists(
        st.tuples(
            st.floats(min_value=0, max_value=SETTLE_S / 100), st.floats() | st.none()
        ),
        max_size=50,
    )
)
def test_within_the_settling_time_it_never_falls(
    readings: list[tuple[float, float | None]],
) -> None:
    """Whatever is read, nothing lower and nothing impossible is told before it has held."""
    counter = EnergyFilter()
    counter.take(100.0, 0)
    now, last = 0.0, 100.0
    for passed_s, reading in readings:
        now += passed_s
        value = counter.take(reading, now)
        assert value is not None
        assert (
            NOTHING_KWH
            < last
            <= value
            <= last + SLACK_KWH + MAXIMUM_POWER_KW * now / 3600
        )
        last = value
