"""Check logins: basic for the first generation, digest with SHA-256 for the later ones."""

import base64
from hashlib import sha256
import itertools
import re
import secrets

DIGEST_USER = "admin"
_PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


def is_basic(header: str, username: str, password: str) -> bool:
    """Return whether a header carries this login."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return header == f"Basic {pair}"


class Digest:
    """Hand out a nonce and check the proof made with it."""

    def __init__(self, realm: str, password: str) -> None:
        """Begin with a first nonce."""
        self._realm = realm
        self._password = password
        self._numbers = itertools.count(1)
        self.nonce = ""
        self.renew()

    def renew(self) -> None:
        """Make the present nonce worthless."""
        self.nonce = f"{next(self._numbers)}{secrets.token_hex(8)}"

    @property
    def challenge(self) -> str:
        """What a 401 carries."""
        return (
            f'Digest qop="auth", realm="{self._realm}", nonce="{self.nonce}", '
            "algorithm=SHA-256"
        )

    def is_proof(self, header: str, method: str) -> bool:
        """Return whether a header proves the password for the present nonce."""
        if not header.startswith("Digest "):
            return False
        given = {key: quoted or bare for key, quoted, bare in _PAIR.findall(header)}
        if given.get("nonce") != self.nonce or given.get("username") != DIGEST_USER:
            return False
        first = _hash(f"{DIGEST_USER}:{self._realm}:{self._password}")
        second = _hash(f"{method}:{given.get('uri', '')}")
        expected = _hash(
            f"{first}:{self.nonce}:{given.get('nc')}:{given.get('cnonce')}:auth:{second}"
        )
        return given.get("response") == expected


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
