"""Notice that a charger's Modbus is dead, and have it restarted where a person wants that.

Every few days to weeks the Modbus task of a Quasar dies while the charger goes on; it does not
heal by itself, and only a restart of the charger helps.
"""

import asyncio
from collections.abc import Callable
import logging

from ..errors import (
    AuthenticationFailed,
    ChargerError,
    ConnectionFailed,
    NeedsRestart,
    Unsupported,
)
from .features import (
    MODBUS_LOST,
    MODBUS_RESTORED,
    RECOVERY,
    RESTART_FAILED,
    RESTART_REQUESTED,
)
from .observer import Observer
from .patience import Outage
from .restart import Restarter

_LOGGER = logging.getLogger(__name__)


class Recovery:
    """Count failed rounds, and act once they are more than a stumble."""

    def __init__(
        self,
        restarter: Restarter | None,
        observer: Observer,
        *,
        on_refused: Callable[[ChargerError], None],
        restarts_by_itself: bool,
        clock: Callable[[], float],
        jitter: Callable[[], float],
    ) -> None:
        """Begin well; `on_refused` hears of a login that a restart by itself found refused."""
        self._restarter = restarter
        self._observer = observer
        self._on_refused = on_refused
        self._restarts_by_itself = restarts_by_itself
        self._clock = clock
        self._outage = Outage(jitter)
        self._task: asyncio.Task[None] | None = None

    @property
    def can_restart(self) -> bool:
        """Return whether there is an account by which to restart."""
        return self._restarter is not None

    @property
    def may_try(self) -> bool:
        """Return whether a round may be tried: once a minute when dead."""
        return self._outage.may_try(self._clock())

    def heard(self) -> None:
        """Take note of a round that succeeded."""
        if self._outage.is_dead:
            self._observer.happened(RECOVERY, MODBUS_RESTORED)
            self._observer.returned()
        self._outage.ended()

    def failed(self, err: ChargerError, *, serial: str, is_ours: bool) -> bool:
        """Take note of a round that failed; return whether that made the charger a lost one.

        Only a charger that a person gave into our hands (`is_ours`) is restarted without being asked.
        """
        _LOGGER.debug("A round of reads failed: %s", err)
        is_news = self._outage.failed(self._clock())
        if is_news:
            self._observer.happened(RECOVERY, MODBUS_LOST)
        if is_ours and self._outage.is_dead:
            self._restart_by_itself(serial)
        return is_news

    def error(self) -> ChargerError:
        """Return what to tell of a charger that is not heard.

        Never of the cloud's login: whoever polls would give up on a refused one, and no longer hear a
        charger that needs none.
        """
        if self._outage.is_dead:
            return NeedsRestart(
                "Modbus of the charger is dead; restarting the charger helps"
            )
        return ConnectionFailed("the charger does not answer")

    async def restart(self, serial: str) -> None:
        """Restart the charger through the vendor's cloud. Raises `ChargerError`."""
        if self._restarter is None:
            raise Unsupported("a restart needs an account of the vendor's cloud")
        try:
            await self._restarter.restart(serial)
        except ChargerError as err:
            _LOGGER.debug("The charger was not restarted: %s", err)
            self._observer.happened(RECOVERY, RESTART_FAILED)
            raise
        self._observer.happened(RECOVERY, RESTART_REQUESTED)

    async def stop(self) -> None:
        """End the task."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _restart_by_itself(self, serial: str) -> None:
        is_running = self._task is not None and not self._task.done()
        if self._restarter is None or not self._restarts_by_itself or is_running:
            return
        if self._restarter.is_due:
            self._task = asyncio.create_task(self._restart_quietly(serial))

    async def _restart_quietly(self, serial: str) -> None:
        try:
            await self.restart(serial)
        except AuthenticationFailed as err:
            self._on_refused(err)
        except ChargerError:
            # Told as an event already, and tried again in its time.
            pass


type MakeRecovery = Callable[[Observer, Callable[[ChargerError], None]], Recovery]
