"""List what a Quasar offers beyond the common abilities, each with where its value comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..features import (
    Amount,
    Audience,
    Command,
    Feature,
    FeatureValue,
    Flag,
    Happening,
    Quantity,
    Reading,
)
from .facts import Facts
from .parse import STATE_KEYS, state_key
from .setpoint import Barrier

FLOOR: Final = "state_of_charge_floor"
CEILING: Final = "state_of_charge_ceiling"
RESTART: Final = "restart"
READ_LEVEL: Final = "read_state_of_charge"
PROTECTION: Final = "protection"
RECOVERY: Final = "recovery"

MODBUS_LOST: Final = "modbus_lost"
MODBUS_RESTORED: Final = "modbus_restored"
RESTART_REQUESTED: Final = "restart_requested"
RESTART_FAILED: Final = "restart_failed"

LEAST_MEANINGFUL_W: Final = 10.0
"""Below this an efficiency says nothing."""


def _always(_: Facts) -> bool:
    return True


def _has_dc(facts: Facts) -> bool:
    return facts.has_dc


def _has_limits(facts: Facts) -> bool:
    return facts.limits is not None


def _is_ours(facts: Facts) -> bool:
    return facts.is_ours


@dataclass(frozen=True, kw_only=True, slots=True)
class Binding:
    """A feature, its value, and which charger has it."""

    feature: Feature
    value: Callable[[Facts], FeatureValue | None] = lambda _: None
    exists: Callable[[Facts], bool] = _always


def _efficiency(facts: Facts) -> float | None:
    """Return which part of the power arrives at the other side, in percent."""
    dc, ac_w = facts.dc, facts.readout.measured.power_w
    if dc is None or abs(ac_w) < LEAST_MEANINGFUL_W or dc.power_w * ac_w <= 0:
        return None
    share = dc.power_w / ac_w if ac_w > 0 else ac_w / dc.power_w
    return round(100 * share, 1)


def _error_word(bits: int) -> str:
    """Return 32 bits whose meaning is not public."""
    return f"{bits:08x}"


_READINGS: Final = (
    Binding(
        feature=Reading(
            key="charger_state", audience=Audience.EXPERT, options=STATE_KEYS
        ),
        value=lambda facts: state_key(facts.readout.measured.state),
    ),
    Binding(
        feature=Reading(
            key="estimated_charged_energy",
            quantity=Quantity.ENERGY_KWH,
            is_counter=True,
            precision=3,
        ),
        value=lambda facts: round(facts.energy.charged_kwh, 3),
    ),
    Binding(
        feature=Reading(
            key="estimated_discharged_energy",
            quantity=Quantity.ENERGY_KWH,
            is_counter=True,
            precision=3,
        ),
        value=lambda facts: round(facts.energy.discharged_kwh, 3),
    ),
    Binding(
        feature=Reading(
            key="dc_voltage",
            audience=Audience.EXPERT,
            quantity=Quantity.VOLTAGE_V,
            precision=1,
        ),
        value=lambda facts: facts.dc.voltage_v if facts.dc else None,
        exists=_has_dc,
    ),
    Binding(
        feature=Reading(
            key="dc_current",
            audience=Audience.EXPERT,
            quantity=Quantity.CURRENT_A,
            precision=1,
        ),
        value=lambda facts: facts.dc.current_a if facts.dc else None,
        exists=_has_dc,
    ),
    Binding(
        feature=Reading(
            key="dc_power",
            audience=Audience.EXPERT,
            quantity=Quantity.POWER_W,
            precision=0,
        ),
        value=lambda facts: round(facts.dc.power_w, 1) if facts.dc else None,
        exists=_has_dc,
    ),
    Binding(
        feature=Reading(
            key="efficiency",
            audience=Audience.EXPERT,
            quantity=Quantity.PERCENT,
            precision=1,
        ),
        value=_efficiency,
        exists=_has_dc,
    ),
    Binding(
        feature=Reading(
            key="available_current",
            audience=Audience.EXPERT,
            quantity=Quantity.CURRENT_A,
            precision=0,
        ),
        value=lambda facts: facts.limits.available_a if facts.limits else None,
        exists=_has_limits,
    ),
    Binding(
        feature=Reading(
            key="available_power",
            audience=Audience.EXPERT,
            quantity=Quantity.POWER_W,
            precision=0,
        ),
        value=lambda facts: facts.limits.available_w if facts.limits else None,
        exists=_has_limits,
    ),
    Binding(
        feature=Reading(
            key="unrecoverable_errors", audience=Audience.EXPERT, is_text=True
        ),
        value=lambda facts: _error_word(facts.readout.measured.unrecoverable),
    ),
    Binding(
        feature=Reading(
            key="recoverable_errors", audience=Audience.EXPERT, is_text=True
        ),
        value=lambda facts: _error_word(facts.readout.measured.recoverable),
    ),
)

_OURS: Final = (
    Binding(
        feature=Reading(
            key="pending_current",
            audience=Audience.EXPERT,
            quantity=Quantity.CURRENT_A,
            precision=0,
        ),
        value=lambda facts: facts.pending_a,
        exists=_is_ours,
    ),
    Binding(
        feature=Reading(
            key="setpoint_kind",
            audience=Audience.EXPERT,
            options=("current", "power"),
        ),
        value=lambda facts: facts.readout.control.kind.name.lower(),
        exists=_is_ours,
    ),
    Binding(
        feature=Flag(key="control_lost", is_problem=True),
        value=lambda facts: not facts.readout.control.is_remote,
        exists=_is_ours,
    ),
    Binding(
        feature=Flag(key="watchdog_armed", audience=Audience.EXPERT),
        value=lambda facts: facts.watchdog_s is not None,
        exists=_is_ours,
    ),
    Binding(
        feature=Flag(key="discharge_refused", is_problem=True),
        value=lambda facts: facts.is_refusing_discharge,
        exists=_is_ours,
    ),
    Binding(
        feature=Amount(
            key=FLOOR,
            audience=Audience.SETUP,
            quantity=Quantity.PERCENT,
            minimum=5,
            maximum=95,
            step=1,
        ),
        value=lambda facts: facts.remembered.floor_percent,
        exists=_is_ours,
    ),
    Binding(
        feature=Amount(
            key=CEILING,
            audience=Audience.SETUP,
            quantity=Quantity.PERCENT,
            minimum=10,
            maximum=100,
            step=1,
        ),
        value=lambda facts: facts.remembered.ceiling_percent,
        exists=_is_ours,
    ),
    Binding(feature=Command(key=READ_LEVEL, audience=Audience.SETUP), exists=_is_ours),
    Binding(
        feature=Happening(
            key=PROTECTION, kinds=tuple(barrier.value for barrier in Barrier)
        ),
        exists=_is_ours,
    ),
)

BINDINGS: Final = (
    *_READINGS,
    *_OURS,
    Binding(
        feature=Command(key=RESTART, audience=Audience.SETUP, restarts=True),
        exists=lambda facts: facts.can_restart,
    ),
    Binding(
        feature=Happening(
            key=RECOVERY,
            audience=Audience.SETUP,
            kinds=(MODBUS_LOST, MODBUS_RESTORED, RESTART_REQUESTED, RESTART_FAILED),
        ),
    ),
)


def offered(facts: Facts) -> tuple[Feature, ...]:
    """Return the features that this charger has now."""
    return tuple(binding.feature for binding in BINDINGS if binding.exists(facts))


def values(facts: Facts) -> dict[str, FeatureValue]:
    """Return what is known of them."""
    known = {
        binding.feature.key: binding.value(facts)
        for binding in BINDINGS
        if binding.exists(facts)
    }
    return {key: value for key, value in known.items() if value is not None}
