"""Compute the limit chain of a charger as the vendor's firmware does."""

from dataclasses import dataclass

MINIMUM_A = 6.0
HOME_DEFAULT_A = 40.0
"""What the dynamic circuit limit is after a restart (80 for the larger products)."""
CHARGER_DEFAULT_A = 32.0
"""What the dynamic charger limit is after a restart, a plug-in and a resume."""

type Phases = tuple[float, float, float]


def all_phases(current_a: float) -> Phases:
    """Return the same current on each phase."""
    return current_a, current_a, current_a


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """Be one limit with the two codes that tell of it: too low, and merely limiting."""

    current_a: float
    blocked_code: int
    limited_code: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Effective:
    """Be what comes out of the chain."""

    current_a: float
    phases: int
    code: int
    """The reason for no current, or for less of it."""


def lowest(links: list[Link], phases: int) -> Effective:
    """Return the limit that wins."""
    link = min(links, key=lambda link: link.current_a)
    is_blocked = link.current_a < MINIMUM_A
    return Effective(
        current_a=0.0 if is_blocked else link.current_a,
        phases=phases,
        code=link.blocked_code if is_blocked else link.limited_code,
    )


def used_phases(dynamic_a: Phases, phase_mode: int, wired: int) -> int:
    """Return with how many phases it charges: zeros on two of them leave one."""
    if wired == 1 or phase_mode == 1:
        return 1
    if phase_mode == 2 and dynamic_a[0] > 0 and dynamic_a[1] == dynamic_a[2] == 0:
        return 1
    return 3


def over_phases(current_a: Phases, phases: int) -> float:
    """Return what one pilot can say: the lowest of the phases in use."""
    return min(current_a[:phases])
