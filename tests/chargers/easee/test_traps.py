"""Fall into each of the thirteen known traps of the library and the cloud, one after another."""

import asyncio
from collections.abc import Callable
from datetime import time

import pytest

from custom_components.busbar.chargers.easee.charger import EaseeCharger
from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    Rejected,
)
from custom_components.busbar.chargers.model import ScheduleChange
from simulators.easee import FIRST, LONE, METER, SECOND, USERNAME, plug_in
from simulators.easee.observations import timestamp

from .conftest import Rig, settle, until

COMMANDS = (
    "/commands/|/dynamicCurrent|POST .*/settings|/schedules/|POST .*surplus-energy"
)


async def test_1_the_retired_state_is_never_asked_for(rig: Rig) -> None:
    """State comes from observations and the stream."""
    rig.cloud.faults.silent_stream = True
    await rig.charger().poll()
    await rig.circuit().poll()
    assert rig.asked(f"/api/chargers/{LONE}/state") == 0
    assert rig.asked(f"/state/{LONE}/observations") >= 2


@pytest.mark.parametrize("status", [500, 503, 504])
async def test_2_a_swallowed_failure_raises(rig: Rig, status: int) -> None:
    """The library returns nothing for every 5xx, for commands too."""
    plug_in(rig.cloud, LONE)
    await rig.advance(2)
    rig.cloud.fault(COMMANDS, status=status)
    charger = rig.charger()
    commands: list[Callable[[], object]] = [
        lambda: charger.set_current(10),
        lambda: charger.set_own_limit(10),
        lambda: charger.set_charging(released=False),
        lambda: charger.set_charging(released=True),
        lambda: charger.run_command("reboot"),
        lambda: charger.run_command("override_schedule"),
        lambda: charger.set_value("enabled", value=False),
        lambda: charger.set_value("lock_cable_permanently", value=True),
        lambda: charger.set_value("led_brightness", 50),
        lambda: rig.circuit().set_value("circuit_maximum_limit", 10),
        lambda: rig.meter().set_value("surplus_mode", "surplus_only"),
        lambda: charger.set_schedule([DAILY]),
    ]
    for command in commands:
        with pytest.raises(ConnectionFailed):
            await command()  # type: ignore[misc]  # all of them are coroutines
    assert rig.cloud.writes == []
    assert rig.seen().commanded_a is None


DAILY = ScheduleChange(
    key="daily",
    start=time(22),
    end=time(6),
    weekdays=frozenset(range(7)),
    enabled=True,
)


async def test_3_a_rejected_command_costs_no_login(rig: Rig) -> None:
    """400 is a rejection, not a wrong password."""
    logins = rig.cloud.tokens.logins
    rig.cloud.fault(
        "/settings",
        status=400,
        body={"title": "Value of EH000001 not allowed", "errorCode": 100},
    )
    with pytest.raises(Rejected) as caught:
        await rig.charger().set_value("led_brightness", 50)
    assert caught.value.reason == "Value of … not allowed"
    assert rig.cloud.tokens.logins == logins


async def test_3_a_revoked_token_is_not_noticed(rig: Rig) -> None:
    """One retry with a new token; the refresh token is dead as well, so by password."""
    rig.cloud.tokens.revoke()
    await rig.charger().set_current(10)
    assert len(rig.written("dynamicCurrent")) == 1
    assert rig.cloud.tokens.logins == 2


async def test_3_a_refused_right_is_no_wrong_password(rig: Rig) -> None:
    """401 to a new token as well: temporary, as far as we know."""
    rig.cloud.fault("/observations", status=401)
    with pytest.raises(ConnectionFailed):
        await rig.charger().poll()
    assert rig.asked("/observations") == 4 + 2


async def test_3_only_login_tells_of_a_wrong_password(rig: Rig) -> None:
    """The password was changed: said once by the login, then nobody tries it again."""
    rig.cloud.tokens.revoke()
    rig.cloud.tokens.passwords[USERNAME] = "another"
    logins = rig.cloud.tokens.logins
    for _ in range(3):
        with pytest.raises(AuthenticationFailed):
            await rig.charger().poll()
    assert rig.cloud.tokens.logins == logins + 1


async def test_4_one_refresh_per_expiry(rig: Rig) -> None:
    """A refresh token works once, and earlier access tokens end with a new one."""
    rig.cloud.tokens.drops_earlier = True
    await rig.jump(3600)
    logins, refreshes = rig.cloud.tokens.logins, rig.cloud.tokens.refreshes
    await asyncio.gather(
        *(rig.charger(one).poll() for one in (LONE, FIRST, SECOND)),
        rig.meter().poll(),
        rig.account._verify_updated_token(),
    )
    assert rig.cloud.tokens.refreshes == refreshes + 1
    assert rig.cloud.tokens.logins == logins


async def test_4_a_refused_refresh_becomes_a_login(rig: Rig) -> None:
    """The vendor may reject a refresh token early."""
    await rig.jump(3600)
    rig.cloud.tokens.revoke()
    await rig.charger().poll()
    assert rig.cloud.tokens.logins == 2


async def test_5_a_dead_stream_is_opened_again(rig: Rig) -> None:
    """Negotiation is refused, and the refresh inside that handler fails: the task is gone."""
    stream = rig.connection._link.stream
    refused = rig.cloud.fault("negotiate", status=401)
    broken = rig.cloud.fault("refresh_token", status=503)
    await rig.cloud.hub.drop()
    await until(lambda: not rig.account.is_stream_running)
    assert not stream.is_connected
    plug_in(rig.cloud, LONE)
    await rig.advance(61)
    seen = await rig.charger().refresh()
    assert seen.vehicle_connected is True, "polled meanwhile"
    rig.cloud.end_fault(refused)
    rig.cloud.end_fault(broken)
    await rig.connection.supervise_once()
    await rig.live()
    assert stream.restarts == 1
    asked = rig.asked("/observations")
    await rig.charger().refresh()
    assert rig.asked("/observations") == asked


async def test_6_garbage_does_not_end_the_stream(rig: Rig) -> None:
    """Values that break the stock client are passed over, and the next one counts."""
    connections = rig.cloud.hub.connections
    for data_type, value in (
        (2, None),
        (3, None),
        (4, "3.0"),
        (4, ""),
        (3, "x"),
        (7, None),
    ):
        await rig.cloud.hub.send_text(row(LONE, 109, data_type, value))
    await rig.cloud.hub.send_text(row(LONE, 233, 4, "1"))
    await rig.cloud.hub.send_text(row("EH999999", 109, 4, "3"))
    await rig.cloud.hub.send_text(
        '{"type":1,"target":"Unknown","arguments":[1]}\x1e'
        '{"type":1,"target":"ProductUpdate","arguments":["text",null]}\x1e'
        '{"type":1,"target":"CommandResponse","arguments":[7]}\x1e'
    )
    await settle()
    plug_in(rig.cloud, LONE)
    await rig.advance(1)
    assert rig.seen().vehicle_connected is True
    assert rig.cloud.hub.connections == connections


def row(mid: str, number: int, data_type: int, value: object) -> str:
    """Return one row as the hub sends it."""
    text = "null" if value is None else f'"{value}"'
    return (
        f'{{"type":1,"target":"ProductUpdate","arguments":[{{"mid":"{mid}",'
        f'"dataType":{data_type},"id":{number},'
        f'"timestamp":"2036-01-01T00:00:00Z","value":{text}}}]}}\x1e'
    )


async def test_6_a_fault_of_ours_does_not_end_the_stream(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and the other values still come."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    connections = rig.cloud.hub.connections
    monkeypatch.setattr(EaseeCharger, "on_report", fail)
    plug_in(rig.cloud, LONE)
    await rig.advance(1)
    monkeypatch.undo()
    assert "Handling a reported value failed" in caplog.text
    assert rig.cloud.hub.connections == connections


async def test_6_text_that_is_no_json_costs_one_reconnect(rig: Rig) -> None:
    """The client's parser cannot be spared that; it comes back with a new negotiation."""
    negotiations = rig.cloud.hub.negotiations
    await rig.cloud.hub.send_text("not json\x1e")
    await until(lambda: rig.cloud.hub.connections == 2)
    await rig.live()
    assert rig.cloud.hub.negotiations == negotiations + 1
    assert len(rig.delays) == 1


async def test_7_replayed_values_keep_their_time(rig: Rig) -> None:
    """Each subscription replays old values; the time of measuring decides, not the order."""
    plug_in(rig.cloud, LONE)
    await rig.advance(10)
    before = rig.seen()
    assert before.measured_at is not None
    old = timestamp(rig.cloud.epoch_s - 3600)
    await rig.cloud.hub.send_text(
        '{"type":1,"target":"ProductUpdate","arguments":[{"mid":"EH000001",'
        f'"dataType":4,"id":109,"timestamp":"{old}","value":"1"}}]}}\x1e'
    )
    await settle()
    assert rig.seen().status == before.status
    await rig.jump(300)
    await rig.cloud.hub.drop()
    await until(lambda: rig.cloud.hub.connections == 2)
    await rig.live()
    after = rig.seen()
    assert after.measured_at == pytest.approx(before.measured_at, abs=1.1)
    assert after.received_at > before.received_at


async def test_8_a_charger_that_goes_leaves_the_stream_alone(rig: Rig) -> None:
    """The library's own unsubscribe tears the stream down for all."""
    lost: list[Exception | None] = []
    rig.charger(SECOND).subscribe(lambda _: None, lost.append)
    second = rig.cloud.chargers[SECOND]
    rig.cloud.circuits[502].chargers.remove(second)
    connections = rig.cloud.hub.connections
    for _ in range(2):
        await rig.jump(1201)
        rig.cloud.equalizers[METER].observed.send(70, -50)
        await rig.cloud.hub.settle()
        await settle()
        await rig.connection.supervise_once()
    assert f"easee_{SECOND}" not in rig.connection.chargers
    assert lost == [None]
    assert rig.changes > 0
    second.observed.send(109, 3)
    plug_in(rig.cloud, LONE)
    await rig.advance(1)
    assert rig.seen().vehicle_connected is True
    assert rig.cloud.hub.connections == connections
