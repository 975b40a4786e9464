"""A Home Assistant and a simulated cloud in one time that only moves when told."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable
import time
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from simulators.warp import WarpSimulator

TURNS: Final = 60


class FrozenHouse(ABC):
    """One time for Home Assistant, for a cloud, and for the WARPs beside it."""

    def __init__(self, hass: HomeAssistant, frozen: FrozenDateTimeFactory) -> None:
        """Begin without WARPs."""
        self.hass = hass
        self.warps: list[WarpSimulator] = []
        self._frozen = frozen
        self._waiting: list[tuple[float, asyncio.Event]] = []

    @abstractmethod
    async def advance_cloud(self, seconds: float) -> None:
        """Let the cloud live for so long."""

    @abstractmethod
    async def settle_cloud(self) -> None:
        """Let what the cloud has sent arrive."""

    async def pause(self, seconds: float) -> None:
        """Wait in the time of the house."""
        is_over = asyncio.Event()
        self._waiting.append((time.monotonic() + seconds, is_over))
        await is_over.wait()

    async def pass_time(self, seconds: float, step_s: float = 1.0) -> None:
        """Let everybody live for so long."""
        for _ in range(round(seconds / step_s)):
            self._frozen.tick(step_s)
            await self.advance_cloud(step_s)
            for warp in self.warps:
                await warp.advance(step_s)
            now_s = time.monotonic()
            for due_s, is_over in self._waiting:
                if due_s <= now_s:
                    is_over.set()
            self._waiting = [one for one in self._waiting if one[0] > now_s]
            async_fire_time_changed(self.hass)
            await self.settle()

    async def settle(self) -> None:
        """Let what is under way arrive: sockets need turns of the loop, not time."""
        await self.settle_cloud()
        for warp in self.warps:
            await warp.flush()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def until(self, condition: Callable[[], bool], step_s: float = 1.0) -> None:
        """Let time pass until something is so; the test's timeout bounds it."""
        while not condition():
            await self.pass_time(step_s, step_s)
