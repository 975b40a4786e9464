"""Speak the SignalR hub: negotiate, handshake, subscriptions, pushes."""

import asyncio
from collections.abc import Callable
from itertools import count
import json
from typing import Any

from aiohttp import WSMsgType, web

from .faults import Faults
from .observations import Observation, Observed
from .tokens import Tokens

RECORD_END = "\x1e"
PING_S = 15.0


class Hub:
    """Serve the stream of all products."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        faults: Faults,
        find: Callable[[str], Observed | None],
    ) -> None:
        """Begin with nobody connected."""
        self._tokens = tokens
        self._faults = faults
        self._find = find
        self._numbers = count(1)
        self._unused: set[str] = set()
        self._known: set[str] = set()
        self._sockets: dict[web.WebSocketResponse, set[str]] = {}
        self._outgoing: set[asyncio.Task[None]] = set()
        self.negotiations = 0
        self.connections = 0

    @property
    def subscriptions(self) -> set[str]:
        """Products that somebody hears now."""
        return set().union(*self._sockets.values())

    @property
    def is_heard(self) -> bool:
        """Whether any client is connected."""
        return bool(self._sockets)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Answer under the hub's address."""
        router.add_post("/hubs/chargers/negotiate", self._negotiate)
        router.add_get("/hubs/chargers", self._connect)

    def publish(self, row: Observation) -> None:
        """Send one value to whoever subscribed."""
        if self._faults.silent_stream:
            return
        for socket, mids in self._sockets.items():
            if row.mid in mids:
                self._send(socket, invocation("ProductUpdate", row.streamed()))

    def command_response(self, answer: dict[str, Any]) -> None:
        """Tell whoever subscribed how a command went."""
        for socket, mids in self._sockets.items():
            if answer["serialNumber"] in mids:
                self._send(socket, invocation("CommandResponse", answer))

    async def send_text(self, text: str) -> None:
        """Send something as it is, good or bad."""
        await self.settle()
        for socket in self._sockets:
            await socket.send_str(text)

    async def drop(self) -> None:
        """Close every stream."""
        await self.settle()
        for socket in list(self._sockets):
            await socket.close()

    async def settle(self) -> None:
        """Wait until everything is on its way."""
        while self._outgoing:
            await asyncio.gather(*self._outgoing)

    def _send(self, socket: web.WebSocketResponse, record: dict[str, Any]) -> None:
        task = asyncio.create_task(_send_quietly(socket, framed(record)))
        self._outgoing.add(task)
        task.add_done_callback(self._outgoing.discard)

    async def _negotiate(self, request: web.Request) -> web.Response:
        if self._tokens.username(request.headers.get("Authorization")) is None:
            return web.Response(status=401)
        self.negotiations += 1
        connection_id = f"connection-{next(self._numbers)}"
        self._unused.add(connection_id)
        self._known.add(connection_id)
        transports = (
            ("WebSockets", ["Text", "Binary"]),
            ("ServerSentEvents", ["Text"]),
            ("LongPolling", ["Text", "Binary"]),
        )
        return web.json_response(
            {
                "negotiateVersion": 0,
                "connectionId": connection_id,
                "availableTransports": [
                    {"transport": name, "transferFormats": formats}
                    for name, formats in transports
                ],
            }
        )

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        connection_id = request.query.get("id", "")
        is_reuse = connection_id in self._known and self._faults.accepts_used_ids
        if connection_id not in self._unused and not is_reuse:
            return web.Response(status=404)
        self._unused.discard(connection_id)
        if self._tokens.username(request.headers.get("Authorization")) is None:
            return web.Response(status=401)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        ping = asyncio.create_task(_ping(socket))
        try:
            await self._serve(socket)
        finally:
            ping.cancel()
            self._sockets.pop(socket, None)
        return socket

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        """Answer the handshake, then every subscription."""
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            for text in filter(None, message.data.split(RECORD_END)):
                record = json.loads(text)
                if "protocol" in record:
                    await socket.send_str("{}" + RECORD_END)
                    self._sockets[socket] = set()
                elif record.get("target") == "SubscribeWithCurrentState":
                    self._subscribe(socket, record["arguments"][0])

    def _subscribe(self, socket: web.WebSocketResponse, mid: str) -> None:
        """Replay what is known; a refused product is passed over in silence."""
        observed = self._find(mid)
        if observed is None or mid in self._faults.refused_streams:
            return
        self._sockets[socket].add(mid)
        if self._faults.silent_stream:
            return
        for row in observed.rows():
            self._send(socket, invocation("ProductUpdate", row.streamed()))


def invocation(target: str, argument: dict[str, Any]) -> dict[str, Any]:
    """Return one call of the client."""
    return {"type": 1, "target": target, "arguments": [argument]}


def framed(record: dict[str, Any]) -> str:
    """Return a record with its end mark."""
    return json.dumps(record) + RECORD_END


async def _send_quietly(socket: web.WebSocketResponse, text: str) -> None:
    """Send to a peer that may be gone already."""
    try:
        await socket.send_str(text)
    except ConnectionError:
        return


async def _ping(socket: web.WebSocketResponse) -> None:
    """Keep a stream alive as the hub does."""
    while True:
        await asyncio.sleep(PING_S)
        await _send_quietly(socket, framed({"type": 6}))
