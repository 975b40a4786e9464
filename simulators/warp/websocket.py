"""Push states to WebSocket clients as the device does."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from .board import Board
from .faults import Fault
from .states import LOW_LATENCY, Json, as_text

MAXIMUM_CLIENTS = 5
SEND_BUFFER_BYTES = 32768
"""A client that leaves more than this unread waits for its updates."""
KEEP_ALIVE = "info/keep_alive"
QUIET = frozenset({Fault.SILENT, Fault.NO_PUSH})
CLOSE_TIMEOUT_S = 1.0


def line(topic: str, payload: Json) -> str:
    """Return one line of a frame."""
    return as_text({"topic": topic, "payload": payload}) + "\n"


def dump_frames(lines: Iterable[str], frame_bytes: int) -> list[str]:
    """Pack lines into several frames; an extra newline marks the end of the last one."""
    frames = [""]
    for text in lines:
        if frames[-1] and len(frames[-1]) + len(text) > frame_bytes:
            frames.append("")
        frames[-1] += text
    frames[-1] += "\n"
    return frames


@dataclass(eq=False, kw_only=True)
class Client:
    """Be one open WebSocket."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport
    pong_s: float
    waiting: set[str] = field(default_factory=set)
    is_dumping: bool = True

    @property
    def is_blocked(self) -> bool:
        """Whether it does not read what was sent."""
        return self.transport.get_write_buffer_size() > SEND_BUFFER_BYTES

    async def send(self, text: str) -> None:
        """Send one frame, unless the connection has gone meanwhile."""
        if not text or self.socket.closed or self.transport.is_closing():
            return
        try:
            await self.socket.send_str(text)
        except ConnectionError:
            self.transport.abort()

    async def ping(self) -> None:
        """Ask for a pong."""
        if self.socket.closed or self.transport.is_closing():
            return
        try:
            await self.socket.ping()
        except ConnectionError:
            self.transport.abort()


class PushHub:
    """Keep the clients and send them what changed."""

    def __init__(self, board: Board) -> None:
        """Begin without clients."""
        self._board = board
        self._clients: list[Client] = []
        self.dumps_may_end = asyncio.Event()
        self.dumps_may_end.set()
        self.evicted = 0

    def __len__(self) -> int:
        """Return how many clients are connected."""
        return len(self._clients)

    async def serve(self, request: web.Request, uptime_ms: int) -> web.StreamResponse:
        """Serve one client until it leaves."""
        socket = web.WebSocketResponse(
            autoping=False, compress=False, timeout=CLOSE_TIMEOUT_S
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        self._make_room()
        self._note_changes(low_latency_only=False)
        client = Client(
            socket=socket, transport=transport, pong_s=self._board.patience_s
        )
        self._clients.append(client)
        reader = asyncio.create_task(self._read(client))
        try:
            await self._dump(client, uptime_ms)
            await reader
        finally:
            reader.cancel()
            if client in self._clients:
                self._clients.remove(client)
        return socket

    def _make_room(self) -> None:
        """Let the client with the oldest pong go, without a word, if there are five."""
        while len(self._clients) >= MAXIMUM_CLIENTS:
            oldest = min(self._clients, key=lambda client: client.pong_s)
            self._clients.remove(oldest)
            oldest.transport.close()
            self.evicted += 1

    async def _dump(self, client: Client, uptime_ms: int) -> None:
        """Send everything there is, as it is at this moment."""
        states = self._board.states
        lines = [line(KEEP_ALIVE, {"uptime": uptime_ms})]
        lines += [line(path, states[path]) for path in states]
        *first, last = dump_frames(lines, self._board.spec.dump_frame_bytes)
        for frame in first:
            await client.send(frame)
        if not self.dumps_may_end.is_set():
            await self.dumps_may_end.wait()
            # What changed meanwhile is lost to this client.
            client.waiting.clear()
        await client.send(last)
        client.is_dumping = False

    async def _read(self, client: Client) -> None:
        """Hear pongs; whatever else a client says is ignored."""
        async for message in client.socket:
            if message.type is WSMsgType.PONG:
                client.pong_s = self._board.patience_s
            elif message.type is WSMsgType.PING and not self._is_quiet:
                await client.socket.pong(message.data)

    @property
    def _is_quiet(self) -> bool:
        """Whether nothing may be sent."""
        return bool(QUIET & self._board.faults)

    async def flush(self, *, low_latency_only: bool = False) -> None:
        """Send every client what changed since it was sent something last."""
        states = self._board.states
        self._note_changes(low_latency_only=low_latency_only)
        for client in list(self._clients):
            if client.is_dumping or client.is_blocked or self._is_quiet:
                continue
            due = client.waiting & LOW_LATENCY if low_latency_only else client.waiting
            client.waiting = client.waiting - due
            await client.send(
                "".join(line(path, states[path]) for path in states if path in due)
            )

    def _note_changes(self, *, low_latency_only: bool) -> None:
        """Let what changed wait for every client that is there."""
        changed = self._board.states.take_changed(low_latency_only=low_latency_only)
        for client in self._clients:
            client.waiting |= changed

    async def keep_alive(self, uptime_ms: int) -> None:
        """Send the sign of life of each second, and ask for one."""
        if self._is_quiet:
            return
        timeout_s = self._board.settings.pong_timeout_s
        for client in list(self._clients):
            silent_s = self._board.patience_s - client.pong_s
            if timeout_s is not None and silent_s > timeout_s:
                client.transport.close()
            elif not client.is_dumping and not client.is_blocked:
                await client.send(line(KEEP_ALIVE, {"uptime": uptime_ms}))
                await client.ping()

    def drop_all(self) -> None:
        """End all connections without a close frame."""
        for client in self._clients:
            client.transport.close()

    async def say_goodbye(self) -> None:
        """Close all connections as a restarting device does."""
        await asyncio.gather(
            *(
                client.socket.close(code=WSCloseCode.GOING_AWAY, message=b"ESP reboot")
                for client in list(self._clients)
            )
        )
