"""Turn a power limit in watts into amperes per phase, and say why.

Up to what one phase can carry it is one phase with literal zeros on the others, above it three.
Between the most of one phase (3.68 kW at 16 A) and the least of three (4.14 kW) one phase stays,
for three would stop the charge.
"""

from dataclasses import dataclass
from enum import StrEnum
import math
from typing import Final

from .model import CurrentRange

ONE_PHASE_MAXIMUM_A: Final = 16.0
"""Beyond it one phase alone loads a three-phase supply unevenly, and most cars take no more."""
NOMINAL_V: Final = 230.0


class Grid(StrEnum):
    """How a supply gives its voltage."""

    TN = "tn"
    """230 V between a phase and neutral."""
    IT = "it"
    """230 V between two phases, no neutral. Zeros on phases choose nothing here."""


class PowerReason(StrEnum):
    """Why a power limit became these amperes."""

    UNLIMITED = "at_maximum"
    """The limit is above what can be drawn at all."""
    ONE_PHASE = "one_phase"
    THREE_PHASES = "three_phases"
    HELD_ON_ONE_PHASE = "held_on_one_phase"
    """More than one phase may carry, less than three phases need: one phase at its most."""
    BELOW_MINIMUM = "below_minimum"
    """Less than the smallest current: nothing."""
    SWITCH_NOT_ALLOWED = "switch_not_allowed"
    """One phase would do, but switching would concern others or is not possible: nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PowerLimit:
    """Amperes per phase for a power limit; never more than asked for."""

    currents_a: tuple[float, float, float]
    phases: int
    """The phases that the amperes count on; 0 = none."""
    power_w: float
    """What can be drawn at most with these amperes at the nominal voltage."""
    reason: PowerReason


@dataclass(frozen=True, kw_only=True, slots=True)
class PowerContext:
    """What the answer depends on beside the watts."""

    charge: CurrentRange
    phases: int = 3
    """With how many phases it charges as it is wired and locked, without switching."""
    can_switch: bool = False
    """Whether zeros on two phases make it charge with one, and concern no other car."""
    grid: Grid = Grid.TN
    voltage_v: float = NOMINAL_V
    one_phase_maximum_a: float = ONE_PHASE_MAXIMUM_A


def limit_for_power(power_w: float, context: PowerContext) -> PowerLimit:
    """Return the amperes per phase that keep a charge at or below `power_w`.

    A negative or senseless limit is nothing.
    """
    wanted_w = power_w if math.isfinite(power_w) else 0.0
    if power_w == math.inf:
        wanted_w = _watts(context.charge.maximum_a, context.phases, context)
    if context.can_switch and context.grid is Grid.TN and context.phases == 3:
        return _switching(wanted_w, context)
    current_a, reason = _amps(wanted_w, context.phases, context)
    if reason is PowerReason.BELOW_MINIMUM and context.phases == 3:
        if _amps(wanted_w, 1, context)[0] > 0:
            reason = PowerReason.SWITCH_NOT_ALLOWED
    return _limit(current_a, context.phases, reason, context)


def _switching(wanted_w: float, context: PowerContext) -> PowerLimit:
    """Choose between one phase and three."""
    one_phase_w = _watts(context.one_phase_maximum_a, 1, context)
    if wanted_w > one_phase_w:
        current_a, reason = _amps(wanted_w, 3, context)
        if current_a > 0:
            return _limit(current_a, 3, reason, context)
        current_a, _ = _amps(one_phase_w, 1, context)
        reason = PowerReason.HELD_ON_ONE_PHASE if current_a else reason
        return _limit(current_a, 1, reason, context)
    current_a, reason = _amps(wanted_w, 1, context)
    if reason is PowerReason.UNLIMITED:
        # One phase is at its most, and three would take more than was asked for or cannot.
        reason = PowerReason.ONE_PHASE
    return _limit(current_a, 1, reason, context)


def _amps(
    wanted_w: float, phases: int, context: PowerContext
) -> tuple[float, PowerReason]:
    """Return the settable current for so many phases, and why."""
    current_a = wanted_w / _watts(1.0, phases, context)
    settable_a = context.charge.floor(current_a) if current_a > 0 else 0.0
    if settable_a <= 0:
        return 0.0, PowerReason.BELOW_MINIMUM
    if current_a > context.charge.maximum_a:
        return settable_a, PowerReason.UNLIMITED
    return (
        settable_a,
        PowerReason.ONE_PHASE if phases == 1 else PowerReason.THREE_PHASES,
    )


def _watts(current_a: float, phases: int, context: PowerContext) -> float:
    """Return the power of a current on so many phases.

    Three phases without neutral carry the square root of three, not three times one.
    """
    factor = math.sqrt(3) if context.grid is Grid.IT and phases == 3 else phases
    return current_a * factor * context.voltage_v


def _limit(
    current_a: float, phases: int, reason: PowerReason, context: PowerContext
) -> PowerLimit:
    power_w = round(_watts(current_a, phases, context), 1)
    if current_a <= 0:
        currents_a, phases = (0.0, 0.0, 0.0), 0
    elif phases == 1 and context.can_switch and context.grid is Grid.TN:
        currents_a = (current_a, 0.0, 0.0)
    else:
        # Where nothing is switched, the phases it does not use are not ours to close.
        currents_a = (current_a, current_a, current_a)
    return PowerLimit(
        currents_a=currents_a, phases=phases, power_w=power_w, reason=reason
    )
