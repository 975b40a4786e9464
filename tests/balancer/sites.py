"""Random sites for the properties of one instant."""

from itertools import permutations

from hypothesis import strategies as st

from custom_components.busbar.balancer.model import (
    ONE_PHASE,
    THREE_PHASES,
    Cap,
    Circuit,
    Direction,
    Phase,
    PhaseChoice,
    ReasonKey,
    Request,
    Reservation,
    Site,
)

PHASE_MAPS = tuple(permutations(THREE_PHASES, 3))
TWO_PHASES = (Phase.L1, Phase.L2)

# Halves and thirds of amperes: sums that floats cannot hold exactly belong to the field.
_amps = st.integers(0, 120).map(lambda thirds: thirds / 3)
_three_amps = st.one_of(
    _amps.map(lambda amps: (amps, amps, amps)), st.tuples(_amps, _amps, _amps)
)
_small_amps = st.integers(0, 12).map(lambda halves: halves / 2)
_reserves = st.one_of(
    st.just((0.0, 0.0, 0.0)), st.tuples(_small_amps, _small_amps, _small_amps)
)


@st.composite
def circuits(draw: st.DrawFn) -> tuple[Circuit, ...]:
    """Draw a tree of one to four circuits."""
    made: list[Circuit] = []
    for number in range(draw(st.integers(1, 4))):
        parent = made[draw(st.integers(0, number - 1))].key if number else None
        made.append(
            Circuit(
                key=f"circuit{number}",
                parent=parent,
                limit_a=draw(_three_amps),
                reserved_a=draw(_reserves),
                export_limit_a=draw(st.none() | _three_amps),
            )
        )
    return tuple(made)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """Draw the limits of one instant."""
    tree = draw(circuits())
    reservations = draw(
        st.lists(
            st.builds(
                Reservation,
                key=st.just("silent"),
                circuit=st.sampled_from([circuit.key for circuit in tree]),
                charge_a=_reserves,
                discharge_a=_reserves,
            ),
            max_size=1,
        )
    )
    return Site(
        circuits=tree,
        target_a=draw(st.none() | _three_amps),
        reservations=tuple(reservations),
    )


@st.composite
def choices(draw: st.DrawFn) -> tuple[PhaseChoice, ...]:
    """Draw the phases in use, sometimes with a way to use fewer."""
    minimum_a = draw(st.sampled_from([6.0, 6.0, 6.0, 8.0, 9.2, 10.0]))
    maximum_a = minimum_a + draw(st.sampled_from([0.0, 2.5, 7.0, 10.0, 26.0]))
    terminals = draw(
        st.sampled_from([ONE_PHASE, TWO_PHASES, THREE_PHASES, THREE_PHASES])
    )
    first = PhaseChoice(minimum_a=minimum_a, maximum_a=maximum_a, terminals=terminals)
    if terminals == ONE_PHASE or not draw(st.booleans()):
        return (first,)
    second_a = draw(st.sampled_from([6.0, 6.0, minimum_a, maximum_a]))
    return first, PhaseChoice(
        minimum_a=second_a, maximum_a=maximum_a, terminals=ONE_PHASE
    )


@st.composite
def requests(
    draw: st.DrawFn,
    site: Site,
    key: str,
    *,
    steps: tuple[float, ...] = (0.0, 0.0, 1.0),
    directions: tuple[Direction, ...] = (Direction.CHARGE,) * 4
    + (Direction.DISCHARGE,),
) -> Request:
    """Draw what one charger wants."""
    cap = draw(
        st.none()
        | st.builds(Cap, current_a=_amps, key=st.just(ReasonKey.LIMITED_BY_WISH))
    )
    return Request(
        key=key,
        circuit=draw(st.sampled_from([circuit.key for circuit in site.circuits])),
        choices=draw(choices()),
        phase_map=draw(st.none() | st.sampled_from(PHASE_MAPS)),
        step_a=draw(st.sampled_from(steps)),
        direction=draw(st.sampled_from(directions)),
        priority=draw(st.sampled_from([0, 0, 0, 1])),
        caps=(cap,) if cap else (),
        is_kept=draw(st.booleans()),
        order=float(draw(st.integers(0, 3))),
        shares=draw(st.sampled_from([1, 1, 1, 2])),
    )


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    most: int = 6,
    steps: tuple[float, ...] = (0.0, 0.0, 1.0),
    directions: tuple[Direction, ...] = (Direction.CHARGE,) * 4
    + (Direction.DISCHARGE,),
) -> tuple[Site, list[Request]]:
    """Draw a site and its requests."""
    site = draw(sites())
    count = draw(st.integers(0, most))
    return site, [
        draw(requests(site, f"charger{number}", steps=steps, directions=directions))
        for number in range(count)
    ]
