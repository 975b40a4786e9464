"""Be an Andersen to the rest of the house."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
import logging
from random import Random
from typing import Final

from ..errors import AuthenticationFailed, ChargerError, Unsupported
from ..features import FeatureValue
from ..model import (
    Capabilities,
    Identity,
    LostListener,
    ScheduleChange,
    ScheduleSlot,
    Snapshot,
    SnapshotListener,
    Unsubscribe,
)
from .client import Client
from .commander import Commander
from .diagnostics import diagnostics_of
from .features import SOLAR_ARGUMENTS, CommandKey
from .keeper import Keeper
from .ledger import newest, parse_charge
from .memory import Memory
from .reports import Reports
from .snapshot import POLL_INTERVAL_S, capabilities_of, identity_of, snapshot_of
from .values import Wire

_LOGGER = logging.getLogger(__name__)

MAKE: Final = "andersen"
INFO_INTERVAL_S: Final = 1800.0
"""Names and currency change when a person edits them in the app."""
LOGS_INTERVAL_S: Final = 420.0
LOGS_PER_PAGE: Final = 50
PAGES_PER_READ: Final = 4
"""Years of charges are read in bites; the sum is shown once all are there."""


class AndersenCharger:
    """Implement the abilities of the boundary: lock, pause, schedule, settings, release."""

    def __init__(
        self,
        *,
        device_id: str,
        client: Client,
        memory: Memory,
        clock: Callable[[], float],
        wall: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        random: Random,
    ) -> None:
        """Know which charger it is; nothing is asked yet."""
        self._device_id = device_id
        self._client = client
        self._memory = memory
        self._clock = clock
        self._reports = Reports(memory, wall)
        self._commander = Commander(
            device_id=device_id,
            client=client,
            reports=self._reports,
            read=self._poll,
            clock=clock,
            wall=wall,
        )
        self._keeper = Keeper(
            reports=self._reports,
            commander=self._commander,
            read=self._poll,
            publish=self._publish,
            clock=clock,
            sleep=sleep,
            random=random,
        )
        self._listeners: list[SnapshotListener] = []
        self._lost_listeners: list[LostListener] = []
        self._change_listeners: list[Callable[[], None]] = []
        self._polling = asyncio.Lock()
        self._polled_at = clock()
        self._overdue: asyncio.Task[None] | None = None
        self._info_at = self._logs_at = clock()
        self._offset = 0
        self._identity = identity_of(MAKE, device_id, self._reports)
        self._capabilities = capabilities_of(self._reports)

    @property
    def identity(self) -> Identity:
        """Return who it is."""
        return self._identity

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can do now."""
        return self._capabilities

    @property
    def snapshot(self) -> Snapshot | None:
        """Return what is known last."""
        return snapshot_of(self._reports) if self._reports.has_report else None

    async def refresh(self) -> Snapshot:
        """Poll the status, and at their own pace the settings and the finished charges."""
        try:
            await self._poll()
            await self._read_slow()
        except ChargerError:
            self._reports.expire(self._clock())
            raise
        return self._publish()

    def subscribe(
        self, on_snapshot: SnapshotListener, on_lost: LostListener
    ) -> Unsubscribe:
        """Hear of every new snapshot, and once when its account no longer shows it."""
        self._listeners.append(on_snapshot)
        self._lost_listeners.append(on_lost)

        def unsubscribe() -> None:
            with suppress(ValueError):
                self._listeners.remove(on_snapshot)
                self._lost_listeners.remove(on_lost)

        return unsubscribe

    def on_change(self, listener: Callable[[], None]) -> None:
        """Hear when its identity or capabilities changed."""
        self._change_listeners.append(listener)

    def take_event(self, event: Wire) -> None:
        """Take what the cloud pushed; before the first poll it would be half a picture."""
        if self._reports.has_report:
            self._reports.take_event(event, self._clock())
            self._publish()
            if self._clock() - self._polled_at >= POLL_INTERVAL_S and (
                self._overdue is None or self._overdue.done()
            ):
                self._overdue = asyncio.ensure_future(self._poll_overdue())

    def lost(self, reason: Exception | None) -> None:
        """Tell everybody that the account no longer shows it."""
        for listener in tuple(self._lost_listeners):
            listener(reason)

    def start(self) -> None:
        """Finish in the background what an earlier run left to be put back."""
        self._keeper.resume()

    async def close(self) -> None:
        """End its tasks."""
        overdue, self._overdue = self._overdue, None
        if overdue is not None:
            overdue.cancel()
            await asyncio.gather(overdue, return_exceptions=True)
        await self._keeper.close()

    async def set_locked(self, locked: bool) -> None:
        """Lock or unlock. Returns when the cloud took it, see `pending_command`."""
        await self._run(self._commander.set_locked(locked))

    @property
    def is_closed(self) -> bool:
        """Return whether its lock, shown or on its way, is a site's and not the owner's."""
        return self._memory.ownership.is_claimed

    async def set_closed(self, closed: bool, *, for_good: bool = False) -> None:
        """Lock or unlock for a site. Returns when the cloud took it, see `pending_command`."""
        await self._run(self._commander.set_closed(closed, for_good=for_good))

    async def set_charging(self, released: bool) -> None:
        """Unlock and switch the schedule off, or lock and put the schedule back."""
        work = self._commander.charge_now() if released else self._commander.stop()
        await self._run(work)

    async def set_schedule(
        self, changes: Sequence[ScheduleChange]
    ) -> tuple[ScheduleSlot, ...]:
        """Write what changes in these slots; the rest keeps what it has."""
        return await self._run(self._commander.set_schedule(changes))

    async def set_value(self, key: str, value: FeatureValue) -> None:
        """Write a solar setting, and this one alone."""
        if key not in SOLAR_ARGUMENTS:
            msg = f"there is no setting {key}"
            raise Unsupported(msg)
        await self._run(self._commander.set_solar(key, value))

    async def run_command(self, key: str) -> None:
        """Run a command; all return when the cloud took it."""
        commands = {
            CommandKey.CHARGE_NOW: self._commander.charge_now,
            CommandKey.RESTORE_SCHEDULE: self._commander.restore,
            CommandKey.DISABLE_SCHEDULES: self._commander.disable_schedules,
            CommandKey.RESET_RCM: self._commander.reset_rcm,
            CommandKey.CHECK_VEHICLE: self._keeper.check_vehicle,
        }
        if key not in commands:
            msg = f"there is no command {key}"
            raise Unsupported(msg)
        await self._run(commands[CommandKey(key)]())

    def diagnostics(self) -> Mapping[str, object]:
        """Return the raw state without serials, addresses or persons."""
        return diagnostics_of(self._reports)

    async def release(self) -> None:
        """Put back what is still changed, as far as it can be reached."""
        if self._memory.record is not None:
            try:
                await self._commander.restore()
            except ChargerError as err:
                _LOGGER.debug("Nothing was put back on removal: %s", err)

    async def _run[T](self, work: Awaitable[T]) -> T:
        """Do it, and show at once what is now pending; also where only a part went through."""
        try:
            return await work
        finally:
            self._keeper.follow()
            self._publish()

    async def _poll(self) -> None:
        async with self._polling:
            wire = await self._client.status(self._device_id)
            self._polled_at = self._clock()
            self._reports.take_poll(wire, self._polled_at)

    async def _poll_overdue(self) -> None:
        """Poll in spite of events: whoever polls us may wait until they pause, and they tell only a part."""
        try:
            await self._poll()
        except ChargerError as err:
            _LOGGER.debug("Status was not polled beside the events: %s", err)
        else:
            self._publish()

    async def _read_slow(self) -> None:
        """Read what changes seldom; its failure is no failure of the status."""
        try:
            if self._clock() >= self._info_at:
                self._reports.info = await self._client.info(self._device_id)
                self._info_at = self._clock() + INFO_INTERVAL_S
            if self._clock() >= self._logs_at:
                await self._read_logs()
                self._logs_at = self._clock() + LOGS_INTERVAL_S
        except AuthenticationFailed:
            raise
        except ChargerError as err:
            _LOGGER.debug("Settings or charges were not read: %s", err)

    async def _read_logs(self) -> None:
        """Read pages from the newest on, until one brings nothing new."""
        ledger = self._memory.ledger
        for _ in range(PAGES_PER_READ):
            logs = await self._client.charge_logs(
                self._device_id, limit=LOGS_PER_PAGE, offset=self._offset
            )
            charges = [c for log in logs if (c := parse_charge(log)) is not None]
            if self._offset == 0:
                self._reports.last_charge = newest(charges)
            is_news = ledger.add(charges)
            is_end = len(logs) < LOGS_PER_PAGE
            if is_end or (ledger.is_complete and not is_news):
                ledger.is_complete = True
                self._offset = 0
                break
            self._offset += LOGS_PER_PAGE
        ledger.trim()
        self._memory.keep_ledger()

    def _publish(self) -> Snapshot:
        """Show what is known now to everybody who listens."""
        self._keeper.watch_lock()
        identity = identity_of(MAKE, self._device_id, self._reports)
        capabilities = capabilities_of(self._reports)
        is_changed = (identity, capabilities) != (self._identity, self._capabilities)
        self._identity, self._capabilities = identity, capabilities
        if is_changed:
            for changed in tuple(self._change_listeners):
                changed()
        snapshot = snapshot_of(self._reports)
        for listener in tuple(self._listeners):
            listener(snapshot)
        return snapshot
