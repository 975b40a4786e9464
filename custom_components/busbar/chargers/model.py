"""The boundary: what every charger is to the rest of the house.

Units: amperes per phase, watts, kilowatt hours, volts, seconds. Signs: plus is charging (into the
vehicle), minus is discharging; at a grid meter plus is import, minus is export. Times called `_at`
are seconds of one monotonic clock, `time.monotonic()` in production. In a snapshot every value may
be `None`, which means "not known" and is never replaced by a made-up zero.

Nothing here does I/O, and nothing here knows a make.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
import math
from typing import Final, Protocol, runtime_checkable

from .abilities import (
    Closes,
    FallsSilent,
    HasDiagnostics,
    HasSchedule,
    HasSettings,
    Locks,
    Pauses,
    ReleasesControl,
    ScheduleChange,
    ScheduleSlot,
    SetsCurrent,
    SetsPhaseCurrents,
    StoredFallback,
    StoresFallback,
    SwitchesPhases,
    TakesControl,
)
from .capabilities import (
    Capabilities,
    CurrentRange,
    Fallback,
    FallbackCause,
    Identity,
    Lease,
    Measurement,
    Ranges,
    Role,
    WriteBudget,
)
from .features import FeatureValue, ShownValue

__all__ = [
    "UNKNOWN_PHASES",
    "Capabilities",
    "Charger",
    "ChargerStatus",
    "Closes",
    "Connection",
    "CurrentRange",
    "Fallback",
    "FallbackCause",
    "FallsSilent",
    "HasDiagnostics",
    "HasSchedule",
    "HasSettings",
    "Identity",
    "Lease",
    "Limit",
    "Locks",
    "LostListener",
    "Measurement",
    "Occurrence",
    "Pauses",
    "PhaseValues",
    "Ranges",
    "ReleasesControl",
    "Role",
    "ScheduleChange",
    "ScheduleSlot",
    "SetsCurrent",
    "SetsPhaseCurrents",
    "Snapshot",
    "SnapshotListener",
    "StoredFallback",
    "StoresFallback",
    "SwitchesPhases",
    "TakesControl",
    "Unsubscribe",
    "WriteBudget",
]

type PhaseValues = tuple[float | None, float | None, float | None]
"""One value per phase of the charger's own terminals L1, L2, L3."""

UNKNOWN_PHASES: PhaseValues = (None, None, None)


class ChargerStatus(StrEnum):
    """What a charger is doing; the letters of IEC 61851 stand behind it.

    Vendor codes are mapped in one table per make. An unknown code becomes `None` in the snapshot
    and stays visible as `Snapshot.raw_status`.
    """

    DISCONNECTED = "disconnected"
    """A: no vehicle."""
    AWAITING_AUTHORIZATION = "awaiting_authorization"
    """B1: a vehicle waits for a tag or a release by app."""
    CONNECTED = "connected"
    """B: a vehicle is there and nothing hinders it."""
    SUSPENDED_BY_CHARGER = "suspended_by_charger"
    """B1: the charger offers nothing (schedule, load balancing, another limit)."""
    SUSPENDED_BY_VEHICLE = "suspended_by_vehicle"
    """B2: the charger offers current, the vehicle takes none."""
    PAUSED = "paused"
    """B1: a person or an automation stopped it."""
    CHARGING = "charging"
    """C or D: energy flows into the vehicle."""
    DISCHARGING = "discharging"
    """Energy flows out of the vehicle."""
    FINISHED = "finished"
    """B: the charger itself says that the session is complete."""
    ERROR = "error"
    """E or F: a fault."""
    OUT_OF_SERVICE = "out_of_service"
    """F: switched off, locked or updating."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """One of the limits that a device applies; the lowest of them all wins."""

    key: str
    current_a: float
    is_ours: bool = False
    """True for the one limit that `SetsCurrent.set_current` writes."""
    is_momentary: bool = False
    """Told only while it decides. It is shown, and no site is capped by it: at that cap it would be gone."""


KEPT_OCCURRENCES: Final = 8
"""More than can happen between two reports."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """The last time that a `Happening` happened, with what is fit to be shown of it."""

    kind: str
    happened_at: float
    details: Mapping[str, FeatureValue] = field(default_factory=dict)
    earlier: tuple[Occurrence, ...] = ()
    """Some times before, the oldest first, where several can come with one report."""

    def after(self, last: Occurrence | None) -> Occurrence:
        """Return it as what follows `last`, which may not have been told yet."""
        if last is None:
            return self
        before = (*last.earlier, replace(last, earlier=()))
        # Never at the same moment: one is told apart from the next by its time.
        later = math.nextafter(last.happened_at, math.inf)
        return replace(
            self,
            happened_at=max(self.happened_at, later),
            earlier=before[-KEPT_OCCURRENCES:],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """What is known of a device at one moment. Every value optional; four currents kept apart."""

    received_at: float
    """Up to when this is known to hold: when its newest part arrived, now while changes would be pushed."""
    measured_at: float | None = None
    """When `currents_a` and `power_w` were measured, where the wire tells; else when they arrived."""

    status: ChargerStatus | None = None
    raw_status: str | None = None
    vehicle_connected: bool | None = None
    error: str | None = None
    """`none`, or one of `Capabilities.error_keys`."""

    commanded_a: float | None = None
    """What we sent last."""
    commanded_at: float | None = None
    confirmed_a: float | None = None
    """What the device says our limit is."""
    confirmed_at: float | None = None
    """When the report was *measured* that `confirmed_a` comes from. It confirms a command only if later."""
    offered_a: float | None = None
    """What the device offers the vehicle: the lowest of all its limits."""
    limits: tuple[Limit, ...] = ()
    """All limits the device applies now, ours and others'."""

    power_w: float | None = None
    currents_a: PhaseValues = UNKNOWN_PHASES
    """What flows, per phase."""
    voltages_v: PhaseValues = UNKNOWN_PHASES
    lifetime_energy_kwh: float | None = None
    discharged_energy_kwh: float | None = None
    session_energy_kwh: float | None = None
    session_duration_s: float | None = None
    state_of_charge: float | None = None
    """Of the vehicle, in percent."""
    floor_percent: float | None = None
    """The charger's own rule: it does not discharge at or below this state of charge. `None` = it has none."""
    ceiling_percent: float | None = None
    """It does not charge at or above this state of charge."""

    phases: int | None = None
    """With how many phases it charges, or would charge now."""
    phases_wanted: int | None = None
    is_switching_phases: bool | None = None
    charging_released: bool | None = None
    """False while a person or an automation holds the charge back at the charger."""
    is_locked: bool | None = None

    started_at: float | None = None
    """When the device itself started."""
    is_cut_off: bool = False
    """Whether it is told that the device has lost its own way to us: it falls to what it does in silence."""
    signal_dbm: float | None = None
    control_allowed: bool | None = None
    """Whether a person allowed us to write to it; `None` where nobody is asked (`TakesControl`)."""
    foreign_control: str | None = None
    """Who else steers this charger, as far as it says so (a charge manager, another service)."""
    schedule: tuple[ScheduleSlot, ...] | None = None
    group_members: tuple[str, ...] = ()
    """Keys of the chargers below a group."""
    currency: str | None = None
    """In which costs are, as an ISO 4217 code; it may become known later than they do."""
    values: Mapping[str, ShownValue] = field(default_factory=dict)
    """Values of `Capabilities.features` by key; a missing key is not known."""
    occurrences: Mapping[str, Occurrence] = field(default_factory=dict)

    @property
    def limiting(self) -> Limit | None:
        """Return the limit that decides now: the lowest, ours last among equals."""
        return next(iter(self.lowest_limits), None)

    @property
    def lowest_limits(self) -> tuple[Limit, ...]:
        """Return all limits, the lowest first, ours last among equals."""
        return tuple(
            sorted(self.limits, key=lambda limit: (limit.current_a, limit.is_ours))
        )

    @property
    def is_confirmed(self) -> bool | None:
        """Return whether the device has shown our last command; `None` if we sent none."""
        if self.commanded_a is None or self.commanded_at is None:
            return None
        return (
            self.confirmed_a is not None
            and self.confirmed_at is not None
            and self.confirmed_at >= self.commanded_at
            and abs(self.confirmed_a - self.commanded_a)
            < 0.05  # a rounding of the wire
        )


type SnapshotListener = Callable[[Snapshot], None]
type LostListener = Callable[[Exception | None], None]
type Unsubscribe = Callable[[], None]


@runtime_checkable
class Charger(Protocol):
    """One charger, group or meter. Commands are abilities of their own, below."""

    @property
    def identity(self) -> Identity:
        """Return who it is; firmware and name may change, the key never."""

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can do now."""

    @property
    def snapshot(self) -> Snapshot | None:
        """Return what is known last, `None` before the first report."""

    async def refresh(self) -> Snapshot:
        """Return a current snapshot, asking the wire only where push does not already tell.

        Raises `ChargerError`. Never writes.
        """

    def subscribe(
        self, on_snapshot: SnapshotListener, on_lost: LostListener
    ) -> Unsubscribe:
        """Hear of every new snapshot, and once when the device is no longer heard."""


class Connection(Protocol):
    """What one charger entry talks through: a device, or an account with several."""

    @property
    def chargers(self) -> Mapping[str, Charger]:
        """Return the devices behind it by identity key."""

    async def open(self) -> None:
        """Connect, identify and read once. Raises `ChargerError`. Never writes."""

    async def close(self) -> None:
        """End streams and tasks; never raises."""

    def on_change(self, listener: Callable[[], None]) -> Unsubscribe:
        """Hear when a device appeared, disappeared, or changed its capabilities or identity."""
