"""Model what stands behind the wires: time, cars, the house and its supply.

Everything here is pure and driven by a clock that is handed in; nothing sleeps or opens a socket.
"""

from .car import Car, CarSpec
from .clock import Clock, FollowsClock, ManualClock, RealClock, advance_together
from .house import Cloud, House, LoadStep, Solar
from .phases import NO_AMPS, PhaseAmps, PhaseMap
from .supply import SharedSupply

__all__ = [
    "NO_AMPS",
    "Car",
    "CarSpec",
    "Clock",
    "Cloud",
    "FollowsClock",
    "House",
    "LoadStep",
    "ManualClock",
    "PhaseAmps",
    "PhaseMap",
    "RealClock",
    "SharedSupply",
    "Solar",
    "advance_together",
]
