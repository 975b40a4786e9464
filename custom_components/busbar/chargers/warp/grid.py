"""Be the meter that a WARP Energy Manager reads at the grid."""

from collections.abc import Awaitable, Callable
from typing import Any, override

from ..energy import EnergyFilter
from ..model import Capabilities, Identity, Measurement, Role, Snapshot
from . import paths
from .charger import POLL_S, wifi_signal_dbm
from .device import StartTime, WarpDevice, identity_of
from .link import Link
from .meters import grid_meter, grid_meter_slot
from .redaction import redacted_states


class WarpGridMeter(WarpDevice):
    """An Energy Manager as a meter: + import, - export; discharged energy is what was exported."""

    def __init__(self, link: Link, poll: Callable[[], Awaitable[None]]) -> None:
        """Begin without a reading."""
        self._imported = EnergyFilter()
        self._exported = EnergyFilter()
        self._started = StartTime()
        super().__init__(link, poll)

    @override
    def describe_identity(self) -> Identity:
        return identity_of(self.link)

    @override
    def polled_paths(self) -> tuple[str, ...]:
        slot = grid_meter_slot(self.link.states)
        if slot is None:
            return ()
        return paths.meter_path(slot, "value_ids"), paths.meter_path(slot, "values")

    @override
    def describe_capabilities(self) -> Capabilities:
        measures = {*grid_meter(self.link.states).measures, Measurement.UPTIME}
        if wifi_signal_dbm(self.link) is not None:
            measures.add(Measurement.SIGNAL)
        return Capabilities(
            role=Role.METER,
            pushes_updates=True,
            poll_interval_s=POLL_S,
            measures=frozenset(measures),
        )

    @override
    def describe(self) -> Snapshot:
        states, meter = self.link.states, grid_meter(self.link.states)
        if meter.measured_at is not None:
            self._imported.take(meter.energy_kwh, meter.measured_at)
            self._exported.take(meter.export_energy_kwh, meter.measured_at)
        return Snapshot(
            received_at=self.link.clock()
            if states.heard_at is None
            else states.heard_at,
            measured_at=meter.measured_at,
            power_w=meter.power_w,
            currents_a=meter.currents_a,
            voltages_v=meter.voltages_v,
            lifetime_energy_kwh=self._imported.energy_kwh,
            discharged_energy_kwh=self._exported.energy_kwh,
            started_at=self._started.take(states.booted_at),
            signal_dbm=wifi_signal_dbm(self.link),
        )

    def diagnostics(self) -> dict[str, Any]:
        """Return all raw states, fit to be handed to somebody else."""
        return redacted_states(self.link.states)
