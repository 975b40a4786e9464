"""Do what takes minutes: look for a vehicle, and put back until it is proven."""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from random import Random
from typing import Final

from ..errors import AuthenticationFailed, ChargerError, Rejected
from .commander import Commander
from .features import VehicleCheck
from .parse import DISABLED
from .pending import GIVE_UP_S
from .reports import Reports
from .restore import Phase

_LOGGER = logging.getLogger(__name__)

CHECK_POLL_S: Final = 15.0
CHECK_TIMEOUT_S: Final = 300.0
PROOF_POLL_S: Final = 60.0
ATTEMPTS: Final = 3
"""Somebody else may want it otherwise: that is not fought for ever. The next start tries again."""
FIRST_PAUSE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 900.0
LAST_EFFORT_S: Final = 5.0
"""How long an end of the program waits for putting back; the record is stored in any case."""


class Keeper:
    """Run one long task for one charger."""

    def __init__(
        self,
        *,
        reports: Reports,
        commander: Commander,
        read: Callable[[], Awaitable[object]],
        publish: Callable[[], object],
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        random: Random,
    ) -> None:
        """Be idle."""
        self._reports = reports
        self._commander = commander
        self._read = read
        self._publish = publish
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._task: asyncio.Task[None] | None = None
        self._withdrawing: asyncio.Task[None] | None = None
        self._withdraws_at = clock()

    @property
    def is_busy(self) -> bool:
        """Return whether a task is under way."""
        return self._task is not None and not self._task.done()

    def resume(self) -> None:
        """Put back what an earlier run left unfinished. Only what was held on purpose stays."""
        record = self._reports.memory.record
        if record is not None and record.phase is not Phase.HELD:
            self._commander.begin_closing()
            self._start(self._put_back(is_sent=False))

    def follow(self) -> None:
        """Watch that what is being put back is proven, and send it again if it is not."""
        if self._is_closing() and not self.is_busy:
            self._start(self._put_back(is_sent=bool(self._reports.pending)))

    def watch_lock(self) -> None:
        """Withdraw an unlocking of a site that was given up; where that fails, try again later."""
        is_busy = self._withdrawing is not None and not self._withdrawing.done()
        is_due = self._clock() >= self._withdraws_at and not is_busy
        if self._reports.has_lost_trial and is_due:
            self._withdraws_at = self._clock() + PROOF_POLL_S
            self._withdrawing = asyncio.ensure_future(self._withdraw())

    async def _withdraw(self) -> None:
        try:
            await self._commander.withdraw()
        except ChargerError as err:
            _LOGGER.debug("Could not withdraw an unlocking yet: %s", err)
        self._publish()

    async def check_vehicle(self) -> None:
        """Open a locked charger for some minutes to see whether a vehicle is plugged in.

        Returns once the cloud took the commands. A vehicle that is there draws power meanwhile.
        """
        if self.is_busy:
            msg = "another long command is under way"
            raise Rejected(msg)
        await self._read()
        status = self._reports.status
        if status.online is not False:
            if status.vehicle_connected is not None:
                self._checked(_seen(status.vehicle_connected))
                return
            if status.state != DISABLED or not status.is_locked:
                # Not hidden by a lock, so opening would show nothing.
                self._checked(VehicleCheck.UNCLEAR)
                return
        try:
            await self._commander.open_to_check()
        except ChargerError:
            self.follow()
            raise
        self._reports.is_checking = True
        self._start(self._check())

    async def close(self) -> None:
        """End the task; what it opened is closed, or stays recorded for the next start."""
        tasks = [task for task in (self._task, self._withdrawing) if task is not None]
        self._task = self._withdrawing = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._reports.is_checking:
            # The task may have ended before its first step, so this is not left to it.
            self._reports.is_checking = False
            self._commander.begin_closing()
            await self._last_effort()

    def _start(self, work: Awaitable[None]) -> None:
        self._task = asyncio.ensure_future(work)

    def _checked(self, outcome: VehicleCheck) -> None:
        self._reports.checked(outcome, self._clock())
        self._publish()

    async def _check(self) -> None:
        """Wait for a report that shows the plug, then put everything back."""
        outcome = await self._look()
        self._reports.is_checking = False
        self._commander.begin_closing()
        self._checked(outcome)
        await self._put_back(is_sent=False)

    async def _look(self) -> VehicleCheck:
        ends_at = self._clock() + CHECK_TIMEOUT_S
        while self._clock() < ends_at:
            await self._sleep(CHECK_POLL_S)
            try:
                await self._read()
            except AuthenticationFailed:
                break
            except ChargerError as err:
                _LOGGER.debug("Status is not known while looking: %s", err)
                continue
            is_connected = self._reports.status.vehicle_connected
            if is_connected is not None:
                return _seen(is_connected)
        return VehicleCheck.UNCLEAR

    async def _last_effort(self) -> None:
        try:
            async with asyncio.timeout(LAST_EFFORT_S):
                await self._commander.finish()
        except (ChargerError, TimeoutError) as err:
            _LOGGER.debug("Put back at the next start: %s", type(err).__name__)

    async def _put_back(self, *, is_sent: bool) -> None:
        """Send what the record says until a report shows it, a few times at most."""
        for _ in range(ATTEMPTS):
            if not is_sent and not await self._is_taken():
                return
            is_sent = False
            if await self._is_proven():
                return
        _LOGGER.warning("Lock and schedule of a charger could not be put back")

    async def _is_taken(self) -> bool:
        """Send it, however long the charger is away; returns False where a person must act first."""
        failures = 0
        while True:
            try:
                await self._commander.finish()
            except AuthenticationFailed:
                return False
            except ChargerError as err:
                _LOGGER.debug("Could not put back yet: %s", err)
                pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**failures)
                failures = min(failures + 1, 10)
                await self._sleep(pause_s * self._random.uniform(0.5, 1.0))
            else:
                return True

    async def _is_proven(self) -> bool:
        """Wait for the proof; returns False where it did not come in time."""
        ends_at = self._clock() + 2 * GIVE_UP_S
        while self._is_closing() and self._clock() < ends_at:
            await self._sleep(PROOF_POLL_S)
            try:
                await self._read()
            except ChargerError as err:
                _LOGGER.debug("Status is not known while putting back: %s", err)
            self._publish()
        return not self._is_closing()

    def _is_closing(self) -> bool:
        record = self._reports.memory.record
        return record is not None and record.phase is Phase.CLOSING


def _seen(is_connected: bool) -> VehicleCheck:
    return VehicleCheck.CONNECTED if is_connected else VehicleCheck.NOT_CONNECTED
