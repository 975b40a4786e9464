"""Give the numbers of a WARP their names; they are translation keys of options."""

from typing import Final

CHARGE_MODES: Final = {
    0: "fast",
    1: "off",
    2: "solar",
    3: "minimum_and_solar",
    4: "default",
    5: "minimum",
    6: "eco",
    7: "eco_and_solar",
    8: "eco_and_minimum",
    9: "eco_minimum_and_solar",
}
DEFAULT_MODE: Final = 4
"""Means "unchanged" on the wire; nobody can choose it."""
DURATIONS: Final = {
    0: "off",
    1: "minutes_15",
    2: "minutes_30",
    3: "minutes_45",
    4: "hours_1",
    5: "hours_2",
    6: "hours_3",
    7: "hours_4",
    8: "hours_6",
    9: "hours_8",
    10: "hours_12",
}
LED_INDICATIONS: Final = {
    -1: "controller",
    0: "off",
    64: "dimmed",
    255: "on",
    1001: "confirm",
    1002: "reject",
    1003: "prompt",
}
LED_DURATION_MS: Final = 65535
"""The longest the device takes; the controller has its LED back afterwards."""
DC_FAULTS: Final = {
    0: "normal",
    1: "dc_6_ma",
    2: "system_error",
    3: "unknown_fault",
    4: "calibration",
    5: "ac_20_ma",
    6: "dc_6_ma_and_ac_20_ma",
}
LOCK_STATES: Final = {
    0: "initializing",
    1: "open",
    2: "closing",
    3: "closed",
    4: "opening",
    5: "error",
}
