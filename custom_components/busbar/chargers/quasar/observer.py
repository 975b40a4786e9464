"""Conclude from readings what no single one says: state of charge, energies, what lasts."""

from collections.abc import Callable
from typing import Final

from ..model import Occurrence
from .energy import EnergyCount
from .facts import NO_ERROR
from .memory import Memory
from .parse import FLOW_STATES, ChargerState, Readout
from .patience import FaultWatch
from .report import error_of
from .state_of_charge import StateOfCharge

_SAVE_S: Final = 900.0
_REFUSAL_S: Final = 60.0


class Observer:
    """Hold what was concluded so far."""

    def __init__(self, memory: Memory, *, clock: Callable[[], float]) -> None:
        """Begin with the energies that are remembered."""
        self._memory = memory
        self._clock = clock
        self._charge = StateOfCharge()
        self._faults = FaultWatch()
        self._saved_at = clock()
        self._refusing_since: float | None = None
        self.energy = EnergyCount(
            charged_kwh=memory.now.charged_kwh,
            discharged_kwh=memory.now.discharged_kwh,
        )
        self.error = NO_ERROR
        self.occurrences: dict[str, Occurrence] = {}

    @property
    def level_percent(self) -> int | None:
        """Return the state of charge, `None` when it is not known."""
        return self._charge.percent

    def returned(self) -> None:
        """Take note that the charger was not heard for long: it may have restarted."""
        self._faults.returned(self._clock())

    def observe(self, readout: Readout) -> None:
        """Conclude from a reading."""
        measured, now = readout.measured, readout.at
        self.observe_level(
            measured.level_raw, vehicle_connected=measured.vehicle_connected, now=now
        )
        self.energy = self.energy.then(measured.power_w, now)
        flows = measured.state in FLOW_STATES
        if now - self._saved_at >= _SAVE_S or (not flows and self._unsaved_kwh >= 0.01):
            self.save()
        seen = error_of(readout)
        needs_patience = measured.state != ChargerState.POWER_SHARING_UNCONFIGURED
        lasts = self._faults.lasts(seen != NO_ERROR, now)
        self.error = seen if lasts or not needs_patience else NO_ERROR

    def observe_level(
        self, raw: int, *, vehicle_connected: bool | None, now: float
    ) -> None:
        """Conclude from a reading of the state of charge alone."""
        self._charge.update(raw, vehicle_connected=vehicle_connected, now=now)

    def refuses_discharge(self, readout: Readout, commanded_a: int | None) -> bool:
        """Return whether a discharge was asked for and does not come.

        The usual cause is the grid code that the installer chose; no register tells.
        """
        measured = readout.measured
        discharges = measured.state == ChargerState.DISCHARGING or measured.power_w < 0
        asked = commanded_a is not None and commanded_a < 0
        if not asked or discharges or not readout.control.is_remote:
            self._refusing_since = None
            return False
        if self._refusing_since is None:
            self._refusing_since = readout.at
        return readout.at - self._refusing_since >= _REFUSAL_S

    def happened(self, key: str, kind: str) -> None:
        """Take note of something that is reported once."""
        occurrence = Occurrence(kind=kind, happened_at=self._clock())
        self.occurrences = {**self.occurrences, key: occurrence}

    @property
    def _unsaved_kwh(self) -> float:
        saved = self._memory.now
        return (
            self.energy.charged_kwh
            - saved.charged_kwh
            + self.energy.discharged_kwh
            - saved.discharged_kwh
        )

    def save(self) -> None:
        """Have the energies stored."""
        self._saved_at = self._clock()
        self._memory.change(
            charged_kwh=round(self.energy.charged_kwh, 3),
            discharged_kwh=round(self.energy.discharged_kwh, 3),
        )
