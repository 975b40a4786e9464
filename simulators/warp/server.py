"""Speak HTTP and WebSocket for one device."""

import asyncio
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web

from .api import NO_SUCH_URI, Reply
from .device import WarpDevice
from .digest import challenge
from .faults import Fault
from .listener import Listener
from .websocket import PushHub

OPEN_PATHS = frozenset({"", "login_state"})
"""Paths that need no login."""
DEAF = frozenset({Fault.SILENT, Fault.HANG})


class Request(NamedTuple):
    """Be a request as it arrived; status 0: not answered yet."""

    time_s: float
    method: str
    path: str
    status: int


class WarpServer:
    """Answer for a device on a loopback port."""

    def __init__(self, device: WarpDevice, port: int = 0) -> None:
        """Prepare; nothing listens yet."""
        self._device = device
        self._faults_changed = asyncio.Event()
        self._is_stopping = False
        self.hub = PushHub(device.board)
        self.requests: list[Request] = []
        app = web.Application(client_max_size=device.board.spec.body_bytes)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self.listener = Listener(app, port)

    def faults_changed(self) -> None:
        """Let everything that waits look at the faults again."""
        self._faults_changed.set()
        self._faults_changed = asyncio.Event()
        if self._device.board.has(Fault.SLOW_DUMP):
            self.hub.dumps_may_end.clear()
        else:
            self.hub.dumps_may_end.set()

    async def stop(self) -> None:
        """Stop listening, and end what waits without an answer."""
        self._is_stopping = True
        await self.listener.hang_up()
        self._faults_changed.set()
        self.hub.dumps_may_end.set()
        await self.listener.stop()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request and record it."""
        path = request.match_info["path"]
        now_s = self._device.board.now_s
        index = len(self.requests)
        self.requests.append(Request(now_s, request.method, path, 0))
        await self._wait_while_deaf()
        if self._is_stopping:
            return web.Response()
        if path == "ws":
            status, response = await self._websocket(request, index)
        else:
            reply = await self._reply(request, path)
            status, response = reply.status, _response(reply)
        self.requests[index] = self.requests[index]._replace(status=int(status))
        return response

    async def _wait_while_deaf(self) -> None:
        """Hold a request for as long as the device does not answer."""
        while DEAF & self._device.board.faults and not self._is_stopping:
            await self._faults_changed.wait()

    async def _reply(self, request: web.Request, path: str) -> Reply:
        """Return the answer to anything but a WebSocket."""
        refusal = self._refusal(request, path)
        if refusal is not None:
            return refusal
        plain = self._plain_page(request, path)
        if plain is not None:
            return plain
        # The device reads no chunked body: without a length there is nothing to it.
        body = await request.read() if request.content_length is not None else b""
        is_write = request.method != "GET"
        reply = self._device.api.request(request.method, path, body)
        if is_write or path in self._device.api.executed_by_get:
            self._device.settle()
            await self.hub.flush()
        if self._device.board.has(Fault.NOT_JSON) and not is_write:
            return Reply(reply.status, "<html>", "text/html")
        return reply

    def _refusal(self, request: web.Request, path: str) -> Reply | None:
        """Return the answer to a request that does not get through."""
        board = self._device.board
        if board.has(Fault.NOT_A_WARP):
            return Reply(HTTPStatus.NOT_FOUND, NO_SUCH_URI)
        if board.has(Fault.HTTP_DISABLED):
            return Reply(HTTPStatus.FORBIDDEN, "HTTP disabled; use HTTPS instead")
        header = request.headers.get("Authorization")
        if path not in OPEN_PATHS and not self._device.users.lets_in(
            header, request.method
        ):
            return Reply(HTTPStatus.UNAUTHORIZED)
        if board.has(Fault.INTERNAL_ERROR):
            return Reply(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error")
        return None

    def _plain_page(self, request: web.Request, path: str) -> Reply | None:
        """Return the few pages that are no part of the API."""
        if path == "":
            return Reply(HTTPStatus.OK, "<html></html>", "text/html")
        if path == "credential_check":
            return Reply(HTTPStatus.OK, "Credentials okay")
        if path == "login_state":
            header = request.headers.get("Authorization")
            is_in = self._device.users.lets_in(header, request.method)
            return Reply(HTTPStatus.OK, "Logged in" if is_in else "Not logged in")
        return None

    async def _websocket(
        self, request: web.Request, index: int
    ) -> tuple[HTTPStatus, web.StreamResponse]:
        """Upgrade to a WebSocket and serve it."""
        refusal = self._refusal(request, "ws")
        if (
            refusal is None
            and request.headers.get("Upgrade", "").lower() != "websocket"
        ):
            refusal = Reply(HTTPStatus.UPGRADE_REQUIRED)
        if refusal is None and self._device.board.has(Fault.NO_WEBSOCKET):
            refusal = Reply(HTTPStatus.SERVICE_UNAVAILABLE)
        if refusal is not None:
            return refusal.status, _response(refusal)
        switching = HTTPStatus.SWITCHING_PROTOCOLS
        self.requests[index] = self.requests[index]._replace(status=int(switching))
        return switching, await self.hub.serve(request, self._device.uptime_ms)


def _response(reply: Reply) -> web.Response:
    """Return an answer with the headers of the device."""
    headers = {}
    if reply.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = challenge()
    return web.Response(
        status=reply.status,
        text=reply.text,
        content_type=reply.content_type,
        headers=headers,
    )
