"""Keep what the library says at debug level free of secrets.

It prints whole token answers, user names, addresses and serial numbers, and below it the frames
of the stream with their headers. What is let through is therefore listed, not what is held back:
numbers, single plain words, and paths whose segments carry no digit.
"""

import logging
import re
from typing import Final, override

LOGGERS: Final = (
    "pyeasee.charger",
    "pyeasee.easee",
    "pyeasee.site",
    "pyeasee.throttler",
    "pysignalr.client",
    "pysignalr.transport",
)
HIDDEN: Final = "…"
_WORD: Final = re.compile(r"[A-Za-z_]{1,30}")
_NUMBERED: Final = re.compile(r"[^/]*\d[^/]*")
_SECRET_KEYS: Final = frozenset({"authorization", "cookie", "set-cookie"})


class RedactingFilter(logging.Filter):
    """Rewrite records of the libraries, and make debug of whatever they shout.

    Lost streams and failed calls are ours to report, once; the libraries write an error at each.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record, now clean, is wanted."""
        if not logging.getLogger(record.name).isEnabledFor(logging.DEBUG):
            return False
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
        record.msg, record.args = redacted(record.msg, record.args), None
        # A traceback shows the values it failed on.
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def install() -> None:
    """Set the filter on every logger of the libraries, once."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, RedactingFilter) for one in logger.filters):
            logger.addFilter(RedactingFilter())


def redacted(message: object, arguments: object) -> str:
    """Return a log message without whatever might be secret."""
    if not isinstance(message, str):
        return HIDDEN
    if not isinstance(arguments, tuple) or not arguments:
        # The library formats many messages itself; what it fills in stands behind a colon.
        head, colon, _ = message.partition(":")
        return f"{head}: {HIDDEN}" if colon else _plain(message)
    if any(str(one).lower() in _SECRET_KEYS for one in arguments):
        return HIDDEN
    try:
        return message % tuple(_shown(one) for one in arguments)
    except TypeError, ValueError:
        return HIDDEN


def _plain(message: str) -> str:
    """Return the words of a message that carry no digit."""
    return " ".join(
        HIDDEN if any(letter.isdigit() for letter in word) else word
        for word in message.split()
    )


def _shown(argument: object) -> object:
    """Return an argument as it may be shown."""
    if isinstance(argument, BaseException):
        return type(argument).__name__
    if isinstance(argument, int | float):
        return argument
    if isinstance(argument, str):
        if argument.startswith("/"):
            return _NUMBERED.sub(HIDDEN, argument.partition("?")[0])
        if _WORD.fullmatch(argument):
            return argument
    return HIDDEN
