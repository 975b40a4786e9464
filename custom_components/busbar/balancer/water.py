"""Fill what is left beyond the minimums, like water: all rise together, who meets a limit stays.

The result is max-min fair: nobody could get more without taking from somebody who has no more than
they do. One sweep of the common level, from event to event: a minimum is reached (the contender
rises from there), a maximum is reached, a line is full.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import groupby
from math import floor, inf

from .contender import Contender
from .limits import TOLERANCE_A, take

_HAIR = 1e-9
"""A tie of floats: a maximum this close to the level is reached."""


def fill(runners: Sequence[Contender], free_a: list[float]) -> None:
    """Raise all runners from their minimums, higher priorities first; take it off what is free.

    The minimums are already taken. Each runner ends with its current and with what stops it.
    """
    ordered = sorted(runners, key=lambda runner: -runner.priority)
    # The lines of which higher priorities would take more.
    wanted: set[int] = set()
    for _, group in groupby(ordered, key=lambda runner: runner.priority):
        flows = list(group)
        riders = _fill_together(flows, free_a)
        for flow in flows:
            if flow.stop is not None:
                flow.sharers = len(riders[flow.stop])
                flow.is_behind = flow.stop in wanted
        wanted.update(flow.stop for flow in flows if flow.stop is not None)


def _fill_together(
    flows: list[Contender], free_a: list[float]
) -> Mapping[int, list[Contender]]:
    """Fill one priority: level, round down to steps, hand out the remainders, top up the others.

    Return who rides on each line.
    """
    sweep = _Sweep(flows, free_a)
    sweep.run()
    stepped = [flow for flow in flows if flow.step_a]
    if stepped:
        _round_down(stepped, free_a)
        _hand_out(stepped, free_a)
        smooth = [flow for flow in flows if not flow.step_a and flow.stop is not None]
        if smooth:
            _Sweep(smooth, free_a).run()
    return sweep.riders


def _round_down(flows: Sequence[Contender], free_a: list[float]) -> None:
    for flow in flows:
        current_a = floor(flow.current_a / flow.step_a + _HAIR) * flow.step_a
        take(flow.uses, current_a - flow.current_a, free_a)
        flow.current_a = current_a


def _hand_out(flows: Sequence[Contender], free_a: list[float]) -> None:
    """Hand out one step at a time, always to whom has least; room only shrinks, so once is enough."""
    queue = [
        (flow.current_a / flow.shares, flow.position, flow)
        for flow in flows
        if flow.stop is not None
    ]
    heapify(queue)
    while queue:
        _, position, flow = heappop(queue)
        if flow.current_a + flow.step_a > flow.maximum_a + _HAIR:
            flow.stop = None
            continue
        for line, count in flow.uses:
            if count * flow.step_a > free_a[line] + TOLERANCE_A:
                flow.stop = line
                break
        else:
            take(flow.uses, flow.step_a, free_a)
            flow.current_a = (
                round((flow.current_a + flow.step_a) / flow.step_a) * flow.step_a
            )
            heappush(queue, (flow.current_a / flow.shares, position, flow))


class _Sweep:
    """One rise of the common level. The level is a current per share.

    For each line: `_rate` is by how much it is drawn per ampere of level, `_since` the level up to
    which that is settled in what is free, `_full_at` the level at which it will be full.
    """

    def __init__(self, flows: Sequence[Contender], free_a: list[float]) -> None:
        self._free_a = free_a
        self._rate = [0] * len(free_a)
        self._since = [0.0] * len(free_a)
        self._full_at = [inf] * len(free_a)
        # Both are read from the end.
        self._starts = sorted(
            ((flow.current_a / flow.shares, -flow.position, flow) for flow in flows),
            reverse=True,
        )
        self._tops = sorted(
            ((flow.maximum_a / flow.shares, -flow.position, flow) for flow in flows),
            reverse=True,
        )
        self.riders: defaultdict[int, list[Contender]] = defaultdict(list)
        for flow in flows:
            for line, _ in flow.uses:
                self.riders[line].append(flow)

    def run(self) -> None:
        """Rise until every flow has met its maximum or a full line."""
        starts, tops = self._starts, self._tops
        # A flow starts before it reaches its top; so when the tops are used up all have ended.
        while tops:
            start = starts[-1][0] if starts else inf
            top = tops[-1][0]
            full = min(self._full_at)
            if start <= top and start <= full:
                self._start(_pop_level(starts), start)
            elif top <= full + _HAIR:
                self._end(
                    [flow for flow in _pop_level(tops) if flow.is_rising], top, None
                )
            else:
                line = self._full_at.index(full)
                self._end(
                    [flow for flow in self.riders[line] if flow.is_rising], full, line
                )

    def _start(self, flows: list[Contender], level: float) -> None:
        for flow in flows:
            flow.is_rising = True
        self._change_rates(flows, level, 1)

    def _end(self, flows: list[Contender], level: float, stop: int | None) -> None:
        for flow in flows:
            flow.is_rising = False
            flow.stop = stop
            # A line may be over-full by a hair when a flow starts: nobody falls below where it began.
            reached_a = flow.maximum_a if stop is None else level * flow.shares
            flow.current_a = max(flow.current_a, reached_a)
        self._change_rates(flows, level, -1)

    def _change_rates(self, flows: list[Contender], level: float, sign: int) -> None:
        free_a, rate, since, full_at = (
            self._free_a,
            self._rate,
            self._since,
            self._full_at,
        )
        changes: dict[int, int] = {}
        for flow in flows:
            shares = sign * flow.shares
            for line, count in flow.uses:
                changes[line] = changes.get(line, 0) + count * shares
        for line, change in changes.items():
            if old_rate := rate[line]:
                free_a[line] -= old_rate * (level - since[line])
            since[line] = level
            rate[line] = new_rate = old_rate + change
            full_at[line] = level + free_a[line] / new_rate if new_rate else inf


def _pop_level(events: list[tuple[float, int, Contender]]) -> list[Contender]:
    """Take all flows that share the last level off a list."""
    level = events[-1][0]
    flows = []
    while events and events[-1][0] == level:
        flows.append(events.pop()[2])
    return flows
