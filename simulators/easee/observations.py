"""Keep what a product last reported, as the vendor's cloud keeps it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

type Value = bool | int | float | str


class DataType(IntEnum):
    """Codes by which the stream says how a value is to be read."""

    BOOLEAN = 2
    DOUBLE = 3
    INTEGER = 4
    STRING = 6


BOOLEANS = frozenset({30, 31, 37, 41, 42, 43, 44, 102, 103, 116, 250})
DOUBLES = frozenset(
    {22, 23, 24, 47, 48, 70, 71, 72, 73, 74, 75, 111, 112, 113, 114, 115}
    | {120, 121, 122, 124, 182, 183, 184, 185, 230, 231, 232}
    | set(range(190, 200))
)
STRINGS = frozenset({62, 100, 118, 129, 223, 251})
EQUALIZER_DOUBLES = frozenset({*range(31, 51), 87, 88, 89, 105, 106, 107})
EQUALIZER_STRINGS = frozenset({25, 26, 115, 251})


def timestamp(epoch_s: float) -> str:
    """Return an instant as the cloud writes it."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """Be one reported value."""

    mid: str
    id: int
    value: Value
    data_type: DataType
    epoch_s: float

    def streamed(self) -> dict[str, Any]:
        """Return it as the hub sends it: values are text."""
        value = (
            str(int(self.value)) if isinstance(self.value, bool) else str(self.value)
        )
        return {
            "mid": self.mid,
            "dataType": int(self.data_type),
            "id": self.id,
            "timestamp": timestamp(self.epoch_s),
            "value": value,
        }

    def fetched(self) -> dict[str, Any]:
        """Return it as the observations endpoint answers it: values are typed."""
        return {
            "id": self.id,
            "dataType": int(self.data_type),
            "value": self.value,
            "timestamp": timestamp(self.epoch_s),
        }


class Observed:
    """Hold the last report per id of one product and publish changes."""

    def __init__(
        self,
        mid: str,
        *,
        epoch: Callable[[], float],
        publish: Callable[[Observation], None],
    ) -> None:
        """Begin with nothing reported."""
        self.mid = mid
        self._epoch = epoch
        self._publish = publish
        self._rows: dict[int, Observation] = {}

    def report(self, number: int, value: Value) -> None:
        """Report a value; an unchanged one is not sent again."""
        known = self._rows.get(number)
        if known is not None and known.value == value:
            return
        self.send(number, value)

    def send(self, number: int, value: Value, *, epoch_s: float | None = None) -> None:
        """Report a value even if it did not change."""
        row = Observation(
            mid=self.mid,
            id=number,
            value=value,
            data_type=self._data_type(number),
            epoch_s=self._epoch() if epoch_s is None else epoch_s,
        )
        self._rows[number] = row
        self._publish(row)

    def forget(self, number: int) -> None:
        """Lose a value, as if it had never been reported."""
        self._rows.pop(number, None)

    def rows(self, numbers: Iterable[int] | None = None) -> list[Observation]:
        """Return what is known of these ids, or of all."""
        wanted = self._rows if numbers is None else numbers
        return [self._rows[number] for number in wanted if number in self._rows]

    def value(self, number: int) -> Value | None:
        """Return the last value of one id."""
        row = self._rows.get(number)
        return None if row is None else row.value

    def _data_type(self, number: int) -> DataType:
        """Return the code for an id; the ids of an Equalizer mean other things."""
        if self.mid.startswith("Q"):
            if number == 250:
                return DataType.BOOLEAN
            if number in EQUALIZER_DOUBLES:
                return DataType.DOUBLE
            strings = EQUALIZER_STRINGS
        else:
            if number in BOOLEANS:
                return DataType.BOOLEAN
            if number in DOUBLES:
                return DataType.DOUBLE
            strings = STRINGS
        return DataType.STRING if number in strings else DataType.INTEGER
