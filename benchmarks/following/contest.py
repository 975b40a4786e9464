"""One day with one follower, and what it came to: small enough to hand from process to process."""

from collections.abc import Mapping
from dataclasses import dataclass

from custom_components.busbar.balancer.inputs import Options

from .chargers import Box
from .days import Day
from .followers import BusbarFollower, Follower
from .play import MakeFollower, Played, play
from .references import Ideal, Seed
from .weigh import (
    Energy,
    bound_of,
    energy_of,
    excess_of,
    reversals_of,
    turns_of,
    untouched_of,
)

SEED = "seed"
RESTED = "ideal, rested"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one follower made of one day."""

    day: str
    who: str
    energy: Energy
    untouched: Energy
    """What would have crossed the meter without the charger."""
    bound: Energy
    """What had to cross it, whoever follows."""
    writes: int
    turns: int
    reversals: int
    excess_as: float
    """Ampere-seconds above the fuse that the charger added, in both directions."""
    excess_beyond_as: float
    """Of these, what physics did not force."""


def contest(day: Day, who: str) -> Outcome:
    """Play a day and weigh it."""
    return weighed(play(day, FOLLOWERS[who], has_own_guard=who == SEED), who)


def weighed(played: Played, who: str) -> Outcome:
    """Return what a day came to."""
    excesses = [excess_of(played, sign) for sign in (1, -1)]
    return Outcome(
        day=played.day.name,
        who=who,
        energy=energy_of(played.grid_w, played.has_car),
        untouched=untouched_of(played),
        bound=bound_of(played),
        writes=len(played.written),
        turns=len(turns_of(played.charger_w)),
        reversals=reversals_of(played.charger_w),
        excess_as=sum(one.all_as for one in excesses),
        excess_beyond_as=sum(one.beyond_as for one in excesses),
    )


def _busbar(day: Day, box: Box) -> Follower:
    minimum_a = min(current_a for current_a in box.settable_a if current_a > 0)
    return BusbarFollower(day.mode, minimum_a)


def _ideal(day: Day, box: Box) -> Follower:
    return Ideal(box.settable_a, day.mode)


def _rested(day: Day, box: Box) -> Follower:
    options = Options()
    has_contactor = not day.is_bidirectional
    return Ideal(
        box.settable_a,
        day.mode,
        turn_pause_s=options.turn_pause_s,
        turns_per_hour=options.turns_per_hour,
        on_s=options.minimum_on_s if has_contactor else 0.0,
        off_s=options.minimum_off_s if has_contactor else 0.0,
    )


def _seed(day: Day, box: Box) -> Follower:
    return Seed(day.mode)


FOLLOWERS: Mapping[str, MakeFollower] = {
    "busbar": _busbar,
    "ideal": _ideal,
    RESTED: _rested,
    SEED: _seed,
}
