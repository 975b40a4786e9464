"""Follow the stream, and poll exactly while it does not tell."""

import asyncio

import pytest

from custom_components.busbar.chargers.easee import jittered
from custom_components.busbar.chargers.easee.budget import Kind
from custom_components.busbar.chargers.easee.library import StreamClosed
from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    RateLimited,
)
from custom_components.busbar.chargers.model import Snapshot
from simulators.easee import (
    FIRST,
    LONE,
    METER,
    SECOND,
    USERNAME,
    EaseeSimulator,
    plug_in,
)

from .conftest import MakeRig, Rig, settle, until


async def test_pushed_values_are_published_together(rig: Rig) -> None:
    """One snapshot for everything that came at once; after unsubscribing none."""
    heard: list[Snapshot] = []
    stop = rig.charger().subscribe(heard.append, lambda _: None)
    plug_in(rig.cloud, LONE)
    await rig.advance(0.25)
    assert heard[-1].vehicle_connected is True
    assert heard[-1].status == "charging"
    assert heard[-1].currents_a == (16, 16, 16)
    assert heard[-1].power_w == 11040
    stop()
    stop()
    count = len(heard)
    await rig.advance(5)
    assert len(heard) == count


async def test_nothing_is_polled_while_the_stream_tells(rig: Rig) -> None:
    """A refresh is a snapshot of what was pushed."""
    asked = rig.asked("/observations")
    for device in rig.connection.chargers.values():
        await device.refresh()
    assert rig.asked("/observations") == asked


async def test_polling_while_the_stream_is_away(rig: Rig) -> None:
    """Once a minute and product, and the circuit through its master."""
    rig.cloud.fault("negotiate", status=500)
    await rig.cloud.hub.drop()
    await until(lambda: not rig.connection._link.stream.is_connected)
    asked = rig.asked("/observations")
    await rig.advance(10)
    await rig.charger().refresh()
    assert rig.asked("/observations") == asked, "polled a moment ago"
    await rig.jump(60)
    plug_in(rig.cloud, LONE)
    await rig.advance(1)
    await rig.charger().refresh()
    await rig.circuit().refresh()
    assert rig.asked("/observations") == asked + 1
    assert rig.seen().status == "charging"
    await rig.circuit(502).refresh()
    assert rig.asked("/observations") == asked + 2


async def test_a_tick_that_comes_early_is_a_poll_nevertheless(rig: Rig) -> None:
    """A coordinator counts from the whole second, so that a minute of it can have 59.05 s."""
    rig.cloud.fault("negotiate", status=500)
    await rig.cloud.hub.drop()
    await until(lambda: not rig.connection._link.stream.is_connected)
    await rig.jump(60)
    await rig.charger().refresh()
    asked = rig.asked("/observations")
    for polls in range(1, 4):
        await rig.jump(59.05)
        await rig.charger().refresh()
        assert rig.asked("/observations") == asked + polls


async def test_a_refused_subscription_is_polled(
    cloud: EaseeSimulator, make_rig: MakeRig
) -> None:
    """The hub does not report it: the product is silent."""
    cloud.faults.refused_streams.add(LONE)
    rig = await make_rig()
    stream = rig.connection._link.stream
    await until(lambda: stream.covers(FIRST) and stream.covers(METER))
    assert not stream.covers(LONE)
    await rig.jump(61)
    asked = rig.asked("/observations")
    await rig.charger().refresh()
    await rig.charger(FIRST).refresh()
    assert rig.asked("/observations") == asked + 1


async def test_a_silent_stream_is_polled_then_opened_anew(rig: Rig) -> None:
    """Nothing was reported for long: perhaps nothing changed, perhaps nothing comes."""
    rig.cloud.faults.silent_stream = True
    await rig.jump(17 * 60 + 1)
    assert not rig.connection._link.stream.covers(LONE)
    asked = rig.asked("/observations")
    await rig.charger().refresh()
    assert rig.asked("/observations") == asked + 1
    await rig.connection.supervise_once()
    assert rig.cloud.hub.connections == 1
    await rig.jump(24 * 60)
    rig.cloud.faults.silent_stream = False
    await rig.connection.supervise_once()
    await until(lambda: rig.cloud.hub.connections == 2)
    await rig.live()


async def test_a_closed_stream_negotiates_again_after_a_pause(rig: Rig) -> None:
    """The library would use the spent id at once, hundreds of times a second."""
    rig.cloud.faults.accepts_used_ids = True
    for round_number in (2, 3, 4):
        await rig.cloud.hub.drop()
        await until(
            lambda count=round_number: rig.cloud.hub.connections == count  # type: ignore[misc]  # a default binds the loop's value
        )
        await rig.live()
    assert rig.delays == [30, 60, 90], "opened, and closed at once"
    await rig.jump(60)
    await rig.cloud.hub.drop()
    await until(lambda: rig.cloud.hub.connections == 5)
    assert rig.delays[-1] == 30
    await rig.live()
    with pytest.raises(StreamClosed):
        await rig.account._sr_close_cb()


async def test_pauses_grow_while_nothing_opens(rig: Rig) -> None:
    """The vendor asked not to be hammered."""
    fault = rig.cloud.fault("negotiate", status=503)
    await rig.cloud.hub.drop()
    await until(lambda: len(rig.delays) >= 12)
    assert rig.delays[:12] == [30 * step for step in range(1, 11)] + [300, 300]
    rig.cloud.end_fault(fault)
    await rig.live()


async def test_no_task_of_the_stream_is_left(rig: Rig) -> None:
    """The library leaves its pings running after each drop."""
    beats = set(rig.account._heartbeats)
    assert len(beats) == 1
    await rig.cloud.hub.drop()
    await until(lambda: rig.cloud.hub.connections == 2)
    await rig.live()
    assert all(task.done() for task in beats)
    late = set(rig.account._heartbeats)
    await rig.connection.close()
    await settle()
    assert all(task.done() for task in late)
    await rig.connection.close()


async def test_lost_and_found_are_logged_once(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """However long it takes."""
    caplog.set_level("INFO")
    fault = rig.cloud.fault("negotiate", status=503)
    await rig.cloud.hub.drop()
    await until(lambda: not rig.connection._link.stream.is_connected)
    for _ in range(3):
        await rig.connection.supervise_once()
    rig.cloud.end_fault(fault)
    await rig.live()
    for _ in range(3):
        await rig.connection.supervise_once()
    ours = [one for one in caplog.messages if "stream of the Easee" in one]
    assert len(ours) == 2


async def test_a_changed_password_is_told_once_to_all(rig: Rig) -> None:
    """The stream notices it first; nobody tries the old one again."""
    lost: list[Exception | None] = []
    rig.charger().subscribe(lambda _: None, lost.append)
    rig.cloud.tokens.passwords[USERNAME] = "another"
    rig.cloud.tokens.revoke()
    await rig.cloud.hub.drop()
    await until(lambda: not rig.account.is_stream_running)
    for _ in range(3):
        await rig.connection.supervise_once()
    assert [type(error) for error in lost] == [AuthenticationFailed]
    assert rig.cloud.tokens.logins == 2


async def test_a_rate_limit_keeps_the_last_values(rig: Rig) -> None:
    """Retry-After is respected without a request; when values are old it is told."""
    plug_in(rig.cloud, LONE)
    await rig.advance(1)
    rig.cloud.fault("negotiate", status=500)
    await rig.cloud.hub.drop()
    await until(lambda: not rig.connection._link.stream.is_connected)
    rig.cloud.fault("/observations", status=429, retry_after="1800")
    await rig.jump(61)
    asked = rig.asked("/observations")
    seen = await rig.charger().refresh()
    assert seen.status == "charging"
    assert seen.received_at < rig.now()
    await rig.jump(61)
    await rig.charger().refresh()
    assert rig.asked("/observations") == asked + 1
    await rig.jump(17 * 60)
    with pytest.raises(RateLimited) as caught:
        await rig.charger().refresh()
    assert caught.value.retry_after_s is not None
    assert 0 < caught.value.retry_after_s < 1800
    await rig.charger().set_current(10)
    rig.cloud.clear_faults()
    await rig.jump(1800)
    await rig.charger().refresh()


@pytest.mark.parametrize(
    ("header", "seconds"), [(None, 60), ("soon", 60), ("7", 7), ("99999", 3600)]
)
async def test_retry_after_in_any_form(
    rig: Rig, header: str | None, seconds: float
) -> None:
    """It may be missing, or nonsense."""
    rig.cloud.fault("/observations", status=429, retry_after=header)
    with pytest.raises(RateLimited) as caught:
        await rig.charger().poll()
    assert caught.value.retry_after_s == seconds


async def test_a_blocked_address_sends_nothing_more(rig: Rig) -> None:
    """Each attempt may prolong the block."""
    rig.cloud.faults.ip_blocked = True
    with pytest.raises(RateLimited):
        await rig.charger().poll()
    asked = len(rig.cloud.requests)
    for command in (rig.charger().set_current(10), rig.charger().run_command("reboot")):
        with pytest.raises(RateLimited):
            await command
    assert len(rig.cloud.requests) == asked


async def test_a_blocked_address_opens_no_stream(rig: Rig) -> None:
    """Neither at once nor after the usual pause; only when the block should be over."""
    rig.cloud.faults.ip_blocked = True
    with pytest.raises(RateLimited):
        await rig.charger().poll()
    await rig.cloud.hub.drop()
    await until(lambda: len(rig.delays) == 1)
    asked = len(rig.cloud.requests)
    assert rig.account._sr_next() == 3600
    await rig.account.end_stream()
    await rig.connection.supervise_once()
    await until(lambda: len(rig.delays) == 3)
    await rig.advance(5)
    assert len(rig.cloud.requests) == asked
    rig.cloud.faults.ip_blocked = False
    await rig.jump(3600)
    assert rig.account._sr_next() == 0
    await rig.account.end_stream()
    await rig.connection.supervise_once()
    await until(lambda: rig.connection._link.stream.covers(LONE))


async def test_a_rate_limit_of_the_login_holds_for_all(rig: Rig) -> None:
    """A token is asked for once, whatever it is needed for; the stream waits as well."""
    rig.cloud.tokens.revoke()
    rig.account._expires_at = 0.0
    fault = rig.cloud.fault("refresh_token", status=429, retry_after="600")
    asked, logins = rig.asked("refresh_token"), rig.cloud.tokens.logins
    client = rig.connection._link.client
    for kind in (Kind.OBSERVATION, Kind.OTHER, Kind.SITE, Kind.COST):
        with pytest.raises(RateLimited) as caught:
            await client.get(kind, "/api/chargers")
        assert caught.value.retry_after_s == 600
    assert rig.asked("refresh_token") == asked + 1
    assert rig.cloud.tokens.logins == logins
    assert rig.account._sr_next() == 600
    rig.cloud.end_fault(fault)
    await rig.jump(600)
    await client.get(Kind.OTHER, "/api/chargers")


async def test_a_cloud_that_hangs_is_left(rig: Rig) -> None:
    """Each wait is bounded; the next request is not held up."""
    rig.connection._link.client._timeout_s = 0.05
    rig.cloud.fault("/observations", hangs=True, times=1)
    with pytest.raises(ConnectionFailed, match="in time"):
        await rig.charger().poll()
    await rig.charger().poll()
    async with rig.connection._link.client._lock:
        with pytest.raises(ConnectionFailed, match="other requests"):
            await rig.charger().poll()


async def test_a_cloud_that_is_gone_is_told(rig: Rig) -> None:
    """No answer at all."""
    rig.account.base = "http://127.0.0.1:1"
    with pytest.raises(ConnectionFailed, match="reached"):
        await rig.charger().poll()


async def test_requests_are_one_at_a_time(rig: Rig) -> None:
    """Sixty pollers of one account do not fall on the cloud together."""
    rig.connection._link.client._timeout_s = 30
    held = rig.cloud.fault("/observations", hangs=True)
    asked = rig.asked("/observations")
    polls = [
        asyncio.create_task(rig.charger(one).poll()) for one in (LONE, FIRST, SECOND)
    ]
    await until(lambda: rig.asked("/observations") > asked)
    await settle()
    assert rig.asked("/observations") == asked + 1
    rig.cloud.end_fault(held)
    await asyncio.gather(*polls, return_exceptions=True)
    assert rig.asked("/observations") == asked + 3


async def test_supervision_survives_surprises(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An error nobody thought of is logged, and the watch goes on."""

    async def fail() -> None:
        raise ZeroDivisionError

    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise InterruptedError

    monkeypatch.setattr(rig.connection, "supervise_once", fail)
    monkeypatch.setattr(rig.connection, "_pause", pause)
    with pytest.raises(InterruptedError):
        await rig.connection._supervise()
    assert pauses == [30, 30, 30]
    assert "Looking after the account failed" in caplog.text


async def test_other_failures_of_supervision_wait(rig: Rig) -> None:
    """Discovery fails now and works later; details that failed are tried again soon."""
    rig.cloud.fault(r"/api/accounts/products|/schedules|/firmware", status=503)
    rig.connection._details_at.clear()
    await rig.jump(1201)
    await rig.connection.supervise_once()
    rig.cloud.clear_faults()
    await rig.connection.supervise_once()
    await rig.connection.supervise_once()
    await rig.jump(601)
    await rig.connection.supervise_once()
    assert rig.seen().schedule == ()


async def test_listeners_of_changes_can_leave(rig: Rig) -> None:
    """Twice is once."""
    changes: list[int] = []
    stop = rig.connection.on_change(lambda: changes.append(1))
    rig.charger().rename(name="Other")
    rig.seen()
    stop()
    stop()
    rig.charger().rename(name="Another")
    rig.seen()
    assert changes == [1]


async def test_a_secure_stream_gets_its_context_off_the_loop(rig: Rig) -> None:
    """Making one reads files."""
    await rig.account.prepare_stream()
    assert rig.account._ssl is None
    rig.account.sr_base = "https://streams.invalid/hubs/chargers"
    await rig.account.prepare_stream()
    context = rig.account._ssl
    assert context is not None
    await rig.account.prepare_stream()
    assert rig.account._ssl is context


def test_jitter_only_adds() -> None:
    """Houses that lost the cloud together do not come back together."""
    pauses = {jittered(30) for _ in range(50)}
    assert len(pauses) > 1
    assert min(pauses) >= 30
    assert max(pauses) <= 40
