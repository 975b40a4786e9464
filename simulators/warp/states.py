"""Keep the readable states of a device, in the order in which they were registered."""

from collections.abc import Iterator
import json

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

LOW_LATENCY = frozenset({"evse/button_state"})
"""Paths that are checked every 250 ms instead of every second."""


def as_text(value: Json) -> str:
    """Write JSON as the device does, without a blank."""
    return json.dumps(value, separators=(",", ":"))


class NoSuchState(LookupError):
    """Say that there is no state of that path."""


class NoSuchMember(LookupError):
    """Say that there is such a state, without that member."""


class StateTable:
    """Hold one JSON value per path and know which ones changed.

    Values are replaced as a whole and never changed in place.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._values: dict[str, Json] = {}
        self._changed: set[str] = set()

    def __contains__(self, path: str) -> bool:
        """Say whether there is such a state."""
        return path in self._values

    def __getitem__(self, path: str) -> Json:
        """Return the value of a path."""
        return self._values[path]

    def __iter__(self) -> Iterator[str]:
        """Walk over the paths in the order of registration."""
        return iter(list(self._values))

    def put(self, path: str, value: Json) -> None:
        """Store a value; the path counts as changed only if the value did."""
        if path in self._values and self._values[path] == value:
            return
        self._values[path] = value
        self._changed.add(path)

    def drop(self, path: str) -> None:
        """Forget a path, as a device does that never registered it."""
        self._values.pop(path, None)
        self._changed.discard(path)

    def take_changed(self, *, low_latency_only: bool = False) -> set[str]:
        """Return the paths that changed since the last call and count them as seen."""
        taken = set(self._changed)
        if low_latency_only:
            taken &= LOW_LATENCY
        self._changed -= taken
        return taken

    def read(self, path: str) -> Json:
        """Return a state, or a member of one by its sub-path.

        Raises NoSuchMember or NoSuchState.
        """
        parts = path.split("/")
        for length in range(len(parts), 0, -1):
            root = "/".join(parts[:length])
            if root in self._values:
                return _member(self._values[root], parts[length:])
        raise NoSuchState(path)


def _member(value: Json, parts: list[str]) -> Json:
    """Follow a sub-path into a value."""
    for part in parts:
        match value:
            case dict() if part in value:
                value = value[part]
            case list() if part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            case _:
                raise NoSuchMember(part)
    return value
