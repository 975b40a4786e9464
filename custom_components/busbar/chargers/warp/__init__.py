"""Speak to Tinkerforge WARP chargers and Energy Managers in the local network."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import random
import time
from typing import Any, Final

from aiohttp import ClientSession
from yarl import URL

from ..errors import Unsupported
from ..model import Connection, Identity
from .client import TIMEOUT_S, WarpClient
from .connection import WarpConnection, identify_charger
from .device import MAKE, identity_of
from .link import Link
from .parse import uid_from_number

__all__ = ["MAKE", "create_connection", "identify", "uid_from_number"]

HTTP_PORT: Final = 80


def create_connection(
    settings: Mapping[str, Any],
    *,
    session: ClientSession,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    jitter: Callable[[], float] = random.random,
    timeout_s: float = TIMEOUT_S,
) -> Connection:
    """Return a connection to the device at `settings["host"]`.

    Further settings, all optional: `port`, `username`, `password`, and `serial`, the only
    device that is let in; without it, whichever answers first.
    """
    link = Link(
        _client(settings, session, timeout_s),
        uid=settings.get("serial"),
        clock=clock,
        pause=pause,
    )
    return WarpConnection(link, jitter=jitter, pause=pause)


async def identify(
    settings: Mapping[str, Any], *, session: ClientSession, timeout_s: float = TIMEOUT_S
) -> Identity:
    """Return who answers at `settings["host"]`. Raises `ChargerError`; writes nothing."""
    link = Link(
        _client(settings, session, timeout_s),
        uid=None,
        clock=time.monotonic,
        pause=asyncio.sleep,
    )
    await identify_charger(link)
    return identity_of(link)


def _client(
    settings: Mapping[str, Any], session: ClientSession, timeout_s: float
) -> WarpClient:
    """Return the wire to the address of the settings."""
    try:
        base_url = URL.build(
            scheme="http",
            host=str(settings["host"]),
            port=int(settings.get("port") or HTTP_PORT),
        )
    except ValueError as error:
        msg = "this is not a host name or address"
        raise Unsupported(msg) from error
    return WarpClient(
        base_url,
        session,
        username=settings.get("username"),
        password=settings.get("password"),
        timeout_s=timeout_s,
    )
