"""The ledger of what may be drawn, kept while writes are ordered: nothing is raised beyond it."""

from collections.abc import Mapping, Sequence

from .member import Member
from .model import Circuit, PhaseAmps, Site


class Ledger:
    """What may be drawn on every circuit and phase, and against the target, kept while writes are ordered."""

    def __init__(self, site: Site, members: Sequence[Member]) -> None:
        """Add up what all members may draw now."""
        self._circuits: Mapping[str, Circuit] = {
            circuit.key: circuit for circuit in site.circuits
        }
        self._target_a = site.target_a
        self._drawn_a = {key: [0.0, 0.0, 0.0] for key in self._circuits}
        self._total_a = [0.0, 0.0, 0.0]
        for member in members:
            self.add(member.config.circuit, member.may_draw_a)

    def add(self, circuit: str, current_a: PhaseAmps, sign: float = 1.0) -> None:
        """Count a current on a circuit and all above it; a sign of -1 takes it off."""
        for phase, amps in enumerate(current_a):
            self._total_a[phase] += sign * amps
        for key in self.path(circuit):
            drawn_a = self._drawn_a[key]
            for phase, amps in enumerate(current_a):
                drawn_a[phase] += sign * amps

    def path(self, circuit: str) -> list[str]:
        """Return a circuit and all above it; a missing circuit counts at the supply."""
        if circuit not in self._circuits:
            circuit = next(
                key for key, item in self._circuits.items() if item.parent is None
            )
        path: list[str] = []
        node: str | None = circuit
        while node is not None and node not in path:
            path.append(node)
            node = self._circuits[node].parent
        return path

    def room_a(self, circuit: str) -> PhaseAmps:
        """Return what is left on all limits above a circuit; negative where too much may be drawn."""
        room = [float("inf")] * 3
        for key in self.path(circuit):
            limit_a, drawn_a = self._circuits[key].limit_a, self._drawn_a[key]
            for phase in range(3):
                room[phase] = min(room[phase], limit_a[phase] - drawn_a[phase])
        if self._target_a is not None:
            for phase in range(3):
                room[phase] = min(
                    room[phase], self._target_a[phase] - self._total_a[phase]
                )
        return room[0], room[1], room[2]

    def is_over(self, circuit: str, current_a: PhaseAmps) -> bool:
        """Return whether a limit is exceeded on a phase that this current uses."""
        room_a = self.room_a(circuit)
        return any(
            amps > 0 and room < -1e-6
            for amps, room in zip(current_a, room_a, strict=True)
        )
