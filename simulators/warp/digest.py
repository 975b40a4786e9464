"""Ask for a password by HTTP Digest, as loosely as the device does."""

from collections.abc import Mapping
import hashlib
import hmac
import re
import secrets

REALM = "esp32-lib"
OLD_REALM = "asyncesp"
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s]*))')


def challenge() -> str:
    """Return a fresh `WWW-Authenticate` header."""
    return (
        f'Digest realm="{REALM}", qop="auth", nonce="{secrets.token_hex(16)}", '
        f'opaque="{secrets.token_hex(16)}"'
    )


def is_authorized(
    header: str | None, method: str, username: str, password: str
) -> bool:
    """Say whether an Authorization header proves the password.

    Neither nonce nor its age, count or opaque are checked, and the uri only inside the hash:
    an answer can be reused.
    """
    if header is None or not header.startswith("Digest "):
        return False
    answer = _parameters(header.removeprefix("Digest "))
    if not {"uri", "nonce", "nc", "cnonce", "qop", "response"} <= answer.keys():
        return False
    if answer.get("realm") not in (REALM, OLD_REALM):
        return False
    if answer.get("username") != username:
        return False
    first = _md5(f"{username}:{answer['realm']}:{password}")
    second = _md5(f"{method}:{answer['uri']}")
    middle = ":".join(answer[key] for key in ("nonce", "nc", "cnonce", "qop"))
    expected = _md5(f"{first}:{middle}:{second}")
    return hmac.compare_digest(expected, answer["response"])


def _parameters(text: str) -> Mapping[str, str]:
    """Split at commas, which is why a user name must not contain one."""
    found = (_PARAMETER.fullmatch(part.strip()) for part in text.split(","))
    return {match[1]: match[2] or match[3] or "" for match in found if match}


def _md5(text: str) -> str:
    """Hash as the protocol demands."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
