"""The modes in which a member of a site can run, and what each of them allows.

A person chooses one for each charger, a window or a pause may put another in its place for a time. Which
currents follow from it is decided in `surplus.py`; every limit of the site comes after that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Mode(StrEnum):
    """How a member takes part; the values are translation keys."""

    OFF = "off"
    """No current, until another mode is chosen."""
    CHARGE = "charge"
    """All it can get."""
    DISCHARGE = "discharge"
    """All it can give."""
    FIXED = "fixed"
    """One current, plus charges, minus discharges."""
    SOLAR = "solar"
    """It charges with what the house would export."""
    MINIMUM_AND_SOLAR = "minimum_and_solar"
    """It charges at its minimum at least, with more where the house would export it."""
    HOUSE = "house"
    """It discharges what the house would import."""
    SOLAR_AND_HOUSE = "solar_and_house"
    """Both: it keeps the grid at zero."""
    OFF_UNTIL_DISCONNECTED = "off_until_disconnected"
    """No current until the vehicle leaves; then what was chosen before."""
    HANDS_OFF = "hands_off"
    """It is not written to, and counts with all that it may come to draw and give."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModeTraits:
    """What a mode allows, and what it needs."""

    charges: bool = False
    discharges: bool = False
    follows: bool = False
    """The meter decides how much."""
    keeps_minimum: bool = False
    """It charges at its minimum, whatever the meter says."""
    is_written: bool = True
    sets_current: bool = False
    """It needs a charger whose current can be set, not only switched."""


MODES: Final[Mapping[Mode, ModeTraits]] = {
    Mode.OFF: ModeTraits(),
    Mode.CHARGE: ModeTraits(charges=True),
    Mode.DISCHARGE: ModeTraits(discharges=True, sets_current=True),
    Mode.FIXED: ModeTraits(charges=True, sets_current=True),
    Mode.SOLAR: ModeTraits(charges=True, follows=True, sets_current=True),
    Mode.MINIMUM_AND_SOLAR: ModeTraits(
        charges=True, follows=True, keeps_minimum=True, sets_current=True
    ),
    Mode.HOUSE: ModeTraits(discharges=True, follows=True, sets_current=True),
    Mode.SOLAR_AND_HOUSE: ModeTraits(
        charges=True, discharges=True, follows=True, sets_current=True
    ),
    Mode.OFF_UNTIL_DISCONNECTED: ModeTraits(),
    Mode.HANDS_OFF: ModeTraits(is_written=False),
}


def modes_for(
    *, sets_current: bool, can_discharge: bool, has_meter: bool
) -> tuple[Mode, ...]:
    """Return the modes that make sense for a charger, in the order in which they are offered."""
    return tuple(
        mode
        for mode, traits in MODES.items()
        if (sets_current or not traits.sets_current)
        and (can_discharge or not traits.discharges)
        and (has_meter or not traits.follows)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """What one member is to do now: a mode, chosen by a person, a window or a pause."""

    mode: Mode = Mode.CHARGE
    current_a: float | None = None
    """With `FIXED` the current itself, signed; with other modes the most per phase, a magnitude."""


CHARGE_FREELY: Final = Intent()
"""Without a word from anybody."""


def default_mode(*, is_watched_first: bool) -> Mode:
    """Return the mode of a charger for which nobody chose one yet.

    One that is only watched until a person decides (it could move energy out of a car) is left alone.
    """
    return Mode.HANDS_OFF if is_watched_first else Mode.CHARGE
