"""What charger, group and meter behind one WARP have in common."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Final

from ..errors import Rejected, Unsupported
from ..features import FeatureValue
from ..model import (
    Capabilities,
    Identity,
    LostListener,
    Snapshot,
    SnapshotListener,
    Unsubscribe,
)
from .features import Binding, check_value, is_same, values_of
from .link import READ_BACK_S, Link
from .parse import as_int, as_text, firmware_version
from .paths import HARDWARE, INFO_DISPLAY_NAME, INFO_NAME, INFO_VERSION

MAKE: Final = "warp"
SLOW_READ_BACK_S: Final = (*READ_BACK_S, *(1.0,) * 8)
"""A charge mode is asked of a charge manager, which has 10 s."""
START_TOLERANCE_S: Final = 5.0


def identity_of(link: Link, *, suffix: str = "", name_suffix: str = "") -> Identity:
    """Return who a device is, from what it says of itself."""
    states = link.states
    fields = states.object(INFO_NAME)
    model = as_text(fields.get("display_type")) or as_text(fields.get("type")) or "WARP"
    name = as_text(states.object(INFO_DISPLAY_NAME).get("display_name"))
    evse_version = as_int(states.object(HARDWARE).get("evse_version"))
    return Identity(
        make=MAKE,
        model=model,
        name=f"{name or as_text(fields.get('name')) or model}{name_suffix}",
        serial=f"{link.uid}{suffix}",
        firmware=firmware_version(states.get(INFO_VERSION)),
        model_id=as_text(fields.get("type")),
        hardware=None if evse_version is None else f"EVSE {evse_version / 10:.1f}",
        url=str(link.client.base_url),
    )


class StartTime:
    """Turn a time of start that is told again and again into one that stands still."""

    def __init__(self) -> None:
        """Begin without knowledge."""
        self.started_at: float | None = None

    def take(self, booted_at: float | None) -> float | None:
        """Return when the device started; small differences are lag, not another start."""
        before = self.started_at
        if booted_at is None or (
            before is not None and abs(booted_at - before) <= START_TOLERANCE_S
        ):
            return before
        self.started_at = booted_at
        return booted_at


class WarpDevice(ABC):
    """One device of the connection: keeps capabilities and snapshot, and tells its listeners."""

    bindings: tuple[Binding, ...] = ()

    def __init__(self, link: Link, poll: Callable[[], Awaitable[None]]) -> None:
        """Describe the device from the present picture."""
        self.link = link
        self._poll = poll
        self._listeners: dict[object, tuple[SnapshotListener, LostListener]] = {}
        self.identity = self.describe_identity()
        self.capabilities = self.describe_capabilities()
        self.snapshot: Snapshot | None = self.describe()

    @abstractmethod
    def describe_identity(self) -> Identity:
        """Return who it is now."""

    @abstractmethod
    def describe_capabilities(self) -> Capabilities:
        """Return what it can do now."""

    @abstractmethod
    def describe(self) -> Snapshot:
        """Return what is known now."""

    @abstractmethod
    def polled_paths(self) -> tuple[str, ...]:
        """Return the few states that are asked for while nothing is pushed."""

    async def refresh(self) -> Snapshot:
        """Return a current snapshot; nothing is asked while the device pushes."""
        if not self.link.states.is_live:
            await self._poll()
        self.snapshot = self.describe()
        return self.snapshot

    def subscribe(
        self, on_snapshot: SnapshotListener, on_lost: LostListener
    ) -> Unsubscribe:
        """Hear of every new snapshot, and once when the stream is lost."""
        token = object()
        self._listeners[token] = (on_snapshot, on_lost)

        def unsubscribe() -> None:
            self._listeners.pop(token, None)

        return unsubscribe

    def update(self) -> bool:
        """Take the picture over, and return whether identity or capabilities changed."""
        identity, capabilities = self.describe_identity(), self.describe_capabilities()
        changed = identity != self.identity or capabilities != self.capabilities
        self.identity, self.capabilities = identity, capabilities
        self.snapshot = self.describe()
        return changed

    def notify(self) -> None:
        """Tell the present snapshot."""
        for on_snapshot, _ in list(self._listeners.values()):
            if self.snapshot is not None:
                on_snapshot(self.snapshot)

    def notify_lost(self, error: Exception) -> None:
        """Tell that nothing is pushed any more."""
        for _, on_lost in list(self._listeners.values()):
            on_lost(error)

    def updated(self) -> None:
        """Take over and tell what a command of our own changed."""
        self.snapshot = self.describe()
        self.notify()

    async def set_value(self, key: str, value: FeatureValue) -> None:
        """Write a setting because a person asked for it, and see that it was taken."""
        binding = next(
            (binding for binding in self.bindings if binding.feature.key == key), None
        )
        feature = (
            None
            if binding is None
            else binding.offer(self.link.states, binding.feature)
        )
        if binding is None or feature is None or binding.write is None:
            msg = f"this device has no setting {key.replace('_', ' ')}"
            raise Unsupported(msg)
        check_value(feature, value)
        await self.link.make_sure()
        await self._write_setting(binding, value)
        self.updated()

    async def _write_setting(self, binding: Binding, value: FeatureValue) -> None:
        """Write complete objects: what is not meant to change is read just before."""
        assert binding.write is not None
        await self.link.read(binding.path)
        present = self.link.states.object(binding.path)
        await self.link.write(
            binding.write_path or binding.path,
            binding.write(present, value),
            read_path=binding.path,
            holds=lambda payload: is_same(binding.read(payload), value),
            pauses_s=SLOW_READ_BACK_S if binding.is_slow else READ_BACK_S,
        )

    async def run_command(self, key: str) -> None:
        """Run a command; a device without commands knows none."""
        msg = f"this device has no command {key.replace('_', ' ')}"
        raise Unsupported(msg)

    def values(self) -> dict[str, FeatureValue]:
        """Return the values of its features."""
        return values_of(self.bindings, self.link.states)


def refuse_lease(lease_s: float | None) -> None:
    """Raise `Unsupported` for a limit with an end."""
    if lease_s is not None:
        msg = "a WARP does not end a limit by itself"
        raise Unsupported(msg)


def out_of_range(current_a: float, minimum_a: float, maximum_a: float) -> Rejected:
    """Return the error for a current that cannot be set."""
    return Rejected(
        f"{current_a:g} A cannot be set: 0, or {minimum_a:g} to {maximum_a:g} A"
    )
