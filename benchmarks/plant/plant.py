"""The plant: everything behind one fuse, moved second by second, with a controller in the loop."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from custom_components.busbar.balancer.controller import step
from custom_components.busbar.balancer.decision import Decision
from custom_components.busbar.balancer.inputs import Inputs, SiteConfig, Target
from custom_components.busbar.balancer.memory import Memory
from custom_components.busbar.balancer.model import NO_AMPS, PhaseAmps

from .charger import Charger
from .meter import Meter

TICK_S = 5.0
"""A controller is asked at least this often."""
SUPPLY = "supply"


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """One command of a controller."""

    key: str
    current_a: float
    phases: int | None = None
    lease_s: float | None = None


class Controller(Protocol):
    """What decides: the balancer, or a strategy it is compared with."""

    def decide(self, inputs: Inputs, now: float) -> list[Write]:
        """Return the commands to send now."""


@dataclass(slots=True, kw_only=True)
class Busbar:
    """The balancer itself, with the coordinators' own ends of set-points."""

    site: SiteConfig
    memory: Memory = field(default_factory=Memory)
    decision: Decision | None = None
    raises: bool = False
    """Every step fails."""
    is_away: bool = False
    """The whole program is gone, coordinators included."""
    watch: Callable[[Decision], None] | None = None
    _ends: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def decide(self, inputs: Inputs, now: float) -> list[Write]:
        """Step, and do what coordinators do when nothing is renewed."""
        if self.is_away:
            return []
        writes = []
        if not self.raises:
            self.decision, self.memory = step(self.site, inputs, self.memory, now)
            if self.watch is not None:
                self.watch(self.decision)
            for key, member in self.decision.members.items():
                point = member.set_point
                if point is None:
                    self._ends.pop(key, None)
                    continue
                self._ends[key] = (point.ends_at, point.falls_to_a, point.current_a)
                if member.write_now:
                    writes.append(
                        Write(
                            key=key,
                            current_a=point.current_a,
                            phases=point.phases,
                            lease_s=point.lease_s,
                        )
                    )
        for key, (ends_at, falls_to_a, current_a) in tuple(self._ends.items()):
            if now >= ends_at and current_a > falls_to_a:
                self._ends[key] = (inf, falls_to_a, falls_to_a)
                writes.append(Write(key=key, current_a=falls_to_a))
        return writes

    def restart(self, now: float, *, loses_memory: bool = False) -> None:
        """Come back after a crash, with what was stored at the last step."""
        stored = self.memory.as_dict(self.memory.stepped_at or now)
        self.memory = Memory() if loses_memory else Memory.from_dict(stored, now)
        self.is_away = False
        self._ends.clear()


@dataclass(slots=True, kw_only=True)
class Plant:
    """A house with its chargers, and the record of what flowed through the fuse."""

    rating_a: PhaseAmps
    chargers: list[Charger]
    controller: Controller
    house_a: Callable[[float], PhaseAmps]
    meter: Meter | None = None
    target: Target | None = None
    tick_s: float = 1.0
    now: float = 0.0
    over_as: float = 0.0
    """Ampere-seconds above the rating, worst phase."""
    over_s: float = 0.0
    last_over_at: float = -inf
    worst_a: float = 0.0
    energy_as: float = 0.0
    """Ampere-seconds delivered to cars, all phases."""
    steps: int = 0
    on_tick: Callable[[Plant], None] | None = None
    total_a: PhaseAmps = NO_AMPS
    _asked_at: float = -inf

    def currents_a(self) -> PhaseAmps:
        """Return what flows through the fuse now."""
        first, second, third = self.house_a(self.now)
        for charger in self.chargers:
            if charger.car is not None:
                own_a = charger.on_grid_a
                first, second, third = (
                    first + own_a[0],
                    second + own_a[1],
                    third + own_a[2],
                )
        return first, second, third

    def run(self, until: float) -> None:
        """Live until a time."""
        while self.now < until - 1e-9:
            self.now = round(self.now + self.tick_s, 6)
            self._live()

    def _live(self) -> None:
        if self.on_tick is not None:
            self.on_tick(self)
        has_news = False
        for charger in self.chargers:
            has_news |= charger.step(self.now)
        self.total_a = self.currents_a()
        self._record()
        if self.meter is not None:
            has_news |= self.meter.step(self.now, self.total_a)
        if has_news or self.now - self._asked_at >= TICK_S:
            self._asked_at = self.now
            self.steps += 1
            by_key = {charger.key: charger for charger in self.chargers}
            for write in self.controller.decide(self._inputs(), self.now):
                by_key[write.key].write(
                    write.current_a, write.phases, write.lease_s, self.now
                )

    def _record(self) -> None:
        excess_a = max(
            flow - limit
            for flow, limit in zip(self.total_a, self.rating_a, strict=True)
        )
        self.worst_a = max(self.worst_a, excess_a)
        # From 0.05 A on a limit counts as exceeded, so that rounding does not decide.
        if excess_a > 0.05:
            self.over_as += excess_a * self.tick_s
            self.over_s += self.tick_s
            self.last_over_at = self.now
        for charger in self.chargers:
            if charger.car is not None:
                self.energy_as += sum(charger.terminals_a) * self.tick_s

    def forget(self) -> None:
        """Begin a new record."""
        self.over_as = self.over_s = self.energy_as = 0.0
        self.worst_a = -inf
        self.last_over_at = -inf

    def _inputs(self) -> Inputs:
        seen = {charger.key: charger.seen() for charger in self.chargers}
        meters = {}
        if self.meter is not None and self.meter.reading is not None:
            meters[SUPPLY] = self.meter.reading
        return Inputs(
            members={key: item for key, item in seen.items() if item is not None},
            meters=meters,
            target=self.target,
        )
