"""A small world for tests over time: chargers that obey after a while, and what was ever set of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
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
    SiteConfig,
    Wish,
)
from custom_components.busbar.balancer.memory import Memory
from custom_components.busbar.balancer.model import STRAIGHT, PhaseAmps
from custom_components.busbar.balancer.modes import Intent

SUPPLY = "supply"
WARP = MemberCapabilities(
    charge=AmpereRange(minimum_a=6.0, maximum_a=16.0, step_a=0.1), full_current_a=16.0
)


def all_phases(current_a: float) -> PhaseAmps:
    """Return the same current on every phase."""
    return current_a, current_a, current_a


def site_of(keys: str = "ab", *, rating_a: float = 25.0, **circuit: Any) -> SiteConfig:
    """Return a site with one circuit and a member for each letter."""
    return SiteConfig(
        circuits=(CircuitConfig(key=SUPPLY, rating_a=all_phases(rating_a), **circuit),),
        members=tuple(
            MemberConfig(key=key, circuit=SUPPLY, phase_map=STRAIGHT) for key in keys
        ),
    )


def with_member(site: SiteConfig, key: str, **changes: Any) -> SiteConfig:
    """Return the site with one member changed."""
    members = tuple(
        replace(member, **changes) if member.key == key else member
        for member in site.members
    )
    return replace(site, members=members)


@dataclass
class Box:
    """One charger: it obeys after its latency, and reports at every step."""

    capabilities: MemberCapabilities = WARP
    status: MemberStatus = MemberStatus.CHARGING
    limit_a: float = 0.0
    phases: int = 3
    car_phases: int = 3
    wants_a: float = 32.0
    latency_s: float = 0.0
    is_deaf: bool = False
    """Commands get lost without a word."""
    is_heard: bool = True
    is_loaded: bool = True
    measures: bool = True
    heard_at: float | None = None
    more: dict[str, Any] = field(default_factory=dict)
    underway: list[tuple[float, float, int | None]] = field(default_factory=list)
    writes: list[tuple[float, float]] = field(default_factory=list)

    @property
    def draws_a(self) -> float:
        """Return what the car takes per phase, or gives (negative)."""
        if self.status is not MemberStatus.CHARGING or abs(self.limit_a) < 6.0:
            return 0.0
        return min(self.limit_a, self.wants_a)

    def live(self, now: float) -> None:
        """Follow what arrived."""
        for at, current_a, phases in tuple(self.underway):
            if at <= now:
                self.limit_a = current_a
                self.phases = phases or self.phases
                self.underway.remove((at, current_a, phases))

    def seen(self, now: float) -> MemberObservation | None:
        """Return what a coordinator holds of it."""
        if not self.is_loaded:
            return None
        if self.is_heard:
            self.heard_at = now
        used = min(self.phases, self.car_phases)
        drawn = [self.draws_a if place < used else 0.0 for place in range(3)]
        values: dict[str, Any] = {
            "capabilities": self.capabilities,
            "heard_at": self.heard_at,
            "status": self.status,
            "phases": self.phases,
            "currents_a": tuple(drawn) if self.measures else (None, None, None),
            "currents_at": now if self.measures else None,
            "confirmed_a": self.limit_a,
            "confirmed_at": self.heard_at,
        }
        return MemberObservation(**(values | self.more))


@dataclass
class House:
    """A site, its boxes and its meter, stepped second by second."""

    site: SiteConfig
    boxes: dict[str, Box]
    load_a: Callable[[float], PhaseAmps] = lambda now: (0.0, 0.0, 0.0)
    meter_period_s: float = 1.0
    is_meter_dead: bool = False
    reading: MeterReading | None = None
    wishes: dict[str, Wish] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    more: dict[str, Any] = field(default_factory=dict)
    now: float = 1000.0
    decisions: list[Decision] = field(default_factory=list)

    @property
    def decision(self) -> Decision:
        """Return the newest decision."""
        return self.decisions[-1]

    def member(self, key: str) -> MemberDecision:
        """Return the newest decision for one member."""
        return self.decision.members[key]

    def flow_a(self) -> PhaseAmps:
        """Return what flows at the supply."""
        flow = list(self.load_a(self.now))
        for box in self.boxes.values():
            for place in range(min(box.phases, box.car_phases)):
                flow[place] += box.draws_a
        return flow[0], flow[1], flow[2]

    def step(self, seconds: float = 1.0) -> Decision:
        """Live for a while and decide once."""
        self.now += seconds
        for box in self.boxes.values():
            box.live(self.now)
        if not self.is_meter_dead and self.now % self.meter_period_s == 0:
            self.reading = MeterReading(
                currents_a=self.flow_a(), measured_at=(self.now, self.now, self.now)
            )
        seen = {key: box.seen(self.now) for key, box in self.boxes.items()}
        values: dict[str, Any] = {
            "members": {key: item for key, item in seen.items() if item is not None},
            "meters": {} if self.reading is None else {SUPPLY: self.reading},
            "wishes": self.wishes,
            "intents": self.intents,
        }
        decision, self.memory = step(
            self.site, Inputs(**(values | self.more)), self.memory, self.now
        )
        self.decisions.append(decision)
        for key, member in decision.members.items():
            if member.write_now and member.set_point is not None and key in self.boxes:
                self._send(
                    self.boxes[key], member.set_point.current_a, member.set_point.phases
                )
        return decision

    def _send(self, box: Box, current_a: float, phases: int | None) -> None:
        box.writes.append((self.now, current_a))
        if not box.is_deaf:
            box.underway.append((self.now + box.latency_s, current_a, phases))

    def run(self, seconds: int) -> Decision:
        """Live second by second."""
        for _ in range(seconds):
            self.step()
        return self.decision

    def restart(self) -> None:
        """Lose everything but what is stored."""
        stored = self.memory.as_dict(self.now)
        self.memory = Memory.from_dict(stored, self.now)

    def events(self) -> list[str]:
        """Return the kinds of all events so far, with their subjects."""
        return [
            f"{event.kind}:{event.subject or 'site'}"
            for decision in self.decisions
            for event in decision.events
        ]

    def problems(self) -> set[str]:
        """Return the kinds of the problems of now."""
        return {problem.kind.value for problem in self.decision.problems}


def house_of(keys: str = "ab", *, boxes: Sequence[Box] = (), **options: Any) -> House:
    """Return a house with a box for each letter."""
    site = site_of(keys, **options)
    given = list(boxes) + [Box() for _ in range(len(keys) - len(boxes))]
    return House(site=site, boxes=dict(zip(keys, given, strict=True)))
