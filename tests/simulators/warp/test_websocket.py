"""The push: dump, end mark, changes, sign of life, five clients, and every way to die."""

import asyncio

import aiohttp
import pytest

from simulators.warp import Fault, WarpSimulator
from simulators.world import CarSpec, ManualClock

from .conftest import Build, Wire, lines, read_dump, read_until


async def test_dump_comes_in_frames_with_an_end_mark(wire: Wire) -> None:
    """First the sign of life, then every state in order of registration."""
    socket = await wire.websocket()
    frames = await read_dump(socket)
    assert len(frames) > 1
    assert all(not frame.endswith("\n\n") for frame in frames[:-1])
    assert any(frame.count("\n") > 1 for frame in frames)
    topics = [topic for frame in frames for topic, _ in lines(frame)]
    assert topics[0] == "info/keep_alive"
    assert topics[1:] == list(wire.sim.device.board.states)
    await socket.close()


async def test_write_is_pushed_at_once(wire: Wire) -> None:
    """With a controller without delay nothing has to be waited for."""
    socket = await wire.websocket()
    await read_dump(socket)
    await wire.put("evse/external_current", 9000)
    seen = await read_until(socket, "evse/external_current", {"current": 9000})
    assert seen["evse/state"]["allowed_charging_current"] == 9000
    assert seen["evse/slots"][8]["max_current"] == 9000
    assert "info/name" not in seen
    await socket.close()


async def test_sign_of_life_every_second(wire: Wire) -> None:
    """Each carries the uptime in milliseconds."""
    socket = await wire.websocket()
    await read_dump(socket)
    await wire.sim.advance(3)
    uptimes: list[int] = []
    while len(uptimes) < 3:
        frame = await socket.receive_str()
        uptimes += [
            payload["uptime"]
            for topic, payload in lines(frame)
            if topic == "info/keep_alive"
        ]
    assert [later - uptimes[0] for later in uptimes] == [0, 1000, 2000]
    await socket.close()


async def test_button_is_pushed_within_a_quarter_second(wire: Wire) -> None:
    """Everything else waits for the full second."""
    socket = await wire.websocket()
    await read_dump(socket)
    wire.sim.plug(CarSpec())
    await wire.put("evse/button_configuration", 3)
    await read_until(socket, "evse/button_configuration", {"button": 3})
    wire.sim.press_button()
    wire.sim.clock.advance(0.25)
    await wire.sim.catch_up()
    frame = lines(await socket.receive_str())
    assert [topic for topic, _ in frame] == ["evse/button_state"]
    await wire.sim.advance(0.75)
    seen = lines(await socket.receive_str())
    assert dict(seen)["evse/state"]["charger_state"] == 1
    await socket.close()


async def test_sixth_client_makes_the_oldest_go(wire: Wire) -> None:
    """It is closed without a close frame."""
    sockets = [await wire.websocket() for _ in range(5)]
    for socket in sockets:
        await read_dump(socket)
    assert wire.sim.clients == 5
    # Everybody but the second answers a ping.
    await wire.sim.advance(1)
    for socket in sockets[:1] + sockets[2:]:
        reader = asyncio.create_task(socket.receive())
        await wire.sim.flush()
        await reader
    clients = wire.sim.server.hub._clients
    clients[1].pong_s = -1
    sixth = await wire.websocket()
    await read_dump(sixth)
    assert wire.sim.clients == 5
    message = await sockets[1].receive()
    while message.type is aiohttp.WSMsgType.TEXT:
        message = await sockets[1].receive()
    assert message.type is aiohttp.WSMsgType.CLOSED
    assert sockets[1].close_code == 1006
    for socket in (*sockets, sixth):
        await socket.close()


async def test_pong_counts(wire: Wire, clock: ManualClock) -> None:
    """A client that answers its ping is the youngest."""
    socket = await wire.websocket()
    await read_dump(socket)
    reader = asyncio.create_task(read_until(socket, "never", 1))
    await wire.sim.advance(2)
    client = wire.sim.server.hub._clients[0]
    assert client.pong_s == clock.now()
    reader.cancel()
    await socket.close()


async def test_client_without_a_pong_is_closed(build: Build, wire: Wire) -> None:
    """Nobody reads on the other side, so nobody answers the pings."""
    strict = Wire(wire.session, await build(pong_timeout_s=10.0))
    socket = await strict.websocket()
    await read_dump(socket)
    await strict.sim.advance(12)
    assert strict.sim.clients == 0
    await socket.close()


async def test_ping_of_a_client_is_answered(wire: Wire) -> None:
    """Unless the device is silent."""
    socket = await wire.session.ws_connect(f"{wire.sim.url}/ws", autoping=False)
    await read_dump(socket)
    await socket.ping(b"hello")
    message = await socket.receive()
    assert (message.type, bytes(message.data)) == (aiohttp.WSMsgType.PONG, b"hello")
    await socket.close()


async def test_plain_request_is_426_and_busy_device_503(wire: Wire) -> None:
    """An upgrade needs its header, and a device that has room."""
    assert (await wire.request("GET", "ws")).status == 426
    wire.sim.fault(Fault.NO_WEBSOCKET)
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await wire.websocket()
    assert error.value.status == 503


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.NO_PUSH])
async def test_silent_death_leaves_the_socket_open(wire: Wire, fault: Fault) -> None:
    """Not a line comes; later the present values do, the ones between are skipped."""
    socket = await wire.websocket()
    await read_dump(socket)
    wire.sim.fault(fault)
    wire.sim.plug(CarSpec())
    reader = asyncio.create_task(socket.receive_str())
    await wire.sim.advance(30)
    assert not reader.done()
    assert not socket.closed
    wire.sim.unplug()
    wire.sim.clear()
    await wire.sim.advance(1)
    seen = dict(lines(await reader))
    assert seen["charge_tracker/last_charges"][0]["charge_duration"] == 30
    await socket.close()


async def test_dropped_connection_has_no_close_frame(wire: Wire) -> None:
    """The client sees 1006."""
    socket = await wire.websocket()
    await read_dump(socket)
    wire.sim.fault(Fault.DROP_WEBSOCKETS)
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSED
    assert socket.close_code == 1006
    again = await wire.websocket()
    await read_dump(again)
    await again.close()


async def test_change_during_a_slow_dump_is_lost(wire: Wire) -> None:
    """Before the end mark the picture is incomplete, and afterwards it is old."""
    wire.sim.fault(Fault.SLOW_DUMP)
    socket = await wire.websocket()
    frames = [await socket.receive_str()]
    await wire.put("evse/external_current", 7000)
    await wire.sim.advance(5)
    wire.sim.clear(Fault.SLOW_DUMP)
    while not frames[-1].endswith("\n\n"):
        frames.append(await socket.receive_str())
    dump = dict(line for frame in frames for line in lines(frame))
    assert dump["evse/external_current"] == {"current": 32000}
    await wire.sim.advance(2)
    pushed = dict(lines(await socket.receive_str()))
    assert "evse/external_current" not in pushed
    assert await wire.get("evse/external_current") == {"current": 7000}
    await socket.close()


async def test_slow_dump_ends_with_the_simulator(wire: Wire) -> None:
    """A dump that was never finished holds nothing up."""
    wire.sim.fault(Fault.SLOW_DUMP)
    socket = await wire.websocket()
    await socket.receive_str()
    await wire.sim.server.stop()
    await socket.close()


async def test_client_that_does_not_read_gets_the_last_value(
    wire: Wire, sim: WarpSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Updates to it are delayed, not lost."""
    socket = await wire.websocket()
    await read_dump(socket)
    monkeypatch.setattr("simulators.warp.websocket.SEND_BUFFER_BYTES", -1)
    for current_ma in (7000, 8000, 9000):
        await wire.put("evse/external_current", current_ma)
        await sim.advance(1)
    monkeypatch.undo()
    await sim.advance(1)
    first = dict(lines(await socket.receive_str()))
    assert first["evse/external_current"] == {"current": 9000}
    await socket.close()
