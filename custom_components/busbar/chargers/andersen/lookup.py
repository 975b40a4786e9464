"""Find the pool's user name of an e-mail address."""

import asyncio
from json import JSONDecodeError
import logging
from typing import Any, Final

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from ..errors import AuthenticationFailed, ConnectionFailed, RateLimited

_LOGGER = logging.getLogger(__name__)

LOOKUP_TIMEOUT: Final = ClientTimeout(total=15)
TRANSIENT_STATUSES: Final = frozenset({403, 408})
"""A firewall and a slow proxy: neither knows whether the address is wrong."""


async def find_username(session: ClientSession, url: str, email: str) -> str:
    """Return the user name. It is no secret and never changes.

    Raises:
        AuthenticationFailed: The cloud does not know the address.
        ConnectionFailed: It was not reached, or answered something else.
        RateLimited: It asks us to wait.
    """
    try:
        async with session.post(
            url, json={"email": email}, timeout=LOOKUP_TIMEOUT
        ) as response:
            return _username(response.status, await _body(response))
    except (ClientError, TimeoutError, asyncio.IncompleteReadError) as err:
        msg = f"the user look-up was not reached ({type(err).__name__})"
        raise ConnectionFailed(msg) from None


async def _body(response: ClientResponse) -> Any:
    """Return the JSON of an answer, `None` where it is none."""
    try:
        return await response.json(content_type=None)
    except JSONDecodeError, UnicodeDecodeError:
        return None


def _username(status: int, body: Any) -> str:
    answer = body if isinstance(body, dict) else {}
    username = answer.get("username")
    if status == 200 and isinstance(username, str) and username:
        return username
    if status == 429:
        raise RateLimited
    if status >= 500 or status in TRANSIENT_STATUSES:
        msg = f"the user look-up failed (HTTP {status})"
        raise ConnectionFailed(msg)
    if status >= 400 or "error" in answer:
        msg = "the cloud does not know this e-mail address"
        raise AuthenticationFailed(msg)
    _LOGGER.debug("User look-up answered HTTP %s without a user name", status)
    msg = "the user look-up answered something unexpected"
    raise ConnectionFailed(msg)
