"""Talk to Easee chargers, circuits and Equalizers through the vendor's cloud.

Importing this package imports pyeasee, which changes a method of `websockets` for the whole
process: import it on first use.
"""

import asyncio
from collections.abc import Callable, Mapping
import hashlib
import random
import ssl as ssl_module
import time
from typing import Any

from aiohttp import ClientSession

from ..model import Connection
from .client import Client
from .connection import EaseeConnection, Pause
from .const import MAKE, VENDOR, Urls
from .device import Link
from .library import Account
from .memory import Memory
from .stream import Stream
from .timebase import CloudClock

__all__ = ["MAKE", "VENDOR", "Urls", "create_connection", "identify"]


def jittered(delay_s: float) -> float:
    """Return a pause with up to a third added, so that houses do not come back together."""
    return delay_s * (1 + random.random() / 3)


def create_connection(
    settings: Mapping[str, Any],
    *,
    session: ClientSession,
    state: Mapping[str, Any],
    save_state: Callable[[Mapping[str, Any]], None],
    clock: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
    urls: Urls = VENDOR,
    ssl: ssl_module.SSLContext | None = None,
    time_zone: str = "UTC",
    pause: Pause = asyncio.sleep,
    delay: Callable[[float], float] = jittered,
) -> Connection:
    """Return the connection of one account; `settings` are `username` and `password`.

    `ssl` is the context of the stream; `time_zone` is where charge plans are shown and written.
    """
    account = Account(
        str(settings["username"]).strip(),
        settings["password"],
        session=session,
        urls=urls,
        clock=clock,
        delay=delay,
        ssl=ssl if urls.stream.startswith("https:") else None,
    )
    cloud_clock = CloudClock(clock=clock, wall=wall)
    account.on_date = cloud_clock.note_date
    link = Link(
        client=Client(account, clock=clock),
        stream=Stream(account, clock=clock),
        cloud_clock=cloud_clock,
        clock=clock,
        memory=Memory(state, save_state),
        changed=lambda: None,
        time_zone=time_zone,
    )
    return EaseeConnection(link, pause=pause)


async def identify(
    settings: Mapping[str, Any],
    *,
    session: ClientSession,
    clock: Callable[[], float] = time.monotonic,
    urls: Urls = VENDOR,
    **_: object,
) -> str:
    """Return the id of an account, after its credentials were proven. Raises ChargerError.

    The cloud names no account; the id is made of the user name and does not give it away. What a
    connection is given beyond this is passed over.
    """
    username = str(settings["username"]).strip()
    account = Account(
        username,
        settings["password"],
        session=session,
        urls=urls,
        clock=clock,
        delay=jittered,
    )
    await Client(account, clock=clock).login()
    return hashlib.sha256(username.casefold().encode()).hexdigest()[:16]
