"""Say why: for each charger the limit that decides, with its numbers.

A running charger is stopped by the line that was full when it wanted more, or by its own maximum. A
waiting one is explained by the first of three answers that is true: its minimum does not fit even
alone; it does not fit beside the minimums of higher priorities; others of its priority have the room.
"""

from collections.abc import Sequence

from .contender import Contender, Option, own_hindrance
from .limits import TOLERANCE_A, Limits, Uses, shortfall, take
from .model import (
    Allocation,
    Direction,
    LimitKind,
    LimitUse,
    Phase,
    PhaseAmps,
    Reason,
    ReasonKey,
)

_LIMITED_BY = {
    LimitKind.CIRCUIT: ReasonKey.LIMITED_BY_CIRCUIT,
    LimitKind.EXPORT: ReasonKey.LIMITED_BY_EXPORT,
    LimitKind.TARGET: ReasonKey.LIMITED_BY_TARGET,
}


class Explainer:
    """Knows what is allocated on every line, and what was free at every stage."""

    def __init__(self, limits: Limits, running: Sequence[Contender]) -> None:
        """Add up what runs."""
        self._limits = limits
        self._running = running
        self._allocated_a = [0.0] * len(limits.free_a)
        for one in running:
            take(one.uses, -one.current_a, self._allocated_a)
        # Those who meet the same limit share their reason, too.
        self._waiting: dict[tuple[int, tuple[tuple[Uses, float], ...]], Reason] = {}
        self._held_back: dict[tuple[int, int, bool], Reason] = {}
        self._room_beside: dict[tuple[int, bool], list[float]] = {}

    def explain(self, one: Contender) -> Allocation:
        """Return the allocation of one request, with its reason."""
        request = one.request
        if one.option is None:
            return Allocation(
                key=request.key, current_a=0.0, choice=None, reason=self._why_not(one)
            )
        sign = 1.0 if request.direction is Direction.CHARGE else -1.0
        return Allocation(
            key=request.key,
            current_a=sign * one.current_a,
            choice=one.option.choice,
            reason=self._why_no_more(one, one.option),
        )

    def _why_no_more(self, one: Contender, option: Option) -> Reason:
        if one.request.stands_by:
            return Reason(key=ReasonKey.STANDS_BY, needed_a=one.current_a)
        if one.stop is None:
            return Reason(
                key=option.cap.key if option.cap else ReasonKey.FULL_CURRENT,
                limit=LimitKind.CHARGER,
                limit_a=option.cap.current_a if option.cap else option.choice.maximum_a,
                used_a=one.current_a,
            )
        found = self._held_back.get((one.stop, one.sharers, one.is_behind))
        if found is None:
            found = self._held_back_by(one.stop, one.sharers, is_behind=one.is_behind)
            self._held_back[one.stop, one.sharers, one.is_behind] = found
        return found

    def _held_back_by(self, line: int, sharers: int, *, is_behind: bool) -> Reason:
        kind, circuit, phase = self._limits.name(line)
        if is_behind:
            key = ReasonKey.LOWER_PRIORITY
        elif sharers > 1:
            key = ReasonKey.FAIR_SHARE
        else:
            key = _LIMITED_BY[kind]
        return Reason(
            key=key,
            limit=kind,
            circuit=circuit,
            phase=phase,
            limit_a=self._limits.limit_a[line],
            used_a=self._limits.spoken_a[line] + self._allocated_a[line],
            sharers=sharers if key is ReasonKey.FAIR_SHARE else None,
        )

    def _why_not(self, one: Contender) -> Reason:
        if one.request.blocked is not None:
            return Reason(key=one.request.blocked)
        if not one.possible:
            key, limit_a, needed_a = own_hindrance(one)
            return Reason(
                key=key,
                limit=LimitKind.CHARGER,
                limit_a=limit_a,
                needed_a=needed_a,
                missing_a=needed_a - limit_a,
            )
        kind = (
            one.priority,
            tuple([(option.uses, option.minimum_a) for option in one.possible]),
        )
        reason = self._waiting.get(kind)
        if reason is None:
            reason = self._waiting[kind] = self._why_waiting(one)
        return reason

    def _why_waiting(self, one: Contender) -> Reason:
        key, room_a = ReasonKey.MINIMUM_DOES_NOT_FIT, self._limits.free_a
        option, missing_a, line = _least_miss(one, room_a)
        if missing_a <= TOLERANCE_A:
            key, room_a = (
                ReasonKey.LOWER_PRIORITY,
                self._room(one.priority, with_equals=False),
            )
            option, missing_a, line = _least_miss(one, room_a)
        if missing_a <= TOLERANCE_A:
            key, room_a = (
                ReasonKey.WAITING_FOR_TURN,
                self._room(one.priority, with_equals=True),
            )
            option, missing_a, line = _least_miss(one, room_a)
        return self._waits(key, option, line, room_a)

    def _waits(
        self, key: ReasonKey, option: Option, line: int, room_a: list[float]
    ) -> Reason:
        kind, circuit, phase = self._limits.name(line)
        needed_a = option.minimum_a * dict(option.uses)[line]
        limit_a = self._limits.limit_a[line]
        taken_a = self._limits.free_a[line] - room_a[line]
        used_a = self._limits.spoken_a[line] + taken_a
        return Reason(
            key=key,
            limit=kind,
            circuit=circuit,
            phase=phase,
            limit_a=limit_a,
            used_a=used_a,
            needed_a=needed_a,
            missing_a=needed_a + used_a - limit_a,
        )

    def _room(self, priority: int, *, with_equals: bool) -> list[float]:
        """Return what the minimums of higher, or also of equal, priorities leave on every line."""
        room_a = self._room_beside.get((priority, with_equals))
        if room_a is None:
            room_a = self._limits.free_a.copy()
            for one in self._running:
                if one.priority > priority or (
                    with_equals and one.priority == priority
                ):
                    take(one.uses, one.minimum_a, room_a)
            self._room_beside[priority, with_equals] = room_a
        return room_a

    def use_of(self, circuit: str | None) -> LimitUse:
        """Return how far a circuit is used, or the target for `None`."""
        imports, exports = self._limits.lines_of(circuit)
        return LimitUse(
            limit_a=_three(self._limits.limit_a, imports),
            reserved_a=_three(self._limits.spoken_a, imports),
            allocated_a=_three(self._allocated_a, imports),
            discharged_a=_three(self._allocated_a, exports),
        )


def _three(values: list[float], first: int | None) -> PhaseAmps:
    if first is None:
        return 0.0, 0.0, 0.0
    return values[first + Phase.L1], values[first + Phase.L2], values[first + Phase.L3]


def _least_miss(one: Contender, room_a: list[float]) -> tuple[Option, float, int]:
    """Return the option that misses least, by how much, and on which line."""
    best: tuple[Option, float, int] | None = None
    for option in one.possible:
        missing_a, line = shortfall(option.uses, option.minimum_a, room_a)
        if best is None or missing_a < best[1]:
            best = option, missing_a, line
    assert best is not None
    return best
