"""Give each test a simulated cloud with one account and one charger."""

from collections.abc import AsyncIterator

import pytest

from simulators.andersen import AndersenSimulator, Member, SimulatedCharger
from simulators.world import ManualClock

EMAIL = "owner@example.com"
PASSWORD = "Konnect-1"


@pytest.fixture
async def cloud(
    clock: ManualClock, socket_enabled: None
) -> AsyncIterator[AndersenSimulator]:
    """Return a running cloud with one account."""
    async with AndersenSimulator(clock=clock) as running:
        running.add_account(EMAIL, PASSWORD)
        yield running


@pytest.fixture
def member(cloud: AndersenSimulator) -> Member:
    """Return the account."""
    return cloud.members[0]


@pytest.fixture
def charger(cloud: AndersenSimulator, member: Member) -> SimulatedCharger:
    """Return the charger of the account."""
    return cloud.add_charger(member)
