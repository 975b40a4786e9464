"""Keep serial numbers and addresses out of what the libraries log.

pymodbus prints a warning at each failed attempt and, with an error, the last frames on the wire: for a
charger whose Modbus is dead that is a flood, and the frames contain its serial number. `requests` prints
paths, which do too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
import logging
import re
from typing import Final, override

REDACTED: Final = "**REDACTED**"
LOGGERS: Final = ("pymodbus.logging", "urllib3.connectionpool")

_OURS: Final[ContextVar[bool]] = ContextVar("busbar_quasar_traffic", default=False)

# Unit 1, function 3, 18 bytes: the answer that holds firmware, serial and part number.
_IDENTITY: Final = re.compile(r"(0x1 0x3 0x12)(?: 0x[0-9a-f]{1,2}){18}")
_CHARGER_PATH: Final = re.compile(r"(/chargers?/(?:status/)?)\d+")
_ADDRESS: Final = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")


@contextmanager
def our_traffic() -> Iterator[None]:
    """Mark what a library does inside as ours; it remembers that for the connections it makes."""
    token = _OURS.set(True)
    try:
        yield
    finally:
        _OURS.reset(token)


class TrafficFilter(logging.Filter):
    """Silence the library about our traffic unless it is being debugged; redact the rest."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is to be logged, after it was made harmless."""
        is_ours = _OURS.get()
        if is_ours and not logging.getLogger(record.name).isEnabledFor(logging.DEBUG):
            # Each failure is an error of ours already, and told once.
            return False
        text = _IDENTITY.sub(rf"\1 {REDACTED}", record.getMessage())
        text = _CHARGER_PATH.sub(rf"\1{REDACTED}", text)
        if is_ours:
            text = _ADDRESS.sub(REDACTED, text)
        record.msg, record.args = text, None
        return True


_FILTER: Final = TrafficFilter()


def protect_logs() -> None:
    """Put the filter on the loggers of the libraries."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
