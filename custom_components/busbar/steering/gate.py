"""Steer a charger that knows all or nothing, by its lock, and undo only what we did.

A site gives such a charger its full current or none. Closing remembers, before the command is sent, that
it was us; what a person locked, here or in the app of the make, is never opened by a loop.
"""

from typing import Final, cast

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..chargers.model import (
    Capabilities,
    Charger,
    Closes,
    Identity,
    LostListener,
    Snapshot,
    SnapshotListener,
    Unsubscribe,
)
from ..const import DOMAIN

DATA_GATES: HassKey[GateStore] = HassKey(f"{DOMAIN}_gates")

_SAVE_S: Final = 1.0
# A rounding of what was allocated.
_TOLERANCE_A: Final = 0.05
# In this many times the usual time from a command to the report that shows it, it shows or was lost.
_PROOFS: Final = 2.0


class GateStore:
    """Keep over restarts which chargers a site has closed, and when."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare the file."""
        self._store: Store[dict[str, float]] = Store(hass, 1, f"{DOMAIN}.gates")
        self._closed: dict[str, float] = {}

    async def async_load(self) -> None:
        """Read what was stored."""
        self._closed = dict(await self._store.async_load() or {})

    @property
    def closed(self) -> tuple[str, ...]:
        """Return the identity keys of all chargers that a site closed."""
        return tuple(self._closed)

    def is_closed(self, key: str) -> bool:
        """Return whether a site closed this charger, and nobody took that over since."""
        return key in self._closed

    def age_s(self, key: str) -> float:
        """Return how long ago a charger was last told to close, also over restarts."""
        return dt_util.utcnow().timestamp() - self._closed.get(key, 0.0)

    async def async_close(self, key: str) -> None:
        """Remember a charger that is about to be closed."""
        self._closed[key] = dt_util.utcnow().timestamp()
        await self._store.async_save(dict(self._closed))

    def forget(self, key: str) -> None:
        """Forget a charger that is open again, that a person took over, or that is gone."""
        if key in self._closed:
            del self._closed[key]
            self._store.async_delay_save(lambda: dict(self._closed), _SAVE_S)


class Gate:
    """Be a charger whose current can be set, by the lock of one whose current cannot."""

    def __init__(self, charger: Charger, store: GateStore) -> None:
        """Begin with what was remembered."""
        self._charger = charger
        self._store = store
        self._sending = 0

    @property
    def identity(self) -> Identity:
        """Return who it is."""
        return self._charger.identity

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can do now."""
        return self._charger.capabilities

    @property
    def snapshot(self) -> Snapshot | None:
        """Return what is known last."""
        return self._charger.snapshot

    async def refresh(self) -> Snapshot:
        """Return a current snapshot."""
        return await self._charger.refresh()

    def subscribe(
        self, on_snapshot: SnapshotListener, on_lost: LostListener
    ) -> Unsubscribe:
        """Hear of every new snapshot."""
        return self._charger.subscribe(on_snapshot, on_lost)

    @property
    def is_closed_by_us(self) -> bool:
        """Return whether a site closed it, and may open it again."""
        return self._store.is_closed(self.identity.key)

    async def set_current(
        self, current_a: float, *, lease_s: float | None = None
    ) -> None:
        """Open it for its full current, close it for less. Raises `ChargerError`."""
        full_a = self.capabilities.full_current_a or 0.0
        await (self.open() if current_a > full_a - _TOLERANCE_A > 0 else self._shut())

    async def open(self) -> None:
        """Open it, if it was a site that closed it. Raises `ChargerError`."""
        if self.is_closed_by_us:
            # It stays ours until a report shows it open: the command may be lost.
            await self._set_closed(False)

    async def _shut(self) -> None:
        snapshot = self.snapshot
        if snapshot is not None and snapshot.is_locked and snapshot.commanded_a == 0:
            return
        if not self.is_closed_by_us:
            # Somebody may have locked it since it was heard last, and a lock that is theirs stays theirs.
            if (await self._charger.refresh()).is_locked:
                return
        await self._store.async_close(self.identity.key)
        await self._set_closed(True)
        self.follow_owner()

    @property
    def _closes(self) -> Closes:
        return cast("Closes", self._charger)

    async def _set_closed(self, closed: bool) -> None:
        self._sending += 1
        try:
            await self._closes.set_closed(closed)
        finally:
            self._sending -= 1

    def note(self, snapshot: Snapshot) -> None:
        """Forget what was opened again; a lock that is under way still shows as open."""
        if snapshot.is_locked is not False or snapshot.commanded_a == 0:
            return
        latest_s = _PROOFS * self.capabilities.typical_latency_s
        is_before_us = (
            # Sent before a restart.
            snapshot.commanded_a is None
            and self._store.age_s(self.identity.key) < latest_s
        )
        if not (self._sending or is_before_us):
            self._store.forget(self.identity.key)

    def follow_owner(self) -> None:
        """Leave the lock to a person whose command locked the charger.

        One that unlocks it is left to the report that shows it: it may be lost, and then the lock is still ours.
        """
        if not self._closes.is_closed:
            self._store.forget(self.identity.key)


def gate_of(charger: Charger, store: GateStore) -> Gate | None:
    """Return the gate of a charger that only its lock can steer."""
    capabilities = charger.capabilities
    is_gate = capabilities.can_lock and not capabilities.sets_current
    return Gate(charger, store) if is_gate else None
