"""Serve Modbus TCP on a loopback port: functions 3 and 6, one client at a time."""

import asyncio
from collections.abc import Callable
import contextlib
import socket
import struct
from typing import NamedTuple, Protocol, override

HOST = "127.0.0.1"
UNIT = 1
READ = 3
WRITE = 6
_ILLEGAL_FUNCTION = 1
_ILLEGAL_VALUE = 3
_LONGEST_READ = 125
_HEADER = 7


class HangUp(Exception):
    """Close the connection instead of answering."""


class Frame(NamedTuple):
    """Be an answer on its way out."""

    transaction: int
    pdu: bytes


class Request(NamedTuple):
    """Be a request as it arrived; `number` is the count of a read or the value of a write."""

    function: int
    address: int
    number: int


class Behind(Protocol):
    """Be what stands behind the wire."""

    def heard(self) -> None:
        """Bring the charger up to the time of this message."""

    def read(self, start: int, count: int) -> list[int] | int:
        """Return words, or the number of an exception."""

    def write(self, address: int, value: int) -> int:
        """Write one word; return 0 or the number of an exception."""

    def send(self, function: int, frame: Frame) -> Frame | None:
        """Return what goes out, None for silence. Raises HangUp."""


class ModbusServer:
    """Hold one port that can be closed and opened again at once."""

    def __init__(
        self, behind: Behind, *, port: int = 0, one_client: bool = True
    ) -> None:
        """Prepare; port 0 takes a free one, which is kept from then on."""
        self.behind = behind
        self.port = port
        self.one_client = one_client
        self.connections: list[_Connection] = []
        self.requests: list[Request] = []
        self.accepted = 0
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._opening: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether connections are accepted."""
        return self._socket is not None

    def open(self) -> None:
        """Accept connections from this moment on; only while it is closed."""
        self._socket = socket.create_server((HOST, self.port))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        # The kernel already accepts; only the event loop joins a moment later.
        self._opening = asyncio.create_task(self._serve(self._socket))

    async def _serve(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), sock=listening
        )

    def close(self) -> None:
        """Refuse connections from this moment on, and break the open ones."""
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
        if self._server is not None:
            self._server.close()
        elif self._socket is not None:
            self._socket.close()
        self._server = self._socket = None
        self.drop_clients()

    def drop_clients(self) -> None:
        """Break all connections, without a word."""
        for connection in list(self.connections):
            connection.abort()

    async def stop(self) -> None:
        """Close for good."""
        if self._opening is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._opening
        self.close()
        # A broken connection is gone one turn of the event loop later.
        await asyncio.sleep(0)

    def answer(self, pdu: bytes) -> bytes:
        """Answer one request."""
        function = pdu[0]
        if function not in {READ, WRITE} or len(pdu) != 5:
            return refusal(function, _ILLEGAL_FUNCTION)
        address, number = struct.unpack(">HH", pdu[1:])
        self.requests.append(Request(function, address, number))
        if function == WRITE:
            code = self.behind.write(address, number)
            return refusal(function, code) if code else pdu
        if not 1 <= number <= _LONGEST_READ:
            return refusal(function, _ILLEGAL_VALUE)
        words = self.behind.read(address, number)
        if isinstance(words, int):
            return refusal(function, words)
        return read_answer(words)


class _Connection(asyncio.Protocol):
    """Take one client's frames as they come, in pieces or several at once."""

    def __init__(self, server: ModbusServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self.abort: Callable[[], None] = lambda: None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.abort = transport.abort
        self._server.accepted += 1
        self._server.connections.append(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.remove(self)

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= _HEADER:
            transaction, protocol, length, unit = struct.unpack(
                ">HHHB", self._received[:_HEADER]
            )
            end = _HEADER - 1 + length
            if len(self._received) < end:
                return
            pdu, self._received = self._received[_HEADER:end], self._received[end:]
            if protocol == 0 and unit == UNIT and pdu and not self._is_second:
                self._serve(transaction, pdu)

    @property
    def _is_second(self) -> bool:
        return self._server.one_client and self._server.connections[0] is not self

    def _serve(self, transaction: int, pdu: bytes) -> None:
        self._server.behind.heard()
        try:
            frame = Frame(transaction, self._server.answer(pdu))
            sent = self._server.behind.send(pdu[0], frame)
        except HangUp:
            self.abort()
            return
        if sent is not None and self._transport is not None:
            header = struct.pack(">HHHB", sent.transaction, 0, len(sent.pdu) + 1, UNIT)
            self._transport.write(header + sent.pdu)


def read_answer(words: list[int]) -> bytes:
    """Return the answer to a read."""
    return struct.pack(f">BB{len(words)}H", READ, 2 * len(words), *words)


def refusal(function: int, code: int) -> bytes:
    """Return an exception."""
    return bytes([function | 0x80, code])
