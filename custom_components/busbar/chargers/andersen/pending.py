"""Follow commands from the moment the cloud took them until the charger's own report proves them.

The cloud's answer proves nothing, and the report follows after 1 to 2.5 minutes. Pure: time is handed in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from .slots import WIRE_KEYS, raw_slots, whole_slot
from .values import Wire, flag, whole

TYPICAL_S: Final = 150.0
"""From a command to the report that shows it, at the slow end of what was seen."""
GIVE_UP_S: Final = 300.0


class Subject(StrEnum):
    """Name what a command is about: a newer one about the same thing replaces it."""

    LOCK = "lock"
    SCHEDULE = "schedule"
    SOLAR = "solar"


class CommandKind(StrEnum):
    """Name what can be under way; the values are translation keys."""

    LOCK = "lock"
    UNLOCK = "unlock"
    SCHEDULE = "schedule"
    SOLAR = "solar"


class Ending(StrEnum):
    """Say how a command ended."""

    CONFIRMED = "confirmed"
    GIVEN_UP = "given_up"


SUBJECTS: Final = {
    CommandKind.LOCK: Subject.LOCK,
    CommandKind.UNLOCK: Subject.LOCK,
    CommandKind.SCHEDULE: Subject.SCHEDULE,
    CommandKind.SOLAR: Subject.SOLAR,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """Be one command under way."""

    kind: CommandKind
    expected: Mapping[str, Any]
    """What the report will show: fields of the status, and slots as `sch0` to `sch4`."""
    sent_at: float
    believed_from: float
    """Reports before this prove nothing: an older, contrary command may come into effect first."""

    @property
    def gives_up_at(self) -> float:
        """Return when it is no longer waited for."""
        return self.believed_from + GIVE_UP_S


def shows(status: Wire, expected: Mapping[str, Any]) -> bool:
    """Return whether a status shows what is expected."""
    slots = dict(zip(WIRE_KEYS, raw_slots(status), strict=False))
    for key, wanted in expected.items():
        if key in WIRE_KEYS:
            shown = whole_slot(slots.get(key, {}))
            if any(shown.get(name) != value for name, value in wanted.items()):
                return False
        elif isinstance(wanted, bool):
            if flag(status.get(key)) is not wanted:
                return False
        elif whole(status.get(key)) != wanted:
            return False
    return True


def laid_over(status: Wire, expected: Mapping[str, Any]) -> dict[str, Any]:
    """Return a status as it will be once what is expected has come into effect."""
    slots = raw_slots(status)
    fields = {key: value for key, value in expected.items() if key not in WIRE_KEYS}
    for index, key in enumerate(WIRE_KEYS[: len(slots)]):
        slots[index] = {**slots[index], **expected.get(key, {})}
    return {**status, **fields, "scheduleSlotsArray": slots}


def _merged(older: Mapping[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what both lead to; of a slot the newer one may name a part only."""
    slots = {
        key: {**older[key], **newer[key]}
        for key in WIRE_KEYS
        if key in older and key in newer
    }
    return {**older, **newer, **slots}


class PendingCommands:
    """Hold at most one command per subject."""

    def __init__(self) -> None:
        """Begin with none."""
        self._held: dict[Subject, Pending] = {}
        self._doubtful_until: dict[Subject, float] = {}

    def __iter__(self) -> Iterator[Pending]:
        """Go through what is under way, the oldest first."""
        return iter(sorted(self._held.values(), key=lambda pending: pending.sent_at))

    def __bool__(self) -> bool:
        """Return whether anything is under way."""
        return bool(self._held)

    def about(self, subject: Subject) -> Pending | None:
        """Return what is under way about a subject."""
        return self._held.get(subject)

    def is_believable(self, subject: Subject, reported_at: float) -> bool:
        """Return whether a report about the subject shows what will stay."""
        return reported_at >= self._doubtful_until.get(subject, reported_at)

    def doubt(self, subject: Subject, until: float) -> None:
        """Believe no report about the subject for a while: something may still come into effect."""
        before = self._doubtful_until.get(subject, until)
        self._doubtful_until[subject] = max(before, until)

    def add(self, kind: CommandKind, expected: Mapping[str, Any], now: float) -> None:
        """Note a command that the cloud took, or may have taken."""
        subject = SUBJECTS[kind]
        older = self._held.get(subject)
        if older is not None:
            both = _merged(older.expected, expected)
            if both != _merged(expected, older.expected):
                # The older one may come into effect after this one was sent, and before this one does.
                self._doubtful_until[subject] = now + TYPICAL_S
            expected = both
        self._held[subject] = Pending(
            kind=kind,
            expected=expected,
            sent_at=now,
            believed_from=max(now, self._doubtful_until.get(subject, now)),
        )

    def settle(self, status: Wire, reported_at: float) -> list[CommandKind]:
        """Return what a report proves, and forget it."""
        proven = [
            subject
            for subject, pending in self._held.items()
            if reported_at >= pending.believed_from and shows(status, pending.expected)
        ]
        return [self._held.pop(subject).kind for subject in proven]

    def expire(self, now: float) -> list[Pending]:
        """Return what is given up, and forget it; what follows is doubtful for a while."""
        lost = [s for s, pending in self._held.items() if now >= pending.gives_up_at]
        for subject in lost:
            self._doubtful_until[subject] = now + TYPICAL_S
        return [self._held.pop(subject) for subject in lost]
