"""A Home Assistant with a simulated Quasar, which lives in a time of its own that only moves when told.

The clock of the loop runs on: the Modbus library sleeps by it while it connects.
"""

import asyncio
from collections.abc import AsyncIterator
import time
from typing import Any

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.chargers import quasar
from custom_components.busbar.chargers.quasar.endpoints import Endpoints
from custom_components.busbar.const import DOMAIN
from simulators.quasar import BatteryCar, Fault, QuasarSimulator, Register
from simulators.world import ManualClock

__all__ = ["quasar_entry", "quasar_house", "quasar_ours", "quasar_site"]

KEY = "quasar_100000"
MEMBER = "member_quasar"
GRID = "sensor.grid_power"
POLL_S = 5.0
TIMEOUT_S = 5.0
"""How long an answer is waited for, in real time: longer than a busy machine needs."""
DEAF_S = 0.03
"""How long one is waited for that will not come."""


class QuasarHouse:
    """The charger, and the time in which it and its client live."""

    def __init__(self, hass: HomeAssistant, sim: QuasarSimulator) -> None:
        """Begin with the charger alone."""
        self.hass = hass
        self.sim = sim
        self._polled_s = sim.clock.now()
        self._waiting: list[tuple[float, asyncio.Event]] = []
        self._entry: MockConfigEntry | None = None

    def now(self) -> float:
        """Return the time of the charger."""
        return self.sim.clock.now()

    def wall(self) -> float:
        """Return the same as a wall clock tells it."""
        return 1_790_000_000.0 + self.now()

    async def pause(self, seconds: float) -> None:
        """Wait in the time of the house."""
        waiting = (self.now() + seconds, asyncio.Event())
        self._waiting.append(waiting)
        try:
            await waiting[1].wait()
        finally:
            self._waiting.remove(waiting)

    async def pass_time(self, seconds: float, step_s: float = 1.0) -> None:
        """Let the charger live for so long, asked as often as a coordinator does."""
        for _ in range(round(seconds / step_s)):
            await self.sim.advance(step_s)
            for due_s, is_over in self._waiting:
                if due_s <= self.now():
                    is_over.set()
            await self.settle()
            if self.now() - self._polled_s >= POLL_S:
                await self.poll()

    async def poll(self) -> None:
        """Ask once."""
        self._polled_s = self.now()
        assert self._entry is not None
        for coordinator in list(self._entry.runtime_data.coordinators.values()):
            await coordinator.async_refresh()
        await self.settle()

    async def settle(self) -> None:
        """Let what is under way arrive; on the wire it takes no time."""
        await self.hass.async_block_till_done(wait_background_tasks=True)
        while self._is_at_work:
            await asyncio.sleep(0)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    @property
    def _is_at_work(self) -> bool:
        runtime = getattr(self._entry, "runtime_data", None)
        if runtime is None:
            return False
        charger = runtime.connection._charger
        is_paused = any(not is_over.is_set() for _, is_over in self._waiting)
        pursuit, recovery = charger._pursuit._task, charger._recovery._task
        return (pursuit is not None and not pursuit.done() and not is_paused) or (
            recovery is not None and not recovery.done()
        )

    async def until_alone(self) -> None:
        """Wait until the charger has noticed that nobody is there; the test's timeout bounds it."""
        while self.sim.clients:
            await asyncio.sleep(0)
        await self.settle()

    def deafen(self, entry: MockConfigEntry, fault: Fault) -> None:
        """Let the charger fall silent, and wait for no answer any longer."""
        client = entry.runtime_data.connection._charger._client
        client._modbus.ctx.comm_params.timeout_connect = DEAF_S
        self.sim.fault(fault)

    def data(self, *, cloud: bool = False, **changes: Any) -> dict[str, Any]:
        """Return what the flow stores of the charger."""
        settings = self.sim.settings
        account = {"username": settings.username, "password": settings.password}
        return {
            "kind": "charger",
            "make": "quasar",
            "host": self.sim.host,
            "port": self.sim.port,
            "serial": str(settings.serial),
            "restart_when_dead": False,
            "watchdog_s": 90,
            "power_mode": False,
            **(account if cloud else {}),
            **changes,
        }

    async def add(self, *, cloud: bool = False, **changes: Any) -> MockConfigEntry:
        """Add the charger as its flow does, and set it up."""
        self._entry = entry = MockConfigEntry(
            domain=DOMAIN,
            title="Wallbox Quasar",
            unique_id=KEY,
            data=self.data(cloud=cloud, **changes),
        )
        entry.add_to_hass(self.hass)
        await self.hass.config_entries.async_setup(entry.entry_id)
        await self.settle()
        return entry

    def told(self, *registers: Register) -> list[tuple[str, int]]:
        """Return names and values of what was written, of these registers or of all."""
        wanted = registers or tuple(Register)
        return [
            (Register(write.register).name, write.value)
            for write in self.sim.writes
            if write.register in wanted
        ]


@pytest.fixture
async def quasar_house(
    hass: HomeAssistant,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[QuasarHouse]:
    """Return the house, where the vendor's addresses lead to the simulated cloud."""
    clock = ManualClock(time.monotonic())
    async with QuasarSimulator(clock=clock) as sim:
        house = QuasarHouse(hass, sim)
        replaced = {
            "endpoints": Endpoints(api_url=sim.cloud.url, login_url=sim.cloud.url),
            "clock": house.now,
            "wall_clock": house.wall,
            "pause": house.pause,
            "jitter": lambda: 0.5,
            "timeout_s": TIMEOUT_S,
        }
        for function in (quasar.create_connection, quasar.identify):
            defaults = function.__kwdefaults__
            assert defaults is not None
            for name in replaced.keys() & defaults.keys():
                monkeypatch.setitem(defaults, name, replaced[name])
        yield house


def metered_site() -> MockConfigEntry:
    """Return the entry of a house on one phase with a meter, whose only charger is the Quasar."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        data={
            "kind": "site",
            "phases": 1,
            "ratings": {"l1": 40.0},
            "voltage": 230.0,
            "meter": {
                "kind": "powers",
                "inverted": False,
                "entities": {"l1": {"power": GRID}},
            },
        },
        subentries_data=[
            ConfigSubentryDataWithId(
                data={
                    "charger": KEY,
                    "phase_map": "l1_l2_l3",
                    "minimum": 3.0,
                    "maximum": 32.0,
                },
                subentry_id=MEMBER,
                subentry_type="charger",
                title="Quasar",
                unique_id=KEY,
            )
        ],
    )


@pytest.fixture
async def quasar_site(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_entry: MockConfigEntry
) -> MockConfigEntry:
    """Return a site with a meter, set up, in which the Quasar is watched and not yet steered."""
    hass.states.async_set(GRID, "400", {"unit_of_measurement": "W"})
    entry = metered_site()
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await quasar_house.settle()
    return entry


@pytest.fixture
async def quasar_entry(quasar_house: QuasarHouse) -> MockConfigEntry:
    """Return the entry of the charger as it comes: hands-off, with a half full car."""
    quasar_house.sim.plug(BatteryCar(level_percent=50))
    return await quasar_house.add()


@pytest.fixture
async def quasar_ours(
    hass: HomeAssistant, quasar_house: QuasarHouse
) -> MockConfigEntry:
    """Return the entry of a charger that a person gave into our hands, its state of charge known."""
    quasar_house.sim.plug(BatteryCar(level_percent=50))
    entry = await quasar_house.add(cloud=True)
    (charger,) = entry.runtime_data.connection.chargers.values()
    await charger.set_control(allowed=True)
    await quasar_house.pass_time(6)
    quasar_house.sim.writes.clear()
    return entry
