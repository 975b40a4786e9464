"""Be the Easee cloud: REST, the SignalR hub, and the chargers below them."""

from .builder import (
    FIRST,
    HOME_ID,
    LONE,
    LONE_ID,
    METER,
    SECOND,
    SHARED_ID,
    add_charger,
    add_circuit,
    add_equalizer,
    add_site,
    furnish,
    plug_in,
)
from .cloud import PASSWORD, USERNAME, Draw, EaseeSimulator, Write
from .handles import ChargerHandle, CloudHandle
from .switches import Switches

__all__ = [
    "FIRST",
    "HOME_ID",
    "LONE",
    "LONE_ID",
    "METER",
    "PASSWORD",
    "SECOND",
    "SHARED_ID",
    "USERNAME",
    "ChargerHandle",
    "CloudHandle",
    "Draw",
    "EaseeSimulator",
    "Switches",
    "Write",
    "add_charger",
    "add_circuit",
    "add_equalizer",
    "add_site",
    "furnish",
    "plug_in",
]
