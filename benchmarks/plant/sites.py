"""Sites for the plant."""

from custom_components.busbar.balancer.inputs import (
    CircuitConfig,
    MemberConfig,
    SiteConfig,
)
from custom_components.busbar.balancer.model import STRAIGHT, PhaseAmps

from .plant import SUPPLY

MARGIN_A = 1.0


def site_of(rating_a: PhaseAmps, chargers: int) -> SiteConfig:
    """Return a site with a meter at its supply and so many chargers."""
    return SiteConfig(
        circuits=(
            CircuitConfig(
                key=SUPPLY,
                rating_a=rating_a,
                has_meter=True,
                margin_a=MARGIN_A,
                fail_safe_a=(6.0, 6.0, 6.0),
            ),
        ),
        members=tuple(
            MemberConfig(key=f"c{number}", circuit=SUPPLY, phase_map=STRAIGHT)
            for number in range(chargers)
        ),
    )
