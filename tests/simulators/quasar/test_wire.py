"""Speak to the simulated Quasar as the sheet of the wire says."""

import asyncio
import struct

import pytest

from simulators.quasar import Fault, QuasarSimulator

from .conftest import Wire


@pytest.mark.parametrize(
    ("start", "count"),
    [(1, 9), (0x51, 3), (0x100, 5), (0x200, 27), (0x20E, 17), (0x223, 1), (0x224, 1)],
)
async def test_blocks(wire: Wire, start: int, count: int) -> None:
    """Each in one request."""
    assert len(await wire.read(start, count)) == count


@pytest.mark.parametrize(
    ("start", "count"), [(0, 10), (0x59, 2), (0x104, 2), (0x104, 125), (1000, 1)]
)
async def test_holes(wire: Wire, start: int, count: int) -> None:
    """A range that touches one is refused as a whole."""
    assert await wire.read(start, count) == [-2]


async def test_identity(wire: Wire) -> None:
    """Firmware, serial in two words, part number two letters a word."""
    words = await wire.read(1, 9)
    assert words[:3] == [3400, 1, 34464]
    assert b"".join(word.to_bytes(2) for word in words[3:]) == b"QSX2123ABC01"


async def test_refusals(wire: Wire) -> None:
    """Other functions, odd lengths, too many registers, values out of range."""
    for pdu in (
        b"\x04\x00\x01\x00\x01",
        b"\x03\x00",
        b"\x10\x01\x02\x00\x01\x02\x00\x05",
    ):
        assert await wire.ask(pdu) == bytes([pdu[0] | 0x80, 1])
    assert await wire.read(1, 126) == [-3]
    assert await wire.read(1, 0) == [-3]
    await wire.write(0x51, 1)
    assert await wire.write(0x102, 33) == 3
    assert await wire.write(0x102, -32) == 0
    assert await wire.read(0x102) == [0x10000 - 32]
    assert await wire.write(0x101, 9) == 3


async def test_frames_in_pieces_and_in_pairs(sim: QuasarSimulator) -> None:
    """As TCP brings them."""
    reader, writer = await asyncio.open_connection(sim.host, sim.port)
    frame = struct.pack(">HHHBBHH", 7, 0, 6, 1, 3, 0x219, 1)
    writer.write(frame[:5])
    await writer.drain()
    writer.write(frame[5:9])
    await writer.drain()
    writer.write(frame[9:] + frame)
    first, second = [await reader.readexactly(11) for _ in range(2)]
    assert first == second
    writer.close()


async def test_others_are_not_answered(sim: QuasarSimulator, wire: Wire) -> None:
    """Another unit, another protocol, a second client."""
    wire.send(struct.pack(">BHH", 3, 1, 1), unit=2)
    wire.send(struct.pack(">BHH", 3, 1, 1), protocol=1)
    second = await Wire.open(sim)
    second.send(struct.pack(">BHH", 3, 1, 1))
    number = wire.send(struct.pack(">BHH", 3, 1, 1))
    answered, _ = await wire.receive()
    assert answered == number
    assert sim.clients == 2
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(second.receive(), 0.01)
    wire.close()
    while sim.clients == 2:
        await asyncio.sleep(0)
    # Once the first has gone, the second is the one.
    assert await second.read(1) == [3400]
    second.close()


async def test_writes_need_control(sim: QuasarSimulator, wire: Wire) -> None:
    """Without it they are taken and have no effect."""
    assert await wire.write(0x102, 10) == 0
    assert await wire.read(0x102) == [0]
    assert sim.writes[0].register == 0x102
    await wire.write(0x51, 1)
    for register, value in ((0x100, 1), (0x102, -5), (0x104, -900), (0x58, 60)):
        await wire.write(register, value)
    assert await wire.read(0x100, 5) == [1, 2, 0xFFFB, 0, 0x10000 - 900]
    assert await wire.read(0x58) == [60]


async def test_giving_control_back_resets(sim: QuasarSimulator, wire: Wire) -> None:
    """Autostart on, current mode, watchdog off."""
    for register, value in ((0x51, 1), (0x52, 0), (0x53, 1), (0x58, 60), (0x51, 0)):
        await wire.write(register, value)
    assert await wire.read(0x51, 3) == [0, 1, 0]
    assert await wire.read(0x58) == [0]


@pytest.mark.parametrize(
    ("fault", "register"),
    [
        (Fault.NO_CONTROL, 0x51),
        (Fault.NO_AUTOSTART, 0x52),
        (Fault.NO_POWER_MODE, 0x53),
        (Fault.NO_WATCHDOG, 0x58),
    ],
)
async def test_firmwares_that_refuse(
    sim: QuasarSimulator, wire: Wire, fault: Fault, register: int
) -> None:
    """Illegal function, though others take the same function."""
    sim.fault(fault)
    assert await wire.write(register, 1) == 1


async def test_two_modes_of_death(sim: QuasarSimulator, wire: Wire) -> None:
    """Mute or refusing, until a restart; not even a second one heals it."""
    sim.fault(Fault.REFUSE)
    with pytest.raises(ConnectionError):
        await Wire.open(sim)
    sim.fault(Fault.MUTE)
    sim.fault(Fault.REBOOT)
    await sim.advance(299)
    with pytest.raises(ConnectionError):
        await Wire.open(sim)
    await sim.advance(1)
    again = await Wire.open(sim)
    assert await again.read(0x219) == [7]
    await sim.advance(60)
    assert await again.read(0x219) == [0]
    assert sim.faults == frozenset()
    again.close()


async def test_closing_before_it_has_opened(sim: QuasarSimulator) -> None:
    """The kernel accepts at once, the event loop a moment later."""
    sim.fault(Fault.REFUSE)
    sim.clear()
    sim.fault(Fault.REFUSE)
    with pytest.raises(ConnectionError):
        await Wire.open(sim)
    sim.clear()
    wire = await Wire.open(sim)
    assert await wire.read(1) == [3400]
    wire.close()


@pytest.mark.parametrize("action", [3, 4])
async def test_restart_and_update_by_register(
    sim: QuasarSimulator, wire: Wire, action: int
) -> None:
    """Useless where it would help, and dangerous: a client has no business there."""
    await wire.write(0x51, 1)
    wire.send(struct.pack(">BHH", 6, 0x101, action))
    while not (sim.machine.reboots or sim.machine.updating):
        await asyncio.sleep(0)
    assert sim.machine.updating is (action == 4)


async def test_words_of_error(sim: QuasarSimulator, wire: Wire) -> None:
    """High word first."""
    sim.machine.errors = (0x0001_0002, 0x8000_0004)
    assert await wire.read(0x21B, 4) == [1, 2, 0x8000, 4]


async def test_the_control_port_sees_it(sim: QuasarSimulator, wire: Wire) -> None:
    """Names, faults, writes and the truth."""
    await wire.write(0x51, 1)
    assert sim.name == "quasar"
    assert sim.address.endswith(str(sim.port))
    sim.switch_fault("mute", on=True)
    assert sim.fault_names()["mute"]
    sim.switch_fault("mute", on=False)
    assert not sim.fault_names()["mute"]
    with pytest.raises(ValueError, match="nonsense"):
        sim.switch_fault("nonsense", on=True)
    assert sim.told() == [{"time_s": 0.0, "register": 0x51, "value": 1}]
    await sim.flush()
    assert sim.world()["is_remote"] is True
    sim.fault(Fault.DROP_CLIENTS)
    sim.fault(Fault.TAKE_CONTROL)
    assert sim.world()["is_remote"] is False
