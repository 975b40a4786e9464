"""Model what a house takes beside its chargers, and what its roof gives."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
import math

from .phases import NO_AMPS, PhaseAmps, add

DAY_S = 86400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadStep:
    """Be an appliance that takes a constant current from start to end, per phase."""

    name: str
    current_a: PhaseAmps
    start_s: float = 0.0
    end_s: float = math.inf
    period_s: float | None = None
    """Repeat after this long, counted from start (a heat pump); None: only once."""

    def at(self, now_s: float) -> PhaseAmps:
        """Return what it takes now."""
        since_s = now_s - self.start_s
        if since_s < 0:
            return NO_AMPS
        if self.period_s is not None:
            since_s %= self.period_s
        return self.current_a if since_s < self.end_s - self.start_s else NO_AMPS


@dataclass(frozen=True, kw_only=True, slots=True)
class Cloud:
    """Be a cloud before the sun: it comes within its edge, stays, and goes as it came."""

    start_s: float
    end_s: float = math.inf
    passes: float = 0.2
    """Which part of the light comes through its middle."""
    edge_s: float = 4.0
    """How long the light takes to fade and to return, within start and end."""

    def at(self, now_s: float) -> float:
        """Return which part of the light comes through now."""
        inside_s = min(now_s - self.start_s, self.end_s - now_s)
        if inside_s <= 0:
            return 1.0
        depth = min(1.0, inside_s / self.edge_s) if self.edge_s > 0 else 1.0
        return 1.0 - (1.0 - self.passes) * depth


@dataclass(frozen=True, kw_only=True, slots=True)
class Solar:
    """Be a roof that gives a half sine between sunrise and sunset of every day, less under clouds."""

    peak_a: PhaseAmps
    sunrise_s: float = 6 * 3600.0
    sunset_s: float = 20 * 3600.0
    clouds: tuple[Cloud, ...] = ()

    def at(self, now_s: float) -> PhaseAmps:
        """Return what it gives per phase now, as a positive current."""
        of_day_s = now_s % DAY_S
        if not self.sunrise_s < of_day_s < self.sunset_s:
            return NO_AMPS
        share = (of_day_s - self.sunrise_s) / (self.sunset_s - self.sunrise_s)
        height = math.sin(math.pi * share)
        height *= math.prod(cloud.at(now_s) for cloud in self.clouds)
        first_a, second_a, third_a = self.peak_a
        return first_a * height, second_a * height, third_a * height


class House:
    """Sum the appliances and the roof of one house."""

    def __init__(
        self, loads: Iterable[LoadStep] = (), solar: Solar | None = None
    ) -> None:
        """Furnish the house."""
        self._loads = list(loads)
        self.solar = solar

    def switch_on(self, load: LoadStep) -> None:
        """Add an appliance; its own start and end say when it takes current."""
        self._loads.append(load)

    def remove(self, name: str) -> None:
        """Take every appliance of that name out of the house."""
        self._loads = [load for load in self._loads if load.name != name]

    def cover(self, cloud: Cloud) -> None:
        """Send a cloud before the sun; raise ValueError for a house without a roof that gives."""
        if self.solar is None:
            msg = "there is no roof for a cloud to darken"
            raise ValueError(msg)
        self.solar = replace(self.solar, clouds=(*self.solar.clouds, cloud))

    def clear_sky(self) -> None:
        """Let all clouds be gone."""
        if self.solar is not None:
            self.solar = replace(self.solar, clouds=())

    def solar_a(self, now_s: float) -> PhaseAmps:
        """Return what the roof gives per phase now, as a positive current."""
        return NO_AMPS if self.solar is None else self.solar.at(now_s)

    def currents_a(self, now_s: float) -> PhaseAmps:
        """Return what the house takes per phase now: + import, - export."""
        total_a = NO_AMPS
        for load in self._loads:
            total_a = add(total_a, load.at(now_s))
        first_a, second_a, third_a = self.solar_a(now_s)
        return add(total_a, (-first_a, -second_a, -third_a))


def kettle(start_s: float, phase: int = 1) -> LoadStep:
    """Boil water for three minutes: 2 kW on one phase."""
    return LoadStep(
        name="kettle",
        current_a=_on_phase(8.7, phase),
        start_s=start_s,
        end_s=start_s + 180,
    )


def oven(start_s: float, phase: int = 2) -> LoadStep:
    """Bake for three quarters of an hour: 3 kW on one phase."""
    return LoadStep(
        name="oven",
        current_a=_on_phase(13.0, phase),
        start_s=start_s,
        end_s=start_s + 2700,
    )


def heat_pump(start_s: float) -> LoadStep:
    """Heat for twenty minutes of every hour: 4 A on each phase."""
    return LoadStep(
        name="heat pump",
        current_a=(4.0, 4.0, 4.0),
        start_s=start_s,
        end_s=start_s + 1200,
        period_s=3600,
    )


def _on_phase(current_a: float, phase: int) -> PhaseAmps:
    """Return the current on one phase alone."""
    if phase not in (1, 2, 3):
        msg = f"there is no phase {phase}"
        raise ValueError(msg)
    return (
        current_a if phase == 1 else 0.0,
        current_a if phase == 2 else 0.0,
        current_a if phase == 3 else 0.0,
    )
