"""Remember what was changed for a while, so that it is put back whatever happens in between.

The record is stored before the first write. It is gone only when the charger's own report shows that
everything is as it was.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

from .pending import shows
from .values import Wire, flag, table


class Phase(StrEnum):
    """Say how far it got."""

    OPENING = "opening"
    """Being changed: a restart here is followed by putting back."""
    HELD = "held"
    """Changed, and meant to stay so until a person asks to restore."""
    CHECKING = "checking"
    """Opened only to look whether a vehicle is there: a restart here is followed by putting back."""
    CLOSING = "closing"
    """Being put back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """Be what is to be put back."""

    phase: Phase
    user_lock: bool | None
    """Whether a person had locked it; `None` where the lock is not to be touched."""
    is_ours: bool = False
    """Whether that lock was ours."""
    enabled: Mapping[str, bool]
    """Which slots were on, by wire key."""

    def at(self, phase: Phase) -> Self:
        """Return it in another phase."""
        return replace(self, phase=phase)

    def with_slots(self, enabled: Mapping[str, bool]) -> Self:
        """Return it after a person chose these slots' `enabled` anew."""
        return replace(self, enabled={**self.enabled, **enabled})

    @property
    def expected(self) -> dict[str, Any]:
        """Return what a report shows once everything is as it was."""
        slots = {key: {"enabled": value} for key, value in self.enabled.items()}
        return {**slots, **({"sysUserLock": True} if self.user_lock else {})}

    def is_shown(self, status: Wire) -> bool:
        """Return whether a report shows everything as it was."""
        return shows(status, self.expected)

    def to_state(self) -> dict[str, Any]:
        """Return it in a form that can be stored."""
        return {
            **asdict(self),
            "phase": self.phase.value,
            "enabled": dict(self.enabled),
        }

    @classmethod
    def from_state(cls, state: object) -> Self | None:
        """Read what was stored, `None` without a record."""
        stored: Wire = table(state)
        if not stored:
            return None
        known = {phase.value: phase for phase in Phase}
        enabled = {
            str(key): value is True
            for key, value in table(stored.get("enabled")).items()
        }
        return cls(
            # A phase that we do not know is one of a newer version: putting back is never wrong.
            phase=known.get(str(stored.get("phase")), Phase.CLOSING),
            user_lock=flag(stored.get("user_lock")),
            is_ours=stored.get("is_ours") is True,
            enabled=enabled,
        )


def taken_back(before: Record | None, now: Record | None) -> Record | None:
    """Return the record as it was; what was proven or marked to be put back while the command was sent stays so."""
    if before is None or now is None:
        return now
    is_closing = Phase.CLOSING in {before.phase, now.phase}
    return before.at(Phase.CLOSING) if is_closing else before
