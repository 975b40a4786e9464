"""Read a Quasar: a few blocks each round, none of them across a hole."""

from collections.abc import Callable
from typing import Final

from ..errors import ConnectionFailed
from . import registers
from .client import QuasarClient, Refused
from .parse import (
    ChargerState,
    DcSide,
    Limits,
    Measurements,
    Readout,
    parse_command,
    parse_control,
    parse_dc,
    parse_limits,
    parse_measurements,
)

_WITHOUT_VEHICLE: Final = frozenset({ChargerState.DISCONNECTED, ChargerState.LOCKED})


class QuasarReader:
    """Read rounds, and learn which optional registers this firmware lacks."""

    def __init__(self, client: QuasarClient, *, clock: Callable[[], float]) -> None:
        """Begin by expecting every register."""
        self._client = client
        self._clock = clock
        self._has_limits = True
        self._may_have_dc = True
        self.has_dc = False
        """Whether the registers of the DC side were seen."""

    async def read(self) -> Readout:
        """Read one round. Raises `ConnectionFailed`, also where a needed block is refused."""
        await self._client.connect()
        at = self._clock()
        try:
            measured = parse_measurements(
                await self._client.read(registers.MEASUREMENTS)
            )
            command = parse_command(await self._client.read(registers.COMMAND))
            control = parse_control(await self._client.read(registers.CONTROL))
        except Refused as err:
            raise ConnectionFailed(f"the charger refuses to be read: {err}") from err
        return Readout(
            at=at,
            measured=measured,
            command=command,
            control=control,
            limits=await self._limits(),
            dc=await self._dc(measured),
        )

    async def read_state_of_charge(self) -> int:
        """Read that one register. Raises `ConnectionFailed`."""
        try:
            (percent,) = await self._client.read(registers.STATE_OF_CHARGE)
        except Refused as err:
            raise ConnectionFailed(f"the charger refuses to be read: {err}") from err
        return percent

    async def _limits(self) -> Limits | None:
        if not self._has_limits:
            return None
        try:
            return parse_limits(await self._client.read(registers.LIMITS))
        except Refused:
            self._has_limits = False
            return None

    async def _dc(self, measured: Measurements) -> DcSide | None:
        if not self._may_have_dc or measured.state in _WITHOUT_VEHICLE:
            return None
        try:
            voltage = await self._client.read(registers.DC_VOLTAGE)
            current = await self._client.read(registers.DC_CURRENT)
        except Refused:
            # Older firmwares have none; they are not asked again.
            self._may_have_dc = False
            return None
        self.has_dc = True
        return parse_dc(voltage, current)
