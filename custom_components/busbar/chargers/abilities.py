"""What devices can do: each ability a small protocol, which a device has or has not.

Whether a device has one is asked of the device (`isinstance`), never of its make. Units and signs are those of
`model.py`. Every command raises `ChargerError` where the device did not take it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Final, Protocol, runtime_checkable

from .features import FeatureValue

EVERY_DAY: Final = frozenset(range(7))


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleSlot:
    """One window of a charger's own schedule, in its local time; it may pass midnight."""

    key: str
    start: time
    end: time
    weekdays: frozenset[int]
    """Days on which the window starts, Monday is 0."""
    enabled: bool
    name: str | None = None
    limit_a: float | None = None

    @property
    def is_empty(self) -> bool:
        """Return whether it holds no moment."""
        return not self.weekdays or self.start == self.end


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleChange:
    """What is to become of one slot; what is `None` keeps what it has."""

    key: str
    start: time | None = None
    end: time | None = None
    weekdays: frozenset[int] | None = None
    enabled: bool | None = None
    limit_a: float | None = None

    def over(self, present: ScheduleSlot | None) -> ScheduleSlot | None:
        """Return the whole slot with the change in it, `None` where too little is known of it.

        A free slot needs start and end; it begins on every day, and is enabled.
        """
        start = present.start if present and self.start is None else self.start
        end = present.end if present and self.end is None else self.end
        if start is None or end is None:
            return None
        known = present or ScheduleSlot(
            key=self.key, start=start, end=end, weekdays=EVERY_DAY, enabled=True
        )
        return replace(
            known,
            start=start,
            end=end,
            weekdays=known.weekdays if self.weekdays is None else self.weekdays,
            enabled=known.enabled if self.enabled is None else self.enabled,
            limit_a=known.limit_a if self.limit_a is None else self.limit_a,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFallback:
    """A limit in memory that wears, to which a charger falls by itself."""

    holder: str
    """The name of what keeps it: the charger, or the circuit it is steered by."""
    current_a: float


@runtime_checkable
class SetsCurrent(Protocol):
    """Its current can be limited."""

    async def set_current(
        self, current_a: float, *, lease_s: float | None = None
    ) -> None:
        """Limit the current per phase to 0 or a value within the capabilities' range.

        Negative = discharge, only with `Capabilities.discharge`. `lease_s` is how long the limit is to hold,
        only with `Capabilities.lease`. Returns when the device *took* the command; that it follows is seen
        in `Snapshot.confirmed_a`. Raises `Rejected` for a value outside the range, before anything is sent.
        """


@runtime_checkable
class SetsPhaseCurrents(Protocol):
    """A group whose limit is set per phase."""

    async def set_phase_currents(
        self, currents_a: tuple[float, float, float], *, lease_s: float | None = None
    ) -> None:
        """Limit the sum of all chargers below it, per phase."""


@runtime_checkable
class Pauses(Protocol):
    """A charge can be held back and released by a person."""

    async def set_charging(self, released: bool) -> None:
        """Release the charge, or hold it back."""


@runtime_checkable
class Locks(Protocol):
    """It can be locked against use."""

    async def set_locked(self, locked: bool) -> None:
        """Lock or unlock the charger."""


@runtime_checkable
class Closes(Protocol):
    """It knows all or nothing, and its lock is how a site steers it."""

    @property
    def is_closed(self) -> bool:
        """Return whether its lock, shown or on its way, is a site's and not the owner's; outlives a restart."""

    async def set_closed(self, closed: bool, *, for_good: bool = False) -> None:
        """Lock or unlock for as long as a site wants it.

        A lock that is the owner's already stays theirs, and what is no site's is not unlocked: then nothing is
        sent, and nothing raised. An unlocking that is not proven in time is withdrawn by a lock, and the next
        one refused for a while (`RateLimited`), unless it is `for_good`, because no site steers it any more.
        """


@runtime_checkable
class TakesControl(Protocol):
    """It is only watched until a person allows us to write to it (`Capabilities.once_allowed`)."""

    async def set_control(self, allowed: bool) -> None:
        """Take control, or stop what flows and give control back; the choice outlives a restart.

        Raises `ChargerError`, and then it is as it was.
        """


@runtime_checkable
class SwitchesPhases(Protocol):
    """It can charge with one phase or with three."""

    async def set_phases(self, count: int) -> None:
        """Ask for `count` phases; the switch itself may take more than a minute."""


@runtime_checkable
class HasSchedule(Protocol):
    """It keeps a schedule of its own."""

    async def set_schedule(
        self, changes: Sequence[ScheduleChange]
    ) -> tuple[ScheduleSlot, ...]:
        """Read the slots afresh, and write what changes in them; all the rest keeps what it has.

        Returns all slots as they will be; some devices show it only minutes later.
        """


@runtime_checkable
class HasSettings(Protocol):
    """It has settings and commands of its own, listed in `Capabilities.features`."""

    async def set_value(self, key: str, value: FeatureValue) -> None:
        """Write the `Setting` called `key`, because a person asked for it."""

    async def run_command(self, key: str) -> None:
        """Run the `Command` called `key`, because a person asked for it."""


@runtime_checkable
class StoresFallback(Protocol):
    """Where its lease ends is stored in memory that wears."""

    @property
    def stored_fallback(self) -> StoredFallback | None:
        """Return what is stored now, `None` where it is not known or not ours to change."""

    async def store_fallback(self, current_a: float) -> None:
        """Store another limit, because a person asked for it. Raises `ChargerError`."""


@runtime_checkable
class HasDiagnostics(Protocol):
    """It can show what its wire says, for a person who looks for a fault."""

    def diagnostics(self) -> Mapping[str, object]:
        """Return the raw state, fit for JSON, without secrets, serials, addresses or persons."""


@runtime_checkable
class ReleasesControl(Protocol):
    """It remembers us, or was taken over by us, and can be let go."""

    async def release(self) -> None:
        """Hand control back when its entry is removed, as far as the device can be reached."""


@runtime_checkable
class FallsSilent(Protocol):
    """It is steered live: every word that it hears keeps it going, and it stops by itself in silence.

    Control of such a charger is handed back whenever its entry is unloaded.
    """

    async def fall_silent(self) -> None:
        """Stop it as far as it hears us, then say nothing more; never raises.

        From then on it counts as lost. The next command breaks the silence.
        """
