"""How good one instant is: who is served, with how much, and whether any limit is broken.

Small sites are compared with the best there is, found by trying every set (`exact`). Large ones are
compared with a linear programme without minimums, which no allocation can pass. acnportal's
algorithms get the same sites in the same run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from custom_components.busbar.balancer.allocation import allocate

from .cases import Case, many_chargers, scarce_cases, ten_chargers
from .exact import Outcome, exact
from .peers.client import MISSING, Peers, peers
from .report import Result, Table, Target, progress

PEER_ALGORITHMS = ("round robin", "earliest deadline first", "least laxity first")
_COARSE_A = 0.05
"""From here a limit counts as broken by a peer: its own tolerances are not held against it."""
_FINE_A = 1e-6
_MOST_FOR_PEERS = 50
"""The peers take seconds for larger sites."""

TARGETS = {
    "served_ratio": Target(at_least=0.995),
    "amps_ratio": Target(at_least=0.99),
    "ten_served_ratio": Target(at_least=0.995),
    "ten_amps_ratio": Target(at_least=0.99),
    "lp_ratio": Target(at_least=0.999),
    "broken_limits": Target(at_most=0),
}

ABOUT_BOARDS = (
    "The linear programme knows no fairness. Where one phase of a board is short and the others are not, "
    "it would take from one-phase cars what three-phase cars turn into more: there a fair allocation stays "
    "below it (lp_ratio_boards), and acnportal's round robin, which is fair too, is the one to compare with."
)

type Contestant = Callable[[Case], Outcome]


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """One contestant on several sites, against the reference."""

    served_ratio: float
    amps_ratio: float
    """Of the sums over all sites."""
    best_served: int
    """On how many sites nobody could serve more."""
    same_currents: int
    """On how many sites the currents are those of the reference, one by one from the least."""
    broken: int


def busbar(case: Case) -> Outcome:
    """Return what the balancer gives."""
    site, requests = case.question()
    allocations = allocate(site, requests).allocations
    return Outcome(currents_a=[allocations[one.key].current_a for one in requests])


def score(
    cases: Sequence[Case],
    references: Sequence[Outcome],
    contestant: Contestant,
    tolerance_a: float = _COARSE_A,
) -> Score:
    """Hold a contestant against the reference on every site."""
    outcomes = [contestant(case) for case in cases]
    both = list(zip(cases, outcomes, references, strict=True))
    return Score(
        served_ratio=sum(mine.served for _, mine, _ in both)
        / sum(best.served for _, _, best in both),
        amps_ratio=sum(mine.phase_amps(case) for case, mine, _ in both)
        / sum(best.phase_amps(case) for case, _, best in both),
        best_served=sum(mine.served >= best.served for _, mine, best in both),
        same_currents=sum(_is_same(mine, best) for _, mine, best in both),
        broken=sum(mine.broken_limits(case, tolerance_a) for case, mine, _ in both),
    )


def _is_same(mine: Outcome, best: Outcome) -> bool:
    pairs = zip(sorted(mine.currents_a), sorted(best.currents_a), strict=True)
    return all(abs(one - other) < 1e-3 for one, other in pairs)


def run() -> Result:
    """Compare on all sites; peers take part where they are installed."""
    small = scarce_cases()
    ten = [ten_chargers(), ten_chargers((26.0, 19.0, 22.0))]
    large = [
        many_chargers(count, supply_a_each)
        for count in (50, 200)
        for supply_a_each in (2.0, 3.0, 4.0)
    ]
    boards = [many_chargers(count, 8.0, board_a=40.0) for count in (50, 200)]
    progress(f"trying every set on {len(small)} scarce sites")
    small_references = [exact(case) for case in small]
    progress("trying every set of ten chargers")
    ten_references = [exact(case) for case in ten]
    with peers() as installed:
        if installed is None:
            progress(MISSING)
        contestants = _contestants(installed)
        tables = [
            _small_table("random scarce sites", small, small_references, contestants),
            _small_table(
                "ten chargers, plenty and scarce", ten, ten_references, contestants
            ),
        ]
        bounds = _bounds([*large, *boards], installed)
        tables.append(_large_table("a scarce supply", large, bounds, contestants))
        tables.append(_large_table("scarce boards", boards, bounds, contestants))
    own = [
        score(small, small_references, busbar, _FINE_A),
        score(ten, ten_references, busbar, _FINE_A),
    ]
    large_outcomes = [busbar(case) for case in (*large, *boards)]
    figures = {
        "served_ratio": own[0].served_ratio,
        "amps_ratio": own[0].amps_ratio,
        "ten_served_ratio": own[1].served_ratio,
        "ten_amps_ratio": own[1].amps_ratio,
        "broken_limits": float(
            sum(one.broken for one in own)
            + sum(
                outcome.broken_limits(case, _FINE_A)
                for case, outcome in zip((*large, *boards), large_outcomes, strict=True)
            )
        ),
    }
    if bounds:
        shares = [
            outcome.phase_amps(case) / bounds[case.name]
            for case, outcome in zip((*large, *boards), large_outcomes, strict=True)
        ]
        figures["lp_ratio"] = min(shares[: len(large)])
        figures["lp_ratio_boards"] = min(shares[len(large) :])
    return Result(
        name="allocation",
        compares_with="the exact optimum, the LP bound without minimums, and acnportal",
        figures=figures,
        targets=TARGETS,
        tables=tables,
        notes=(ABOUT_BOARDS,) if bounds else (MISSING,),
    )


def _contestants(installed: Peers | None) -> dict[str, Contestant]:
    contestants: dict[str, Contestant] = {"busbar": busbar}
    if installed is not None:
        for algorithm in PEER_ALGORITHMS:
            contestants[f"acnportal {algorithm}"] = _peer(installed, algorithm)
    return contestants


def _peer(installed: Peers, algorithm: str) -> Contestant:
    return lambda case: Outcome(currents_a=installed.allocate(case, algorithm))


def _bounds(cases: Sequence[Case], installed: Peers | None) -> dict[str, float]:
    """Return the LP bound of each site; none without a solver."""
    if installed is None:
        return {}
    progress("bounding the large sites by a linear programme")
    return {case.name: installed.bound(case) for case in cases}


def _small_table(
    title: str,
    cases: Sequence[Case],
    references: Sequence[Outcome],
    contestants: dict[str, Contestant],
) -> Table:
    rows: list[tuple[str | float, ...]] = []
    for name, contestant in contestants.items():
        progress(f"{title}: {name}")
        one = score(cases, references, contestant)
        rows.append(
            (
                name,
                one.served_ratio,
                one.amps_ratio,
                one.best_served,
                one.same_currents,
                one.broken,
            )
        )
    columns = (
        "contestant",
        "served",
        "phase-amps",
        "most served",
        "same currents",
        "broken",
    )
    return Table(title=f"{title} ({len(cases)}; exact = 1)", columns=columns, rows=rows)


def _large_table(
    title: str,
    cases: Sequence[Case],
    bounds: dict[str, float],
    contestants: dict[str, Contestant],
) -> Table:
    rows: list[tuple[str | float, ...]] = []
    for case in cases:
        for name, contestant in contestants.items():
            if name != "busbar" and len(case.chargers) > _MOST_FOR_PEERS:
                continue
            progress(f"{case.name}: {name}")
            outcome = contestant(case)
            share = outcome.phase_amps(case) / bounds[case.name] if bounds else "-"
            broken = outcome.broken_limits(case, _COARSE_A)
            rows.append((case.name, name, share, outcome.served, broken))
    columns = ("site", "contestant", "of the LP bound", "served", "broken")
    return Table(title=f"large sites, {title}", columns=columns, rows=rows)
