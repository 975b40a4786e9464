"""Be the Konnect+ cloud with its login, and the A2 chargers behind it."""

from .accounts import Login
from .api import Command
from .charger import SimulatedCharger
from .cloud import AndersenSimulator, Member, Urls
from .cognito import CLIENT_ID, POOL_ID, REGION
from .faults import HAPPENINGS, Fault
from .plant import ControlledCharger
from .websocket import LEGACY, MODERN

__all__ = [
    "CLIENT_ID",
    "HAPPENINGS",
    "LEGACY",
    "MODERN",
    "POOL_ID",
    "REGION",
    "AndersenSimulator",
    "Command",
    "ControlledCharger",
    "Fault",
    "Login",
    "Member",
    "SimulatedCharger",
    "Urls",
]
