"""What one step of the balancer is told: the site, its chargers, its meters, its people.

Units: amperes per phase, seconds. Signs: plus charges a vehicle or is imported at a meter, minus
discharges or is exported. Times called `_at` are seconds of one monotonic number. `None` always means
"not known" and is never replaced by a made-up zero. Grid phases are (L1, L2, L3) of the supply, terminal
phases are those of a charger's own terminals; a phase map leads from the second to the first.

What a step answers is in `decision.py`, what it remembers in `memory.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import math

from .model import NO_AMPS, PhaseAmps, PhaseMap
from .modes import Intent

type KnownAmps = tuple[float | None, float | None, float | None]
"""One value per phase, each `None` where it is not known."""

UNKNOWN_AMPS: KnownAmps = (None, None, None)


class MemberStatus(StrEnum):
    """What a charger is doing, as far as sharing current is concerned."""

    NO_VEHICLE = "no_vehicle"
    WANTS = "wants"
    """A vehicle is there and takes what it is given (also: the charger offers nothing now)."""
    CHARGING = "charging"
    """Energy flows, in whichever direction."""
    SUSPENDED_BY_VEHICLE = "suspended_by_vehicle"
    """The vehicle does not take what is offered: full, asleep, its own timer, session finished."""
    BLOCKED_BY_PERSON = "blocked_by_person"
    """Stopped or locked by a person, or waiting to be released by one."""
    FAULT = "fault"
    """It reports an error or is out of service."""
    UNKNOWN = "unknown"


class FallbackCause(StrEnum):
    """Why a charger changes its current by itself."""

    SILENCE = "silence"
    LEASE_END = "lease_end"
    RESTART = "restart"
    PLUG_IN = "plug_in"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fallback:
    """What a charger does by itself: `current_a` (`None`: as high as it can) at most `after_s` later."""

    cause: FallbackCause
    current_a: float | None
    after_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class AmpereRange:
    """What can be set per phase: 0, or `minimum_a` to `maximum_a` in steps of `step_a`. Never negative."""

    minimum_a: float
    maximum_a: float
    step_a: float = 1.0

    def floor(self, current_a: float) -> float:
        """Return the largest settable current that is not above `current_a`; never 0 < I < minimum."""
        steps = math.floor(min(current_a, self.maximum_a) / self.step_a + 1e-6)
        stepped_a = round(steps * self.step_a, 3)
        return stepped_a if stepped_a >= self.minimum_a - 1e-9 else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteBudget:
    """How often the current may be written; reductions for the fuse pass every one of these.

    `account` names what several members share their budget with (one cloud login), `None` = its own.
    `is_volatile` is False where a write wears memory: then nothing is ever written by a loop.
    """

    minimum_gap_s: float = 0.0
    per_minute: int | None = None
    per_hour: int | None = None
    account: str | None = None
    is_volatile: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaseRange:
    """The charger can end a limit by itself, between these times after it was set."""

    minimum_s: float
    maximum_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberCapabilities:
    """What a charger can do, as far as sharing current is concerned."""

    charge: AmpereRange | None = None
    """Settable charging current; `None` = its full current or nothing (`full_current_a`)."""
    discharge: AmpereRange | None = None
    full_current_a: float = 32.0
    """What it can draw at most per phase by its own hardware and cables."""
    phases: frozenset[int] = frozenset({3})
    """Phase counts it can charge with in this installation."""
    can_switch_phases: bool = False
    could_discharge: bool = False
    """It discharges where somebody else steers it, although we cannot make it now."""
    can_pause: bool = True
    """False: nothing we can do makes it draw 0 (a minimum that is always drawn)."""
    lease: LeaseRange | None = None
    write_budget: WriteBudget = WriteBudget()
    typical_latency_s: float = 1.0
    """From a command to its effect at the charger, the vehicle's own 5 s not included."""
    silent_after_s: float = 90.0
    """Not heard for this long = silent. About three polls, or pushes, of its coordinator."""
    falls_to: tuple[Fallback, ...] = ()
    """By cause; a cause that is not listed keeps the last current for ever."""

    @property
    def sets_current(self) -> bool:
        """Return whether amperes can be set at all."""
        return self.charge is not None

    def fallback(self, cause: FallbackCause) -> Fallback | None:
        """Return what it does by itself for `cause`, `None` = it keeps its current."""
        return next((item for item in self.falls_to if item.cause is cause), None)


class VehicleMinimum(StrEnum):
    """What the vehicles that use a charger need at least, as the reference charge manager has it."""

    ORDINARY = "ordinary"
    """6 A per phase, the lowest a pilot can signal."""
    HIGH_ON_THREE_PHASES = "high_on_three_phases"
    """6 A on one phase, 9.2 A on three: some vehicles do not charge below that."""

    def minimum_a(self, phases: int) -> float:
        """Return the least useful current per phase with so many phases."""
        return (
            9.2 if phases == 3 and self is VehicleMinimum.HIGH_ON_THREE_PHASES else 6.0
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberConfig:
    """One charger of a site, as the person set it up."""

    key: str
    circuit: str
    """Key of the circuit that feeds it. One that does not exist: it holds at 0, and a problem says so."""
    phase_map: PhaseMap | None = None
    """`None` = not known: then a one-phase draw counts on every phase."""
    priority: int = 0
    """Higher goes first."""
    minimum_a: float = 6.0
    maximum_a: float = 32.0
    vehicle_minimum: VehicleMinimum = VehicleMinimum.ORDINARY
    shares: int = 1
    """How many fair shares it counts for: the chargers of a group that distributes by itself."""
    contactor: str | None = None
    """Key of an external contactor that switches its phases; members with the same key switch together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CircuitConfig:
    """One node of the tree of circuits; the one without a parent is the supply."""

    key: str
    parent: str | None = None
    rating_a: PhaseAmps = (25.0, 25.0, 25.0)
    """What the fuse carries per phase; 0 on a phase that it does not have."""
    export_rating_a: PhaseAmps | None = None
    """What may flow the other way, `None` = as much as the rating."""
    reserve_a: PhaseAmps = NO_AMPS
    """Kept free for loads that nobody measures."""
    has_meter: bool = False
    margin_a: float = 1.0
    """Safety margin below the rating; only where there is a meter."""
    fail_safe_a: PhaseAmps | None = None
    """What all chargers below may take together while its meter is lost (for the supply: the site's
    fail-safe budget). `None`: nothing where there is a meter; without one, what the rating allows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Timers and choices, with the defaults of the reference charge manager where it has them."""

    demand_settle_s: float = 60.0
    """A car's measured current is trusted after charging for this long; also the ramp-up time."""
    demand_margin_a: float = 3.0
    """Added to the largest phase current of a car to get its demand."""
    switch_hold_s: float = 210.0
    """Least time between waves of starting chargers (3.5 min: longer than a controller's wake-up)."""
    wake_up_s: float = 210.0
    """How long one attempt to wake a car lasts."""
    welcome_s: float = 210.0
    """How long a car that was just plugged in is kept charging; 0 = no welcome."""
    start_reserve_factor: float = 1.5
    """With a meter, room for this many of its minimums is wanted before a charger is added to others.

    The reference wants it of all that run; that leaves out cars which could be served."""
    rotation_s: float = 900.0
    """How often waiting cars take their turn; 0 = never."""
    minimum_on_s: float = 210.0
    minimum_off_s: float = 210.0
    """A charger is not stopped for less than a limit, nor started again, before this time."""
    interruptions_per_session: int = 40
    """A session that was interrupted more often gives way to a waiting car every fourth rotation only.

    More than rotation alone costs in a night. Some plug-in hybrids fall asleep after five: a lower number
    spares them, and lets others wait longer."""
    phase_dwell_s: float = 300.0
    """Least time between two phase switches of one charger."""
    start_wait_s: float = 30.0
    """How long a start waits for members that were not heard yet."""
    car_delay_s: float = 5.0
    """A car follows a changed pilot within this time (IEC 61851)."""
    dead_band_a: float = 0.5
    """Smaller increases are not written; reductions for the fuse always are."""
    raise_part: float = 0.5
    """This part of new headroom is given back with one meter reading."""
    trip_curve: bool = False
    """Wait small overloads out, as long as a breaker's trip curve allows by far."""
    set_point_hold_s: float = 60.0
    """A set-point that is not renewed for this long ends by itself, at its coordinator."""
    meter_stale_s: tuple[float, float] = (5.0, 150.0)
    """Bounds of the age from which a meter is stale; between them 2.5 times its own rhythm."""
    meter_lost_s: tuple[float, float] = (15.0, 300.0)
    """Bounds of the age from which a meter is lost; between them 4 times its own rhythm."""
    frozen_move_a: float = 4.0
    """A meter that does not move while our own measured current moved by this much is frozen."""
    follow_bias_w: float = 0.0
    """Following aims at this import (minus: export) instead of at zero."""
    follow_hysteresis_w: float = 50.0
    """How far beyond the half step the house has to be before a followed current changes."""
    follow_calm_s: float = 20.0
    """An ampere or two are followed this long after the last change; more is followed at once."""
    follow_start_s: float = 10.0
    """How long the sun has to suffice before a charge is started by it."""
    follow_house_start_s: float = 3.0
    """How long the house has to need a discharge before one is started: a kettle boils for two minutes."""
    follow_stop_s: float = 10.0
    """How long it has to be too little before following stops; a charger with a pilot also keeps to its
    minimum times on and off, which spare its contactor."""
    turn_pause_s: float = 60.0
    """Least time at zero between charging and discharging."""
    turns_per_hour: int = 6
    """So often at most the direction turns within an hour."""
    feed_in_limit_w: float | None = None
    """What may be exported at the supply at most; discharging keeps to it. `None` = no such limit."""
    battery_goes_first: bool = True
    """The home battery takes the sun before vehicles do; False: what it takes is theirs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteConfig:
    """What is shared, among whom. It changes only when a person reconfigures the site."""

    circuits: tuple[CircuitConfig, ...]
    """Exactly one of them has no parent: the supply."""
    members: tuple[MemberConfig, ...] = ()
    default_target_a: PhaseAmps | None = None
    """Target before a person set one and after its lease; `None` = only ratings and headroom limit."""
    voltage_v: float = 230.0
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteInFlight:
    """A command that was sent and not yet answered."""

    current_a: float | None
    phases: int | None
    sent_at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberObservation:
    """What is known of one charger now. A member that is not loaded has none."""

    capabilities: MemberCapabilities
    heard_at: float | None
    """When its newest report arrived, `None` = not since we started: then nothing is written to it."""
    is_reachable: bool = True
    """False: the coordinator knows that it does not answer; it counts as silent at once."""
    is_cut_off: bool = False
    """True: it is told that it has lost its own way to us; it counts as silent at once."""
    status: MemberStatus = MemberStatus.UNKNOWN
    phases: int | None = None
    """With how many phases it charges, or would charge now."""
    is_switching_phases: bool = False
    currents_a: KnownAmps = UNKNOWN_AMPS
    """What flows at its own terminals."""
    currents_at: float | None = None
    """When `currents_a` was measured."""
    commanded_a: float | None = None
    """What was sent last, by whomever of us."""
    commanded_at: float | None = None
    confirmed_a: float | None = None
    """What the charger says our limit is. An on/off charger: its full current, or 0 while it is held."""
    confirmed_at: float | None = None
    """When the report was *measured* that `confirmed_a` comes from."""
    offered_by_others_a: float | None = None
    """The lowest of its other limits, which are not ours."""
    started_at: float | None = None
    """When the charger itself started, where it tells."""
    plugged_in_at: float | None = None
    """When the vehicle came, where known; a car that was there when we started has None."""
    write: WriteInFlight | None = None
    write_failed_at: float | None = None
    """When the last command failed, `None` once one succeeded."""
    retry_at: float | None = None
    """Not to be written before (the charger or its cloud said so); reductions pass."""
    foreign_control: bool = False
    """The charger itself says that somebody else steers it."""
    power_w: float | None = None
    """What it is measured to take, minus = gives, at `currents_at`; `None`: its currents have to do."""
    state_of_charge: float | None = None
    """Of the vehicle, in percent."""
    floor_percent: float | None = None
    """Not discharged at or below this state of charge; `None` = no such rule."""
    ceiling_percent: float | None = None
    """Not charged at or above this state of charge."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a person asks of one charger. It caps the allocation."""

    cap_a: float | None = None
    """Never more than this per phase."""
    is_stopped: bool = False
    phases: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterReading:
    """The newest signed currents of the meter of one circuit, each with its own time.

    Use `headroom.meter_currents` to make them from what a meter gives. A part that is missing or
    unavailable is `None`. A phase that the circuit does not have is ignored.
    """

    currents_a: KnownAmps
    measured_at: KnownAmps
    """When each part was reported last, also if its value stayed the same."""
    power_w: float | None = None
    """Active power of all phases together at the time of the oldest part, where the meter tells it; minus is
    export. `None`: the currents have to do."""
    rhythm_s: float | None = None
    """How often it reports, where that is known; otherwise it is learned."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What all members together may take per phase, as a person set it."""

    currents_a: PhaseAmps
    ends_at: float | None = None
    """From then on the default target is in force; the owner keeps it in wall time over restarts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactorState:
    """What is known of an external contactor that switches phases."""

    phases: int | None
    changed_at: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """Everything that one step looks at, beside the site and the memory."""

    members: Mapping[str, MemberObservation] = field(default_factory=dict)
    """By member key; one that is missing is not loaded."""
    meters: Mapping[str, MeterReading] = field(default_factory=dict)
    """By circuit key; a configured meter that is missing here has not reported yet."""
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    """By member key."""
    intents: Mapping[str, Intent] = field(default_factory=dict)
    """The mode of each member by key; one that is missing charges with all it can get."""
    home_battery_w: float | None = None
    """What a home battery takes, minus = gives; `None` = there is none, or it is not known."""
    target: Target | None = None
    """`None` = nobody set one: the default target is in force."""
    balancing: bool = True
    """False: decide and show, write nothing."""
    contactors: Mapping[str, ContactorState] = field(default_factory=dict)
    """By the key in `MemberConfig.contactor`."""
