"""Take control of a Quasar, steer it, and give it back: the order of writes for each.

Control is kept while we are there, so that the charger's own watchdog can end what flows when we
are not. Taking it lets no refusal of an optional register stop it: firmwares differ.
"""

import logging
from typing import Final

from ..errors import Rejected
from .client import QuasarClient, Refused
from .parse import Control, parse_control
from .registers import CONTROL, MAXIMUM_W, WATCHDOG, Action, Address, SetpointKind

_LOGGER = logging.getLogger(__name__)

_REMOTE: Final = 1
_USER: Final = 0
_STARTS_BY_HAND: Final = 0


class RemoteControl:
    """Write the control and command registers of one charger."""

    def __init__(
        self, client: QuasarClient, *, watchdog_s: int, prefers_power: bool
    ) -> None:
        """Prepare; nothing is written before `take`."""
        self._client = client
        self._watchdog_s = watchdog_s
        self._preferred = SetpointKind.POWER if prefers_power else SetpointKind.CURRENT
        self.kind = SetpointKind.CURRENT
        self.armed_watchdog_s: int | None = None
        """After how much silence the charger stops by itself; `None`: never."""
        self.starts_by_itself = True
        """Whether plugging in starts it, by rules that are not ours."""

    async def take(self) -> None:
        """Be in control, with the watchdog armed where there is one.

        Raises `Rejected` where the charger keeps control to itself, and `ConnectionFailed`.
        """
        await self._client.write(Address.CONTROL, _REMOTE)
        await self._try_write(Address.AUTOSTART, _STARTS_BY_HAND)
        control = parse_control(await self._client.read(CONTROL))
        if not control.is_remote:
            raise Rejected("the charger does not hand over control")
        # Written only where it differs: some firmwares refuse this register altogether.
        if control.kind is not self._preferred:
            await self._try_write(Address.SETPOINT_KIND, self._preferred)
            control = parse_control(await self._client.read(CONTROL))
        self.observe(control)
        self.armed_watchdog_s = await self._armed()

    def observe(self, control: Control) -> None:
        """Take note of what the charger says of control; losing it resets all that came with it."""
        self.kind = control.kind
        self.starts_by_itself = control.starts_by_itself
        if not control.is_remote:
            self.armed_watchdog_s = None

    async def _armed(self) -> int | None:
        if not await self._try_write(Address.WATCHDOG, self._watchdog_s):
            return None
        try:
            (armed_s,) = await self._client.read(WATCHDOG)
        except Refused:
            return None
        return armed_s or None

    async def steer(self, current_a: int, *, voltage_v: float) -> None:
        """Send a set-point and start; + charge, - discharge, never 0.

        The set-point goes first: starting first would be a moment with an old one.
        """
        if self.kind is SetpointKind.POWER:
            power_w = round(current_a * voltage_v)
            power_w = max(-MAXIMUM_W, min(power_w, MAXIMUM_W))
            await self._client.write(Address.POWER_SETPOINT, power_w)
        else:
            await self._client.write(Address.CURRENT_SETPOINT, current_a)
        await self._client.write(Address.ACTION, Action.START)

    async def stop(self) -> None:
        """Stop, and leave no set-point behind by which the next vehicle would start."""
        refusal: Refused | None = None
        try:
            await self._client.write(Address.ACTION, Action.STOP)
        except Refused as err:
            # A set-point of 0 stops it as well, only not as surely.
            refusal = err
        if self.kind is SetpointKind.POWER:
            await self._client.write(Address.POWER_SETPOINT, 0)
        await self._client.write(Address.CURRENT_SETPOINT, 0)
        if refusal is not None:
            raise refusal

    async def release(self) -> None:
        """Stop and give control back to the user and the vendor's app."""
        await self.stop()
        await self._client.write(Address.CONTROL, _USER)
        self.armed_watchdog_s = None
        self.starts_by_itself = True
        self.kind = SetpointKind.CURRENT

    async def set_locked(self, locked: bool) -> None:
        """Lock or unlock the charger."""
        await self._client.write(Address.LOCK, int(locked))

    async def _try_write(self, address: Address, value: int) -> bool:
        """Write an optional register; return whether it was taken."""
        try:
            await self._client.write(address, value)
        except Refused as err:
            _LOGGER.debug("Optional register %#06x refused: %s", address, err)
            return False
        return True
