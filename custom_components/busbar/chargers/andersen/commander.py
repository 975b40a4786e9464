"""Send commands: read first, refuse what would wait in the cloud, note what is to be proven."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from ..errors import ChargerError, ConnectionFailed, RateLimited, Rejected
from ..features import FeatureValue
from ..model import ScheduleChange, ScheduleSlot
from .client import Client
from .features import SOLAR_ARGUMENTS, SOLAR_SHARE
from .ownership import LockCommand
from .parse import Status
from .pending import CommandKind, Subject
from .reports import Reports
from .restore import Phase, Record, taken_back
from .slots import (
    SLOT_KEYS,
    WIRE_KEYS,
    enabled_slots,
    named_fields,
    read_slots,
    slots_ahead,
    slots_to_restore,
    written_slot,
)
from .values import flag

LOCK: Final = "userLock"
UNLOCK: Final = "userUnlock"
RESET_RCM: Final = "rcmReset"

REST_S: Final = 900.0
"""From a withdrawn unlocking to the next: with the 300 s after which one is given up, six commands in an hour."""

SOLAR_FIELDS: Final = {
    "maxGridChargePercent": "solarMaxGridChargePercent",
    "chargeAlways": "solarChargeAlways",
    "override": "solarOverride",
}
"""Field of the status by argument of `setSolar`."""


class Commander:
    """Change one charger, one sequence of writes after the other."""

    def __init__(
        self,
        *,
        device_id: str,
        client: Client,
        reports: Reports,
        read: Callable[[], Awaitable[object]],
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        """`read` polls the status into `reports`; `wall` is the time that outlives a restart."""
        self._device_id = device_id
        self._client = client
        self._reports = reports
        self._memory = reports.memory
        self._read = read
        self._clock = clock
        self._wall = wall
        self._rests_until = clock()
        self._one_after_the_other = asyncio.Lock()

    async def set_locked(self, locked: bool) -> None:
        """Lock or unlock for a person; what they lock is no site's any more."""
        async with self._one_after_the_other:
            status = await self._reachable()
            await self._lock_for_person(status, locked=locked)

    async def set_closed(self, closed: bool, *, for_good: bool = False) -> None:
        """Lock or unlock for a site: it locks what nobody locked, and unlocks only what is its own.

        What is unlocked `for_good` is not withdrawn: nobody counts what it draws any more.
        """
        async with self._one_after_the_other:
            status = await self._reachable()
            if closed and not self._is_owners(status):
                with self._undone_if_refused():
                    self._remember(is_ours=True, is_claimed=True)
                    await self._lock(locked=True)
            elif not closed and self._memory.ownership.is_claimed:
                # It stays the site's until a report shows it open: the command may be lost.
                if for_good:
                    await self._lock(locked=False)
                elif self._may_try():
                    await self._lock(locked=False, is_on_trial=True)

    async def withdraw(self) -> None:
        """Lock again what a site unlocked in vain: the command might come into effect when nobody expects it."""
        async with self._one_after_the_other:
            await self._reachable()
            if self._reports.has_lost_trial:
                self._rests_until = self._clock() + REST_S
                await self._lock(locked=True)

    async def charge_now(self) -> None:
        """Unlock and switch the schedule off, with a record of how it was."""
        async with self._one_after_the_other:
            status = await self._reachable()
            await self._open(status, Phase.OPENING, self._recorded())

    async def disable_schedules(self) -> None:
        """Switch all slots off, with a record of which were on."""
        async with self._one_after_the_other:
            await self._reachable()
            with self._undone_if_refused():
                self._memory.record = self._with_slots_off()
                await self._disable_slots()

    async def stop(self) -> None:
        """Lock, and put the schedule back that was switched off to charge."""
        async with self._one_after_the_other:
            status = await self._reachable()
            await self._lock_for_person(status, locked=True)
            record = self._memory.record
            if record is not None:
                closing = record.at(Phase.CLOSING)
                self._memory.record = closing
                await self._put_back(closing)

    async def restore(self) -> None:
        """Put back what the record says; it stays until that is proven."""
        if self._memory.record is None:
            msg = "nothing was changed that could be restored"
            raise Rejected(msg)
        self.begin_closing()
        await self.finish()

    async def finish(self) -> None:
        """Put back what is marked to be put back."""
        async with self._one_after_the_other:
            await self._reachable()
            record = self._memory.record
            if record is not None and record.phase is Phase.CLOSING:
                await self._put_back(record)

    def begin_closing(self) -> None:
        """Mark the record, so that it is put back even after a restart."""
        record = self._memory.record
        if record is not None and record.phase is not Phase.CLOSING:
            self._memory.record = record.at(Phase.CLOSING)

    async def open_to_check(self) -> None:
        """Open it only to look; whoever calls puts back what the record says."""
        async with self._one_after_the_other:
            status = await self._reachable()
            if self._memory.record is not None or self._reports.pending:
                msg = "another command has not come to its end yet"
                raise Rejected(msg)
            await self._open(status, Phase.CHECKING, self._recorded())

    async def set_schedule(
        self, changes: Sequence[ScheduleChange]
    ) -> tuple[ScheduleSlot, ...]:
        """Write whole slots: what is read now, what is under way, and over both what changes."""
        unknown = [change.key for change in changes if change.key not in SLOT_KEYS]
        if unknown or any(change.limit_a is not None for change in changes):
            msg = "it has five slots without a current of their own"
            raise Rejected(msg)
        async with self._one_after_the_other:
            await self._reachable()
            ahead = slots_ahead(self._reports.wire, self._under_way())
            written, named = {}, {}
            for change in changes:
                key = WIRE_KEYS[SLOT_KEYS.index(change.key)]
                written[key] = written_slot(ahead.get(key, {}), change)
                named[key] = named_fields(change)
            if self._memory.record is not None:
                chosen = {
                    key: fields["enabled"]
                    for key, fields in named.items()
                    if "enabled" in fields
                }
                self._memory.record = self._memory.record.with_slots(chosen)
            await self._write_slots(written, named)
            after = {**ahead, **written}
            listed = [after.get(key) for key in WIRE_KEYS]
            return read_slots({"scheduleSlotsArray": listed}, self._reports.names)

    async def set_solar(self, key: str, value: FeatureValue) -> None:
        """Change one solar setting and leave the others alone."""
        argument = SOLAR_ARGUMENTS[key]
        wanted = int(value) if key == SOLAR_SHARE else bool(value)
        if key == SOLAR_SHARE and not 0 <= wanted <= 100:
            msg = "the share is between 0 and 100 %"
            raise Rejected(msg)
        async with self._one_after_the_other:
            await self._reachable()
            await self._write(
                CommandKind.SOLAR,
                {SOLAR_FIELDS[argument]: wanted},
                self._client.set_solar(self._device_id, **{argument: wanted}),
            )

    async def reset_rcm(self) -> None:
        """Clear a trip of the residual current monitor. Its end is seen in the fault code."""
        async with self._one_after_the_other:
            await self._reachable()
            await self._client.run_command(self._device_id, RESET_RCM)

    async def _reachable(self) -> Status:
        """Return a fresh status; raises where a command would be queued behind a person's back."""
        await self._read()
        status = self._reports.status
        if status.online is False:
            msg = "the charger is offline"
            raise Rejected(msg)
        return status

    def _is_owners(self, status: Status) -> bool:
        """Return whether the lock, shown or on its way, is nobody's but the owner's."""
        owned = self._memory.ownership
        if owned.is_claimed:
            return False
        if owned.unproven is not None:
            # What a person unlocks is theirs no longer.
            return owned.unproven.locked
        return status.user_lock is True

    def _may_try(self) -> bool:
        """Return whether a site's unlocking is to be sent: one is followed to its end before the next.

        Raises `RateLimited` while one is withdrawn, and for a while after that.
        """
        rest_s = self._rests_until - self._clock()
        if self._reports.has_lost_trial:
            raise RateLimited(REST_S)
        if rest_s > 0:
            raise RateLimited(rest_s)
        unproven = self._memory.ownership.unproven
        return unproven is None or not unproven.is_on_trial

    def _under_way(self) -> Mapping[str, Any]:
        """Return what will become of slots by commands whose effect is not seen yet."""
        pending = self._reports.pending.about(Subject.SCHEDULE)
        return {} if pending is None else pending.expected

    def _enabled(self) -> Mapping[str, bool]:
        """Return which slots are on, or about to be; raises where that cannot be put back later."""
        enabled = enabled_slots(self._reports.coming)
        if len(enabled) < len(WIRE_KEYS):
            msg = "the charger does not show its schedule"
            raise Rejected(msg)
        return enabled

    def _with_slots_off(self) -> Record:
        """Return the record to keep when all slots are switched off: nothing puts them back meanwhile."""
        record = self._memory.record
        if record is None:
            return Record(phase=Phase.HELD, user_lock=None, enabled=self._enabled())
        if record.phase is not Phase.CLOSING:
            return record
        # A lock is put back all the same, and that leaves nobody who would remember the slots.
        return (
            replace(record, enabled={}) if record.user_lock else record.at(Phase.HELD)
        )

    def _recorded(self) -> Record:
        """Return the record to keep: the one before, if there is one."""
        known = self._memory.record
        if known is not None and known.phase is Phase.CHECKING:
            msg = "a look for a vehicle is under way"
            raise Rejected(msg)
        user_lock = flag(self._reports.coming.get("sysUserLock"))
        if user_lock is None:
            msg = "the charger does not say whether it is locked"
            raise Rejected(msg)
        # What a site closed, it closes again where it has to.
        owned = self._memory.ownership
        owners_lock = user_lock and not owned.is_claimed
        if known is None:
            return Record(
                phase=Phase.OPENING,
                user_lock=owners_lock,
                is_ours=owned.is_ours,
                enabled=self._enabled(),
            )
        if known.user_lock is None:
            # Made by disabling the schedule alone, or before a person locked or unlocked.
            return replace(known, user_lock=owners_lock, is_ours=owned.is_ours)
        return known

    async def _open(self, status: Status, phase: Phase, record: Record) -> None:
        """Switch the schedule off and unlock, in this order; the record is stored first."""
        pending = self._reports.pending
        # Slots that look as if they were off may be about to be switched on by our own older command.
        is_scheduled = (
            any(enabled_slots(self._reports.wire).values())
            or bool(status.schedule_lock)
            or pending.about(Subject.SCHEDULE) is not None
        )
        if not (is_scheduled or status.is_locked or pending):
            return
        self._memory.record = record.at(phase)
        try:
            if is_scheduled:
                await self._disable_slots()
            await self._lock(locked=False)
        except ChargerError:
            self.begin_closing()
            raise
        if phase is Phase.OPENING:
            self._memory.record = record.at(Phase.HELD)

    async def _put_back(self, record: Record) -> None:
        """Write what the record says: the lock first, then the slots."""
        self._memory.take_back(record)
        if record.user_lock:
            await self._lock(locked=True)
        slots = slots_to_restore(self._reports.wire, record.enabled, self._under_way())
        if slots:
            named = {key: {"enabled": slot["enabled"]} for key, slot in slots.items()}
            await self._write_slots(slots, named)

    async def _lock_for_person(self, status: Status, *, locked: bool) -> None:
        """Do what a person wants now: whether it was locked before no longer matters."""
        record = self._memory.record
        with self._undone_if_refused():
            if record is not None:
                self._memory.record = replace(record, user_lock=None)
            if locked:
                is_ours = self._memory.ownership.is_ours or status.user_lock is False
                self._remember(is_ours=is_ours, is_claimed=False)
            await self._lock(locked=locked)

    def _remember(self, *, is_ours: bool, is_claimed: bool) -> None:
        self._memory.ownership = replace(
            self._memory.ownership, is_ours=is_ours, is_claimed=is_claimed
        )

    async def _lock(self, *, locked: bool, is_on_trial: bool = False) -> None:
        """Send it; it is stored before that it is on its way."""
        command = LockCommand(
            locked=locked, sent_at=self._wall(), is_on_trial=is_on_trial
        )
        kind = CommandKind.LOCK if locked else CommandKind.UNLOCK
        function = LOCK if locked else UNLOCK
        with self._undone_if_refused():
            self._memory.ownership = replace(self._memory.ownership, unproven=command)
            self._reports.sending = kind
            try:
                await self._write(
                    kind,
                    {"sysUserLock": locked},
                    self._client.run_command(self._device_id, function),
                )
            finally:
                self._reports.sending = None

    @contextmanager
    def _undone_if_refused(self) -> Iterator[None]:
        """Take back what was remembered of a command that was refused; one without an answer may be taken."""
        ownership, record = self._memory.ownership, self._memory.record
        try:
            yield
        except ChargerError as err:
            if _is_refused(err):
                self._memory.ownership = ownership
                self._memory.record = taken_back(record, self._memory.record)
            raise

    async def _disable_slots(self) -> None:
        expected = {key: {"enabled": False} for key in WIRE_KEYS}
        request = self._client.disable_schedules(self._device_id)
        await self._write(CommandKind.SCHEDULE, expected, request)

    async def _write_slots(
        self, slots: Mapping[str, Any], named: Mapping[str, Any]
    ) -> None:
        """Write whole slots; only what was `named` is waited for, the rest may be changed elsewhere."""
        request = self._client.set_schedules(self._device_id, slots)
        await self._write(CommandKind.SCHEDULE, named, request)

    async def _write(
        self,
        kind: CommandKind,
        expected: Mapping[str, Any],
        request: Awaitable[None],
    ) -> None:
        """Send; what may have been taken counts as sent, also where no answer came."""
        try:
            await request
        except (ChargerError, asyncio.CancelledError) as err:
            # Whoever waits no longer for the answer cannot know either.
            if not _is_refused(err):
                self._reports.sent(kind, expected, self._clock())
            raise
        self._reports.sent(kind, expected, self._clock())


def _is_refused(err: BaseException) -> bool:
    """Return whether the cloud said no; without an answer it may have taken the command."""
    return isinstance(err, ChargerError) and not isinstance(err, ConnectionFailed)
