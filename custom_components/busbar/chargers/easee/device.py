"""Share what chargers, circuits and Equalizers have in common: reports in, snapshots out."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
import math

from ..errors import RateLimited, Rejected
from ..features import FeatureValue
from ..model import (
    Capabilities,
    Identity,
    LostListener,
    Occurrence,
    Snapshot,
    SnapshotListener,
    Unsubscribe,
)
from .budget import Kind
from .client import Client
from .const import HEARD_FOR_S, LEASE_MAXIMUM_S, POLL_S, TICK_S
from .features import Entry
from .memory import Memory
from .reports import Report, Reports, Row, observation_rows, parse_row
from .setpoint import SetPoint
from .stream import Stream
from .timebase import CloudClock


@dataclass(kw_only=True, slots=True)
class Link:
    """What all devices of one account share."""

    client: Client
    stream: Stream
    cloud_clock: CloudClock
    clock: Callable[[], float]
    memory: Memory
    changed: Callable[[], None]
    time_zone: str = "UTC"
    poll_interval_s: float = POLL_S


class Device(ABC):
    """One device of the account, as the rest of the house sees it."""

    def __init__(self, link: Link, identity: Identity, reports: Reports) -> None:
        """Begin without a report."""
        self.link = link
        self.reports = reports
        self._identity = identity
        self._snapshot: Snapshot | None = None
        self._received_at: float | None = None
        self._polled_at: float | None = None
        self._announced: tuple[Identity, Capabilities] | None = None
        self._listeners: list[tuple[SnapshotListener, LostListener]] = []
        self._is_due = False
        self.occurrences: dict[str, Occurrence] = {}

    @property
    def identity(self) -> Identity:
        """Return who it is; firmware and name may change, the key never."""
        return self._identity

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """Return what it can do now."""

    @property
    @abstractmethod
    def entries(self) -> tuple[Entry, ...]:
        """Return its features, with their ways to the wire."""

    @property
    def snapshot(self) -> Snapshot | None:
        """Return what is known last, `None` before the first report."""
        return self._snapshot

    def subscribe(
        self, on_snapshot: SnapshotListener, on_lost: LostListener
    ) -> Unsubscribe:
        """Hear of every new snapshot, and once when the device is no longer heard."""
        entry = (on_snapshot, on_lost)
        self._listeners.append(entry)

        def unsubscribe() -> None:
            if entry in self._listeners:
                self._listeners.remove(entry)

        return unsubscribe

    async def refresh(self) -> Snapshot:
        """Return a current snapshot; a poll only where the stream does not tell.

        A rate limit keeps the last values for as long as they can be right. Raises ChargerError.
        """
        if self._should_poll():
            try:
                await self.poll()
            except RateLimited:
                if self._received_at is None or self._silent_s() > HEARD_FOR_S:
                    raise
        return self.rebuild()

    @abstractmethod
    async def poll(self) -> None:
        """Ask the cloud for all observations now."""

    async def poll_product(self, product: str, numbers: Iterable[int]) -> None:
        """Fetch observations of one product and take them."""
        self._polled_at = self.link.clock()
        ids = ",".join(str(number) for number in numbers)
        answer = await self.link.client.get(
            Kind.OBSERVATION, f"/state/{product}/observations?ids={ids}"
        )
        for raw in observation_rows(answer):
            row = parse_row(raw)
            if row is not None:
                self.take(row)
        self._received_at = self.link.clock()

    def take(self, row: Row) -> None:
        """Take one reported value."""
        report = self.reports.take(row)
        # A value that was replayed or stayed as it is still says that somebody speaks.
        self._received_at = self.link.clock()
        if report is not None:
            self.on_report(row.number, report)

    def on_report(self, number: int, report: Report) -> None:
        """Follow what a new report means; a snapshot is made of it in any case."""
        self.touch()

    @property
    def wants_details(self) -> bool:
        """Whether what changes seldom may have changed just now."""
        return False

    @abstractmethod
    async def read_details(self) -> None:
        """Read what changes seldom."""

    def touch(self) -> None:
        """Publish a new snapshot soon, one for all that came together."""
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._publish)

    def rebuild(self) -> Snapshot:
        """Make a snapshot of what is known now.

        Reports are sent on change, so while the stream tells of it, silence is news as well.
        """
        received_at = None if self._is_covered() else self._received_at
        self._snapshot = self.build(received_at or self.link.clock())
        self._announce()
        return self._snapshot

    @abstractmethod
    def build(self, received_at: float) -> Snapshot:
        """Return a snapshot of the reports."""

    def lose(self, error: Exception | None) -> None:
        """Tell that this device is no longer heard."""
        for _, on_lost in tuple(self._listeners):
            on_lost(error)

    def happened(
        self, key: str, kind: str, at_s: float, **details: FeatureValue
    ) -> None:
        """Remember the last time that something happened."""
        self.occurrences = {
            **self.occurrences,
            key: Occurrence(kind=kind, happened_at=at_s, details=details),
        }

    def tell_reset(self, point: SetPoint) -> None:
        """Tell once what replaced our limit without another hand."""
        if point.reset_by is None or point.reset_at is None:
            return
        told = self.occurrences.get("limit_reset")
        if told is None or told.happened_at != point.reset_at:
            self.happened("limit_reset", point.reset_by, point.reset_at)

    def rename(self, **changes: str | None) -> None:
        """Take over a new name or firmware; the key stays."""
        self._identity = replace(self._identity, **changes)  # type: ignore[arg-type]  # texts alone

    async def set_value(self, key: str, value: FeatureValue) -> None:
        """Write the setting called `key`, because a person asked for it."""
        entry = self._entry(key)
        if entry.write is None:
            raise Rejected(f"{key} cannot be written")
        await entry.write(self, entry.checked(value))

    async def run_command(self, key: str) -> None:
        """Run the command called `key`, because a person asked for it."""
        entry = self._entry(key)
        if entry.run is None:
            raise Rejected(f"{key} is no command")
        await entry.run(self)

    def feature_values(self) -> dict[str, FeatureValue]:
        """Return the values of all features that are known."""
        values = {
            entry.feature.key: entry.read(self)
            for entry in self.entries
            if entry.read is not None
        }
        return {key: value for key, value in values.items() if value is not None}

    def _entry(self, key: str) -> Entry:
        for entry in self.entries:
            if entry.feature.key == key:
                return entry
        raise Rejected(f"there is no {key} here")

    def _should_poll(self) -> bool:
        if self._is_covered():
            return False
        if self._polled_at is None:
            return True
        age_s = self.link.clock() - self._polled_at
        return age_s >= self.link.poll_interval_s - TICK_S

    @abstractmethod
    def _is_covered(self) -> bool:
        """Return whether the stream tells of it."""

    def _silent_s(self) -> float:
        return self.link.clock() - (self._received_at or 0.0)

    def _publish(self) -> None:
        self._is_due = False
        snapshot = self.rebuild()
        for on_snapshot, _ in tuple(self._listeners):
            on_snapshot(snapshot)

    def _announce(self) -> None:
        """Tell once when what it is or can do has changed."""
        now = (self._identity, self.capabilities)
        before, self._announced = self._announced, now
        if before is not None and before != now:
            self.link.changed()


def lease_minutes(lease_s: float | None) -> int:
    """Return a time-to-live in the wire's minutes, never shorter than asked; 0 = without."""
    if lease_s is None:
        return 0
    if not 0 < lease_s <= LEASE_MAXIMUM_S:
        raise Rejected(f"a lease of {lease_s} s is not possible")
    return math.ceil(lease_s / 60)
