"""A request on its way to its allocation: the ways it can run, and what it has got so far."""

from dataclasses import dataclass
from math import ceil, floor, inf

from .limits import Limits, Uses
from .model import Cap, PhaseChoice, ReasonKey, Request, SiteError

_HAIR = 1e-9
"""16.0 may arrive as 15.999999999 from a sum of floats; that is still sixteen whole amperes."""


@dataclass(slots=True)
class Option:
    """One phase choice with everything counted in: steps, caps and the lines it uses."""

    choice: PhaseChoice
    minimum_a: float
    maximum_a: float
    uses: Uses
    cap: Cap | None
    """The cap that makes the maximum; `None` where the choice itself does."""


class Contender:
    """The working state of one request; lives for one call of `allocate`."""

    __slots__ = (
        "current_a",
        "is_behind",
        "is_rising",
        "light",
        "maximum_a",
        "minimum_a",
        "option",
        "options",
        "place",
        "position",
        "possible",
        "priority",
        "rank",
        "request",
        "sharers",
        "shares",
        "step_a",
        "stop",
        "uses",
    )

    def __init__(self, request: Request, position: int, limits: Limits) -> None:
        """Work out the ways in which the request can run."""
        self.request = request
        self.position = position
        self.priority = request.priority
        self.rank = (-request.priority, not request.is_kept, request.order)
        """Its place in line: by priority, then those who charge, then by the caller's order."""
        self.place = (*self.rank, position)
        """The same, and no two alike."""
        self.shares = request.shares
        self.step_a = request.step_a
        self.options = [_option(request, choice, limits) for choice in request.choices]
        self.possible = [one for one in self.options if one.minimum_a <= one.maximum_a]
        """Where its own limits leave room for its minimum; without any it cannot run at all."""
        self.light = self.possible
        """Those of them that take least, see `contest`."""
        self.option: Option | None = None
        self.uses: Uses = ()
        self.minimum_a = 0.0
        self.maximum_a = 0.0
        self.current_a = 0.0
        """A magnitude."""
        self.stop: int | None = None
        """The line that keeps it from more; `None` = its own maximum."""
        self.sharers = 1
        """How many of its priority ride on that line."""
        self.is_behind = False
        """Whether higher priorities would take more of that line, too."""
        self.is_rising = False

    def run(self, option: Option) -> None:
        """Run at the minimum of an option."""
        self.option = option
        self.uses = option.uses
        self.minimum_a = self.current_a = option.minimum_a
        self.maximum_a = option.maximum_a

    def rest(self) -> None:
        """Go back to 0 A."""
        self.option = None
        self.current_a = 0.0

    @property
    def phase_amps(self) -> float:
        """Return what it takes from the supply: its current on each terminal in use."""
        return (
            self.current_a * len(self.option.choice.terminals) if self.option else 0.0
        )


def _option(request: Request, choice: PhaseChoice, limits: Limits) -> Option:
    minimum_a, maximum_a, cap = choice.minimum_a, choice.maximum_a, None
    for candidate in request.caps:
        if candidate.current_a < maximum_a:
            maximum_a, cap = candidate.current_a, candidate
    if not maximum_a < inf:
        raise SiteError(f"The maximum of {request.key!r} is not a finite current")
    step_a = request.step_a
    if step_a:
        minimum_a = ceil(minimum_a / step_a - _HAIR) * step_a
        maximum_a = floor(maximum_a / step_a + _HAIR) * step_a
    uses = limits.uses(
        request.circuit, request.direction, request.phase_map, choice.terminals
    )
    return Option(choice, minimum_a, maximum_a, uses, cap)


def own_hindrance(contender: Contender) -> tuple[ReasonKey, float, float]:
    """Return what keeps a request that cannot run from it: reason, its limit, its minimum."""
    best = max(
        contender.options, key=lambda option: option.maximum_a - option.minimum_a
    )
    key = best.cap.key if best.cap else ReasonKey.LIMITED_BY_CHARGER
    return key, best.maximum_a, best.minimum_a
