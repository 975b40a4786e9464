"""Pauses: a person wants no current for a while, whatever is chosen and whatever a window says.

A member that is hands-off is not written to, and so not paused either: whoever asks decides that first.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from .modes import Intent, Mode

PAUSED: Final = Intent(mode=Mode.OFF)
"""What a paused member is to do."""


def pause_in_force(
    pauses: Mapping[str, datetime], member_key: str, at: datetime
) -> Intent | None:
    """Return what a pause asks of a member at `at`, `None` while it is not paused.

    `pauses` holds the end of each member's pause; all times are aware.
    """
    ends_at = pauses.get(member_key)
    return PAUSED if ends_at is not None and at < ends_at else None


def pauses_left(pauses: Mapping[str, datetime], at: datetime) -> Mapping[str, datetime]:
    """Return the pauses that have not ended at `at`."""
    return {key: ends_at for key, ends_at in pauses.items() if at < ends_at}


def next_end(pauses: Mapping[str, datetime], at: datetime) -> datetime | None:
    """Return when the next pause ends, `None` while there is none."""
    return min(pauses_left(pauses, at).values(), default=None)
