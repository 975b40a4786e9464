"""Say what a user pool keeps of its users, their devices and their logins."""

from dataclasses import dataclass, field

from .srp import Verifier


class CognitoError(Exception):
    """Be an error that Cognito answers."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        """Keep code and message."""
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """Be one attempt to get tokens, kept for tests to look at."""

    time_s: float
    username: str
    kind: str
    """`password`, `device` (password and remembered device) or `refresh`."""
    accepted: bool
    device_key: str | None = None


@dataclass(kw_only=True, slots=True)
class TrackedDevice:
    """Be a device that logged in once."""

    key: str
    group_key: str
    name: str | None = None
    verifier: Verifier | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """Be what a client keeps of a device that it confirmed earlier."""

    username: str
    key: str
    group_key: str
    password: str
    refresh_token: str


@dataclass(kw_only=True, slots=True)
class Account:
    """Be a user of the pool."""

    email: str
    username: str
    verifier: Verifier
    devices: dict[str, TrackedDevice] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RefreshToken:
    """Be what a refresh token stands for."""

    username: str
    device_key: str | None
    expires_s: float
