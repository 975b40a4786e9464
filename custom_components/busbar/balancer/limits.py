"""All limits of a site as one flat list of lines, and what a charger uses of them.

A line is one direction of one phase of one circuit, or one phase of the site current target. Charge
counts on import lines, discharge on export lines alone: so what a car gives back is never promised
to another, by construction.
"""

from math import inf

from .model import (
    Circuit,
    Direction,
    LimitKind,
    Phase,
    PhaseAmps,
    PhaseMap,
    Site,
    SiteError,
)

type Uses = tuple[tuple[int, int], ...]
"""Which lines a current counts on, each with how many times."""

TOLERANCE_A = 1e-9
"""Sums of floats may miss a limit by this much; far below what any charger or meter resolves."""

_LINES_PER_CIRCUIT = 6
_EXPORT = 3
"""Offset of a circuit's export lines behind its three import lines."""


class Limits:
    """The lines of one site: what each allows, what is spoken for and what is free for members."""

    def __init__(self, site: Site) -> None:
        """Lay out the lines; raise `SiteError` where the tree contradicts itself."""
        circuits = site.circuits
        self._site = site
        self._first_line = {
            circuit.key: _LINES_PER_CIRCUIT * index
            for index, circuit in enumerate(circuits)
        }
        if len(self._first_line) != len(circuits):
            raise SiteError("A circuit key is used twice")
        self._parents = {circuit.key: circuit.parent for circuit in circuits}
        self._paths: dict[str, tuple[int, ...]] = {}
        self._uses: dict[
            tuple[str, Direction, PhaseMap | None, tuple[Phase, ...]], Uses
        ] = {}
        self.limit_a: list[float] = []
        self.spoken_a: list[float] = []
        for circuit in circuits:
            self._add_circuit(circuit)
        if site.target_a is not None:
            self.limit_a.extend(site.target_a)
            self.spoken_a.extend((0.0, 0.0, 0.0))
        for reservation in site.reservations:
            self._reserve(reservation.circuit, Direction.CHARGE, reservation.charge_a)
            self._reserve(
                reservation.circuit, Direction.DISCHARGE, reservation.discharge_a
            )
        # The zero stands first on purpose: so a limit that is not a number leaves nothing.
        self.free_a = [
            max(0.0, limit_a - spoken_a)
            for limit_a, spoken_a in zip(self.limit_a, self.spoken_a, strict=True)
        ]

    def _add_circuit(self, circuit: Circuit) -> None:
        self.limit_a.extend(circuit.limit_a)
        self.limit_a.extend(circuit.export_limit_a or (inf, inf, inf))
        self.spoken_a.extend(circuit.reserved_a)
        self.spoken_a.extend((0.0, 0.0, 0.0))

    def _reserve(
        self, circuit: str, direction: Direction, current_a: PhaseAmps
    ) -> None:
        if not any(current_a):
            return
        for first in self._path(circuit, direction):
            for phase, amps in enumerate(current_a):
                self.spoken_a[first + phase] += amps

    def _path(self, circuit: str, direction: Direction) -> tuple[int, ...]:
        """Return the first lines of the circuit, of all above it, and of the target for charging."""
        path = self._paths.get(circuit)
        if path is None:
            path = self._paths[circuit] = self._walk(circuit)
        if direction is Direction.DISCHARGE:
            return tuple(first + _EXPORT for first in path)
        if self._site.target_a is not None:
            return (*path, _LINES_PER_CIRCUIT * len(self._first_line))
        return path

    def _walk(self, circuit: str) -> tuple[int, ...]:
        path: list[int] = []
        node: str | None = circuit
        while node is not None:
            if node not in self._first_line:
                raise SiteError(f"There is no circuit {node!r}")
            if len(path) > len(self._first_line):
                raise SiteError(f"Circuit {circuit!r} is fed in a circle")
            path.append(self._first_line[node])
            node = self._parents[node]
        return tuple(path)

    def uses(
        self,
        circuit: str,
        direction: Direction,
        phase_map: PhaseMap | None,
        terminals: tuple[Phase, ...],
    ) -> Uses:
        """Return the lines on which a current on these terminals counts.

        An unknown map counts once on every phase of the supply, whatever terminals are in use. Two
        terminals on one supply phase count twice there.
        """
        key = circuit, direction, phase_map, terminals
        uses = self._uses.get(key)
        if uses is None:
            if phase_map is None:
                counts = [int(phase in self._site.phases) for phase in Phase]
            else:
                counts = [0, 0, 0]
                for terminal in terminals:
                    counts[phase_map[terminal]] += 1
            uses = self._uses[key] = tuple(
                (first + phase, count)
                for first in self._path(circuit, direction)
                for phase, count in enumerate(counts)
                if count
            )
        return uses

    def lines_of(self, circuit: str | None) -> tuple[int, int | None]:
        """Return the first import and export line of a circuit, or of the target for `None`."""
        if circuit is None:
            return _LINES_PER_CIRCUIT * len(self._first_line), None
        first = self._first_line[circuit]
        return first, first + _EXPORT

    def name(self, line: int) -> tuple[LimitKind, str | None, Phase]:
        """Return what a line is: its kind, its circuit and its phase."""
        index, place = divmod(line, _LINES_PER_CIRCUIT)
        if index == len(self._first_line):
            return LimitKind.TARGET, None, Phase(place)
        kind = LimitKind.CIRCUIT if place < _EXPORT else LimitKind.EXPORT
        return kind, self._site.circuits[index].key, Phase(place % _EXPORT)


def shortfall(uses: Uses, current_a: float, free_a: list[float]) -> tuple[float, int]:
    """Return by how much a current misses on its worst line, and that line; negative where it fits."""
    worst_a, worst_line = -inf, -1
    for line, count in uses:
        missing_a = count * current_a - free_a[line]
        if missing_a > worst_a:
            worst_a, worst_line = missing_a, line
    return worst_a, worst_line


def fits(uses: Uses, current_a: float, free_a: list[float]) -> bool:
    """Return whether a current has room on all its lines."""
    return all(count * current_a <= free_a[line] + TOLERANCE_A for line, count in uses)


def take(uses: Uses, current_a: float, free_a: list[float]) -> None:
    """Take a current off what is free; a negative one is given back."""
    for line, count in uses:
        free_a[line] -= count * current_a
