"""Bring a charger to the present wish in the background, write after write."""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from typing import Final

from ..errors import ChargerError
from .steering import Steering

_LOGGER = logging.getLogger(__name__)

_RAMP_READ_S: Final = 2.0
_PROBE_READ_S: Final = 0.25
_PROBE_S: Final = 60.0


class Pursuit:
    """Write as guard times allow, and watch a ramp more closely than polling does.

    It runs only while something is to be written or still moves, so that it never feeds the
    charger's watchdog for long on its own.
    """

    def __init__(
        self,
        steering: Steering,
        *,
        read: Callable[[], Awaitable[object]],
        read_level: Callable[[], Awaitable[bool]],
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        """Prepare; `read_level` returns whether the state of charge is known."""
        self._steering = steering
        self._read = read
        self._read_level = read_level
        self._clock = clock
        self._pause = pause
        self._task: asyncio.Task[None] | None = None
        self._probe_ends_at = 0.0
        self.lock = asyncio.Lock()
        """Held by whoever writes."""

    async def apply(self) -> None:
        """Write what may be written now. Raises `ChargerError`."""
        async with self.lock:
            await self._steering.apply()

    async def take_back(self) -> bool:
        """Be in control again where it was lost and something is wanted, but write no wish yet; return whether it was."""
        steering = self._steering
        async with self.lock:
            if not (steering.wanted_a and steering.is_lost and steering.has_work):
                return False
            try:
                await steering.take()
            except ChargerError as err:
                _LOGGER.debug("Control was not taken back: %s", err)
                return False
        return True

    def begin_probe(self) -> None:
        """Let the smallest current flow until the state of charge is known, for a minute at most."""
        self._probe_ends_at = self._clock() + _PROBE_S
        self._steering.probe()

    def start(self, *, supervise: bool = False) -> None:
        """Run unless running or idle; with `supervise` at least until the last ramp is over."""
        if self._task is not None and not self._task.done():
            return
        steering = self._steering
        if supervise or steering.has_work or steering.is_probing:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End the task."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        steering = self._steering
        try:
            while True:
                if steering.has_work:
                    await self.apply()
                if not steering.is_probing and not steering.opens_in_s:
                    break
                await self._watch()
        except ChargerError as err:
            # The next round of reads begins anew.
            _LOGGER.debug("The present wish was not written: %s", err)

    async def _watch(self) -> None:
        if not self._steering.is_probing:
            # A hair longer, so that the guard time is over and not a rounding error away.
            await self._pause(min(_RAMP_READ_S, self._steering.opens_in_s + 0.01))
            await self._read()
            return
        await self._pause(_PROBE_READ_S)
        is_known = await self._read_level()
        if is_known or self._clock() >= self._probe_ends_at:
            self._steering.is_probing = False
            await self._read()
