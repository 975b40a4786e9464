"""Who a device is and what it can do; a part of the boundary, reached through `model.py`.

Units: amperes per phase, seconds.
"""

from dataclasses import dataclass
from enum import StrEnum
import math

from .features import Feature


class Role(StrEnum):
    """What a device is to a site."""

    CHARGER = "charger"
    GROUP = "group"
    """Limits several chargers by one command (an Easee circuit, a WARP charge manager)."""
    METER = "meter"


class Measurement(StrEnum):
    """What a device measures, so that entities appear only for what it has."""

    POWER = "power"
    CURRENTS = "currents"
    VOLTAGES = "voltages"
    LIFETIME_ENERGY = "lifetime_energy"
    DISCHARGED_ENERGY = "discharged_energy"
    SESSION_ENERGY = "session_energy"
    SESSION_DURATION = "session_duration"
    STATE_OF_CHARGE = "state_of_charge"
    UPTIME = "uptime"
    SIGNAL = "signal"


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who a device is. `key` is stable across address changes and renames."""

    make: str
    model: str
    name: str
    serial: str
    firmware: str | None = None
    model_id: str | None = None
    hardware: str | None = None
    url: str | None = None
    """Where a person configures the device itself."""

    @property
    def key(self) -> str:
        """Return the root of unique ids and of site membership: make and serial."""
        return f"{self.make}_{self.serial}"


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrentRange:
    """The amperes per phase that can be set: 0, or `minimum_a` to `maximum_a` in steps of `step_a`."""

    minimum_a: float
    maximum_a: float
    step_a: float

    def floor(self, current_a: float) -> float:
        """Return the largest settable current that is not above `current_a`; never 0 < I < minimum."""
        limited_a = min(current_a, self.maximum_a)
        # A hair of tolerance: 16.0 may arrive as 15.999999999 from a sum of floats.
        steps = math.floor(limited_a / self.step_a + 1e-6)
        stepped_a = round(steps * self.step_a, 3)
        return stepped_a if stepped_a >= self.minimum_a else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteBudget:
    """How often the current may be written.

    `per_account` means that all chargers of one account share it. `volatile` is False where a write
    wears memory; then no loop writes at all.
    """

    minimum_gap_s: float = 0.0
    per_minute: int | None = None
    per_hour: int | None = None
    per_account: bool = False
    volatile: bool = True


class FallbackCause(StrEnum):
    """Why a charger changes its current by itself."""

    SILENCE = "silence"
    """It no longer hears us."""
    LEASE_END = "lease_end"
    """A limit that was set with an end has ended."""
    RESTART = "restart"
    """It restarted."""
    PLUG_IN = "plug_in"
    """A vehicle was plugged in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fallback:
    """What a charger does by itself; this can be *more* than we set.

    `current_a` is the current it goes to, `None` = as high as it can. `after_s` is the longest it takes
    from the cause on.
    """

    cause: FallbackCause
    current_a: float | None
    after_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """The charger can end a limit by itself, between `minimum_s` and `maximum_s` after it was set."""

    minimum_s: float
    maximum_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranges:
    """What can be set in each direction, `None` where nothing can."""

    charge: CurrentRange | None = None
    discharge: CurrentRange | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What a device can do. Frozen; a new one is reported when the device says that this changed."""

    role: Role = Role.CHARGER
    charge: CurrentRange | None = None
    """Settable charging current; `None` = it draws `full_current_a` or nothing."""
    discharge: CurrentRange | None = None
    once_allowed: Ranges | None = None
    """What can be set once a person allowed us to write to it, also while that is so; until then it is only
    watched (`TakesControl`). `None`: nobody is asked."""
    full_current_a: float | None = None
    """What one charger can draw at most per phase by its own hardware and cables."""
    phases: frozenset[int] = frozenset({3})
    """Phase counts it can charge with in this installation."""
    can_pause: bool = False
    can_lock: bool = False
    can_switch_phases: bool = False
    schedule_slots: tuple[str, ...] = ()
    """Keys of the slots of its own schedule, empty where it has none."""
    slots_are_fixed: bool = False
    """Every slot is always there; else they come and go with what a person plans."""
    pushes_updates: bool = False
    is_group_member: bool = False
    """A group above it (of the same make) limits it too."""
    lease: Lease | None = None
    write_budget: WriteBudget = WriteBudget()
    typical_latency_s: float = 1.0
    """From a command to its effect at the charger, the vehicle's own 5 s not included."""
    poll_interval_s: float = 30.0
    falls_to: tuple[Fallback, ...] = ()
    """By cause; a cause that is not listed keeps the last current for ever."""
    measures: frozenset[Measurement] = frozenset()
    limit_keys: tuple[str, ...] = ()
    """Names of the limits the device reports, as used in `Limit.key`."""
    error_keys: tuple[str, ...] = ()
    """Values that `Snapshot.error` can take, beside `none`."""
    features: tuple[Feature, ...] = ()

    @property
    def sets_current(self) -> bool:
        """Return whether amperes can be set at all."""
        return self.charge is not None

    @property
    def can_discharge(self) -> bool:
        """Return whether energy can flow out of the vehicle."""
        return self.discharge is not None

    @property
    def ranges(self) -> Ranges:
        """Return what can be set now, or could be once a person allowed it."""
        return self.once_allowed or Ranges(charge=self.charge, discharge=self.discharge)
