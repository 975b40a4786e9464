"""Be the user pool: SRP logins, tracked devices, refresh tokens bound to them."""

from collections.abc import Callable
from datetime import datetime
import re
import secrets
from typing import Any
from uuid import uuid4

from .accounts import (
    Account,
    CognitoError,
    Login,
    RefreshToken,
    Remembered,
    TrackedDevice,
)
from .faults import COGNITO_CODES, Fault
from .srp import Challenge, Verifier
from .tokens import TokenOffice, TokenRefused

REGION = "eu-west-1"
POOL_ID = "eu-west-1_t5HV3bFjl"
CLIENT_ID = "23s0olnnniu5472ons0d9uoqt9"
TOKEN_LIFETIME_S = 3600.0
REFRESH_LIFETIME_S = 30 * 86400.0
TIMESTAMP = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [1-9]\d? \d\d:\d\d:\d\d UTC \d{4}"
)


def _refused(message: str = "Incorrect username or password.") -> CognitoError:
    return CognitoError("NotAuthorizedException", message)


class Cognito:
    """Answer the few operations that a login needs."""

    def __init__(
        self,
        *,
        now_s: Callable[[], float],
        wall: Callable[[], datetime],
        faults: set[str],
    ) -> None:
        """Begin without users."""
        self.office = TokenOffice(
            f"https://cognito-idp.{REGION}.amazonaws.com/{POOL_ID}", CLIENT_ID
        )
        self.accounts: dict[str, Account] = {}
        self.logins: list[Login] = []
        self.confirmations: list[TrackedDevice] = []
        self.forgotten: list[str] = []
        self.token_lifetime_s = TOKEN_LIFETIME_S
        self._now_s = now_s
        self._wall = wall
        self._faults = faults
        self._challenges: dict[str, tuple[str, str, Challenge, str | None]] = {}
        self._public: dict[str, int] = {}
        self._refresh: dict[str, RefreshToken] = {}
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "InitiateAuth": self._initiate,
            "RespondToAuthChallenge": self._respond,
            "ConfirmDevice": self._confirm_device,
            "ForgetDevice": self._forget_device,
            "RevokeToken": self._revoke_token,
        }

    def add_account(self, email: str, password: str) -> Account:
        """Register a user; a username looks like the vendor's: UUID, colon, suffix."""
        username = f"{uuid4()}:a"
        account = Account(
            email=email,
            username=username,
            verifier=Verifier.of_password(_pool_name() + username, password),
        )
        self.accounts[username] = account
        return account

    def change_password(self, account: Account, password: str) -> None:
        """Give the user another password; tokens live on."""
        account.verifier = Verifier.of_password(
            _pool_name() + account.username, password
        )

    def by_email(self, email: str) -> Account | None:
        """Return the user of an e-mail address."""
        found = (a for a in self.accounts.values() if a.email == email.lower())
        return next(found, None)

    def remember(self, account: Account) -> Remembered:
        """Track and confirm a device without a login: tests need not pay for the proof."""
        device = TrackedDevice(
            key=f"{REGION}_{uuid4()}", group_key=f"-{secrets.token_hex(4)}"
        )
        password = secrets.token_urlsafe(40)
        device.verifier = Verifier.of_password(device.group_key + device.key, password)
        account.devices[device.key] = device
        return Remembered(
            username=account.username,
            key=device.key,
            group_key=device.group_key,
            password=password,
            refresh_token=self._new_refresh_token(account, device.key),
        )

    def happen(self, fault: Fault) -> None:
        """Let a fault happen that does not last."""
        if fault is Fault.FORGET_DEVICES:
            for account in self.accounts.values():
                account.devices.clear()
            self._refresh.clear()
        elif fault is Fault.REVOKE_REFRESH:
            self._refresh.clear()

    def answer(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        """Run an operation; raises CognitoError."""
        for fault, (code, message) in COGNITO_CODES.items():
            if fault in self._faults:
                raise CognitoError(code, message)
        run = self._operations.get(operation)
        if run is None:
            raise CognitoError("UnknownOperationException", operation)
        return run(body)

    def _initiate(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["ClientId"] != CLIENT_ID:
            raise CognitoError("ResourceNotFoundException", "Client does not exist.")
        given: dict[str, str] = body["AuthParameters"]
        if body["AuthFlow"] == "REFRESH_TOKEN_AUTH":
            return self._refresh_tokens(given)
        if body["AuthFlow"] != "USER_SRP_AUTH":
            raise CognitoError("InvalidParameterException", "Auth flow not enabled.")
        if Fault.UNKNOWN_CHALLENGE in self._faults:
            return {"ChallengeName": "WEB_AUTHN", "ChallengeParameters": {}}
        account = self._account(given["USERNAME"])
        self._check_person(account, given.get("DEVICE_KEY"))
        public = int(given["SRP_A"], 16)
        identity = _pool_name() + account.username
        challenge = Challenge(identity, account.verifier, public)
        self._open("PASSWORD_VERIFIER", account, challenge, given.get("DEVICE_KEY"))
        self._public[account.username] = public
        return {
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeParameters": {
                **challenge.parameters,
                "USERNAME": account.username,
                "USER_ID_FOR_SRP": account.username,
            },
        }

    def _check_person(self, account: Account, device_key: str | None) -> None:
        """Raise where the user may not even try."""
        if Fault.PASSWORD_RESET in self._faults:
            msg = "Password reset required for the user"
            raise CognitoError("PasswordResetRequiredException", msg)
        if Fault.LOCKED_OUT in self._faults:
            raise _refused("Password attempts exceeded")
        if device_key is not None:
            self._device(account, device_key)

    def _open(
        self, name: str, account: Account, challenge: Challenge, device: str | None
    ) -> None:
        block = challenge.parameters["SECRET_BLOCK"]
        self._challenges[block] = (name, account.username, challenge, device)

    def _respond(self, body: dict[str, Any]) -> dict[str, Any]:
        name: str = body["ChallengeName"]
        given: dict[str, str] = body["ChallengeResponses"]
        if name == "DEVICE_SRP_AUTH":
            return self._device_challenge(given)
        block = given["PASSWORD_CLAIM_SECRET_BLOCK"]
        opened = self._challenges.pop(block, None)
        if opened is None or opened[:2] != (name, given["USERNAME"]):
            raise _refused("Invalid session for the user.")
        _, username, challenge, device_key = opened
        timestamp = given["TIMESTAMP"]
        proven = challenge.accepts(given["PASSWORD_CLAIM_SIGNATURE"], timestamp)
        kind = "password" if name == "PASSWORD_VERIFIER" else "device"
        if not proven or TIMESTAMP.fullmatch(timestamp) is None:
            self._log(username, kind, device_key, accepted=False)
            raise _refused()
        account = self.accounts[username]
        if Fault.MULTI_FACTOR in self._faults:
            return {"ChallengeName": "SMS_MFA", "ChallengeParameters": {}}
        if name == "PASSWORD_VERIFIER" and device_key is not None:
            if self._device(account, device_key).verifier is not None:
                return {"ChallengeName": "DEVICE_SRP_AUTH", "ChallengeParameters": {}}
        self._log(username, kind, device_key, accepted=True)
        if device_key is not None:
            return self._result(account, device_key)
        return self._first_login(account)

    def _device_challenge(self, given: dict[str, str]) -> dict[str, Any]:
        account = self._account(given["USERNAME"])
        device = self._device(account, given["DEVICE_KEY"])
        public = int(given["SRP_A"], 16)
        if device.verifier is None or self._public.pop(account.username, 0) != public:
            raise _refused("Invalid session for the user.")
        identity = device.group_key + device.key
        challenge = Challenge(identity, device.verifier, public)
        self._open("DEVICE_PASSWORD_VERIFIER", account, challenge, device.key)
        return {
            "ChallengeName": "DEVICE_PASSWORD_VERIFIER",
            "ChallengeParameters": {
                **challenge.parameters,
                "USERNAME": account.username,
                "DEVICE_KEY": device.key,
            },
        }

    def _first_login(self, account: Account) -> dict[str, Any]:
        """Answer a login without a device: a new one is tracked from now on."""
        if Fault.NO_DEVICE in self._faults:
            return self._result(account, None)
        device = TrackedDevice(
            key=f"{REGION}_{uuid4()}", group_key=f"-{secrets.token_hex(4)}"
        )
        account.devices[device.key] = device
        answer = self._result(account, device.key)
        answer["AuthenticationResult"]["NewDeviceMetadata"] = {
            "DeviceKey": device.key,
            "DeviceGroupKey": device.group_key,
        }
        return answer

    def _result(self, account: Account, device_key: str | None) -> dict[str, Any]:
        refresh = self._new_refresh_token(account, device_key)
        answer = self._tokens(account)
        answer["AuthenticationResult"]["RefreshToken"] = refresh
        return answer

    def _new_refresh_token(self, account: Account, device_key: str | None) -> str:
        refresh = secrets.token_urlsafe(120)
        self._refresh[refresh] = RefreshToken(
            username=account.username,
            device_key=device_key,
            expires_s=self._now_s() + REFRESH_LIFETIME_S,
        )
        return refresh

    def _tokens(self, account: Account) -> dict[str, Any]:
        now, lifetime_s = self._wall(), self.token_lifetime_s
        name = account.username
        return {
            "ChallengeParameters": {},
            "AuthenticationResult": {
                "AccessToken": self.office.issue("access", name, now, lifetime_s),
                "IdToken": self.office.issue(
                    "id", name, now, lifetime_s, email=account.email
                ),
                "ExpiresIn": int(lifetime_s),
                "TokenType": "Bearer",
            },
        }

    def _refresh_tokens(self, given: dict[str, str]) -> dict[str, Any]:
        if Fault.REFRESH_EMPTY in self._faults:
            return {"ChallengeParameters": {}}
        held = self._refresh.get(given["REFRESH_TOKEN"])
        device_key = given.get("DEVICE_KEY")
        accepted = held is not None and self._may_refresh(held, device_key)
        name = held.username if held is not None else ""
        self._log(name, "refresh", device_key, accepted=accepted)
        if not accepted:
            raise _refused("Invalid Refresh Token")
        return self._tokens(self.accounts[name])

    def _may_refresh(self, held: RefreshToken, device_key: str | None) -> bool:
        """Return whether the token is alive, and its device confirmed and named."""
        if held.expires_s <= self._now_s() or device_key != held.device_key:
            return False
        if held.device_key is None:
            return True
        device = self.accounts[held.username].devices.get(held.device_key)
        return device is not None and device.verifier is not None

    def _confirm_device(self, body: dict[str, Any]) -> dict[str, Any]:
        account = self._owner(body["AccessToken"])
        device = self._device(account, body["DeviceKey"])
        if Fault.CONFIRM_FAILS in self._faults:
            raise CognitoError("InternalErrorException", "Internal error", 500)
        if device.verifier is not None:
            raise CognitoError("InvalidParameterException", "Device is confirmed.")
        device.verifier = Verifier.of_device(body["DeviceSecretVerifierConfig"])
        device.name = body.get("DeviceName")
        self.confirmations.append(device)
        return {"UserConfirmationNecessary": False}

    def _forget_device(self, body: dict[str, Any]) -> dict[str, Any]:
        account = self._owner(body["AccessToken"])
        device = self._device(account, body["DeviceKey"])
        del account.devices[device.key]
        self.forgotten.append(device.key)
        return {}

    def _revoke_token(self, body: dict[str, Any]) -> dict[str, Any]:
        self._refresh.pop(body["Token"], None)
        return {}

    def _owner(self, access_token: str) -> Account:
        try:
            name = self.office.check(access_token, "access", self._wall())
        except TokenRefused as err:
            raise _refused("Invalid Access Token") from err
        return self.accounts[name]

    def _account(self, username: str) -> Account:
        account = self.accounts.get(username)
        if account is None:
            raise CognitoError("UserNotFoundException", "User does not exist.")
        return account

    def _device(self, account: Account, key: str) -> TrackedDevice:
        device = account.devices.get(key)
        if device is None:
            raise CognitoError("ResourceNotFoundException", "Device does not exist.")
        return device

    def _log(
        self, username: str, kind: str, device_key: str | None, *, accepted: bool
    ) -> None:
        self.logins.append(
            Login(
                time_s=self._now_s(),
                username=username,
                kind=kind,
                accepted=accepted,
                device_key=device_key,
            )
        )


def _pool_name() -> str:
    """Return the part of the pool's id that enters the proofs."""
    return POOL_ID.partition("_")[2]
