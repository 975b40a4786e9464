"""Find out who contends with whom for which lines, and hand each contest to a search.

Only minimums on lines where they do not all fit are contested. Contenders that use no such line run
anyway. The others fall into contests that share no contested line, and each is decided on its own:
exactly by `search`, or where it has too many kinds of contenders by `exchange`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from .contender import Contender, Option
from .exchange import exchange
from .limits import TOLERANCE_A, Uses, take
from .model import Phase
from .search import Candidate, Way, search

type Chosen = dict[int, Option]
"""Who runs, by the position of the request, and in which way."""

_EXACT_KINDS = 14
"""Up to this many kinds of contenders in one contest are searched exactly."""
_EXACT_CONTENDERS = 64
"""Beyond this even few kinds take longer to search than a decision should."""


@dataclass(slots=True)
class Contest:
    """Contenders, in line, and the contested lines on which they meet."""

    members: list[Contender] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)

    def decide(self, free_a: list[float]) -> list[Chosen]:
        """Return the best sets; several only where nothing but their currents tells them apart."""
        lines = sorted(self.lines)
        number = {line: index for index, line in enumerate(lines)}
        candidates = self._candidates(number)
        room_a = [free_a[line] for line in lines]
        known = None
        if len(candidates) > _EXACT_KINDS:
            known = exchange(candidates, room_a)
            kinds = {(one.priority, one.ways) for one in candidates}
            if len(kinds) > _EXACT_KINDS or len(candidates) > _EXACT_CONTENDERS:
                return [self._chosen(known)]
        circuits = groupby(lines, key=lambda line: line // len(Phase))
        families = [[number[line] for line in circuit] for _, circuit in circuits]
        families += [[index] for index in range(len(lines))]
        return [
            self._chosen(ways) for ways in search(candidates, room_a, families, known)
        ]

    def _candidates(self, number: dict[int, int]) -> list[Candidate]:
        known: dict[tuple[Uses, float], Way] = {}

        def way(option: Option) -> Way:
            key = option.uses, option.minimum_a
            if key not in known:
                known[key] = tuple(
                    (number[line], count * option.minimum_a)
                    for line, count in option.uses
                    if line in number
                )
            return known[key]

        has_ties = len({one.rank for one in self.members}) < len(self.members)
        return [
            Candidate(
                priority=one.priority,
                rank=one.rank,
                ways=tuple([way(option) for option in one.light]),
                profile=_profile(one) if has_ties else None,
            )
            for one in self.members
        ]

    def _chosen(self, ways: tuple[int, ...]) -> Chosen:
        return {
            one.position: one.light[way]
            for one, way in zip(self.members, ways, strict=True)
            if way >= 0
        }


def _profile(one: Contender) -> tuple[tuple[Uses, float, tuple[Phase, ...]], ...]:
    return tuple(
        (way.uses, way.maximum_a, way.choice.terminals) for way in one.possible
    )


def find_contests(in_line: Sequence[Contender], free_a: list[float]) -> list[Contest]:
    """Return the contests among contenders; whoever is in none can run at a light choice."""
    for one in in_line:
        one.light = _light_options(one.possible)
    contested = _contested_lines(in_line, free_a)
    by_line: dict[int, Contest] = {}
    for one in in_line:
        lines = {line for way in one.light for line, _ in way.uses if line in contested}
        if not lines:
            continue
        contest = by_line.get(min(lines))
        if contest is None or not lines <= contest.lines:
            met = {
                id(by_line[line]): by_line[line] for line in lines if line in by_line
            }
            contest = _merged(list(met.values()))
            contest.lines |= lines
            by_line.update(dict.fromkeys(contest.lines, contest))
        contest.members.append(one)
    return list({id(contest): contest for contest in by_line.values()}.values())


def _merged(contests: list[Contest]) -> Contest:
    """Make one contest of several that meet; keep the members in line."""
    if not contests:
        return Contest()
    first, *others = contests
    for other in others:
        first.members += other.members
        first.lines |= other.lines
    if others:
        first.members.sort(key=lambda one: one.place)
    return first


def _contested_lines(in_line: Sequence[Contender], free_a: list[float]) -> set[int]:
    """Return the lines on which the minimums do not all fit, each at its heaviest light choice."""
    demand_a = [0.0] * len(free_a)
    for one in in_line:
        if len(one.light) == 1:
            take(one.light[0].uses, -one.light[0].minimum_a, demand_a)
            continue
        heaviest: dict[int, float] = {}
        for option in one.light:
            for line, count in option.uses:
                heaviest[line] = max(heaviest.get(line, 0.0), count * option.minimum_a)
        for line, amps in heaviest.items():
            demand_a[line] += amps
    return {
        line
        for line, (amps, free) in enumerate(zip(demand_a, free_a, strict=True))
        if not amps <= free + TOLERANCE_A
    }


def _light_options(possible: list[Option]) -> list[Option]:
    """Return the options that no other undercuts on every line, in the order of preference."""
    if len(possible) == 1:
        return possible
    amps = [
        {line: count * way.minimum_a for line, count in way.uses} for way in possible
    ]
    return [
        option
        for place, option in enumerate(possible)
        if not any(
            _undercuts(amps[other], amps[place], is_preferred=other < place)
            for other in range(len(possible))
            if other != place
        )
    ]


def _undercuts(
    light: dict[int, float], heavy: dict[int, float], *, is_preferred: bool
) -> bool:
    if any(amps > heavy.get(line, 0.0) for line, amps in light.items()):
        return False
    return is_preferred or light != heavy
