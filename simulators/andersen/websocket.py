"""Speak both GraphQL subprotocols over one WebSocket."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from graphql import DocumentNode

from .api import Api
from .charger import Report, SimulatedCharger
from .faults import Fault

LEGACY = "graphql-ws"
MODERN = "graphql-transport-ws"
FORBIDDEN = 4403


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """Be one open subscription."""

    charger: SimulatedCharger
    document: DocumentNode
    body: Mapping[str, Any]


class WebSocketSession:
    """Serve one socket from hello to end."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        *,
        sign_in: Callable[[str], tuple[Api, Mapping[str, SimulatedCharger]] | None],
        faults: set[str],
    ) -> None:
        """Take a socket whose handshake is done; without a name it speaks the old way."""
        self._socket = socket
        self._is_modern = socket.ws_protocol == MODERN
        self._sign_in = sign_in
        self._faults = faults
        self._api: Api | None = None
        self._chargers: Mapping[str, SimulatedCharger] = {}
        self._open: dict[str, Subscription] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._detach: list[Callable[[], None]] = []
        self.token: str | None = None

    async def serve(self) -> None:
        """Answer frames until the socket ends."""
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._answer(json.loads(message.data))
        finally:
            for detach in self._detach:
                detach()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def end(self) -> None:
        """Drop the socket."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def complete(self) -> None:
        """End every subscription from the server's side."""
        for key in tuple(self._open):
            await self._send({"type": "complete", "id": key})
        self._open.clear()

    async def _answer(self, frame: Mapping[str, Any]) -> None:
        kind = frame.get("type")
        if kind == "connection_init":
            await self._hello(frame.get("payload") or {})
        elif kind == ("subscribe" if self._is_modern else "start"):
            await self._subscribe(str(frame["id"]), frame["payload"])
        elif kind == ("complete" if self._is_modern else "stop"):
            if self._open.pop(str(frame["id"]), None) and not self._is_modern:
                await self._send({"type": "complete", "id": frame["id"]})
        elif kind == "ping":
            await self._send({"type": "pong"})
        elif kind == "connection_terminate":
            await self.end()

    async def _hello(self, payload: Mapping[str, Any]) -> None:
        if Fault.NO_ACK in self._faults:
            return
        self.token = str(payload.get("authToken", ""))
        signed_in = self._sign_in(self.token)
        if signed_in is None:
            await self._refuse()
            return
        self._api, self._chargers = signed_in
        await self._send({"type": "connection_ack"})
        await self._send({"type": "ping" if self._is_modern else "ka"})

    async def _refuse(self) -> None:
        """Turn a bad token away, each subprotocol in its own manner."""
        if self._is_modern:
            await self._socket.close(code=FORBIDDEN, message=b"Forbidden")
            return
        problem = {"message": "Invalid/expired login token"}
        await self._send({"type": "connection_error", "payload": problem})

    async def _subscribe(self, key: str, body: Mapping[str, Any]) -> None:
        if self._api is None:
            await self._refuse()
            return
        document, errors = self._api.read(body)
        charger = self._chargers.get((body.get("variables") or {}).get("id", ""))
        if document is None or charger is None or self._is_faulty():
            found = errors or [{"message": "no such subscription"}]
            payload: Any = found if self._is_modern else found[0]
            await self._send({"type": "error", "id": key, "payload": payload})
            return
        wanted = Subscription(charger=charger, document=document, body=body)
        self._open[key] = wanted

        def tell(report: Report) -> None:
            if key in self._open:
                task = asyncio.create_task(self._event(key, wanted, report))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

        charger.listeners.append(tell)
        self._detach.append(lambda: charger.listeners.remove(tell))

    def _is_faulty(self) -> bool:
        return Fault.SUBSCRIPTION_ERROR in self._faults

    async def _event(self, key: str, wanted: Subscription, report: Report) -> None:
        if Fault.GARBAGE in self._faults:
            await self._socket.send_str("<html>")
            return
        if self._api is not None:
            data = await self._api.event(wanted.document, wanted.body, report)
            kind = "next" if self._is_modern else "data"
            await self._send({"type": kind, "id": key, "payload": data})

    async def _send(self, frame: Mapping[str, Any]) -> None:
        if not self._socket.closed:
            await self._socket.send_json(frame)
