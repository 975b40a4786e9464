"""Hold outages of the login apart from refusals of a person."""

import itertools

from aiohttp import ClientTimeout
import pytest

from custom_components.busbar.chargers.andersen import cognito, lookup
from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ChargerError,
    ConnectionFailed,
    RateLimited,
)
from simulators.andersen import Fault
from simulators.andersen.faults import COGNITO_CODES

from .conftest import Rig, run_blocking


def kinds(rig: Rig) -> list[str]:
    """Return how tokens were asked for."""
    return [login.kind for login in rig.cloud.logins]


async def test_a_wrong_password_is_never_sent_again(rig: Rig) -> None:
    """The pool locks a user for longer and longer; the refusal is repeated from memory."""
    auth = rig.auth(password="wrong")
    for _ in range(3):
        with pytest.raises(AuthenticationFailed):
            await auth.token()
        await rig.time.advance(3600)
    assert len(rig.cloud.logins) == 1


@pytest.mark.parametrize(
    "fault", [Fault.PASSWORD_RESET, Fault.LOCKED_OUT, Fault.MULTI_FACTOR]
)
async def test_what_only_the_person_can_mend_is_about_the_credentials(
    rig: Rig, fault: Fault
) -> None:
    """Reset, lock-out, a code by text message."""
    await rig.cloud.fault(fault)
    with pytest.raises(AuthenticationFailed):
        await rig.auth().token()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault.COGNITO_REFUSE, ConnectionFailed),
        (Fault.COGNITO_INTERNAL, ConnectionFailed),
        (Fault.COGNITO_THROTTLED, RateLimited),
        (Fault.COGNITO_FORBIDDEN, ConnectionFailed),
        (Fault.COGNITO_LAMBDA, ConnectionFailed),
        (Fault.COGNITO_UNKNOWN, ConnectionFailed),
        (Fault.COGNITO_HTML, ConnectionFailed),
        (Fault.UNKNOWN_CHALLENGE, ConnectionFailed),
        (Fault.LOOKUP_DOWN, ConnectionFailed),
        (Fault.LOOKUP_LIMITED, RateLimited),
        (Fault.LOOKUP_HTML, ConnectionFailed),
        (Fault.LOOKUP_EMPTY, ConnectionFailed),
    ],
)
async def test_an_outage_is_never_a_wrong_password(
    rig: Rig, fault: Fault, raised: type[ChargerError]
) -> None:
    """And the login is not hammered while it lasts; it works once it is over (2.6)."""
    await rig.cloud.fault(fault)
    auth = rig.auth()
    with pytest.raises(raised):
        await auth.token()
    with pytest.raises(ConnectionFailed, match="next attempt"):
        await auth.token()
    await rig.cloud.fault(fault, on=False)
    await rig.time.advance(16)
    assert await auth.token()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault.COGNITO_REFUSE, ConnectionFailed),
        (Fault.COGNITO_THROTTLED, RateLimited),
        (Fault.COGNITO_LAMBDA, ConnectionFailed),
    ],
)
async def test_an_outage_at_refresh_does_not_log_in(
    rig: Rig, fault: Fault, raised: type[ChargerError]
) -> None:
    """Only NotAuthorized leads to the password (2.3, rule 4)."""
    auth = rig.auth(state=rig.remembered())
    await rig.cloud.fault(fault)
    with pytest.raises(raised):
        await auth.token()
    assert rig.cloud.logins == []
    await rig.cloud.fault(fault, on=False)
    await rig.time.advance(60)
    await auth.token()
    assert kinds(rig) == ["refresh"]


async def test_the_pauses_after_failures_grow(rig: Rig) -> None:
    """Twice as long each time, up to a quarter of an hour."""
    await rig.cloud.fault(Fault.COGNITO_THROTTLED)
    auth = rig.auth(state=rig.remembered())
    tried_at: list[float] = []
    for _ in range(600):
        try:
            await auth.token()
        except RateLimited:
            tried_at.append(rig.time.now())
        except ConnectionFailed:
            pass
        await rig.time.advance(15)
    gaps = [b - a for a, b in itertools.pairwise(tried_at)]
    assert gaps[0] <= 15 < gaps[2]
    assert 450 <= gaps[-1] <= 915


async def test_a_token_that_still_lives_survives_an_outage_of_the_login(
    rig: Rig,
) -> None:
    """That is what the early renewal is for."""
    auth = rig.auth(state=rig.remembered())
    token = await auth.token()
    await rig.cloud.fault(Fault.COGNITO_REFUSE)
    await rig.time.advance(3400)
    assert await auth.token() == token
    await rig.time.advance(120)
    with pytest.raises(ConnectionFailed):
        await auth.token()


@pytest.mark.parametrize("is_200", [True, False])
async def test_an_unknown_address_is_about_the_credentials(
    rig: Rig, is_200: bool
) -> None:
    """Whichever status the answer has (2.1)."""
    await rig.cloud.fault(Fault.LOOKUP_UNKNOWN_IS_200, on=is_200)
    with pytest.raises(AuthenticationFailed):
        await rig.auth(email="nobody@example.com").token()
    assert rig.cloud.logins == []


async def test_a_deleted_user_is_about_the_credentials(rig: Rig) -> None:
    """UserNotFoundException."""
    auth = rig.auth(state={"account": {"username": "gone"}})
    with pytest.raises(AuthenticationFailed, match="UserNotFound"):
        await auth.token()


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("UserNotConfirmedException", AuthenticationFailed),
        ("LimitExceededException", RateLimited),
        ("UnexpectedLambdaException", ConnectionFailed),
        ("InvalidLambdaResponseException", ConnectionFailed),
        ("AccessDeniedException", ConnectionFailed),
    ],
)
async def test_codes_that_only_the_service_model_tells(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, code: str, raised: type[ChargerError]
) -> None:
    """Nobody has met them here; each is about the person or an outage, and never the wrong one (2.6)."""
    monkeypatch.setitem(COGNITO_CODES, Fault.COGNITO_UNKNOWN, (code, "text"))
    await rig.cloud.fault(Fault.COGNITO_UNKNOWN)
    with pytest.raises(raised):
        await rig.auth().token()


async def test_a_login_that_hangs_is_not_waited_for(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ReadTimeoutError of botocore: one try, bounded, an outage."""
    monkeypatch.setattr(cognito, "READ_TIMEOUT_S", 0.1)
    await rig.cloud.fault(Fault.COGNITO_HANG)
    with pytest.raises(ConnectionFailed, match="ReadTimeoutError"):
        await rig.auth().token()
    await rig.cloud.fault(Fault.COGNITO_HANG, on=False)


async def test_confirmation_out_of_reach(rig: Rig) -> None:
    """The blocking half says so in our words, whatever botocore calls it."""
    auth = rig.auth(state=rig.remembered())
    await auth.token()
    await rig.cloud.fault(Fault.COGNITO_REFUSE)
    metadata = {"DeviceKey": "k", "DeviceGroupKey": "g"}
    with pytest.raises(ConnectionFailed):
        await run_blocking(auth._cognito.confirm_device, "token", metadata)


async def test_a_refresh_answer_without_tokens(rig: Rig) -> None:
    """An unexpected answer is an outage, and leads to no login."""
    await rig.cloud.fault(Fault.REFRESH_EMPTY)
    auth = rig.auth(state=rig.remembered())
    with pytest.raises(ConnectionFailed, match="unexpected"):
        await auth.token()
    assert rig.cloud.logins == []


async def test_a_look_up_that_hangs_is_not_waited_for(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounded, and an outage."""
    monkeypatch.setattr(lookup, "LOOKUP_TIMEOUT", ClientTimeout(total=0.05))
    await rig.cloud.fault(Fault.LOOKUP_HANG)
    with pytest.raises(ConnectionFailed, match="not reached"):
        await rig.auth().token()
    await rig.cloud.fault(Fault.LOOKUP_HANG, on=False)
