"""Keep secrets and personal data out of log lines and out of reasons that are shown.

"Enable debug logging" opens the loggers of botocore and gql too. botocore prints whole requests and
answers of the login, gql the first frame of a WebSocket with its token and every status with network
name and address. A filter of a parent logger does not see the records of its children, so each logger
gets the filter itself.
"""

import logging
import re
from typing import Final, override

REDACTED: Final = "**REDACTED**"
LIBRARIES: Final = ("boto3", "botocore", "gql", "pycognito", "urllib3")

_SECRET_NAMES: Final = (
    "access_?token|id_?token|refresh_?token|token|authtoken|authorization|password|"
    "srp_[ab]|salt|secret_block|password_claim_[a-z_]+|passwordverifier|"
    "device_?key|device_?group_?key|devicename|session|username|user_id_for_srp|email|"
    "(?:konnect)?serial|syslan|sysssid|last_ip_address|ipaddress|eui|deviceid|id|uuid|name|"
    "friendlyname|location[a-z]+|address[a-z]*"
)
# `"name": "value"` in JSON and in the text of a table, also inside a quoted string, where each quote has
# one more backslash before it.
_NAMED: Final = re.compile(
    rf"""(?P<name>\\*["'](?:{_SECRET_NAMES})\\*["']\s*:\s*)"""
    r"""(?:b?(?P<escape>\\*)(?P<quote>["'])"""
    r"""(?:(?!(?<!\\)(?P=escape)(?P=quote)).)*(?P=escape)(?P=quote)|-?\d[\d.]*)""",
    re.IGNORECASE | re.DOTALL,
)
_SHAPED: Final = (
    re.compile(r"eyJ[\w-]{5,}(?:\.[\w-]*)*"),  # a JSON web token
    re.compile(r"(?i)bearer\s+[\w.~+/=-]+"),
    re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"),  # an e-mail address
    re.compile(r"\b[0-9a-fA-F]{24}(?=\b|_)"),  # a device id
    re.compile(  # a user name or a device key
        r"(?:\b[a-z]{2}-[a-z]+-\d_)?\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?::\w+)?"
    ),
    re.compile(r"\b(?!127\.0\.0\.1\b)(?:\d{1,3}\.){3}\d{1,3}\b"),
    re.compile(r"[A-Za-z0-9+/_=-]{40,}"),  # keys, proofs, refresh tokens
)


def redact(text: str) -> str:
    """Return the text without anything that looks like a secret or points to a person."""
    text = _NAMED.sub(rf"\g<name>{REDACTED}", text)
    for shape in _SHAPED:
        text = shape.sub(REDACTED, text)
    return text


class RedactingFilter(logging.Filter):
    """Rewrite every record in place; none is dropped."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the formatted message, and a traceback's text once it is cached."""
        try:
            text = record.getMessage()
        except TypeError, ValueError:
            # A library's own broken format string: its arguments may hold anything.
            text = REDACTED
        record.msg = redact(text)
        record.args = None
        if record.exc_info is not None:
            # A traceback ends in the exception's text, which may be an answer of the server.
            error = record.exc_info[1]
            record.msg = f"{record.msg} ({type(error).__name__})"
            record.exc_info = None
        return True


_FILTER: Final = RedactingFilter()


def protect_logs() -> None:
    """Put the filter on every logger of the libraries; call again once more of them exist.

    The libraries make their loggers on import, some only when a client is built.
    """
    for name in (*LIBRARIES, *logging.root.manager.loggerDict):
        if name.partition(".")[0] in LIBRARIES:
            logger = logging.getLogger(name)
            if _FILTER not in logger.filters:
                logger.addFilter(_FILTER)
