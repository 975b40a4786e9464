"""Hold the API client to every error shape of the fact sheet, section 6."""

import asyncio
from types import SimpleNamespace

from gql.transport.exceptions import TransportQueryError
import pytest

from custom_components.busbar.chargers.andersen.client import TokenRefused, query_error
from custom_components.busbar.chargers.errors import (
    ChargerError,
    ConnectionFailed,
    RateLimited,
    Rejected,
    Unsupported,
)
from simulators.andersen import Fault

from .conftest import Rig

OUTAGES = [
    Fault.SERVER_ERROR,
    Fault.HTML,
    Fault.EMPTY,
    Fault.NO_DATA,
    Fault.NULL_DATA,
    Fault.REFUSE,
    Fault.INTERNAL_ERROR,
    Fault.NO_DEVICE_FOUND,
]


async def test_queries_answer_what_the_cloud_knows(rig: Rig) -> None:
    """Every document passes a schema that refuses unknown fields (4.7)."""
    client = rig.client()
    (device,) = await client.devices()
    device_id = rig.wall.device_id
    assert device["id"] == device_id
    status = await client.status(device_id)
    assert (status["name"], status["evseState"]) == ("2300001234", 1)
    assert (await client.info(device_id))["currency"] == "GBP"
    assert await client.charge_logs(device_id, limit=1, offset=0) == []
    assert rig.cloud.requests == [
        "getCurrentUserDevices",
        "getDeviceStatus",
        "getDevice",
        "getDeviceCalculatedChargeLogs",
    ]


@pytest.mark.parametrize("is_object", [False, True])
async def test_mutations_are_taken_whatever_they_answer(
    rig: Rig, is_object: bool
) -> None:
    """`null` is a normal success, an object as well (4.2)."""
    await rig.cloud.fault(Fault.VALUES_RETURNED, on=is_object)
    client, device_id = rig.client(), rig.wall.device_id
    await client.run_command(device_id, "userLock")
    await client.disable_schedules(device_id)
    await client.set_schedules(device_id, {"sch2": rig.wall.slots.wire()[2]})
    assert rig.sent() == ["userLock", "setAllSchedulesDisabled", "setSchedules"]
    assert set(rig.cloud.commands[2].arguments) == {"sch2"}


async def test_solar_sends_only_what_changes(rig: Rig) -> None:
    """All three at once would reset the other two (8)."""
    client, device_id = rig.client(), rig.wall.device_id
    await client.set_solar(device_id, maxGridChargePercent=19)
    await client.set_solar(device_id, override=True, chargeAlways=False)
    assert [dict(command.arguments) for command in rig.cloud.commands] == [
        {"maxGridChargePercent": 19},
        {"override": True, "chargeAlways": False},
    ]


@pytest.mark.parametrize("fault", [None, Fault.EXPIRY_IS_401])
async def test_an_expired_token_is_renewed_once(rig: Rig, fault: Fault | None) -> None:
    """In form A (UNAUTHENTICATED) and in form B (a bare 401)."""
    if fault is not None:
        await rig.cloud.fault(fault)
    client = rig.client()
    await client.devices()
    # The cloud's own clock runs ahead: the token has ended there, and not for us.
    rig.cloud.clock.advance(3700)
    client._auth._clock = lambda: 1000.0 + 400
    await client.devices()
    assert [login.kind for login in rig.cloud.logins] == ["refresh", "refresh"]
    assert len(set(rig.cloud.tokens_seen)) == 2


@pytest.mark.parametrize("fault", [Fault.TOKEN_REFUSED, Fault.TOKEN_REFUSED_401])
async def test_a_fresh_token_that_is_refused_does_not_loop(
    rig: Rig, fault: Fault
) -> None:
    """One renewal, one more try, and it is no authentication error: the login accepted us."""
    client = rig.client()
    await client.devices()
    await rig.cloud.fault(fault)
    for _ in range(3):
        with pytest.raises(ConnectionFailed):
            await client.devices()
    assert len(rig.cloud.logins) == 1
    await rig.time.advance(400)
    with pytest.raises(ConnectionFailed):
        await client.devices()
    assert len(rig.cloud.logins) == 2
    assert rig.saved == []


@pytest.mark.parametrize("fault", OUTAGES)
async def test_outages(rig: Rig, fault: Fault) -> None:
    """5xx, HTML, nothing, half an answer, no connection."""
    client = rig.client()
    await client.devices()
    await rig.cloud.fault(fault)
    with pytest.raises(ConnectionFailed) as caught:
        await client.status(rig.wall.device_id)
    assert "<html>" not in str(caught.value)
    await rig.cloud.fault(fault, on=False)
    assert await client.status(rig.wall.device_id)


async def test_nobody_listens_any_more(rig: Rig) -> None:
    """Connection refused is no OSError in gql 4."""
    client = rig.client()
    await client.devices()
    client._transport.url = "http://127.0.0.1:9/"
    with pytest.raises(ConnectionFailed):
        await client.devices()


async def test_a_slow_answer_is_not_waited_for(rig: Rig) -> None:
    """TimeoutError, bounded; whoever queues behind gets its turn."""
    client = rig.client(timeout_s=0.05)
    await client._auth.token()
    await rig.cloud.fault(Fault.HANG)
    answers = await asyncio.gather(
        client.devices(), client.devices(), return_exceptions=True
    )
    assert all(isinstance(answer, ConnectionFailed) for answer in answers)
    await rig.cloud.fault(Fault.HANG, on=False)


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30.0), (None, None), ("Fri, 20 Nov", None)]
)
async def test_rate_limits_tell_how_long(
    rig: Rig, header: str | None, seconds: float | None
) -> None:
    """The header is not in the exception, it is in the transport (9)."""
    await rig.cloud.fault(Fault.RATE_LIMITED)
    rig.cloud.retry_after = header
    with pytest.raises(RateLimited) as caught:
        await rig.client().devices()
    assert caught.value.retry_after_s == seconds


async def test_an_error_beside_data_is_no_failure_of_a_query(rig: Rig) -> None:
    """Partial data is data."""
    await rig.cloud.fault(Fault.PARTIAL_DATA)
    assert (await rig.client().status(rig.wall.device_id))["online"] is True


async def test_an_error_beside_data_is_a_failure_of_a_mutation(rig: Rig) -> None:
    """A command is taken only without errors."""
    await rig.cloud.fault(Fault.PARTIAL_DATA)
    with pytest.raises(Rejected):
        await rig.client().run_command(rig.wall.device_id, "userLock")


async def test_a_resolver_error_is_a_reason_without_secrets(rig: Rig) -> None:
    """The reason is shown to a person, and goes into logs."""
    await rig.cloud.fault(Fault.RESOLVER_ERROR)
    with pytest.raises(Rejected, match="Device service failed") as caught:
        await rig.client().status(rig.wall.device_id)
    assert "user@example.com" not in str(caught.value)


async def test_a_refused_command_raises(rig: Rig) -> None:
    """Nothing reaches the charger; its id stays out of the reason."""
    await rig.cloud.fault(Fault.COMMANDS_FAIL)
    with pytest.raises(Rejected) as caught:
        await rig.client().run_command(rig.wall.device_id, "userLock")
    assert rig.wall.device_id not in caught.value.reason
    assert rig.sent() == []


async def test_somebody_elses_charger(rig: Rig) -> None:
    """The cloud's own wording is the reason."""
    with pytest.raises(Rejected, match="Device not found"):
        await rig.client().status("e00fce680000000000000000")


async def test_an_unknown_field_fails_the_whole_document(rig: Rig) -> None:
    """The API changed, or a setting is not there."""
    client = rig.client()
    document = "query x($id: ID!) { getDevice(id: $id) { id solarChargeOutside } }"
    with pytest.raises(Unsupported, match="solarChargeOutside"):
        await client._device(document, "x", {"id": rig.wall.device_id})


async def test_nulls_are_no_errors(rig: Rig) -> None:
    """Lists and tables that are null are empty."""
    await rig.cloud.fault(Fault.NULLS)
    client = rig.client()
    status = await client.status(rig.wall.device_id)
    assert status["evseState"] is None


EXPIRED = "Context creation failed: Invalid/expired login token"


@pytest.mark.parametrize(
    ("errors", "raised"),
    [
        ([{"message": "x", "extensions": {"code": "UNAUTHENTICATED"}}], TokenRefused),
        ([{"message": EXPIRED}], TokenRefused),
        (
            [SimpleNamespace(message="x", extensions={"code": "UNAUTHENTICATED"})],
            TokenRefused,
        ),
        ([SimpleNamespace(message="no", extensions=None)], Rejected),
        ([{"extensions": "odd"}], Rejected),
        (["text alone"], Rejected),
        (None, Rejected),
        (
            [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}],
            ConnectionFailed,
        ),
        (
            [{"message": "x", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}],
            Unsupported,
        ),
    ],
)
def test_items_of_an_errors_list_may_be_tables_or_objects(
    errors: list[object] | None, raised: type[Exception]
) -> None:
    """Both forms were met (6)."""
    found = query_error(TransportQueryError("text", errors=errors))
    assert type(found) is raised
    assert isinstance(found, ChargerError | TokenRefused)
