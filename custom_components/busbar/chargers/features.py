"""Describe what a charger offers beyond the common abilities.

A make lists its own readings, settings and commands as frozen descriptions; the platforms
turn each into an entity without knowing the make. The key of a description is the translation
key of its entity, and the key of its value in `Snapshot.values`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

type FeatureValue = bool | int | float | str
type ShownValue = FeatureValue | datetime
"""What is read only may be a moment too, one that knows its zone."""


class Quantity(StrEnum):
    """What a number measures; fixes its unit."""

    CURRENT_A = "current"
    DURATION_S = "duration"
    ENERGY_KWH = "energy"
    MONETARY = "monetary"
    """In `Snapshot.currency`."""
    PERCENT = "percent"
    PLAIN = "plain"
    POWER_FACTOR = "power_factor"
    """From 0 to 1."""
    POWER_W = "power"
    SIGNAL_DBM = "signal_strength"
    TEMPERATURE_C = "temperature"
    VOLTAGE_V = "voltage"


class Audience(StrEnum):
    """For whom a feature is; decides how prominent its entity is."""

    DAILY = "daily"
    """Anybody, every day."""
    SETUP = "setup"
    """Whoever sets the charger up."""
    EXPERT = "expert"
    """Somebody who knows why: diagnostic or persistent, off until switched on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Feature:
    """A thing that a device offers under a key."""

    key: str
    audience: Audience = Audience.DAILY


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading(Feature):
    """A number, text or moment that is read only; `options` makes it one of a list of keys."""

    quantity: Quantity = Quantity.PLAIN
    options: tuple[str, ...] = ()
    is_text: bool = False
    is_moment: bool = False
    is_counter: bool = False
    """True for a number that only grows (a lifetime count)."""
    is_sliding: bool = False
    """True for a sum over the time just past: neither a count nor a measurement of one moment."""
    precision: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag(Feature):
    """A yes or no that is read only."""

    is_problem: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting(Feature):
    """A value that a person may set.

    `persistent` ones live in flash: only a person's own action writes them, never a loop.
    """

    persistent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Toggle(Setting):
    """A setting that is on or off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice(Setting):
    """A setting that is one of `options` (translation keys)."""

    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount(Setting):
    """A setting that is a number between `minimum` and `maximum` in the unit of `quantity`.

    `also_zero` allows 0 below the minimum, as IEC 61851 currents need it (0 or at least 6 A).
    """

    quantity: Quantity
    minimum: float
    maximum: float
    step: float
    also_zero: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Command(Feature):
    """Something that happens once when a person asks for it."""

    restarts: bool = False
    """True when the device restarts by it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening(Feature):
    """Something that the device reports once when it happens; `kinds` are translation keys."""

    kinds: tuple[str, ...]
