"""Model the circuits, meters and sites that hang below the cloud."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulators.world import PhaseAmps
from simulators.world.car import VOLTAGE_V

from .charger import SimCharger
from .limits import (
    CHARGER_DEFAULT_A,
    HOME_DEFAULT_A,
    MINIMUM_A,
    Link,
    Phases,
    all_phases,
    lowest,
    over_phases,
    used_phases,
)
from .observations import Observed

REBOOT_S = 30.0


@dataclass(kw_only=True, eq=False)
class SimCircuit:
    """Be a circuit whose first charger is its master."""

    id: int
    panel_id: int
    panel_name: str
    rated_a: float = 32.0
    maximum_a: Phases = (32.0, 32.0, 32.0)
    offline_a: Phases = (16.0, 16.0, 16.0)
    dynamic_a: Phases = (HOME_DEFAULT_A, HOME_DEFAULT_A, HOME_DEFAULT_A)
    ends_at_s: float | None = None
    chargers: list[SimCharger] = field(default_factory=list)

    @property
    def master(self) -> SimCharger | None:
        """The charger that speaks for the circuit."""
        return self.chargers[0] if self.chargers else None

    @property
    def drawn_a(self) -> PhaseAmps:
        """What all its chargers draw per phase."""
        drawn = [charger.drawn_a for charger in self.chargers]
        return (
            sum(amps[0] for amps in drawn),
            sum(amps[1] for amps in drawn),
            sum(amps[2] for amps in drawn),
        )

    def set_dynamic(self, current_a: Phases, ends_at_s: float | None) -> None:
        """Take a volatile limit; fractions are dropped."""
        first, second, third = (float(int(value)) for value in current_a)
        self.dynamic_a = (first, second, third)
        self.ends_at_s = ends_at_s

    def step(self, now_s: float, epoch_s: float, equalizer_a: float | None) -> None:
        """Live until now: end a limit whose time is over, then share what is left."""
        if self.ends_at_s is not None and now_s >= self.ends_at_s:
            self.dynamic_a = self.offline_a
            self.ends_at_s = None
        for charger in self.chargers:
            if charger.back_at_s is not None and now_s >= charger.back_at_s:
                self._restarted(charger)
        waiting = [one for one in self.chargers if one.wants_current(epoch_s)]
        for charger in self.chargers:
            links = charger.links(epoch_s)
            phases = used_phases(
                self.dynamic_a, charger.settings.phaseMode, charger.wired_phases
            )
            links += self._links(phases, waiting, charger, equalizer_a)
            charger.step(now_s, epoch_s, lowest(links, phases))
        self._report()

    def reboot(self, charger: SimCharger, now_s: float) -> None:
        """Let a charger go; it is back after a while, with its defaults."""
        charger.observed.report(250, False)
        charger.is_online = False
        charger.back_at_s = now_s + REBOOT_S

    def _restarted(self, charger: SimCharger) -> None:
        charger.back_at_s = None
        charger.is_online = True
        charger.dynamic_a = CHARGER_DEFAULT_A
        if charger is self.master:
            default_a = HOME_DEFAULT_A if charger.product_code == 1 else 80.0
            self.set_dynamic(all_phases(default_a), None)

    def _links(
        self,
        phases: int,
        waiting: list[SimCharger],
        charger: SimCharger,
        equalizer_a: float | None,
    ) -> list[Link]:
        """Return the limits of the circuit and this charger's share of them."""
        is_online = self.master is not None and self.master.is_online
        volatile_a = self.dynamic_a if is_online else self.offline_a
        codes = (2, 27) if is_online else (3, 30)
        links = [
            Link(current_a=self.rated_a, blocked_code=4, limited_code=25),
            Link(
                current_a=over_phases(self.maximum_a, phases),
                blocked_code=1,
                limited_code=26,
            ),
            Link(
                current_a=over_phases(volatile_a, phases),
                blocked_code=codes[0],
                limited_code=codes[1],
            ),
        ]
        if equalizer_a is not None:
            links.append(Link(current_a=equalizer_a, blocked_code=10, limited_code=28))
        if len(waiting) > 1 and charger in waiting:
            sum_a = min(link.current_a for link in links)
            places = min(len(waiting), max(1, int(sum_a // MINIMUM_A)))
            share_a = sum_a // places if waiting.index(charger) < places else 0.0
            links.append(Link(current_a=share_a, blocked_code=5, limited_code=29))
        return links

    def _report(self) -> None:
        """Let the master report what belongs to the circuit."""
        if self.master is None or not self.master.is_online:
            return
        report = self.master.observed.report
        for first, values in (
            (22, self.maximum_a),
            (111, self.dynamic_a),
            (73, self.drawn_a),
        ):
            for number, value in enumerate(values, first):
                report(number, round(value, 2))
        for number, value in enumerate(self.offline_a, 50):
            report(number, int(value))


@dataclass(kw_only=True, eq=False)
class SimEqualizer:
    """Be a grid meter that may limit its site."""

    id: str
    name: str
    observed: Observed
    currents_a: Callable[[], PhaseAmps]
    surplus: dict[str, Any] = field(default_factory=lambda: {"mode": "none"})
    allowed_a: float | None = None
    rated_a: float = 63.0
    is_online: bool = True
    imported_kwh: float = 10_000.0
    exported_kwh: float = 500.0
    _last_s: float | None = None
    _power_kw: float = 0.0

    def step(self, now_s: float) -> None:
        """Measure what flows at the grid; currents come without a sign."""
        if self._last_s is not None:
            energy_kwh = self._power_kw * (now_s - self._last_s) / 3600
            self.imported_kwh += max(0.0, energy_kwh)
            self.exported_kwh += max(0.0, -energy_kwh)
        self._last_s = now_s
        currents_a = self.currents_a()
        self._power_kw = sum(currents_a) * VOLTAGE_V / 1000
        if not self.is_online:
            return
        report = self.observed.report
        for number, current_a in enumerate(currents_a, 31):
            report(number, round(abs(current_a), 2))
        for number, current_a in enumerate(currents_a, 87):
            report(number, round(self.rated_a - current_a, 2))
        for number in (34, 35, 36):
            report(number, VOLTAGE_V)
        report(40, round(max(0.0, self._power_kw), 3))
        report(41, round(max(0.0, -self._power_kw), 3))
        report(45, round(self.imported_kwh, 2))
        report(46, round(self.exported_kwh, 2))
        report(30, 3)
        report(21, 401)
        report(250, self.is_online)


@dataclass(kw_only=True, eq=False)
class SimSite:
    """Be a place with circuits, perhaps with a meter."""

    id: int
    name: str
    key: str
    rated_a: float = 63.0
    price_per_kwh: float = 0.3
    circuits: list[SimCircuit] = field(default_factory=list)
    equalizers: list[SimEqualizer] = field(default_factory=list)
    is_forbidden: bool = False
    """The account may see it, and not touch it."""

    @property
    def chargers(self) -> list[SimCharger]:
        """All chargers of all circuits."""
        return [one for circuit in self.circuits for one in circuit.chargers]

    def step(self, now_s: float, epoch_s: float) -> None:
        """Live until now."""
        allowed = [
            one.allowed_a for one in self.equalizers if one.allowed_a is not None
        ]
        for circuit in self.circuits:
            circuit.step(now_s, epoch_s, min(allowed, default=None))
        for equalizer in self.equalizers:
            equalizer.step(now_s)
