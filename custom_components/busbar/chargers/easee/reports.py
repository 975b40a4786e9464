"""Take what the cloud says of a product, and keep of it what can be believed.

Both ways give the same: rows of the observations endpoint carry typed values, those of the stream
text and the code of a type. Rows come late, twice and out of order, so the measured time decides.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import math
from typing import Any, Final, override

from ..features import FeatureValue
from ..model import PhaseValues
from .observations import Obs, Triple
from .timebase import parse_timestamp

BOOLEAN: Final = 2
NUMBERS: Final = frozenset({3, 4})
TRUE_WORDS: Final = frozenset({"1", "true", "on", "yes"})
FALSE_WORDS: Final = frozenset({"0", "false", "off", "no"})
BELIEVABLE: Final = 1e9
LIFETIME_MAXIMUM_KWH: Final = 5e6
"""More than a charger can have given: two decades without a pause are less."""
STEP_KWH: Final = 100.0
STEP_KW: Final = 50.0
"""How much more energy may be told than before: twice the power of a charger, and some for what was told late."""
NO_VEHICLE: Final = 1
AHEAD_S: Final = 5.0
"""A time stamp may be ahead of what we take for the cloud's time by so much."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One reported value with the time it was measured at, by the cloud's clock."""

    number: int
    value: FeatureValue
    epoch_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The last believed value of one observation."""

    value: FeatureValue
    epoch_s: float
    measured_at: float


def parse_row(raw: object) -> Row | None:
    """Return a row of either way; `None` for one that makes no sense."""
    if not isinstance(raw, dict):
        return None
    number = raw.get("id")
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    value = parse_value(raw.get("dataType"), raw.get("value"))
    if value is None:
        return None
    return Row(
        number=number, value=value, epoch_s=parse_timestamp(raw.get("timestamp"))
    )


def parse_product(raw: object) -> str | None:
    """Return whose row of the stream this is."""
    mid = raw.get("mid") if isinstance(raw, dict) else None
    return mid if isinstance(mid, str) else None


def parse_value(data_type: object, value: object) -> FeatureValue | None:
    """Return a value as its type says; `None` for garbage."""
    if not isinstance(data_type, int):
        data_type = None
    if data_type == BOOLEAN:
        return _flag(value)
    if data_type in NUMBERS:
        return _number(value)
    if isinstance(value, bool | str):
        return value
    return _number(value)


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in TRUE_WORDS:
        return True
    return False if word in FALSE_WORDS else None


def _number(value: object) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError, OverflowError:
        return None
    if not math.isfinite(number) or abs(number) > BELIEVABLE:
        return None
    return value if isinstance(value, int) else number


class Reports:
    """Hold the last believed report of every observation of one product."""

    def __init__(
        self, *, to_monotonic: Callable[[float], float], epoch: Callable[[], float]
    ) -> None:
        """Begin with nothing known."""
        self._to_monotonic = to_monotonic
        self._epoch = epoch
        self._reports: dict[int, Report] = {}

    def __iter__(self) -> Iterator[int]:
        """Go through the observations that are known."""
        return iter(self._reports)

    def take(self, row: Row) -> Report | None:
        """Keep a row if it is news, and return it then; an older one is passed over."""
        now_s = self._epoch()
        epoch_s = now_s if row.epoch_s is None else row.epoch_s
        if epoch_s > now_s + AHEAD_S:
            # Kept as it is, it would shut out everything true that follows.
            epoch_s = now_s
        known = self._reports.get(row.number)
        if known is not None:
            if epoch_s < known.epoch_s or (
                row.epoch_s is None and row.value == known.value
            ):
                return None
            if epoch_s == known.epoch_s and row.value == known.value:
                return None
        report = Report(
            value=row.value, epoch_s=epoch_s, measured_at=self._to_monotonic(epoch_s)
        )
        self._reports[row.number] = report
        return report

    def report(self, number: int) -> Report | None:
        """Return the last report of one observation."""
        return self._reports.get(number)

    def number(self, number: int) -> float | None:
        """Return a value if it is a number."""
        report = self._reports.get(number)
        if report is None or isinstance(report.value, bool | str):
            return None
        return float(report.value)

    def code(self, number: int) -> int | None:
        """Return a value if it is a whole number."""
        value = self.number(number)
        return int(value) if value is not None and value == int(value) else None

    def flag(self, number: int) -> bool | None:
        """Return a value if it is a yes or no."""
        report = self._reports.get(number)
        return report.value if report and isinstance(report.value, bool) else None

    def text(self, number: int) -> str | None:
        """Return a value if it is text."""
        report = self._reports.get(number)
        return report.value if report and isinstance(report.value, str) else None

    def triple(self, numbers: Triple) -> PhaseValues:
        """Return three values, one per phase."""
        first, second, third = numbers
        return self.number(first), self.number(second), self.number(third)

    def newest(self, numbers: tuple[int, ...]) -> float | None:
        """Return when the newest of these was measured, on our clock."""
        times = [
            report.measured_at
            for number in numbers
            if (report := self._reports.get(number)) is not None
        ]
        return max(times, default=None)


class ChargerReports(Reports):
    """Hold the reports of a charger, whose energies do not always tell the truth."""

    @override
    def take(self, row: Row) -> Report | None:
        """Keep a row if it is news and can be true.

        The lifetime energy only grows, and no faster than energy can flow: one senseless value that
        was believed would shut out every true one. Zeros of the session energy in the middle of a
        session are spurious; it begins at zero when a vehicle arrives.
        """
        if row.number == Obs.LIFETIME_ENERGY and not self._can_follow(row):
            return None
        if row.number == Obs.SESSION_ENERGY and not row.value and self._in_session():
            return None
        mode_before = self.number(Obs.MODE)
        report = super().take(row)
        if report is None or row.number != Obs.MODE:
            return report
        if mode_before == NO_VEHICLE and isinstance(row.value, int) and row.value > 1:
            super().take(
                Row(number=Obs.SESSION_ENERGY, value=0.0, epoch_s=report.epoch_s)
            )
        return report

    def _can_follow(self, row: Row) -> bool:
        """Return whether a lifetime energy can come after the last one."""
        if isinstance(row.value, bool | str) or row.value > LIFETIME_MAXIMUM_KWH:
            return False
        known, report = self.number(row.number), self.report(row.number)
        if known is None or report is None:
            return True
        now_s = self._epoch()
        epoch_s = now_s if row.epoch_s is None else min(row.epoch_s, now_s)
        passed_h = max(0.0, epoch_s - report.epoch_s) / 3600.0
        return known <= row.value <= known + STEP_KWH + STEP_KW * passed_h

    def _in_session(self) -> bool:
        mode = self.number(Obs.MODE)
        return bool(self.number(Obs.SESSION_ENERGY)) and mode is not None and mode > 1


def observation_rows(answer: Any) -> list[object]:
    """Return the rows of an observations answer, an empty list for another shape."""
    rows = answer.get("observations") if isinstance(answer, dict) else None
    return rows if isinstance(rows, list) else []
