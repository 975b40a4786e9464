"""Know the registers of a Quasar: addresses, stretches without holes, two's complement.

Addresses are as on the wire, without the 40001 offset. The map has holes: a read that touches one
is answered with an exception, so only these blocks are read.
"""

from enum import IntEnum
from typing import Final, NamedTuple

UNIT: Final = 1
DEFAULT_PORT: Final = 502

MINIMUM_A: Final = 3
"""The least useful current, in either direction; ±1 and ±2 A are taken and do not regulate."""
MAXIMUM_A: Final = 32
MAXIMUM_W: Final = 7400


class Address(IntEnum):
    """Registers that are written, or read alone."""

    CONTROL = 0x0051
    AUTOSTART = 0x0052
    SETPOINT_KIND = 0x0053
    WATCHDOG = 0x0058
    LOCK = 0x0100
    ACTION = 0x0101
    CURRENT_SETPOINT = 0x0102
    POWER_SETPOINT = 0x0104


class Block(NamedTuple):
    """A stretch that one request may read."""

    start: int
    length: int


IDENTITY: Final = Block(0x0001, 9)
CONTROL: Final = Block(0x0051, 3)
SETPOINT_KIND: Final = Block(0x0053, 1)
WATCHDOG: Final = Block(0x0058, 1)
COMMAND: Final = Block(0x0100, 5)
LIMITS: Final = Block(0x0200, 11)
MEASUREMENTS: Final = Block(0x020E, 17)
STATE_OF_CHARGE: Final = Block(0x021A, 1)
# Read singly in the field, and missing on some firmwares.
DC_VOLTAGE: Final = Block(0x0223, 1)
DC_CURRENT: Final = Block(0x0224, 1)


class Action(IntEnum):
    """What register 0x101 takes. 3 (reboot) never arrives when it would help; 4 updates the firmware."""

    START = 1
    STOP = 2


class SetpointKind(IntEnum):
    """Which register carries the set-point."""

    CURRENT = 0
    POWER = 1


def to_signed(word: int) -> int:
    """Return a word read as two's complement."""
    return word - 0x10000 if word > 0x7FFF else word


def to_word(value: int) -> int:
    """Return a signed number as the word that carries it. Raises `ValueError` outside 16 bits."""
    if not -0x8000 <= value <= 0xFFFF:
        raise ValueError(f"{value} does not fit a register")
    return value & 0xFFFF
