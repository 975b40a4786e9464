"""The one hand on a charger's set-point.

Entities and actions give it a person's wish, a site gives it an allocation with an end. It merges
both (`setpoint.py`) and writes: the latest wins, one write is in flight, and an allocation that
nobody renews lowers the charger by itself, and leaves it to its own watchdog where it has one.
"""

import asyncio
from collections.abc import Callable, Coroutine
import contextlib
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from ..chargers.errors import ChargerError, ConnectionFailed, Unsupported
from ..chargers.model import (
    Charger,
    FallsSilent,
    SetsCurrent,
    SwitchesPhases,
    TakesControl,
)
from .setpoint import Setpoint, SiteAllocation, Wish, merge

# The slowest make answers a command within a few seconds; whoever waits longer has lost the connection.
_COMMAND_TIMEOUT_S: Final = 30.0
# How soon an allocation that ended is written again when the charger was out of reach.
_RETRY_S: Final = 15.0


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteAttempt:
    """A write that is in flight, or the last one that failed."""

    setpoint: Setpoint
    at: float
    error: ChargerError | None = None


class SetpointHand:
    """Write one charger's set-point; nothing else in the house does."""

    def __init__(
        self,
        charger: Charger,
        *,
        wish: Wish,
        clock: Callable[[], float],
        start_task: Callable[[Coroutine[Any, Any, None]], object],
        call_later: Callable[[float, Callable[[], None]], Callable[[], None]],
    ) -> None:
        """Begin with the wish that was stored, and no allocation."""
        self._charger = charger
        self._clock = clock
        self._start_task = start_task
        self._call_later = call_later
        self._lock = asyncio.Lock()
        self._timer: Callable[[], None] | None = None
        self._asked = 0
        self._served = 0
        self._is_hushed = False
        """Whether the charger was left alone, and waits for a word of ours."""
        self._hands_over = False
        """Whether control is being given back."""
        self.wish = wish
        self.allocation: SiteAllocation | None = None
        self.in_flight: WriteAttempt | None = None
        self.failed: WriteAttempt | None = None
        """The last write, if it failed; `None` after one that was taken."""

    @property
    def is_steered(self) -> bool:
        """Return whether a site decides, with this hand as its tool."""
        return self.allocation is not None

    @property
    def is_busy(self) -> bool:
        """Return whether a write is in flight or waits for one."""
        return self._asked != self._served

    @property
    def _wanted(self) -> Setpoint:
        return merge(
            self._charger.capabilities, self.wish, self.allocation, self._clock()
        )

    async def async_wish(self, wish: Wish) -> None:
        """Take a person's wish and write what follows from it; a wish that cannot be written is not kept.

        Under a site only a reduction is written at once. What a wish newly allows is the site's to give.
        """
        former, self.wish = self.wish, wish
        if self.allocation is not None and not self._is_below(self.allocation):
            return
        try:
            await self._async_write_latest()
        except ChargerError:
            self.wish = former
            raise

    def allocate(self, allocation: SiteAllocation, *, write: bool) -> None:
        """Take a site's allocation; without `write` it only moves the end of the one that holds."""
        if self._hands_over:
            # The site has not heard yet that this is over.
            return
        self.allocation = allocation
        self._arm(allocation.ends_at - self._clock())
        if self._is_hushed:
            self._start_task(self._async_speak())
        elif write:
            self._start_task(self._async_write_quietly())

    def withdraw_allocation(self) -> None:
        """Forget the site; what the charger holds now stays as it is, but a discharge ends with who watched it."""
        was_steered = self.is_steered
        self._disarm()
        self.allocation = None
        if self._is_hushed:
            self._start_task(self._async_speak())
        elif was_steered and (self.is_busy or self._is_discharging):
            self._start_task(self._async_end_discharge())

    async def async_lower(self, current_a: float) -> None:
        """Bring the charger down to `current_a` now, never up. Raises `ChargerError`."""
        self._disarm()
        now = self._clock()
        held_a = self._held_a
        # What is in flight is not held yet, and would be more once it arrived.
        if self.is_busy or held_a is None or held_a > current_a or held_a < 0:
            self.allocation = SiteAllocation(
                current_a=current_a, ends_at=now, falls_to_a=current_a
            )
            await self._async_write_latest()

    async def async_set_control(self, *, allowed: bool) -> None:
        """Take control, or give it back with no write of ours under way. Raises `ChargerError`."""
        self._hands_over = not allowed
        try:
            async with self._lock:
                if not allowed:
                    # Its last word is said here, so nothing is left to be said after a silence.
                    self._is_hushed = False
                    self.withdraw_allocation()
                # Nobody offers it of a charger that does not ask.
                await cast("TakesControl", self._charger).set_control(allowed)
        finally:
            self._hands_over = False

    def stop(self) -> None:
        """End the timer; nothing is written any more by itself."""
        self._disarm()

    @property
    def _held_a(self) -> float | None:
        """Return what the charger was told last."""
        snapshot = self._charger.snapshot
        return None if snapshot is None else snapshot.commanded_a

    @property
    def _is_discharging(self) -> bool:
        return (self._held_a or 0) < 0

    def _is_below(self, allocation: SiteAllocation) -> bool:
        """Return whether the wish takes something away of what the site grants."""
        wanted_a = self._wanted.current_a or 0.0
        return abs(wanted_a) < abs(allocation.current_at(self._clock()))

    def _lowers(self, wanted: Setpoint) -> bool:
        """Return whether the charger still holds more than is wanted."""
        held_a = self._held_a
        return (
            wanted.current_a is not None
            and held_a is not None
            and abs(wanted.current_a) < abs(held_a)
        )

    async def _async_write_quietly(self) -> None:
        """Write for the site, which reads a failure from `failed` and decides again."""
        with contextlib.suppress(ChargerError):
            await self._async_write_latest()

    async def _async_write_latest(self) -> None:
        self._asked += 1
        asked = self._asked
        async with self._lock:
            if self._served < asked:
                # Whoever asked while we waited is served by this write too: it sends the latest.
                serves = self._asked
                await self._async_try(self._wanted)
                self._served = serves
        if self.failed is not None and self.failed.error is not None:
            raise self.failed.error

    async def _async_try(self, wanted: Setpoint) -> None:
        attempt = WriteAttempt(setpoint=wanted, at=self._clock())
        self.in_flight = attempt
        try:
            async with asyncio.timeout(_COMMAND_TIMEOUT_S):
                await self._async_write(wanted)
        except ChargerError as err:
            self.failed = replace(attempt, error=err)
        except TimeoutError:
            self.failed = replace(
                attempt, error=ConnectionFailed("no answer to a command")
            )
        else:
            self.failed = None
        finally:
            self.in_flight = None

    async def _async_write(self, wanted: Setpoint) -> None:
        charger = self._charger
        held = None if charger.snapshot is None else charger.snapshot.phases_wanted
        phases = None if wanted.phases == held else wanted.phases
        if phases is None:
            await self._async_write_current(wanted)
            return
        if not isinstance(charger, SwitchesPhases):
            raise Unsupported("phases cannot be switched")
        # On more phases the present current would be more power than anybody asked for.
        adds_phases = held is not None and phases > held
        if adds_phases:
            await self._async_write_current(wanted)
        await charger.set_phases(phases)
        if not adds_phases:
            await self._async_write_current(wanted)

    async def _async_write_current(self, wanted: Setpoint) -> None:
        if wanted.current_a is not None:
            # What sets no current is refused before it gets here: it offers no such entity and no such member.
            await cast("SetsCurrent", self._charger).set_current(
                wanted.current_a, lease_s=wanted.lease_s
            )

    def _arm(self, delay_s: float) -> None:
        self._disarm()
        self._timer = self._call_later(max(delay_s, 0), self._allocation_ended)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None

    def _allocation_ended(self) -> None:
        """Lower the charger, and try again until it was reached: its site has fallen silent."""
        self._timer = None
        if self._lowers(self._wanted):
            self._arm(_RETRY_S)
            self._start_task(self._async_end())

    async def _async_end(self) -> None:
        """Lower the charger; where nothing is to flow, or it did not listen, leave it to its watchdog."""
        await self._async_write_quietly()
        if not isinstance(self._charger, FallsSilent):
            return
        async with self._lock:
            is_renewed = (
                self.allocation is None or self._clock() < self.allocation.ends_at
            )
            flows_on = self.failed is None and self._wanted.current_a
            if not (is_renewed or flows_on):
                self._disarm()
                self._is_hushed = True
                await self._charger.fall_silent()

    async def _async_end_discharge(self) -> None:
        """End a discharge that nobody watches any more, unless somebody watches it again by now."""
        async with self._lock:
            if self._is_discharging and not self.is_steered:
                await self._async_try(Setpoint(current_a=0.0))

    async def _async_speak(self) -> None:
        """Break the silence: somebody who decides is back, and has to hear the charger first."""
        async with self._lock:
            if self._is_hushed:
                self._is_hushed = False
                # It holds no more than that already.
                await self._async_try(Setpoint(current_a=0.0))
