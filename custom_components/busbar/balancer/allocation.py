"""One instant: who gets how much, and why.

A pure function in three moves. First who runs at all: everybody at the minimum if that fits, else the
best set (`active_set`). Then the current beyond the minimums rises like water (`water`), higher
priorities first. Then each result is explained by the limit that stopped it (`explain`).
"""

from collections.abc import Sequence

from .active_set import choose
from .contender import Contender
from .explain import Explainer
from .limits import Limits, fits
from .model import Distribution, Request, Site, SiteError
from .water import fill


def allocate(site: Site, requests: Sequence[Request]) -> Distribution:
    """Return what every request gets at this instant, with the reason.

    Raises `SiteError` where the site or a request contradicts itself: an unknown or circular circuit,
    a key used twice, an endless maximum.
    """
    limits = Limits(site)
    everyone = [
        Contender(request, index, limits) for index, request in enumerate(requests)
    ]
    contenders, standing_by = _sort_out(everyone)
    free_a = limits.free_a.copy()
    running = choose(contenders, free_a)
    _offer_minimums(standing_by, free_a)
    fill(running, free_a)
    explainer = Explainer(limits, running)
    allocations = {one.request.key: explainer.explain(one) for one in everyone}
    if len(allocations) != len(everyone):
        raise SiteError("A request key is used twice")
    return Distribution(
        allocations=allocations,
        circuits={
            circuit.key: explainer.use_of(circuit.key) for circuit in site.circuits
        },
        target=explainer.use_of(None) if site.target_a is not None else None,
    )


def _sort_out(everyone: Sequence[Contender]) -> tuple[list[Contender], list[Contender]]:
    """Return who contends, and who only stands by; all others stay at 0 A."""
    contenders: list[Contender] = []
    standing_by: list[Contender] = []
    for one in everyone:
        if one.request.blocked is None and one.possible:
            (standing_by if one.request.stands_by else contenders).append(one)
    return contenders, standing_by


def _offer_minimums(standing_by: Sequence[Contender], free_a: list[float]) -> None:
    """Offer each its minimum if it fits beside all that run; each alone, for it draws nothing yet."""
    for one in standing_by:
        for option in one.possible:
            if fits(option.uses, option.minimum_a, free_a):
                one.run(option)
                break
