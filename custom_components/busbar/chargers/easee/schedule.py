"""Translate between the cloud's charge plans and our schedule slots. Pure.

A daily plan is one slot, a weekly plan up to seven: periods with the same times and amperes on
several days are one. What a slot cannot say (a window over several days) is kept. Slots are numbered
by their place in the plan, so none is written before those in front of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from ..errors import Rejected, SlotCurrentOutOfRange, SlotSkipped
from ..model import ScheduleChange, ScheduleSlot
from .const import HARDWARE_A, MINIMUM_A

DAILY: Final = "daily"
WEEKLY: Final = "weekly"
WEEKLY_KEYS: Final = tuple(f"weekly_{number}" for number in range(1, 8))
SLOT_KEYS: Final = (DAILY, *WEEKLY_KEYS)
DAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
EVERY_DAY: Final = frozenset(range(7))
DEFAULT_A: Final = 32

type Zones = Callable[[str], tzinfo]
type Plan = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """One window of time with its amperes, on some days."""

    start: time
    end: time
    limit_a: int
    weekdays: frozenset[int] = EVERY_DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalTime:
    """Where the times of a plan are and where ours are; `monday` fixes the offsets."""

    name: str
    zone: tzinfo
    zones: Zones
    monday: date


def slots(answer: object, local: LocalTime) -> tuple[ScheduleSlot, ...]:
    """Return the slots of all plans of a charger, in our local time."""
    if not isinstance(answer, dict):
        return ()
    active, found = answer.get("enabled"), []
    daily = windows(answer.get(DAILY), local)
    if daily:
        found.append(_slot(DAILY, daily[0], enabled=active == DAILY))
    weekly = windows(answer.get(WEEKLY), local)
    found.extend(
        _slot(key, window, enabled=active == WEEKLY)
        for key, window in zip(WEEKLY_KEYS, weekly, strict=False)
    )
    return tuple(found)


def windows(plan: object, local: LocalTime) -> list[Window]:
    """Return the windows of one plan, merged over days, in our local time and in its order."""
    merged: dict[tuple[time, time, int], set[int]] = {}
    for period in _periods(plan):
        window = _window(period, _zone(plan, local), local)
        if window is not None:
            key = (window.start, window.end, window.limit_a)
            merged.setdefault(key, set()).update(window.weekdays)
    return [
        Window(start=start, end=end, limit_a=limit_a, weekdays=frozenset(days))
        for (start, end, limit_a), days in merged.items()
    ]


def plan_bodies(
    answer: object, changes: Sequence[ScheduleChange], local: LocalTime
) -> dict[str, dict[str, Any] | None]:
    """Return what to send per kind of plan: its new body, or `None` to delete it.

    A slot without days is removed; what is not named keeps what it has. Raises Rejected
    for what the cloud cannot keep.
    """
    changed = _changed(changes, slots(answer, local))
    present = answer if isinstance(answer, dict) else {}
    active = present.get("enabled")
    bodies: dict[str, dict[str, Any] | None] = {}
    for kind, keys in ((DAILY, (DAILY,)), (WEEKLY, WEEKLY_KEYS)):
        named = {slot.key: slot for slot in changed if slot.key in keys}
        if named:
            plan = present.get(kind)
            enabled = _enabled(named.values(), otherwise=active == kind)
            bodies[kind] = _body(kind, plan, named, enabled, local)
    if sum(bool(body and body["enabled"]) for body in bodies.values()) > 1:
        raise Rejected("only one plan can be active, the daily or the weekly one")
    return bodies


def _changed(
    changes: Sequence[ScheduleChange], present: Sequence[ScheduleSlot]
) -> list[ScheduleSlot]:
    """Return the whole slots that changes lead to."""
    by_key = {slot.key: slot for slot in present}
    changed = []
    for change in changes:
        if change.key not in SLOT_KEYS:
            raise Rejected(f"there is no slot {change.key}")
        slot = change.over(by_key.get(change.key))
        if slot is None:
            raise Rejected("a free slot needs its start and its end")
        changed.append(slot)
    return changed


def _body(
    kind: str,
    plan: object,
    named: Mapping[str, ScheduleSlot],
    enabled: bool,
    local: LocalTime,
) -> dict[str, Any] | None:
    """Return the new body of one plan."""
    keys = (DAILY,) if kind == DAILY else WEEKLY_KEYS
    present = windows(plan, local)
    _check_order(keys[len(present) :], named)
    by_key: dict[str, Window | None] = dict(zip(keys, present, strict=False))
    by_key |= {key: _from_slot(slot) for key, slot in named.items()}
    kept = [window for window in by_key.values() if window is not None]
    kept += present[len(keys) :]
    periods = [period for window in kept for period in _to_periods(kind, window)]
    periods += [_kept(period, plan, local) for period in _unspeakable(plan, local)]
    if not periods:
        return None
    return {"enabled": enabled, "timezone": local.name, "periods": periods}


def _check_order(free: Sequence[str], named: Mapping[str, ScheduleSlot]) -> None:
    """Raise SlotSkipped for a new slot behind one that stays free."""
    new = [key for key in free if key in named and named[key].weekdays]
    for key, next_free in zip(new, free, strict=False):
        if key != next_free:
            raise SlotSkipped(key, next_free)


def _enabled(named: Any, *, otherwise: bool) -> bool:
    """Return whether the plan is to be active: it is switched as a whole."""
    wishes = {slot.enabled for slot in named if slot.weekdays}
    if len(wishes) > 1:
        raise Rejected("the weekly plan is switched on or off as a whole")
    return wishes.pop() if wishes else otherwise


def _from_slot(slot: ScheduleSlot) -> Window | None:
    if not slot.weekdays:
        return None
    if slot.key == DAILY and slot.weekdays != EVERY_DAY:
        raise Rejected("the daily plan starts on every day")
    if slot.start == slot.end:
        raise Rejected("a window ends at another time than it starts")
    return Window(
        start=slot.start,
        end=slot.end,
        limit_a=DEFAULT_A if slot.limit_a is None else _amperes(slot.limit_a),
        weekdays=slot.weekdays,
    )


def _amperes(limit_a: float) -> int:
    """Return whole amperes. Raises SlotCurrentOutOfRange for what no charger can offer."""
    if limit_a != 0 and not MINIMUM_A <= limit_a <= HARDWARE_A:
        raise SlotCurrentOutOfRange(limit_a, MINIMUM_A, HARDWARE_A)
    return int(limit_a)


def _to_periods(kind: str, window: Window) -> list[dict[str, Any]]:
    times: dict[str, Any] = {
        "startTime": window.start.strftime("%H:%M:%S"),
        "stopTime": window.end.strftime("%H:%M:%S"),
        "maximumAmps": window.limit_a,
    }
    if kind == DAILY:
        return [times]
    nights = 1 if window.end <= window.start else 0
    return [
        {"startDay": DAYS[day], "stopDay": DAYS[(day + nights) % 7], **times}
        for day in sorted(window.weekdays)
    ]


def _slot(key: str, window: Window, *, enabled: bool) -> ScheduleSlot:
    return ScheduleSlot(
        key=key,
        start=window.start,
        end=window.end,
        weekdays=window.weekdays,
        enabled=enabled,
        limit_a=float(window.limit_a),
    )


def _periods(plan: object) -> list[dict[str, Any]]:
    periods = plan.get("periods") if isinstance(plan, dict) else None
    if not isinstance(periods, list):
        return []
    return [period for period in periods if isinstance(period, dict)]


def _unspeakable(plan: object, local: LocalTime) -> list[dict[str, Any]]:
    """Return the periods that no slot can say."""
    zone = _zone(plan, local)
    return [period for period in _periods(plan) if _window(period, zone, local) is None]


def _kept(period: dict[str, Any], plan: object, local: LocalTime) -> dict[str, Any]:
    """Return a period that no slot can say as it stands in a plan of our zone.

    Raises Rejected for one of another zone that cannot be read: written as it is, it would be another.
    """
    zone = _zone(plan, local)
    if zone == local.zone:
        return period
    try:
        starts = _moment(period["startDay"], period["startTime"], zone, local)
        stops = _moment(period["stopDay"], period["stopTime"], zone, local)
    except KeyError, TypeError, ValueError:
        raise Rejected(
            "the plan has a window that cannot be read and would be lost"
        ) from None
    return {
        **period,
        "startDay": DAYS[starts.weekday()],
        "stopDay": DAYS[stops.weekday()],
        "startTime": starts.strftime("%H:%M:%S"),
        "stopTime": stops.strftime("%H:%M:%S"),
    }


def _moment(day: object, clock: object, zone: tzinfo, local: LocalTime) -> datetime:
    """Return a time on a day of this week in our zone."""
    on = local.monday + timedelta(days=DAYS.index(str(day)))
    at = time.fromisoformat(str(clock)).replace(tzinfo=None)
    return datetime.combine(on, at, zone).astimezone(local.zone)


def _zone(plan: object, local: LocalTime) -> tzinfo:
    name = plan.get("timezone") if isinstance(plan, dict) else None
    if name == local.name or not isinstance(name, str):
        return local.zone
    return local.zones(name)


def _window(period: Mapping[str, Any], zone: tzinfo, local: LocalTime) -> Window | None:
    """Return one period as a window in our time, `None` where it is none."""
    try:
        start = time.fromisoformat(str(period["startTime"])).replace(tzinfo=None)
        end = time.fromisoformat(str(period["stopTime"])).replace(tzinfo=None)
        limit_a = int(period.get("maximumAmps", DEFAULT_A))
        day = DAYS.index(period["startDay"]) if "startDay" in period else None
        stop = DAYS.index(period["stopDay"]) if day is not None else None
    except KeyError, TypeError, ValueError:
        return None
    nights = 1 if end <= start else 0
    if day is not None and stop is not None and (stop - day) % 7 != nights:
        return None
    first = local.monday + timedelta(days=day or 0)
    begins = datetime.combine(first, start, zone).astimezone(local.zone)
    ends = datetime.combine(first + timedelta(days=nights), end, zone)
    return Window(
        start=begins.time(),
        end=ends.astimezone(local.zone).time(),
        limit_a=limit_a,
        weekdays=EVERY_DAY if day is None else frozenset({begins.weekday()}),
    )
