"""Read and write the charge plans of one charger.

We post them ourselves: the library's own way to write a weekly plan does not work.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import ChargerError, Rejected, Unsupported
from ..model import ScheduleChange, ScheduleSlot
from .budget import Kind
from .schedule import LocalTime, plan_bodies, slots

if TYPE_CHECKING:
    from .device import Link


class PlanBook:
    """The plans of one charger, as the cloud last told."""

    def __init__(self, link: Link, charger: str) -> None:
        """Begin without knowing any."""
        self._link = link
        self._path = f"/api/chargers/{charger}/schedules"
        self._answer: Any = None
        self.slots: tuple[ScheduleSlot, ...] | None = None
        self.is_due = True

    def active(self, kind: str) -> bool | None:
        """Return whether a kind of plan is the active one; `None` where there is no such plan."""
        if not isinstance(self._answer, dict) or not self._answer.get(kind):
            return None
        return bool(self._answer.get("enabled") == kind)

    async def read(self) -> tuple[ScheduleSlot, ...]:
        """Ask the cloud for all plans."""
        try:
            self._answer = await self._link.client.get(Kind.OTHER, self._path)
        except Unsupported:
            self._answer = None
        self.slots = found = slots(self._answer, await self._local_time())
        self.is_due = False
        return found

    async def write(
        self, changes: Sequence[ScheduleChange]
    ) -> tuple[ScheduleSlot, ...]:
        """Write what changes in these slots; the rest keeps what it has."""
        await self.read()
        bodies = plan_bodies(self._answer, changes, await self._local_time())
        for kind, body in bodies.items():
            path = f"{self._path}/{kind}"
            if body is not None:
                await self._link.client.post(Kind.SETTING, path, body)
            elif self.active(kind) is not None:
                await self._link.client.delete(Kind.SETTING, path)
            await self._sent(kind, body, enabled=bool(body and body["enabled"]))
        await self._read_back()
        return self.slots or ()

    async def switch(self, kind: str, *, on: bool) -> None:
        """Make a stored plan the active one, or no longer."""
        if self.active(kind) is None:
            raise Rejected(f"there is no {kind} plan")
        verb = "enable" if on else "disable"
        await self._link.client.post(Kind.SETTING, f"{self._path}/{kind}/{verb}", {})
        await self._sent(kind, self._answer[kind], enabled=on)
        await self._read_back()

    async def _sent(
        self, kind: str, plan: Mapping[str, Any] | None, *, enabled: bool
    ) -> None:
        """Take what was stored for what is there, until the cloud has been asked again."""
        answer = self._answer if isinstance(self._answer, dict) else {}
        active = answer.get("enabled")
        if enabled:
            active = kind
        elif active == kind:
            active = "none"
        self._answer = {**answer, kind: plan, "enabled": active}
        self.slots = slots(self._answer, await self._local_time())
        self.is_due = True

    async def _read_back(self) -> None:
        """Ask for what is stored now.

        Where only this fails nobody may be told to write again, for each write wears the memory.
        """
        with suppress(ChargerError):
            await self.read()

    async def _local_time(self) -> LocalTime:
        """Return our zone and those of the plans, read off the loop, and the Monday of this week."""
        name = self._link.time_zone
        zones = await asyncio.to_thread(_zones, {name, *_zone_names(self._answer)})
        zone = zones[name]
        now = datetime.fromtimestamp(self._link.cloud_clock.epoch_s, UTC)
        today = now.astimezone(zone).date()
        return LocalTime(
            name=name,
            zone=zone,
            zones=lambda name: zones.get(name, UTC),
            monday=today - timedelta(days=today.weekday()),
        )


def _zone_names(answer: Any) -> Iterator[str]:
    """Go through the zones that the plans of an answer name."""
    for plan in answer.values() if isinstance(answer, dict) else ():
        name = plan.get("timezone") if isinstance(plan, dict) else None
        if isinstance(name, str):
            yield name


def _zones(names: Iterable[str]) -> dict[str, tzinfo]:
    return {name: _zone(name) for name in names}


def _zone(name: str) -> tzinfo:
    """Return a zone; one that is not known counts as UTC."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError:
        return UTC
