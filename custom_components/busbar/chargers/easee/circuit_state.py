"""What a circuit is and says; its commands stand in `circuit.py`."""

from dataclasses import replace
from typing import Final, override

from ..errors import Unsupported
from ..model import (
    Capabilities,
    CurrentRange,
    Fallback,
    FallbackCause,
    Identity,
    Lease,
    Measurement,
    PhaseValues,
    Role,
    Snapshot,
    WriteBudget,
)
from . import chain, parse
from .budget import Kind
from .circuit_features import CIRCUIT_ENTRIES
from .client import NoAccess
from .const import (
    HARDWARE_A,
    HOME_CODE,
    HOME_RESET_A,
    LEASE_MAXIMUM_S,
    MAKE,
    MINIMUM_A,
    OFFLINE_AFTER_S,
    OTHER_RESET_A,
)
from .device import Device, Link
from .features import Entry
from .member import CircuitMember
from .observations import CIRCUIT_CURRENT, CIRCUIT_MAXIMUM, DYNAMIC, OFFLINE
from .reports import Reports, Row
from .setpoint import FOREIGN, Amps, Cause, SetPoint
from .topology import FoundCircuit

WRITES: Final = WriteBudget(minimum_gap_s=5.0, per_minute=10, per_account=True)
LATENCY_S: Final = 3.0
SETTINGS: Final = (
    ("maxCircuitCurrent", CIRCUIT_MAXIMUM),
    ("offlineMaxCircuitCurrent", OFFLINE),
    ("dynamicCircuitCurrent", DYNAMIC),
)

type Phases = tuple[float, float, float]


class CircuitState(Device):
    """A circuit as its master reports it."""

    def __init__(self, link: Link, found: FoundCircuit, reports: Reports) -> None:
        """Begin without chargers and without knowing whether we may write."""
        identity = Identity(
            make=MAKE, model="Circuit", name=found.name, serial=f"circuit_{found.id}"
        )
        super().__init__(link, identity, reports)
        self.found = found
        self.master: str | None = found.master
        self.members: list[CircuitMember] = []
        self._is_readable = True
        self.is_write_refused = False
        self.set_point = SetPoint(reset_a=HOME_RESET_A)
        self._chosen_phases = 3

    @property
    def is_accessible(self) -> bool:
        """Whether the account may limit it, as far as the cloud has said."""
        return self._is_readable and not self.is_write_refused

    @property
    def is_alone(self) -> bool:
        """Whether one charger has this circuit for itself."""
        return len(self.found.chargers) == 1

    @property
    def phases(self) -> int:
        """With how many phases the present limit lets charge; zeros on all keep what was chosen."""
        present = self.set_point.commanded or self._dynamic()
        return (present and _phases_of(present)) or self._chosen_phases

    def choose_phases(self, limits_a: Phases) -> None:
        """Remember with how many phases these limits let charge, if with any."""
        self._chosen_phases = _phases_of(limits_a) or self._chosen_phases

    @property
    def maximum_a(self) -> float:
        """The most per phase that fuse and stored maximum allow."""
        stored_a = chain.over_phases(self.reports.triple(CIRCUIT_MAXIMUM))
        known = [value for value in (self.found.rated_a, stored_a) if value]
        return float(int(min(known, default=HARDWARE_A)))

    @property
    def offline_a(self) -> float | None:
        """The most per phase that it falls to without the cloud and at the end of a lease."""
        known = [a for a in self.reports.triple(OFFLINE) if a is not None]
        return None if len(known) < 3 else min(max(known), self.maximum_a)

    @property
    def reset_a(self) -> float:
        """What its dynamic limit is after a restart of the master, if nothing else limits."""
        products = {member.found.product_code for member in self.members}
        default_a = HOME_RESET_A if products <= {HOME_CODE} else OTHER_RESET_A
        return min(default_a, self.maximum_a)

    @property
    def falls_to(self) -> tuple[Fallback, ...]:
        """What it does by itself; a vehicle that is plugged in changes nothing here."""
        return (
            Fallback(
                cause=FallbackCause.SILENCE,
                current_a=self.offline_a,
                after_s=OFFLINE_AFTER_S,
            ),
            Fallback(
                cause=FallbackCause.LEASE_END, current_a=self.offline_a, after_s=60.0
            ),
            Fallback(cause=FallbackCause.RESTART, current_a=self.reset_a),
        )

    @property
    def lease(self) -> Lease | None:
        """The time-to-live of the dynamic limit; without a known end there is none."""
        if self.offline_a is None:
            return None
        return Lease(minimum_s=60.0, maximum_s=LEASE_MAXIMUM_S)

    @property
    @override
    def entries(self) -> tuple[Entry, ...]:
        """Return its features."""
        return CIRCUIT_ENTRIES

    @property
    def can_switch_phases(self) -> bool:
        """Whether zeros choose the phases of its one charger, and concern nobody else."""
        return self.is_accessible and any(
            parse.can_switch_phases(member.reports, is_alone=self.is_alone)
            for member in self.members
        )

    @property
    @override
    def capabilities(self) -> Capabilities:
        """Return what it can do now."""
        charge = CurrentRange(
            minimum_a=MINIMUM_A, maximum_a=max(MINIMUM_A, self.maximum_a), step_a=1.0
        )
        return Capabilities(
            role=Role.GROUP,
            charge=charge if self.is_accessible else None,
            phases=frozenset({1, 3}) if self.can_switch_phases else frozenset({3}),
            can_switch_phases=self.can_switch_phases,
            pushes_updates=True,
            lease=self.lease if self.is_accessible else None,
            write_budget=WRITES,
            typical_latency_s=LATENCY_S,
            poll_interval_s=self.link.poll_interval_s,
            falls_to=self.falls_to,
            measures=frozenset({Measurement.CURRENTS}),
            limit_keys=chain.CIRCUIT_KEYS,
            features=tuple(entry.feature for entry in self.entries),
        )

    @override
    async def read_details(self) -> None:
        """Read the limits; what the master reports is newer. Notes a missing right."""
        try:
            answer = await self.link.client.get(
                Kind.OTHER, f"{self.found.path}/settings"
            )
        except NoAccess, Unsupported:
            self._is_readable = False
            return
        self._is_readable = True
        if self.is_write_refused:
            # A right that was missing once may be there again; the next write shows it.
            self.is_write_refused = False
            self.touch_all()
        if not isinstance(answer, dict):
            return
        master = answer.get("masterChargerId")
        if isinstance(master, str) and master in self.found.chargers:
            self.master = master
        # They come without a time. Where a master reports, any report of it counts more.
        read_at = None if self._master_charger() is None else 0.0
        for name, numbers in SETTINGS:
            for phase, number in enumerate(numbers, 1):
                value = answer.get(f"{name}P{phase}")
                if isinstance(value, int | float):
                    self.take(Row(number=number, value=float(value), epoch_s=read_at))

    def touch_all(self) -> None:
        """Publish this circuit and all that hang below it."""
        for device in (self, *self.members):
            device.touch()

    def follow_set_point(self) -> None:
        """Compare the reported dynamic limit with ours."""
        reported, at_s = self._dynamic(), self.reports.newest(DYNAMIC)
        if reported is None or at_s is None:
            return
        if (reported, at_s) == (self.set_point.confirmed, self.set_point.confirmed_at):
            return
        if self.set_point.commanded is None:
            self.choose_phases(reported)
        explained: Cause | None = None
        if self.set_point.lease_ended(at_s) and reported == self._offline():
            explained = Cause.LEASE_END
        elif min(reported) >= HOME_RESET_A:
            explained = Cause.RESTART
        self.set_point.report(reported, at_s, explained)

    @override
    async def poll(self) -> None:
        """Ask the master, which reports for the circuit; without it, the settings."""
        self._polled_at = self.link.clock()
        master = self._master_charger()
        await (self.read_details() if master is None else master.refresh())

    @override
    def build(self, received_at: float) -> Snapshot:
        """Return a snapshot of the circuit."""
        self.follow_set_point()
        self.tell_reset(self.set_point)
        commanded, confirmed = self.set_point.commanded, self.set_point.confirmed
        master = self._master_charger()
        is_foreign = self.set_point.is_foreign(self.link.clock())
        limits = chain.circuit_limits(
            self.reports, self.found.rated_a, ours=chain.CIRCUIT_DYNAMIC
        )
        return Snapshot(
            received_at=received_at,
            measured_at=self.reports.newest(CIRCUIT_CURRENT),
            commanded_a=None if commanded is None else max(commanded),
            commanded_at=self.set_point.commanded_at,
            confirmed_a=None if confirmed is None else max(confirmed),
            confirmed_at=self.set_point.confirmed_at,
            offered_a=chain.lowest_but(limits),
            limits=limits,
            currents_a=self._currents(),
            phases=self.phases,
            started_at=self.set_point.reset_at
            if self.set_point.reset_by is Cause.RESTART
            else None,
            foreign_control=FOREIGN if is_foreign else None,
            is_cut_off=master is not None and master.is_online is False,
            group_members=tuple(member.identity.key for member in self.members),
            values={
                **self.feature_values(),
                **(
                    {"online": master.is_online}
                    if master and master.is_online is not None
                    else {}
                ),
            },
            occurrences=self.occurrences,
        )

    @override
    def _is_covered(self) -> bool:
        return self.master is not None and self.link.stream.covers(self.master)

    def update(self, found: FoundCircuit) -> None:
        """Take over what discovery says now."""
        self.found = found
        self.master = found.master or (
            self.master if self.master in found.chargers else None
        )
        self._identity = replace(self._identity, name=found.name)

    def _currents(self) -> PhaseValues:
        """Return what flows, as the master measures, else as the chargers do together."""
        measured = self.reports.triple(CIRCUIT_CURRENT)
        if None not in measured:
            return measured
        triples = [parse.currents_a(member.reports) for member in self.members]
        if not triples or any(None in triple for triple in triples):
            return measured
        first, second, third = (
            sum(triple[phase] or 0.0 for triple in triples) for phase in range(3)
        )
        return first, second, third

    def _master_charger(self) -> CircuitMember | None:
        for member in self.members:
            if member.found.id == self.master:
                return member
        return None

    def _dynamic(self) -> Phases | None:
        return _known(self.reports.triple(DYNAMIC))

    def _offline(self) -> Phases | None:
        return _known(self.reports.triple(OFFLINE))


def _phases_of(limits_a: Amps) -> int | None:
    """Return with how many phases these limits let charge, `None` for zeros."""
    first, *others = limits_a
    if any(others):
        return 3
    return 1 if first > 0 else None


def _known(values: PhaseValues) -> Phases | None:
    first, second, third = values
    if first is None or second is None or third is None:
        return None
    return first, second, third
