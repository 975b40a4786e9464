"""Gather what is known of one charger: polls are the truth, events run ahead of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..model import Occurrence
from .features import COMMAND_RESULT, VEHICLE_CHECK, VehicleCheck
from .ledger import Charge
from .memory import Memory
from .ownership import Ownership
from .parse import Status, merge, parse_status
from .pending import (
    GIVE_UP_S,
    SUBJECTS,
    TYPICAL_S,
    CommandKind,
    Ending,
    PendingCommands,
    Subject,
    laid_over,
    shows,
)
from .restore import Phase
from .slots import schedule_names
from .values import Wire

FULL_CURRENT_A: Final = 32.0
"""What an A2 or A3 can draw per phase where it does not say."""


class Reports:
    """Hold the newest report, what it proves, and what came of our commands."""

    def __init__(self, memory: Memory, wall: Callable[[], float]) -> None:
        """Begin without a report; `wall` tells how old a command from before a restart is."""
        self.memory = memory
        self._wall = wall
        self.pending = PendingCommands()
        self.wire: dict[str, Any] = {}
        self.status: Status = parse_status({})
        self.info: Wire = {}
        self.last_charge: Charge | None = None
        self.occurrences: dict[str, Occurrence] = {}
        self.is_checking = False
        self.sending: CommandKind | None = None
        """What is being sent about the lock: a report that crosses it shows how it was before."""
        self.has_report = False
        self.received_at = 0.0
        self.measured_at = 0.0
        self.commanded_a: float | None = None
        self.commanded_at: float | None = None
        self.confirmed_a: float | None = None
        self.confirmed_at: float | None = None
        self.has_currents = False
        self.house: frozenset[str] = frozenset()

    @property
    def full_current_a(self) -> float:
        """Return what it can draw per phase: the larger of its own two limits."""
        known = (self.status.maximum_a, self.status.limit_a)
        return max((a for a in known if a is not None), default=FULL_CURRENT_A)

    @property
    def names(self) -> tuple[str | None, ...]:
        """Return the names of the schedule slots."""
        return schedule_names(self.info)

    @property
    def coming(self) -> dict[str, Any]:
        """Return the status as it will be once all that is under way has come into effect."""
        wire = self.wire
        for pending in self.pending:
            wire = laid_over(wire, pending.expected)
        return wire

    def take_poll(self, wire: Wire, now: float) -> None:
        """Take a whole status; it replaces everything."""
        self._take(dict(wire), now)

    def take_event(self, event: Wire, now: float) -> None:
        """Take a part of a status that the charger has just sent."""
        self._take(merge(self.wire, event), now)

    def _take(self, wire: dict[str, Any], now: float) -> None:
        status = parse_status(wire, self.memory.power_unit)
        if status.online is not False and _content(wire) != _content(self.wire):
            self.measured_at = now
        if not self.has_report:
            self._resume(now)
        elif self._may_have_been_away(status, now):
            # What waited for it in the cloud takes effect a little later.
            self.pending.doubt(Subject.LOCK, now + TYPICAL_S)
        self.wire, self.status, self.received_at = wire, status, now
        self.has_report = True
        if status.unit is not self.memory.power_unit:
            self.memory.power_unit = status.unit
        self._note_abilities(status)
        for kind in self.pending.settle(wire, self._reported_at(status)):
            self._ended(kind, Ending.CONFIRMED, now)
        self.expire(now)
        self._note_lock(status)
        self._note_restored(wire)

    def _resume(self, now: float) -> None:
        """Follow a command about the lock that was sent before a restart, and is not proven yet."""
        unproven = self.memory.ownership.unproven
        if unproven is None:
            return
        age_s = max(0.0, self._wall() - unproven.sent_at)
        if age_s < GIVE_UP_S:
            kind = CommandKind.LOCK if unproven.locked else CommandKind.UNLOCK
            self.pending.add(kind, {"sysUserLock": unproven.locked}, now - age_s)
        if age_s >= GIVE_UP_S or not unproven.locked:
            self.pending.doubt(Subject.LOCK, now + TYPICAL_S)

    def _may_have_been_away(self, status: Status, now: float) -> bool:
        """Return whether a report may be the first since the charger has its cloud again."""
        if self.status.online is False:
            return status.online is not False
        is_unproven = self.memory.ownership.unproven is not None
        return is_unproven and now - self.received_at > GIVE_UP_S

    def _reported_at(self, status: Status) -> float:
        """Return when the report was measured; one from an offline charger is old."""
        return float("-inf") if status.online is False else self.measured_at

    def expire(self, now: float) -> None:
        """Give up what was not proven in time.

        Where it was so before and nothing at all has changed, no new report comes, and the last stands.
        """
        is_heard = self.status.online is not False
        for pending in self.pending.expire(now):
            is_shown = is_heard and shows(self.wire, pending.expected)
            ending = Ending.CONFIRMED if is_shown else Ending.GIVEN_UP
            self._ended(pending.kind, ending, now)

    def _note_abilities(self, status: Status) -> None:
        """Remember what it measures: a value that was there once is null at times."""
        self.has_currents |= any(
            value is not None for value in (*status.currents_a, *status.voltages_v)
        )
        house = {"grid_power": status.grid_power_w, "solar_power": status.solar_power_w}
        self.house |= {key for key, value in house.items() if value is not None}

    def _note_lock(self, status: Status) -> None:
        """Take what the report says of the lock, unless a contrary command may still follow."""
        if status.online is False:
            # Somebody may have sent it a command that waits in the cloud for its return.
            self.confirmed_a = self.confirmed_at = None
            return
        if status.user_lock is None or not self.pending.is_believable(
            Subject.LOCK, self.measured_at
        ):
            return
        # The schedule opens by itself: only the user lock holds.
        self.confirmed_a = 0.0 if status.user_lock else self.full_current_a
        self.confirmed_at = self.measured_at
        under_way = self.lock_under_way
        if not status.user_lock and under_way is not CommandKind.LOCK:
            self.memory.ownership = Ownership()
        elif under_way is None and not self.has_lost_trial:
            # What it shows is what stays: whatever was sent has come into effect, or was lost.
            self._forget_sent()

    @property
    def lock_under_way(self) -> CommandKind | None:
        """Return what was sent about the lock last and may still come, as far as it is waited for."""
        if self.sending is not None:
            return self.sending
        pending = self.pending.about(Subject.LOCK)
        return None if pending is None else pending.kind

    @property
    def has_lost_trial(self) -> bool:
        """Return whether a site's unlocking was not proven in time, and is to be withdrawn."""
        unproven = self.memory.ownership.unproven
        is_on_trial = unproven is not None and unproven.is_on_trial
        return is_on_trial and self.lock_under_way is None

    def _forget_sent(self) -> None:
        self.memory.ownership = replace(self.memory.ownership, unproven=None)

    def _note_restored(self, wire: Wire) -> None:
        """Forget what was to be put back once it is proven to be."""
        record = self.memory.record
        if record is None or record.phase is not Phase.CLOSING:
            return
        subjects = (Subject.LOCK, Subject.SCHEDULE)
        if any(self.pending.about(subject) is not None for subject in subjects):
            return
        if record.is_shown(wire) and all(
            self.pending.is_believable(subject, self.measured_at)
            for subject in subjects
        ):
            # Where a site had locked it meanwhile, nothing had to be sent.
            self.memory.take_back(record)
            self.memory.record = None

    def sent(self, kind: CommandKind, expected: Mapping[str, Any], now: float) -> None:
        """Note a command that the cloud took, or may have taken."""
        self.pending.add(kind, expected, now)
        if kind in {CommandKind.LOCK, CommandKind.UNLOCK}:
            is_lock = kind is CommandKind.LOCK
            self.commanded_a = 0.0 if is_lock else self.full_current_a
            self.commanded_at = now
            if not self.pending.is_believable(Subject.LOCK, now):
                # Two contrary commands are under way: what it shows is not what will stay, so the worst
                # counts, and no report has confirmed it.
                self.confirmed_a, self.confirmed_at = self.full_current_a, None

    def _ended(self, kind: CommandKind, ending: Ending, now: float) -> None:
        if SUBJECTS[kind] is Subject.LOCK and ending is Ending.CONFIRMED:
            self._forget_sent()
        ended = Occurrence(
            kind=ending, happened_at=now, details={"command": kind.value}
        )
        # Two may end in one report.
        last = self.occurrences.get(COMMAND_RESULT)
        self.occurrences[COMMAND_RESULT] = ended.after(last)

    def checked(self, outcome: VehicleCheck, now: float) -> None:
        """Note how a look for a vehicle ended."""
        self.occurrences[VEHICLE_CHECK] = Occurrence(kind=outcome, happened_at=now)


def _content(wire: Wire) -> Wire:
    """Return a status without what grows between two reports: equal ones are one report."""
    return {key: value for key, value in wire.items() if key != "lastEventAge"}
