"""Steer a charger that knows all or nothing, by its lock, and undo only what we did.

A site gives such a charger its full current or none. Whose the lock is, the charger itself remembers: what a
person locked, here or in the app of the make, is never opened by a loop.
"""

from typing import Final, cast

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
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


class GateStore:
    """Mirror which chargers a site has closed, for as long as they are not loaded and cannot be asked."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare the file."""
        self._store: Store[list[str]] = Store(hass, 1, f"{DOMAIN}.gates")
        self._closed: set[str] = set()

    async def async_load(self) -> None:
        """Read what was stored."""
        self._closed = set(await self._store.async_load() or ())

    @property
    def closed(self) -> frozenset[str]:
        """Return the identity keys of all chargers that a site closed."""
        return frozenset(self._closed)

    def is_closed(self, key: str) -> bool:
        """Return whether a site closed this charger, as far as was known last."""
        return key in self._closed

    def note(self, key: str, *, is_closed: bool) -> None:
        """Take over what a charger says of itself."""
        if is_closed is not (key in self._closed):
            (self._closed.add if is_closed else self._closed.remove)(key)
            self._store.async_delay_save(lambda: sorted(self._closed), _SAVE_S)

    def forget(self, key: str) -> None:
        """Forget a charger that is gone."""
        self.note(key, is_closed=False)


class Gate:
    """Be a charger whose current can be set, by the lock of one whose current cannot."""

    def __init__(self, charger: Charger, store: GateStore) -> None:
        """Begin with what the charger remembers."""
        self._charger = charger
        self._store = store

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
        return self._closes.is_closed

    async def set_current(
        self, current_a: float, *, lease_s: float | None = None
    ) -> None:
        """Open it for its full current, close it for less. Raises `ChargerError`."""
        full_a = self.capabilities.full_current_a or 0.0
        if current_a > full_a - _TOLERANCE_A > 0:
            await self._open(for_good=False)
        else:
            await self._shut()

    async def open(self) -> None:
        """Open it for good, if it was a site that closed it. Raises `ChargerError`."""
        await self._open(for_good=True)

    async def _open(self, *, for_good: bool) -> None:
        if self.is_closed_by_us:
            await self._set_closed(False, for_good=for_good)

    async def _shut(self) -> None:
        snapshot = self.snapshot
        if snapshot is None or not snapshot.is_locked or snapshot.commanded_a != 0:
            await self._set_closed(True)

    @property
    def _closes(self) -> Closes:
        return cast("Closes", self._charger)

    async def _set_closed(self, closed: bool, *, for_good: bool = False) -> None:
        try:
            await self._closes.set_closed(closed, for_good=for_good)
        finally:
            self.note()

    def note(self) -> None:
        """Mirror whose its lock is, after whatever may have changed that."""
        self._store.note(self.identity.key, is_closed=self.is_closed_by_us)


def gate_of(charger: Charger, store: GateStore) -> Gate | None:
    """Return the gate of a charger that only its lock can steer."""
    capabilities = charger.capabilities
    is_gate = capabilities.can_lock and not capabilities.sets_current
    return Gate(charger, store) if is_gate else None
