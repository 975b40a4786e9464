"""Log in to the user pool: the blocking half, run in a worker thread.

pycognito's SRP class does the proof over a boto client of ours. Its `Cognito` class is not used: it
throws the device away and cannot send the device key with a refresh, which this pool requires.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pycognito.aws_srp import AWSSRP, generate_hash_device
from pycognito.exceptions import WarrantException

from ..errors import AuthenticationFailed, ChargerError, ConnectionFailed, RateLimited
from .endpoints import Endpoints
from .redaction import protect_logs

DEVICE_NAME: Final = "Home Assistant"

CONNECT_TIMEOUT_S: Final = 10
READ_TIMEOUT_S: Final = 15

PERSON_MUST_ACT: Final = frozenset(
    {
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
        "UserNotFoundException",
    }
)
"""Errors that are about the credentials. Every other one is an outage, known or not."""

THROTTLED: Final = frozenset({"LimitExceededException", "TooManyRequestsException"})
DEVICE_STEPS: Final = frozenset({"DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"})


class DeviceRefused(Exception):
    """The pool does not know the remembered device, or not with this secret."""


class RefreshRefused(Exception):
    """The refresh token is expired, revoked or bound to another device."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """Be what makes this installation a device that the pool remembers."""

    key: str
    group_key: str
    password: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """Be what a login or a refresh gives."""

    id_token: str
    access_token: str
    lifetime_s: float
    refresh_token: str | None = None
    new_device: Mapping[str, str] | None = None


class _Recorder:
    """Pass calls on to the boto client and remember which step the login is in.

    A refused device proof and a wrong password come as the same exception; the step tells them apart.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.step: str | None = None

    def initiate_auth(self, **request: Any) -> Any:
        return self._client.initiate_auth(**request)

    def respond_to_auth_challenge(self, **request: Any) -> Any:
        self.step = request["ChallengeName"]
        return self._client.respond_to_auth_challenge(**request)


class Cognito:
    """Talk to the pool. Every method blocks and belongs into a worker thread."""

    def __init__(self, endpoints: Endpoints) -> None:
        """Remember where; the boto client is built on first use, for that reads files."""
        self._endpoints = endpoints
        self._boto: Any = None

    def login(self, username: str, password: str, device: Device | None) -> Grant:
        """Prove the password, and the device where there is one.

        Raises:
            AuthenticationFailed: The person must act; the password is not to be sent again.
            DeviceRefused: The login may be tried again without the device.
            RateLimited: The pool throttles us.
            ConnectionFailed: Anything else.
        """
        client = _Recorder(self._client())
        srp = AWSSRP(
            username=username,
            password=password,
            pool_id=self._endpoints.pool_id,
            client_id=self._endpoints.client_id,
            client=client,
            device_key=device.key if device else None,
            device_group_key=device.group_key if device else None,
            device_password=device.password if device else None,
        )
        try:
            return _grant(srp.authenticate_user())
        except ClientError as err:
            code = _code(err)
            if device is not None and code == "ResourceNotFoundException":
                raise DeviceRefused from None
            if client.step in DEVICE_STEPS and code == "NotAuthorizedException":
                raise DeviceRefused from None
            raise _translated(err) from None
        except WarrantException:
            # Its text may hold the answer, tokens included.
            msg = "the account asks for a step that only the app can do"
            raise AuthenticationFailed(msg) from None
        except BotoCoreError as err:
            raise ConnectionFailed(_unreached(err)) from None
        except (KeyError, TypeError, ValueError, NotImplementedError) as err:
            # pycognito indexes the answer without looking, and refuses unknown steps like this.
            msg = f"the login answered something unexpected ({type(err).__name__})"
            raise ConnectionFailed(msg) from None

    def refresh(self, refresh_token: str, device_key: str) -> Grant:
        """Get new tokens; the pool wants the device key beside the refresh token.

        Raises RefreshRefused, RateLimited or ConnectionFailed, never AuthenticationFailed.
        """
        try:
            answer = self._client().initiate_auth(
                AuthFlow="REFRESH_TOKEN_AUTH",
                ClientId=self._endpoints.client_id,
                AuthParameters={
                    "REFRESH_TOKEN": refresh_token,
                    "DEVICE_KEY": device_key,
                },
            )
            return _grant(answer)
        except ClientError as err:
            if _code(err) in {"NotAuthorizedException", "ResourceNotFoundException"}:
                raise RefreshRefused from None
            raise _outage(err) from None
        except BotoCoreError as err:
            raise ConnectionFailed(_unreached(err)) from None
        except (KeyError, TypeError) as err:
            msg = f"the refresh answered something unexpected ({type(err).__name__})"
            raise ConnectionFailed(msg) from None

    def confirm_device(self, access_token: str, metadata: Mapping[str, str]) -> Device:
        """Make the pool remember us. Raises RateLimited or ConnectionFailed."""
        key, group_key = metadata["DeviceKey"], metadata["DeviceGroupKey"]
        password, verifier = generate_hash_device(group_key, key)
        try:
            self._client().confirm_device(
                AccessToken=access_token,
                DeviceKey=key,
                DeviceName=DEVICE_NAME,
                DeviceSecretVerifierConfig=verifier,
            )
        except ClientError as err:
            raise _outage(err) from None
        except BotoCoreError as err:
            raise ConnectionFailed(_unreached(err)) from None
        return Device(key=key, group_key=group_key, password=password)

    def forget_device(self, access_token: str, device_key: str) -> None:
        """Make the pool forget us; one that does not know us has done so already."""
        try:
            self._client().forget_device(AccessToken=access_token, DeviceKey=device_key)
        except ClientError as err:
            if _code(err) != "ResourceNotFoundException":
                raise _outage(err) from None
        except BotoCoreError as err:
            raise ConnectionFailed(_unreached(err)) from None

    def _client(self) -> Any:
        if self._boto is None:
            # Unsigned: these operations need no credentials, and none are looked for. The defaults of
            # one minute per try and several tries would hold a worker thread for minutes.
            config = Config(
                signature_version=UNSIGNED,
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                retries={"total_max_attempts": 1},
            )
            protect_logs()
            self._boto = boto3.session.Session().client(
                "cognito-idp",
                region_name=self._endpoints.region,
                endpoint_url=self._endpoints.cognito_url,
                config=config,
            )
            protect_logs()
        return self._boto


def _grant(answer: Mapping[str, Any]) -> Grant:
    """Read what was granted; raises KeyError where it was not."""
    result = answer["AuthenticationResult"]
    return Grant(
        id_token=result["IdToken"],
        access_token=result["AccessToken"],
        lifetime_s=float(result["ExpiresIn"]),
        refresh_token=result.get("RefreshToken"),
        new_device=result.get("NewDeviceMetadata"),
    )


def _code(err: ClientError) -> str:
    return str(err.response.get("Error", {}).get("Code", ""))


def _translated(err: ClientError) -> ChargerError:
    """Tell a refused person from an outage."""
    if _code(err) in PERSON_MUST_ACT:
        return AuthenticationFailed(f"the login was refused ({_code(err)})")
    return _outage(err)


def _outage(err: ClientError) -> ChargerError:
    """Return the error for anything that is not about the credentials."""
    if _code(err) in THROTTLED:
        return RateLimited()
    return ConnectionFailed(f"the login service failed ({_code(err)[:60]})")


def _unreached(err: BotoCoreError) -> str:
    return f"the login service was not reached ({type(err).__name__})"
