"""Turn watts into amperes, without a hole."""

import math

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.model import CurrentRange
from custom_components.busbar.chargers.power import (
    Grid,
    PowerContext,
    PowerReason,
    limit_for_power,
)

CHARGE = CurrentRange(minimum_a=6.0, maximum_a=16.0, step_a=1.0)
SWITCHING = PowerContext(charge=CHARGE, can_switch=True)
FIXED = PowerContext(charge=CHARGE)
LARGE = PowerContext(
    charge=CurrentRange(minimum_a=6.0, maximum_a=32.0, step_a=1.0), can_switch=True
)


@pytest.mark.parametrize(
    ("power_w", "context", "currents_a", "reason"),
    [
        (0, SWITCHING, (0, 0, 0), PowerReason.BELOW_MINIMUM),
        (-500, SWITCHING, (0, 0, 0), PowerReason.BELOW_MINIMUM),
        (math.nan, SWITCHING, (0, 0, 0), PowerReason.BELOW_MINIMUM),
        (1379, SWITCHING, (0, 0, 0), PowerReason.BELOW_MINIMUM),
        (1380, SWITCHING, (6, 0, 0), PowerReason.ONE_PHASE),
        (3600, SWITCHING, (15, 0, 0), PowerReason.ONE_PHASE),
        (3680, SWITCHING, (16, 0, 0), PowerReason.ONE_PHASE),
        (3681, SWITCHING, (16, 0, 0), PowerReason.HELD_ON_ONE_PHASE),
        (4000, SWITCHING, (16, 0, 0), PowerReason.HELD_ON_ONE_PHASE),
        (4139, SWITCHING, (16, 0, 0), PowerReason.HELD_ON_ONE_PHASE),
        (4140, SWITCHING, (6, 6, 6), PowerReason.THREE_PHASES),
        (11040, SWITCHING, (16, 16, 16), PowerReason.THREE_PHASES),
        (22000, SWITCHING, (16, 16, 16), PowerReason.UNLIMITED),
        (math.inf, SWITCHING, (16, 16, 16), PowerReason.THREE_PHASES),
        (4000, LARGE, (16, 0, 0), PowerReason.HELD_ON_ONE_PHASE),
        (22080, LARGE, (32, 32, 32), PowerReason.THREE_PHASES),
        (4000, FIXED, (0, 0, 0), PowerReason.SWITCH_NOT_ALLOWED),
        (500, FIXED, (0, 0, 0), PowerReason.BELOW_MINIMUM),
        (6900, FIXED, (10, 10, 10), PowerReason.THREE_PHASES),
        (
            2300,
            PowerContext(charge=CHARGE, phases=1),
            (10, 10, 10),
            PowerReason.ONE_PHASE,
        ),
        (
            2300,
            PowerContext(charge=CHARGE, phases=1, grid=Grid.IT),
            (10, 10, 10),
            PowerReason.ONE_PHASE,
        ),
        (
            4000,
            PowerContext(charge=CHARGE, phases=3, grid=Grid.IT, can_switch=True),
            (10, 10, 10),
            PowerReason.THREE_PHASES,
        ),
        (
            4000,
            PowerContext(charge=CHARGE, can_switch=True, one_phase_maximum_a=5.0),
            (0, 0, 0),
            PowerReason.BELOW_MINIMUM,
        ),
        (
            3000,
            PowerContext(
                charge=CurrentRange(minimum_a=6.0, maximum_a=10.0, step_a=1.0),
                can_switch=True,
            ),
            (10, 0, 0),
            PowerReason.ONE_PHASE,
        ),
    ],
)
def test_watts_become_amperes(
    power_w: float,
    context: PowerContext,
    currents_a: tuple[float, float, float],
    reason: PowerReason,
) -> None:
    """Each answer with its reason."""
    limit = limit_for_power(power_w, context)
    assert limit.currents_a == currents_a
    assert limit.reason is reason
    assert (limit.phases == 0) is (max(currents_a) == 0)


@given(
    power_w=st.floats(-1e4, 1e5),
    can_switch=st.booleans(),
    phases=st.sampled_from([1, 3]),
    grid=st.sampled_from(list(Grid)),
    maximum_a=st.sampled_from([10.0, 16.0, 32.0]),
)
def test_never_more_than_asked_for(
    power_w: float, can_switch: bool, phases: int, grid: Grid, maximum_a: float
) -> None:
    """And never between nothing and the minimum."""
    context = PowerContext(
        charge=CurrentRange(minimum_a=6.0, maximum_a=maximum_a, step_a=1.0),
        phases=phases,
        can_switch=can_switch,
        grid=grid,
    )
    limit = limit_for_power(power_w, context)
    assert limit.power_w <= max(power_w, 0.0) + 0.1
    for current_a in limit.currents_a:
        assert current_a == 0 or 6 <= current_a <= maximum_a


@given(first=st.floats(0, 25_000), second=st.floats(0, 25_000))
def test_more_watts_never_give_less(first: float, second: float) -> None:
    """There is no hole between one phase and three."""
    low, high = sorted((first, second))
    assert (
        limit_for_power(low, SWITCHING).power_w
        <= limit_for_power(high, SWITCHING).power_w
    )
    if low >= 1380:
        assert limit_for_power(low, SWITCHING).power_w > 0
