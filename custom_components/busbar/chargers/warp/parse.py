"""Read what a WARP says. Pure; garbage becomes None and never an exception."""

from collections.abc import Mapping
from dataclasses import dataclass
import math
from typing import Any, Final

from ..model import ChargerStatus, Limit

MILLI: Final = 1000
MAXIMUM_MA: Final = 32000
"""The most that any slot takes; above it the controller ignores a write without an error."""
MINIMUM_MA: Final = 6000

SLOT_KEYS: Final = (
    "incoming_cable",
    "outgoing_cable",
    "shutdown_input",
    "general_purpose_input",
    "manual_release",
    "configured_current",
    "user_authorization",
    "charge_manager",
    "external_control",
    "modbus_tcp_current",
    "modbus_tcp_enable",
    "ocpp",
    "charge_limits",
    "meter_required",
    "automation",
    "eebus",
    "grid_operator_14a",
    "grid_protection_r37",
)
UNKNOWN_SLOT: Final = "other_limit"
INCOMING_SLOT, OUTGOING_SLOT, RELEASE_SLOT, USER_SLOT, EXTERNAL_SLOT = 0, 1, 4, 6, 8

_ERROR_KEYS: Final = {
    2: "switch",
    3: "dc_residual_current",
    4: "contactor",
    5: "communication",
}
CALIBRATION_ERROR: Final = "calibration"
OTHER_ERROR: Final = "other"
ERROR_KEYS: Final = (*_ERROR_KEYS.values(), CALIBRATION_ERROR, OTHER_ERROR)

IEC_A, IEC_B, IEC_C, IEC_D, IEC_EF = range(5)
WAITS_FOR_RELEASE, READY, CHARGING, ERROR = range(1, 5)

BASE58: Final = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
Z_BASE_32: Final = "ybndrfg8ejkmcpqxot1uwisza345h769"
LARGEST_BASE58: Final = 257_899


def as_object(value: object) -> Mapping[str, Any]:
    """Return the value if it is a JSON object, an empty one otherwise."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return the value if it is a JSON array, an empty one otherwise."""
    return value if isinstance(value, list) else []


def as_bool(value: object) -> bool | None:
    """Return the value if it is true or false."""
    return value if isinstance(value, bool) else None


def as_int(value: object) -> int | None:
    """Return the value if it is an integer of at most 64 bits."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) < 2**64 else None


def as_number(value: object) -> float | None:
    """Return the value if it is a finite number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    whole = as_int(value)
    return None if whole is None else float(whole)


def as_text(value: object) -> str | None:
    """Return the value if it is a text that is not empty."""
    return value if isinstance(value, str) and value else None


def amperes(value: object) -> float | None:
    """Return milliamperes as amperes."""
    milliamperes = as_int(value)
    if milliamperes is None or milliamperes < 0:
        return None
    return milliamperes / MILLI


def milliamperes(current_a: float) -> int:
    """Return amperes as what the controller takes: 0, or 6000 to 32000.

    Everything between and beyond is answered with 200 and silently ignored.
    """
    rounded = round(current_a * MILLI)
    return 0 if rounded < MINIMUM_MA else min(rounded, MAXIMUM_MA)


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """One of the limits that the charge controller applies."""

    number: int
    current_a: float
    is_active: bool
    clears_on_disconnect: bool

    @property
    def key(self) -> str:
        """Return the name of the slot."""
        return SLOT_KEYS[self.number] if self.number < len(SLOT_KEYS) else UNKNOWN_SLOT

    @property
    def blocks(self) -> bool:
        """Return whether this slot alone forbids charging."""
        return self.is_active and self.current_a == 0


def parse_slots(value: object) -> dict[int, Slot]:
    """Return the slots by number; any length is fine."""
    slots = {}
    for number, entry in enumerate(as_list(value)):
        fields = as_object(entry)
        current_a = amperes(fields.get("max_current"))
        is_active = as_bool(fields.get("active"))
        if current_a is None or is_active is None:
            continue
        slots[number] = Slot(
            number=number,
            current_a=current_a,
            is_active=is_active,
            clears_on_disconnect=fields.get("clear_on_disconnect") is True,
        )
    return slots


def limits_of(slots: Mapping[int, Slot]) -> tuple[Limit, ...]:
    """Return the active slots as limits."""
    return tuple(
        Limit(
            key=slot.key, current_a=slot.current_a, is_ours=slot.number == EXTERNAL_SLOT
        )
        for slot in slots.values()
        if slot.is_active
    )


def hardware_limit_a(slots: Mapping[int, Slot]) -> float:
    """Return what the two cables carry, 32 A where the charger does not say."""
    cables = [
        slots[number].current_a
        for number in (INCOMING_SLOT, OUTGOING_SLOT)
        if number in slots
    ]
    usable = [current_a for current_a in cables if current_a >= MINIMUM_MA / MILLI]
    return min([*usable, MAXIMUM_MA / MILLI])


@dataclass(frozen=True, kw_only=True, slots=True)
class EvseState:
    """The two state numbers and the error of `evse/state`."""

    iec: int | None
    charger: int | None
    error: str | None
    offered_a: float | None

    @property
    def vehicle_connected(self) -> bool | None:
        """Return whether a vehicle is there; a fault leaves that open."""
        return (
            None if self.iec not in (IEC_A, IEC_B, IEC_C, IEC_D) else self.iec != IEC_A
        )

    @property
    def raw(self) -> str | None:
        """Return both numbers as they came."""
        if self.iec is None and self.charger is None:
            return None
        return f"iec61851 {self.iec}, charger {self.charger}"


def parse_evse_state(value: object) -> EvseState:
    """Read `evse/state`."""
    fields = as_object(value)
    iec = as_int(fields.get("iec61851_state"))
    return EvseState(
        iec=iec,
        charger=as_int(fields.get("charger_state")),
        error=_error_key(fields, iec),
        offered_a=amperes(fields.get("allowed_charging_current")),
    )


def _error_key(fields: Mapping[str, Any], iec: int | None) -> str | None:
    """Return the key of the error, `none` without one."""
    code = as_int(fields.get("error_state"))
    if code is None:
        return None
    if code == 0:
        return OTHER_ERROR if iec == IEC_EF else "none"
    # The same number, before there was a residual current sensor to fail.
    if code == 3 and "dc_fault_current_state" not in fields:
        return CALIBRATION_ERROR
    return _ERROR_KEYS.get(code, OTHER_ERROR)


def status_of(
    state: EvseState, slots: Mapping[int, Slot], *, has_declined: bool
) -> ChargerStatus | None:
    """Return the status; `has_declined` says that the vehicle takes nothing although it could."""
    if state.charger == ERROR or state.iec == IEC_EF:
        return ChargerStatus.ERROR
    if state.iec == IEC_A:
        return ChargerStatus.DISCONNECTED
    if state.iec == IEC_D:
        # Ventilation is asked for and not supported: nothing is offered.
        return ChargerStatus.SUSPENDED_BY_CHARGER
    if state.charger == CHARGING:
        return ChargerStatus.CHARGING
    if state.charger == READY:
        return (
            ChargerStatus.SUSPENDED_BY_VEHICLE
            if has_declined
            else ChargerStatus.CONNECTED
        )
    if state.charger == WAITS_FOR_RELEASE:
        return _blocked_status(slots)
    return None


def _blocked_status(slots: Mapping[int, Slot]) -> ChargerStatus:
    """Return by whom a waiting vehicle is held back."""
    if USER_SLOT in slots and slots[USER_SLOT].blocks:
        return ChargerStatus.AWAITING_AUTHORIZATION
    if RELEASE_SLOT in slots and slots[RELEASE_SLOT].blocks:
        return ChargerStatus.PAUSED
    return ChargerStatus.SUSPENDED_BY_CHARGER


def uid_from_number(number: int) -> str | None:
    """Return the text form of a uid that discovery or a charger list gives as a number.

    Small numbers are base58, larger ones z-base-32, most significant digit first.
    """
    if not 0 < number < 2**32:
        return None
    alphabet = BASE58 if number <= LARGEST_BASE58 else Z_BASE_32
    text = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        text = alphabet[digit] + text
    return text


def firmware_version(value: object) -> str | None:
    """Return the version without its build stamp."""
    firmware = as_text(as_object(value).get("firmware"))
    return None if firmware is None else firmware.partition("+")[0] or None


def features_of(value: object) -> frozenset[str]:
    """Return the names in `info/features`."""
    return frozenset(name for name in as_list(value) if isinstance(name, str))
