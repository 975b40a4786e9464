"""One Easee charger, with its commands."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from ..errors import ChargerError, ConnectionFailed, Rejected, Unsupported
from ..model import ScheduleChange, ScheduleSlot, StoredFallback
from . import parse
from .budget import Kind
from .charger_state import ChargerState
from .client import NoAccess
from .const import CHARGER_RESET_A, MINIMUM_A
from .observations import Obs
from .setpoint import Cause, SetPoint


class EaseeCharger(ChargerState):
    """A charger; alone on its circuit it is steered by the circuit, else by its own limit."""

    async def set_current(
        self, current_a: float, *, lease_s: float | None = None
    ) -> None:
        """Limit the current: alone through the circuit, else by its own limit."""
        if current_a != 0 and not MINIMUM_A <= current_a <= self.maximum_a:
            raise Rejected(f"possible are 0 and 6 to {self.maximum_a:g} A")
        if self.circuit is not None and self.is_alone:
            # Refused, it is steered by its own limit from now on; the changed capabilities say so.
            with suppress(NoAccess):
                await self.circuit.set_current(current_a, lease_s=lease_s)
                await self._give_back_own_limit()
                return
        if lease_s is not None:
            raise Rejected(
                "a limit of the charger itself ends upwards, never as a lease"
            )
        if current_a > 0 and self.charging_released is False:
            raise Rejected("a person holds the charge back")
        await self.set_own_limit(int(current_a + 1e-6))

    async def set_own_limit(self, current_a: int) -> None:
        """Write the charger's own volatile limit, without an end."""
        if self.is_alone:
            # It is steered by its circuit; its own limit is then what a person set.
            await self._send_own_limit(current_a)
            self.link.memory.remember_zero(self.found.id, ours=False)
        else:
            sent_at, value = self.link.clock(), (float(current_a),)
            with self.set_point.trying(value, sent_at, None), self._zeroing(current_a):
                await self._send_own_limit(current_a)
            self.follow_own_limit()
            self.set_point.command(value, sent_at, None)
        self.touch()

    @contextmanager
    def _zeroing(self, current_a: int) -> Iterator[None]:
        """Remember a 0 A of ours before it is sent: one whose answer is lost looks like a person's pause.

        Where a person holds the charge back already, it stays that person's. It is forgotten when
        a report shows that it is over.
        """
        memory, charger = self.link.memory, self.found.id
        was_ours = memory.is_zeroed(charger)
        if current_a == 0 and not self.is_at_zero:
            memory.remember_zero(charger, ours=True)
        try:
            yield
        except ConnectionFailed:
            raise
        except ChargerError:
            memory.remember_zero(charger, ours=was_ours)
            raise

    async def _give_back_own_limit(self) -> None:
        """Lift our limit of the charger itself, which is none of ours once its circuit steers it."""
        ours = self.set_point.commanded
        if ours is None:
            return
        if self.reports.number(Obs.CHARGER_DYNAMIC) == ours[0]:
            await self._send_own_limit(int(CHARGER_RESET_A))
        self.set_point = SetPoint()
        self.link.memory.remember_zero(self.found.id, ours=False)

    async def _send_own_limit(self, current_a: int) -> None:
        path = f"/api/chargers/{self.found.id}/commands/set_dynamic_charger_current"
        await self.link.client.post(Kind.LIMIT, path, {"amps": current_a, "minutes": 0})

    async def set_charging(self, released: bool) -> None:
        """Release the charge or hold it back, as a person wants it.

        Resuming sets the charger's own limit to its highest; where that is what steers it, our
        limit is written instead, which resumes as well, and a 0 A of ours stays without a write.
        Without a vehicle the cloud refuses both.
        """
        if parse.vehicle_connected(self.reports) is False:
            raise Rejected("no vehicle is connected")
        ours_a = None if self.is_alone else self._own_limit_of_ours
        if released and ours_a is not None:
            await self._release_to(ours_a)
            return
        library = self.found.library
        await self.link.client.command(
            Kind.COMMAND, library.resume if released else library.pause
        )
        if released:
            self.set_point.note_cause(Cause.RESUME, self.link.clock())
        self.link.memory.remember_zero(self.found.id, ours=False)
        self.touch()

    @property
    def _own_limit_of_ours(self) -> float | None:
        """Return what we limited its own limit to; a 0 A is remembered over restarts."""
        commanded = self.set_point.commanded
        if commanded is not None:
            return commanded[0]
        is_ours = self.is_at_zero and self.link.memory.is_zeroed(self.found.id)
        return 0.0 if is_ours else None

    async def _release_to(self, current_a: float) -> None:
        """Let it charge with what our limit allows; 0 A flows by itself, once it may."""
        if current_a > 0:
            await self.set_own_limit(int(current_a))
        else:
            self.link.memory.remember_zero(self.found.id, ours=True)
            self.touch()

    async def set_phases(self, count: int) -> None:
        """Charge with one phase or three, by zeros in the circuit's volatile limit."""
        circuit = self.circuit
        if circuit is None or not self.can_switch_phases:
            raise Unsupported("the phases of this charger cannot be switched here")
        await circuit.set_phases(count)

    @property
    def stored_fallback(self) -> StoredFallback | None:
        """Return where its lease ends: alone it is steered by its circuit, else it has none."""
        circuit = self.circuit
        return (
            circuit.stored_fallback if circuit is not None and self.is_alone else None
        )

    async def store_fallback(self, current_a: float) -> None:
        """Store another offline limit of its circuit."""
        if self.circuit is None or not self.is_alone:
            raise Unsupported("its own limit never ends by itself")
        await self.circuit.store_fallback(current_a)

    async def set_schedule(
        self, changes: Sequence[ScheduleChange]
    ) -> tuple[ScheduleSlot, ...]:
        """Write what changes in these slots; the rest keeps what it has."""
        slots = await self.plans.write(changes)
        self.touch()
        return slots
