"""The reason of every allocation is true: move the limit it names, and the allocation moves."""

from collections.abc import Mapping
from dataclasses import replace
from math import isclose
from typing import Any

from hypothesis import given, settings
import pytest

from custom_components.busbar.balancer.allocation import allocate
from custom_components.busbar.balancer.model import (
    ONE_PHASE,
    STRAIGHT,
    THREE_PHASES,
    Allocation,
    Cap,
    Circuit,
    Direction,
    LimitKind,
    Phase,
    PhaseAmps,
    PhaseChoice,
    Reason,
    ReasonKey,
    Request,
    Site,
)

from .reference import TOLERANCE_A, Wire, bounds, room, served, used, wires_of
from .sites import problems

type Problem = tuple[Site, list[Request]]

RUNNING = {
    ReasonKey.FAIR_SHARE,
    ReasonKey.LIMITED_BY_CIRCUIT,
    ReasonKey.LIMITED_BY_EXPORT,
    ReasonKey.LIMITED_BY_TARGET,
    ReasonKey.LOWER_PRIORITY,
}
WAITING = {
    ReasonKey.MINIMUM_DOES_NOT_FIT,
    ReasonKey.WAITING_FOR_TURN,
    ReasonKey.LOWER_PRIORITY,
}


def _wire(reason: Reason) -> Wire:
    assert reason.phase is not None
    direction = (
        Direction.DISCHARGE if reason.limit is LimitKind.EXPORT else Direction.CHARGE
    )
    return Wire(reason.circuit, reason.phase, direction)


def _more(values: PhaseAmps, phase: Phase, amps: float) -> PhaseAmps:
    raised = [*values]
    raised[phase] += amps
    return raised[0], raised[1], raised[2]


def _raised(site: Site, wire: Wire, amps: float) -> Site:
    """Return the site with more room on one wire."""
    if wire.circuit is None:
        assert site.target_a is not None
        return replace(site, target_a=_more(site.target_a, wire.phase, amps))
    circuits = []
    for circuit in site.circuits:
        if circuit.key != wire.circuit:
            circuits.append(circuit)
        elif wire.direction is Direction.CHARGE:
            circuits.append(
                replace(circuit, limit_a=_more(circuit.limit_a, wire.phase, amps))
            )
        else:
            assert circuit.export_limit_a is not None
            limit_a = _more(circuit.export_limit_a, wire.phase, amps)
            circuits.append(replace(circuit, export_limit_a=limit_a))
    return replace(site, circuits=tuple(circuits))


@settings(max_examples=400)
@given(problems(most=6, steps=(0.0,)))
def test_the_limit_that_holds_a_charger_back_is_named(problem: Problem) -> None:
    """The named limit is used up; a little more of it goes to whom the reason says.

    That is the charger itself, or with `LOWER_PRIORITY` somebody who comes first. Only a charger that
    is at its minimum may see it go to those of its priority who have less.
    """
    site, requests = problem
    allocations = allocate(site, requests).allocations
    rooms, taken = room(site), used(site, requests, allocations)
    for request in requests:
        allocation = allocations[request.key]
        reason = allocation.reason
        if allocation.choice is None or reason.limit is LimitKind.CHARGER:
            continue
        assert reason.key in RUNNING
        wire = _wire(reason)
        assert isclose(taken[wire], rooms[wire], abs_tol=TOLERANCE_A)
        after = allocate(_raised(site, wire, 1e-3), requests).allocations
        if any(after[key].choice != allocations[key].choice for key in allocations):
            continue
        # Two limits may be met at once, then neither alone frees anything.
        if _meets_another_limit(site, request, allocation, wire, taken):
            continue
        gained = {
            other.key
            for other in requests
            if abs(after[other.key].current_a) > abs(allocations[other.key].current_a)
        }
        if reason.key is ReasonKey.LOWER_PRIORITY:
            assert any(
                one.key in gained and one.priority > request.priority
                for one in requests
            )
        elif isclose(abs(allocation.current_a), bounds(request, allocation.choice)[0]):
            assert any(
                one.key in gained and one.priority == request.priority
                for one in requests
            )
        else:
            assert request.key in gained


def _meets_another_limit(
    site: Site,
    request: Request,
    allocation: Allocation,
    wire: Wire,
    taken: dict[Wire, float],
) -> bool:
    assert allocation.choice is not None
    rooms = room(site)
    return any(
        other != wire and taken[other] >= rooms[other] - 1e-2
        for other, _ in wires_of(site, request, allocation.choice)
    )


@settings(max_examples=300)
@given(problems(most=6))
def test_a_waiting_charger_knows_what_is_missing(problem: Problem) -> None:
    """The numbers add up, and with what is missing everywhere more of its priority are served."""
    site, requests = problem
    allocations = allocate(site, requests).allocations
    for request in requests:
        allocation = allocations[request.key]
        reason = allocation.reason
        if allocation.choice is not None or reason.limit is LimitKind.CHARGER:
            continue
        assert reason.key in WAITING
        assert reason.limit_a is not None
        assert reason.used_a is not None
        assert reason.needed_a is not None
        assert reason.missing_a is not None
        assert reason.missing_a > 0
        assert isclose(
            reason.used_a + reason.needed_a, reason.limit_a + reason.missing_a
        )
        assert _wire(reason) in _short_wires(site, requests, allocations, request)


@settings(max_examples=200)
@given(problems(most=5))
def test_what_is_missing_lets_somebody_start(problem: Problem) -> None:
    """Where a single limit is short, raising it by what is missing serves one more."""
    site, requests = problem
    allocations = allocate(site, requests).allocations
    running = {key for key, one in allocations.items() if one.choice}
    for request in requests:
        allocation = allocations[request.key]
        reason = allocation.reason
        if allocation.choice is not None or reason.limit is LimitKind.CHARGER:
            continue
        short = _short_wires(site, requests, allocations, request)
        if set(short) != {_wire(reason)} or len(request.choices) > 1:
            continue
        missing_a = max(short[_wire(reason)], reason.missing_a or 0.0) + TOLERANCE_A
        wider = allocate(_raised(site, _wire(reason), missing_a), requests).allocations
        after = {key for key, one in wider.items() if one.choice}
        assert served(requests, after) > served(requests, running)


def _short_wires(
    site: Site,
    requests: list[Request],
    allocations: Mapping[str, Allocation],
    request: Request,
) -> dict[Wire, float]:
    """Return where a waiting charger does not fit beside the minimums of all that run."""
    left = room(site)
    for other in requests:
        choice = allocations[other.key].choice
        if choice is not None:
            for wire, count in wires_of(site, other, choice):
                left[wire] -= count * bounds(other, choice)[0]
    short: dict[Wire, float] = {}
    for choice in request.choices:
        for wire, count in wires_of(site, request, choice):
            missing_a = count * bounds(request, choice)[0] - left[wire]
            if missing_a > TOLERANCE_A:
                short[wire] = max(missing_a, short.get(wire, 0.0))
    return short


# One house for the reasons one by one: 20 A on the supply, 10 A on the board of the garage.


def _house(**changes: Any) -> Site:
    return replace(
        Site(
            circuits=(
                Circuit(key="supply", limit_a=(20.0, 20.0, 20.0)),
                Circuit(key="garage", parent="supply", limit_a=(10.0, 10.0, 10.0)),
            )
        ),
        **changes,
    )


def _car(key: str, circuit: str = "supply", **changes: Any) -> Request:
    return replace(
        Request(
            key=key,
            circuit=circuit,
            choices=(PhaseChoice(maximum_a=16.0, terminals=THREE_PHASES),),
            phase_map=STRAIGHT,
        ),
        **changes,
    )


def _reason(site: Site, *requests: Request) -> Reason:
    """Return the reason of the first request."""
    return allocate(site, requests).allocations[requests[0].key].reason


def test_full_current() -> None:
    """Nothing but its own maximum."""
    assert _reason(_house(), _car("a")) == Reason(
        key=ReasonKey.FULL_CURRENT, limit=LimitKind.CHARGER, limit_a=16.0, used_a=16.0
    )


def test_a_cap_gives_its_own_reason() -> None:
    """The lowest cap binds, and speaks."""
    caps = (
        Cap(current_a=12.0, key=ReasonKey.LIMITED_BY_WISH),
        Cap(current_a=8.5, key=ReasonKey.LIMITED_BY_DEMAND),
    )
    assert _reason(_house(), _car("a", caps=caps)) == Reason(
        key=ReasonKey.LIMITED_BY_DEMAND,
        limit=LimitKind.CHARGER,
        limit_a=8.5,
        used_a=8.5,
    )


def test_a_cap_below_the_minimum_stops() -> None:
    """It is 0 A then, never less than the minimum, and says what would be needed."""
    request = _car("a", caps=(Cap(current_a=4.0, key=ReasonKey.LIMITED_BY_WISH),))
    assert _reason(_house(), request) == Reason(
        key=ReasonKey.LIMITED_BY_WISH,
        limit=LimitKind.CHARGER,
        limit_a=4.0,
        needed_a=6.0,
        missing_a=2.0,
    )


def test_limited_by_circuit() -> None:
    """The board of the garage, not the supply."""
    assert _reason(_house(), _car("a", "garage")) == Reason(
        key=ReasonKey.LIMITED_BY_CIRCUIT,
        limit=LimitKind.CIRCUIT,
        circuit="garage",
        phase=Phase.L1,
        limit_a=10.0,
        used_a=10.0,
    )


def test_limited_by_target() -> None:
    """The target is a limit beside the others, and has no circuit."""
    reason = _reason(_house(target_a=(16.0, 9.0, 16.0)), _car("a"))
    assert (reason.key, reason.limit) == (ReasonKey.LIMITED_BY_TARGET, LimitKind.TARGET)
    assert (reason.circuit, reason.phase, reason.limit_a) == (None, Phase.L2, 9.0)


def test_limited_by_export() -> None:
    """Who discharges meets the export limit, and gets amperes below zero."""
    site = Site(
        circuits=(
            Circuit(
                key="supply", limit_a=(0.0, 0.0, 0.0), export_limit_a=(16.0, 7.0, 16.0)
            ),
        )
    )
    request = _car(
        "a",
        direction=Direction.DISCHARGE,
        choices=(PhaseChoice(maximum_a=32.0, terminals=ONE_PHASE),),
        phase_map=(Phase.L2, Phase.L3, Phase.L1),
    )
    allocation = allocate(site, [request]).allocations["a"]
    assert allocation.current_a == -7.0
    assert allocation.reason.key is ReasonKey.LIMITED_BY_EXPORT
    assert allocation.reason.phase is Phase.L2


def test_fair_share() -> None:
    """Equals say how many they are."""
    reason = _reason(_house(), _car("a"), _car("b"))
    assert (reason.key, reason.sharers, reason.used_a) == (
        ReasonKey.FAIR_SHARE,
        2,
        20.0,
    )


def test_lower_priority_gets_the_rest() -> None:
    """The first fills up, the second keeps its minimum and says why it has no more."""
    first, second = _car("first", priority=1), _car("second")
    allocations = allocate(_house(), [first, second]).allocations
    assert allocations["first"].current_a == 14.0
    assert allocations["second"].current_a == 6.0
    assert allocations["second"].reason.key is ReasonKey.LOWER_PRIORITY


def test_lower_priority_waits() -> None:
    """Where the higher priorities' minimums leave too little."""
    second = _car("second", "garage")
    reason = _reason(_house(), second, _car("first", "garage", priority=1))
    assert reason == Reason(
        key=ReasonKey.LOWER_PRIORITY,
        limit=LimitKind.CIRCUIT,
        circuit="garage",
        phase=Phase.L1,
        limit_a=10.0,
        used_a=6.0,
        needed_a=6.0,
        missing_a=2.0,
    )


def test_waiting_for_turn() -> None:
    """The room is taken by an equal that comes earlier in line."""
    reason = _reason(
        _house(), _car("b", "garage", order=2.0), _car("a", "garage", order=1.0)
    )
    assert (reason.key, reason.missing_a) == (ReasonKey.WAITING_FOR_TURN, 2.0)


def test_minimum_does_not_fit() -> None:
    """A house load leaves 5 A on one phase: no other charger is to blame."""
    site = Site(
        circuits=(
            Circuit(
                key="supply", limit_a=(20.0, 20.0, 20.0), reserved_a=(2.0, 15.0, 0.0)
            ),
        )
    )
    assert _reason(site, _car("a"), _car("b")) == Reason(
        key=ReasonKey.MINIMUM_DOES_NOT_FIT,
        limit=LimitKind.CIRCUIT,
        circuit="supply",
        phase=Phase.L2,
        limit_a=20.0,
        used_a=15.0,
        needed_a=6.0,
        missing_a=1.0,
    )


def test_blocked() -> None:
    """The caller's reason comes out as it came in."""
    assert _reason(_house(), _car("a", blocked=ReasonKey.NO_VEHICLE)) == Reason(
        key=ReasonKey.NO_VEHICLE
    )


@pytest.mark.parametrize(("others", "current_a"), [(1, 6.0), (2, 6.0), (3, 0.0)])
def test_standing_by(others: int, current_a: float) -> None:
    """An empty charger is offered its minimum while one more fits; it takes nothing from others."""
    site = _house(target_a=(18.0, 18.0, 18.0))
    cars = [_car(f"car{number}") for number in range(others)]
    with_it = allocate(site, [*cars, _car("empty", stands_by=True)])
    empty = with_it.allocations["empty"]
    assert empty.current_a == current_a
    assert (empty.reason.key is ReasonKey.STANDS_BY) is (current_a > 0)
    without = allocate(site, cars)
    for car in cars:
        assert with_it.allocations[car.key] == without.allocations[car.key]
    assert with_it.target == without.target


def test_reasons_of_whole_amperes() -> None:
    """A charger of whole amperes names the wire that has no whole ampere left."""
    site = Site(circuits=(Circuit(key="supply", limit_a=(15.5, 20.0, 20.0)),))
    request = _car("a", step_a=1.0)
    reason = _reason(site, request)
    assert (reason.key, reason.phase) == (ReasonKey.LIMITED_BY_CIRCUIT, Phase.L1)
    assert (reason.limit_a, reason.used_a) == (15.5, 15.0)
