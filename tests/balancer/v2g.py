"""A house with sun and a charger for both directions, second by second: ramp, guard times, state of charge."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from custom_components.busbar.balancer.controller import step
from custom_components.busbar.balancer.decision import Decision, MemberDecision
from custom_components.busbar.balancer.inputs import (
    AmpereRange,
    CircuitConfig,
    Inputs,
    MemberCapabilities,
    MemberConfig,
    MemberObservation,
    MemberStatus,
    MeterReading,
    Options,
    SiteConfig,
    WriteBudget,
)
from custom_components.busbar.balancer.memory import Memory
from custom_components.busbar.balancer.model import STRAIGHT, PhaseMap
from custom_components.busbar.balancer.modes import Intent, Mode

VOLTAGE_V = 230.0
SUPPLY = "supply"
CAR = "car"
QUICK = Options(
    follow_calm_s=0.0,
    follow_start_s=10.0,
    follow_house_start_s=5.0,
    follow_stop_s=10.0,
    turn_pause_s=60.0,
)
"""Dwells that a test can wait for; the rest between the directions is as usual."""
RAMP_A_PER_S = 32 / 22
"""To its full current within 22 s."""
RANGE = AmpereRange(minimum_a=3.0, maximum_a=16.0, step_a=1.0)
BIDIRECTIONAL = MemberCapabilities(
    charge=RANGE,
    discharge=RANGE,
    full_current_a=32.0,
    phases=frozenset({1}),
    write_budget=WriteBudget(minimum_gap_s=5.9),
    typical_latency_s=11.0,
    silent_after_s=15.0,
)


@dataclass
class Bidirectional:
    """One charger with a vehicle: it ramps to what it was told."""

    told_a: float = 0.0
    flows_a: float = 0.0
    level: float | None = 60.0
    status: MemberStatus = MemberStatus.WANTS
    is_heard: bool = True
    measures_every_s: int = 2
    falls_a_per_s: float = RAMP_A_PER_S
    stays_at_a: float | None = None
    """What it does instead of following, for a fault."""
    measured: tuple[float, float] = (0.0, 0.0)
    """Flow and when it was measured."""
    writes: list[tuple[float, float]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    def live(self, now: float) -> None:
        """Ramp for a second, and tell now and then what it measures, as long as it is heard."""
        aim_a = self.told_a if self.stays_at_a is None else self.stays_at_a
        if self.status is MemberStatus.NO_VEHICLE:
            aim_a = self.flows_a = 0.0
        gap_a = aim_a - self.flows_a
        falls = abs(aim_a) < abs(self.flows_a)
        pace_a = self.falls_a_per_s if falls else RAMP_A_PER_S
        self.flows_a += max(-pace_a, min(pace_a, gap_a))
        if now % self.measures_every_s == 0 and self.is_heard:
            self.measured = self.flows_a, now

    def seen(self, now: float) -> MemberObservation:
        """Return what its coordinator holds."""
        flows_a, at = self.measured
        if self.status is not MemberStatus.NO_VEHICLE:
            is_flowing = abs(flows_a) > 0.1
            self.status = MemberStatus.CHARGING if is_flowing else MemberStatus.WANTS
        values: dict[str, Any] = {
            "capabilities": BIDIRECTIONAL,
            "heard_at": at,
            "is_reachable": self.is_heard,
            "status": self.status,
            "phases": 1,
            "currents_a": (flows_a, 0.0, 0.0),
            "currents_at": at,
            "power_w": flows_a * VOLTAGE_V,
            "confirmed_a": self.told_a,
            "confirmed_at": at,
            "state_of_charge": self.level,
            "floor_percent": 30.0,
            "ceiling_percent": 90.0,
        }
        return MemberObservation(**(values | self.more))


@dataclass
class SunnyHouse:
    """A one-phase house with a meter at the grid."""

    mode: Mode = Mode.SOLAR_AND_HOUSE
    options: Options = field(default_factory=Options)
    rating_a: float = 40.0
    export_rating_a: float | None = None
    load_w: float = 0.0
    sun_w: float = 0.0
    battery_w: float | None = None
    current_a: float | None = None
    phase_map: PhaseMap | None = STRAIGHT
    charger: Bidirectional = field(default_factory=Bidirectional)
    memory: Memory = field(default_factory=Memory)
    now: float = 1000.0
    frozen: MeterReading | None = None
    is_meter_dead: bool = False
    reading: MeterReading | None = None
    decisions: list[Decision] = field(default_factory=list)
    flows: list[float] = field(default_factory=list)
    grid: list[float] = field(default_factory=list)
    watch: Callable[[SunnyHouse], None] = lambda house: None

    @property
    def site(self) -> SiteConfig:
        """Return its site."""
        export = self.export_rating_a
        return SiteConfig(
            circuits=(
                CircuitConfig(
                    key=SUPPLY,
                    rating_a=(self.rating_a, 0.0, 0.0),
                    export_rating_a=None if export is None else (export, 0.0, 0.0),
                    has_meter=True,
                    fail_safe_a=(6.0, 0.0, 0.0),
                ),
            ),
            members=(
                MemberConfig(
                    key=CAR, circuit=SUPPLY, phase_map=self.phase_map, minimum_a=3.0
                ),
            ),
            options=self.options,
        )

    @property
    def grid_w(self) -> float:
        """Return what flows at the grid now."""
        return self.load_w - self.sun_w + self.charger.flows_a * VOLTAGE_V

    @property
    def member(self) -> MemberDecision:
        """Return the newest decision for the charger."""
        return self.decisions[-1].members[CAR]

    def step(self) -> Decision:
        """Live for a second and decide."""
        self.now += 1
        self.charger.live(self.now)
        self.flows.append(self.charger.flows_a)
        self.grid.append(self.grid_w)
        if not self.is_meter_dead:
            self.reading = self._read()
        inputs = Inputs(
            members={CAR: self.charger.seen(self.now)},
            meters={} if self.reading is None else {SUPPLY: self.reading},
            intents={CAR: Intent(mode=self.mode, current_a=self.current_a)},
            home_battery_w=self.battery_w,
        )
        decision, self.memory = step(self.site, inputs, self.memory, self.now)
        self.decisions.append(decision)
        member = decision.members[CAR]
        if member.write_now and member.set_point is not None:
            self.charger.writes.append((self.now, member.set_point.current_a))
            self.charger.told_a = member.set_point.current_a
        self.watch(self)
        return decision

    def _read(self) -> MeterReading:
        seen = self.frozen
        current_a = self.grid_w / VOLTAGE_V if seen is None else seen.currents_a[0]
        return MeterReading(
            currents_a=(current_a, None, None),
            measured_at=(self.now, None, None),
            power_w=self.grid_w if seen is None else seen.power_w,
        )

    def freeze(self) -> None:
        """Let the meter say the same for ever."""
        self.frozen = self.reading

    def run(self, seconds: int) -> Decision:
        """Live second by second."""
        for _ in range(seconds):
            self.step()
        return self.decisions[-1]

    def restart(self) -> None:
        """Lose everything but what is stored."""
        self.memory = Memory.from_dict(self.memory.as_dict(self.now), self.now)


def house_with(mode: Mode, **more: Any) -> SunnyHouse:
    """Return a house that was read back."""
    house = SunnyHouse(mode=mode, options=QUICK, **more)
    house.run(5)
    return house
