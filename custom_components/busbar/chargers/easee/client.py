"""Ask the cloud one thing at a time, within the budgets, and say plainly what came of it.

Silence, `None` and a server's failure are failures; a rejected command is no wrong password; what
the library raises never leaves this module.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
import logging
import re
from typing import Any, Final

from aiohttp import ClientError, ClientResponse

from ..errors import ChargerError, ConnectionFailed, RateLimited, Rejected, Unsupported
from .budget import Budgets, Kind
from .const import REQUEST_TIMEOUT_S
from .library import (
    Account,
    AuthorizationFailedException,
    BadRequestException,
    ForbiddenServiceException,
    NotFoundException,
    ServerFailureException,
    TooManyRequestsException,
)

_LOGGER = logging.getLogger(__name__)

BLOCKED: Final = re.compile(r"block|too many", re.IGNORECASE)
REASON_LENGTH: Final = 120
_TELLTALE: Final = re.compile(r"\S*[\d@]\S*")


class NoAccess(Rejected):
    """The account may see this and not use it."""


class Client:
    """Serialise all requests of one account."""

    def __init__(
        self,
        account: Account,
        *,
        clock: Callable[[], float],
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Talk through an account; times are of `clock`."""
        self.account = account
        self.budgets = Budgets(clock)
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()

    async def login(self) -> None:
        """Log in, to prove the credentials."""

        async def connect() -> bool:
            await self.account.connect()
            return True

        await self.call(Kind.OTHER, connect)

    async def get(self, kind: Kind, path: str) -> Any:
        """Return the JSON that a path answers."""

        async def request() -> Any:
            response: ClientResponse = await self.account.get(path)
            return await response.json()

        return await self.call(kind, request)

    async def post(self, kind: Kind, path: str, body: Mapping[str, Any]) -> None:
        """Send JSON to a path."""
        await self.command(kind, lambda: self.account.post(path, json=dict(body)))

    async def delete(self, kind: Kind, path: str) -> None:
        """Delete what stands at a path."""
        await self.command(kind, lambda: self.account.delete(path))

    async def command(
        self, kind: Kind, request: Callable[[], Awaitable[ClientResponse | None]]
    ) -> None:
        """Send a command; it was taken if this returns, and nothing more is known."""

        async def send() -> bytes | None:
            response = await request()
            return None if response is None else await response.read()

        await self.call(kind, send)

    async def call[Answer](
        self, kind: Kind, request: Callable[[], Awaitable[Answer | None]]
    ) -> Answer:
        """Run one request of the library, once more after a refused token.

        Raises `ChargerError`: `RateLimited` before anything is sent where the budget is used up.
        """
        async with self._turn():
            self.budgets.spend(kind)
            try:
                async with asyncio.timeout(self._timeout_s):
                    answer = await self._twice(request)
            except ChargerError:
                raise
            except Exception as error:  # noqa: BLE001 - the library raises bare Exception too
                raise self._translated(kind, error) from None
        if answer is None:
            raise ConnectionFailed("the cloud could not pass the request on")
        return answer

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for our turn, but not for ever behind a cloud that hangs."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._lock.acquire()
        except TimeoutError:
            raise ConnectionFailed("other requests did not end in time") from None
        try:
            yield
        finally:
            self._lock.release()

    async def _twice[Answer](
        self, request: Callable[[], Awaitable[Answer | None]]
    ) -> Answer | None:
        try:
            return await request()
        except AuthorizationFailedException:
            _LOGGER.debug("The cloud refused the token, trying with a new one")
            await self.account.renew()
            return await request()

    def _translated(self, kind: Kind, error: Exception) -> ChargerError:
        """Return our error for one of the library.

        Never make text of the library's own: its `__str__` can raise.
        """
        body = error.args[0] if error.args else None
        _LOGGER.debug("A request failed: %s of kind %s", type(error).__name__, kind)
        match error:
            case TimeoutError():
                return ConnectionFailed("the cloud did not answer in time")
            case TooManyRequestsException():
                retry_after = error.args[1] if len(error.args) > 1 else None
                return RateLimited(self.budgets.close(kind, retry_after))
            case ForbiddenServiceException():
                if BLOCKED.search(str(body)):
                    blocked_s = self.budgets.close_all()
                    self.account.close(blocked_s)
                    return RateLimited(blocked_s)
                return NoAccess("the account has no access to this")
            case BadRequestException():
                return Rejected(_reason(body))
            case NotFoundException():
                return Unsupported("the cloud does not know this")
            case AuthorizationFailedException():
                # A new token was refused as well: an account without the right to this.
                return ConnectionFailed("the cloud refuses this to the account")
            case ServerFailureException():
                return ConnectionFailed("the cloud or the charger could not be reached")
            case ClientError() | OSError():
                return ConnectionFailed("the cloud could not be reached")
        return ConnectionFailed("the cloud answered something unknown")


def _reason(body: object) -> str:
    """Return the cloud's own words for a rejection, without what could name somebody."""
    if isinstance(body, dict):
        for key in ("detail", "title", "errorCodeName"):
            words = body.get(key)
            if isinstance(words, str) and words:
                return _TELLTALE.sub("…", words)[:REASON_LENGTH]
    return "the cloud rejected the request"
