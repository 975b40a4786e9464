"""Problems: what holds now and needs a person, with its numbers."""

from collections.abc import Callable, Iterator, Sequence

from .budget import ends_higher
from .decision import Freshness, Problem, ProblemKind
from .evidence import MAP_VOTES
from .freshness import INVERTED_VOTES
from .inputs import FallbackCause
from .masters import disobeys
from .member import Member
from .phases import choice_of
from .stability import Candidate
from .tree import Tree

SHARE_SLACK_A = 0.5


def problems_of(candidates: Sequence[Candidate], tree: Tree) -> tuple[Problem, ...]:
    """Return all problems of now."""
    problems = [*_meter_problems(tree)]
    for one in candidates:
        for look in _LOOKS:
            problems += look(one.member, tree)
    return tuple(problems)


def _meter_problems(tree: Tree) -> Iterator[Problem]:
    for key, meter in tree.memory.meters.items():
        if any(meter.frozen):
            yield Problem(kind=ProblemKind.METER_FROZEN, subject=key)
        elif meter.inverted_votes >= INVERTED_VOTES:
            yield Problem(kind=ProblemKind.METER_INVERTED, subject=key)
        elif meter.freshness is Freshness.LOST:
            last_at = meter.reading_at
            numbers = {} if last_at is None else {"age_s": tree.now - last_at}
            yield Problem(kind=ProblemKind.METER_LOST, subject=key, numbers=numbers)
        if meter.map_votes >= MAP_VOTES:
            yield Problem(kind=ProblemKind.PHASE_MAP_CONTRADICTED, subject=key)


def _second_master(member: Member, tree: Tree) -> Iterator[Problem]:
    seen, memory = member.seen, member.memory
    if memory.has_other_master and seen is not None:
        numbers = {"commanded_a": memory.issued_a, "confirmed_a": seen.confirmed_a}
        known = {name: value for name, value in numbers.items() if value is not None}
        yield Problem(kind=ProblemKind.SECOND_MASTER, subject=member.key, numbers=known)


def _disobeys(member: Member, tree: Tree) -> Iterator[Problem]:
    if disobeys(member) and member.memory.samples:
        measured_a = max(member.memory.samples[-1].terminals_a)
        numbers = {"measured_a": measured_a}
        if member.seen is not None and member.seen.confirmed_a is not None:
            numbers["confirmed_a"] = member.seen.confirmed_a
        yield Problem(kind=ProblemKind.DISOBEYS, subject=member.key, numbers=numbers)


def _rating(member: Member, tree: Tree) -> Iterator[Problem]:
    if member.capabilities is None or not member.has_circuit:
        return
    least = min(
        (choice_of(member, count) for count in member.capabilities.phases),
        key=lambda choice: choice.minimum_a,
    )
    uses_a = member.on_grid(1.0, len(least.terminals))
    for circuit in tree.path(member.config.circuit):
        margin_a = circuit.margin_a if circuit.has_meter else 0.0
        limit_a = min(
            circuit.rating_a[phase] - circuit.reserve_a[phase] - margin_a
            for phase, count in enumerate(uses_a)
            if count
        )
        if limit_a < least.minimum_a:
            numbers = {"limit_a": limit_a, "minimum_a": least.minimum_a}
            yield Problem(
                kind=ProblemKind.RATING_BELOW_MINIMUM,
                subject=member.key,
                numbers=numbers,
            )
            return


def _fallback(member: Member, tree: Tree) -> Iterator[Problem]:
    """Compare what it falls to by itself with its share; a lease that ends higher has its own word."""
    seen = member.seen
    if seen is None or not member.counts or not tree.is_dynamic(member):
        return
    causes = (FallbackCause.SILENCE, FallbackCause.RESTART, FallbackCause.PLUG_IN)
    found = [seen.capabilities.fallback(cause) for cause in causes]
    full_a = seen.capabilities.full_current_a
    worst_a = max(
        (
            full_a if item.current_a is None else item.current_a
            for item in found
            if item
        ),
        default=0.0,
    )
    share_a = member.memory.share_a
    if worst_a > share_a + SHARE_SLACK_A:
        numbers = {"fallback_a": worst_a, "share_a": share_a}
        yield Problem(
            kind=ProblemKind.FALLBACK_ABOVE_SHARE, subject=member.key, numbers=numbers
        )


def _lease(member: Member, tree: Tree) -> Iterator[Problem]:
    """Ask for a lower end of its lease; below its share, only a set-point that is lower still goes without."""
    capabilities = member.capabilities
    in_force_a = member.in_force_a
    if (
        capabilities is None
        or in_force_a is None
        or not ends_higher(member, in_force_a)
    ):
        return
    fallback = capabilities.fallback(FallbackCause.LEASE_END)
    numbers = {"set_point_a": in_force_a}
    if fallback is not None and fallback.current_a is not None:
        if fallback.current_a <= member.memory.share_a:
            return
        numbers["fallback_a"] = fallback.current_a
    yield Problem(
        kind=ProblemKind.LEASE_ENDS_HIGHER, subject=member.key, numbers=numbers
    )


def _circuit_missing(member: Member, tree: Tree) -> Iterator[Problem]:
    if not member.has_circuit:
        yield Problem(kind=ProblemKind.CIRCUIT_MISSING, subject=member.key)


def _wears(member: Member, tree: Tree) -> Iterator[Problem]:
    if (
        member.capabilities is not None
        and not member.capabilities.write_budget.is_volatile
    ):
        yield Problem(kind=ProblemKind.WEARS_MEMORY, subject=member.key)


_LOOKS: tuple[Callable[[Member, Tree], Iterator[Problem]], ...] = (
    _second_master,
    _disobeys,
    _rating,
    _fallback,
    _lease,
    _circuit_missing,
    _wears,
)
