"""Sockets: silence, refusal, restarts, and the login."""

import asyncio

import aiohttp
from aiohttp import DigestAuthMiddleware
from freezegun.api import FrozenDateTimeFactory
import pytest

from simulators.warp import Fault

from .conftest import Build, Wire, read_dump, read_until

_UNPROVEN = (
    'Digest username="admin", realm="{}", uri="/", nonce="n", nc=1, cnonce="c", '
    'qop=auth, response="r"'
)


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.HANG])
async def test_device_that_does_not_answer(wire: Wire, fault: Fault) -> None:
    """The request stays open until the device is itself again."""
    wire.sim.fault(fault)
    request = asyncio.create_task(wire.request("GET", "evse/external_current"))
    while not wire.sim.requests:
        await asyncio.sleep(0)
    assert wire.sim.requests[0].status == 0
    assert not request.done()
    wire.sim.clear(fault)
    assert (await request).status == 200


async def test_silent_device_can_be_stopped(build: Build, wire: Wire) -> None:
    """A request without an answer does not hold the end of a test."""
    wire.sim.fault(Fault.SILENT)
    request = asyncio.create_task(wire.request("GET", "evse/external_current"))
    while not wire.sim.requests:
        await asyncio.sleep(0)
    await wire.sim.server.stop()
    with pytest.raises(aiohttp.ClientError):
        await request


async def test_refusing_device_comes_back_on_its_port(wire: Wire) -> None:
    """Open connections break, new ones are refused."""
    socket = await wire.websocket()
    await read_dump(socket)
    wire.sim.fault(Fault.REFUSE)
    assert (await socket.receive()).type in (
        aiohttp.WSMsgType.CLOSED,
        aiohttp.WSMsgType.ERROR,
    )
    with pytest.raises(aiohttp.ClientConnectionError):
        await wire.get("info/name")
    wire.sim.clear(Fault.REFUSE)
    assert (await wire.get("info/name"))["uid"] == "AbCd"


async def test_device_may_refuse_from_the_start(build: Build, wire: Wire) -> None:
    """It keeps its port for later."""
    other = Wire(wire.session, await build(faults={Fault.REFUSE}))
    with pytest.raises(aiohttp.ClientConnectionError):
        await other.get("info/name")
    other.sim.clear()
    assert await other.get("info/name")
    # Opening twice and closing in the same moment leaves one listener or none.
    other.sim.clear()
    other.sim.fault(Fault.REFUSE)
    other.sim.clear()
    other.sim.fault(Fault.REFUSE)
    with pytest.raises(aiohttp.ClientConnectionError):
        await other.get("info/name")


@pytest.mark.parametrize("by", ["fault", "command"])
async def test_reboot_closes_and_comes_back_with_a_small_uptime(
    wire: Wire, by: str
) -> None:
    """The network is away for a while; the controller keeps its slots."""
    await wire.put("evse/external_current", 8000)
    socket = await wire.websocket()
    before = (await read_dump(socket))[0]
    if by == "fault":
        wire.sim.fault(Fault.REBOOT)
    else:
        assert (await wire.put("reboot", None)).status == 200
    message = await socket.receive()
    while message.type is aiohttp.WSMsgType.TEXT:
        message = await socket.receive()
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    assert message.extra == "ESP reboot"
    await wire.sim.advance(5)
    with pytest.raises(aiohttp.ClientConnectionError):
        await wire.get("info/name")
    await wire.sim.advance(5)
    assert await wire.get("evse/external_current") == {"current": 8000}
    again = await wire.websocket()
    after = (await read_dump(again))[0]
    assert before.startswith('{"topic":"info/keep_alive","payload":{"uptime":86400')
    assert after.startswith('{"topic":"info/keep_alive","payload":{"uptime":10000}')
    await again.close()


async def test_device_lives_while_the_time_of_the_test_stands_still(
    wire: Wire, freezer: FrozenDateTimeFactory
) -> None:
    """No answer, push, advance or restart waits for a timer."""
    socket = await wire.websocket()
    await read_dump(socket)
    assert (await wire.put("evse/external_current", 8000)).status == 200
    await read_until(socket, "evse/external_current", {"current": 8000})
    await wire.sim.advance(60)
    wire.sim.fault(Fault.REBOOT)
    message = await socket.receive()
    while message.type is aiohttp.WSMsgType.TEXT:
        message = await socket.receive()
    await wire.sim.advance(10)
    assert await wire.get("evse/external_current") == {"current": 8000}
    await socket.close()


async def test_reboot_forgets_what_commands_were_given(wire: Wire) -> None:
    """A null is 32 A again."""
    await wire.put("evse/external_current", 8000)
    wire.sim.fault(Fault.REBOOT)
    await wire.sim.advance(10)
    await wire.put("evse/external_current", None)
    assert await wire.get("evse/external_current") == {"current": 32000}


async def test_refusal_outlasts_a_reboot(wire: Wire) -> None:
    """Both have to be over."""
    wire.sim.fault(Fault.REFUSE)
    wire.sim.fault(Fault.REBOOT)
    await wire.sim.advance(20)
    with pytest.raises(aiohttp.ClientConnectionError):
        await wire.get("info/name")
    wire.sim.clear()
    assert await wire.get("info/name")


async def test_login_by_digest(build: Build, session: aiohttp.ClientSession) -> None:
    """Everything but two pages needs the password, the WebSocket included."""
    sim = await build(password="secret")
    anonymous = Wire(session, sim)
    assert await anonymous.request("GET", "info/name") == (401, "")
    assert (await anonymous.request("GET", "")).status == 200
    assert await anonymous.request("GET", "login_state") == (200, "Not logged in")
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await anonymous.websocket()
    assert error.value.status == 401
    header = error.value.headers
    assert header is not None
    assert header["WWW-Authenticate"].startswith('Digest realm="esp32-lib", qop="auth"')
    login = DigestAuthMiddleware("admin", "secret")
    async with aiohttp.ClientSession(middlewares=(login,)) as client:
        known = Wire(client, sim)
        assert (await known.get("info/name"))["uid"] == "AbCd"
        assert (await known.put("evse/external_current", 6000)).status == 200
        socket = await known.websocket()
        await read_dump(socket)
        await socket.close()


@pytest.mark.parametrize(
    ("username", "password"), [("admin", "wrong"), ("somebody", "secret")]
)
async def test_wrong_login_is_401(
    build: Build, socket_enabled: None, username: str, password: str
) -> None:
    """Name and password both count."""
    sim = await build(password="secret")
    login = DigestAuthMiddleware(username, password)
    async with aiohttp.ClientSession(middlewares=(login,)) as client:
        answer = await Wire(client, sim).request("GET", "credential_check")
        assert answer == (401, "")


@pytest.mark.parametrize(
    "header",
    [
        "Basic YWRtaW46c2VjcmV0",
        'Digest username="admin"',
        _UNPROVEN.format("other"),
        _UNPROVEN.format("asyncesp"),
    ],
)
async def test_broken_login_is_401(
    build: Build, session: aiohttp.ClientSession, header: str
) -> None:
    """A header that is no complete answer lets nobody in."""
    sim = await build(password="secret")
    headers = {"Authorization": header}
    async with session.get(f"{sim.url}/info/name", headers=headers) as response:
        assert response.status == 401


async def test_password_can_change(
    build: Build, session: aiohttp.ClientSession
) -> None:
    """Without one the device is open; it then cannot be closed either."""
    sim = await build(password="secret")
    wire = Wire(session, sim)
    sim.set_password(None)
    users = await wire.get("users/config")
    assert users["http_auth_enabled"] is False
    assert [user["digest_hash"] for user in users["users"]] == [""]
    assert (await wire.switch("users/http_auth_update", on=True)).status == 400
    sim.set_password("other")
    assert (await wire.request("GET", "info/name")).status == 401


async def test_login_can_be_switched_off(build: Build) -> None:
    """By the one who is in."""
    sim = await build(password="secret")
    login = DigestAuthMiddleware("admin", "secret")
    async with aiohttp.ClientSession(middlewares=(login,)) as client:
        known = Wire(client, sim)
        users = await known.get("users/config")
        assert users["users"][1]["digest_hash"] is None
        assert (await known.switch("users/http_auth_update", on=False)).status == 200
    async with aiohttp.ClientSession() as client:
        assert (await Wire(client, sim).request("GET", "info/name")).status == 200
