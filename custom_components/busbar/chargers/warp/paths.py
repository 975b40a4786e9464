"""List what may be read and what may be written at a WARP.

A GET on a command without payload *executes* it (stop charging, reboot, reset a meter), so nothing is
read that is not listed here, and nothing is written that is not listed either.
"""

import re
from typing import Final

INFO_NAME: Final = "info/name"
INFO_DISPLAY_NAME: Final = "info/display_name"
INFO_VERSION: Final = "info/version"
INFO_FEATURES: Final = "info/features"
KEEP_ALIVE: Final = "info/keep_alive"
"""Pushed only; it cannot be read."""

EVSE_STATE: Final = "evse/state"
SLOTS: Final = "evse/slots"
EXTERNAL_CURRENT: Final = "evse/external_current"
EXTERNAL_ENABLED: Final = "evse/external_enabled"
EXTERNAL_CLEAR: Final = "evse/external_clear_on_disconnect"
EXTERNAL_DEFAULTS: Final = "evse/external_defaults"
LOW_LEVEL_STATE: Final = "evse/low_level_state"
HARDWARE: Final = "evse/hardware_configuration"
BUTTON_STATE: Final = "evse/button_state"
GLOBAL_CURRENT: Final = "evse/global_current"
MANAGEMENT_ENABLED: Final = "evse/management_enabled"
MANAGEMENT_STATE: Final = "evse/management_state"
METER_CONFIG: Final = "evse/meter_config"
PHASES_CONNECTED: Final = "evse/phases_connected"
PHASE_AUTO_SWITCH: Final = "evse/phase_auto_switch"
LED_CONFIGURATION: Final = "evse/led_configuration"
INDICATOR_LED: Final = "evse/indicator_led"
CHARGE_MODE: Final = "evse/charge_mode"
SUPPORTED_CHARGE_MODES: Final = "evse/supported_charge_modes"

METER_STATE: Final = "meter/state"
METER_VALUES: Final = "meter/values"
METER_PHASES: Final = "meter/phases"
METER_ALL_VALUES: Final = "meter/all_values"

CURRENT_CHARGE: Final = "charge_tracker/current_charge"
LAST_CHARGES: Final = "charge_tracker/last_charges"
TRACKER_STATE: Final = "charge_tracker/state"
ACTIVE_LIMITS: Final = "charge_limits/active_limits"
SEEN_TAGS: Final = "nfc/seen_tags"
WIFI_STATE: Final = "wifi/state"

POWER_MANAGER_CONFIG: Final = "power_manager/config"
DYNAMIC_LOAD_CONFIG: Final = "power_manager/dynamic_load_config"
POWER_MANAGER_STATE: Final = "power_manager/state"
POWER_MANAGER_LOW_LEVEL: Final = "power_manager/low_level_state"
EXTERNAL_CONTROL: Final = "power_manager/external_control"
GROUP_CHARGE_MODE: Final = "power_manager/charge_mode"
MANAGER_CONFIG: Final = "charge_manager/config"
AVAILABLE_CURRENT: Final = "charge_manager/available_current"
GROUP_SUPPORTED_CHARGE_MODES: Final = "charge_manager/supported_charge_modes"

START_CHARGING: Final = "evse/start_charging"
STOP_CHARGING: Final = "evse/stop_charging"
REBOOT: Final = "reboot"
RESTART_LIMITS: Final = "charge_limits/restart"
OVERRIDE_DURATION: Final = "charge_limits/override_duration"
OVERRIDE_ENERGY: Final = "charge_limits/override_energy"
OVERRIDE_SOC: Final = "charge_limits/override_soc"

METER_SLOTS: Final = 7
"""The most meter slots that any generation has (an Energy Manager)."""

_EVERY_DEVICE: Final = (
    INFO_NAME,
    INFO_DISPLAY_NAME,
    INFO_VERSION,
    INFO_FEATURES,
    WIFI_STATE,
    MANAGER_CONFIG,
    AVAILABLE_CURRENT,
    GROUP_SUPPORTED_CHARGE_MODES,
    POWER_MANAGER_CONFIG,
    DYNAMIC_LOAD_CONFIG,
    POWER_MANAGER_STATE,
    POWER_MANAGER_LOW_LEVEL,
    EXTERNAL_CONTROL,
    GROUP_CHARGE_MODE,
)
_CHARGERS: Final = (
    EVSE_STATE,
    SLOTS,
    EXTERNAL_CURRENT,
    EXTERNAL_ENABLED,
    EXTERNAL_CLEAR,
    EXTERNAL_DEFAULTS,
    LOW_LEVEL_STATE,
    HARDWARE,
    BUTTON_STATE,
    GLOBAL_CURRENT,
    MANAGEMENT_ENABLED,
    MANAGEMENT_STATE,
    METER_CONFIG,
    PHASES_CONNECTED,
    PHASE_AUTO_SWITCH,
    LED_CONFIGURATION,
    INDICATOR_LED,
    CHARGE_MODE,
    SUPPORTED_CHARGE_MODES,
    "evse/management_current",
    "evse/user_current",
    "evse/user_enabled",
    "evse/automation_current",
    "evse/modbus_tcp_enabled",
    "evse/ocpp_enabled",
    "evse/eebus_enabled",
    "evse/p14a_enwg_enabled",
    "evse/auto_start_charging",
    "evse/boost_mode",
    "evse/ev_wakeup",
    "evse/phase_switch_wait_time",
    "evse/user_calibration",
    "evse/gpio_configuration",
    "evse/button_configuration",
    METER_STATE,
    METER_VALUES,
    METER_PHASES,
    METER_ALL_VALUES,
    CURRENT_CHARGE,
    LAST_CHARGES,
    TRACKER_STATE,
    ACTIVE_LIMITS,
    SEEN_TAGS,
)
_METER_SLOT_PATH: Final = re.compile(r"meters/\d{1,2}/(config|value_ids|values|state)")
_READABLE: Final = frozenset({*_EVERY_DEVICE, *_CHARGERS})

WRITABLE: Final = frozenset(
    {
        EXTERNAL_CURRENT,
        EXTERNAL_CLEAR,
        EXTERNAL_DEFAULTS,
        EXTERNAL_ENABLED,
        GLOBAL_CURRENT,
        "evse/auto_start_charging",
        "evse/boost_mode",
        "evse/ev_wakeup",
        PHASE_AUTO_SWITCH,
        LED_CONFIGURATION,
        INDICATOR_LED,
        CHARGE_MODE,
        OVERRIDE_DURATION,
        OVERRIDE_ENERGY,
        OVERRIDE_SOC,
        EXTERNAL_CONTROL,
        AVAILABLE_CURRENT,
        GROUP_CHARGE_MODE,
    }
)
COMMANDS: Final = frozenset({START_CHARGING, STOP_CHARGING, REBOOT, RESTART_LIMITS})


def is_readable(path: str) -> bool:
    """Return whether a GET on this path only reads."""
    return path in _READABLE or _METER_SLOT_PATH.fullmatch(path) is not None


def meter_path(slot: int, part: str) -> str:
    """Return the path of one part of a meter slot: config, value_ids, values or state."""
    return f"meters/{slot}/{part}"


def paths_to_read(*, is_charger: bool) -> tuple[str, ...]:
    """Return what is asked of a device that has just been met, meters not included."""
    return (*_EVERY_DEVICE, *_CHARGERS) if is_charger else _EVERY_DEVICE
