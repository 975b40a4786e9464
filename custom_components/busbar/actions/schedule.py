"""The actions on a charger's own schedule: read its slots, and change one."""

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any, Final, cast

from homeassistant.const import ATTR_DEVICE_ID, WEEKDAYS
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..chargers.model import HasSchedule, ScheduleChange, ScheduleSlot
from ..const import DOMAIN
from ..coordinator import ChargerCoordinator
from ..schedule_entity import whole_minutes
from .arguments import charger_of, invalid, not_negative

ACTION_GET_SCHEDULE: Final = "get_schedule"
ACTION_SET_SCHEDULE: Final = "set_schedule"

ATTR_CURRENT: Final = "current"
ATTR_ENABLED: Final = "enabled"
ATTR_END: Final = "end"
ATTR_SLOT: Final = "slot"
ATTR_START: Final = "start"
ATTR_WEEKDAYS: Final = "weekdays"

# Values are checked by hand: what a schema refuses reaches nobody in their language.
_DEVICE_FIELD: Final = {vol.Required(ATTR_DEVICE_ID): cv.string}
_SET_SCHEDULE_SCHEMA: Final = vol.Schema(
    {
        **_DEVICE_FIELD,
        vol.Required(ATTR_SLOT): cv.string,
        vol.Optional(ATTR_START): object,
        vol.Optional(ATTR_END): object,
        vol.Optional(ATTR_WEEKDAYS): vol.All(cv.ensure_list, [object]),
        vol.Optional(ATTR_ENABLED): cv.boolean,
        vol.Optional(ATTR_CURRENT): object,
    }
)


@callback
def async_setup_schedule_actions(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        ACTION_GET_SCHEDULE,
        _async_get_schedule,
        schema=vol.Schema(_DEVICE_FIELD),
        supports_response=SupportsResponse.ONLY,
    )
    hass.services.async_register(
        DOMAIN,
        ACTION_SET_SCHEDULE,
        _async_set_schedule,
        schema=_SET_SCHEDULE_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_get_schedule(call: ServiceCall) -> ServiceResponse:
    """Answer the slots of a charger's own schedule, in its local time."""
    coordinator = _with_schedule(call)
    return _answer(coordinator, _known_slots(coordinator))


async def _async_set_schedule(call: ServiceCall) -> ServiceResponse:
    """Change one slot; what is not named keeps what it has, and so do the other slots."""
    coordinator = _with_schedule(call)
    change = _change(coordinator, call.data)
    charger = cast("HasSchedule", coordinator.charger)
    slots: list[ScheduleSlot] = []

    async def write() -> None:
        slots.extend(await charger.set_schedule([change]))

    await coordinator.async_command(write())
    # Some chargers show a change only minutes later, so the answer has what will be.
    return _answer(coordinator, slots)


def _with_schedule(call: ServiceCall) -> ChargerCoordinator:
    coordinator = charger_of(call)
    if not coordinator.capabilities.schedule_slots:
        raise invalid("no_schedule", device=coordinator.identity.name)
    return coordinator


def _known_slots(coordinator: ChargerCoordinator) -> tuple[ScheduleSlot, ...]:
    """Return the present slots; without them nothing could be kept as it is."""
    schedule = coordinator.data.schedule
    if schedule is None:
        raise invalid("schedule_unknown", device=coordinator.identity.name)
    return schedule


def _change(coordinator: ChargerCoordinator, data: Mapping[str, Any]) -> ScheduleChange:
    """Return what a call changes in a slot."""
    key: str = data[ATTR_SLOT]
    known = {slot.key for slot in _known_slots(coordinator)}
    slots = coordinator.capabilities.schedule_slots
    if key not in slots:
        raise invalid(
            "unknown_slot",
            device=coordinator.identity.name,
            slot=key,
            slots=", ".join(slots),
        )
    if key not in known and not {ATTR_START, ATTR_END} <= data.keys():
        raise invalid("slot_incomplete", device=coordinator.identity.name, slot=key)
    return ScheduleChange(
        key=key,
        start=_time(ATTR_START, data[ATTR_START]) if ATTR_START in data else None,
        end=_time(ATTR_END, data[ATTR_END]) if ATTR_END in data else None,
        weekdays=_weekdays(data[ATTR_WEEKDAYS]) if ATTR_WEEKDAYS in data else None,
        enabled=data.get(ATTR_ENABLED),
        limit_a=not_negative(ATTR_CURRENT, data[ATTR_CURRENT], "not_amperes")
        if ATTR_CURRENT in data
        else None,
    )


def _time(field: str, value: object) -> time:
    """Return a time of day, as a form, a template or a helper gives it."""
    parsed = dt_util.parse_time(value) if isinstance(value, str) else value
    if not isinstance(parsed, time):
        raise invalid("not_a_time", field=field, value=str(value))
    return whole_minutes(parsed)


def _weekdays(values: list[object]) -> frozenset[int]:
    for value in values:
        if value not in WEEKDAYS:
            raise invalid(
                "not_a_weekday", value=str(value), weekdays=", ".join(WEEKDAYS)
            )
    return frozenset(WEEKDAYS.index(str(value)) for value in values)


def _answer(
    coordinator: ChargerCoordinator, slots: Iterable[ScheduleSlot]
) -> dict[str, Any]:
    """Return the slots that are in use, and the keys of all."""
    keys = coordinator.capabilities.schedule_slots
    by_key = {slot.key: slot for slot in slots}
    return {
        "name": coordinator.identity.name,
        "keys": list(keys),
        "slots": [_slot_answer(by_key[key]) for key in keys if key in by_key],
    }


def _slot_answer(slot: ScheduleSlot) -> dict[str, Any]:
    return {
        ATTR_SLOT: slot.key,
        "name": slot.name,
        ATTR_START: slot.start.isoformat(),
        ATTR_END: slot.end.isoformat(),
        ATTR_WEEKDAYS: [WEEKDAYS[day] for day in sorted(slot.weekdays)],
        ATTR_ENABLED: slot.enabled,
        ATTR_CURRENT: slot.limit_a,
    }
