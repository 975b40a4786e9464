"""Simulate Shelly energy meters: the first generation, and the later ones over RPC."""

from .answers import Generation
from .faults import Fault
from .meter import Channel
from .simulator import MAC, ShellyEmSimulator, phase_watts

__all__ = [
    "MAC",
    "Channel",
    "Fault",
    "Generation",
    "ShellyEmSimulator",
    "phase_watts",
]
