"""The words of one instant, and sites that contradict themselves."""

from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest

from custom_components.busbar.balancer.allocation import allocate
from custom_components.busbar.balancer.model import (
    ONE_PHASE,
    STRAIGHT,
    THREE_PHASES,
    UNLIMITED,
    Cap,
    Circuit,
    Direction,
    Distribution,
    Phase,
    PhaseChoice,
    ReasonKey,
    Request,
    Reservation,
    Site,
    SiteError,
    split_by_phase,
)

SUPPLY = Circuit(key="supply", limit_a=(20.0, 20.0, 20.0))
CAR = Request(
    key="car",
    circuit="supply",
    choices=(PhaseChoice(maximum_a=16.0),),
    phase_map=STRAIGHT,
)


def _allocate(*requests: Request, **changes: Any) -> Distribution:
    return allocate(replace(Site(circuits=(SUPPLY,)), **changes), requests)


@pytest.mark.parametrize(
    "circuits",
    [
        pytest.param((SUPPLY, SUPPLY), id="a key used twice"),
        pytest.param((replace(SUPPLY, parent="supply"),), id="its own parent"),
        pytest.param(
            (
                replace(SUPPLY, parent="board"),
                replace(SUPPLY, key="board", parent="supply"),
            ),
            id="a circle",
        ),
        pytest.param((replace(SUPPLY, parent="nowhere"),), id="a missing parent"),
        pytest.param((replace(SUPPLY, key="board"),), id="a missing circuit"),
    ],
)
def test_a_site_that_contradicts_itself(circuits: tuple[Circuit, ...]) -> None:
    """It is refused, not guessed at."""
    with pytest.raises(SiteError):
        _allocate(CAR, circuits=circuits)


def test_requests_that_contradict_themselves() -> None:
    """A key used twice, and a maximum without an end."""
    with pytest.raises(SiteError):
        _allocate(CAR, CAR)
    with pytest.raises(SiteError):
        _allocate(replace(CAR, choices=(PhaseChoice(maximum_a=inf),)))


def test_a_cap_ends_an_endless_maximum() -> None:
    """Whoever caps it may leave the maximum open."""
    request = replace(
        CAR,
        choices=(PhaseChoice(maximum_a=inf),),
        caps=(Cap(current_a=11.0, key=ReasonKey.LIMITED_BY_WISH),),
    )
    assert _allocate(request).allocations["car"].current_a == 11.0


def test_a_limit_that_is_not_a_number_gives_nothing() -> None:
    """The safe side of a value that nobody should pass."""
    site = (replace(SUPPLY, limit_a=(nan, 20.0, 20.0)),)
    assert _allocate(CAR, circuits=site).allocations["car"].current_a == 0.0


def test_nothing_to_do() -> None:
    """A site without members, and one without limits."""
    assert _allocate().allocations == {}
    assert _allocate(circuits=()).circuits == {}


def test_a_reservation_counts_on_all_above_and_on_the_target() -> None:
    """A silent charger on the board takes from the board, the supply and the target."""
    board = Circuit(key="board", parent="supply", limit_a=UNLIMITED)
    silent = Reservation(key="silent", circuit="board", charge_a=(7.0, 0.0, 0.0))
    distribution = _allocate(
        CAR,
        circuits=(SUPPLY, board),
        reservations=(silent,),
        target_a=(17.0, 20.0, 20.0),
    )
    assert distribution.allocations["car"].current_a == 10.0
    assert distribution.allocations["car"].reason.key is ReasonKey.LIMITED_BY_TARGET
    assert distribution.circuits["board"].reserved_a == (7.0, 0.0, 0.0)
    assert distribution.circuits["supply"].headroom_a == (3.0, 10.0, 10.0)
    assert distribution.target is not None
    assert distribution.target.headroom_a == (0.0, 10.0, 10.0)


def test_a_discharging_reservation_counts_on_export_alone() -> None:
    """It takes from what may be given back, and adds nothing to what may be taken."""
    supply = replace(SUPPLY, export_limit_a=(10.0, 10.0, 10.0))
    silent = Reservation(key="silent", circuit="supply", discharge_a=(4.0, 4.0, 4.0))
    discharging = replace(CAR, key="v2g", direction=Direction.DISCHARGE)
    distribution = _allocate(
        CAR, discharging, circuits=(supply,), reservations=(silent,)
    )
    assert distribution.allocations["car"].current_a == 16.0
    assert distribution.allocations["v2g"].current_a == -6.0
    assert distribution.circuits["supply"].discharged_a == (6.0, 6.0, 6.0)
    assert distribution.circuits["supply"].headroom_a == (4.0, 4.0, 4.0)


def test_an_unknown_map_counts_on_every_phase_of_the_supply() -> None:
    """A one-phase charger may hang anywhere; on a one-phase supply there is only one place."""
    one_phase = replace(
        CAR, phase_map=None, choices=(PhaseChoice(maximum_a=32.0, terminals=ONE_PHASE),)
    )
    uneven = replace(SUPPLY, limit_a=(20.0, 9.0, 20.0))
    assert _allocate(one_phase, circuits=(uneven,)).allocations["car"].current_a == 9.0
    distribution = _allocate(one_phase, circuits=(uneven,), phases=(Phase.L1,))
    assert distribution.allocations["car"].current_a == 20.0


def test_two_terminals_on_one_phase_count_twice() -> None:
    """A charger bridged onto one phase."""
    bridged = replace(CAR, phase_map=(Phase.L1, Phase.L1, Phase.L1))
    distribution = _allocate(bridged)
    assert distribution.allocations["car"].current_a == pytest.approx(20 / 3)
    assert distribution.circuits["supply"].allocated_a == pytest.approx(
        (20.0, 0.0, 0.0)
    )


def test_an_on_off_load_is_a_contender() -> None:
    """A heater of 12 A runs in full or not at all."""
    heater = replace(
        CAR, key="heater", choices=(PhaseChoice(minimum_a=12.0, maximum_a=12.0),)
    )
    allocations = _allocate(CAR, heater).allocations
    assert (allocations["heater"].current_a, allocations["car"].current_a) == (
        12.0,
        8.0,
    )
    late = replace(heater, order=1.0)
    allocations = _allocate(CAR, replace(CAR, key="other"), late).allocations
    assert [one.current_a for one in allocations.values()] == [10.0, 10.0, 0.0]


def test_a_group_has_the_shares_of_its_members() -> None:
    """Three chargers behind one command get three shares."""
    group = replace(
        CAR, key="group", choices=(PhaseChoice(maximum_a=48.0),), shares=3, step_a=1.0
    )
    allocations = _allocate(
        group, CAR, circuits=(replace(SUPPLY, limit_a=(30.0,) * 3),)
    ).allocations
    assert (allocations["group"].current_a, allocations["car"].current_a) == (22.0, 8.0)


def test_a_group_that_takes_a_current_for_each_phase() -> None:
    """One request per terminal, each on its own phase of the supply."""
    group = replace(
        CAR,
        phase_map=(Phase.L2, Phase.L3, Phase.L1),
        choices=(PhaseChoice(maximum_a=40.0),),
    )
    parts = split_by_phase(group)
    assert [part.key for part in parts] == ["car:l1", "car:l2", "car:l3"]
    assert [part.choices[0].terminals for part in parts] == [
        (phase,) for phase in THREE_PHASES
    ]
    site = (replace(SUPPLY, limit_a=(10.0, 30.0, 5.0)),)
    currents = [
        one.current_a for one in _allocate(*parts, circuits=site).allocations.values()
    ]
    assert currents == [30.0, 0.0, 10.0]


def test_steps_round_inwards() -> None:
    """A minimum of 6.5 A is 7 A in whole amperes, a maximum of 15.9 A is 15 A."""
    request = replace(
        CAR, choices=(PhaseChoice(minimum_a=6.5, maximum_a=15.9),), step_a=1.0
    )
    assert _allocate(request).allocations["car"].current_a == 15.0
    tight = (replace(SUPPLY, limit_a=(6.9, 6.9, 6.9)),)
    assert _allocate(request, circuits=tight).allocations["car"].current_a == 0.0


def test_what_whole_amperes_leave_goes_to_the_others() -> None:
    """Two of whole amperes get a whole ampere more between them, and one of any takes the rest."""
    whole = [replace(CAR, key=f"whole{number}", step_a=1.0) for number in range(2)]
    supply = (replace(SUPPLY, limit_a=(22.6, 22.6, 22.6)),)
    distribution = _allocate(*whole, CAR, circuits=supply)
    currents = [one.current_a for one in distribution.allocations.values()]
    assert currents == pytest.approx([8.0, 7.0, 7.6])


def test_a_step_that_is_handed_out_may_be_the_last() -> None:
    """Of two that end at 15.8 A each, one gets its full 16 A, the other 15 A."""
    cars = [replace(CAR, key=f"car{number}", step_a=1.0) for number in range(2)]
    supply = (replace(SUPPLY, limit_a=(31.6, 31.6, 31.6)),)
    first, second = _allocate(*cars, circuits=supply).allocations.values()
    assert (first.current_a, first.reason.key) == (16.0, ReasonKey.FULL_CURRENT)
    assert (second.current_a, second.reason.key) == (15.0, ReasonKey.FAIR_SHARE)
