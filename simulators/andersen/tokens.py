"""Sign tokens as the user pool does, and look at them again when they come back."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import rsa
import jwt
from jwt.algorithms import RSAAlgorithm

KEY_ID = "simulated-pool-key"


class TokenRefused(Exception):
    """Say that a token is no token of ours, or none any more."""


@cache
def _signing_key() -> rsa.RSAPrivateKey:
    """Return one key for the whole process: making one costs half a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set() -> dict[str, Any]:
    """Return the public key as the pool publishes it."""
    public = RSAAlgorithm.to_jwk(_signing_key().public_key(), as_dict=True)
    return {"keys": [{**public, "kid": KEY_ID, "alg": "RS256", "use": "sig"}]}


class TokenOffice:
    """Issue and check tokens of one pool and one app client."""

    def __init__(self, issuer: str, client_id: str) -> None:
        """Remember in whose name tokens are signed."""
        self._issuer = issuer
        self._client_id = client_id

    def issue(
        self, use: str, subject: str, now: datetime, lifetime_s: float, **claims: str
    ) -> str:
        """Sign a token; `use` is `id` or `access`."""
        payload: dict[str, Any] = {
            "sub": subject,
            "iss": self._issuer,
            "token_use": use,
            "iat": now.timestamp(),
            "exp": (now + timedelta(seconds=lifetime_s)).timestamp(),
            "jti": str(uuid4()),
            **claims,
        }
        payload["aud" if use == "id" else "client_id"] = self._client_id
        return jwt.encode(
            payload, _signing_key(), algorithm="RS256", headers={"kid": KEY_ID}
        )

    def check(self, token: str, use: str, now: datetime) -> str:
        """Return the subject of a valid token; raises TokenRefused."""
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
        try:
            claims = jwt.decode(
                token,
                _signing_key().public_key(),
                algorithms=["RS256"],
                issuer=self._issuer,
                options=options,
            )
        except jwt.InvalidTokenError as err:
            raise TokenRefused from err
        if claims["token_use"] != use or claims["exp"] <= now.timestamp():
            raise TokenRefused
        return str(claims["sub"])
