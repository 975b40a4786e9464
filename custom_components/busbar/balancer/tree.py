"""The tree of circuits over one step: its meters, its limits now, and its limits in fail-safe.

A circuit with a meter is limited by what the meter leaves; one without by its rating minus its reserve. The
same code serves both: a static budget is a limit that does not move.
"""

from collections.abc import Mapping, Sequence

from .decision import Freshness
from .evidence import take_evidence
from .freshness import follow_rhythm, freshness
from .headroom import LASTING_S, MeterState, lowest, phases_of, update_limit
from .inputs import CircuitConfig, Inputs, SiteConfig
from .member import Member, at_most, minus, plus
from .memory import Memory, MeterMemory
from .model import (
    NO_AMPS,
    UNLIMITED,
    Circuit,
    Phase,
    PhaseAmps,
    PhaseChoice,
    Reservation,
    Site,
)
from .phases import choice_of
from .stability import Candidate

WORST_FIRST = (Freshness.LOST, Freshness.STALE, Freshness.FRESH, Freshness.NO_METER)


class Tree:
    """The circuits of a site during one step."""

    def __init__(
        self, site: SiteConfig, memory: Memory, inputs: Inputs, now: float
    ) -> None:
        """Lay out the tree; meters are read by `read_meters`."""
        self.site, self.inputs, self.now = site, inputs, now
        self.memory = memory
        self.circuits: Mapping[str, CircuitConfig] = {
            item.key: item for item in site.circuits
        }
        self.supply = next(item for item in site.circuits if item.parent is None)
        self.states: dict[str, MeterState] = {}
        self.target_a, self.target_ends_at = self._target()
        self._paths: dict[str, tuple[CircuitConfig, ...]] = {}

    def _target(self) -> tuple[PhaseAmps | None, float | None]:
        """Return the target in force and its end: the person's, or the default after its lease."""
        target = self.inputs.target
        if target is not None and (target.ends_at is None or self.now < target.ends_at):
            return target.currents_a, target.ends_at
        return self.site.default_target_a, None

    def path(self, key: str) -> tuple[CircuitConfig, ...]:
        """Return a circuit and all above it; what is missing hangs at the supply."""
        if key not in self._paths:
            path: list[CircuitConfig] = []
            node = self.circuits.get(key, self.supply)
            while True:
                path.append(node)
                parent = (
                    self.circuits.get(node.parent) if node.parent is not None else None
                )
                if parent is None or parent in path:
                    break
                node = parent
            self._paths[key] = tuple(path)
        return self._paths[key]

    def below(self, circuit: CircuitConfig, members: Sequence[Member]) -> list[Member]:
        """Return the members that a circuit feeds, also through others."""
        return [one for one in members if circuit in self.path(one.config.circuit)]

    def read_meters(self, members: Sequence[Member]) -> None:
        """Take the newest readings: freshness first, then the limits that they give."""
        # A meter that is no longer configured is no lost one.
        metered = {circuit.key for circuit in self.site.circuits if circuit.has_meter}
        for key in self.memory.meters.keys() - metered:
            del self.memory.meters[key]
        for circuit in self.site.circuits:
            if not circuit.has_meter:
                self.states[circuit.key] = MeterState(freshness=Freshness.NO_METER)
                continue
            self._read_meter(circuit, self.below(circuit, members))

    def _read_meter(self, circuit: CircuitConfig, below: Sequence[Member]) -> None:
        meter = self.memory.meters.setdefault(circuit.key, MeterMemory())
        reading = self.inputs.meters.get(circuit.key)
        options, now = self.site.options, self.now
        phases = phases_of(circuit)
        follow_rhythm(meter, reading, phases, now)
        if reading is not None:
            take_evidence(circuit, meter, reading, below, options, now)
        started_at = self.memory.started_at or now
        fresh = freshness(meter, reading, options, now, started_at)
        state = MeterState(freshness=fresh)
        if reading is not None and fresh is not Freshness.LOST:
            state = update_limit(circuit, meter, reading, below, state, options, now)
        elif fresh is Freshness.LOST:
            # What it granted is worth nothing any more: after it is back it begins with what flows.
            meter.granted_a = None
            meter.lows = ()
        meter.freshness, meter.is_overloaded = state.freshness, state.is_overloaded
        self.states[circuit.key] = state

    def freshness_of(self, member: Member) -> Freshness:
        """Return the worst freshness of all meters above a member."""
        found = {
            self.states[circuit.key].freshness
            for circuit in self.path(member.config.circuit)
        }
        return next(item for item in WORST_FIRST if item in found)

    def is_dynamic(self, member: Member) -> bool:
        """Return whether a meter limits a member."""
        return any(self._moves(circuit) for circuit in self.path(member.config.circuit))

    def _moves(self, circuit: CircuitConfig) -> bool:
        """Return whether a meter moves this limit; one that is lost leaves a budget that stands."""
        state = self.states[circuit.key]
        return circuit.has_meter and state.freshness is not Freshness.LOST

    def limits(self, reservations: tuple[Reservation, ...]) -> Site:
        """Return the limits of now."""
        circuits = tuple(
            Circuit(
                key=circuit.key,
                parent=circuit.parent,
                limit_a=self.limit_of(circuit),
                export_limit_a=self._export_limit(circuit),
            )
            for circuit in self.site.circuits
        )
        return Site(
            circuits=circuits,
            target_a=self.target_a,
            reservations=reservations,
            phases=phases_of(self.supply),
        )

    def fail_safe_limits(self, reservations: tuple[Reservation, ...]) -> Site:
        """Return the limits that would hold if all meters were lost and the target had run out."""
        circuits = tuple(
            Circuit(
                key=circuit.key,
                parent=circuit.parent,
                limit_a=self._fail_safe(circuit),
                export_limit_a=NO_AMPS,
            )
            for circuit in self.site.circuits
        )
        target_a = self.target_a
        if self.target_ends_at is not None and self.site.default_target_a is not None:
            target_a = at_most(target_a or UNLIMITED, self.site.default_target_a)
        return Site(
            circuits=circuits,
            target_a=target_a,
            reservations=reservations,
            phases=phases_of(self.supply),
        )

    def limit_of(self, circuit: CircuitConfig) -> PhaseAmps:
        """Return what members below a circuit may take together now."""
        static_a = minus(circuit.rating_a, circuit.reserve_a)
        if not circuit.has_meter:
            return static_a
        meter = self.memory.meters[circuit.key]
        if (
            self.states[circuit.key].freshness is Freshness.LOST
            or meter.granted_a is None
        ):
            return self._fail_safe(circuit)
        # A reserve is kept also where the meter shows less; without one, the sun may give more than the rating.
        kept = [
            min(granted_a, static_a[phase]) if circuit.reserve_a[phase] else granted_a
            for phase, granted_a in enumerate(meter.granted_a)
        ]
        return kept[0], kept[1], kept[2]

    def _fail_safe(self, circuit: CircuitConfig) -> PhaseAmps:
        static_a = minus(circuit.rating_a, circuit.reserve_a)
        if circuit.fail_safe_a is not None:
            return at_most(static_a, circuit.fail_safe_a)
        return NO_AMPS if circuit.has_meter else static_a

    def _export_limit(self, circuit: CircuitConfig) -> PhaseAmps:
        state = self.states[circuit.key]
        if state.freshness is Freshness.LOST:
            return NO_AMPS
        return state.export_room_a or circuit.export_rating_a or circuit.rating_a

    def has_lasting_room(self, running: Sequence[Member], one: Candidate) -> bool:
        """Return whether its minimum fits, with a reserve, into what was there all the time of late.

        The reserve is asked for only beside others (the reference's enable factor): the first charger
        needs just its minimum. Who has its turn takes the place of somebody, and needs no more either.
        """
        beside = [] if one.member.memory.turn_at is not None else running
        return any(self._lasts(beside, one.member, choice) for choice in one.choices)

    def has_room_for_phases(self, running: Sequence[Member], member: Member) -> bool:
        """Return whether a member could go to all its phases and stay there."""
        capabilities = member.capabilities
        if not self.is_dynamic(member) or capabilities is None:
            return True
        has_contactor = member.config.contactor is not None
        if not has_contactor and not capabilities.can_switch_phases:
            return True
        counts = {3} if has_contactor else capabilities.phases
        return self._lasts(running, member, choice_of(member, max(counts)))

    def _lasts(
        self, running: Sequence[Member], member: Member, choice: PhaseChoice
    ) -> bool:
        """Return whether a choice fits beside all that run, by every meter above it."""
        beside = [other for other in running if other is not member]
        factor = self.site.options.start_reserve_factor if beside else 1.0
        for circuit in self.path(member.config.circuit):
            if not self._moves(circuit):
                continue
            low_a = lowest(self.memory.meters[circuit.key], LASTING_S, self.now)
            if low_a is None:
                return False
            wanted_a = member.on_grid(factor * choice.minimum_a, len(choice.terminals))
            for other in beside:
                if circuit in self.path(other.config.circuit):
                    least_a = choice_of(other, other.phases_now).minimum_a
                    wanted_a = plus(wanted_a, other.on_grid(least_a, other.phases_now))
            if any(
                wanted_a[phase] > low_a[phase] for phase in Phase if wanted_a[phase]
            ):
                return False
        return True


def reservation_of(member: Member, circuit: str) -> Reservation:
    """Return what a member that is not steered now may draw and give."""
    return Reservation(
        key=member.key,
        circuit=circuit,
        charge_a=member.may_draw_a,
        discharge_a=member.may_give_a,
    )
