"""Read single values of the wire: every one may be null, missing, or of another type than yesterday."""

from collections.abc import Mapping
from datetime import UTC, datetime
import math
from typing import Any

type Wire = Mapping[str, Any]


def table(value: object) -> Wire:
    """Return a mapping, an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def number(value: object) -> float | None:
    """Return a finite number; text with a number in it counts."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except ValueError, OverflowError:
        return None
    return read if math.isfinite(read) else None


def whole(value: object) -> int | None:
    """Return a whole number; 3.5 is none."""
    read = number(value)
    return int(read) if read is not None and read.is_integer() else None


def moment(value: object) -> datetime | None:
    """Return a moment in UTC; one without a zone could be any."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
        return read.astimezone(UTC) if read is not None and read.tzinfo else None
    except ValueError, OverflowError:
        return None


def flag(value: object) -> bool | None:
    """Return a yes or no, also where it arrives as text or as 0 and 1."""
    if isinstance(value, bool):
        return value
    words = {"true": True, "1": True, "false": False, "0": False}
    if isinstance(value, int | str):
        return words.get(str(value).lower())
    return None


def text(value: object) -> str | None:
    """Return a text that is not empty; numbers are written out."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return str(value).strip() or None
