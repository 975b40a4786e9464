"""A Home Assistant with a simulated Easee cloud, in one time that only moves when told."""

from collections.abc import AsyncIterator
import time
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

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
from simulators.world import ManualClock

from .frozen_house import FrozenHouse

__all__ = ["easee_cloud", "easee_entry", "easee_house"]

ACCOUNT = "easee_f7d54c22dda5b178"
CIRCUIT = "easee_circuit_501"
SHARED = "easee_circuit_502"
CHARGER, LEFT, RIGHT, GRID = (f"easee_{one}" for one in (LONE, FIRST, SECOND, METER))
CREDENTIALS = {"username": USERNAME, "password": PASSWORD}


def account_data(**changes: Any) -> dict[str, Any]:
    """Return what the flow stores of the account."""
    return {"kind": "charger", "make": "easee", **CREDENTIALS, **changes}


class EaseeHouse(FrozenHouse):
    """The cloud, and the one time in which it and Home Assistant live."""

    def __init__(
        self, hass: HomeAssistant, frozen: FrozenDateTimeFactory, cloud: EaseeSimulator
    ) -> None:
        """Begin with the cloud alone."""
        super().__init__(hass, frozen)
        self.cloud = cloud

    @override
    async def advance_cloud(self, seconds: float) -> None:
        """Let the cloud live for so long."""
        await self.cloud.advance(seconds)

    @override
    async def settle_cloud(self) -> None:
        """Let what the stream carries arrive."""
        await self.cloud.hub.settle()

    async def live(self, entry: ConfigEntry[Any]) -> None:
        """Wait until the stream has told of everything."""
        stream = entry.runtime_data.connection._link.stream
        await self.until(
            lambda: all(stream.covers(one) for one in (LONE, FIRST, SECOND, METER))
        )

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
    await easee_house.live(entry)
    return entry
