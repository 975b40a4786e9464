"""Remember whose the lock is, and which command about it no report has proven yet. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from .values import Wire, number, table


@dataclass(frozen=True, kw_only=True, slots=True)
class LockCommand:
    """Be a command about the lock that no report has proven yet."""

    locked: bool
    sent_at: float
    """By the wall clock: after a restart it must be known how old it is."""
    is_on_trial: bool = False
    """Whether it is withdrawn where no report shows it in time."""

    @classmethod
    def from_state(cls, state: object) -> Self | None:
        """Read what was stored, `None` without a command."""
        stored: Wire = table(state)
        if not stored:
            return None
        return cls(
            locked=stored.get("locked") is True,
            sent_at=number(stored.get("sent_at")) or 0.0,
            is_on_trial=stored.get("is_on_trial") is True,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Ownership:
    """Be all that is remembered of the lock; an open one is nobody's."""

    is_ours: bool = False
    """Whether it was closed by a command of ours, while it was open."""
    is_claimed: bool = False
    """Whether it is a site's, shown or on its way: a site may open it, and a person has nothing to put back."""
    unproven: LockCommand | None = None
    """The last command, until a report shows what came of it."""

    def to_state(self) -> dict[str, Any]:
        """Return it in a form that can be stored; `None` is what need not be."""
        return {
            "locked_by_us": self.is_ours or None,
            "locked_for_now": self.is_claimed or None,
            "lock_sent": None if self.unproven is None else asdict(self.unproven),
        }

    @classmethod
    def from_state(cls, stored: Mapping[str, Any]) -> Self:
        """Read what was stored of a charger."""
        return cls(
            is_ours=stored.get("locked_by_us") is True,
            is_claimed=stored.get("locked_for_now") is True,
            unproven=LockCommand.from_state(stored.get("lock_sent")),
        )
