"""Keep the five schedule slots of a charger, in the form of the wire."""

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

DAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
SLOT_COUNT = 5


def empty_slot() -> dict[str, Any]:
    """Return a slot as it leaves the factory."""
    return {
        "startHour": 0,
        "startMinute": 30,
        "endHour": 4,
        "endMinute": 30,
        "enabled": False,
        "dayMap": dict.fromkeys(DAYS, True),
    }


class Slots:
    """Hold five windows and answer whether charging is allowed by them."""

    def __init__(self) -> None:
        """Begin with five disabled windows."""
        self._slots = [empty_slot() for _ in range(SLOT_COUNT)]

    @property
    def is_enabled(self) -> bool:
        """Whether at least one window is enabled."""
        return any(slot["enabled"] for slot in self._slots)

    def wire(self) -> list[dict[str, Any]]:
        """Return a copy in the form of the wire."""
        return deepcopy(self._slots)

    def write(self, changes: dict[str, dict[str, Any] | None]) -> None:
        """Replace slots given as `sch0` to `sch4`; the others stay as they are.

        A slot is taken as it comes: what a partial one leaves out is lost.
        """
        for key, slot in changes.items():
            if slot is not None:
                self._slots[int(key.removeprefix("sch"))] = {
                    **dict.fromkeys(empty_slot()),
                    **deepcopy(slot),
                }

    def disable_all(self) -> None:
        """Switch all five off; nobody remembers which were on."""
        for slot in self._slots:
            slot["enabled"] = False

    def blocks(self, local: datetime) -> bool:
        """Return whether some window is enabled and none contains this moment."""
        return self.is_enabled and not any(
            self._contains(slot, local) for slot in self._slots if slot["enabled"]
        )

    def _contains(self, slot: dict[str, Any], local: datetime) -> bool:
        """Return whether a window, which may pass midnight, contains the moment."""
        start = (slot["startHour"] or 0) * 60 + (slot["startMinute"] or 0)
        end = (slot["endHour"] or 0) * 60 + (slot["endMinute"] or 0)
        minute = local.hour * 60 + local.minute
        days = slot["dayMap"] or {}
        today = DAYS[local.weekday()]
        yesterday = DAYS[(local - timedelta(days=1)).weekday()]
        if start <= end:
            return bool(days.get(today)) and start <= minute < end
        return (bool(days.get(today)) and minute >= start) or (
            bool(days.get(yesterday)) and minute < end
        )
