"""Do the server's half of Cognito's SRP-6a, so that only a true proof is let in.

The group has 3072 bits; one proof costs two long exponentiations, some hundredths of a second.
Numbers and the order of the hashed parts are facts of the protocol (RFC 5054, Cognito's own HKDF).
"""

import base64
from dataclasses import dataclass
import hashlib
import hmac
import secrets

from pycognito.aws_srp import N_HEX

MODULUS = int(N_HEX, 16)
GENERATOR = 2
DERIVED_KEY_INFO = b"Caldera Derived Key\x01"


def padded(number: int) -> bytes:
    """Return a number as bytes, with a leading zero byte where its top bit is set."""
    length = max(1, (number.bit_length() + 7) // 8)
    plain = number.to_bytes(length)
    return b"\x00" + plain if plain[0] & 0x80 else plain


def digest(data: bytes) -> bytes:
    """Return SHA-256."""
    return hashlib.sha256(data).digest()


MULTIPLIER = int.from_bytes(digest(b"\x00" + MODULUS.to_bytes(384) + b"\x02"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Verifier:
    """Be what a server keeps instead of a password."""

    salt: int
    verifier: int

    @classmethod
    def of_password(cls, identity: str, password: str) -> Verifier:
        """Make the verifier of a password for `pool + user id` or `group key + device key`."""
        salt = secrets.randbits(127)
        inner = digest(f"{identity}:{password}".encode())
        exponent = int.from_bytes(digest(padded(salt) + inner))
        return cls(salt=salt, verifier=pow(GENERATOR, exponent, MODULUS))

    @classmethod
    def of_device(cls, config: dict[str, str]) -> Verifier:
        """Take the verifier that a client sent with ConfirmDevice."""
        return cls(
            salt=int.from_bytes(base64.b64decode(config["Salt"], validate=True)),
            verifier=int.from_bytes(
                base64.b64decode(config["PasswordVerifier"], validate=True)
            ),
        )


class Challenge:
    """Be one open login: what the server must remember between two messages."""

    def __init__(self, identity: str, verifier: Verifier, client_public: int) -> None:
        """Choose the server's secret and public value."""
        if client_public % MODULUS == 0:
            msg = "the client's public value is zero"
            raise ValueError(msg)
        self._identity = identity
        self._verifier = verifier
        self._client_public = client_public
        self._private = secrets.randbits(512)
        self._public = (
            MULTIPLIER * verifier.verifier + pow(GENERATOR, self._private, MODULUS)
        ) % MODULUS
        self.secret_block = secrets.token_bytes(64)

    @property
    def parameters(self) -> dict[str, str]:
        """Return what the client is sent."""
        return {
            "SALT": f"{self._verifier.salt:x}",
            "SRP_B": f"{self._public:x}",
            "SECRET_BLOCK": base64.b64encode(self.secret_block).decode(),
        }

    def accepts(self, signature: str, timestamp: str) -> bool:
        """Return whether the client has proven that it knows the password."""
        scrambler = digest(padded(self._client_public) + padded(self._public))
        exponent = int.from_bytes(scrambler)
        base = self._client_public * pow(self._verifier.verifier, exponent, MODULUS)
        shared = pow(base, self._private, MODULUS)
        pseudo_random = hmac.digest(padded(exponent), padded(shared), "sha256")
        key = hmac.digest(pseudo_random, DERIVED_KEY_INFO, "sha256")[:16]
        message = self._identity.encode() + self.secret_block + timestamp.encode()
        expected = base64.b64encode(hmac.digest(key, message, "sha256"))
        return hmac.compare_digest(expected, signature.encode())
