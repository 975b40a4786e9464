"""What is right, worked out the long way: limits from the definition, sets by trying all of them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, product
from math import ceil, floor, inf
from typing import NamedTuple

from custom_components.busbar.balancer.model import (
    Allocation,
    Direction,
    Phase,
    PhaseChoice,
    Request,
    Site,
)

TOLERANCE_A = 1e-6


class Wire(NamedTuple):
    """One direction of one phase of a circuit; the site current target has no circuit."""

    circuit: str | None
    phase: Phase
    direction: Direction


def wires_of(
    site: Site, request: Request, choice: PhaseChoice
) -> Iterator[tuple[Wire, int]]:
    """Yield every wire that a current of the charger counts on, and how often."""
    if request.phase_map is None:
        counts = dict.fromkeys(site.phases, 1)
    else:
        phases = [request.phase_map[terminal] for terminal in choice.terminals]
        counts = {phase: phases.count(phase) for phase in phases}
    by_key = {circuit.key: circuit for circuit in site.circuits}
    nodes: list[str | None] = []
    node: str | None = request.circuit
    while node is not None:
        nodes.append(node)
        node = by_key[node].parent
    if site.target_a is not None and request.direction is Direction.CHARGE:
        nodes.append(None)
    for circuit in nodes:
        for phase, count in counts.items():
            yield Wire(circuit, phase, request.direction), count


def room(site: Site) -> dict[Wire, float]:
    """Return what members may use of every wire, without the reserves and reservations."""
    by_key = {circuit.key: circuit for circuit in site.circuits}
    rooms: dict[Wire, float] = {}
    for circuit in site.circuits:
        for phase in Phase:
            left_a = circuit.limit_a[phase] - circuit.reserved_a[phase]
            rooms[Wire(circuit.key, phase, Direction.CHARGE)] = left_a
            export_a = circuit.export_limit_a[phase] if circuit.export_limit_a else inf
            rooms[Wire(circuit.key, phase, Direction.DISCHARGE)] = export_a
    for phase in Phase:
        target_a = site.target_a[phase] if site.target_a else inf
        rooms[Wire(None, phase, Direction.CHARGE)] = target_a
    for reservation in site.reservations:
        node: str | None = reservation.circuit
        while node is not None:
            for phase in Phase:
                rooms[Wire(node, phase, Direction.CHARGE)] -= reservation.charge_a[
                    phase
                ]
                rooms[Wire(node, phase, Direction.DISCHARGE)] -= (
                    reservation.discharge_a[phase]
                )
            node = by_key[node].parent
        for phase in Phase:
            rooms[Wire(None, phase, Direction.CHARGE)] -= reservation.charge_a[phase]
    return {wire: max(0.0, left_a) for wire, left_a in rooms.items()}


def used(
    site: Site, requests: Sequence[Request], allocations: Mapping[str, Allocation]
) -> dict[Wire, float]:
    """Return what the allocations take of every wire."""
    taken: dict[Wire, float] = dict.fromkeys(room(site), 0.0)
    for request in requests:
        allocation = allocations[request.key]
        if allocation.choice is not None and not request.stands_by:
            for wire, count in wires_of(site, request, allocation.choice):
                taken[wire] += count * abs(allocation.current_a)
    return taken


def bounds(request: Request, choice: PhaseChoice) -> tuple[float, float]:
    """Return the least and the most that a charger can be offered, in its steps."""
    most_a = min([choice.maximum_a, *(cap.current_a for cap in request.caps)])
    if not request.step_a:
        return choice.minimum_a, most_a
    step_a = request.step_a
    return (
        ceil(choice.minimum_a / step_a - 1e-9) * step_a,
        floor(most_a / step_a + 1e-9) * step_a,
    )


def served(requests: Sequence[Request], keys: set[str]) -> list[int]:
    """Return how many are served of each priority, the highest first."""
    priorities = sorted({request.priority for request in requests}, reverse=True)
    return [
        sum(request.key in keys for request in requests if request.priority == priority)
        for priority in priorities
    ]


def served_in_line(requests: Sequence[Request], keys: set[str]) -> list[int]:
    """Return how many are served of each place in the line."""

    def place(request: Request) -> tuple[int, bool, float]:
        return -request.priority, not request.is_kept, request.order

    line = sorted(requests, key=place)
    return [
        sum(one.key in keys for one in group) for _, group in groupby(line, key=place)
    ]


def feasible_sets(site: Site, requests: Sequence[Request]) -> Iterator[set[str]]:
    """Yield the keys of every set that can run at its minimums, in some way."""
    rooms = room(site)
    ways = [
        [
            None,
            *(
                c
                for c in request.choices
                if bounds(request, c)[0] <= bounds(request, c)[1]
            ),
        ]
        for request in requests
    ]
    for combination in product(*ways):
        taken = dict.fromkeys(rooms, 0.0)
        keys = set()
        for request, choice in zip(requests, combination, strict=True):
            if choice is None:
                continue
            keys.add(request.key)
            for wire, count in wires_of(site, request, choice):
                taken[wire] += count * bounds(request, choice)[0]
        if all(taken[wire] <= rooms[wire] + TOLERANCE_A for wire in rooms):
            yield keys
