"""A Home Assistant with simulated chargers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
import time
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.chargers.warp import create_connection
from custom_components.busbar.const import DOMAIN
from simulators.warp import WarpSimulator
from simulators.world import CarSpec, ManualClock, advance_together
from tests.spoken import says_everything

from .andersen_house import andersen_cloud, andersen_entry, andersen_house
from .common import charger_data, site_entry_of
from .easee_house import easee_cloud, easee_entry, easee_house
from .easee_site import easee_site, easee_warp
from .quasar_house import quasar_entry, quasar_house, quasar_ours, quasar_site
from .shelly_house import add_shelly, start_shelly
from .shown import snapshot

__all__ = [
    "add_shelly",
    "andersen_cloud",
    "andersen_entry",
    "andersen_house",
    "easee_cloud",
    "easee_entry",
    "easee_house",
    "easee_site",
    "easee_warp",
    "quasar_entry",
    "quasar_house",
    "quasar_ours",
    "quasar_site",
    "says_everything",
    "snapshot",
    "start_shelly",
]

BEGIN = datetime(2026, 11, 18, 11, 0, 0, 300_000, tzinfo=UTC)

type Add = Callable[[WarpSimulator], Awaitable[MockConfigEntry]]
type StartWarp = Callable[..., Awaitable[WarpSimulator]]


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let the test kit load Busbar."""


@pytest.fixture(autouse=True)
def _speaks(says_everything: None) -> None:
    """Fail where Busbar says something that has no text."""


@pytest.fixture
def all_entities_enabled() -> Iterator[None]:
    """Enable also what is off until somebody enables it."""
    with patch.object(Entity, "entity_registry_enabled_default", True):
        yield


@pytest.fixture
def frozen(
    freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> FrozenDateTimeFactory:
    """Stop all clocks, also the one that a make's package took when it was imported.

    Always at the same moment: where in a second a test begins decides when coordinators tick.
    """
    freezer.move_to(BEGIN)
    assert create_connection.__kwdefaults__ is not None
    # Looked up at each call, so that it is the stopped one.
    monkeypatch.setitem(
        create_connection.__kwdefaults__,
        "clock",
        lambda: time.monotonic(),  # noqa: PLW0108 # patched later
    )
    return freezer


@pytest.fixture
async def start_warp(socket_enabled: None) -> AsyncIterator[StartWarp]:
    """Start simulated WARPs that share a clock, and stop them after the test."""
    clock = ManualClock()
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> WarpSimulator:
            settings.setdefault("display_name", "Garage")
            return await stack.enter_async_context(
                WarpSimulator(clock=clock, **settings)
            )

        yield start


@pytest.fixture
async def warp(start_warp: StartWarp) -> WarpSimulator:
    """Return a WARP3 with a car of 16 A on three phases."""
    simulator = await start_warp(uid="AbCd")
    simulator.plug(CarSpec(phases=3, maximum_a=16))
    return simulator


@pytest.fixture
async def add(hass: HomeAssistant) -> Add:
    """Add a charger entry for a simulator and set it up."""

    async def add_charger(simulator: WarpSimulator) -> MockConfigEntry:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=simulator.settings.display_name,
            unique_id=f"warp_{simulator.uid}",
            data=charger_data(simulator),
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return add_charger


@pytest.fixture
async def warp_entry(warp: WarpSimulator, add: Add) -> MockConfigEntry:
    """Return the entry of the one WARP, set up."""
    return await add(warp)


@pytest.fixture
async def warps(start_warp: StartWarp) -> list[WarpSimulator]:
    """Return three WARPs, each with a three-phase car, that go to 6 A after a restart of their own."""
    simulators = []
    for uid, name in (("AbCd", "Garage"), ("EfGh", "Carport"), ("JkLm", "Driveway")):
        simulator = await start_warp(
            uid=uid, display_name=name, external_default_ma=6000
        )
        simulator.plug(CarSpec(phases=3, maximum_a=32))
        simulators.append(simulator)
    await advance_together(simulators[0].clock, 10, *simulators)
    return simulators


@pytest.fixture
async def lively(warps: list[WarpSimulator]) -> AsyncIterator[None]:
    """Let the time of the three WARPs run, faster than ours, so that cars follow what they are offered."""

    async def live() -> None:
        while True:
            await advance_together(warps[0].clock, 0.5, *warps)
            await asyncio.sleep(0.01)

    task = asyncio.ensure_future(live())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def site_entry(
    hass: HomeAssistant, warps: list[WarpSimulator], lively: None, add: Add
) -> MockConfigEntry:
    """Return a site of 40 A with the three WARPs, set up."""
    for simulator in warps:
        await add(simulator)
    entry = site_entry_of(warps)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry
