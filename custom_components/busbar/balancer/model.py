"""The words of one instant: phases, circuits, limits, requests, allocations and their reasons.

Amperes are `float` per phase. In a request they are magnitudes beside a direction; in an allocation
they are signed: plus charges, minus discharges. A current "of a charger" flows on each of the phases
it uses; a `PhaseAmps` belongs to the phases of the supply unless its docstring says otherwise.

Time does not occur here. What a clock decides (what silent chargers may draw, how far a car may be
raised, whose turn it is) arrives as a limit, a reservation, a cap, a priority or an order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from math import inf

type PhaseAmps = tuple[float, float, float]
"""Amperes on L1, L2 and L3."""

NO_AMPS: PhaseAmps = (0.0, 0.0, 0.0)
UNLIMITED: PhaseAmps = (inf, inf, inf)


class Phase(IntEnum):
    """A phase of the supply, or a terminal of a charger; the value is the place in `PhaseAmps`."""

    L1 = 0
    L2 = 1
    L3 = 2


type PhaseMap = tuple[Phase, Phase, Phase]
"""The supply phase behind the charger's own terminals L1, L2, L3."""

THREE_PHASES: tuple[Phase, ...] = (Phase.L1, Phase.L2, Phase.L3)
ONE_PHASE: tuple[Phase, ...] = (Phase.L1,)
STRAIGHT: PhaseMap = (Phase.L1, Phase.L2, Phase.L3)


class Direction(StrEnum):
    """Which way the current of a charger flows."""

    CHARGE = "charge"
    DISCHARGE = "discharge"


class LimitKind(StrEnum):
    """What kind of limit a reason names."""

    CIRCUIT = "circuit"
    """What a circuit may take in on a phase."""
    EXPORT = "export"
    """What a circuit may give back on a phase."""
    TARGET = "target"
    """What all members together may take on a phase: the site current target."""
    CHARGER = "charger"
    """The maximum or a cap of the charger itself."""


class ReasonKey(StrEnum):
    """Why a charger gets what it gets; the value is the translation key.

    The first two blocks are found by `allocate`. Those of the third block come in from outside, as the
    key of a `Cap` or as `Request.blocked`, and come out again where they decide.
    """

    # It runs.
    FULL_CURRENT = "full_current"
    """It gets the maximum of what it can take."""
    FAIR_SHARE = "fair_share"
    """It shares the named limit with `sharers` chargers of its own priority, itself included."""
    LIMITED_BY_CIRCUIT = "limited_by_circuit"
    """The named phase of the named circuit is used up, and nobody of its priority shares it."""
    LIMITED_BY_EXPORT = "limited_by_export"
    """The same for what a circuit may give back."""
    LIMITED_BY_TARGET = "limited_by_target"
    """The same for the site current target."""
    LOWER_PRIORITY = "lower_priority"
    """Higher priorities would take more of the named limit, too; with 0 A: they leave less than its
    minimum."""

    # It waits at 0 A.
    MINIMUM_DOES_NOT_FIT = "minimum_does_not_fit"
    """The named limit is below its minimum even without any other charger."""
    WAITING_FOR_TURN = "waiting_for_turn"
    """Others of its priority have the room; it would fit in place of one of them."""

    # Brought in by the caller.
    LIMITED_BY_CHARGER = "limited_by_charger"
    """Another limit of the charger itself (cable, temperature, its own settings)."""
    LIMITED_BY_WISH = "limited_by_wish"
    """A person limited it, or stopped it (a cap below the minimum)."""
    LIMITED_BY_DEMAND = "limited_by_demand"
    """Its vehicle takes no more, as measured."""
    STANDS_BY = "stands_by"
    """No vehicle yet: the minimum is offered, and counts once a vehicle is there."""
    NO_VEHICLE = "no_vehicle"
    NOT_READY = "not_ready"
    """It cannot charge now: authorization, error, out of service."""

    # Brought in by time (`stability`, `safety`, `controller`).
    LIMITED_BY_MODE = "limited_by_mode"
    """Its mode asks for no more: off, or a current that was chosen."""
    FOLLOWS_SUN = "follows_sun"
    """It charges with what the house would export."""
    FOLLOWS_HOUSE = "follows_house"
    """It discharges what the house would import."""
    NOTHING_TO_FOLLOW = "nothing_to_follow"
    """Too little sun, or too little need, for its minimum, or not for long enough yet."""
    TURN_PAUSE = "turn_pause"
    """Between charging and discharging it rests, until the named time."""
    TURNS_USED_UP = "turns_used_up"
    """The direction turned as often within the last hour as it may."""
    LEVEL_LOW = "level_low"
    """The state of charge is at its floor."""
    LEVEL_HIGH = "level_high"
    """The state of charge is at its ceiling."""
    LEVEL_UNKNOWN = "level_unknown"
    """The state of charge is not known: no discharge, and charging at the minimum only."""
    LIMITED_BY_FEED_IN = "limited_by_feed_in"
    """More would be exported than may be."""
    HANDS_OFF = "hands_off"
    """A person wants it left alone: what it may draw and give is kept free."""
    STARTS_AT_MINIMUM = "starts_at_minimum"
    """It was just started, and gets more once its vehicle charges."""
    WAKING = "waking"
    """Its vehicle stopped by itself, and is offered what nobody else can use."""
    VEHICLE_STOPPED = "vehicle_stopped"
    """Its vehicle stopped by itself, and nothing is left to wake it with."""
    MINIMUM_OFF = "minimum_off"
    """It was stopped a moment ago, and is not started again before the named time."""
    SWITCH_HOLD = "switch_hold"
    """Another charger was started a moment ago; the next may follow at the named time."""
    ROOM_NOT_LASTING = "room_not_lasting"
    """There is room for its minimum now, but there was not all the time of late."""
    SWITCHING_PHASES = "switching_phases"
    METER_STALE = "meter_stale"
    """The meter's reading is old: it keeps what it has, and gets no more."""
    FAIL_SAFE = "fail_safe"
    """The meter is lost: it gets its share of the fail-safe budget."""
    SILENT = "silent"
    """It does not answer: what it may come to draw is kept free."""
    NOT_LOADED = "not_loaded"
    """Its entry is not loaded: what it may come to draw is kept free."""
    READING_BACK = "reading_back"
    """We just started: what it has is read back first."""
    CIRCUIT_MISSING = "circuit_missing"
    """The circuit that feeds it is gone: it holds at its fail-safe current."""
    OTHER_MASTER = "other_master"
    """Somebody else moves its set-point: what it may draw is kept free, and it is not fought."""
    NOT_STEERED = "not_steered"
    """Its current can only be written to memory that wears, so that it is watched, not steered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Circuit:
    """One node of the tree of circuits. A circuit without a parent is a supply.

    `limit_a` is what may flow in per phase, `reserved_a` what loads other than chargers take of it
    (fixed reserve, house load seen by its meter). Both count on this very circuit: what a load below
    means for the circuits above is for the caller to say there, for a meter above may see it already.
    A limit may be infinite, and may be below 0 where other loads exceed it: nothing is left then.
    """

    key: str
    limit_a: PhaseAmps
    parent: str | None = None
    reserved_a: PhaseAmps = NO_AMPS
    export_limit_a: PhaseAmps | None = None
    """What all discharging together may push through it per phase; `None` = no limit of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reservation:
    """What a charger may draw without asking: silent, unsteerable, or still holding an old value.

    It counts on its circuit and on every one above, and against the site current target. A charger
    may have a reservation and a request (what it holds, and what it may get on top).
    """

    key: str
    circuit: str
    charge_a: PhaseAmps = NO_AMPS
    """Per phase of the supply, 0 or more."""
    discharge_a: PhaseAmps = NO_AMPS
    """Per phase of the supply, 0 or more; frees nothing for charging."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """All limits of one instant."""

    circuits: tuple[Circuit, ...]
    target_a: PhaseAmps | None = None
    """What all members together may take per phase; one more limit, never a licence."""
    reservations: tuple[Reservation, ...] = ()
    phases: tuple[Phase, ...] = THREE_PHASES
    """The phases that the supply has: what an unknown phase map counts on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cap:
    """A limit of one charger with the reason that is given where it binds.

    A cap below the minimum keeps the charger at 0 A with this very reason. What only describes how
    much a vehicle takes (its demand) must therefore not be passed below the minimum.
    """

    current_a: float
    """Per phase, a magnitude."""
    key: ReasonKey


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseChoice:
    """One way to run a charger: on which of its terminals, and between which currents.

    The offer is 0 or from `minimum_a` to `maximum_a` per phase. An on/off load has both equal.
    """

    maximum_a: float
    minimum_a: float = 6.0
    terminals: tuple[Phase, ...] = THREE_PHASES
    """The charger's own terminals that carry current: `THREE_PHASES`, `ONE_PHASE`, …"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What one charger wants, or a group that distributes by itself.

    A group with one current for all phases is a request like any other: minimum of one member, the
    sum of its members as maximum, `shares` members. A group that takes a current for each phase is
    one request per phase, see `split_by_phase`.
    """

    key: str
    circuit: str
    choices: tuple[PhaseChoice, ...]
    """Preferred first; more than one where phases can be switched now. A later choice is taken only
    where more chargers are served with it. Only what is offered here can come out."""
    phase_map: PhaseMap | None = None
    """`None`: unknown. Three phases in use count on each phase once; fewer count on every phase."""
    step_a: float = 0.0
    """0 = any current; 1.0 = whole amperes. Steps count from 0 A; the minimum and the maximum are
    rounded inwards to steps."""
    direction: Direction = Direction.CHARGE
    priority: int = 0
    """Higher comes first, minimums as well as the current beyond. Whoever must have its turn now,
    whatever that costs the others, is given a higher one for that time."""
    caps: tuple[Cap, ...] = ()
    is_kept: bool = False
    """Charging now: among equally large sets of served chargers those who charge go on."""
    order: float = 0.0
    """Next tie-break within a priority, lower first: for instance the energy since plug-in. Where
    contenders stand at the same place, the sets with the fairest currents win, which takes longer."""
    shares: int = 1
    """How many fair shares it counts for: the members of a group."""
    stands_by: bool = False
    """No vehicle: nothing is counted or kept for it. It is offered its minimum if that fits beside
    the minimums of all that run, else 0 A."""
    blocked: ReasonKey | None = None
    """Set where it cannot take current at all: it gets 0 A, for this reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a charger gets what it gets, with the numbers behind it.

    Numbers are finite, and `None` where they have no meaning for the key. A limit is named by its
    kind; a circuit by its key too. `limit_a`, `used_a` belong to that limit on that phase.
    """

    key: ReasonKey
    limit: LimitKind | None = None
    circuit: str | None = None
    """The circuit of a `CIRCUIT` or `EXPORT` limit."""
    phase: Phase | None = None
    """The phase of the supply on which the limit binds."""
    limit_a: float | None = None
    """The limit itself (of the circuit, the target, or the charger's maximum or cap)."""
    used_a: float | None = None
    """What is spoken for there: reserves, reservations and all allocations; for a waiting charger:
    reserves, reservations and the minimums that go before it."""
    needed_a: float | None = None
    """For a waiting charger: what its minimum takes on that limit."""
    missing_a: float | None = None
    """For a waiting charger: by how much its minimum misses."""
    sharers: int | None = None
    """For a fair share: how many of one priority the limit is shared by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allocation:
    """What one charger gets."""

    key: str
    current_a: float
    """On each phase in use: 0, plus for charging, minus for discharging."""
    choice: PhaseChoice | None
    """The choice it runs by; `None` at 0 A."""
    reason: Reason

    @property
    def terminals(self) -> tuple[Phase, ...]:
        """Return the charger's terminals that carry current; none at 0 A."""
        return self.choice.terminals if self.choice else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitUse:
    """How far one circuit, or the site current target, is used at this instant, per phase."""

    limit_a: PhaseAmps
    """May be infinite."""
    reserved_a: PhaseAmps
    """Other loads and reservations."""
    allocated_a: PhaseAmps
    """What is charged through it, an unknown phase map counted on every phase."""
    discharged_a: PhaseAmps
    """What is discharged through it, as a magnitude."""

    @property
    def headroom_a(self) -> PhaseAmps:
        """Return what is left per phase, 0 at least; never helped by what is discharged."""
        left = zip(self.limit_a, self.reserved_a, self.allocated_a, strict=True)
        first, second, third = (
            max(0.0, limit_a - reserved_a - allocated_a)
            for limit_a, reserved_a, allocated_a in left
        )
        return first, second, third


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """The allocation of a whole site at one instant."""

    allocations: Mapping[str, Allocation]
    """By the key of the request, in the order of the requests; one for every request."""
    circuits: Mapping[str, LimitUse]
    """By the key of the circuit."""
    target: LimitUse | None
    """`None` without a site current target."""


class SiteError(ValueError):
    """The description of a site contradicts itself: a missing parent, a circle, a key used twice."""


def split_by_phase(request: Request) -> tuple[Request, ...]:
    """Return one request per terminal, for a group that takes a current for each phase.

    The keys get the suffixes `:l1`, `:l2`, `:l3`; the first choice decides which terminals there are.
    """
    choice = request.choices[0]
    return tuple(
        replace(
            request,
            key=f"{request.key}:{terminal.name.lower()}",
            choices=(replace(choice, terminals=(terminal,)),),
        )
        for terminal in choice.terminals
    )
