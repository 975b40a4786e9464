"""What happens when things go wrong: seconds above the fuse beyond what physics and the fault make unavoidable.

The bound is computed from the plant alone: the age of a reading (period and way), the charger's latency and
the car's own delay after every disturbance, and for a fault of a charger or of the program the time in which
nobody could know. It never looks at the controller's state. In every case the house switches on 15 A some
time after the fault: by then the balancer has to be where that does no harm.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from custom_components.busbar.balancer.inputs import (
    CircuitConfig,
    Fallback,
    FallbackCause,
    MemberConfig,
    SiteConfig,
)
from custom_components.busbar.balancer.memory import Memory
from custom_components.busbar.balancer.model import STRAIGHT, PhaseAmps
from simulators.world.car import Car, CarSpec

from .plant.charger import LOCAL, Charger
from .plant.meter import Meter, MeterSpec
from .plant.plant import SUPPLY, Busbar, Plant
from .report import Result, Table, Target, progress

RATING_A: PhaseAmps = (40.0, 40.0, 40.0)
HOUSE_A = 8.0
STEP_A = 15.0
FAULT_AT = 300.0
STEP_AT = 400.0
UNTIL_S = 700.0
CAR_S = 3.0
PERIODS_S = (1.0, 10.0)

RESTARTS_HIGH = replace(
    LOCAL,
    maximum_a=32.0,
    falls_to=(Fallback(cause=FallbackCause.RESTART, current_a=32.0),),
)

TARGETS = {
    "unsafe_seconds": Target(at_most=0),
    "writes_before_read_back": Target(at_most=0),
}


@dataclass(slots=True, kw_only=True)
class World:
    """The plant of one case, with what its script may touch."""

    plant: Plant
    busbar: Busbar
    meter: Meter
    first: Charger
    second: Charger
    step_at: float = STEP_AT
    unread_writes: int = 0
    back_at: float | None = None


type Action = Callable[[World], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One fault: what happens when, and for how long nobody can know."""

    name: str
    script: Sequence[tuple[float, Action]]
    blind_s: Callable[[float], float] = lambda period_s: 0.0
    """Seconds after the fault, or after the step where it is there by then, in which nobody could know."""
    step_at: float = STEP_AT
    spec: object = LOCAL
    second_comes_at: float = 5.0
    fault_at: float = FAULT_AT


def _set(name: str, thing: str, value: object) -> Action:
    """Return an action that sets an attribute of a part of the world."""

    def act(world: World) -> None:
        setattr(getattr(world, name), thing, value)

    return act


def _restart(world: World) -> None:
    world.busbar.restart(world.plant.now)
    world.back_at = world.plant.now
    for charger in (world.first, world.second):
        # Coordinators know nothing of a charger until it reported again.
        charger.observation = None


def _restart_with_jumped_clock(world: World) -> None:
    """Come back with a memory whose times make no sense at all."""
    stored = world.busbar.memory.as_dict(world.plant.now)
    for number, member in enumerate(stored["members"].values()):
        for name in member:
            if name.endswith("_at") and isinstance(member[name], float):
                member[name] = -1e7 if number % 2 else 1e9
    world.busbar.memory = Memory.from_dict(stored, world.plant.now)
    world.busbar.is_away = False
    world.back_at = world.plant.now


def _other_master(world: World) -> None:
    """Set the first charger to its maximum, behind our back."""
    if world.plant.now % 10 < world.plant.tick_s:
        world.first.limit_a = 16.0


def _loses(part: float) -> Action:
    def act(world: World) -> None:
        world.first.spec = replace(world.first.spec, loss=part)

    return act


CASES = (
    Case(
        name="meter frozen, then a car comes",
        script=((FAULT_AT, _set("meter", "is_frozen", True)),),
        second_comes_at=FAULT_AT + 20,
    ),
    Case(
        name="meter unavailable",
        script=((FAULT_AT, _set("meter", "is_missing", True)),),
    ),
    Case(name="meter silent", script=((FAULT_AT, _set("meter", "is_mute", True)),)),
    Case(
        name="meter jumps by -8 A",
        script=((FAULT_AT, _set("meter", "jumps_by_a", -8.0)),),
    ),
    Case(
        name="meter jumps by 8 A",
        script=((FAULT_AT, _set("meter", "jumps_by_a", 8.0)),),
    ),
    Case(
        name="meter inverted from the start",
        script=((0.0, _set("meter", "is_inverted", True)),),
        fault_at=0.0,
    ),
    Case(
        name="meter inverted later, then a car comes",
        script=((FAULT_AT, _set("meter", "is_inverted", True)),),
        second_comes_at=FAULT_AT + 20,
        blind_s=lambda period_s: 20 + 60 + 4 * period_s,
        step_at=STEP_AT + 100,
    ),
    Case(
        name="charger silent while charging",
        script=((FAULT_AT, _set("first", "is_silent", True)),),
    ),
    Case(
        name="charger restarts at 32 A",
        script=((FAULT_AT, lambda world: world.first.reboot(world.plant.now)),),
        spec=RESTARTS_HIGH,
    ),
    Case(
        name="charger refuses", script=((FAULT_AT, _set("first", "is_refusing", True)),)
    ),
    Case(
        name="charger obeys 20 s late",
        script=((FAULT_AT, _set("first", "is_late_by_s", 20.0)),),
        # Only after twice its usual time can anybody know that it does not follow.
        blind_s=lambda period_s: 2 * (LOCAL.latency_s + 5.0),
    ),
    Case(
        name="a second master",
        script=tuple((FAULT_AT + second, _other_master) for second in range(400)),
        blind_s=lambda period_s: 2 * (LOCAL.latency_s + 5.0) + 10.0,
    ),
    Case(
        name="killed, back after 20 s",
        script=(
            (STEP_AT - 1, _set("busbar", "is_away", True)),
            (STEP_AT + 19, _restart),
        ),
        blind_s=lambda period_s: 20.0,
    ),
    Case(
        name="wall clock jumps at a restart",
        script=(
            (FAULT_AT, _set("busbar", "is_away", True)),
            (FAULT_AT + 5, _restart_with_jumped_clock),
        ),
    ),
    Case(
        name="the command is lost without a word",
        script=((STEP_AT, _loses(1.0)), (STEP_AT + 3, _loses(0.0))),
        blind_s=lambda period_s: 2 * (LOCAL.latency_s + 5.0),
    ),
    Case(
        name="the command fails for 5 s",
        script=(
            (STEP_AT, _set("first", "is_refusing", True)),
            (STEP_AT + 5, _set("first", "is_refusing", False)),
        ),
    ),
    Case(
        name="every step raises",
        script=((FAULT_AT, _set("busbar", "raises", True)),),
    ),
)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one case showed."""

    unsafe_s: int = 0
    time_to_safe_s: float = 0.0
    worst_a: float = 0.0
    unread_writes: int = 0
    windows: list[tuple[float, float]] = field(default_factory=list)


def play(case: Case, period_s: float) -> Outcome:
    """Run one case with one meter."""
    world = _world(case, period_s)
    plant = world.plant
    normal_s = (
        period_s + world.meter.spec.delay_s + LOCAL.latency_s + CAR_S + 2 * plant.tick_s
    )
    blind_s = case.blind_s(period_s)
    outcome = Outcome(
        windows=[
            (case.fault_at, case.fault_at + normal_s + blind_s),
            (case.step_at, case.step_at + normal_s + blind_s),
            (case.second_comes_at, case.second_comes_at + normal_s),
        ]
    )
    script = sorted(case.script, key=lambda item: item[0])
    while plant.now < UNTIL_S:
        while script and script[0][0] <= plant.now:
            script.pop(0)[1](world)
        if world.second.car is None and plant.now >= case.second_comes_at:
            world.second.plug(Car(CarSpec(maximum_a=32.0, reaction_s=CAR_S)), plant.now)
        plant.run(plant.now + plant.tick_s)
        _judge(world, outcome, case)
    outcome.unread_writes = world.unread_writes
    return outcome


def _judge(world: World, outcome: Outcome, case: Case) -> None:
    """Count a second above the fuse, unless nobody could have prevented it."""
    plant = world.plant
    excess_a = max(plant.total_a) - RATING_A[0]
    if excess_a <= 0.05:
        return
    outcome.worst_a = max(outcome.worst_a, excess_a)
    if plant.now >= case.step_at:
        outcome.time_to_safe_s = plant.now - case.step_at
    if not any(start <= plant.now <= end for start, end in outcome.windows):
        outcome.unsafe_s += 1


def _world(case: Case, period_s: float) -> World:
    random = Random(11)
    spec = case.spec
    assert isinstance(spec, type(LOCAL))
    first, second = (
        Charger(key=key, spec=spec, random=random, limit_a=6.0)
        for key in ("first", "second")
    )
    site = SiteConfig(
        circuits=(
            CircuitConfig(
                key=SUPPLY,
                rating_a=RATING_A,
                has_meter=True,
                fail_safe_a=(12.0, 12.0, 12.0),
            ),
        ),
        members=tuple(
            MemberConfig(key=key, circuit=SUPPLY, phase_map=STRAIGHT, maximum_a=16.0)
            for key in ("first", "second")
        ),
    )
    busbar = Busbar(site=site)
    meter = Meter(spec=MeterSpec(period_s=period_s, noise_a=0.2), random=random)

    def house_a(now: float) -> PhaseAmps:
        step_a = STEP_A if now >= case.step_at else 0.0
        return HOUSE_A, HOUSE_A + step_a, HOUSE_A

    plant = Plant(
        rating_a=RATING_A,
        chargers=[first, second],
        controller=busbar,
        house_a=house_a,
        meter=meter,
        tick_s=1.0,
    )
    world = World(plant=plant, busbar=busbar, meter=meter, first=first, second=second)
    busbar.watch = lambda decision: _count_unread(world)
    first.plug(Car(CarSpec(maximum_a=32.0, reaction_s=CAR_S)), 0.0)
    return world


def _count_unread(world: World) -> None:
    """Count commands to a charger that was not read back since a restart."""
    decision = world.busbar.decision
    assert decision is not None
    for charger in (world.first, world.second):
        if charger.observation is None and decision.members[charger.key].write_now:
            world.unread_writes += 1


def run() -> Result:
    """Play all cases with a meter of 1 s and of 10 s."""
    rows: list[list[str | int | float]] = []
    unsafe_s = unread = 0
    slowest_s = 0.0
    for case in CASES:
        progress(case.name)
        row: list[str | int | float] = [case.name]
        for period_s in PERIODS_S:
            outcome = play(case, period_s)
            unsafe_s += outcome.unsafe_s
            unread += outcome.unread_writes
            slowest_s = max(slowest_s, outcome.time_to_safe_s)
            row += [outcome.unsafe_s, outcome.time_to_safe_s, outcome.worst_a]
        rows.append(row)
    return Result(
        name="faults",
        compares_with="what physics and the fault make unavoidable, by the plant alone",
        figures={
            "unsafe_seconds": unsafe_s,
            "writes_before_read_back": unread,
            "longest_time_to_safe_s": slowest_s,
        },
        targets=TARGETS,
        tables=(
            Table(
                title="Per fault, with a meter of 1 s and of 10 s: unsafe seconds, time to safe, worst excess",
                columns=(
                    "fault",
                    "1 s",
                    "to safe",
                    "excess A",
                    "10 s",
                    "to safe",
                    "excess A",
                ),
                rows=rows,
            ),
        ),
    )
