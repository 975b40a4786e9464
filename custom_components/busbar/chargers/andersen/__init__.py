"""Speak to Andersen A2 and A3 chargers through the Konnect+ cloud."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random
import time
from typing import Any

from aiohttp import ClientSession

from .auth import Auth, RunBlocking
from .charger import MAKE
from .connection import AndersenConnection
from .endpoints import VENDOR, Endpoints
from .store import State, Store

__all__ = [
    "MAKE",
    "VENDOR",
    "Account",
    "AndersenConnection",
    "Endpoints",
    "create_connection",
    "identify",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Be what a login in the config flow found out."""

    account_id: str
    """Stable over password and e-mail changes; no secret."""
    state: Mapping[str, Any]
    """To be stored in the entry: it holds the remembered device, so that no second one is registered."""


def create_connection(
    settings: Mapping[str, Any],
    *,
    session: ClientSession,
    run_blocking: RunBlocking,
    state: State,
    save_state: Callable[[State], None],
    clock: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    random: Random | None = None,
    endpoints: Endpoints = VENDOR,
) -> AndersenConnection:
    """Return the connection of an account; nothing is sent before `open()`.

    `settings` has `email` and, unless only the remembered device is to be used, `password`.
    `run_blocking` runs a function with its arguments in a worker thread.
    """
    store = Store(state, save_state)
    # Only spreads attempts over time.
    dice = random or Random()
    auth = Auth(
        email=settings["email"],
        password=settings.get("password"),
        store=store,
        session=session,
        run_blocking=run_blocking,
        endpoints=endpoints,
        clock=clock,
        random=dice,
    )
    return AndersenConnection(
        auth=auth,
        store=store,
        session=session,
        endpoints=endpoints,
        clock=clock,
        wall=wall,
        sleep=sleep,
        random=dice,
    )


async def identify(
    settings: Mapping[str, Any],
    *,
    session: ClientSession,
    run_blocking: RunBlocking,
    state: State | None = None,
    endpoints: Endpoints = VENDOR,
) -> Account:
    """Log in with e-mail and password and return whose account it is.

    Hand in the entry's `state` at reauth and reconfigure, so that the remembered device stays the same.
    Raises `AuthenticationFailed`, `ConnectionFailed` or `RateLimited`.
    """
    known = dict(state or {})
    account = dict(known.get("account") or {})
    # A refresh would prove nothing about the password, and a user name nothing about the address.
    account.pop("refresh_token", None)
    account.pop("username", None)
    store = Store({**known, "account": account}, lambda _: None)
    auth = Auth(
        email=settings["email"],
        password=settings.get("password"),
        store=store,
        session=session,
        run_blocking=run_blocking,
        endpoints=endpoints,
    )
    try:
        await auth.token()
        return Account(account_id=await auth.username(), state=store.state)
    finally:
        await auth.close()
