"""List what an Andersen offers beyond what every charger does."""

from enum import StrEnum
from typing import Final

from ..features import (
    Amount,
    Audience,
    Command,
    Feature,
    Flag,
    Happening,
    Quantity,
    Reading,
    Toggle,
)
from .pending import CommandKind, Ending

NOTHING_PENDING: Final = "none"
CHECKING_VEHICLE: Final = "check_vehicle"


class LockOrigin(StrEnum):
    """Say who locked it."""

    UNLOCKED = "unlocked"
    BUSBAR = "busbar"
    """Our own command closed it while it was open."""
    ELSEWHERE = "elsewhere"
    """The app, another program, or it was locked before we came."""


class VehicleCheck(StrEnum):
    """Say how a look for a vehicle ended."""

    CONNECTED = "connected"
    NOT_CONNECTED = "not_connected"
    UNCLEAR = "unclear"


class CommandKey(StrEnum):
    """Name what a person can ask for."""

    CHARGE_NOW = "charge_now"
    RESTORE_SCHEDULE = "restore_schedule"
    DISABLE_SCHEDULES = "disable_schedules"
    RESET_RCM = "reset_residual_current_monitor"
    CHECK_VEHICLE = "check_vehicle"


COMMAND_RESULT: Final = "command_result"
VEHICLE_CHECK: Final = "vehicle_check"

SOLAR_SHARE: Final = "solar_grid_share"
SOLAR_ALWAYS: Final = "solar_charge_always"
SOLAR_OVERRIDE: Final = "solar_override"

SOLAR_ARGUMENTS: Final = {
    SOLAR_SHARE: "maxGridChargePercent",
    SOLAR_ALWAYS: "chargeAlways",
    SOLAR_OVERRIDE: "override",
}
"""Argument of `setSolar` by key."""

ALWAYS: Final[tuple[Feature, ...]] = (
    Flag(key="online"),
    Flag(key="locked_by_schedule"),
    Flag(key="schedule_restore_pending"),
    Reading(key="lock_origin", options=tuple(LockOrigin)),
    Reading(
        key="pending_command", options=(NOTHING_PENDING, *CommandKind, CHECKING_VEHICLE)
    ),
    Reading(key="session_start", is_moment=True),
    Reading(key="last_charge_start", is_moment=True),
    Reading(key="last_charge_duration", quantity=Quantity.DURATION_S, precision=0),
    Reading(key="last_charge_energy", quantity=Quantity.ENERGY_KWH, precision=2),
    Reading(key="last_charge_grid_energy", quantity=Quantity.ENERGY_KWH, precision=2),
    Reading(key="last_charge_solar_energy", quantity=Quantity.ENERGY_KWH, precision=2),
    Reading(
        key="last_charge_surplus_energy",
        audience=Audience.EXPERT,
        quantity=Quantity.ENERGY_KWH,
        precision=2,
    ),
    Reading(key="last_charge_cost", quantity=Quantity.MONETARY, precision=2),
    Reading(
        key="lifetime_cost", quantity=Quantity.MONETARY, is_counter=True, precision=2
    ),
    Reading(key="currency", audience=Audience.EXPERT, is_text=True),
    Reading(
        key="temperature",
        audience=Audience.SETUP,
        quantity=Quantity.TEMPERATURE_C,
        precision=1,
    ),
    Reading(key="fault_code", audience=Audience.EXPERT),
    Happening(key=COMMAND_RESULT, kinds=tuple(Ending)),
    Happening(key=VEHICLE_CHECK, kinds=tuple(VehicleCheck)),
    Command(key=CommandKey.CHARGE_NOW),
    Command(key=CommandKey.RESTORE_SCHEDULE),
    Command(key=CommandKey.DISABLE_SCHEDULES),
    Command(key=CommandKey.CHECK_VEHICLE, audience=Audience.EXPERT),
    Command(key=CommandKey.RESET_RCM, audience=Audience.SETUP),
)

# Nobody has proven that the solar mutation works, so these are off until somebody switches them on.
UNPROVEN: Final[tuple[Feature, ...]] = (
    Amount(
        key=SOLAR_SHARE,
        audience=Audience.EXPERT,
        persistent=True,
        quantity=Quantity.PERCENT,
        minimum=0,
        maximum=100,
        step=1,
    ),
    Toggle(key=SOLAR_ALWAYS, audience=Audience.EXPERT, persistent=True),
    Toggle(key=SOLAR_OVERRIDE, audience=Audience.EXPERT, persistent=True),
)

HOUSE: Final = {
    "grid_power": Reading(key="grid_power", quantity=Quantity.POWER_W, precision=0),
    "solar_power": Reading(key="solar_power", quantity=Quantity.POWER_W, precision=0),
}
"""Only where the house has current transformers: null without them."""
