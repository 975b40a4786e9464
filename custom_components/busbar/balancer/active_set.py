"""Decide who runs: 0 A or the minimum is a choice, and a scarce site cannot serve everybody.

What counts, in this order:

1. how many are served of the highest priority, then of the next, and so on;
2. those that charge already, then the caller's order: how many of the first in line are served, then
   of the next in line. So a caller that wants somebody else to have a turn changes the order;
3. preferred phase choices, for the first in line before the others;
4. among choices that are still equal: the fairest currents, then the most of them.
"""

from collections.abc import Sequence

from .contender import Contender
from .contest import Chosen, find_contests
from .limits import TOLERANCE_A, fits, take
from .water import fill


def choose(contenders: Sequence[Contender], free_a: list[float]) -> list[Contender]:
    """Return who runs, each at the minimum of its choice; take the minimums off what is free."""
    for one in contenders:
        one.run(one.possible[0])
        take(one.uses, one.minimum_a, free_a)
    if min(free_a, default=0.0) >= -TOLERANCE_A:
        return list(contenders)
    for one in contenders:
        take(one.uses, -one.minimum_a, free_a)
    in_line = sorted(contenders, key=lambda one: one.place)
    return _settle(in_line, _decide(in_line, free_a), free_a)


def _decide(in_line: Sequence[Contender], free_a: list[float]) -> Chosen:
    """Return the best set of all."""
    contests = find_contests(in_line, free_a)
    contending = {one.position for contest in contests for one in contest.members}
    chosen = {
        one.position: one.light[0] for one in in_line if one.position not in contending
    }
    answers = [contest.decide(free_a) for contest in contests]
    for sets in answers:
        chosen |= sets[0]
    for contest, sets in zip(contests, answers, strict=True):
        if len(sets) > 1:
            members = {one.position for one in contest.members}
            others = {
                place: option
                for place, option in chosen.items()
                if place not in members
            }
            chosen = _fairest(
                in_line, [others | chosen_here for chosen_here in sets], free_a
            )
    return chosen


def _fairest(
    in_line: Sequence[Contender], sets: list[Chosen], free_a: list[float]
) -> Chosen:
    """Fill the whole site once for each of several equally good sets, and keep the fairest."""

    def worth(chosen: Chosen) -> tuple[list[float], float]:
        left_a = free_a.copy()
        running = _settle(in_line, chosen, left_a)
        fill(running, left_a)
        levels = sorted(
            (-one.priority, round(one.current_a / one.shares, 6)) for one in running
        )
        return [level for _, level in levels], round(
            sum(one.phase_amps for one in running), 6
        )

    return max(sets, key=worth)


def _settle(
    in_line: Sequence[Contender], chosen: Chosen, free_a: list[float]
) -> list[Contender]:
    """Run the chosen, add whoever still fits, then move each to its best choice that fits."""
    running: list[Contender] = []
    for one in in_line:
        if option := chosen.get(one.position):
            one.run(option)
            take(option.uses, option.minimum_a, free_a)
            running.append(one)
        else:
            one.rest()
    running += [one for one in in_line if one.option is None and _start(one, free_a)]
    for one in running:
        if len(one.possible) > 1:
            take(one.uses, -one.minimum_a, free_a)
            _start(one, free_a)
    return running


def _start(one: Contender, free_a: list[float]) -> bool:
    """Run at the best choice whose minimum fits; return whether there is one."""
    for option in one.possible:
        if option is one.option or fits(option.uses, option.minimum_a, free_a):
            one.run(option)
            take(option.uses, option.minimum_a, free_a)
            return True
    return False
