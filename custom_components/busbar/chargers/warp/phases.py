"""Switch between one phase and three, where a WARP can and may."""

from typing import Final

from ..errors import Rejected, Unsupported
from .link import Link
from .parse import as_bool, as_int, as_list, as_object, features_of
from .paths import (
    EXTERNAL_CONTROL,
    INFO_FEATURES,
    LOW_LEVEL_STATE,
    METER_PHASES,
    PHASES_CONNECTED,
    POWER_MANAGER_LOW_LEVEL,
    POWER_MANAGER_STATE,
)
from .states import States

AVAILABLE, DISABLED, FAILED, SWITCHING = range(4)
_HINDRANCES: Final = {
    DISABLED: "switching phases is disabled at the charger",
    FAILED: "the charger cannot switch phases now, because of an error",
}
ONE_PHASE_VEHICLE: Final = 1
"""Bit of `phases_info`: the controller takes the vehicle for a one-phase one."""


def control_state(states: States) -> int | None:
    """Return whether phases may be switched from outside."""
    return as_int(states.object(POWER_MANAGER_STATE).get("external_control"))


def can_switch(states: States) -> bool:
    """Return whether phases can be switched now, or are being switched."""
    return (
        "phase_switch" in features_of(states.get(INFO_FEATURES))
        and EXTERNAL_CONTROL in states
        and control_state(states) in (AVAILABLE, SWITCHING)
    )


def possible(states: States) -> frozenset[int]:
    """Return the phase counts it can charge with in this installation."""
    if can_switch(states):
        return frozenset({1, 3})
    connected = as_int(states.object(PHASES_CONNECTED).get("phases"))
    if connected is None:
        flags = as_list(states.object(METER_PHASES).get("phases_connected"))
        connected = sum(flag is True for flag in flags)
    return frozenset({connected if connected in (1, 2) else 3})


def present(states: States) -> int | None:
    """Return with how many phases it charges, or would."""
    count = as_int(states.object(LOW_LEVEL_STATE).get("phases_current"))
    if count in (1, 2, 3):
        return count
    is_three = as_bool(states.object(POWER_MANAGER_LOW_LEVEL).get("is_3phase"))
    if is_three is not None:
        return 3 if is_three else 1
    fixed = possible(states)
    return next(iter(fixed)) if len(fixed) == 1 and METER_PHASES in states else None


def wanted(states: States) -> int | None:
    """Return the last wish, where there was one."""
    count = as_int(states.object(EXTERNAL_CONTROL).get("phases_wanted"))
    return count if count in (1, 3) else None


def is_switching(states: States) -> bool | None:
    """Return whether it is switching; `None` where it never can."""
    if control_state(states) == SWITCHING:
        return True
    state = as_int(states.object(LOW_LEVEL_STATE).get("phases_state"))
    if state is None:
        return False if can_switch(states) else None
    return state != 0


async def switch(link: Link, count: int) -> None:
    """Ask for one phase or three; the switch itself may take more than a minute."""
    if not can_switch(link.states):
        msg = "this charger cannot switch phases now"
        raise Unsupported(msg)
    if count not in (1, 3):
        msg = f"{count} phases cannot be chosen: 1 or 3"
        raise Rejected(msg)
    await link.make_sure()
    # It flips for a moment after configuration changes, so what was pushed may be old.
    await link.read(POWER_MANAGER_STATE)
    control = control_state(link.states)
    if control in _HINDRANCES:
        raise Rejected(_HINDRANCES[control])
    if control == SWITCHING and wanted(link.states) != count:
        msg = "the charger is already switching phases"
        raise Rejected(msg)
    info = as_int(link.states.object(LOW_LEVEL_STATE).get("phases_info")) or 0
    if count == 3 and info & ONE_PHASE_VEHICLE:
        # It would be answered with 200 and forgotten.
        msg = "the charger takes the vehicle for a one-phase one and stays on one phase"
        raise Rejected(msg)
    await link.write(
        EXTERNAL_CONTROL,
        {"phases_wanted": count},
        holds=lambda payload: as_object(payload).get("phases_wanted") == count,
    )
