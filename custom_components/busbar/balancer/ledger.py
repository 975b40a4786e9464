"""The ledgers of what may be drawn and given, kept while writes are ordered: nothing is raised beyond them."""

from collections.abc import Mapping, Sequence
from math import inf

from .member import Member
from .model import Circuit, Direction, PhaseAmps, Site

_UNLIMITED = (inf, inf, inf)


class Ledger:
    """What may flow one way on every circuit and phase, and against the target, kept while writes are ordered."""

    def __init__(
        self,
        site: Site,
        members: Sequence[Member],
        direction: Direction = Direction.CHARGE,
    ) -> None:
        """Add up what all members may draw now, or what they may give."""
        self._circuits: Mapping[str, Circuit] = {
            circuit.key: circuit for circuit in site.circuits
        }
        is_charge = direction is Direction.CHARGE
        self._direction = direction
        self._limits_a = {
            circuit.key: circuit.limit_a
            if is_charge
            else circuit.export_limit_a or _UNLIMITED
            for circuit in site.circuits
        }
        self._target_a = site.target_a if is_charge else None
        self._flows_a = {key: [0.0, 0.0, 0.0] for key in self._circuits}
        self._total_a = [0.0, 0.0, 0.0]
        for member in members:
            self.count(member)

    def of(self, member: Member) -> PhaseAmps:
        """Return what a member may let flow this way."""
        if self._direction is Direction.CHARGE:
            return member.may_draw_a
        return member.given_a

    def count(self, member: Member, sign: float = 1.0) -> None:
        """Count what a member may let flow this way; a sign of -1 takes it off."""
        self.add(member.config.circuit, self.of(member), sign)

    def add(self, circuit: str, current_a: PhaseAmps, sign: float = 1.0) -> None:
        """Count a current on a circuit and all above it; a sign of -1 takes it off."""
        for phase, amps in enumerate(current_a):
            self._total_a[phase] += sign * amps
        for key in self.path(circuit):
            flows_a = self._flows_a[key]
            for phase, amps in enumerate(current_a):
                flows_a[phase] += sign * amps

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
        """Return what is left on all limits above a circuit; negative where too much may flow."""
        room = [float("inf")] * 3
        for key in self.path(circuit):
            limit_a, flows_a = self._limits_a[key], self._flows_a[key]
            for phase in range(3):
                room[phase] = min(room[phase], limit_a[phase] - flows_a[phase])
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
