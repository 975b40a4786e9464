"""Say how a feature is read and written; the tables themselves stand beside each device."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import Rejected
from ..features import Amount, Choice, Feature, FeatureValue, Toggle

if TYPE_CHECKING:
    from .device import Device

type Read = Callable[[Any], FeatureValue | None]
type Write = Callable[[Any, Any], Awaitable[None]]
type Run = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One feature with its way from the reports and to the wire."""

    feature: Feature
    read: Read | None = None
    write: Write | None = None
    run: Run | None = None

    def checked(self, value: FeatureValue) -> FeatureValue:
        """Return a value that fits the setting, or raise Rejected before anything is sent."""
        match self.feature:
            case Toggle():
                if isinstance(value, bool):
                    return value
            case Choice(options=options):
                if value in options:
                    return value
            case Amount() as amount if isinstance(value, int | float):
                if _fits(amount, value):
                    return value
        raise Rejected(f"{value} is not possible for {self.feature.key}")


def _fits(amount: Amount, value: float) -> bool:
    if isinstance(value, bool):
        return False
    if amount.also_zero and value == 0:
        return True
    return amount.minimum <= value <= amount.maximum


def flag(number: int) -> Read:
    """Read a yes or no."""
    return lambda device: _reports(device).flag(number)


def number(observation: int) -> Read:
    """Read a number."""
    return lambda device: _reports(device).number(observation)


def option(observation: int, names: dict[int, str]) -> Read:
    """Read a code under its name; an unknown one is not known."""
    return lambda device: names.get(_reports(device).code(observation))


def code_of(names: dict[int, str], name: str) -> int:
    """Return the code of a name."""
    return next(code for code, known in names.items() if known == name)


def _reports(device: Device) -> Any:
    return device.reports
