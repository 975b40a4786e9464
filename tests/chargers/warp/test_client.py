"""Speak HTTP with a device in every mood."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ChargerError,
    ConnectionFailed,
    Rejected,
    Unsupported,
    WrongDevice,
)
from custom_components.busbar.chargers.warp import identify
from custom_components.busbar.chargers.warp.client import NotThere, WarpClient
from custom_components.busbar.chargers.warp.connection import WarpConnection
from custom_components.busbar.chargers.warp.paths import COMMANDS, WRITABLE, is_readable
from simulators.warp import Fault, WarpSimulator

type Simulate = Callable[..., Awaitable[WarpSimulator]]
type Connect = Callable[..., WarpConnection]

PASSWORD = "a long password"


def client_of(
    sim: WarpSimulator, session: ClientSession, **changes: object
) -> WarpClient:
    """Return a client of a simulator."""
    return WarpClient(URL(sim.url), session, **changes)  # type: ignore[arg-type]


async def test_identify(simulate: Simulate, session: ClientSession) -> None:
    """Who it is takes four requests and no write."""
    sim = await simulate(generation="warp2", uid="22oH", display_name="Garage")
    identity = await identify({"host": sim.host, "port": sim.port}, session=session)
    assert identity.key == "warp_22oH"
    assert (identity.name, identity.model) == ("Garage", "WARP2 Charger Pro 22kW")
    assert (identity.firmware, identity.hardware) == ("2.12.1", "EVSE 2.0")
    assert identity.model_id == "warp2"
    assert identity.url == sim.url
    assert sim.writes == []


@pytest.mark.parametrize(
    ("fault", "error", "match"),
    [
        (Fault.NOT_A_WARP, Unsupported, "no WARP"),
        (Fault.NOT_JSON, Unsupported, "not JSON"),
        (Fault.HTTP_DISABLED, Unsupported, "refuses plain HTTP"),
        (Fault.INTERNAL_ERROR, ConnectionFailed, "status 500"),
        (Fault.REFUSE, ConnectionFailed, "not reached"),
        (Fault.HANG, ConnectionFailed, "in time"),
    ],
)
async def test_what_may_be_wrong_with_an_address(
    simulate: Simulate,
    session: ClientSession,
    fault: Fault,
    error: type[ChargerError],
    match: str,
) -> None:
    """Each has its own error, and none names the address."""
    sim = await simulate()
    sim.fault(fault)
    timeout_s = 0.05 if fault is Fault.HANG else 10.0
    with pytest.raises(error, match=match) as caught:
        await identify(
            {"host": sim.host, "port": sim.port}, session=session, timeout_s=timeout_s
        )
    assert sim.host not in str(caught.value)
    sim.clear()


@pytest.mark.parametrize("host", ["", "two words/and a path"])
async def test_an_address_that_is_none(session: ClientSession, host: str) -> None:
    """Nonsense in place of a host is an error of ours."""
    with pytest.raises((Unsupported, ConnectionFailed)):
        await identify({"host": host}, session=session)


async def test_a_name_without_uid_is_no_warp(session: ClientSession) -> None:
    """JSON alone does not make a WARP."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"name": "something"})

    app = web.Application()
    app.router.add_get("/info/name", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        with pytest.raises(Unsupported, match="no WARP"):
            await identify({"host": "127.0.0.1", "port": server.port}, session=session)


async def test_still_starting(session: ClientSession) -> None:
    """A WARP without its list of features is asked again later."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"uid": "AbCd"})

    app = web.Application()
    app.router.add_get("/info/name", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        with pytest.raises(ConnectionFailed, match="starting"):
            await identify({"host": "127.0.0.1", "port": server.port}, session=session)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, Unsupported),
        (400, Rejected),
        (405, Unsupported),
        (413, Rejected),
        (503, ConnectionFailed),
    ],
)
async def test_other_answers(
    session: ClientSession, status: int, error: type[ChargerError]
) -> None:
    """Whatever the status, it is one of our errors; a redirect is not followed."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        client = WarpClient(server.make_url("/"), session)
        with pytest.raises(error):
            await client.put("evse/external_current", {"current": 0})


async def test_a_connection_that_was_closed_is_tried_once_more(
    session: ClientSession,
) -> None:
    """Reading survives one lost answer, two are too many; a command is never repeated."""
    calls = []

    async def answer(request: web.Request) -> web.Response:
        calls.append(request.method)
        if len(calls) == 1 or request.path != "/info/name":
            assert request.transport is not None
            request.transport.close()
        return web.json_response({"uid": "AbCd"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        client = WarpClient(server.make_url("/"), session)
        assert await client.get("info/name") == {"uid": "AbCd"}
        assert len(calls) == 2
        with pytest.raises(ConnectionFailed):
            await client.get("info/version")
        assert len(calls) >= 4
        calls.clear()
        with pytest.raises(ConnectionFailed):
            await client.put("evse/external_current", {"current": 0})
        assert set(calls) == {"PUT"}
        calls.clear()
        with pytest.raises(ConnectionFailed):
            await client.run("reboot")
        assert calls == ["POST"]


async def test_one_request_in_flight(session: ClientSession) -> None:
    """The device's only thread is asked one thing at a time."""
    running = 0
    most = 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        client = WarpClient(server.make_url("/"), session)
        await asyncio.gather(*(client.get("evse/state") for _ in range(5)))
    assert most == 1


@pytest.mark.parametrize(
    "path",
    [
        "evse/stop_charging",
        "evse/start_charging",
        "reboot",
        "force_reboot",
        "meters/0/reset",
        "charge_limits/restart",
        "charge_manager/scan",
        "evse/state/../stop_charging",
        "meters/0/values/../reset",
        "nfc/inject_tag",
        "info/keep_alive",
    ],
)
async def test_a_get_on_a_command_is_impossible(
    simulate: Simulate, session: ClientSession, path: str
) -> None:
    """A GET would execute it, so it never leaves."""
    sim = await simulate()
    with pytest.raises(ValueError, match="no state"):
        await client_of(sim, session).get(path)
    assert sim.requests == []
    assert not any(is_readable(command) for command in COMMANDS)


async def test_only_known_things_are_written(
    simulate: Simulate, session: ClientSession
) -> None:
    """Writes and commands have lists of their own."""
    sim = await simulate()
    client = client_of(sim, session)
    with pytest.raises(ValueError, match="not for writing"):
        await client.put("evse/management_enabled", {"enabled": True})
    with pytest.raises(ValueError, match="no known command"):
        await client.run("factory_reset")
    assert sim.requests == []
    assert not WRITABLE & COMMANDS


@pytest.mark.parametrize(
    "payload", [{"current": -1}, {"current": 70000}, {"current": 6.5}, {"other": 1}, {}]
)
async def test_a_refused_value_has_the_devices_reason(
    simulate: Simulate, session: ClientSession, payload: dict[str, object]
) -> None:
    """400 is an error with the words of the device."""
    sim = await simulate()
    with pytest.raises(Rejected) as caught:
        await client_of(sim, session).put("evse/external_current", payload)
    assert caught.value.reason
    assert sim.writes == []


async def test_unknown_path(simulate: Simulate, session: ClientSession) -> None:
    """What this generation does not have is not there."""
    sim = await simulate(generation="warp")
    with pytest.raises(NotThere):
        await client_of(sim, session).get("evse/phase_auto_switch")


async def test_login(
    simulate: Simulate, session: ClientSession, connect: Connect
) -> None:
    """Digest works for reading, writing and the stream alike."""
    sim = await simulate(password=PASSWORD)
    connection = connect(sim, settings={"username": "admin", "password": PASSWORD})
    await connection.open()
    while not connection._link.states.is_live:
        await asyncio.sleep(0)
    charger = connection.chargers["warp_AbCd"]
    await charger.set_current(8)  # type: ignore[attr-defined]
    await charger.set_value("boost", True)
    assert sim.state("evse/external_current") == {"current": 8000}
    # One challenge for the first request; every later login is made ahead.
    assert [request.status for request in sim.requests].count(401) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"username": "admin", "password": "wrong"},
        {"username": "admin"},
        {"username": "some,body", "password": PASSWORD},
    ],
)
async def test_wrong_login(
    simulate: Simulate, session: ClientSession, settings: dict[str, str]
) -> None:
    """A login that cannot work is told apart from a connection that does not."""
    sim = await simulate(password=PASSWORD)
    with pytest.raises(AuthenticationFailed):
        await identify(
            {"host": sim.host, "port": sim.port, **settings}, session=session
        )


async def test_a_login_that_is_not_needed(
    simulate: Simulate, session: ClientSession, connect: Connect
) -> None:
    """A device without a password does not mind ours."""
    sim = await simulate()
    connection = connect(sim, settings={"username": "admin", "password": PASSWORD})
    await connection.open()
    while not connection._link.states.is_live:
        await asyncio.sleep(0)


@pytest.mark.parametrize("with_login", [True, False])
async def test_the_stream_is_refused_without_login(
    simulate: Simulate, session: ClientSession, with_login: bool
) -> None:
    """401 at the upgrade is a wrong login too."""
    sim = await simulate(password=PASSWORD)
    login = {"username": "admin", "password": "wrong"} if with_login else {}
    with pytest.raises(AuthenticationFailed):
        await client_of(sim, session, **login).connect_stream()


@pytest.mark.parametrize("with_login", [True, False])
async def test_the_stream_is_not_reached(
    simulate: Simulate, session: ClientSession, with_login: bool
) -> None:
    """No answer to the upgrade is a failed connection."""
    sim = await simulate()
    sim.fault(Fault.REFUSE)
    login = {"username": "admin", "password": PASSWORD} if with_login else {}
    with pytest.raises(ConnectionFailed):
        await client_of(sim, session, **login).connect_stream()


async def test_another_device_is_refused(simulate: Simulate, connect: Connect) -> None:
    """The serial of the entry is the only one that is let in."""
    sim = await simulate()
    with pytest.raises(WrongDevice) as caught:
        await connect(sim, settings={"serial": "XyZ"}).open()
    assert "AbCd" not in str(caught.value)
    assert [request.path for request in sim.requests] == ["info/name"]


@pytest.mark.parametrize("generation", ["warp", "warp2", "warp3", "warp4", "wem"])
async def test_adding_one_writes_nothing(
    simulate: Simulate, connect: Connect, generation: str
) -> None:
    """Opening a connection only reads, on every generation."""
    sim = await simulate(generation=generation)
    connection = connect(sim)
    await connection.open()
    for charger in connection.chargers.values():
        await charger.refresh()
    assert {request.method for request in sim.requests} == {"GET"}
    assert sim.writes == []
    assert sim.executed_by_get == 0
