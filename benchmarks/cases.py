"""Sites for the benchmarks, as plain data that every contestant can be given.

Random ones come from a seed alone, so that every run and every machine sees the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from custom_components.busbar.balancer.model import (
    THREE_PHASES,
    Circuit,
    Phase,
    PhaseChoice,
    PhaseMap,
    Request,
    Site,
)

type ThreeAmps = tuple[float, float, float]

_ROTATIONS: tuple[PhaseMap, ...] = (
    (Phase.L1, Phase.L2, Phase.L3),
    (Phase.L2, Phase.L3, Phase.L1),
    (Phase.L3, Phase.L1, Phase.L2),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """A circuit with what it may take per phase; the first of a case is the supply."""

    limit_a: ThreeAmps
    parent: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Charger:
    """One charger with a car."""

    board: int
    phases: tuple[Phase, ...]
    """The phases of the supply that the car uses."""
    minimum_a: float
    maximum_a: float
    leaves_after: int
    """For those who plan by departure: in how many periods."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wires:
    """The same case as numbers alone: limits, and for each charger the wires it uses."""

    limits_a: list[float]
    uses: list[list[int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One site at one instant."""

    name: str
    boards: Sequence[Board]
    chargers: Sequence[Charger]

    def wires(self) -> Wires:
        """Return the limits as wires, three for each board."""
        uses = []
        for charger in self.chargers:
            mine: list[int] = []
            board: int | None = charger.board
            while board is not None:
                mine += [3 * board + phase for phase in charger.phases]
                board = self.boards[board].parent
            uses.append(mine)
        return Wires(
            limits_a=[amps for one in self.boards for amps in one.limit_a], uses=uses
        )

    def question(self, *, in_line: bool = False) -> tuple[Site, list[Request]]:
        """Return the case as the balancer is asked.

        Unless they stand in line, as the controller lets them, nothing tells contenders apart.
        """
        site = Site(
            circuits=tuple(
                Circuit(
                    key=f"board{number}",
                    parent=None if board.parent is None else f"board{board.parent}",
                    limit_a=board.limit_a,
                )
                for number, board in enumerate(self.boards)
            )
        )
        return site, [
            Request(
                key=f"charger{number}",
                circuit=f"board{charger.board}",
                choices=(
                    PhaseChoice(
                        minimum_a=charger.minimum_a,
                        maximum_a=charger.maximum_a,
                        terminals=THREE_PHASES[: len(charger.phases)],
                    ),
                ),
                phase_map=_ROTATIONS[charger.phases[0]],
                order=float(number) if in_line else 0.0,
            )
            for number, charger in enumerate(self.chargers)
        ]


def _rotated(random: Random, count: int) -> tuple[Phase, ...]:
    return random.choice(_ROTATIONS)[:count]


def _charger(
    random: Random, board: int, *, minimums_a: Sequence[float] = (6.0,)
) -> Charger:
    count = random.choices((1, 2, 3), weights=(4, 1, 5))[0]
    return Charger(
        board=board,
        phases=_rotated(random, count),
        minimum_a=random.choice(minimums_a),
        maximum_a=random.choice((16.0, 16.0, 20.0, 32.0)),
        leaves_after=random.randint(4, 60),
    )


def _is_scarce(case: Case) -> bool:
    """Return whether not all minimums fit, though somebody can be served."""
    wires = case.wires()
    left = wires.limits_a.copy()
    for charger, mine in zip(case.chargers, wires.uses, strict=True):
        for wire in mine:
            left[wire] -= charger.minimum_a
    somebody_fits = any(
        all(charger.minimum_a <= wires.limits_a[wire] for wire in mine)
        for charger, mine in zip(case.chargers, wires.uses, strict=True)
    )
    return min(left) < 0 and somebody_fits


def scarce_cases(count: int = 300, seed: int = 2026) -> list[Case]:
    """Return small scarce sites: 2 to 7 chargers, minimums of 6 to 10 A, half with a sub-board."""
    random = Random(seed)
    cases: list[Case] = []
    while len(cases) < count:
        boards = [Board(limit_a=_uneven(random, 8, 40))]
        if len(cases) % 2:
            boards.append(Board(limit_a=_uneven(random, 8, 25), parent=0))
        chargers = [
            _charger(
                random,
                random.randrange(len(boards)),
                minimums_a=(6.0, 6.0, 7.0, 8.0, 9.2, 10.0),
            )
            for _ in range(random.randint(2, 7))
        ]
        case = Case(name=f"scarce {len(cases)}", boards=boards, chargers=chargers)
        if _is_scarce(case):
            cases.append(case)
    return cases


def _uneven(random: Random, least: int, most: int) -> ThreeAmps:
    """Return what an uneven house leaves on each phase, in halves of amperes."""
    amps = [random.randint(2 * least, 2 * most) / 2 for _ in range(3)]
    return amps[0], amps[1], amps[2]


def ten_chargers(supply_a: ThreeAmps = (63.0, 57.0, 60.0)) -> Case:
    """Return ten mixed chargers, four of them behind a garage board of 32 A.

    The supply is what a fuse of 63 A and a quiet house leave; then all minimums fit.
    """
    random = Random(10)
    return Case(
        name="ten chargers",
        boards=[Board(limit_a=supply_a), Board(limit_a=(32.0, 32.0, 32.0), parent=0)],
        chargers=[_charger(random, int(number < 4)) for number in range(10)],
    )


def many_chargers(count: int, supply_a_each: float, board_a: float = 63.0) -> Case:
    """Return a car park: boards of ten chargers each, behind one supply.

    The supply is named per charger and phase: with 6 A each all minimums fit.
    """
    random = Random(count)
    supply_a = supply_a_each * count
    boards = [Board(limit_a=(supply_a, supply_a - 4, supply_a - 7))]
    boards += [Board(limit_a=(board_a,) * 3, parent=0) for _ in range(count // 10)]
    return Case(
        name=f"{count} chargers, {supply_a_each:g} A each, boards of {board_a:g} A",
        boards=boards,
        chargers=[_charger(random, 1 + number // 10) for number in range(count)],
    )
