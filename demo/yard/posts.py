"""One charger of the yard, whatever its make: what it was told over its wire, and what its car draws."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, override

from simulators.easee import EaseeSimulator
from simulators.warp import WarpSimulator
from simulators.world import PhaseAmps


class Told(NamedTuple):
    """A limit that arrived over a wire."""

    at_s: float
    current_a: float


class Post(Protocol):
    """Be a charger that the checks look at from outside."""

    key: str
    """The identity under which Busbar knows it."""

    def told(self) -> list[Told]:
        """Return every limit that it was told, oldest first."""

    def drawn_a(self) -> PhaseAmps:
        """Return what its car draws on its own phases."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WarpPost(Post):
    """Be a WARP in the network."""

    key: str
    simulator: WarpSimulator

    @override
    def told(self) -> list[Told]:
        return [
            Told(write["time_s"], write["payload"]["current"] / 1000)
            for write in self.simulator.told()
            if write["path"] == "evse/external_current"
        ]

    @override
    def drawn_a(self) -> PhaseAmps:
        return self.simulator.measured_currents_a


@dataclass(frozen=True, kw_only=True, slots=True)
class EaseePost(Post):
    """Be an Easee behind its cloud, steered by its circuit or by its own limit."""

    key: str
    cloud: EaseeSimulator
    serial: str
    circuit_id: int | None = None
    """The circuit that it has for itself; `None` = it shares one, and its own limit is ours."""

    @override
    def told(self) -> list[Told]:
        if self.circuit_id is None:
            path, field = f"/{self.serial}/commands/set_dynamic_charger_current", "amps"
        else:
            path, field = f"/circuits/{self.circuit_id}/dynamicCurrent", "phase1"
        return [
            Told(write.at_s, float(write.body[field]))
            for write in self.cloud.writes
            if write.path.endswith(path)
        ]

    @override
    def drawn_a(self) -> PhaseAmps:
        return self.cloud.chargers[self.serial].drawn_a
