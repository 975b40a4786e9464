"""Number what chargers and Equalizers report, and translate the vendor's codes.

The same number means different things for the two kinds of product.
"""

from enum import IntEnum
from typing import Final


class Obs(IntEnum):
    """Observations of a charger that we use."""

    OFFLINE_REASON = 11
    GRID_TYPE = 21
    CIRCUIT_MAXIMUM_1 = 22
    CIRCUIT_MAXIMUM_2 = 23
    CIRCUIT_MAXIMUM_3 = 24
    LOCK_PERMANENTLY = 30
    ENABLED = 31
    IDLE_CURRENT = 37
    PHASE_MODE = 38
    LED_BRIGHTNESS = 40
    AUTHORIZATION_REQUIRED = 42
    SMART_BUTTON = 44
    OFFLINE_CHARGING_MODE = 45
    LED_MODE = 46
    CHARGER_MAXIMUM = 47
    CHARGER_DYNAMIC = 48
    OFFLINE_1 = 50
    OFFLINE_2 = 51
    OFFLINE_3 = 52
    SCHEDULE = 62
    ALLOCATED_1 = 70
    ALLOCATED_2 = 71
    ALLOCATED_3 = 72
    CIRCUIT_CURRENT_1 = 73
    CIRCUIT_CURRENT_2 = 74
    CIRCUIT_CURRENT_3 = 75
    FIRMWARE = 80
    REASON = 96
    PILOT_MODE = 100
    SMART_CHARGING = 102
    CABLE_LOCKED = 103
    CABLE_RATING = 104
    MODE = 109
    OUTPUT_PHASE = 110
    DYNAMIC_1 = 111
    DYNAMIC_2 = 112
    DYNAMIC_3 = 113
    OUTPUT_CURRENT = 114
    DERATED_CURRENT = 115
    DERATING = 116
    ERROR_CODE = 119
    POWER_KW = 120
    SESSION_ENERGY = 121
    ENERGY_LAST_HOUR = 122
    LIFETIME_ENERGY = 124
    FINISHED_SESSION = 129
    CELL_RSSI = 130
    WIFI_RSSI = 132
    LOCAL_RSSI = 136
    RADIO = 141
    NODE_TYPE = 146
    TEMPERATURE = 150
    CURRENT_T3 = 183
    CURRENT_T4 = 184
    CURRENT_T5 = 185
    VOLTAGE_T2T3 = 194
    VOLTAGE_T2T4 = 195
    VOLTAGE_T2T5 = 196
    VOLTAGE_T3T4 = 197
    VOLTAGE_T3T5 = 198
    VOLTAGE_T4T5 = 199
    FATAL_ERROR = 219
    EQUALIZER_1 = 230
    EQUALIZER_2 = 231
    EQUALIZER_3 = 232
    ONLINE = 250


class MeterObs(IntEnum):
    """Observations of an Equalizer that we use."""

    FIRMWARE = 21
    GRID_TYPE = 29
    PHASES = 30
    CURRENT_1 = 31
    CURRENT_2 = 32
    CURRENT_3 = 33
    VOLTAGE_1 = 34
    VOLTAGE_2 = 35
    VOLTAGE_3 = 36
    IMPORT_KW = 40
    EXPORT_KW = 41
    IMPORTED_KWH = 45
    EXPORTED_KWH = 46
    LOCAL_RSSI = 70
    AVAILABLE_1 = 87
    AVAILABLE_2 = 88
    AVAILABLE_3 = 89
    ONLINE = 250


type Triple = tuple[int, int, int]

CIRCUIT_MAXIMUM: Final[Triple] = (22, 23, 24)
OFFLINE: Final[Triple] = (50, 51, 52)
ALLOCATED: Final[Triple] = (70, 71, 72)
CIRCUIT_CURRENT: Final[Triple] = (73, 74, 75)
DYNAMIC: Final[Triple] = (111, 112, 113)
TERMINALS: Final[Triple] = (183, 184, 185)
"""Currents of the terminals T3, T4, T5, which are L1, L2, L3."""
TO_NEUTRAL: Final[Triple] = (194, 195, 196)
BETWEEN_LINES: Final[Triple] = (197, 199, 198)
"""L1-L2, L2-L3, L3-L1: the voltages that matter on a grid without neutral."""
EQUALIZER: Final[Triple] = (230, 231, 232)
OF_CIRCUIT: Final = frozenset(
    {*CIRCUIT_MAXIMUM, *OFFLINE, *ALLOCATED, *CIRCUIT_CURRENT, *DYNAMIC}
)
"""What the master of a circuit reports for all of them."""

# A finished session carries the tag of whoever charged; it comes by the stream alone.
POLLED: Final = tuple(
    int(observation) for observation in Obs if observation != Obs.FINISHED_SESSION
)
METER_POLLED: Final = tuple(int(observation) for observation in MeterObs)

PRODUCTS: Final = {
    1: "Home",
    2: "Charge Lite",
    3: "Charge Max",
    4: "Charge Up",
    100: "Charge",
    102: "Charge Core",
    103: "Charge Pro",
    400: "Charge One",
}

REASONS: Final = {
    0: "none",
    1: "circuit_maximum_too_low",
    2: "circuit_dynamic_too_low",
    3: "offline_limit_too_low",
    4: "circuit_fuse_too_low",
    5: "queued",
    6: "queued_as_full",
    7: "illegal_grid_type",
    8: "no_request_received",
    9: "no_connection_to_primary",
    10: "equalizer_too_low",
    11: "phase_not_connected",
    25: "limited_by_circuit_fuse",
    26: "limited_by_circuit_maximum",
    27: "limited_by_circuit_dynamic",
    28: "limited_by_equalizer",
    29: "limited_by_load_balancing",
    30: "limited_by_offline_limit",
    50: "no_vehicle",
    51: "charger_maximum_too_low",
    52: "charger_dynamic_too_low",
    53: "charger_disabled",
    54: "waiting_for_schedule",
    55: "waiting_for_authorization",
    56: "charger_error",
    57: "erratic_vehicle",
    75: "limited_by_cable",
    76: "limited_by_schedule",
    77: "limited_by_charger_maximum",
    78: "limited_by_charger_dynamic",
    79: "vehicle_not_charging",
    80: "limited_by_local_adjustment",
    81: "limited_by_vehicle",
    100: "undefined",
}

TN_THREE_PHASE: Final = 1
SWITCHABLE_GRIDS: Final = frozenset({1, 2, 3})
SINGLE_PHASE_GRIDS: Final = frozenset({3, 5, 31, 33, 35, 38})
TWO_PHASE_GRIDS: Final = frozenset({2, 30, 36})
IT_GRIDS: Final = frozenset({4, 5, 32, 33, 34, 35})
GRIDS: Final = {
    0: "not_detected",
    1: "tn_three_phase",
    2: "tn_two_phase",
    3: "tn_one_phase",
    4: "it_three_phase",
    5: "it_one_phase",
    30: "tn_two_phase",
    31: "tn_one_phase",
    32: "it_three_phase",
    33: "it_one_phase",
    34: "it_three_phase",
    35: "it_one_phase",
    36: "tn_two_phase",
    37: "tn_three_phase",
    38: "tn_one_phase",
    50: "invalid",
    51: "invalid",
    52: "invalid",
}
PHASE_MODES: Final = {1: "one_phase", 2: "automatic", 3: "three_phases"}
OFFLINE_MODES: Final = {0: "always", 1: "known_tags", 2: "never"}
NODES: Final = {0: "unconfigured", 1: "primary", 2: "extender", 3: "secondary"}
RADIOS: Final = {0: "cellular", 1: "wifi"}
ERRORS: Final = {
    157: "erratic_vehicle",
    158: "temperature_too_high",
    159: "power_board",
    160: "overcurrent",
    161: "protective_earth",
}
"""Modes beyond the public list that are faults."""
