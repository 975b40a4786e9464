"""Show what is known in the words of the house. Pure."""

from collections.abc import Mapping
from typing import Final

from ..features import ShownValue
from ..model import (
    Capabilities,
    Fallback,
    FallbackCause,
    Identity,
    Limit,
    Measurement,
    Snapshot,
    WriteBudget,
)
from .features import (
    ALWAYS,
    CHECKING_VEHICLE,
    HOUSE,
    NOTHING_PENDING,
    SOLAR_ALWAYS,
    SOLAR_OVERRIDE,
    SOLAR_SHARE,
    UNPROVEN,
    LockOrigin,
)
from .ledger import charge_values
from .parse import ERROR_KEYS, Status
from .pending import GIVE_UP_S, TYPICAL_S
from .reports import Reports
from .slots import SLOT_KEYS, read_slots
from .values import flag, text

MAKE_NAME: Final = "Andersen"
POLL_INTERVAL_S: Final = 60.0
LIMIT_KEYS: Final = ("lock", "schedule", "charger_limit", "maximum_current")

BUDGET: Final = WriteBudget(minimum_gap_s=GIVE_UP_S, per_hour=6)
"""No limit is published. A command is followed to its end before the next, and spares the contactor."""

FALLS_TO: Final = (
    # Nobody has recorded whether the lock survives a power cut, so the worst is said.
    Fallback(cause=FallbackCause.RESTART, current_a=None),
)
"""It never locks or unlocks because it no longer hears us, and plugging in changes nothing."""

_ALWAYS_MEASURED: Final = frozenset(
    {
        Measurement.POWER,
        Measurement.LIFETIME_ENERGY,
        Measurement.SESSION_ENERGY,
        Measurement.SESSION_DURATION,
        Measurement.SIGNAL,
    }
)


def identity_of(make: str, device_id: str, reports: Reports) -> Identity:
    """Return who it is. The device id is the serial: the other numbers can be edited or null."""
    status = reports.status
    return Identity(
        make=make,
        model=status.model,
        name=text(reports.info.get("friendlyName")) or f"{MAKE_NAME} {status.model}",
        serial=device_id,
        firmware=status.firmware,
        hardware=status.hardware,
        model_id=status.product_id,
    )


def capabilities_of(reports: Reports) -> Capabilities:
    """Return what it can do: it draws its full current or nothing."""
    measures = _ALWAYS_MEASURED
    if reports.has_currents:
        measures |= {Measurement.CURRENTS, Measurement.VOLTAGES}
    house = tuple(HOUSE[key] for key in HOUSE if key in reports.house)
    return Capabilities(
        full_current_a=reports.full_current_a,
        phases=_phases(reports),
        can_pause=True,
        can_lock=True,
        schedule_slots=SLOT_KEYS,
        slots_are_fixed=True,
        pushes_updates=True,
        write_budget=BUDGET,
        typical_latency_s=TYPICAL_S,
        poll_interval_s=POLL_INTERVAL_S,
        falls_to=FALLS_TO,
        measures=measures,
        limit_keys=LIMIT_KEYS,
        error_keys=ERROR_KEYS,
        features=(*ALWAYS, *house, *UNPROVEN),
    )


def _phases(reports: Reports) -> frozenset[int]:
    """Return the phases it charges with; both counts while nothing tells."""
    live = reports.status.live_phases
    is_three = flag(reports.info.get("enableThreePhaseMultiplier"))
    if is_three or (live or 0) > 1:
        return frozenset({3})
    if is_three is False and live == 1:
        return frozenset({1})
    return frozenset({1, 3})


def snapshot_of(reports: Reports) -> Snapshot:
    """Return what is known now.

    What an offline charger measured last is not shown as if it were now.
    """
    status = reports.status
    is_heard = status.online is not False
    ledger = reports.memory.ledger
    limits = _limits(status, reports)
    return Snapshot(
        received_at=reports.received_at,
        measured_at=reports.measured_at,
        status=status.charger_status,
        raw_status=status.raw_state,
        vehicle_connected=status.vehicle_connected,
        error=status.error if is_heard else None,
        commanded_a=reports.commanded_a,
        commanded_at=reports.commanded_at,
        confirmed_a=reports.confirmed_a,
        confirmed_at=reports.confirmed_at,
        offered_a=_offered_a(status, reports),
        limits=limits,
        power_w=status.power_w if is_heard else None,
        currents_a=status.currents_a if is_heard else (None, None, None),
        voltages_v=status.voltages_v if is_heard else (None, None, None),
        lifetime_energy_kwh=ledger.energy_kwh if ledger.is_complete else None,
        session_energy_kwh=status.session_energy_kwh,
        session_duration_s=status.session_duration_s,
        charging_released=None if status.is_locked is None else not status.is_locked,
        is_locked=status.user_lock,
        signal_dbm=status.signal_dbm if is_heard else None,
        schedule=read_slots(reports.wire, reports.names),
        currency=_currency(reports),
        values=_values(status, reports),
        occurrences=dict(reports.occurrences),
    )


def _offered_a(status: Status, reports: Reports) -> float | None:
    """Return what the vehicle is offered: nothing, or all there is."""
    if status.online is False or status.is_locked is None:
        return None
    limits = (limit.current_a for limit in _limits(status, reports))
    return min(limits, default=reports.full_current_a)


def _limits(status: Status, reports: Reports) -> tuple[Limit, ...]:
    limits = []
    if status.user_lock:
        is_ours = reports.memory.ownership.is_ours
        limits.append(Limit(key="lock", current_a=0.0, is_ours=is_ours))
    if status.schedule_lock:
        limits.append(Limit(key="schedule", current_a=0.0))
    if status.limit_a is not None:
        limits.append(Limit(key="charger_limit", current_a=status.limit_a))
    if status.maximum_a is not None:
        limits.append(Limit(key="maximum_current", current_a=status.maximum_a))
    return tuple(limits)


def _values(status: Status, reports: Reports) -> Mapping[str, ShownValue]:
    """Return the values of features; what is not known is left out."""
    ledger = reports.memory.ledger
    is_heard = status.online is not False
    values: dict[str, ShownValue | None] = {
        "online": status.online,
        "locked_by_schedule": status.schedule_lock,
        "schedule_restore_pending": reports.memory.record is not None,
        "lock_origin": _lock_origin(status, reports),
        "pending_command": _pending(reports),
        "session_start": status.session_start,
        "lifetime_cost": ledger.cost if ledger.is_complete else None,
        "currency": _currency(reports),
        "temperature": status.temperature_c if is_heard else None,
        "fault_code": status.fault_code if is_heard else None,
        "grid_power": status.grid_power_w if is_heard else None,
        "solar_power": status.solar_power_w if is_heard else None,
        SOLAR_SHARE: status.solar_share,
        SOLAR_ALWAYS: status.solar_always,
        SOLAR_OVERRIDE: status.solar_override,
        **charge_values(reports.last_charge),
    }
    return {key: value for key, value in values.items() if value is not None}


def _currency(reports: Reports) -> str | None:
    return text(reports.info.get("currency"))


def _lock_origin(status: Status, reports: Reports) -> str | None:
    if status.user_lock is None:
        return None
    if not status.user_lock:
        return LockOrigin.UNLOCKED
    is_ours = reports.memory.ownership.is_ours
    return LockOrigin.BUSBAR if is_ours else LockOrigin.ELSEWHERE


def _pending(reports: Reports) -> str:
    """Return the oldest command under way."""
    if reports.is_checking:
        return CHECKING_VEHICLE
    return next((pending.kind for pending in reports.pending), NOTHING_PENDING)
