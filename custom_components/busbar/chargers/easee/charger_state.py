"""What an Easee charger is and says; its commands stand in `charger.py`."""

from datetime import UTC, datetime
from typing import Any, Final, override

from ..model import (
    UNKNOWN_PHASES,
    Capabilities,
    ChargerStatus,
    CurrentRange,
    Fallback,
    FallbackCause,
    Identity,
    Limit,
    Measurement,
    PhaseValues,
    Snapshot,
)
from . import chain, parse
from .budget import Kind
from .charger_features import ALONE, COMMON
from .circuit import EaseeCircuit
from .circuit_state import LATENCY_S, WRITES
from .const import CHARGER_RESET_A, HARDWARE_A, MAKE, MINIMUM_A
from .device import Link
from .features import Entry
from .member import CircuitMember
from .observations import OF_CIRCUIT, POLLED, PRODUCTS, TERMINALS, Obs
from .plans import PlanBook
from .reports import Report, Reports, Row
from .schedule import SLOT_KEYS
from .setpoint import FOREIGN, Cause, SetPoint
from .topology import FoundCharger

MEASURES: Final = frozenset(
    {
        Measurement.POWER,
        Measurement.CURRENTS,
        Measurement.VOLTAGES,
        Measurement.LIFETIME_ENERGY,
        Measurement.SESSION_ENERGY,
        Measurement.SIGNAL,
    }
)
FLOW: Final = (int(Obs.POWER_KW), *TERMINALS)


class ChargerState(CircuitMember):
    """A charger as its reports show it."""

    def __init__(
        self,
        link: Link,
        found: FoundCharger,
        circuit: EaseeCircuit | None,
        reports: Reports,
    ) -> None:
        """Begin without a report."""
        code = found.product_code
        identity = Identity(
            make=MAKE,
            model=PRODUCTS.get(code or 0, "Charger"),
            name=found.name,
            serial=found.id,
            model_id=None if code is None else str(code),
        )
        super().__init__(link, identity, reports, found)
        self.circuit = circuit
        self.set_point = SetPoint()
        self.plans = PlanBook(link, found.id)
        self.latest_firmware: int | None = None
        self.cost_this_month: float | None = None
        self.currency: str | None = None
        self._mode: int | None = None
        self._own_a: float | None = None
        self._was_online: bool | None = None

    # What it is

    @property
    def is_alone(self) -> bool:
        """Whether it is steered by its circuit: it survives plug-in and resume there."""
        circuit = self.circuit
        return circuit is not None and circuit.is_alone and circuit.is_accessible

    @property
    @override
    def is_online(self) -> bool | None:
        """Whether it has its cloud."""
        return parse.is_online(self.reports)

    @property
    def can_switch_phases(self) -> bool:
        """Whether zeros on its circuit choose its phases, and concern nobody else."""
        return parse.can_switch_phases(self.reports, is_alone=self.is_alone)

    @property
    def maximum_a(self) -> float:
        """The most that can be set here."""
        known = [HARDWARE_A, self.reports.number(Obs.CHARGER_MAXIMUM)]
        known.append(None if self.circuit is None else self.circuit.maximum_a)
        lowest_a = min(value for value in known if value is not None)
        return max(MINIMUM_A, float(int(lowest_a)))

    @property
    @override
    def entries(self) -> tuple[Entry, ...]:
        """Return its features; alone on its circuit its own limit is one more."""
        return ALONE if self.is_alone else COMMON

    @property
    @override
    def capabilities(self) -> Capabilities:
        """Return what it can do now."""
        circuit = self.circuit
        return Capabilities(
            charge=CurrentRange(
                minimum_a=MINIMUM_A, maximum_a=self.maximum_a, step_a=1.0
            ),
            full_current_a=HARDWARE_A,
            phases=parse.settable_phases(
                self.reports, may_switch=self.can_switch_phases
            ),
            can_pause=True,
            can_switch_phases=self.can_switch_phases,
            schedule_slots=SLOT_KEYS,
            pushes_updates=True,
            is_group_member=circuit is not None and not self.is_alone,
            lease=circuit.lease if circuit is not None and self.is_alone else None,
            write_budget=WRITES,
            typical_latency_s=LATENCY_S,
            poll_interval_s=self.link.poll_interval_s,
            falls_to=self._falls_to(),
            measures=MEASURES,
            limit_keys=chain.CHARGER_KEYS,
            error_keys=parse.ERROR_KEYS,
            features=tuple(entry.feature for entry in self.entries),
        )

    def _falls_to(self) -> tuple[Fallback, ...]:
        """Return what it does by itself; its own limit falls *up*, to all that others leave."""
        own = chain.charger_limits(self.reports, ours=None)
        cap_a = chain.lowest_but(
            own, chain.CHARGER_DYNAMIC, chain.TEMPERATURE, chain.GRID_METER
        )
        top_a = HARDWARE_A if cap_a is None else cap_a
        circuit = self.circuit
        if circuit is not None and self.is_alone:
            return tuple(
                Fallback(
                    cause=fall.cause,
                    current_a=top_a
                    if fall.current_a is None
                    else min(fall.current_a, top_a),
                    after_s=fall.after_s,
                )
                for fall in circuit.falls_to
            )
        plugged_a = min(CHARGER_RESET_A, top_a, self._circuit_a(reset=False))
        restarted_a = min(CHARGER_RESET_A, top_a, self._circuit_a(reset=True))
        return (
            Fallback(cause=FallbackCause.PLUG_IN, current_a=plugged_a),
            Fallback(cause=FallbackCause.RESTART, current_a=restarted_a),
        )

    def _circuit_a(self, *, reset: bool) -> float:
        """Return what the circuit leaves, as it is or after a restart of its master."""
        if self.circuit is None:
            return HARDWARE_A
        if reset:
            return self.circuit.reset_a
        return min(
            (limit.current_a for limit in self._circuit_limits()), default=HARDWARE_A
        )

    # What it says

    @property
    def charging_released(self) -> bool | None:
        """Whether nobody holds the charge back at the charger; 0 A of ours do not count."""
        if self.reports.flag(Obs.ENABLED) is False:
            return False
        if self.reports.number(Obs.CHARGER_DYNAMIC) is None:
            return None
        return not self.is_at_zero or self.link.memory.is_zeroed(self.found.id)

    @property
    def is_at_zero(self) -> bool:
        """Whether its own limit is at 0, by us or by a person's pause."""
        return self.reports.number(Obs.CHARGER_DYNAMIC) == 0

    @override
    async def poll(self) -> None:
        """Ask for all observations."""
        await self.poll_product(self.found.id, POLLED)

    @override
    def take(self, row: Row) -> None:
        """Take one value; those of the circuit belong to all on it."""
        super().take(row)
        circuit = self.circuit
        if circuit is None or circuit.master != self.found.id:
            return
        if row.number in OF_CIRCUIT or row.number in (Obs.ONLINE, Obs.MODE):
            circuit.take(row)
            for member in circuit.members:
                member.touch()

    @override
    def on_report(self, number: int, report: Report) -> None:
        """Notice a vehicle that arrives and a charger that comes back: both reset limits."""
        super().on_report(number, report)
        if number == Obs.MODE:
            before, self._mode = self._mode, self.reports.code(Obs.MODE)
            if before == 1 and (self._mode or 0) > 1:
                self.set_point.note_cause(Cause.PLUG_IN, report.measured_at)
            self._follow_online(report)
        elif number == Obs.ONLINE:
            self._follow_online(report)
        elif number == Obs.CHARGER_DYNAMIC:
            self._follow_zero()
        elif number == Obs.FINISHED_SESSION:
            energy_kwh = parse.finished_energy_kwh(self.reports)
            if energy_kwh is not None:
                self.happened(
                    "session_finished",
                    "finished",
                    report.measured_at,
                    energy=energy_kwh,
                )
        elif number == Obs.SCHEDULE:
            self.plans.is_due = True
        elif number == Obs.FIRMWARE:
            self.rename(firmware=str(self.reports.code(Obs.FIRMWARE)))

    def _follow_online(self, report: Report) -> None:
        """Notice that it has its cloud again; the mode tells of that too."""
        was_online, self._was_online = self._was_online, self.is_online
        if was_online is not False or not self._was_online:
            return
        self.set_point.note_cause(Cause.RESTART, report.measured_at)
        if self.circuit is not None and self.circuit.master == self.found.id:
            self.circuit.set_point.note_cause(Cause.RESTART, report.measured_at)

    def _follow_zero(self) -> None:
        """Forget a 0 A of ours that is over: the next one is a person's pause."""
        before_a, self._own_a = self._own_a, self.reports.number(Obs.CHARGER_DYNAMIC)
        self.follow_own_limit()
        point = self.set_point
        if point.is_trying((0.0,)) or point.is_overtaken(self.link.clock()):
            return
        is_over = bool(self._own_a) and not before_a
        if point.commanded is not None and point.commanded[0] > 0:
            # What we wanted since is more, so even a 0 A is somebody else's.
            is_over = True
        if is_over:
            self.link.memory.remember_zero(self.found.id, ours=False)

    def on_answer(self, answer: dict[str, Any]) -> None:
        """Notice a command that the cloud took and the charger did not."""
        if answer.get("wasAccepted") is False:
            self.happened("command_refused", "refused", self.link.clock())
            self.touch()

    def follow_own_limit(self) -> None:
        """Compare the reported limit of the charger itself with ours."""
        point, report = self.set_point, self.reports.report(Obs.CHARGER_DYNAMIC)
        value = self.reports.number(Obs.CHARGER_DYNAMIC)
        if report is None or value is None:
            return
        if ((value,), report.measured_at) != (point.confirmed, point.confirmed_at):
            point.report((value,), report.measured_at, _told_by(point, value))

    def _steering_point(self) -> SetPoint:
        """Return the set-point that steers it."""
        if self.circuit is not None and self.is_alone:
            self.circuit.follow_set_point()
            return self.circuit.set_point
        self.follow_own_limit()
        return self.set_point

    def _circuit_limits(self) -> tuple[Limit, ...]:
        if self.circuit is None:
            return ()
        ours = chain.CIRCUIT_DYNAMIC if self.is_alone else None
        rated_a = self.circuit.found.rated_a
        return chain.circuit_limits(self.circuit.reports, rated_a, ours=ours)

    def _limits(self) -> tuple[Limit, ...]:
        ours = None if self.is_alone else chain.CHARGER_DYNAMIC
        return (
            *self._circuit_limits(),
            *chain.charger_limits(self.reports, ours=ours),
            *chain.momentary_limits(self.reports),
        )

    @override
    def build(self, received_at: float) -> Snapshot:
        """Return a snapshot; a charger without its cloud measures nothing that we hear."""
        reports, point = self.reports, self._steering_point()
        heard = self.is_online is not False
        self.tell_reset(point)
        now_s = self.link.clock()
        flow: PhaseValues = parse.currents_a(reports) if heard else UNKNOWN_PHASES
        return Snapshot(
            received_at=received_at,
            measured_at=reports.newest(FLOW),
            status=self._status(),
            raw_status=parse.raw_status(reports),
            vehicle_connected=parse.vehicle_connected(reports),
            error=parse.error(reports),
            commanded_a=_highest(point.commanded),
            commanded_at=point.commanded_at,
            confirmed_a=_highest(point.confirmed),
            confirmed_at=point.confirmed_at,
            offered_a=reports.number(Obs.OUTPUT_CURRENT) if heard else None,
            limits=self._limits(),
            power_w=parse.power_w(reports) if heard else None,
            currents_a=flow,
            voltages_v=parse.voltages_v(reports) if heard else UNKNOWN_PHASES,
            lifetime_energy_kwh=reports.number(Obs.LIFETIME_ENERGY),
            session_energy_kwh=reports.number(Obs.SESSION_ENERGY),
            phases=self._phases(),
            phases_wanted=self._phases_wanted(),
            charging_released=self.charging_released,
            started_at=point.reset_at if point.reset_by is Cause.RESTART else None,
            is_cut_off=not heard,
            signal_dbm=parse.signal_dbm(reports),
            foreign_control=FOREIGN if point.is_foreign(now_s) else None,
            schedule=self.plans.slots,
            currency=self.currency,
            values=self.feature_values(),
            occurrences=self.occurrences,
        )

    def _status(self) -> ChargerStatus | None:
        """Return the status; a 0 A of ours looks like a person's pause, and is none."""
        status = parse.status(self.reports)
        if status is ChargerStatus.PAUSED and self.link.memory.is_zeroed(self.found.id):
            return ChargerStatus.SUSPENDED_BY_CHARGER
        return status

    def _phases(self) -> int | None:
        """Return with how many phases it charges, or would."""
        active = parse.active_phases(self.reports)
        if active is not None:
            return active
        settable = parse.settable_phases(
            self.reports, may_switch=self.can_switch_phases
        )
        return self._phases_wanted() or max(settable)

    def _phases_wanted(self) -> int | None:
        locked = parse.phases_wanted(self.reports)
        if locked is None and self.can_switch_phases and self.circuit is not None:
            return self.circuit.phases
        return locked

    @override
    def _is_covered(self) -> bool:
        return self.link.stream.covers(self.found.id)

    # Things that change seldom

    @property
    @override
    def wants_details(self) -> bool:
        """Whether another plan may be there."""
        return self.plans.is_due

    @override
    async def read_details(self) -> None:
        """Read plans and the newest firmware."""
        await self.plans.read()
        answer = await self.link.client.call(
            Kind.OTHER, self.found.library.get_latest_firmware
        )
        latest = answer.get("latestFirmware") if isinstance(answer, dict) else None
        self.latest_firmware = latest if isinstance(latest, int) else None
        self.touch()


def _told_by(point: SetPoint, value: float) -> Cause | None:
    """Return what a new own limit tells by itself: pausing sets it to 0, resuming to its highest."""
    if value == 0:
        return Cause.PAUSE
    resumes = point.confirmed == (0.0,) and value >= CHARGER_RESET_A
    return Cause.RESUME if resumes else None


def month_start(epoch_s: float) -> datetime:
    """Return the first moment of the month, in UTC."""
    now = datetime.fromtimestamp(epoch_s, UTC)
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _highest(value: tuple[float, ...] | None) -> float | None:
    return None if value is None else max(value)
