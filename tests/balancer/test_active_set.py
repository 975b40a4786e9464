"""Who runs where not everybody can: the sets that are chosen, and how they are searched."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, product
from random import Random
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.busbar.balancer.allocation import allocate
from custom_components.busbar.balancer.exchange import exchange
from custom_components.busbar.balancer.model import (
    ONE_PHASE,
    THREE_PHASES,
    Circuit,
    Phase,
    PhaseChoice,
    PhaseMap,
    Request,
    Site,
)
from custom_components.busbar.balancer.search import Candidate, search

L1, L2, L3 = Phase
BY_FIRST_PHASE: dict[Phase, PhaseMap] = {
    L1: (L1, L2, L3),
    L2: (L2, L3, L1),
    L3: (L3, L1, L2),
}


def _car(key: str, first: Phase = L1, phases: int = 3, **changes: Any) -> Request:
    return replace(
        Request(
            key=key,
            circuit="supply",
            choices=(PhaseChoice(maximum_a=16.0, terminals=THREE_PHASES[:phases]),),
            phase_map=BY_FIRST_PHASE[first],
        ),
        **changes,
    )


def _running(
    requests: Sequence[Request], l1_a: float, l2_a: float, l3_a: float
) -> set[str]:
    site = Site(circuits=(Circuit(key="supply", limit_a=(l1_a, l2_a, l3_a)),))
    allocations = allocate(site, requests).allocations
    return {key for key, allocation in allocations.items() if allocation.current_a}


def test_as_many_as_possible() -> None:
    """Three one-phase cars instead of one on three phases that comes first in line."""
    cars = [_car("big"), *(_car(phase.name, phase, 1, order=1.0) for phase in Phase)]
    assert _running(cars, 10.0, 10.0, 10.0) == {"L1", "L2", "L3"}


def test_a_higher_priority_is_worth_more_than_any_number() -> None:
    """One charger of a higher priority instead of three of a lower one."""
    cars = [_car("big", priority=1), *(_car(phase.name, phase, 1) for phase in Phase)]
    assert _running(cars, 10.0, 10.0, 10.0) == {"big"}


def test_the_next_priority_decides_among_equals_of_the_first() -> None:
    """Of two of the first priority the one is taken that leaves room for a lower one."""
    cars = [
        _car("big", priority=1, is_kept=True),
        _car("small", L1, 1, priority=1),
        _car("other", L2, 1),
    ]
    assert _running(cars, 8.0, 8.0, 8.0) == {"small", "other"}


def test_who_charges_goes_on() -> None:
    """Among equals who charges now, before the order, before the place in the list."""
    cars = [_car("a"), _car("b", order=1.0, is_kept=True), _car("c", order=-1.0)]
    assert _running(cars, 8.0, 8.0, 8.0) == {"b"}


def test_the_order_decides_who_is_next() -> None:
    """Rotation: a change of the order changes who runs, and nothing else."""
    for first in range(4):
        cars = [
            _car(f"car{number}", order=float((number - first) % 4))
            for number in range(4)
        ]
        assert _running(cars, 13.0, 13.0, 13.0) == {
            f"car{first}",
            f"car{(first + 1) % 4}",
        }


def test_a_wider_choice_is_kept_while_it_costs_nobody() -> None:
    """One phase only where somebody else starts through it."""
    choices = (
        PhaseChoice(maximum_a=16.0, terminals=THREE_PHASES),
        PhaseChoice(maximum_a=16.0, terminals=ONE_PHASE),
    )
    switching = _car("switching", L1, choices=choices)
    site = Site(circuits=(Circuit(key="supply", limit_a=(10.0, 10.0, 10.0)),))
    alone = allocate(site, [switching]).allocations["switching"]
    assert alone.terminals == THREE_PHASES
    beside = allocate(site, [switching, _car("other", L2, 1)]).allocations
    assert beside["switching"].terminals == ONE_PHASE
    assert beside["other"].current_a == 10.0
    in_vain = allocate(site, [switching, _car("other", L1, 1, order=1.0)]).allocations
    assert in_vain["switching"].terminals == THREE_PHASES
    assert in_vain["other"].current_a == 0.0


def test_the_last_that_switches_is_the_last_in_line() -> None:
    """Where one of two has to go down to one phase, it is the one further behind."""
    choices = (
        PhaseChoice(maximum_a=16.0, terminals=THREE_PHASES),
        PhaseChoice(maximum_a=16.0, terminals=ONE_PHASE),
    )
    site = Site(circuits=(Circuit(key="supply", limit_a=(18.0, 13.0, 11.0)),))
    cars = [
        _car("b", order=2.0, choices=choices),
        _car("a", order=1.0, choices=choices),
    ]
    allocations = allocate(site, cars).allocations
    assert allocations["a"].terminals == THREE_PHASES
    assert allocations["b"].terminals == ONE_PHASE


def test_a_minimum_that_differs_by_phases() -> None:
    """A car that needs 9.2 A on three phases starts on one."""
    choices = (
        PhaseChoice(minimum_a=9.2, maximum_a=16.0, terminals=THREE_PHASES),
        PhaseChoice(minimum_a=6.0, maximum_a=16.0, terminals=ONE_PHASE),
    )
    site = Site(circuits=(Circuit(key="supply", limit_a=(7.0, 7.0, 7.0)),))
    allocation = allocate(site, [_car("a", choices=choices)]).allocations["a"]
    assert (allocation.terminals, allocation.current_a) == (ONE_PHASE, 7.0)


def test_a_load_without_a_minimum_always_runs() -> None:
    """It contends for nothing, also where everything is taken to the last ampere."""
    nothing = _car("nothing", choices=(PhaseChoice(minimum_a=0.0, maximum_a=10.0),))
    cars = [_car("a"), _car("b"), nothing]
    site = Site(circuits=(Circuit(key="supply", limit_a=(6.0, 6.0, 6.0)),))
    allocations = allocate(site, cars).allocations
    assert [one.choice is not None for one in allocations.values()] == [
        True,
        False,
        True,
    ]


def test_only_those_on_a_short_line_contend() -> None:
    """What is short on one board decides nothing on another."""
    site = Site(
        circuits=(
            Circuit(key="supply", limit_a=(63.0, 63.0, 63.0)),
            Circuit(key="left", parent="supply", limit_a=(7.0, 7.0, 7.0)),
            Circuit(key="right", parent="supply", limit_a=(13.0, 13.0, 13.0)),
        )
    )
    cars = [
        _car(f"l{number}", circuit="left", order=float(number)) for number in range(3)
    ]
    cars += [
        _car(f"r{number}", circuit="right", order=float(number)) for number in range(3)
    ]
    cars += [_car("free", order=9.0)]
    allocations = allocate(site, cars).allocations
    assert {key for key, one in allocations.items() if one.current_a} == {
        "l0",
        "r0",
        "r1",
        "free",
    }


def test_boards_that_meet_through_a_charger_are_searched_together() -> None:
    """Two short phases that no charger shares at first are one problem once one uses both."""
    cars = [
        _car("one", L1, 1, order=1.0),
        _car("two", L2, 1, order=2.0),
        _car("both", L1, 2, order=3.0),
    ]
    assert _running(cars, 6.0, 6.0, 30.0) == {"one", "two"}


# The searches themselves, on bare numbers.


def _every_set(
    candidates: Sequence[Candidate], room_a: Sequence[float]
) -> list[tuple[int, ...]]:
    sets = []
    for ways in product(*(range(-1, len(one.ways)) for one in candidates)):
        left = list(room_a)
        for one, way in zip(candidates, ways, strict=True):
            for line, amps in one.ways[way] if way >= 0 else ():
                left[line] -= amps
        if min(left) >= -1e-9:
            sets.append(ways)
    return sets


def _worth(
    candidates: Sequence[Candidate], ways: tuple[int, ...]
) -> tuple[list[int], list[int]]:
    served = [
        (one.priority, one.rank, way >= 0)
        for one, way in zip(candidates, ways, strict=True)
    ]
    by_priority = [
        sum(s[2] for s in run) for _, run in groupby(served, key=lambda s: s[0])
    ]
    by_rank = [sum(s[2] for s in run) for _, run in groupby(served, key=lambda s: s[1])]
    return by_priority, by_rank


@st.composite
def scarce(draw: st.DrawFn, most: int = 7) -> tuple[list[Candidate], list[float]]:
    """Draw candidates for three lines, sorted by rank."""
    way = st.lists(
        st.sampled_from([0, 1, 2]), min_size=1, max_size=3, unique=True
    ).flatmap(
        lambda lines: st.sampled_from([6.0, 7.0, 10.0]).map(
            lambda amps: tuple((line, amps) for line in sorted(lines))
        )
    )
    ways = st.lists(way, min_size=1, max_size=2, unique=True).map(tuple)
    drawn = draw(
        st.lists(
            st.tuples(st.integers(0, 1), st.integers(0, 4), ways),
            min_size=1,
            max_size=most,
        )
    )
    candidates = [
        Candidate(priority=priority, rank=(-priority, True, float(order)), ways=options)
        for priority, order, options in drawn
    ]
    candidates.sort(key=lambda one: one.rank)
    return candidates, [float(draw(st.integers(0, 30))) for _ in range(3)]


@settings(max_examples=200)
@given(scarce())
def test_the_search_is_exact(problem: tuple[list[Candidate], list[float]]) -> None:
    """It finds the best sets, whether or not it knows one already."""
    candidates, room_a = problem
    best = max(_worth(candidates, ways) for ways in _every_set(candidates, room_a))
    for known in (None, exchange(candidates, room_a)):
        found = search(candidates, room_a, [[0, 1, 2], [0], [1], [2]], known)
        assert found
        for ways in found:
            assert _worth(candidates, ways) == best


@settings(max_examples=200)
@given(scarce(most=9))
def test_the_exchange_keeps_to_the_room(
    problem: tuple[list[Candidate], list[float]],
) -> None:
    """What it finds fits, and nobody else would fit beside it."""
    candidates, room_a = problem
    ways = exchange(candidates, room_a)
    left = list(room_a)
    for one, way in zip(candidates, ways, strict=True):
        for line, amps in one.ways[way] if way >= 0 else ():
            left[line] -= amps
    assert min(left) >= -1e-9
    for one, way in zip(candidates, ways, strict=True):
        if way < 0:
            assert all(
                any(amps > left[line] + 1e-9 for line, amps in w) for w in one.ways
            )


def _random_candidates(
    random: Random, count: int
) -> tuple[list[Candidate], list[float]]:
    candidates = []
    for number in range(count):
        lines = sorted(random.sample(range(6), random.choice((1, 1, 2, 3))))
        amps = random.choice((6.0, 7.0, 8.0, 9.2, 10.0))
        candidates.append(
            Candidate(
                priority=0,
                rank=(0, True, float(number)),
                ways=(tuple((line, amps) for line in lines),),
            )
        )
    return candidates, [random.uniform(10.0, 2.5 * count) for _ in range(6)]


def test_the_exchange_is_near_exact() -> None:
    """On 200 sites of ten contenders it serves as many as the exact search, but for a few."""
    random = Random(1)
    best = near = 0
    for _ in range(200):
        candidates, room_a = _random_candidates(random, 10)
        exact = search(candidates, room_a, [[line] for line in range(6)])[0]
        best += sum(way >= 0 for way in exact)
        near += sum(way >= 0 for way in exchange(candidates, room_a))
    assert best * 0.99 <= near <= best


@pytest.mark.parametrize("count", [12, 14])
def test_twelve_distinct_contenders_are_searched_exactly(count: int) -> None:
    """No set of one more fits, by the measure of every set of that size."""
    random = Random(count)
    minimums_a = [6.0 + number / 4 for number in range(count)]
    cars = [
        _car(
            f"car{number}",
            random.choice(list(Phase)),
            phases := random.choice((1, 2, 3)),
            choices=(
                PhaseChoice(
                    minimum_a=minimums_a[number],
                    maximum_a=32.0,
                    terminals=THREE_PHASES[:phases],
                ),
            ),
        )
        for number in range(count)
    ]
    limit_a = (31.0, 28.0, 26.5)
    uses = []
    for car, minimum_a in zip(cars, minimums_a, strict=True):
        assert car.phase_map is not None
        mine = [0.0, 0.0, 0.0]
        for terminal in car.choices[0].terminals:
            mine[car.phase_map[terminal]] = minimum_a
        uses.append(mine)
    # The most that fit, by adding one contender after the other to all sums that fit so far.
    sums = {(0.0, 0.0, 0.0): 0}
    for mine in uses:
        for taken, number in list(sums.items()):
            more = (taken[0] + mine[0], taken[1] + mine[1], taken[2] + mine[2])
            if all(amps <= limit for amps, limit in zip(more, limit_a, strict=True)):
                sums[more] = max(sums.get(more, 0), number + 1)
    assert len(_running(cars, *limit_a)) == max(sums.values())


def test_fifty_of_four_kinds() -> None:
    """Equal contenders collapse: the best is known here, and found."""
    kinds = [(L1, 1), (L2, 1), (L3, 1), (L1, 3)]
    cars = [
        _car(f"car{number}", *kinds[number % 4], order=float(number))
        for number in range(50)
    ]
    # 6 A each: ten on L1, eight on L2, nine on L3; three-phase cars take one of each.
    running = _running(cars, 60.0, 48.0, 54.0)
    assert len(running) == 27
    assert all(int(key.removeprefix("car")) % 4 < 3 for key in running)


def test_equals_in_a_crowd_are_served_in_line() -> None:
    """Beyond what is searched exactly those ahead in line still come first among equals."""
    minimums_a = [6.0 + number / 8 for number in range(16)]
    site = Site(circuits=(Circuit(key="supply", limit_a=(150.0, 150.0, 150.0)),))
    cars = [
        _car(
            f"{kind}-{place}",
            choices=(PhaseChoice(minimum_a=minimum_a, maximum_a=32.0),),
            order=float(place),
        )
        for kind, minimum_a in enumerate(minimums_a)
        for place in range(4)
    ]
    allocations = allocate(site, cars[::-1]).allocations
    for kind in range(16):
        running = [bool(allocations[f"{kind}-{place}"].current_a) for place in range(4)]
        assert running == sorted(running, reverse=True)
    assert sum(bool(one.current_a) for one in allocations.values()) == 23


@settings(max_examples=50)
@given(st.integers(0, 10_000))
def test_collapsed_kinds_are_as_good_as_single_ones(seed: int) -> None:
    """Equals are searched as one kind; told apart by a hair, they lead to the same number."""
    random = Random(seed)
    kinds = [(random.choice(list(Phase)), random.choice((1, 2, 3))) for _ in range(3)]
    limit_a = [random.uniform(8.0, 40.0) for _ in range(3)]
    equal = [_car(f"car{number}", *kinds[number % 3]) for number in range(9)]
    apart = [
        replace(
            car,
            choices=(replace(car.choices[0], minimum_a=6.0 - 1e-7 * number),),
        )
        for number, car in enumerate(equal)
    ]
    assert len(_running(equal, *limit_a)) == len(_running(apart, *limit_a))


def test_choices_of_which_none_is_lighter() -> None:
    """More amperes on one phase, or fewer on three: both are tried."""
    choices = (
        PhaseChoice(minimum_a=6.0, maximum_a=16.0, terminals=THREE_PHASES),
        PhaseChoice(minimum_a=10.0, maximum_a=16.0, terminals=ONE_PHASE),
    )
    either = _car("either", L1, choices=choices)
    beside_one = [either, _car("other", L1, 1, order=1.0)]
    assert _running(beside_one, 12.0, 7.0, 7.0) == {"either", "other"}
    beside_two = [either, _car("other", L2, 2, order=1.0)]
    assert _running(beside_two, 12.0, 7.0, 7.0) == {"either", "other"}
    beside_both = [*beside_one, _car("third", L2, 1, order=2.0)]
    assert len(_running(beside_both, 12.0, 7.0, 7.0)) == 2
