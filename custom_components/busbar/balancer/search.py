"""The exact search for who runs, among contenders for the same scarce lines.

A walk through all sets, better ones first, that leaves out what cannot win: a set too small even if
the lines were divided perfectly, and sets that serve a contender in place of an equal one that is
ahead of it.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby

from .limits import TOLERANCE_A

type Way = tuple[tuple[int, float], ...]
"""What a minimum takes of each contested line."""

_MOST_WITH_TIES = 14
"""Up to this many contenders all equally good sets are handed back, and no search is cut short."""
_MOST_TIED = 640
"""How many contenders these sets may have together. In practice the caller's order leaves one set."""
_MOST_NODES = 50_000
_MOST_NODES_IN_A_CROWD = 1_000
"""Beyond this the best set so far stands. Fourteen contenders with one choice never get there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One contender, reduced to what matters here."""

    priority: int
    rank: tuple[int, bool, float]
    ways: tuple[Way, ...]
    profile: Hashable = None
    """What else tells it from an equal one, where nothing of the above does."""


def search(
    candidates: Sequence[Candidate],
    room_a: Sequence[float],
    families: Sequence[Sequence[int]],
    known: tuple[int, ...] | None = None,
) -> list[tuple[int, ...]]:
    """Return the best sets: for each candidate the number of its way, or -1.

    The candidates come sorted by rank, which begins with the priority. A family is the lines that
    belong to one circuit. A set that is known already makes the search shorter.
    """
    found = _Search(candidates, room_a, families)
    if known is not None:
        found.start_from(known)
    found.visit(0)
    return found.best_sets


class _Search:
    def __init__(
        self,
        candidates: Sequence[Candidate],
        room_a: Sequence[float],
        families: Sequence[Sequence[int]],
    ) -> None:
        self._candidates = candidates
        self._count = len(candidates)
        self._room_a = list(room_a)
        self._ways = [-1] * self._count
        # Places of contenders of one priority, and of one rank: number of the block, and its ends.
        self._block, self._block_ends = _blocks([one.priority for one in candidates])
        self._rank, rank_ends = _blocks([one.rank for one in candidates])
        has_ties = len(rank_ends) < self._count <= _MOST_WITH_TIES
        self._most_sets = _MOST_TIED // self._count if has_ties else 1
        self._most_nodes = (
            _MOST_NODES if self._count <= _MOST_WITH_TIES else _MOST_NODES_IN_A_CROWD
        )
        kinds: dict[tuple[int, tuple[Way, ...], Hashable], int] = {}
        self._kind = [
            kinds.setdefault(
                (one.priority, one.ways, one.profile if has_ties else None),
                len(kinds),
            )
            for one in candidates
        ]
        self._left_out = [0] * len(kinds)
        self._served = [0] * len(self._block_ends)
        self._served_by_rank = [0] * len(rank_ends)
        self._best_served: list[int] | None = None
        self._best_by_rank: list[int] = []
        self._ahead = self._kinds_ahead()
        self._sums = [
            (family, _light_first([ways for _, ways, _ in kinds], family))
            for family in families
        ]
        self._nodes = 0
        self._is_from_outside = False
        self.best_sets: list[tuple[int, ...]] = []

    def _kinds_ahead(self) -> list[list[int]]:
        """Return for each place how many of each kind stand from here to the end of the priority."""
        ahead: list[list[int]] = [[]] * self._count
        numbers: list[int] = []
        for place in reversed(range(self._count)):
            is_last = place + 1 == self._block_ends[self._block[place]]
            numbers = [0] * len(self._left_out) if is_last else numbers.copy()
            numbers[self._kind[place]] += 1
            ahead[place] = numbers
        return ahead

    def start_from(self, ways: tuple[int, ...]) -> None:
        """Take a set as the best so far."""
        for place, way in enumerate(ways):
            if way >= 0:
                self._served[self._block[place]] += 1
                self._served_by_rank[self._rank[place]] += 1
        self._ways = list(ways)
        self._keep()
        self._is_from_outside = True
        self._ways = [-1] * self._count
        self._served = [0] * len(self._served)
        self._served_by_rank = [0] * len(self._served_by_rank)

    def visit(self, place: int) -> None:
        """Decide about the candidate at this place and all behind it."""
        while place < self._count and self._left_out[self._kind[place]]:
            place += 1
        self._nodes += 1
        if self._best_served is not None and (
            self._nodes > self._most_nodes or self._cannot_win(place)
        ):
            return
        if place == self._count:
            self._keep()
            return
        room_a = self._room_a
        for number, way in enumerate(self._candidates[place].ways):
            for line, amps in way:
                if not amps <= room_a[line] + TOLERANCE_A:
                    break
            else:
                self._count_in(place, way, 1)
                self._ways[place] = number
                self.visit(place + 1)
                self._ways[place] = -1
                self._count_in(place, way, -1)
        kind = self._kind[place]
        self._left_out[kind] += 1
        self.visit(place + 1)
        self._left_out[kind] -= 1

    def _count_in(self, place: int, way: Way, sign: int) -> None:
        for line, amps in way:
            self._room_a[line] -= sign * amps
        self._served[self._block[place]] += sign
        self._served_by_rank[self._rank[place]] += sign

    def _cannot_win(self, place: int) -> bool:
        """Return whether even the most that can follow is no better than the best so far."""
        best = self._best_served
        assert best is not None
        start = place
        for block, end in enumerate(self._block_ends):
            most = self._served[block]
            if start < end:
                most += self._most_from(start, end)
                start = end
            if most != best[block]:
                return most < best[block]
        rank = self._rank[place] if place < self._count else len(self._served_by_rank)
        by_rank, best_by_rank = self._served_by_rank[:rank], self._best_by_rank[:rank]
        if by_rank != best_by_rank:
            return by_rank < best_by_rank
        # Those first in line are tried first: what is as good so far hardly becomes better.
        return not self._is_from_outside and len(self.best_sets) >= self._most_sets

    def _most_from(self, place: int, end: int) -> int:
        """Return how many of these places could be served at most, by the tightest circuit.

        The phases of a circuit are added up, and the lightest go in first: no set can hold more.
        """
        most = end - place
        ahead, left_out = self._ahead[place], self._left_out
        for family, light_first in self._sums:
            room = 0.0
            for line in family:
                room += max(0.0, self._room_a[line]) + TOLERANCE_A
            number = 0
            for kind, amps in light_first:
                standing = ahead[kind]
                if not standing or left_out[kind]:
                    continue
                if standing * amps > room:
                    number += int(room / amps)
                    break
                number += standing
                room -= standing * amps
            most = min(most, number)
        return most

    def _keep(self) -> None:
        standing = (self._served, self._served_by_rank)
        if self._is_from_outside or standing != (self._best_served, self._best_by_rank):
            self.best_sets.clear()
            self._best_served = self._served.copy()
            self._best_by_rank = self._served_by_rank.copy()
        self._is_from_outside = False
        self.best_sets.append(tuple(self._ways))


def _blocks(keys: Sequence[object]) -> tuple[list[int], list[int]]:
    """Return for each place the number of its run of equal keys, and where each run ends."""
    numbers: list[int] = []
    ends: list[int] = []
    for number, (_, run) in enumerate(groupby(keys)):
        numbers.extend(number for _ in run)
        ends.append(len(numbers))
    return numbers, ends


def _light_first(
    kinds: Sequence[tuple[Way, ...]], family: Sequence[int]
) -> list[tuple[int, float]]:
    """Return each kind with what it takes at least of a family of lines, the lightest first."""
    needs = [
        (number, min(sum(amps for line, amps in way if line in family) for way in ways))
        for number, ways in enumerate(kinds)
    ]
    return sorted(needs, key=lambda need: need[1])
