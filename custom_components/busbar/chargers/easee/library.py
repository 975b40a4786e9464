"""Bend pyeasee where the house needs it to: tokens, time stamps, errors, pauses.

The library is used as it is; this subclass replaces what would otherwise reach the rest of us:
a login at each rejected command, parallel refreshes that burn a token which works once, values
without the time they were measured at, and pauses of up to six minutes inside a call.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
import logging
from ssl import SSLContext, create_default_context
from typing import Any, Final, override

from aiohttp import ClientResponse, ClientSession
from pyeasee import (  # type: ignore[import-untyped]  # ships no types
    Charger as LibraryCharger,
    Circuit as LibraryCircuit,
    Easee,
    Equalizer as LibraryEqualizer,
    Site as LibrarySite,
)
from pyeasee.easee import raise_for_status  # type: ignore[import-untyped]  # ships no types
from pyeasee.exceptions import (  # type: ignore[import-untyped]  # ships no types
    AuthorizationFailedException,
    BadRequestException,
    ForbiddenServiceException,
    NotFoundException,
    ServerFailureException,
    TooManyRequestsException,
)

from ..errors import AuthenticationFailed, RateLimited
from .budget import retry_seconds
from .const import LIVED_S, REQUEST_TIMEOUT_S, Urls
from .redaction import install

__all__ = [
    "Account",
    "AuthorizationFailedException",
    "BadRequestException",
    "ForbiddenServiceException",
    "LibraryCharger",
    "LibraryCircuit",
    "LibraryEqualizer",
    "LibrarySite",
    "NotFoundException",
    "ServerFailureException",
    "StreamClosed",
    "TooManyRequestsException",
]

_LOGGER = logging.getLogger(__name__)

BAD_CREDENTIALS: Final = 100
EARLY_S: Final = 60.0
END_S: Final = 5.0

install()


class StreamClosed(Exception):
    """The hub closed the stream; a new one needs a new connection id."""


class Account(Easee):  # type: ignore[misc]  # the library ships no types
    """One login at the cloud, its requests and its stream."""

    token: dict[str, Any]
    sr_connected: bool
    sr_connection: Any
    sr_subscriptions: dict[str, Any]
    _sr_task: asyncio.Task[None] | None
    _sr_backoff: int
    _ssl: SSLContext | None

    def __init__(
        self,
        username: str,
        password: str,
        *,
        session: ClientSession,
        urls: Urls,
        clock: Callable[[], float],
        delay: Callable[[float], float],
        ssl: SSLContext | None = None,
    ) -> None:
        """Prepare, without a request; `delay` adds jitter to the pauses of the stream."""
        super().__init__(
            username, password, session=session, user_agent="Busbar", ssl=ssl
        )
        self.base, self.sr_base = urls.api, urls.stream
        # Its throttlers sleep inside the call; our budgets refuse instead.
        self._general_throttler = self._sites_throttler = _no_pause()
        self._clock = clock
        self._delay = delay
        self._expires_at = 0.0
        self._is_refused = False
        self._closed_until = self._token_closed_until = 0.0
        self._token_lock = asyncio.Lock()
        self._rejected: str | None = None
        self._stream_token: str | None = None
        self._opened_at: float | None = None
        self._heartbeats: set[asyncio.Task[Any]] = set()
        self.on_date: Callable[[str | None], None] = _ignore
        self.on_row: Callable[[Any], None] = _ignore
        self.on_answer: Callable[[Any], None] = _ignore
        self.on_open: Callable[[], None] = _nothing

    def close(self, seconds: float) -> None:
        """Send nothing for so long, not even to open the stream: the cloud has blocked this address."""
        self._closed_until = self._clock() + seconds

    # Tokens

    @override
    async def connect(self) -> None:
        """Log in; raises AuthenticationFailed for refused credentials alone."""
        async with self._token_lock:
            await self._login()

    async def renew(self) -> None:
        """Get a new token after a 401, unless that already happened meanwhile."""
        async with self._token_lock:
            if self._rejected == self.headers.get("Authorization"):
                await self._refresh_or_login()
            self._set_headers()

    @override
    async def _verify_updated_token(self) -> None:
        self._refuse_until(self._closed_until)
        async with self._token_lock:
            if "accessToken" not in self.token:
                await self._login()
            elif self._clock() >= self._expires_at:
                await self._refresh_or_login()
            self._set_headers()
        if asyncio.current_task() is self._sr_task:
            self._stream_token = self.token["accessToken"]

    @override
    async def _refresh_token(self) -> None:
        """Renew for the stream, whose negotiation was refused."""
        async with self._token_lock:
            if self._stream_token == self.token.get("accessToken"):
                await self._refresh_or_login()

    async def _refresh_or_login(self) -> None:
        body = {key: self.token.get(key) for key in ("accessToken", "refreshToken")}
        try:
            await self._ask_token("/api/accounts/refresh_token", body)
        except AuthorizationFailedException, BadRequestException:
            await self._login()

    async def _login(self) -> None:
        if self._is_refused:
            # A second attempt with the same password only brings the account nearer to its lock.
            raise AuthenticationFailed("the cloud refused the credentials")
        body = {"userName": self.username, "password": self.password}
        try:
            await self._ask_token("/api/accounts/login", body)
        except (AuthorizationFailedException, BadRequestException) as error:
            if not _is_about_credentials(error):
                raise
            self._is_refused = True
            raise AuthenticationFailed("the cloud refused the credentials") from None

    async def _ask_token(self, path: str, body: dict[str, Any]) -> None:
        # Every kind of request comes by here once its token is old, so one refusal holds for all.
        self._refuse_until(self._token_closed_until)
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            response = await self.session.post(
                f"{self.base}{path}", headers=self.minimal_headers, json=body
            )
            self.on_date(response.headers.get("Date"))
            try:
                await raise_for_status(response)
            except TooManyRequestsException:
                wait_s = retry_seconds(response.headers.get("Retry-After"))
                self._token_closed_until = self._clock() + wait_s
                raise RateLimited(wait_s) from None
            await self._handle_token_response(response)

    def _refuse_until(self, closed_until: float) -> None:
        closed_s = closed_until - self._clock()
        if closed_s > 0:
            raise RateLimited(closed_s)

    @override
    async def _handle_token_response(self, res: ClientResponse) -> None:
        """Keep the tokens; the library measures their life in local wall time."""
        answer = await res.json()
        life_s = float(answer["expiresIn"])
        self.token = {key: answer[key] for key in ("accessToken", "refreshToken")}
        self._expires_at = self._clock() + max(life_s - EARLY_S, life_s / 2)

    def _set_headers(self) -> None:
        bearer = f"Bearer {self.token['accessToken']}"
        for headers in (
            self.headers,
            self.get_headers,
            self.get_bin_headers,
            self.sr_headers,
        ):
            headers["Authorization"] = bearer

    @override
    async def check_status(self, response: ClientResponse) -> None:
        """Raise for an error; the library would log in again at each 400 as well."""
        self.on_date(response.headers.get("Date"))
        if response.status == 401:
            self._rejected = response.request_info.headers.get("Authorization")
        await raise_for_status(response)

    # Stream

    @property
    def is_stream_running(self) -> bool:
        """Whether the task lives that opens the stream again and again."""
        return self._sr_task is not None and not self._sr_task.done()

    async def prepare_stream(self) -> None:
        """Make the context of a secure stream off the loop, unless one was given."""
        if self._ssl is None and self.sr_base.startswith("https:"):
            self._ssl = await asyncio.to_thread(create_default_context)

    async def start_stream(self) -> None:
        """Open the stream, and keep it open."""
        await self._sr_connect()

    async def end_stream(self) -> BaseException | None:
        """End the stream and return what it had died of, if it had."""
        task, self._sr_task = self._sr_task, None
        self.sr_connected = self.sr_connect_in_progress = False
        self.sr_connection = None
        error: BaseException | None = None
        if task is not None:
            task.cancel()
            await asyncio.wait({task}, timeout=END_S)
            if task.done() and not task.cancelled():
                error = task.exception()
        self._stop_heartbeats()
        return error

    @override
    async def _sr_open_cb(self) -> None:
        self._opened_at = self._clock()
        self._watch_heartbeat()
        self.sr_connected = True
        self.on_open()
        # A copy, for a product may be added while this waits; it subscribes by itself then.
        for mid in list(self.sr_subscriptions):
            await self.sr_connection.send("SubscribeWithCurrentState", [mid, True])

    @override
    async def _sr_close_cb(self) -> None:
        """Leave the library's reconnect: it would use the spent connection id, in a storm."""
        self.sr_connected = False
        raise StreamClosed

    @override
    def _sr_next(self) -> float:
        """Return the next pause: growing, also where the hub opens and closes at once.

        It lasts as long as the cloud wants no request at all, or none for a token.
        """
        self._stop_heartbeats()
        opened_at, self._opened_at = self._opened_at, None
        if opened_at is not None and self._clock() - opened_at >= LIVED_S:
            self._sr_backoff = 0
        closed_s = max(self._closed_until, self._token_closed_until) - self._clock()
        return max(self._delay(super()._sr_next()), closed_s)

    @override
    async def _sr_callback(self, stuff: Any) -> None:
        self.on_row(stuff)

    @override
    async def _sr_command_response_cb(self, stuff: Any) -> None:
        self.on_answer(stuff)

    def _watch_heartbeat(self) -> None:
        """Remember the task that sends pings: nothing ends it after a drop."""
        transport = self.sr_connection._transport  # noqa: SLF001 - it has no public name
        beat = transport._keepalive  # noqa: SLF001 - the only way to its task

        async def tracked(connection: Any) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._heartbeats.add(task)
            await beat(connection)

        transport._keepalive = tracked  # noqa: SLF001 - see above

    def _stop_heartbeats(self) -> None:
        for task in self._heartbeats:
            task.cancel()
        self._heartbeats.clear()


def _is_about_credentials(error: Exception) -> bool:
    """Return whether a refused login means a wrong password."""
    if isinstance(error, AuthorizationFailedException):
        return True
    body = error.args[0] if error.args else None
    return isinstance(body, dict) and body.get("errorCode") == BAD_CREDENTIALS


def _no_pause() -> AbstractAsyncContextManager[None]:
    return nullcontext()


def _ignore(_: Any) -> None:
    """Do nothing until somebody listens."""


def _nothing() -> None:
    """Do nothing until somebody listens."""
