"""The values that a number can take, with the gap that chargers have around 0."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import override

from homeassistant.components.number import NumberEntity
from homeassistant.exceptions import ServiceValidationError

from .chargers.model import Capabilities, CurrentRange
from .const import DOMAIN


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """The values that a number can take: `minimum` to `maximum`, and 0 where a gap lies below `minimum`."""

    minimum: float
    maximum: float
    step: float
    also_zero: bool
    discharge: CurrentRange | None = None
    """The same below 0."""

    @property
    def lowest(self) -> float:
        """Return the smallest value of all."""
        if self.discharge is not None:
            return -self.discharge.maximum_a
        return 0.0 if self.also_zero else self.minimum

    def check(self, value: float) -> None:
        """Raise a translated error for a value in a gap between 0 and a minimum."""
        if (gap := self._gap_around(value)) is None:
            return
        minimum, maximum = gap
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="value_in_gap",
            translation_placeholders={
                "value": f"{value:g}",
                "minimum": f"{minimum:g}",
                "maximum": f"{maximum:g}",
            },
        )

    def _gap_around(self, value: float) -> tuple[float, float] | None:
        """Return what could be chosen instead, away from 0, of a value that is too near to it."""
        if 0 < value < self.minimum:
            return self.minimum, self.maximum
        if self.discharge is not None and -self.discharge.minimum_a < value < 0:
            return -self.discharge.minimum_a, -self.discharge.maximum_a
        return None


def current_span(capabilities: Capabilities) -> Span:
    """Return what the current can be set to, once that is allowed; without a settable current nothing but 0."""
    ranges = capabilities.ranges
    charge = ranges.charge or CurrentRange(minimum_a=0, maximum_a=0, step_a=1)
    return Span(
        minimum=charge.minimum_a,
        maximum=charge.maximum_a,
        step=charge.step_a,
        also_zero=True,
        discharge=ranges.discharge,
    )


class SpannedNumber(NumberEntity):
    """A number that takes the values of a span; the entity beside it reads `_value`."""

    _value: float | None

    @property
    @abstractmethod
    def _span(self) -> Span:
        """Return what it can be set to now."""

    @abstractmethod
    async def _async_set(self, value: float) -> None:
        """Set a value of the span."""

    @property
    @override
    def native_min_value(self) -> float:
        """Return the smallest value; a gap beside 0 is refused when it is set."""
        return self._span.lowest

    @property
    @override
    def native_max_value(self) -> float:
        """Return the largest value."""
        return self._span.maximum

    @property
    @override
    def native_step(self) -> float:
        """Return the distance of two values."""
        return self._span.step

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value last taken."""
        return self._value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it, unless it lies in a gap beside 0."""
        self._span.check(value)
        await self._async_set(value)
