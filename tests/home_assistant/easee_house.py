"""A Home Assistant with a simulated Easee cloud, in one time that only moves when told."""

import asyncio
from collections.abc import AsyncIterator, Callable
import time
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.busbar.chargers import easee
from custom_components.busbar.chargers.easee import Urls
from custom_components.busbar.const import DOMAIN
from simulators.easee import (
    FIRST,
    LONE,
    METER,
    PASSWORD,
    SECOND,
    USERNAME,
    EaseeSimulator,
    furnish,
)
from simulators.warp import WarpSimulator
from simulators.world import ManualClock

__all__ = ["easee_cloud", "easee_entry", "easee_house"]

TURNS = 60
ACCOUNT = "easee_f7d54c22dda5b178"
CIRCUIT = "easee_circuit_501"
SHARED = "easee_circuit_502"
CHARGER, LEFT, RIGHT, GRID = (f"easee_{one}" for one in (LONE, FIRST, SECOND, METER))
CREDENTIALS = {"username": USERNAME, "password": PASSWORD}


def account_data(**changes: Any) -> dict[str, Any]:
    """Return what the flow stores of the account."""
    return {"kind": "charger", "make": "easee", **CREDENTIALS, **changes}


class EaseeHouse:
    """The cloud, and the one time in which it and Home Assistant live."""

    def __init__(
        self, hass: HomeAssistant, frozen: FrozenDateTimeFactory, cloud: EaseeSimulator
    ) -> None:
        """Begin with the cloud alone."""
        self.hass = hass
        self.cloud = cloud
        self.warps: list[WarpSimulator] = []
        self._frozen = frozen
        self._waiting: list[tuple[float, asyncio.Event]] = []

    async def pause(self, seconds: float) -> None:
        """Wait in the time of the house."""
        is_over = asyncio.Event()
        self._waiting.append((time.monotonic() + seconds, is_over))
        await is_over.wait()

    async def pass_time(self, seconds: float, step_s: float = 1.0) -> None:
        """Let everybody live for so long."""
        for _ in range(round(seconds / step_s)):
            self._frozen.tick(step_s)
            await self.cloud.advance(step_s)
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
        await self.cloud.hub.settle()
        for warp in self.warps:
            await warp.flush()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def until(self, condition: Callable[[], bool], step_s: float = 1.0) -> None:
        """Let time pass until something is so; the test's timeout bounds it."""
        while not condition():
            await self.pass_time(step_s, step_s)

    def written(self, part: str) -> list[Any]:
        """Return the bodies that were written to paths with this part."""
        return [write.body for write in self.cloud.writes if part in write.path]

    def asked(self, part: str) -> int:
        """Return how many requests had this part."""
        return sum(part in request for request in self.cloud.requests)

    async def add(self, **changes: Any) -> MockConfigEntry:
        """Add the account as its flow does, and set it up."""
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Easee",
            unique_id=ACCOUNT,
            data=account_data(**changes),
        )
        entry.add_to_hass(self.hass)
        await self.hass.config_entries.async_setup(entry.entry_id)
        await self.settle()
        return entry


@pytest.fixture
async def easee_cloud(
    frozen: FrozenDateTimeFactory, socket_enabled: None
) -> AsyncIterator[EaseeSimulator]:
    """Return a running cloud with a home below it."""
    now_s = time.monotonic()
    async with EaseeSimulator(
        clock=ManualClock(now_s), epoch_s=time.time() - now_s
    ) as cloud:
        furnish(cloud)
        await cloud.advance(0)
        yield cloud


@pytest.fixture
async def easee_house(
    hass: HomeAssistant,
    frozen: FrozenDateTimeFactory,
    easee_cloud: EaseeSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> EaseeHouse:
    """Return the house, where the vendor's addresses lead to the cloud."""
    house = EaseeHouse(hass, frozen, easee_cloud)
    replaced = {
        "urls": Urls(api=easee_cloud.url, stream=easee_cloud.stream_url),
        # Looked up at each call, so that they are the stopped ones.
        "clock": lambda: time.monotonic(),  # noqa: PLW0108 # patched later
        "wall": lambda: time.time(),  # noqa: PLW0108 # patched later
        "pause": house.pause,
        "delay": lambda _: 0.0,
    }
    for function in (easee.create_connection, easee.identify):
        defaults = function.__kwdefaults__
        assert defaults is not None
        for name in replaced.keys() & defaults.keys():
            monkeypatch.setitem(defaults, name, replaced[name])
    return house


@pytest.fixture
async def easee_entry(easee_house: EaseeHouse) -> MockConfigEntry:
    """Return the entry of the account, set up and told of everything by the stream."""
    entry = await easee_house.add()
    stream = entry.runtime_data.connection._link.stream
    await easee_house.until(
        lambda: all(stream.covers(one) for one in (LONE, FIRST, SECOND, METER))
    )
    return entry
