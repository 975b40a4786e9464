"""Keep what a WARP reported last: raw states by path, and when each of them arrived."""

from collections.abc import Iterator, Mapping
from typing import Any

from .parse import as_object


class States:
    """The present picture of one device, as it came over the wire."""

    def __init__(self) -> None:
        """Begin with an empty picture."""
        self._payloads: dict[str, Any] = {}
        self._arrived: dict[str, float] = {}
        self.heard_at: float | None = None
        """When the device last said anything at all."""
        self.is_live = False
        """Whether every change is pushed to us, so that silence about a value means it stands."""
        self.booted_at: float | None = None
        """When its radio part started, as far as it told."""

    def __contains__(self, path: object) -> bool:
        """Return whether this state exists on the device, as far as it was asked or told."""
        return path in self._payloads

    def __iter__(self) -> Iterator[str]:
        """Walk the known paths."""
        return iter(self._payloads)

    def get(self, path: str) -> Any:
        """Return a state, None where it is not known."""
        return self._payloads.get(path)

    def object(self, path: str) -> Mapping[str, Any]:
        """Return a state that should be an object, an empty one where it is not."""
        return as_object(self.get(path))

    def arrived_at(self, path: str) -> float | None:
        """Return when a state arrived last."""
        return self._arrived.get(path)

    def measured_at(self, path: str) -> float | None:
        """Return when a value was last known to be so.

        While changes are pushed within a second, each sign of life says that the others stand.
        """
        arrived_at = self.arrived_at(path)
        return self.heard_at if self.is_live and arrived_at is not None else arrived_at

    def put(self, path: str, payload: Any, now: float) -> None:
        """Take over one state."""
        self._payloads[path] = payload
        self._arrived[path] = now
        self.heard_at = now

    def forget(self, path: str) -> None:
        """Note that a state is not there (any more)."""
        self._payloads.pop(path, None)
        self._arrived.pop(path, None)

    def replace(self, picture: Mapping[str, Any], now: float) -> None:
        """Swap the whole picture."""
        self._payloads = dict(picture)
        self._arrived = dict.fromkeys(picture, now)
        self.heard_at = now
