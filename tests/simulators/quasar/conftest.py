"""Give each test a Quasar on a loopback port, and a wire that knows no library."""

import asyncio
from collections.abc import AsyncIterator
import itertools
import struct
from typing import Self

import pytest

from simulators.quasar import QuasarSimulator
from simulators.world import ManualClock


class Wire:
    """Speak Modbus TCP by hand."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Begin with the first transaction."""
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)

    @classmethod
    async def open(cls, sim: QuasarSimulator) -> Self:
        """Connect."""
        return cls(*await asyncio.open_connection(sim.host, sim.port))

    def send(self, pdu: bytes, *, unit: int = 1, protocol: int = 0) -> int:
        """Send a request and return its number."""
        number = next(self._numbers)
        header = struct.pack(">HHHB", number, protocol, len(pdu) + 1, unit)
        self._writer.write(header + pdu)
        return number

    async def receive(self) -> tuple[int, bytes]:
        """Return number and PDU of the next answer."""
        header = await self._reader.readexactly(7)
        number, _, length, _ = struct.unpack(">HHHB", header)
        return number, await self._reader.readexactly(length - 1)

    async def ask(self, pdu: bytes) -> bytes:
        """Return the answer to a request."""
        number = self.send(pdu)
        answered, answer = await self.receive()
        assert answered == number
        return answer

    async def read(self, start: int, count: int = 1) -> list[int]:
        """Return words; an exception is a list of its negative number."""
        answer = await self.ask(struct.pack(">BHH", 3, start, count))
        if answer[0] & 0x80:
            return [-answer[1]]
        return list(struct.unpack(f">{answer[1] // 2}H", answer[2:]))

    async def write(self, address: int, value: int) -> int:
        """Write a word; return 0, or the number of an exception."""
        answer = await self.ask(struct.pack(">BHH", 6, address, value & 0xFFFF))
        return answer[1] if answer[0] & 0x80 else 0

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


@pytest.fixture
async def sim(
    socket_enabled: None, clock: ManualClock
) -> AsyncIterator[QuasarSimulator]:
    """Return a charger without a car."""
    async with QuasarSimulator(clock=clock) as simulator:
        yield simulator


@pytest.fixture
async def wire(sim: QuasarSimulator) -> AsyncIterator[Wire]:
    """Return the one connection that is answered."""
    wire = await Wire.open(sim)
    yield wire
    wire.close()


@pytest.fixture
async def remote(sim: QuasarSimulator, wire: Wire) -> Wire:
    """Return a connection that has taken control, with a half full car at the plug."""
    await wire.write(0x51, 1)
    await wire.write(0x52, 0)
    sim.plug()
    return wire
