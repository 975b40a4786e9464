"""Invariants over time, on random sites, random time series and random faults.

The plant of the benchmarks is the world; what is set at a charger and what is on its way is asked of the
plant itself, never of the balancer.
"""

from dataclasses import replace
import json
from random import Random

from hypothesis import HealthCheck, given, settings, strategies as st

from benchmarks.plant.charger import Charger, ChargerSpec
from benchmarks.plant.meter import Meter, MeterSpec
from benchmarks.plant.plant import SUPPLY, Busbar, Plant
from custom_components.busbar.balancer.decision import Decision
from custom_components.busbar.balancer.inputs import (
    CircuitConfig,
    MemberConfig,
    Options,
    SiteConfig,
    WriteBudget,
)
from custom_components.busbar.balancer.memory import Memory
from custom_components.busbar.balancer.model import Phase
from simulators.world.car import Car, CarSpec

from .world import all_phases

SUB = "sub"
SETTLE_S = 45.0
"""What a car may draw at once when it is plugged in is taken back within this time."""
LASTS_S = 500.0
QUICK = Options(rotation_s=120.0, minimum_on_s=30.0, minimum_off_s=30.0, welcome_s=60.0)

SPECS = st.builds(
    ChargerSpec,
    latency_s=st.sampled_from([0.3, 2.0, 6.0]),
    jitter_s=st.sampled_from([0.0, 3.0]),
    loss=st.sampled_from([0.0, 0.0, 0.15]),
    step_a=st.sampled_from([0.1, 1.0]),
    maximum_a=st.sampled_from([16.0, 32.0]),
    phases=st.sampled_from([1, 3, 3]),
    report_s=st.sampled_from([1.0, 5.0]),
    can_switch_phases=st.booleans(),
    budget=st.sampled_from(
        [WriteBudget(), WriteBudget(minimum_gap_s=5.0, per_hour=120)]
    ),
)
MAPS = st.sampled_from([(0, 1, 2), (1, 2, 0), (2, 0, 1), None])


@st.composite
def plants(draw: st.DrawFn, *, is_metered: bool = False) -> Plant:
    """Return a plant with up to five chargers, some of them below a sub-board."""
    random = Random(draw(st.integers(0, 2**32)))
    rating_a = draw(st.sampled_from([10.0, 16.0, 25.0, 40.0]))
    board_a = min(rating_a, draw(st.sampled_from([10.0, 16.0, 25.0])))
    chargers, members = [], []
    for number in range(draw(st.integers(1, 5))):
        spec, phase_map = draw(SPECS), draw(MAPS)
        spec = spec if spec.phases == 3 else replace(spec, can_switch_phases=False)
        key = f"c{number}"
        chargers.append(Charger(key=key, spec=spec, random=random, phase_map=phase_map))
        first, second, third = phase_map or (0, 1, 2)
        known = (Phase(first), Phase(second), Phase(third))
        members.append(
            MemberConfig(
                key=key,
                circuit=draw(st.sampled_from([SUPPLY, SUB])),
                phase_map=known if phase_map else None,
                priority=draw(st.sampled_from([0, 0, 1])),
            )
        )
    circuits = (
        CircuitConfig(
            key=SUPPLY,
            rating_a=all_phases(rating_a),
            has_meter=is_metered,
            fail_safe_a=all_phases(rating_a / 2) if is_metered else None,
        ),
        CircuitConfig(key=SUB, parent=SUPPLY, rating_a=all_phases(board_a)),
    )
    site = SiteConfig(circuits=circuits, members=tuple(members), options=QUICK)
    return Plant(
        rating_a=all_phases(rating_a),
        chargers=chargers,
        controller=Busbar(site=site),
        house_a=lambda now: (0.0, 0.0, 0.0),
        meter=Meter(spec=MeterSpec(), random=random) if is_metered else None,
        now=1000.0,
    )


def _site(plant: Plant) -> SiteConfig:
    assert isinstance(plant.controller, Busbar)
    return plant.controller.site


def _worst_a(plant: Plant, circuit: str) -> float:
    """Return what may be drawn below a circuit by what is set and by what is on its way."""
    worst = [0.0, 0.0, 0.0]
    for charger, member in zip(plant.chargers, _site(plant).members, strict=True):
        if circuit in (SUPPLY, member.circuit):
            for phase, amps in enumerate(charger.worst_on_grid_a):
                worst[phase] += amps
    return max(worst)


def _car(random: Random) -> Car:
    return Car(
        CarSpec(
            phases=random.choice([1, 3]),
            maximum_a=random.choice([10.0, 16.0, 32.0]),
            reaction_s=random.choice([0.0, 3.0, 5.0]),
            energy_wanted_kwh=random.choice([0.3, 2.0, 50.0]),
        )
    )


def _disturb(plant: Plant, random: Random) -> bool:
    """Let something happen now and then; return whether a car came."""
    has_come = False
    for charger in plant.chargers:
        if charger.car is None and random.random() < 0.03:
            charger.plug(_car(random), plant.now)
            has_come = True
        elif charger.car is not None and random.random() < 0.002:
            charger.unplug(plant.now)
        if random.random() < (0.05 if charger.is_silent else 0.002):
            charger.is_silent = not charger.is_silent
    if random.random() < 0.005:
        assert isinstance(plant.controller, Busbar)
        plant.controller.restart(plant.now)
    return has_come


def _check(plant: Plant, decision: Decision) -> None:
    """Check what holds for every decision."""
    by_key = {charger.key: charger for charger in plant.chargers}
    for key, member in decision.members.items():
        charger = by_key[key]
        assert member.reason.key
        point = member.set_point
        if point is None:
            assert not member.write_now
            continue
        spec = charger.spec
        assert (
            point.current_a == 0 or spec.minimum_a <= point.current_a <= spec.maximum_a
        )
        assert 0 <= point.falls_to_a <= point.current_a
        assert point.ends_at > decision.now
        if member.write_now:
            assert charger.observation is not None, "written before it was read back"
    if decision.next_at is not None:
        assert decision.next_at > decision.now


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(plant=plants(), seed=st.integers(0, 2**32))
def test_old_and_new_never_pass_an_unchanged_limit(plant: Plant, seed: int) -> None:
    """Whatever is slow, lost, silent or restarted: the sum of what may be drawn stays below the limits."""
    random = Random(seed)
    assert isinstance(plant.controller, Busbar)
    plant.controller.watch = lambda decision: _check(plant, decision)
    came_at = plant.now
    limits = {circuit.key: circuit.rating_a[0] for circuit in _site(plant).circuits}
    while plant.now < 1000.0 + LASTS_S:
        if _disturb(plant, random):
            came_at = plant.now
        plant.run(plant.now + 1)
        if plant.now > came_at + SETTLE_S:
            for circuit, limit_a in limits.items():
                assert _worst_a(plant, circuit) <= limit_a + 0.05


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(plant=plants(is_metered=True), seed=st.integers(0, 2**32))
def test_with_a_meter_every_decision_is_sound(plant: Plant, seed: int) -> None:
    """House load jumps, the meter drops out, freezes and lies: set-points stay usable and explained."""
    random = Random(seed)
    assert isinstance(plant.controller, Busbar)
    plant.controller.watch = lambda decision: _check(plant, decision)
    load_a = [0.0]
    plant.house_a = lambda now: (load_a[0], 0.0, load_a[0] / 2)
    meter = plant.meter
    assert meter is not None
    while plant.now < 1000.0 + LASTS_S:
        _disturb(plant, random)
        if random.random() < 0.02:
            load_a[0] = random.uniform(-10.0, 1.2 * plant.rating_a[0])
        if random.random() < 0.01:
            fault = random.choice(["is_missing", "is_mute", "is_frozen", "is_inverted"])
            setattr(meter, fault, not getattr(meter, fault))
        plant.run(plant.now + 1)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(plant=plants(is_metered=True), seed=st.integers(0, 2**32))
def test_memory_can_be_stored_at_any_moment(plant: Plant, seed: int) -> None:
    """What is stored and restored is the same again, on any clock."""
    random = Random(seed)
    while plant.now < 1100.0:
        _disturb(plant, random)
        plant.run(plant.now + 1)
    assert isinstance(plant.controller, Busbar)
    for clock in (0.0, 17.5, 1e9):
        stored = plant.controller.memory.as_dict(plant.now)
        once = Memory.from_dict(json.loads(json.dumps(stored)), clock)
        again = Memory.from_dict(json.loads(json.dumps(once.as_dict(clock))), clock)
        assert again.as_dict(clock) == once.as_dict(clock)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), seed=st.integers(0, 2**32), shift=st.sampled_from([0.0, 1e6]))
def test_the_same_world_gives_the_same_decisions(
    data: st.DataObject, seed: int, shift: float
) -> None:
    """Nothing but the arguments decides; the clock may stand anywhere."""
    lines: list[list[str]] = []
    plant = data.draw(plants(is_metered=True))
    site = _site(plant)
    for start in (1000.0, 1000.0 + shift):
        random = Random(seed)
        told: list[str] = []
        controller = Busbar(site=site)
        controller.watch = lambda decision, told=told: told.append(decision.line())
        world = Plant(
            rating_a=plant.rating_a,
            chargers=[
                Charger(
                    key=one.key, spec=one.spec, random=random, phase_map=one.phase_map
                )
                for one in plant.chargers
            ],
            controller=controller,
            house_a=lambda now: (1.0, 2.0, 3.0),
            meter=Meter(spec=MeterSpec(offset_s=start), random=random),
            now=start,
        )
        while world.now < start + 120:
            _disturb(world, random)
            world.run(world.now + 1)
        lines.append(told)
    assert lines[0] == lines[1]
