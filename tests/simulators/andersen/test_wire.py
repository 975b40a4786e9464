"""Hold the simulated cloud to the wire: login that checks, schema that refuses, two hosts."""

from typing import Any

from aiohttp import ClientSession, ServerDisconnectedError
import pytest

from simulators.andersen import (
    CLIENT_ID,
    AndersenSimulator,
    Fault,
    Member,
    SimulatedCharger,
)
from simulators.andersen.cognito import Cognito
from simulators.andersen.srp import MODULUS, Challenge, Verifier
from simulators.andersen.tokens import TokenOffice, TokenRefused

PREFIX = "AWSCognitoIdentityProviderService."


async def cognito(
    session: ClientSession, cloud: AndersenSimulator, operation: str, body: Any
) -> tuple[int, dict[str, Any]]:
    """Call an operation of the user pool."""
    headers = {
        "X-Amz-Target": PREFIX + operation,
        "Content-Type": "application/x-amz-json-1.1",
    }
    async with session.post(cloud.urls.cognito, json=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


def token_of(pool: Cognito, member: Member) -> str:
    """Return an ID token without the cost of a proof."""
    tokens: str = pool._tokens(member.account)["AuthenticationResult"]["IdToken"]
    return tokens


async def ask(
    session: ClientSession, cloud: AndersenSimulator, token: str, query: str
) -> dict[str, Any]:
    """Ask the API."""
    headers = {"Authorization": f"Bearer {token}"}
    body = {"query": query}
    async with session.post(cloud.urls.graphql, json=body, headers=headers) as answer:
        result: dict[str, Any] = await answer.json()
        return result


async def test_an_unknown_field_fails_all(
    cloud: AndersenSimulator,
    member: Member,
    charger: SimulatedCharger,
    session: ClientSession,
) -> None:
    """And what cannot be parsed at all."""
    token = token_of(cloud.cognito, member)
    for query in (
        f'{{ getDevice(id: "{charger.device_id}") {{ id chargeOutside }} }}',
        "{{",
    ):
        answer = await ask(session, cloud, token, query)
        assert "data" not in answer
        code = answer["errors"][0]["extensions"]["code"]
        assert code == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    "selection",
    [
        'createChargeRate(deviceId: "d", dayMon: true, price: 0.3) { id }',
        'updateChargeRate(id: "r", timeStartLocal: "00:30", price: 0.3)',
        'deleteChargeRate(id: "r")',
        'upsertAccount(firstName: "a", lastName: "b")',
        'claimDeviceByName(deviceName: "2300001234") { id name }',
        'unclaimDevice(deviceId: "d")',
        'registerMobileDevice(token: "t")',
        'unregisterMobileDevice(token: "t")',
    ],
)
async def test_mutations_that_are_known_and_not_needed(
    cloud: AndersenSimulator, member: Member, session: ClientSession, selection: str
) -> None:
    """They pass the schema and change nothing."""
    token = token_of(cloud.cognito, member)
    answer = await ask(session, cloud, token, f"mutation {{ {selection} }}")
    assert list(answer["data"].values()) == [None]
    assert "errors" not in answer
    assert cloud.commands == []


async def test_odds_and_ends_answer(
    cloud: AndersenSimulator,
    member: Member,
    charger: SimulatedCharger,
    session: ClientSession,
) -> None:
    """Queries that nobody needs, and names."""
    token = token_of(cloud.cognito, member)
    answer = await ask(session, cloud, token, "{ getSupportMessage }")
    assert answer == {"data": {"getSupportMessage": None}}
    await ask(
        session,
        cloud,
        token,
        f'mutation {{ upsertDeviceInfo(deviceId: "{charger.device_id}", '
        'friendlyName: "Garage", schedule1Name: "Night") { friendlyName } }',
    )
    assert charger.friendly_name == "Garage"
    assert charger.schedule_names == [None, "Night", None, None, None]


async def test_the_list_of_the_second_host(
    cloud: AndersenSimulator,
    member: Member,
    charger: SimulatedCharger,
    session: ClientSession,
) -> None:
    """Without `userLock`, which may be missing (3); 401 without a valid token."""
    headers = {"Authorization": f"Bearer {token_of(cloud.cognito, member)}"}
    async with session.get(cloud.urls.devices, headers=headers) as answer:
        (device,) = (await answer.json())["devices"]
    assert device["id"] == charger.device_id
    assert "userLock" not in device
    async with session.get(cloud.urls.devices) as answer:
        assert answer.status == 401
    async with session.get(f"{cloud.urls.cognito}.well-known/jwks.json") as answer:
        assert (await answer.json())["keys"][0]["alg"] == "RS256"


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("Nothing", {}, "UnknownOperationException"),
        ("InitiateAuth", {"ClientId": "other"}, "ResourceNotFoundException"),
        (
            "InitiateAuth",
            {"ClientId": CLIENT_ID, "AuthFlow": "ADMIN", "AuthParameters": {}},
            "InvalidParameterException",
        ),
        (
            "RespondToAuthChallenge",
            {
                "ChallengeName": "PASSWORD_VERIFIER",
                "ChallengeResponses": {
                    "PASSWORD_CLAIM_SECRET_BLOCK": "x",
                    "USERNAME": "y",
                },
            },
            "NotAuthorizedException",
        ),
        (
            "ConfirmDevice",
            {"AccessToken": "x", "DeviceKey": "y"},
            "NotAuthorizedException",
        ),
    ],
)
async def test_wrong_requests_are_errors_of_cognito(
    cloud: AndersenSimulator,
    session: ClientSession,
    operation: str,
    body: dict[str, Any],
    code: str,
) -> None:
    """HTTP 400 and `__type`, which is all that a client sees."""
    status, answer = await cognito(session, cloud, operation, body)
    assert (status, answer["__type"]) == (400, code)


@pytest.mark.parametrize("key", ["right", "wrong", None])
@pytest.mark.parametrize("is_confirmed", [True, False])
async def test_a_refresh_needs_its_confirmed_device(
    cloud: AndersenSimulator,
    member: Member,
    session: ClientSession,
    key: str | None,
    is_confirmed: bool,
) -> None:
    """Without the key, with a wrong key, before ConfirmDevice: refused (2.7)."""
    held = cloud.cognito.remember(member.account)
    if not is_confirmed:
        member.account.devices[held.key].verifier = None
    parameters = {"REFRESH_TOKEN": held.refresh_token}
    if key is not None:
        parameters["DEVICE_KEY"] = held.key if key == "right" else "wrong"
    body = {
        "ClientId": CLIENT_ID,
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": parameters,
    }
    status, answer = await cognito(session, cloud, "InitiateAuth", body)
    if key == "right" and is_confirmed:
        assert answer["AuthenticationResult"]["ExpiresIn"] == 3600
        assert "RefreshToken" not in answer["AuthenticationResult"]
    else:
        assert (status, answer["message"]) == (400, "Invalid Refresh Token")


async def test_a_refresh_token_ends_after_a_month(
    cloud: AndersenSimulator, member: Member, session: ClientSession
) -> None:
    """Refreshing does not prolong it; revoking ends it at once."""
    held = cloud.cognito.remember(member.account)
    body = {
        "ClientId": CLIENT_ID,
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": {
            "REFRESH_TOKEN": held.refresh_token,
            "DEVICE_KEY": held.key,
        },
    }
    await cloud.advance(29 * 86400)
    assert (await cognito(session, cloud, "InitiateAuth", body))[0] == 200
    await cloud.advance(2 * 86400)
    assert (await cognito(session, cloud, "InitiateAuth", body))[0] == 400
    revoked = await cognito(
        session, cloud, "RevokeToken", {"Token": held.refresh_token}
    )
    assert revoked == (200, {})


async def test_a_device_is_confirmed_once(
    cloud: AndersenSimulator, member: Member, session: ClientSession
) -> None:
    """A second time is an error."""
    held = cloud.cognito.remember(member.account)
    access = cloud.cognito._tokens(member.account)["AuthenticationResult"][
        "AccessToken"
    ]
    body = {"AccessToken": access, "DeviceKey": held.key}
    assert (await cognito(session, cloud, "ConfirmDevice", body))[0] == 400


async def test_a_changed_password_is_checked(
    cloud: AndersenSimulator, member: Member
) -> None:
    """The verifier is another one."""
    before = member.account.verifier
    cloud.cognito.change_password(member.account, "new")
    assert member.account.verifier != before


def test_a_public_value_of_zero_is_refused() -> None:
    """It would make the secret zero as well."""
    verifier = Verifier(salt=1, verifier=2)
    with pytest.raises(ValueError, match="zero"):
        Challenge("u", verifier, MODULUS)
    assert not Challenge("u", verifier, 5).accepts("wrong", "now")


async def test_tokens_are_signed_and_end(
    cloud: AndersenSimulator, member: Member
) -> None:
    """Another use, another pool, another time: refused."""
    office = cloud.cognito.office
    token = token_of(cloud.cognito, member)
    assert office.check(token, "id", cloud.wall()) == member.account.username
    for check, use, at_s in (
        (office, "access", 0),
        (office, "id", 3600),
        (TokenOffice("elsewhere", CLIENT_ID), "id", 0),
    ):
        with pytest.raises(TokenRefused):
            check.check(token, use, cloud.wall(at_s))


async def test_tokens_are_sent_as_bearer(
    cloud: AndersenSimulator, session: ClientSession
) -> None:
    """Nothing else is accepted, and form A says so with HTTP 200."""
    answer = await ask(session, cloud, "nonsense", "{ getSupportMessage }")
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_connection_that_breaks(
    cloud: AndersenSimulator, session: ClientSession
) -> None:
    """Without a word of HTTP."""
    await cloud.fault(Fault.REFUSE)
    with pytest.raises(ServerDisconnectedError):
        await ask(session, cloud, "x", "{ getSupportMessage }")
