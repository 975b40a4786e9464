"""Gather what is known of a Quasar at one moment, before it is put into the words of the house."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Occurrence
from .energy import EnergyCount
from .memory import Remembered
from .parse import DcSide, Limits, Readout

NO_ERROR = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """One reading, and everything that was concluded from it and from those before."""

    readout: Readout
    received_at: float
    remembered: Remembered
    energy: EnergyCount
    shown_state: int
    """The state to be shown: the one before, while a state of charge is being asked for."""
    level_percent: int | None = None
    error: str = NO_ERROR
    commanded_a: int | None = None
    commanded_at: float | None = None
    pending_a: int | None = None
    is_released: bool = True
    is_probing: bool = False
    """Whether a little flows for a moment, only to ask for the state of charge."""
    watchdog_s: int | None = None
    is_refusing_discharge: bool = False
    has_dc: bool = False
    can_restart: bool = False
    occurrences: Mapping[str, Occurrence] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Return whether a person let us steer it."""
        return self.remembered.external_control

    @property
    def is_controlled(self) -> bool:
        """Return whether we may steer it and the charger listens."""
        return self.is_ours and self.readout.control.is_remote

    @property
    def limits(self) -> Limits | None:
        """Return what the installation allows, where it is told."""
        return self.readout.limits

    @property
    def dc(self) -> DcSide | None:
        """Return what stands at the vehicle, where it is told."""
        return self.readout.dc
