"""Give the tests of the simulators a clock and a client of their own."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from simulators.world import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that only the test moves."""
    return ManualClock()


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a client for real sockets on loopback."""
    async with aiohttp.ClientSession() as client:
        yield client
