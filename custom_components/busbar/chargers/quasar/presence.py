"""Show a Quasar to the rest of the house: who it is, what it can do, what is known, and to whom."""

from collections.abc import Callable

from ..model import (
    Capabilities,
    Identity,
    LostListener,
    Snapshot,
    SnapshotListener,
    Unsubscribe,
)
from .facts import Facts
from .parse import DeviceInfo
from .report import capabilities_of, identity_of, snapshot_of


class Presence:
    """Hold what is shown, and tell those who listen."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Begin with nothing; `on_change` hears when identity or capabilities changed."""
        self._on_change = on_change
        self._listeners: dict[object, tuple[SnapshotListener, LostListener]] = {}
        self._identity: Identity | None = None
        self._capabilities: Capabilities | None = None
        self.snapshot: Snapshot | None = None

    @property
    def identity(self) -> Identity:
        """Return who it is; known once it was read."""
        assert self._identity is not None
        return self._identity

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can do; known once it was read."""
        assert self._capabilities is not None
        return self._capabilities

    def subscribe(
        self, on_snapshot: SnapshotListener, on_lost: LostListener
    ) -> Unsubscribe:
        """Have somebody listen."""
        token = object()
        self._listeners[token] = (on_snapshot, on_lost)

        def unsubscribe() -> None:
            self._listeners.pop(token, None)

        return unsubscribe

    def show(self, facts: Facts, device: DeviceInfo | None) -> Snapshot:
        """Put what is known into words; without `device` it stays who it was."""
        identity = self._identity if device is None else identity_of(device)
        capabilities = capabilities_of(facts)
        before = (self._identity, self._capabilities)
        self._identity, self._capabilities = identity, capabilities
        self.snapshot = snapshot = snapshot_of(facts)
        if before not in ((None, None), (identity, capabilities)):
            self._on_change()
        return snapshot

    def notify(self) -> None:
        """Tell the newest snapshot."""
        assert self.snapshot is not None
        for on_snapshot, _ in list(self._listeners.values()):
            on_snapshot(self.snapshot)

    def notify_lost(self, err: Exception) -> None:
        """Tell that the charger is no longer heard."""
        for _, on_lost in list(self._listeners.values()):
            on_lost(err)
