"""A charger with its car: it obeys late, in whole amperes, sometimes not at all, and reports when it likes."""

from collections import deque
from dataclasses import dataclass, field, replace
from random import Random

from custom_components.busbar.balancer.inputs import (
    AmpereRange,
    Fallback,
    FallbackCause,
    LeaseRange,
    MemberCapabilities,
    MemberObservation,
    MemberStatus,
    WriteBudget,
)
from custom_components.busbar.balancer.model import NO_AMPS, PhaseAmps
from simulators.world.car import Car, Offer

ON_CHANGE_A = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class ChargerSpec:
    """One kind of charger. Times in seconds."""

    name: str = "local"
    latency_s: float = 0.5
    jitter_s: float = 0.0
    """A command takes up to this much longer."""
    loss: float = 0.0
    """Part of the commands that get lost without a word."""
    minimum_a: float = 6.0
    maximum_a: float = 16.0
    step_a: float = 1.0
    phases: int = 3
    can_switch_phases: bool = False
    report_s: float = 1.0
    report_delay_s: float = 0.1
    measures: bool = True
    lease_s: tuple[float, float] | None = None
    falls_to: tuple[Fallback, ...] = ()
    budget: WriteBudget = field(default_factory=WriteBudget)

    @property
    def capabilities(self) -> MemberCapabilities:
        """Return what it tells the balancer of itself."""
        counts = {1, self.phases} if self.can_switch_phases else {self.phases}
        lease = (
            None
            if self.lease_s is None
            else LeaseRange(minimum_s=self.lease_s[0], maximum_s=self.lease_s[1])
        )
        return MemberCapabilities(
            charge=AmpereRange(
                minimum_a=self.minimum_a, maximum_a=self.maximum_a, step_a=self.step_a
            ),
            full_current_a=self.maximum_a,
            phases=frozenset(counts),
            can_switch_phases=self.can_switch_phases,
            lease=lease,
            write_budget=self.budget,
            typical_latency_s=self.latency_s + self.jitter_s,
            silent_after_s=max(15.0, 3 * self.report_s),
            falls_to=self.falls_to,
        )


LOCAL = ChargerSpec(step_a=0.1)
"""A WARP in the house: half a second, tenths of an ampere and finer, reports each second."""
CLOUD = ChargerSpec(
    name="cloud",
    latency_s=3.0,
    jitter_s=4.0,
    report_s=20.0,
    report_delay_s=2.0,
    maximum_a=32.0,
    budget=WriteBudget(minimum_gap_s=5.0, per_hour=120, account="cloud"),
    lease_s=(60.0, 64800.0),
    falls_to=(
        Fallback(cause=FallbackCause.SILENCE, current_a=6.0, after_s=120.0),
        Fallback(cause=FallbackCause.LEASE_END, current_a=6.0),
        Fallback(cause=FallbackCause.RESTART, current_a=32.0),
        Fallback(cause=FallbackCause.PLUG_IN, current_a=32.0),
    ),
)
"""An Easee behind its cloud."""


@dataclass(slots=True, kw_only=True)
class Charger:
    """One charger; its faults are switched on from outside."""

    key: str
    spec: ChargerSpec
    random: Random
    phase_map: tuple[int, int, int] | None = (0, 1, 2)
    limit_a: float = 0.0
    phases: int = 3
    car: Car | None = None
    is_silent: bool = False
    """Neither reports nor commands get through."""
    is_refusing: bool = False
    """Every command fails."""
    is_late_by_s: float = 0.0
    started_at: float = 0.0
    plugged_in_at: float | None = None
    writes: int = 0
    toggles: int = 0
    written_at: list[float] = field(default_factory=list)
    observation: MemberObservation | None = None
    commanded: tuple[float, float] | None = None
    failed_at: float | None = None
    lease_ends_at: float | None = None
    _commands: deque[tuple[float, float, int | None]] = field(default_factory=deque)
    _reports: deque[tuple[float, MemberObservation]] = field(default_factory=deque)
    _next_report_at: float = 0.0
    _told: tuple[MemberStatus, float] | None = None
    _last_command_at: float = -1e9

    def __post_init__(self) -> None:
        """Begin with all its phases."""
        self.phases = self.spec.phases

    def plug(self, car: Car, now: float) -> None:
        """Plug a car in; some chargers reset their limit then."""
        self.car = car
        car.plug_in(now)
        self.plugged_in_at = now
        self._fall(FallbackCause.PLUG_IN)
        self._next_report_at = now

    def unplug(self, now: float) -> None:
        """Take the car away."""
        if self.car is not None:
            self.car.unplug()
        self.car = None
        self._next_report_at = now

    def reboot(self, now: float) -> None:
        """Restart; the limit is what the charger falls to, and commands on their way are gone."""
        self.started_at = now
        self._commands.clear()
        self._fall(FallbackCause.RESTART)

    def _fall(self, cause: FallbackCause) -> None:
        fallback = self.spec.capabilities.fallback(cause)
        if fallback is not None:
            current_a = fallback.current_a
            self.limit_a = self.spec.maximum_a if current_a is None else current_a

    def write(
        self, current_a: float, phases: int | None, lease_s: float | None, now: float
    ) -> None:
        """Take a command on its way to the charger."""
        self.writes += 1
        self.written_at.append(now)
        if self.is_refusing or self.is_silent:
            self.failed_at = now
            return
        self.failed_at = None
        self.commanded = (current_a, now)
        self.lease_ends_at = None if lease_s is None else now + lease_s
        if self.random.random() < self.spec.loss:
            return
        delay_s = (
            self.spec.latency_s
            + self.random.uniform(0, self.spec.jitter_s)
            + self.is_late_by_s
        )
        arrives_at = max(now + delay_s, self._last_command_at)
        self._last_command_at = arrives_at
        self._commands.append((arrives_at, current_a, phases))

    @property
    def status(self) -> MemberStatus:
        """Return what it is doing."""
        if self.car is None:
            return MemberStatus.NO_VEHICLE
        if self.car.is_drawing:
            return MemberStatus.CHARGING
        is_offered = self.limit_a >= self.spec.minimum_a
        takes_none = self.car.is_full or self.car.is_asleep
        if is_offered and takes_none:
            return MemberStatus.SUSPENDED_BY_VEHICLE
        return MemberStatus.WANTS

    def step(self, now: float) -> bool:
        """Live until now; return whether a report arrived."""
        while self._commands and self._commands[0][0] <= now + 1e-9:
            _, current_a, phases = self._commands.popleft()
            self.limit_a = current_a
            self._last_command_at = max(self._last_command_at, now)
            if phases is not None:
                self.phases = phases
            self._next_report_at = min(self._next_report_at, now)
        self._live_alone(now)
        if self.car is not None:
            was_drawing = self.car.is_drawing
            offered_a = self.limit_a if self.limit_a >= self.spec.minimum_a else 0.0
            self.car.step(now, Offer(offered_a, self.phases))
            self.toggles += self.car.is_drawing != was_drawing
        return self._report(now)

    def _live_alone(self, now: float) -> None:
        """Do what the charger does by itself: end a lease, notice silence."""
        if self.lease_ends_at is not None and now >= self.lease_ends_at:
            self.lease_ends_at = None
            self._fall(FallbackCause.LEASE_END)
        silence = self.spec.capabilities.fallback(FallbackCause.SILENCE)
        if self.is_silent and silence is not None and self.observation is not None:
            heard_at = self.observation.heard_at
            if heard_at is not None and now - heard_at >= silence.after_s:
                self._fall(FallbackCause.SILENCE)

    def _report(self, now: float) -> bool:
        told = (self.status, self.drawn_a)
        has_changed = self._told is None or (
            told[0] is not self._told[0] or abs(told[1] - self._told[1]) > ON_CHANGE_A
        )
        if now >= self._next_report_at - 1e-9 or has_changed:
            self._told = told
            self._next_report_at = now + self.spec.report_s
            if not self.is_silent:
                self._reports.append(
                    (now + self.spec.report_delay_s, self._snapshot(now))
                )
        has_news = False
        while self._reports and self._reports[0][0] <= now + 1e-9:
            at, snapshot = self._reports.popleft()
            if not self.is_silent:
                self.observation = replace(snapshot, heard_at=at)
                has_news = True
        return has_news

    @property
    def drawn_a(self) -> float:
        """Return the largest current of its terminals."""
        return 0.0 if self.car is None else max(self.car.drawn_a)

    @property
    def terminals_a(self) -> PhaseAmps:
        """Return what flows at its terminals."""
        return NO_AMPS if self.car is None else self.car.drawn_a

    @property
    def on_grid_a(self) -> PhaseAmps:
        """Return what flows per grid phase."""
        grid_a = [0.0, 0.0, 0.0]
        for terminal, current_a in enumerate(self.terminals_a):
            grid_a[(self.phase_map or (0, 1, 2))[terminal]] += current_a
        return grid_a[0], grid_a[1], grid_a[2]

    @property
    def worst_on_grid_a(self) -> PhaseAmps:
        """Return what may be drawn by what is set and by what is on its way, per grid phase."""
        if self.car is None:
            return NO_AMPS
        worst_a = max(
            self.limit_a, self.drawn_a, *(command[1] for command in self._commands), 0.0
        )
        counts = [self.phases, *(command[2] or 0 for command in self._commands)]
        grid_a = [0.0, 0.0, 0.0]
        for terminal in range(min(max(counts), self.car.spec.phases)):
            grid_a[(self.phase_map or (0, 1, 2))[terminal]] += worst_a
        return grid_a[0], grid_a[1], grid_a[2]

    def _snapshot(self, now: float) -> MemberObservation:
        return MemberObservation(
            capabilities=self.spec.capabilities,
            heard_at=now,
            status=self.status,
            phases=self.phases,
            currents_a=self.terminals_a if self.spec.measures else (None, None, None),
            currents_at=now if self.spec.measures else None,
            confirmed_a=self.limit_a,
            confirmed_at=now,
            started_at=self.started_at,
            plugged_in_at=self.plugged_in_at,
        )

    def seen(self) -> MemberObservation | None:
        """Return what a coordinator holds of it now."""
        if self.observation is None:
            return None
        return replace(
            self.observation,
            commanded_a=None if self.commanded is None else self.commanded[0],
            commanded_at=None if self.commanded is None else self.commanded[1],
            write_failed_at=self.failed_at,
            is_reachable=not self.is_silent,
        )
