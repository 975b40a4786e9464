"""Bind features to the states they are read from and the commands they are written by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import math
from typing import Any

from ..errors import Rejected
from ..features import Amount, Choice, Feature, FeatureValue, Toggle
from .states import States

type Read = Callable[[Any], FeatureValue | None]
type Write = Callable[[Mapping[str, Any], Any], object]
type Offer = Callable[[States, Feature], Feature | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Binding:
    """Bind one feature to the state it is read from and the command it is written by."""

    feature: Feature
    path: str
    read: Read
    offer: Offer
    write: Write | None = None
    """Makes the payload from the present state and the wanted value."""
    write_path: str | None = None
    """Where the command is not the state itself."""
    is_slow: bool = False
    """True where the device asks somebody else before the state shows the value."""


def offered(bindings: tuple[Binding, ...], states: States) -> tuple[Feature, ...]:
    """Return the features that this device has now."""
    present = (binding.offer(states, binding.feature) for binding in bindings)
    return tuple(feature for feature in present if feature is not None)


def values_of(bindings: tuple[Binding, ...], states: States) -> dict[str, FeatureValue]:
    """Return what is known of the features, by key."""
    values = {}
    for binding in bindings:
        if binding.path not in states or binding.offer(states, binding.feature) is None:
            continue
        value = binding.read(states.get(binding.path))
        if value is not None:
            values[binding.feature.key] = value
    return values


def check_value(feature: Feature, value: FeatureValue) -> None:
    """Raise `Rejected` unless this value may be written to this setting."""
    fits = False
    match feature:
        case Toggle():
            fits = isinstance(value, bool)
        case Choice(options=options):
            fits = value in options
        case Amount():
            fits = _is_in_range(feature, value)
    if not fits:
        msg = f"{value} is no value for {feature.key.replace('_', ' ')}"
        raise Rejected(msg)


def _is_in_range(amount: Amount, value: FeatureValue) -> bool:
    """Return whether a number may be written."""
    if isinstance(value, bool | str) or not math.isfinite(value):
        return False
    return amount.minimum <= value <= amount.maximum or (
        amount.also_zero and value == 0
    )


def is_same(shown: FeatureValue | None, wanted: FeatureValue) -> bool:
    """Return whether the state shows what was wanted, up to the rounding of the wire."""
    if isinstance(shown, bool | str) or isinstance(wanted, bool | str) or shown is None:
        return shown == wanted
    return abs(shown - wanted) < 0.001
