"""Hold the logs of the libraries to silence about secrets, with everything switched on."""

import logging

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.andersen.redaction import (
    REDACTED,
    RedactingFilter,
    protect_logs,
    redact,
)
from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
)
from simulators.andersen import Fault

from .conftest import EMAIL, PASSWORD, Rig, until

LIBRARIES = ("botocore", "boto3", "urllib3", "gql", "pycognito")


async def test_a_whole_day_with_debug_logging_tells_no_secret(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """Login, refresh, poll, command, stream and removal, with every logger open."""
    for name in ("", *LIBRARIES, "custom_components.busbar"):
        caplog.set_level(logging.DEBUG, logger=name)
    connection = rig.connection(state={})
    await connection.open()
    await until(lambda: rig.cloud.open_sockets == 1)
    await rig.time.advance(90)
    charger = next(iter(connection.chargers.values()))
    await until(lambda: charger.snapshot is not None)
    await rig.time.advance(3400)
    await charger.refresh()
    account = rig.state["account"]
    secrets = {
        EMAIL,
        PASSWORD,
        account["username"],
        account["refresh_token"],
        *account["device"].values(),
        *rig.cloud.tokens_seen,
        rig.wall.device_id,
        rig.wall.serial,
        "home network",
        "192.168.1.23",
        "203.0.113.7",
        "1 Example Street",
        "EX4 2MP",
    }
    await rig.cloud.fault(Fault.REVOKE_REFRESH)
    await rig.time.advance(3600)
    await charger.refresh()
    await connection.release()
    secrets |= set(rig.cloud.tokens_seen)
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert names >= {"botocore", "gql", "custom_components"}
    for record in caplog.records:
        if record.name.partition(".")[0] in {"aiohttp", "asyncio"}:
            continue
        line = record.getMessage() + (record.exc_text or "")
        told = [secret for secret in secrets if secret and secret in line]
        assert not told, (record.name, line[:300])
    assert any("authToken" in record.getMessage() for record in caplog.records)
    assert any(REDACTED in record.getMessage() for record in caplog.records)


async def test_failures_tell_no_secret_either(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused password and a broken line."""
    caplog.set_level(logging.DEBUG)
    auth = rig.auth(password="not the right one")
    with pytest.raises(AuthenticationFailed) as refused:
        await auth.token()
    await rig.cloud.fault(Fault.COGNITO_REFUSE)
    other = rig.auth(state=rig.remembered())
    with pytest.raises(ConnectionFailed) as broken:
        await other.token()
    told = [record.getMessage() for record in caplog.records]
    told += [str(refused.value), str(broken.value)]
    for line in told:
        assert "not the right one" not in line
        assert EMAIL not in line
        assert rig.member.account.username not in line


@pytest.mark.parametrize(
    "text",
    [
        '{"AccessToken": "short"}',
        str({"Password": 'it\'s "quoted"'}),
        'b\'{"RefreshToken":"abc.def","ExpiresIn":3600}\'',
        r'"{\"authToken\": \"abc\"}"',
        '{"sysSSID": "home", "sysLan": "10.0.0.7"}',
        '{"konnectSerial": 2300001234}',
    ],
)
def test_named_secrets_are_hidden_in_every_notation(text: str) -> None:
    """JSON, a printed table, bytes, JSON inside of JSON."""
    hidden = redact(text)
    assert REDACTED in hidden
    for secret in ("short", "quoted", "abc", "home", "10.0.0.7", "2300001234"):
        assert secret not in hidden


@given(st.text())
def test_any_text_can_be_redacted(text: str) -> None:
    """Never an exception in a log call, and twice is once."""
    once = redact(text)
    assert redact(once) == once


@given(st.from_regex(r"[0-9a-f]{24}", fullmatch=True))
def test_device_ids_are_hidden(device_id: str) -> None:
    """Also at the start of a uuid of a charge."""
    assert device_id not in redact(f"device {device_id} and {device_id}_2022-07-23")


def test_plain_words_stay() -> None:
    """A log nobody can read is no log."""
    text = '{"evseState": 255, "online": true} HTTP 503 after 1.5 s from 127.0.0.1'
    assert redact(text) == text


def test_a_record_with_a_broken_format_or_a_traceback() -> None:
    """Arguments that do not fit may hold anything; a traceback ends in a server's answer."""
    quiet = RedactingFilter()
    record = logging.LogRecord("gql", 10, "p", 1, "%d", ("eyJsecret",), None)
    assert quiet.filter(record)
    assert record.getMessage() == REDACTED
    error = ValueError("owner@example.com")
    info = (ValueError, error, None)
    record = logging.LogRecord("gql", 10, "p", 1, "failed", (), info)
    assert quiet.filter(record)
    assert record.getMessage() == "failed (ValueError)"
    assert record.exc_info is None


def test_protecting_twice_adds_one_filter() -> None:
    """It is called for every client."""
    logger = logging.getLogger("gql.made_later")
    protect_logs()
    protect_logs()
    assert len(logger.filters) == 1
