"""A Home Assistant with a simulated Konnect+ cloud, in one time that only moves when told."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
import time
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.chargers import andersen
from custom_components.busbar.chargers.andersen import Endpoints
from custom_components.busbar.const import DOMAIN
from simulators.andersen import AndersenSimulator, SimulatedCharger
from simulators.world import ManualClock

from .frozen_house import FrozenHouse

__all__ = ["andersen_cloud", "andersen_entry", "andersen_house"]

EMAIL = "owner@example.com"
PASSWORD = "Konnect-1 ✓"
CREDENTIALS = {"email": EMAIL, "password": PASSWORD, "keep_password": True}


class AndersenHouse(FrozenHouse):
    """The cloud with one account and one charger, and the time in which all live."""

    def __init__(
        self,
        hass: HomeAssistant,
        frozen: FrozenDateTimeFactory,
        cloud: AndersenSimulator,
    ) -> None:
        """Hang a charger on the wall."""
        super().__init__(hass, frozen)
        self.cloud = cloud
        self.member = cloud.add_account(EMAIL, PASSWORD)
        self.wall: SimulatedCharger = cloud.add_charger(self.member)

    @property
    def key(self) -> str:
        """Return the identity key of the charger."""
        return f"andersen_{self.wall.device_id}"

    @property
    def account_key(self) -> str:
        """Return the unique id of the entry."""
        return f"andersen_{self.member.account.username}"

    @override
    async def advance_cloud(self, seconds: float) -> None:
        """Let the cloud live for so long."""
        self.cloud.clock.advance(seconds)
        await self.cloud.catch_up()

    @override
    async def settle_cloud(self) -> None:
        """Live up to the present: that sends what is due."""
        await self.cloud.catch_up()

    def sent(self) -> list[str]:
        """Return the names of the commands that the cloud took."""
        return [command.name for command in self.cloud.commands]

    def enabled(self) -> list[bool]:
        """Return which slots are on at the charger."""
        return [bool(slot["enabled"]) for slot in self.wall.slots.wire()]

    def remembered(self) -> dict[str, Any]:
        """Return the state of an entry whose device is known to the cloud."""
        held = self.cloud.cognito.remember(self.member.account)
        device = {
            "key": held.key,
            "group_key": held.group_key,
            "password": held.password,
        }
        return {
            "account": {
                "username": held.username,
                "device": device,
                "refresh_token": held.refresh_token,
            }
        }

    async def add(
        self, *, state: Mapping[str, Any] | None = None, **changes: Any
    ) -> MockConfigEntry:
        """Add the account as its flow does, with a remembered device, and set it up."""
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Andersen",
            unique_id=self.account_key,
            data={
                "kind": "charger",
                "make": "andersen",
                **CREDENTIALS,
                "state": self.remembered() if state is None else dict(state),
                **changes,
            },
        )
        entry.add_to_hass(self.hass)
        await self.hass.config_entries.async_setup(entry.entry_id)
        await self.live(entry)
        return entry

    async def live(self, entry: ConfigEntry[Any]) -> None:
        """Wait until events are heard."""
        await self.settle()
        await self.until(lambda: self.cloud.open_sockets > 0)


@pytest.fixture
async def andersen_cloud(
    frozen: FrozenDateTimeFactory, socket_enabled: None
) -> AsyncIterator[AndersenSimulator]:
    """Return a running cloud."""
    now_s = time.monotonic()
    epoch = datetime.fromtimestamp(time.time() - now_s, UTC)
    async with AndersenSimulator(clock=ManualClock(now_s), epoch=epoch) as cloud:
        yield cloud


@pytest.fixture
async def andersen_house(
    hass: HomeAssistant,
    frozen: FrozenDateTimeFactory,
    andersen_cloud: AndersenSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> AndersenHouse:
    """Return the house, where the vendor's addresses lead to the cloud."""
    house = AndersenHouse(hass, frozen, andersen_cloud)
    urls = andersen_cloud.urls
    replaced = {
        "endpoints": Endpoints(
            graphql_url=urls.graphql,
            websocket_url=urls.websocket,
            lookup_url=urls.lookup,
            cognito_url=urls.cognito,
        ),
        # Looked up at each call, so that it is the stopped one.
        "clock": lambda: time.monotonic(),  # noqa: PLW0108 # patched later
        "wall": lambda: time.time(),  # noqa: PLW0108 # patched later
        "sleep": house.pause,
    }
    for function in (andersen.create_connection, andersen.identify):
        defaults = function.__kwdefaults__
        assert defaults is not None
        for name in replaced.keys() & defaults.keys():
            monkeypatch.setitem(defaults, name, replaced[name])
    return house


@pytest.fixture
async def andersen_entry(andersen_house: AndersenHouse) -> MockConfigEntry:
    """Return the entry of the account, set up."""
    return await andersen_house.add()
