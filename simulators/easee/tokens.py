"""Hand out tokens as the vendor does: they expire, and a refresh token works once."""

from collections.abc import Callable
from itertools import count
from typing import Any

DEFAULT_EXPIRES_S = 3600


class Tokens:
    """Know the accounts, their passwords, and which tokens are good."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Begin with nobody logged in."""
        self.passwords: dict[str, str] = {}
        self.expires_s = DEFAULT_EXPIRES_S
        self.drops_earlier = False
        """Whether a new access token ends all earlier ones of the account."""
        self.logins = 0
        self.refreshes = 0
        self._now = now
        self._numbers = count(1)
        self._access: dict[str, tuple[str, float]] = {}
        self._refresh: dict[str, str] = {}

    def login(self, username: object, password: object) -> dict[str, Any] | None:
        """Return new tokens, None for a wrong password."""
        self.logins += 1
        if not isinstance(username, str) or self.passwords.get(username) != password:
            return None
        return self._issue(username)

    def refresh(self, refresh_token: object) -> dict[str, Any] | None:
        """Return new tokens for a refresh token that was not used before."""
        self.refreshes += 1
        username = self._refresh.pop(str(refresh_token), None)
        return None if username is None else self._issue(username)

    def username(self, header: str | None) -> str | None:
        """Return whose a bearer token is, None for one that is not good."""
        token = (header or "").removeprefix("Bearer ")
        username, ends_at_s = self._access.get(token, (None, 0.0))
        return username if self._now() < ends_at_s else None

    def revoke(self, *, also_refresh: bool = True) -> None:
        """End every token at once."""
        self._access.clear()
        if also_refresh:
            self._refresh.clear()

    def _issue(self, username: str) -> dict[str, Any]:
        if self.drops_earlier:
            self._access = {
                token: entry
                for token, entry in self._access.items()
                if entry[0] != username
            }
        number = next(self._numbers)
        access, refresh = f"access.secret.{number}", f"refresh-secret-{number}"
        self._access[access] = (username, self._now() + self.expires_s)
        self._refresh[refresh] = username
        return {
            "accessToken": access,
            "expiresIn": self.expires_s,
            "accessClaims": ["User"],
            "tokenType": "Bearer",
            "refreshToken": refresh,
        }
