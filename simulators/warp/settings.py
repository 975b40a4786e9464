"""Say how one simulated device is built and configured when it leaves the factory."""

from dataclasses import dataclass, field
from enum import StrEnum

from .generation import SPECS, Generation, GenerationSpec


class MeterKind(StrEnum):
    """Choose what the device's own meter can tell."""

    FULL = "full"
    POWER_ONLY = "power_only"
    """Power and energy, no phase currents."""
    LEGACY = "legacy"
    """Old firmware: only `meter/*`, no `meters/*`."""
    NONE = "none"
    """A "Smart" model without a meter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WarpSettings:
    """Hold everything about a device that does not change while it runs."""

    generation: Generation = Generation.WARP3
    uid: str = "AbCd"
    display_name: str = ""
    password: str | None = field(default=None, repr=False)
    username: str = "admin"
    firmware: str = "2.12.1+68a1b2c3"
    meter: MeterKind = MeterKind.FULL
    meter_delay_s: float = 0.0
    """How long after a start the meter is recognised."""
    meter_start_kwh: float = 1234.5
    voltage_v: float = 230.0
    outgoing_cable_ma: int = 32000
    """20000 and less make an 11 kW model."""
    external_default_ma: int = 32000
    external_clear_on_disconnect: bool = False
    defaults_apply_live: bool = False
    """Controllers from 2.2.25 put a changed default on the live slot at once."""
    managed: bool = False
    controller_delay_s: float = 0.0
    """From the answer 200 until the controller has taken the value."""
    resume_wait_s: float = 5.0
    """After charging ended the controller waits this long before it allows it again."""
    phase_switch_s: float = 60.0
    reboot_s: float = 10.0
    """How long the network is away after a restart."""
    pong_timeout_s: float | None = None
    """Drop a WebSocket client without a pong for this long; None: never."""

    @property
    def spec(self) -> GenerationSpec:
        """The row of the generation table."""
        return SPECS[self.generation]

    @property
    def name(self) -> str:
        """The default host name."""
        return f"{self.generation}-{self.uid}"

    @property
    def display_type(self) -> str:
        """The product name with its variant."""
        if not self.spec.has_evse:
            return self.spec.display_name
        variant = "Smart" if self.meter is MeterKind.NONE else "Pro"
        power_kw = 11 if self.outgoing_cable_ma <= 20000 else 22
        return f"{self.spec.display_name} {variant} {power_kw}kW"
