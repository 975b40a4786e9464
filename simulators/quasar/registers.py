"""Lay out the registers as the charger shows them; shares nothing with the client."""

from enum import IntEnum


class Register(IntEnum):
    """Name the addresses that mean something to the simulated charger."""

    FIRMWARE = 0x0001
    SERIAL_HIGH = 0x0002
    SERIAL_LOW = 0x0003
    PART_NUMBER = 0x0004
    PORT = 0x0050
    CONTROL = 0x0051
    AUTOSTART = 0x0052
    SETPOINT_KIND = 0x0053
    WATCHDOG = 0x0058
    LOCK = 0x0100
    ACTION = 0x0101
    CURRENT = 0x0102
    POWER = 0x0104
    AVAILABLE_CURRENT = 0x0200
    AVAILABLE_POWER = 0x0202
    AC_CURRENT = 0x0207
    AC_VOLTAGE = 0x020A
    AC_POWER = 0x020E
    STATE = 0x0219
    STATE_OF_CHARGE = 0x021A
    UNRECOVERABLE_HIGH = 0x021B
    UNRECOVERABLE_LOW = 0x021C
    RECOVERABLE_HIGH = 0x021D
    RECOVERABLE_LOW = 0x021E
    DC_VOLTAGE = 0x0223
    DC_CURRENT = 0x0224


class Control(IntEnum):
    """Say who is in control."""

    USER = 0
    REMOTE = 1


class Action(IntEnum):
    """Number what register 0x101 does."""

    START = 1
    STOP = 2
    REBOOT = 3
    UPDATE = 4


class State(IntEnum):
    """Number what register 0x219 says."""

    NO_CAR = 0
    CHARGING = 1
    WAITING = 2
    SCHEDULE = 3
    PAUSED = 4
    SCHEDULE_ENDED = 5
    NO_CAR_LOCKED = 6
    ERROR = 7
    POWER_SHARING_QUEUE = 8
    POWER_SHARING_UNCONFIGURED = 9
    POWER_BOOST_QUEUE = 10
    DISCHARGING = 11


IDENTITY = range(0x0001, 0x000A)
CONTROL = range(0x0050, 0x005A)
COMMAND = range(0x0100, 0x0105)
MEASUREMENTS = range(0x0200, 0x0223)
DC = range(0x0223, 0x0226)
BLOCKS = (IDENTITY, CONTROL, COMMAND, MEASUREMENTS, DC)
"""Stretches that can be read in one request; between them are holes."""

WRITABLE = frozenset(
    {
        Register.CONTROL,
        Register.AUTOSTART,
        Register.SETPOINT_KIND,
        0x0054,
        0x0055,
        0x0057,
        Register.WATCHDOG,
        Register.LOCK,
        Register.ACTION,
        Register.CURRENT,
        Register.POWER,
    }
)

NOISE = {
    0x0059: 30,
    0x021F: 1239,
    0x0220: 57858,
    0x0221: 34661,
    0x0222: 128,
    0x0225: 100,
}
"""What stands in registers whose meaning nobody knows."""


def signed(word: int) -> int:
    """Read a word as two's complement."""
    return word - 0x10000 if word & 0x8000 else word


def word(value: float) -> int:
    """Write a number as two's complement."""
    return round(value) & 0xFFFF
