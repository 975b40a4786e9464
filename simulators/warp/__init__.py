"""Be a Tinkerforge WARP charger or Energy Manager on a loopback port."""

from .board import Write
from .faults import HAPPENINGS, Fault
from .generation import Generation
from .server import Request
from .settings import MeterKind, WarpSettings
from .simulator import WarpSimulator
from .slots import SlotName

__all__ = [
    "HAPPENINGS",
    "Fault",
    "Generation",
    "MeterKind",
    "Request",
    "SlotName",
    "WarpSettings",
    "WarpSimulator",
    "Write",
]
