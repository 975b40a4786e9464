"""Turn schedule slots of the wire into ours and back, whole slots only."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any, Final

from ..errors import EmptyWindow, Rejected
from ..model import ScheduleChange, ScheduleSlot
from .values import Wire, flag, table, text, whole

SLOT_KEYS: Final = tuple(f"schedule_{index + 1}" for index in range(5))
"""Our keys; the wire says `sch0` to `sch4` when written, and gives a list when read."""
WIRE_KEYS: Final = tuple(f"sch{index}" for index in range(5))
DAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


def read_slots(status: Wire, names: Sequence[str | None]) -> tuple[ScheduleSlot, ...]:
    """Return the slots that can be read; one with holes in it is left out."""
    found = (
        _read_slot(index, raw, names) for index, raw in enumerate(raw_slots(status))
    )
    return tuple(slot for slot in found if slot is not None)


def raw_slots(status: Wire) -> list[Wire]:
    """Return up to five slots as they came, an empty table for one that is null."""
    listed = status.get("scheduleSlotsArray")
    if not isinstance(listed, list | tuple):
        return []
    return [table(raw) for raw in listed[: len(SLOT_KEYS)]]


def _read_slot(
    index: int, raw: Wire, names: Sequence[str | None]
) -> ScheduleSlot | None:
    start = _time(raw.get("startHour"), raw.get("startMinute"))
    end = _time(raw.get("endHour"), raw.get("endMinute"))
    enabled = flag(raw.get("enabled"))
    if start is None or end is None or enabled is None:
        return None
    days = table(raw.get("dayMap"))
    return ScheduleSlot(
        key=SLOT_KEYS[index],
        start=start,
        end=end,
        weekdays=frozenset(i for i, day in enumerate(DAYS) if flag(days.get(day))),
        enabled=enabled,
        name=names[index] if index < len(names) else None,
    )


def _time(hour: object, minute: object) -> time | None:
    """Return a time of day; 24:00 is midnight."""
    hours, minutes = whole(hour), whole(minute)
    if hours is None or minutes is None or not 0 <= minutes <= 59:
        return None
    if hours == 24 and minutes == 0:
        return time(0)
    return time(hours, minutes) if 0 <= hours <= 23 else None


def schedule_names(info: Wire) -> tuple[str | None, ...]:
    """Return the names of the slots as a person gave them in the app."""
    return tuple(text(info.get(f"schedule{index}Name")) for index in range(5))


def written_slot(raw: Wire, change: ScheduleChange) -> dict[str, Any]:
    """Return the whole slot to write: what was read, with what changes in it."""
    slot = change.over(_read_slot(SLOT_KEYS.index(change.key), raw, ()))
    if slot is None:
        msg = "the charger does not show this slot"
        raise Rejected(msg)
    if slot.enabled and slot.is_empty:
        # Enabled slots lock whenever none of them is open, so with this one alone it would stay locked.
        msg = "an enabled slot needs a day, and an end that is not its start"
        raise EmptyWindow(msg)
    whole = named_fields(slot)
    return {
        **whole,
        **whole_slot(raw),
        "dayMap": whole["dayMap"],
        **named_fields(change),
    }


def named_fields(slot: ScheduleChange | ScheduleSlot) -> dict[str, Any]:
    """Return in words of the wire what a change names; a whole slot names everything."""
    fields: dict[str, Any] = {}
    if slot.start is not None:
        fields |= {"startHour": slot.start.hour, "startMinute": slot.start.minute}
    if slot.end is not None:
        fields |= {"endHour": slot.end.hour, "endMinute": slot.end.minute}
    if slot.enabled is not None:
        fields["enabled"] = slot.enabled
    if (days := slot.weekdays) is not None:
        fields["dayMap"] = {day: index in days for index, day in enumerate(DAYS)}
    return fields


def slots_ahead(status: Wire, under_way: Wire) -> dict[str, Wire]:
    """Return the slots by wire key, as they will be once what is under way came into effect."""
    return {
        key: {**raw, **table(under_way.get(key))}
        for key, raw in zip(WIRE_KEYS, raw_slots(status), strict=False)
    }


def whole_slot(raw: Wire) -> dict[str, Any]:
    """Return a slot as it was read, without what the input type refuses."""
    return {
        key: whole_slot(value) if isinstance(value, Mapping) else value
        for key, value in raw.items()
        if key != "__typename" and value is not None
    }


def enabled_slots(status: Wire) -> dict[str, bool]:
    """Return which slots are on, by wire key; slots that do not say are left out."""
    flags = {
        key: flag(raw.get("enabled"))
        for key, raw in zip(WIRE_KEYS, raw_slots(status), strict=False)
    }
    return {key: value for key, value in flags.items() if value is not None}


def slots_to_restore(
    status: Wire, enabled: Mapping[str, bool], under_way: Wire
) -> dict[str, Any]:
    """Return the whole slots to write so that `enabled` is as it was; the rest stays as it is.

    A slot that was on is written even if it looks as if it were on: what switched it off may not have
    reached the charger yet, and comes into effect later. So is one that is about to be switched on.
    """
    now = enabled_slots(status)
    ahead = slots_ahead(status, under_way)
    return {
        key: {**whole_slot(ahead[key]), "enabled": wanted}
        for key, wanted in enabled.items()
        if key in now and (wanted or now[key] or flag(ahead[key].get("enabled")))
    }
