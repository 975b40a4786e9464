"""One instant, held against its definition on random sites."""

from dataclasses import replace
from math import inf, isclose, isfinite

from hypothesis import given, settings, strategies as st

from custom_components.busbar.balancer.allocation import allocate
from custom_components.busbar.balancer.model import (
    THREE_PHASES,
    Direction,
    Distribution,
    LimitUse,
    Request,
    Site,
)

from .reference import (
    TOLERANCE_A,
    bounds,
    feasible_sets,
    room,
    served,
    served_in_line,
    used,
    wires_of,
)
from .sites import problems

type Problem = tuple[Site, list[Request]]


def _running(distribution: Distribution) -> set[str]:
    return {key for key, one in distribution.allocations.items() if one.current_a}


@given(problems(most=9))
def test_no_limit_is_exceeded(problem: Problem) -> None:
    """What is allocated fits on every phase of every circuit, an unknown map counted on each."""
    site, requests = problem
    taken = used(site, requests, allocate(site, requests).allocations)
    for wire, left_a in room(site).items():
        assert taken[wire] <= left_a + TOLERANCE_A, wire


@given(problems(most=9))
def test_every_offer_can_be_taken(problem: Problem) -> None:
    """Each offer is 0 or from minimum to maximum, in steps, with the sign of its direction."""
    site, requests = problem
    distribution = allocate(site, requests)
    assert list(distribution.allocations) == [request.key for request in requests]
    for request in requests:
        allocation = distribution.allocations[request.key]
        if allocation.choice is None:
            assert allocation.current_a == 0
            assert allocation.terminals == ()
            continue
        assert allocation.choice in request.choices
        least_a, most_a = bounds(request, allocation.choice)
        current_a = allocation.current_a
        assert (current_a < 0) is (request.direction is Direction.DISCHARGE)
        assert least_a - TOLERANCE_A <= abs(current_a) <= most_a + TOLERANCE_A
        if request.step_a:
            assert isclose(
                current_a, round(current_a / request.step_a) * request.step_a
            )


@given(problems(most=9))
def test_every_number_is_finite(problem: Problem) -> None:
    """Each reason is there, and all its numbers are finite."""
    site, requests = problem
    for allocation in allocate(site, requests).allocations.values():
        reason = allocation.reason
        for number in (
            reason.limit_a,
            reason.used_a,
            reason.needed_a,
            reason.missing_a,
        ):
            assert number is None or isfinite(number)
        assert isfinite(allocation.current_a)


@settings(max_examples=300)
@given(problems(most=6))
def test_most_are_served(problem: Problem) -> None:
    """No set that fits serves more of a higher priority, nor the same with better places in line."""
    site, requests = problem
    keys = _running(allocate(site, requests))
    mine = served(requests, keys), served_in_line(requests, keys)
    best = max(
        (served(requests, other), served_in_line(requests, other))
        for other in feasible_sets(site, requests)
    )
    assert mine == best


@settings(max_examples=300)
@given(problems(most=9, steps=(0.0,)))
def test_current_beyond_the_minimums_is_max_min_fair(problem: Problem) -> None:
    """Whoever has less than the maximum meets a full wire, on which nobody could give way.

    On that wire all of lower priority are at their minimum, and so is everybody of the same priority
    with a larger share. This is what makes an allocation max-min fair, and nothing else does.
    """
    site, requests = problem
    allocations = allocate(site, requests).allocations
    rooms, taken = room(site), used(site, requests, allocations)
    for request in requests:
        allocation = allocations[request.key]
        if allocation.choice is None:
            continue
        current_a = abs(allocation.current_a)
        if isclose(
            current_a, bounds(request, allocation.choice)[1], abs_tol=TOLERANCE_A
        ):
            continue
        full = {
            wire
            for wire, _ in wires_of(site, request, allocation.choice)
            if taken[wire] >= rooms[wire] - TOLERANCE_A
        }
        for other in requests:
            another = allocations[other.key]
            if another.choice is None or isclose(
                abs(another.current_a),
                bounds(other, another.choice)[0],
                abs_tol=TOLERANCE_A,
            ):
                continue
            is_less = (
                abs(another.current_a) / other.shares
                <= current_a / request.shares + TOLERANCE_A
            )
            if other.priority < request.priority or (
                other.priority == request.priority and not is_less
            ):
                full -= {wire for wire, _ in wires_of(site, other, another.choice)}
        assert full, request.key


@given(problems(most=9, steps=(1.0,)))
def test_no_whole_ampere_is_lost(problem: Problem) -> None:
    """Nobody below the maximum could be given one more step."""
    site, requests = problem
    allocations = allocate(site, requests).allocations
    rooms, taken = room(site), used(site, requests, allocations)
    for request in requests:
        allocation = allocations[request.key]
        if allocation.choice is None:
            continue
        if (
            abs(allocation.current_a) + 1
            > bounds(request, allocation.choice)[1] + TOLERANCE_A
        ):
            continue
        assert any(
            taken[wire] + count > rooms[wire] + TOLERANCE_A
            for wire, count in wires_of(site, request, allocation.choice)
        )


@given(problems(most=6), st.integers(0, 3), st.floats(0.01, 30.0))
def test_more_room_never_serves_fewer(
    problem: Problem, number: int, more_a: float
) -> None:
    """A higher limit serves as many of each priority, or more of a higher one."""
    site, requests = problem
    circuits = list(site.circuits)
    number %= len(circuits)
    first, second, third = circuits[number].limit_a
    circuits[number] = replace(
        circuits[number], limit_a=(first, second + more_a, third)
    )
    wider = replace(site, circuits=tuple(circuits))
    before = served(requests, _running(allocate(site, requests)))
    after = served(requests, _running(allocate(wider, requests)))
    assert after >= before


@given(problems(most=4), st.data())
def test_equals_get_the_same(problem: Problem, data: st.DataObject) -> None:
    """Of two equal requests both run or one waits; running they differ by a step at most."""
    site, requests = problem
    if not requests:
        return
    twin = data.draw(st.sampled_from(requests))
    requests = [*requests, replace(twin, key="twin")]
    allocations = allocate(site, requests).allocations
    mine, other = allocations[twin.key].current_a, allocations["twin"].current_a
    if mine and other and allocations[twin.key].choice == allocations["twin"].choice:
        assert abs(mine - other) <= twin.step_a + TOLERANCE_A


@given(problems(most=6))
def test_discharge_pays_for_nobody(problem: Problem) -> None:
    """Without those who discharge, everybody who charges gets the same."""
    site, requests = problem
    charging = [one for one in requests if one.direction is Direction.CHARGE]
    with_all = allocate(site, requests).allocations
    alone = allocate(site, charging).allocations
    for one in charging:
        assert isclose(
            with_all[one.key].current_a, alone[one.key].current_a, abs_tol=TOLERANCE_A
        )


@given(problems(most=7))
def test_the_same_question_has_the_same_answer(problem: Problem) -> None:
    """Nothing is left behind by a call, and nothing depends on chance."""
    site, requests = problem
    assert allocate(site, requests) == allocate(site, requests)


@given(problems(most=7))
def test_uses_add_up(problem: Problem) -> None:
    """The use of each circuit and of the target is the sum of the allocations."""
    site, requests = problem
    distribution = allocate(site, requests)
    taken = used(site, requests, distribution.allocations)
    uses: dict[str | None, LimitUse | None] = {None: distribution.target}
    uses.update(distribution.circuits.items())
    for wire, amps in taken.items():
        use = uses[wire.circuit]
        if use is None:
            assert site.target_a is None
            continue
        told = (
            use.allocated_a if wire.direction is Direction.CHARGE else use.discharged_a
        )
        assert isclose(told[wire.phase], amps, abs_tol=TOLERANCE_A)
        if wire.direction is Direction.CHARGE:
            left_a = room(site)[wire] - amps
            assert isclose(
                use.headroom_a[wire.phase], max(0, left_a), abs_tol=TOLERANCE_A
            )


@given(problems(most=6))
def test_an_endless_limit_is_no_limit(problem: Problem) -> None:
    """Where nothing limits, everybody gets the maximum."""
    site, requests = problem
    endless = replace(
        site,
        circuits=tuple(
            replace(circuit, limit_a=(inf, inf, inf), export_limit_a=None)
            for circuit in site.circuits
        ),
        target_a=None,
        phases=THREE_PHASES,
    )
    for request in requests:
        allocation = allocate(endless, requests).allocations[request.key]
        least_a, most_a = bounds(request, request.choices[0])
        if least_a <= most_a:
            assert isclose(abs(allocation.current_a), most_a)
