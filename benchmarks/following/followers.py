"""Whoever decides in these days, and Busbar as one of them."""

from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.plant.plant import SUPPLY, Busbar
from custom_components.busbar.balancer.inputs import (
    CircuitConfig,
    Inputs,
    MemberConfig,
    MemberObservation,
    MeterReading,
    Options,
    SiteConfig,
)
from custom_components.busbar.balancer.model import STRAIGHT
from custom_components.busbar.balancer.modes import Intent, Mode

from .chargers import KEY, MOST_A, VOLTAGE_V

FUSE_A = 25.0
FAIL_SAFE_A = 6.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What there is to be known in one second."""

    now: int
    reading: MeterReading | None
    seen: MemberObservation | None
    next_net_w: float
    """What the house will take in the next second, for the one that may know."""
    own_w: float
    """What the charger takes now, for the same."""


class Follower(Protocol):
    """Whoever decides."""

    def decide(self, sight: Sight) -> float | None:
        """Return a set-point to write now, `None` = nothing."""


@dataclass(slots=True)
class BusbarFollower:
    """The balancer, stepped in every second, with a mode instead of a plain charge."""

    mode: Mode
    minimum_a: float
    options: Options = field(default_factory=Options)
    busbar: Busbar = field(init=False)

    def __post_init__(self) -> None:
        """Begin without a memory."""
        self.busbar = Busbar(site=site_of(self.minimum_a, self.options))

    def decide(self, sight: Sight) -> float | None:
        """Return a set-point to write now, `None` = nothing."""
        inputs = Inputs(
            members={} if sight.seen is None else {KEY: sight.seen},
            meters={} if sight.reading is None else {SUPPLY: sight.reading},
            intents={KEY: Intent(mode=self.mode)},
        )
        writes = self.busbar.decide(inputs, float(sight.now))
        return writes[-1].current_a if writes else None


def site_of(minimum_a: float, options: Options) -> SiteConfig:
    """Return a house on one phase with a meter and one charger."""
    return SiteConfig(
        circuits=(
            CircuitConfig(
                key=SUPPLY,
                rating_a=(FUSE_A, 0.0, 0.0),
                has_meter=True,
                fail_safe_a=(FAIL_SAFE_A, 0.0, 0.0),
            ),
        ),
        members=(
            MemberConfig(
                key=KEY,
                circuit=SUPPLY,
                phase_map=STRAIGHT,
                minimum_a=minimum_a,
                maximum_a=MOST_A,
            ),
        ),
        voltage_v=VOLTAGE_V,
        options=options,
    )
