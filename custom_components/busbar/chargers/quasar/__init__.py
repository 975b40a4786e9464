"""Speak to Wallbox Quasar chargers (the first one, CHAdeMO) over Modbus TCP."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import random
import time
from typing import Any, Final

from ..errors import ChargerError, Unsupported
from ..model import Connection, Identity
from .charger import QuasarCharger
from .client import DEFAULT_TIMEOUT_S, QuasarClient
from .cloud import RunBlocking, VendorCloud
from .connection import QuasarConnection
from .control import RemoteControl
from .endpoints import VENDOR, Endpoints
from .memory import Memory
from .observer import Observer
from .recovery import Recovery
from .registers import DEFAULT_PORT
from .report import identity_of
from .restart import Restarter

__all__ = ["MAKE", "create_connection", "identify"]

MAKE: Final = "quasar"

DEFAULT_WATCHDOG_S: Final = 90
"""Longer than a stall of ours with a reconnect, short enough to end a discharge that nobody watches."""
_WATCHDOG_RANGE_S: Final = (60, 1800)


async def _in_thread(work: Callable[[], None]) -> None:
    await asyncio.to_thread(work)


def create_connection(
    settings: Mapping[str, Any],
    *,
    state: Mapping[str, Any],
    save_state: Callable[[Mapping[str, Any]], None],
    clock: Callable[[], float] = time.monotonic,
    wall_clock: Callable[[], float] = time.time,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    jitter: Callable[[], float] = random.random,
    run_blocking: RunBlocking = _in_thread,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    endpoints: Endpoints = VENDOR,
) -> Connection:
    """Return a connection to the charger at `settings["host"]`.

    Further settings, all optional: `port`; `serial`, the only charger that is let in; `username` and
    `password` of the vendor's cloud, which make a restart possible; `restart_when_dead`, to have it
    restarted without being asked; `watchdog_s` (60 to 1800); `power_mode`, to be tried where the
    firmware has it. Needs a running event loop.
    """
    client = _client(settings, timeout_s)
    memory = Memory(state, save_state)
    shortest_s, longest_s = _WATCHDOG_RANGE_S
    watchdog_s = int(settings.get("watchdog_s") or DEFAULT_WATCHDOG_S)
    remote = RemoteControl(
        client,
        watchdog_s=max(shortest_s, min(watchdog_s, longest_s)),
        prefers_power=bool(settings.get("power_mode")),
    )
    cloud = _cloud(settings, run_blocking, endpoints)
    restarter = (
        None
        if cloud is None
        else Restarter(cloud, memory, clock=clock, wall_clock=wall_clock, jitter=jitter)
    )

    def make_recovery(
        observer: Observer, on_refused: Callable[[ChargerError], None]
    ) -> Recovery:
        return Recovery(
            restarter,
            observer,
            on_refused=on_refused,
            restarts_by_itself=bool(settings.get("restart_when_dead")),
            clock=clock,
            jitter=jitter,
        )

    def make_charger(on_change: Callable[[], None]) -> QuasarCharger:
        return QuasarCharger(
            client,
            remote,
            memory,
            make_recovery,
            clock=clock,
            pause=pause,
            on_change=on_change,
        )

    return QuasarConnection(make_charger)


async def identify(
    settings: Mapping[str, Any],
    *,
    run_blocking: RunBlocking = _in_thread,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    endpoints: Endpoints = VENDOR,
) -> Identity:
    """Return who answers at `settings["host"]`, and check the cloud login where there is one.

    Raises `ChargerError`: `WrongDevice` where it is no Quasar, not the one named by `serial`, or not
    one of the account's. Writes nothing.
    """
    client = _client(settings, timeout_s)
    try:
        device = await client.connect()
    finally:
        client.close()
    cloud = _cloud(settings, run_blocking, endpoints)
    if cloud is not None:
        await cloud.check(device.serial)
    return identity_of(device)


def _client(settings: Mapping[str, Any], timeout_s: float) -> QuasarClient:
    host = str(settings["host"]).strip()
    try:
        host.encode("idna")
    except UnicodeError as err:
        # Found out here, because the library would stumble over it when it looks it up.
        raise Unsupported("this is not a host name or address") from err
    return QuasarClient(
        host,
        int(settings.get("port") or DEFAULT_PORT),
        serial=settings.get("serial"),
        timeout_s=timeout_s,
    )


def _cloud(
    settings: Mapping[str, Any],
    run_blocking: RunBlocking,
    endpoints: Endpoints,
) -> VendorCloud | None:
    username, password = settings.get("username"), settings.get("password")
    if not username or not password:
        return None
    return VendorCloud(
        username=username,
        password=password,
        run_blocking=run_blocking,
        endpoints=endpoints,
    )
