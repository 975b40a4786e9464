"""A Home Assistant with simulated Shelly energy meters."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from custom_components.busbar.meters import shelly_em
from simulators.shelly_em import MAC, Channel, Generation, ShellyEmSimulator
from simulators.world import ManualClock

__all__ = ["add_shelly", "start_shelly"]

KEY = f"shelly_em_{MAC}"
GRID = {"channel": 0, "role": "grid", "phase": 1, "invert": False}
ROOF = {"channel": 1, "role": "solar", "phase": 2, "invert": True}

type StartShelly = Callable[..., Awaitable[ShellyEmSimulator]]
type AddShelly = Callable[..., Awaitable[MockConfigEntry]]


def meter_data(sim: ShellyEmSimulator, **changes: Any) -> dict[str, Any]:
    """Return what the flow stores of a meter."""
    return {
        "kind": "charger",
        "make": "shelly_em",
        "host": sim.host,
        "port": sim.port,
        "interval_s": 1,
        "serial": MAC,
        "channels": [GRID, ROOF],
        **changes,
    }


@pytest.fixture
async def start_shelly(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[StartShelly]:
    """Start simulated meters on one clock that only the test moves, and stop them after the test."""
    clock = ManualClock(1000.0)
    for function in (
        shelly_em.create_connection,
        shelly_em.find_channels,
        shelly_em.identify,
    ):
        defaults = function.__kwdefaults__
        assert defaults is not None
        # It is waited for in real time, longer than a busy machine needs.
        monkeypatch.setitem(defaults, "timeout_s", 10.0)
        if "clock" in defaults:
            monkeypatch.setitem(defaults, "clock", clock.now)
    async with AsyncExitStack() as stack:

        async def start(
            generation: Generation = Generation.GEN1, **settings: Any
        ) -> ShellyEmSimulator:
            channels = [Channel(watts=lambda: 690.0), Channel(watts=lambda: -1150.0)]
            return await stack.enter_async_context(
                ShellyEmSimulator(
                    clock=clock, generation=generation, channels=channels, **settings
                )
            )

        yield start


@pytest.fixture
async def add_shelly(hass: HomeAssistant) -> AddShelly:
    """Add a meter as its flow does, and set it up."""

    async def add(sim: ShellyEmSimulator, **changes: Any) -> MockConfigEntry:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Shelly EM",
            unique_id=KEY,
            data=meter_data(sim, **changes),
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return add
