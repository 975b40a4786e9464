"""Put what is known of a Quasar into the words of the house. Pure."""

import math
from typing import Final

from ..model import (
    Capabilities,
    ChargerStatus,
    CurrentRange,
    Fallback,
    FallbackCause,
    Identity,
    Limit,
    Measurement,
    PhaseValues,
    Ranges,
    Snapshot,
    WriteBudget,
)
from .facts import NO_ERROR, Facts
from .features import offered, values
from .parse import FLOW_STATES, STATUS, ChargerState, DeviceInfo, Readout
from .registers import MAXIMUM_A, MINIMUM_A
from .setpoint import NO_CEILING

MAKE: Final = "quasar"
POLL_S: Final = 5.0

CHARGER_ERROR: Final = "charger_error"
POWER_SHARING_ERROR: Final = "power_sharing_error"
UNRECOVERABLE_ERROR: Final = "unrecoverable_error"
RECOVERABLE_ERROR: Final = "recoverable_error"

INSTALLATION_LIMIT: Final = "installation"
SETPOINT_LIMIT: Final = "setpoint"

# The shortest guard time between two set-points.
_WRITE_GAP_S: Final = 5.9
_LATENCY_S: Final = 11.0
_STOP_S: Final = 5.0
_RESTART_S: Final = 360.0
_ACTIVE_STATES: Final = FLOW_STATES | {ChargerState.WAITING_FOR_VEHICLE}
_STOPPED_STATES: Final = frozenset(
    {ChargerState.PAUSED, ChargerState.SCHEDULE_ENDED, ChargerState.DISCONNECTED}
)

_MEASURES: Final = frozenset(
    {
        Measurement.POWER,
        Measurement.CURRENTS,
        Measurement.VOLTAGES,
        Measurement.STATE_OF_CHARGE,
    }
)


def identity_of(device: DeviceInfo) -> Identity:
    """Return who a charger is."""
    return Identity(
        make=MAKE,
        model="Quasar",
        name="Wallbox Quasar",
        serial=device.serial,
        firmware=str(device.firmware),
        model_id=device.part_number,
    )


def error_of(readout: Readout) -> str:
    """Return what is wrong right now, lasting or not."""
    measured = readout.measured
    if measured.unrecoverable:
        return UNRECOVERABLE_ERROR
    if measured.recoverable:
        return RECOVERABLE_ERROR
    if measured.state == ChargerState.ERROR_OR_OCPP:
        return CHARGER_ERROR
    if measured.state == ChargerState.POWER_SHARING_UNCONFIGURED:
        return POWER_SHARING_ERROR
    return NO_ERROR


def capabilities_of(facts: Facts) -> Capabilities:
    """Return what it can do: hands-off it is only watched."""
    full_a = _available_a(facts)
    settable = CurrentRange(minimum_a=MINIMUM_A, maximum_a=full_a, step_a=1.0)
    is_ours = facts.is_ours
    return Capabilities(
        charge=settable if is_ours else None,
        discharge=settable if is_ours else None,
        once_allowed=Ranges(charge=settable, discharge=settable),
        full_current_a=full_a,
        phases=frozenset({1}),
        can_pause=is_ours,
        can_lock=is_ours,
        write_budget=WriteBudget(minimum_gap_s=_WRITE_GAP_S),
        typical_latency_s=_LATENCY_S,
        poll_interval_s=POLL_S,
        falls_to=_falls_to(facts),
        measures=_MEASURES,
        limit_keys=(INSTALLATION_LIMIT, SETPOINT_LIMIT),
        error_keys=(
            CHARGER_ERROR,
            POWER_SHARING_ERROR,
            UNRECOVERABLE_ERROR,
            RECOVERABLE_ERROR,
        ),
        features=offered(facts),
    )


def _available_a(facts: Facts) -> float:
    """Return what the installation allows; a charger that just started reads 0."""
    told_a = facts.limits.available_a if facts.limits else 0
    return float(told_a) if MINIMUM_A <= told_a <= MAXIMUM_A else float(MAXIMUM_A)


def _falls_to(facts: Facts) -> tuple[Fallback, ...]:
    """Return what it does by itself.

    After a restart the user is in control and plugging in starts it at whatever its own rules say;
    under our control it stays off then, as long as it took our word for that.
    """
    restart = Fallback(cause=FallbackCause.RESTART, current_a=None, after_s=_RESTART_S)
    if not facts.is_controlled:
        return (
            Fallback(cause=FallbackCause.SILENCE, current_a=None),
            restart,
            Fallback(cause=FallbackCause.PLUG_IN, current_a=None),
        )
    starts = facts.readout.control.starts_by_itself
    plug_in = Fallback(cause=FallbackCause.PLUG_IN, current_a=None if starts else 0.0)
    if facts.watchdog_s is None:
        return (restart, plug_in)
    silence = Fallback(
        cause=FallbackCause.SILENCE, current_a=0.0, after_s=facts.watchdog_s + _STOP_S
    )
    return (silence, restart, plug_in)


def snapshot_of(facts: Facts) -> Snapshot:
    """Return what is known now."""
    readout = facts.readout
    measured, limits = readout.measured, readout.limits
    confirmed_a = _confirmed_a(facts)
    return Snapshot(
        received_at=facts.received_at,
        measured_at=readout.at,
        status=_status(facts),
        raw_status=str(measured.state),
        vehicle_connected=measured.vehicle_connected,
        error=facts.error,
        commanded_a=facts.commanded_a,
        commanded_at=facts.commanded_at,
        confirmed_a=confirmed_a,
        confirmed_at=None if confirmed_a is None else readout.at,
        offered_a=_offered_a(facts, confirmed_a),
        limits=_limits(facts, confirmed_a),
        power_w=float(measured.power_w),
        currents_a=_currents_a(readout),
        voltages_v=(float(limits.voltage_v) if limits else None, None, None),
        state_of_charge=facts.level_percent,
        floor_percent=facts.remembered.floor_percent,
        ceiling_percent=_ceiling_percent(facts),
        phases=1,
        charging_released=facts.is_released if facts.is_ours else None,
        is_locked=readout.command.is_locked,
        control_allowed=facts.is_ours,
        foreign_control=_foreign_control(facts),
        values=values(facts),
        occurrences=facts.occurrences,
    )


def _ceiling_percent(facts: Facts) -> float | None:
    """Return the ceiling; the highest one ends no charge, the vehicle itself does."""
    ceiling = facts.remembered.ceiling_percent
    return ceiling if ceiling < NO_CEILING else None


def _status(facts: Facts) -> ChargerStatus | None:
    if facts.error != NO_ERROR:
        return ChargerStatus.ERROR
    status = STATUS.get(facts.shown_state)
    if status is ChargerStatus.PAUSED and facts.is_controlled and facts.is_released:
        # It shows the same after a stop of ours as after a person's; nobody holds it back here.
        return ChargerStatus.SUSPENDED_BY_CHARGER
    return status


def _confirmed_a(facts: Facts) -> float | None:
    """Return the set-point that the charger reports; without control it binds nothing."""
    readout = facts.readout
    if not facts.is_controlled:
        return None
    if facts.is_probing:
        # A set-point of nobody: a site that took it for one would end it, and never hear what it asks for.
        return 0.0
    if facts.commanded_a is not None and readout.holds(facts.commanded_a):
        return float(facts.commanded_a)
    return round(readout.setpoint_a, 1)


def _offered_a(facts: Facts, confirmed_a: float | None) -> float | None:
    state = facts.readout.measured.state
    if state in _STOPPED_STATES:
        return 0.0
    if state in _ACTIVE_STATES and confirmed_a is not None:
        full_a = _available_a(facts)
        return max(-full_a, min(confirmed_a, full_a))
    return None


def _limits(facts: Facts, confirmed_a: float | None) -> tuple[Limit, ...]:
    limits: list[Limit] = []
    if facts.limits is not None:
        available_a = float(facts.limits.available_a)
        limits.append(Limit(key=INSTALLATION_LIMIT, current_a=available_a))
    if confirmed_a is not None:
        limits.append(Limit(key=SETPOINT_LIMIT, current_a=confirmed_a, is_ours=True))
    return tuple(limits)


def _currents_a(readout: Readout) -> PhaseValues:
    """Return what flows on its one phase.

    The register rounds to whole amperes and is a magnitude; the power tells the direction and, below
    an ampere, the size.
    """
    power_w = readout.measured.power_w
    size_a = abs(power_w) / readout.voltage_v
    if readout.limits is not None and abs(readout.limits.current_a - size_a) >= 1:
        size_a = max(size_a, readout.limits.current_a)
    return (round(math.copysign(size_a, power_w), 2), 0.0, 0.0)


def _foreign_control(facts: Facts) -> str | None:
    if facts.readout.measured.state == ChargerState.APP_SCHEDULE:
        return "vendor_schedule"
    if facts.is_ours and not facts.readout.control.is_remote:
        return "vendor_app"
    return None
