"""Simulate a Wallbox Quasar over Modbus TCP, and the vendor's cloud that can restart it."""

from .battery import BatteryCar
from .faults import Fault
from .machine import Write
from .registers import Register
from .settings import QuasarSettings
from .simulator import QuasarSimulator

__all__ = [
    "BatteryCar",
    "Fault",
    "QuasarSettings",
    "QuasarSimulator",
    "Register",
    "Write",
]
