"""Fall into the known traps nine to thirteen, which are the library's alone."""

from datetime import time
import logging

from aiohttp import ClientSession
import pytest

from custom_components.busbar.chargers.easee import Urls, identify
from custom_components.busbar.chargers.easee.library import ServerFailureException
from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ChargerError,
    ConnectionFailed,
    RateLimited,
    Rejected,
)
from custom_components.busbar.chargers.model import ScheduleChange
from simulators.easee import (
    FIRST,
    LONE,
    LONE_ID,
    METER,
    PASSWORD,
    SECOND,
    USERNAME,
    EaseeSimulator,
    plug_in,
)

from .conftest import MakeRig, Rig, connect, until

COMMANDS = (
    "/commands/|/dynamicCurrent|POST .*/settings|/schedules/|POST .*surplus-energy"
)


async def test_9_no_call_sleeps(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's throttlers wait up to six minutes inside a call; our budgets refuse."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("pyeasee.throttler.asyncio.sleep", sleep)
    charger = rig.charger()
    for number in range(12):
        await charger.set_current(6 + number % 2)
    with pytest.raises(RateLimited) as caught:
        await charger.set_current(8)
    assert caught.value.retry_after_s == 60
    for _ in range(12):
        await rig.connection._rediscover()
        rig.cloud.faults.products_empty = True
        rig.connection._discovered_at = -9999.0
    await rig.meter().set_value("surplus_mode", "surplus_only")
    assert slept == []
    await rig.cloud.advance(60)
    await charger.set_current(8)


async def test_10_a_weekly_plan_can_be_written(rig: Rig) -> None:
    """The library's own way does not work without an existing plan."""
    change = ScheduleChange(
        key="weekly_1",
        start=time(22),
        end=time(6, 30),
        weekdays=frozenset({0, 6}),
        enabled=True,
        limit_a=16,
    )
    await rig.charger().set_schedule([change])
    assert rig.written("/schedules/weekly") == [
        {
            "enabled": True,
            "timezone": "Europe/Berlin",
            "periods": [
                {
                    "startDay": "monday",
                    "stopDay": "tuesday",
                    "startTime": "22:00:00",
                    "stopTime": "06:30:00",
                    "maximumAmps": 16,
                },
                {
                    "startDay": "sunday",
                    "stopDay": "monday",
                    "startTime": "22:00:00",
                    "stopTime": "06:30:00",
                    "maximumAmps": 16,
                },
            ],
        }
    ]
    assert rig.seen().schedule == (change.over(None),)
    assert rig.seen().values["weekly_plan"] is True


async def test_11_zeros_are_literal(rig: Rig) -> None:
    """The library copies the first phase where the others are left out."""
    await rig.circuit().set_phase_currents((10, 0, 0))
    assert rig.written("dynamicCurrent") == [
        {"phase1": 10, "phase2": 0, "phase3": 0, "timeToLive": 0}
    ]
    await rig.advance(2)
    assert rig.cloud.circuits[LONE_ID].dynamic_a == (10, 0, 0)
    assert rig.circuit().rebuild().phases == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status": 400, "text": "no JSON at all"}, Rejected),
        ({"status": 400, "body": {"message": "without a title"}}, Rejected),
        ({"status": 403, "text": "forbidden"}, Rejected),
        ({"status": 403, "body": {"message": "Forbidden"}}, Rejected),
        ({"status": 418, "text": "a teapot"}, ConnectionFailed),
        ({"status": 200, "text": "not json"}, ConnectionFailed),
    ],
)
async def test_12_every_error_can_be_told(
    rig: Rig,
    answer: dict[str, object],
    kind: type[ChargerError],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The text of the library's exceptions can itself raise."""
    caplog.set_level(logging.DEBUG)
    rig.cloud.fault("/observations", **answer)
    with pytest.raises(kind) as caught:
        await rig.charger().poll()
    assert str(caught.value)


async def test_13_no_secret_is_logged(
    cloud: EaseeSimulator, session: ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """With every logger open no token, name, serial number or address is printed."""
    caplog.set_level(logging.DEBUG)
    # pytest's own handlers do not open what a library's logger has closed.
    for name in ("pyeasee", "pysignalr", "custom_components.busbar"):
        caplog.set_level(logging.DEBUG, logger=name)
    rig = connect(cloud, session)
    try:
        await rig.connection.open()
        await rig.live()
        plug_in(cloud, LONE)
        await rig.advance(3)
        await rig.charger().set_current(10)
        await rig.charger().set_value("led_brightness", 40)
        await rig.jump(3600)
        cloud.fault("/observations", status=400, body={"title": "EH000001"}, times=1)
        with pytest.raises(Rejected):
            await rig.charger().poll()
        cloud.fault("/observations", status=418, text=f"{USERNAME}", times=1)
        with pytest.raises(ConnectionFailed):
            await rig.charger().poll()
        await rig.charger().poll()
        cloud.tokens.revoke()
        await cloud.hub.drop()
        await until(lambda: cloud.hub.connections == 2)
        await rig.connection.supervise_once()
        await rig.live()
    finally:
        await rig.connection.close()
    with pytest.raises(AuthenticationFailed):
        await identify(
            {"username": USERNAME, "password": "wrong-Secret-1"},
            session=session,
            urls=Urls(api=cloud.url, stream=cloud.stream_url),
        )
    ours = [
        record.getMessage()
        for record in caplog.records
        if record.name.partition(".")[0]
        in {"pyeasee", "pysignalr", "custom_components"}
    ]
    assert any(message.startswith("POST: /api/chargers/…/settings") for message in ours)
    assert any("Handling" not in message for message in ours)
    text = "\n".join(ours)
    for secret in (
        *("access.secret", "refresh-secret", "Bearer"),
        *(USERNAME, "anna", PASSWORD, "wrong-Secret-1"),
        *(LONE, FIRST, SECOND, METER, "KEY-", "1001", "127.0.0.1"),
        *("Secret Street", "secret-network", "connection-"),
    ):
        assert secret not in text
    errors = [
        record.getMessage()
        for record in caplog.records
        if record.levelno > logging.INFO and record.name != "asyncio"
    ]
    assert errors == [], "the library shouts at each failure; we say it once"


async def test_account_can_be_identified(
    cloud: EaseeSimulator, session: ClientSession
) -> None:
    """The id is the same however the name is written, and does not give it away."""
    urls = Urls(api=cloud.url, stream=cloud.stream_url)
    settings = {"username": USERNAME, "password": PASSWORD}
    first = await identify(settings, session=session, urls=urls)
    settings["username"] = f" {USERNAME} "
    assert await identify(settings, session=session, urls=urls) == first
    assert "anna" not in first
    cloud.fault("/login", status=503)
    with pytest.raises(ConnectionFailed):
        await identify(settings, session=session, urls=urls)
    assert ServerFailureException is not ChargerError


async def test_the_library_is_what_it_was(make_rig: MakeRig) -> None:
    """Nothing of the library is changed from outside: other users of it are not touched."""
    import pyeasee.easee  # type: ignore[import-untyped]  # ships no types

    rig = await make_rig()
    assert type(rig.account).__mro__[1] is pyeasee.easee.Easee
    assert pyeasee.easee.SR_INC_BACKOFF == 30
