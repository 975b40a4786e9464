"""The allocation beside the benchmark's exact answer, which shares no line of code with it."""

import pytest

from benchmarks.allocation import busbar
from benchmarks.cases import Case, many_chargers, scarce_cases, ten_chargers
from benchmarks.exact import exact


@pytest.mark.parametrize(
    "case",
    [*scarce_cases(count=60, seed=7), ten_chargers(), ten_chargers((26.0, 19.0, 22.0))],
    ids=lambda case: case.name,
)
def test_nobody_finds_better(case: Case) -> None:
    """As many are served, with currents as fair, and with as much in all."""
    mine, best = busbar(case), exact(case)
    assert mine.broken_limits(case) == 0
    assert mine.served == best.served
    assert sorted(mine.currents_a) == pytest.approx(sorted(best.currents_a))
    assert mine.phase_amps(case) == pytest.approx(best.phase_amps(case))


@pytest.mark.parametrize("supply_a_each", [2.0, 3.0, 6.0])
@pytest.mark.parametrize("count", [50, 200])
def test_a_car_park_breaks_no_limit(count: int, supply_a_each: float) -> None:
    """Nor does it leave anything of a scarce supply: all three phases are used up."""
    case = many_chargers(count, supply_a_each)
    outcome = busbar(case)
    assert outcome.broken_limits(case) == 0
    if supply_a_each < 6:
        assert outcome.phase_amps(case) == pytest.approx(sum(case.boards[0].limit_a))
