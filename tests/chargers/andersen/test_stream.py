"""Hold the stream: quicker than the poll in good days, silent in bad ones."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from random import Random
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.busbar.chargers.andersen import stream
from custom_components.busbar.chargers.andersen.auth import Auth
from custom_components.busbar.chargers.andersen.stream import Stream, _event
from simulators.andersen import LEGACY, MODERN, Fault

from .conftest import Rig, until

type Events = list[tuple[str, Mapping[str, Any]]]


class Listening:
    """A stream and what it handed on."""

    def __init__(self, rig: Rig, auth: Auth | None = None) -> None:
        """Listen to the charger of the rig."""
        self.rig = rig
        self.events: Events = []
        self.auth = auth or rig.auth(state=rig.remembered())
        self.stream = Stream(
            url=rig.endpoints.websocket_url,
            session=rig.session,
            auth=self.auth,
            device_ids=[rig.wall.device_id],
            on_event=lambda device_id, event: self.events.append((device_id, event)),
            clock=rig.time.now,
            sleep=rig.time.pause,
            random=Random(1),
        )
        self.stream.start()

    async def connected(self) -> None:
        """Wait until the charger's reports are subscribed to."""
        await until(lambda: bool(self.rig.wall.listeners))

    async def report(self) -> Mapping[str, Any]:
        """Let the charger report, and return what came of it."""
        before = len(self.events)
        self.rig.wall.publish()
        await until(lambda: len(self.events) > before)
        return self.events[-1][1]


@pytest.fixture
async def listening(rig: Rig) -> AsyncIterator[Listening]:
    """Return a stream that is connected."""
    begun = Listening(rig)
    await begun.connected()
    yield begun
    await begun.stream.close()


@pytest.mark.parametrize("subprotocols", [(LEGACY,), (MODERN,), ()])
async def test_both_subprotocols_and_none(
    rig: Rig, subprotocols: tuple[str, ...]
) -> None:
    """Which one the server selects is not recorded; without a name it is the old one (9)."""
    rig.cloud.subprotocols = subprotocols
    listening = Listening(rig)
    await listening.connected()
    event = await listening.report()
    assert event["evseState"] == 1
    assert listening.events[-1][0] == rig.wall.device_id
    await listening.stream.close()
    await until(lambda: rig.cloud.open_sockets == 0)


async def test_a_report_arrives_by_itself(listening: Listening) -> None:
    """Every 90 seconds, without a poll."""
    rig = listening.rig
    await rig.time.advance(95)
    await until(lambda: bool(listening.events))
    assert "getDeviceStatus" not in rig.cloud.requests


async def test_before_the_token_ends_a_fresh_one_is_used(listening: Listening) -> None:
    """Whether the server drops the socket is not recorded, so it is not left to it."""
    rig = listening.rig
    first = rig.cloud.tokens_seen[-1]
    for _ in range(6):
        await listening.report()
        await rig.time.follow(600)
    await until(lambda: rig.cloud.tokens_seen[-1] != first)
    await listening.connected()
    assert [login.kind for login in rig.cloud.logins] == ["refresh", "refresh"]
    await listening.report()


@pytest.mark.parametrize("subprotocol", [LEGACY, MODERN])
async def test_a_refused_token_is_renewed(rig: Rig, subprotocol: str) -> None:
    """`connection_error` in the one, close code 4403 in the other."""
    rig.cloud.subprotocols = (subprotocol,)
    auth = rig.auth(state=rig.remembered())
    await auth.token()
    await rig.time.advance(400)
    await rig.cloud.fault(Fault.TOKEN_REFUSED)
    listening = Listening(rig, auth)
    await until(lambda: rig.time.is_pausing(5))
    await rig.cloud.fault(Fault.TOKEN_REFUSED, on=False)
    await rig.time.advance(5)
    await listening.connected()
    assert [login.kind for login in rig.cloud.logins] == ["refresh", "refresh"]
    await listening.stream.close()


@pytest.mark.parametrize(
    "fault",
    [
        Fault.NO_WEBSOCKET,
        Fault.SUBSCRIPTION_ERROR,
        Fault.TOKEN_REFUSED,
        Fault.COGNITO_REFUSE,
    ],
)
@pytest.mark.parametrize("subprotocol", [LEGACY, MODERN])
async def test_failures_are_silent_and_tried_again_later(
    rig: Rig, fault: Fault, subprotocol: str
) -> None:
    """With longer and longer pauses; afterwards events come again."""
    rig.cloud.subprotocols = (subprotocol,)
    await rig.cloud.fault(fault)
    listening = Listening(rig)
    for pause_s in (5, 10, 20, 40):
        await rig.time.follow(pause_s)
    await until(lambda: rig.time.is_pausing(80))
    assert not rig.time.is_pausing(10)
    await rig.cloud.fault(fault, on=False)
    await rig.time.advance(80)
    await rig.time.advance(600)
    await listening.connected()
    await listening.report()
    await listening.stream.close()


@pytest.mark.parametrize("fault", [Fault.DROP_WEBSOCKETS, Fault.COMPLETE])
async def test_a_lost_socket_comes_back(listening: Listening, fault: Fault) -> None:
    """Also where the server ends the subscription politely."""
    rig = listening.rig
    await rig.cloud.fault(fault)
    await until(lambda: not rig.wall.listeners)
    await rig.time.follow(5)
    await listening.connected()
    await listening.report()


async def test_a_socket_that_held_long_is_soon_opened_again(
    listening: Listening,
) -> None:
    """One break after an hour is no reason for a long pause."""
    rig = listening.rig
    for _ in range(3):
        await listening.report()
        await rig.time.follow(600)
        await rig.cloud.fault(Fault.DROP_WEBSOCKETS)
        await until(lambda: not rig.wall.listeners)
        await rig.time.follow(5)
        await listening.connected()


async def test_garbage_ends_the_socket_and_nothing_else(listening: Listening) -> None:
    """No JSON: TransportProtocolError."""
    rig = listening.rig
    await rig.cloud.fault(Fault.GARBAGE)
    rig.wall.publish()
    await until(lambda: not rig.wall.listeners)
    await rig.cloud.fault(Fault.GARBAGE, on=False)
    await rig.time.follow(5)
    await listening.connected()
    assert listening.events == []


async def test_a_dead_line_is_noticed(listening: Listening) -> None:
    """Ten minutes without a word are too long for a charger that reports every 90 s."""
    rig = listening.rig
    await rig.cloud.fault(Fault.OFFLINE)
    await rig.time.follow(600)
    await until(lambda: not rig.wall.listeners)
    await rig.time.follow(5)
    await listening.connected()


async def test_a_hello_that_is_not_answered(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounded; the socket is not left open."""
    monkeypatch.setattr(stream, "HELLO_TIMEOUT_S", 0.05)
    await rig.cloud.fault(Fault.NO_ACK)
    listening = Listening(rig)
    await until(lambda: rig.time.is_pausing(5))
    await until(lambda: rig.cloud.open_sockets == 0)
    await listening.stream.close()


async def test_closing_during_the_hello_leaves_no_socket(rig: Rig) -> None:
    """Cancelled in the middle."""
    await rig.cloud.fault(Fault.NO_ACK)
    listening = Listening(rig)
    await until(lambda: rig.cloud.open_sockets == 1)
    await listening.stream.close()
    await until(lambda: rig.cloud.open_sockets == 0)
    await listening.stream.close()


async def test_refused_credentials_end_the_stream(rig: Rig) -> None:
    """The poll tells the person; there is nothing to listen to."""
    listening = Listening(rig, rig.auth(password=None, state={}))
    task = listening.stream._task
    assert task is not None
    await until(task.done)
    assert task.exception() is None
    await listening.stream.close()


@pytest.mark.parametrize("data", [None, [], {}, {"deviceStatusUpdated": None}])
def test_an_empty_event_is_none(data: object) -> None:
    """Null instead of a status."""
    assert _event(data) is None


async def test_a_failing_event_is_not_the_end(
    rig: Rig, listening: Listening, socket_enabled: None
) -> None:
    """A null event is passed over."""
    rig.wall.listeners[0]({})
    await listening.report()
    assert all(device_id == rig.wall.device_id for device_id, _ in listening.events)


async def test_two_chargers_share_one_socket(rig: Rig) -> None:
    """One subscription each."""
    second = rig.cloud.add_charger(rig.member, name="2300009999")
    events: Events = []
    async with AsyncExitStack() as stack, ClientSession() as session:
        both = Stream(
            url=rig.endpoints.websocket_url,
            session=session,
            auth=rig.auth(state=rig.remembered()),
            device_ids=[rig.wall.device_id, second.device_id],
            on_event=lambda device_id, event: events.append((device_id, event)),
            clock=rig.time.now,
            sleep=rig.time.pause,
            random=Random(1),
        )
        stack.push_async_callback(both.close)
        both.start()
        await until(lambda: bool(rig.wall.listeners and second.listeners))
        await rig.time.advance(91)
        await until(lambda: len(events) >= 2)
        assert rig.cloud.open_sockets == 1
    assert {device_id for device_id, _ in events} == {
        rig.wall.device_id,
        second.device_id,
    }
