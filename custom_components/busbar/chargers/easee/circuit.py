"""One circuit: several chargers, or one, limited together."""

import asyncio
from typing import Any

from ..errors import Rejected, Unsupported
from ..model import StoredFallback
from . import parse
from .budget import Kind
from .circuit_features import OFFLINE_LIMIT
from .circuit_state import CircuitState, Phases
from .client import NoAccess
from .device import Link, lease_minutes
from .reports import Reports
from .topology import FoundCircuit


class EaseeCircuit(CircuitState):
    """A circuit with its commands."""

    def __init__(self, link: Link, found: FoundCircuit, reports: Reports) -> None:
        """Begin without chargers."""
        super().__init__(link, found, reports)
        self._write_lock = asyncio.Lock()

    async def set_current(
        self, current_a: float, *, lease_s: float | None = None
    ) -> None:
        """Limit all phases alike, or one where it charges with one."""
        first, second, third = self.spread(current_a, self.phases)
        await self.set_phase_currents((first, second, third), lease_s=lease_s)

    def spread(self, current_a: float, phases: int) -> Phases:
        """Return the three limits for a current; zeros are literal."""
        return (
            (current_a, 0.0, 0.0) if phases == 1 else (current_a, current_a, current_a)
        )

    async def set_phase_currents(
        self, currents_a: tuple[float, float, float], *, lease_s: float | None = None
    ) -> None:
        """Limit the sum of all chargers below it, per phase.

        Fractions are dropped here, as the cloud would. With several vehicles on the circuit zeros
        on two phases would switch all of them to one; then all three are zero.
        """
        if not self.is_accessible:
            raise NoAccess("the account may not limit this circuit")
        if any(not 0 <= current_a <= self.maximum_a for current_a in currents_a):
            raise Rejected(f"possible are 0 to {self.maximum_a:g} A")
        first, second, third = (int(current_a + 1e-6) for current_a in currents_a)
        if self._would_switch_others(first, second, third):
            first, second, third = 0, 0, 0
        limits_a = float(first), float(second), float(third)
        minutes = lease_minutes(lease_s)
        taken_s = 60.0 * minutes if minutes else None
        body = {
            "phase1": first,
            "phase2": second,
            "phase3": third,
            "timeToLive": minutes,
        }
        async with self._write_lock:
            sent_at = self.link.clock()
            try:
                with self.set_point.trying(limits_a, sent_at, taken_s):
                    await self.link.client.post(
                        Kind.LIMIT, f"{self.found.path}/dynamicCurrent", body
                    )
            except NoAccess:
                self.is_write_refused = True
                self.touch_all()
                raise
            self.follow_set_point()
            self.choose_phases(limits_a)
            self.set_point.command(limits_a, sent_at, taken_s)
        self.touch_all()

    async def set_phases(self, count: int) -> None:
        """Let its charger charge with one phase or three; current and lease stay."""
        if not self.can_switch_phases:
            raise Unsupported("the phases of this circuit cannot be switched")
        if count not in (1, 3):
            raise Rejected("possible are one phase and three")
        self.follow_set_point()
        point, most_a, lease_s = self.set_point, self.maximum_a, None
        present = point.commanded or point.confirmed
        if point.lease_ends_at is not None:
            lease_s = point.lease_ends_at - self.link.clock()
            if lease_s <= 0:
                # What we wanted is over; it fell to its offline limit, whether or not that was told yet.
                present, lease_s = point.confirmed, None
                most_a = most_a if self.offline_a is None else self.offline_a
        current_a = most_a if present is None else min(max(present), most_a)
        await self.set_phase_currents(self.spread(current_a, count), lease_s=lease_s)
        # At zero the limits themselves do not tell it to the next current.
        self._chosen_phases = count
        self.touch_all()

    async def write_settings(self, name: str, current_a: float) -> None:
        """Write a stored limit of all three phases; it wears flash, so a person asks for it."""
        value = int(current_a)
        if self.found.rated_a is not None and value > self.found.rated_a:
            raise Rejected(f"the fuse of the circuit is {self.found.rated_a:g} A")
        body: dict[str, Any] = {f"{name}P{phase}": value for phase in (1, 2, 3)}
        await self.link.client.post(Kind.SETTING, f"{self.found.path}/settings", body)

    @property
    def stored_fallback(self) -> StoredFallback | None:
        """Return its offline limit, to which a lease ends."""
        if self.offline_a is None or not self.is_accessible:
            return None
        return StoredFallback(holder=self.identity.name, current_a=self.offline_a)

    async def store_fallback(self, current_a: float) -> None:
        """Store another offline limit of all phases, in one request."""
        await self.write_settings(OFFLINE_LIMIT, current_a)

    def _would_switch_others(self, first: int, second: int, third: int) -> bool:
        if not (first > 0 and second == third == 0) or self.is_alone:
            return False
        cars = [parse.vehicle_connected(member.reports) for member in self.members]
        return len(cars) < len(self.found.chargers) or cars.count(False) < len(cars) - 1
