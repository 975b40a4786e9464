"""The near-exact search for who runs, for many kinds of contenders: greedy, then exchanges.

Each priority for itself, the higher first: take in whoever needs least of what is scarce; then put one
out where two come in for it; then put out who is last in line where somebody further ahead fits in.
"""

from bisect import insort
from collections.abc import Sequence
from itertools import groupby

from .limits import TOLERANCE_A
from .search import Candidate, Way

_MOST_TRIED = 12
"""How many kinds are tried on either side of an exchange of one for two."""


def exchange(
    candidates: Sequence[Candidate], room_a: Sequence[float]
) -> tuple[int, ...]:
    """Return a good set: for each candidate the number of its way, or -1."""
    return _Exchange(candidates, room_a).run()


class _Exchange:
    def __init__(
        self, candidates: Sequence[Candidate], room_a: Sequence[float]
    ) -> None:
        self._candidates = candidates
        self._room_a = list(room_a)
        self._ways = [-1] * len(candidates)
        demand_a = [0.0] * len(room_a)
        for one in candidates:
            for line, amps in one.ways[-1]:
                demand_a[line] += amps
        kinds: dict[tuple[Way, ...], int] = {}
        self._kind = [kinds.setdefault(one.ways, len(kinds)) for one in candidates]
        # An ampere weighs by how often its line is asked for: scarce lines are dear.
        price = [
            amps / max(room, TOLERANCE_A)
            for amps, room in zip(demand_a, room_a, strict=True)
        ]
        weights = [
            min(sum(amps * price[line] for line, amps in way) for way in ways)
            for ways in kinds
        ]
        self._weight = [weights[kind] for kind in self._kind]

    def run(self) -> tuple[int, ...]:
        places = range(len(self._candidates))
        for _, block in groupby(
            places, key=lambda place: self._candidates[place].priority
        ):
            members = list(block)
            light_first = sorted(
                members, key=lambda place: (self._weight[place], place)
            )
            self._put_in_all(light_first)
            while self._two_for_one(light_first):
                pass
            self._in_line(members)
            self._put_in_all(members)
        return tuple(self._ways)

    def _put_in_all(self, places: Sequence[int]) -> None:
        """Put in whoever fits, one after the other."""
        full: set[int] = set()
        for place in places:
            kind = self._kind[place]
            if self._ways[place] < 0 and kind not in full and not self._put_in(place):
                full.add(kind)

    def _put_in(self, place: int) -> bool:
        for number, way in enumerate(self._candidates[place].ways):
            if all(amps <= self._room_a[line] + TOLERANCE_A for line, amps in way):
                self._ways[place] = number
                self._take(way, 1)
                return True
        return False

    def _put_out(self, place: int) -> int:
        number = self._ways[place]
        self._ways[place] = -1
        self._take(self._candidates[place].ways[number], -1)
        return number

    def _back(self, place: int, number: int) -> None:
        self._ways[place] = number
        self._take(self._candidates[place].ways[number], 1)

    def _take(self, way: Way, sign: int) -> None:
        for line, amps in way:
            self._room_a[line] -= sign * amps

    def _two_for_one(self, light_first: list[int]) -> bool:
        """Put one out if two come in for it; return whether that was possible."""
        waiting = self._few_of_each_kind(light_first, 2, is_served=False)
        for place in self._few_of_each_kind(light_first[::-1], 1, is_served=True):
            number = self._put_out(place)
            came_in = [one for one in waiting if self._put_in(one)]
            if len(came_in) > 1:
                return True
            for one in came_in:
                self._put_out(one)
            self._back(place, number)
        return False

    def _few_of_each_kind(
        self, places: Sequence[int], few: int, *, is_served: bool
    ) -> list[int]:
        seen: dict[int, int] = {}
        chosen: list[int] = []
        for place in places:
            if (self._ways[place] >= 0) is is_served:
                kind = self._kind[place]
                seen[kind] = seen.get(kind, 0) + 1
                if seen[kind] <= few:
                    chosen.append(place)
                    if len(chosen) == _MOST_TRIED:
                        break
        return chosen

    def _in_line(self, members: list[int]) -> None:
        """Exchange one for one, as long as somebody further ahead gets in for somebody behind."""
        last_served: dict[int, list[int]] = {}
        for place in members:
            if self._ways[place] >= 0:
                last_served.setdefault(self._kind[place], []).append(place)
        hopeless: set[int] = set()
        for place in members:
            kind = self._kind[place]
            if self._ways[place] >= 0 or kind in hopeless:
                continue
            last = sorted(
                (served[-1] for served in last_served.values() if served), reverse=True
            )
            if not any(
                self._replace(other, place, last_served) for other in last[:_MOST_TRIED]
            ):
                hopeless.add(kind)

    def _replace(
        self, other: int, place: int, last_served: dict[int, list[int]]
    ) -> bool:
        """Put in one who is ahead of another in line, for that other; return whether it fits."""
        if self._candidates[other].rank <= self._candidates[place].rank:
            return False
        number = self._put_out(other)
        if not self._put_in(place):
            self._back(other, number)
            return False
        last_served[self._kind[other]].pop()
        insort(last_served.setdefault(self._kind[place], []), place)
        return True
