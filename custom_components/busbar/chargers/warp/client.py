"""Speak HTTP with one WARP: one request at a time, bounded, and never a GET that executes something."""

import asyncio
from http import HTTPStatus
import json
from typing import Any, Final

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    DigestAuthMiddleware,
    WSServerHandshakeError,
)
from aiohttp.hdrs import AUTHORIZATION
from yarl import URL

from ..errors import (
    AuthenticationFailed,
    ChargerError,
    ConnectionFailed,
    Rejected,
    Unsupported,
)
from .paths import COMMANDS, WRITABLE, is_readable

TIMEOUT_S: Final = 10.0
"""The server has one thread and may be busy with a page in somebody's browser."""
CLOSE_TIMEOUT_S: Final = 1.0
REASON_LENGTH: Final = 200
_HEADERS: Final = {"Accept-Language": "en", "Content-Type": "application/json"}
_FORBIDDEN: Final = (
    "its web server refuses plain HTTP; allow HTTP in its network settings"
)


class NotThere(Unsupported):
    """The device has no such path."""


class WarpClient:
    """Read, write and listen to one device at one address."""

    def __init__(
        self,
        base_url: URL,
        session: ClientSession,
        *,
        username: str | None = None,
        password: str | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Remember where the device is; nothing is sent yet."""
        self.base_url = base_url
        self._session = session
        self.timeout_s = timeout_s
        self._lock = asyncio.Lock()
        self._digest = _digest(username, password)

    async def get(self, path: str) -> Any:
        """Return a state. Raises `NotThere`, or another `ChargerError`.

        A reading may be repeated, and the server closes idle connections as it likes: so once more.
        """
        if not is_readable(path):
            msg = f"{path} is no state, and a GET on a command would execute it"
            raise ValueError(msg)
        try:
            body = await self._request("GET", path)
        except ConnectionFailed as error:
            if isinstance(error.__cause__, TimeoutError):
                raise
            body = await self._request("GET", path)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            msg = f"{path} was answered with something that is not JSON"
            raise Unsupported(msg) from error

    async def put(self, path: str, payload: object) -> None:
        """Write a state. Returns when the device *accepted* it, which proves nothing.

        May be sent twice when a connection breaks, so only what may be said twice is written here.
        """
        if path not in WRITABLE:
            msg = f"{path} is not for writing"
            raise ValueError(msg)
        await self._request("PUT", path, json.dumps(payload, allow_nan=False).encode())

    async def run(self, command: str) -> None:
        """Run a command that has no payload."""
        if command not in COMMANDS:
            msg = f"{command} is no known command"
            raise ValueError(msg)
        # The library repeats a PUT whose connection broke; a command happens once.
        await self._request("POST", command, b"null")

    async def connect_stream(self) -> ClientWebSocketResponse:
        """Open the WebSocket on which the device pushes its states."""
        headers = await self._stream_headers()
        url = self.base_url / "ws"
        try:
            async with self._lock, asyncio.timeout(self.timeout_s):
                return await self._session.ws_connect(
                    # The same http:// origin as all requests: the login is bound to it.
                    url,
                    headers=headers,
                    timeout=ClientWSTimeout(ws_close=CLOSE_TIMEOUT_S),
                )
        except WSServerHandshakeError as error:
            raise _refused(error.status, "") from error
        except (ClientError, TimeoutError, OSError) as error:
            raise _unreached(error) from error

    async def _stream_headers(self) -> dict[str, str]:
        """Return the login for the WebSocket.

        The library's digest login works for requests only, and the upgrade is a GET like any other:
        so the same GET is made once without the upgrade, and its answer is used again.
        """
        if self._digest is None:
            return {}
        try:
            async with (
                self._lock,
                asyncio.timeout(self.timeout_s),
                self._session.get(
                    self.base_url / "ws",
                    middlewares=(self._digest,),
                    allow_redirects=False,
                ) as response,
            ):
                if response.status == HTTPStatus.UNAUTHORIZED:
                    raise _refused(response.status, "")
                login = response.request_info.headers.get(AUTHORIZATION)
        except (ClientError, TimeoutError, OSError) as error:
            raise _unreached(error) from error
        return {} if login is None else {AUTHORIZATION: login}

    async def _request(
        self, method: str, path: str, body: bytes | None = None
    ) -> bytes:
        """Make one request and return the body of a good answer."""
        try:
            async with (
                self._lock,
                asyncio.timeout(self.timeout_s),
                self._session.request(
                    method,
                    self.base_url / path,
                    data=body,
                    headers=_HEADERS,
                    middlewares=() if self._digest is None else (self._digest,),
                    allow_redirects=False,
                ) as response,
            ):
                return await _good_body(response)
        except (ClientError, TimeoutError, OSError) as error:
            raise _unreached(error) from error


def _digest(username: str | None, password: str | None) -> DigestAuthMiddleware | None:
    """Return the login, None without a user."""
    if not username:
        return None
    if any(character in username for character in ':,"'):
        # The device splits its header at commas, and digest itself forbids the colon.
        msg = "a user name with a colon, a comma or a quote cannot log in"
        raise AuthenticationFailed(msg)
    return DigestAuthMiddleware(username, password or "")


async def _good_body(response: ClientResponse) -> bytes:
    """Return the body of a 200, raise what any other answer means."""
    body = await response.read()
    if response.status != HTTPStatus.OK:
        raise _refused(response.status, body.decode(errors="replace"))
    return body


def _refused(status: int, text: str) -> ChargerError:
    """Return the error for an answer that is not 200."""
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return AuthenticationFailed(
                "the charger wants another user name or password"
            )
        case HTTPStatus.BAD_REQUEST | HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return Rejected(
                " ".join(text.split())[:REASON_LENGTH] or "the charger gave no reason"
            )
        case HTTPStatus.FORBIDDEN:
            return Unsupported(_FORBIDDEN)
        case HTTPStatus.NOT_FOUND:
            return NotThere("the charger's firmware does not know this")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return Unsupported("the charger does not allow this to be written")
    if status < HTTPStatus.BAD_REQUEST:
        return Unsupported(f"answered with status {status}, which a WARP does not use")
    return ConnectionFailed(f"answered with status {status}")


def _unreached(error: Exception) -> ConnectionFailed:
    """Return the error for no answer; the text of the cause would name the address."""
    if isinstance(error, TimeoutError):
        return ConnectionFailed("did not answer in time")
    return ConnectionFailed(f"was not reached ({type(error).__name__})")
