"""List what an Easee circuit offers beyond the common abilities."""

from typing import TYPE_CHECKING, Final

from ..features import Amount, Audience, Flag, Happening, Quantity
from . import chain
from .features import Entry
from .observations import CIRCUIT_MAXIMUM, OFFLINE
from .setpoint import Cause

if TYPE_CHECKING:
    from .circuit import EaseeCircuit


OFFLINE_LIMIT: Final = "offlineMaxCircuitCurrent"
"""What the cloud calls the limit of a circuit without its cloud, without the number of the phase."""


def _stored_limit(key: str, name: str, numbers: tuple[int, int, int]) -> Entry:
    async def write(circuit: EaseeCircuit, value: float) -> None:
        await circuit.write_settings(name, value)

    return Entry(
        feature=Amount(
            key=key,
            audience=Audience.EXPERT,
            persistent=True,
            quantity=Quantity.CURRENT_A,
            minimum=0.0,
            maximum=80.0,
            step=1.0,
        ),
        read=lambda circuit: chain.over_phases(circuit.reports.triple(numbers)),
        write=write,
    )


CIRCUIT_ENTRIES: Final = (
    _stored_limit("circuit_maximum_limit", "maxCircuitCurrent", CIRCUIT_MAXIMUM),
    _stored_limit("circuit_offline_limit", OFFLINE_LIMIT, OFFLINE),
    Entry(feature=Flag(key="online", audience=Audience.EXPERT)),
    Entry(
        feature=Happening(
            key="limit_reset", kinds=(Cause.RESTART.value, Cause.LEASE_END.value)
        )
    ),
)
