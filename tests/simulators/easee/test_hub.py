"""Speak the stream by hand."""

import asyncio

from aiohttp import WSMsgType, WSServerHandshakeError
import pytest

from simulators.easee import FIRST, LONE, EaseeSimulator, plug_in

from .conftest import Guest, record_of, until


async def test_a_connection_id_works_once(guest: Guest, cloud: EaseeSimulator) -> None:
    """The second use is 404, an unknown id too; unless the fault says otherwise."""
    connection_id = await guest.negotiate()
    url = f"{cloud.stream_url}?id={connection_id}"
    first = await guest.session.ws_connect(url, headers=guest.headers)
    for wrong in (url, f"{cloud.stream_url}?id=made-up"):
        with pytest.raises(WSServerHandshakeError) as caught:
            await guest.session.ws_connect(wrong, headers=guest.headers)
        assert caught.value.status == 404
    cloud.faults.accepts_used_ids = True
    second = await guest.session.ws_connect(url, headers=guest.headers)
    await first.close()
    await second.close()
    with pytest.raises(WSServerHandshakeError) as refused:
        await guest.session.ws_connect(
            f"{cloud.stream_url}?id={await guest.negotiate()}"
        )
    assert refused.value.status == 401


async def test_subscription_replays_then_pushes(
    guest: Guest, cloud: EaseeSimulator
) -> None:
    """Values are text, booleans 1 and 0; old values keep their time."""
    socket = await guest.stream(LONE)
    known = len(cloud.chargers[LONE].observed.rows())
    rows = [record_of(await socket.receive_str()) for _ in range(known)]
    values = {row["arguments"][0]["id"]: row["arguments"][0] for row in rows}
    assert values[109]["value"] == "1"
    assert values[31]["value"] == "1"
    assert values[116]["value"] == "0"
    assert values[111]["value"] == "40.0"
    assert values[47]["timestamp"].endswith("Z")
    plug_in(cloud, LONE)
    await cloud.advance(0.25)
    pushed = record_of(await socket.receive_str())
    assert pushed["target"] == "ProductUpdate"
    assert pushed["arguments"][0]["id"] == 109
    await socket.close()
    await until(lambda: not cloud.hub.is_heard)


async def test_refused_subscriptions_are_silent(
    guest: Guest, cloud: EaseeSimulator
) -> None:
    """Neither an answer nor an error."""
    cloud.faults.refused_streams.add(LONE)
    socket = await guest.stream(LONE, "EH999999", FIRST)
    assert record_of(await socket.receive_str())["arguments"][0]["mid"] == FIRST
    assert cloud.hub.subscriptions == {FIRST}
    await socket.close()


async def test_silence_and_drop(guest: Guest, cloud: EaseeSimulator) -> None:
    """A stream that is open and says nothing, then closes."""
    cloud.faults.silent_stream = True
    socket = await guest.stream(LONE)
    await until(lambda: LONE in cloud.hub.subscriptions)
    plug_in(cloud, LONE)
    await cloud.advance(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await socket.receive()
    await asyncio.gather(cloud.hub.drop(), _drained(socket))
    await socket.close()


async def _drained(socket: object) -> None:
    """Read until the peer closes."""
    message = await socket.receive()  # type: ignore[attr-defined]  # a client socket
    assert message.type is WSMsgType.CLOSE


async def test_the_answer_of_a_charger(guest: Guest, cloud: EaseeSimulator) -> None:
    """A command is taken by the cloud first, and by the charger later, or not."""
    socket = await guest.stream(LONE)
    await until(lambda: LONE in cloud.hub.subscriptions)
    path = f"/api/chargers/{LONE}/commands/set_dynamic_charger_current"
    for refuses in (False, True):
        cloud.faults.refuses_commands = refuses
        status, receipt = await guest.post(path, {"amps": 8, "minutes": 0})
        assert status == 202
        await cloud.advance(1)
        while True:
            record = record_of(await socket.receive_str())
            if record["target"] == "CommandResponse":
                break
        answer = record["arguments"][0]
        assert answer["ticks"] == receipt["ticks"]
        assert answer["wasAccepted"] is not refuses
    await socket.close()
