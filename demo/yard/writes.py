"""Count what the cloud was asked to write, as the vendor counts it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from simulators.easee import Write

_MINUTE_S: Final = 60.0


def _is_dynamic(write: Write) -> bool:
    return not write.is_persistent and write.path.endswith(
        ("/dynamicCurrent", "/set_dynamic_charger_current")
    )


def _is_command(write: Write) -> bool:
    return not write.is_persistent and not _is_dynamic(write)


_KINDS: Final[Mapping[str, Callable[[Write], bool]]] = {
    "persistent": lambda write: write.is_persistent,
    "dynamic": _is_dynamic,
    "commands": _is_command,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How often one kind of write was asked for."""

    kind: str
    number: int
    most_in_a_minute: int

    @property
    def wears(self) -> bool:
        """Whether each of them wears flash."""
        return self.kind == "persistent"

    @property
    def text(self) -> str:
        """Return the count in words."""
        return f"{self.kind} writes: {self.number}, at most {self.most_in_a_minute} in a minute"


def count_by_kind(writes: Sequence[Write]) -> Iterator[Count]:
    """Yield a count of every kind."""
    for kind, is_one in _KINDS.items():
        times = [write.at_s for write in writes if is_one(write)]
        most = max((_within_a_minute(times, first) for first in times), default=0)
        yield Count(kind=kind, number=len(times), most_in_a_minute=most)


def _within_a_minute(times: Sequence[float], first: float) -> int:
    return sum(first <= at_s < first + _MINUTE_S for at_s in times)
