"""What one decision costs, reasons included, beside acnportal's round robin on the same site.

Both run by turns, block by block, with the garbage collector off; time is that of the processor, and
each figure is a median over the blocks: so a busy machine slows both, and their ratio hardly moves.
"""

from collections.abc import Sequence
import gc
from statistics import median
from time import thread_time_ns

from custom_components.busbar.balancer.allocation import allocate

from .cases import Case, many_chargers, ten_chargers
from .peers.client import MISSING, Peers, peers
from .report import Result, Table, Target, progress

BLOCKS = 9
_BLOCK_NS = 30_000_000
_PEER_DECISIONS = 3
_PEER = "round robin"
"""As it comes: it raises by 0.1 A at a time."""
_COARSE_PEER = "round robin in whole amperes"
"""Ten times fewer steps, for results ten times coarser."""
_WARM_UP = 20

TARGETS = {
    "speedup": Target(at_least=25),
    "us_10": Target(at_most=120),
    "us_200": Target(at_most=2000),
    "us_200_scarce": Target(at_most=2000),
}


def run() -> Result:
    """Measure all sites, and the ratio at ten chargers."""
    ten = ten_chargers()
    sites = {
        "1": Case(
            name="one charger", boards=ten.boards[:1], chargers=ten.chargers[4:5]
        ),
        "10": ten,
        "10_scarce": ten_chargers((26.0, 19.0, 22.0)),
        "50": many_chargers(50, 6.0),
        "50_scarce": many_chargers(50, 2.0),
        "200": many_chargers(200, 6.0),
        "200_scarce": many_chargers(200, 2.0),
    }
    figures: dict[str, float] = {}
    rows: list[tuple[str | float, ...]] = []
    with peers() as installed:
        if installed is None:
            progress(MISSING)
        for name, case in sites.items():
            progress(f"{case.name} ({name}): {BLOCKS} blocks")
            asked = installed if len(case.chargers) == len(ten.chargers) else None
            own_us, peer_us, coarse_us = _measure(case, asked)
            figures[f"us_{name}"] = median(own_us)
            title = f"{case.name}, scarce" if name.endswith("_scarce") else case.name
            rows.append((title, *_quartiles(own_us)))
            if asked is not None:
                suffix = name.removeprefix("10")
                figures[f"speedup{suffix}"] = _ratio(peer_us, own_us)
                figures[f"speedup{suffix}_coarse"] = _ratio(coarse_us, own_us)
                rows.append((f"{title}: acnportal", *_quartiles(peer_us)))
                rows.append(
                    (f"{title}: acnportal, whole amperes", *_quartiles(coarse_us))
                )
    return Result(
        name="cost",
        compares_with="acnportal's round robin at ten chargers, by turns in the same run",
        figures=figures,
        targets=TARGETS,
        tables=[
            Table(
                title="microseconds per decision: median and quartiles over the blocks",
                columns=("site", "median", "lower", "upper"),
                rows=rows,
            )
        ],
        notes=() if "speedup" in figures else (MISSING,),
    )


def _measure(
    case: Case, installed: Peers | None
) -> tuple[list[float], list[float], list[float]]:
    """Return microseconds per decision and block: ours, the peer's, the peer's in whole amperes."""
    own_us, peer_us, coarse_us = [], [], []
    for _ in range(BLOCKS):
        own_us.append(_own_block(case))
        if installed is not None:
            taken_ns = installed.measure(case, _PEER, _PEER_DECISIONS)
            peer_us.append(median(taken_ns) / 1000)
            taken_ns = installed.measure(case, _COARSE_PEER, _PEER_DECISIONS)
            coarse_us.append(median(taken_ns) / 1000)
    return own_us, peer_us, coarse_us


def _own_block(case: Case) -> float:
    site, requests = case.question(in_line=True)
    decisions = 0
    for _ in range(_WARM_UP):
        allocate(site, requests)
    gc.collect()
    gc.disable()
    start = thread_time_ns()
    while (taken_ns := thread_time_ns() - start) < _BLOCK_NS:
        allocate(site, requests)
        decisions += 1
    gc.enable()
    return taken_ns / decisions / 1000


def _ratio(theirs: Sequence[float], ours: Sequence[float]) -> float:
    return median(their / our for their, our in zip(theirs, ours, strict=True))


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    ordered = sorted(values)
    return median(ordered), ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]
