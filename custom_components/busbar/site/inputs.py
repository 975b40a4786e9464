"""Turn what the coordinators hold into what one step of the balancer looks at."""

from collections.abc import Mapping
from typing import Final

from ..balancer.inputs import (
    AmpereRange,
    Fallback,
    FallbackCause,
    LeaseRange,
    MemberCapabilities,
    MemberObservation,
    MemberStatus,
    SiteConfig,
    Wish,
    WriteBudget,
    WriteInFlight,
)
from ..balancer.modes import Mode, modes_for
from ..chargers.errors import RateLimited
from ..chargers.model import Capabilities, ChargerStatus, CurrentRange, Lease, Snapshot
from ..coordinator import ChargerCoordinator
from ..steering.hand import WriteAttempt

# After three polls without an answer a charger is silent, whatever its last report said.
_SILENT_POLLS: Final = 3
# What a charger can draw that does not say so: the most a Type 2 connector carries in a household.
_FULL_CURRENT_A: Final = 32.0

_STATUS: Final[Mapping[ChargerStatus | None, MemberStatus]] = {
    None: MemberStatus.UNKNOWN,
    ChargerStatus.DISCONNECTED: MemberStatus.NO_VEHICLE,
    ChargerStatus.AWAITING_AUTHORIZATION: MemberStatus.BLOCKED_BY_PERSON,
    ChargerStatus.CONNECTED: MemberStatus.WANTS,
    ChargerStatus.SUSPENDED_BY_CHARGER: MemberStatus.WANTS,
    ChargerStatus.SUSPENDED_BY_VEHICLE: MemberStatus.SUSPENDED_BY_VEHICLE,
    ChargerStatus.PAUSED: MemberStatus.BLOCKED_BY_PERSON,
    ChargerStatus.CHARGING: MemberStatus.CHARGING,
    ChargerStatus.DISCHARGING: MemberStatus.CHARGING,
    ChargerStatus.FINISHED: MemberStatus.SUSPENDED_BY_VEHICLE,
    ChargerStatus.ERROR: MemberStatus.FAULT,
    ChargerStatus.OUT_OF_SERVICE: MemberStatus.FAULT,
}


def observe(coordinator: ChargerCoordinator) -> MemberObservation:
    """Return what is known of a member now."""
    snapshot = coordinator.data
    hand = coordinator.hand
    failed = hand.failed
    return MemberObservation(
        capabilities=_capabilities(
            coordinator.capabilities, coordinator.config_entry.entry_id
        ),
        heard_at=coordinator.heard_at,
        is_reachable=coordinator.last_update_success,
        is_cut_off=snapshot.is_cut_off,
        status=_status(coordinator, snapshot),
        phases=snapshot.phases,
        is_switching_phases=bool(snapshot.is_switching_phases),
        currents_a=snapshot.currents_a,
        currents_at=snapshot.measured_at,
        commanded_a=snapshot.commanded_a,
        commanded_at=snapshot.commanded_at,
        confirmed_a=snapshot.confirmed_a,
        confirmed_at=snapshot.confirmed_at,
        offered_by_others_a=_lowest_of_others(snapshot),
        started_at=snapshot.started_at,
        plugged_in_at=coordinator.plugged_in_at,
        write=None if hand.in_flight is None else _write(hand.in_flight),
        write_failed_at=None if failed is None else failed.at,
        retry_at=_retry_at(coordinator),
        foreign_control=snapshot.foreign_control is not None,
        power_w=snapshot.power_w,
        state_of_charge=snapshot.state_of_charge,
        floor_percent=snapshot.floor_percent,
        ceiling_percent=snapshot.ceiling_percent,
    )


def _status(coordinator: ChargerCoordinator, snapshot: Snapshot) -> MemberStatus:
    """Return what it does; a lock that a site closed hides that, and hinders nobody from opening it."""
    gate = coordinator.gate
    if gate is not None and gate.is_closed_by_us and snapshot.is_locked:
        return MemberStatus.UNKNOWN
    return _STATUS[snapshot.status]


def wish(coordinator: ChargerCoordinator) -> Wish:
    """Return what a person asks of a member; what is held at the charger shows in its status."""
    wished = coordinator.hand.wish
    limit_a = wished.current_limit_a
    return Wish(
        # A discharge that a person wanted is a size here: the site decides about the direction.
        cap_a=None if limit_a is None else abs(limit_a),
        phases=wished.phases,
    )


def modes_of(coordinator: ChargerCoordinator, site: SiteConfig) -> tuple[Mode, ...]:
    """Return the modes in which a member can run, or could once a person allowed it."""
    ranges = coordinator.capabilities.ranges
    return modes_for(
        sets_current=ranges.charge is not None,
        can_discharge=ranges.discharge is not None,
        has_meter=is_metered(coordinator.identity.key, site),
    )


def is_metered(key: str, site: SiteConfig) -> bool:
    """Return whether a circuit on a member's way to the supply, or the supply itself, has a meter."""
    circuits = {circuit.key: circuit for circuit in site.circuits}
    feeding = next(
        (member.circuit for member in site.members if member.key == key), None
    )
    while feeding in circuits:
        if circuits[feeding].has_meter:
            return True
        feeding = circuits[feeding].parent
    return False


def _capabilities(capabilities: Capabilities, account: str) -> MemberCapabilities:
    budget = capabilities.write_budget
    full_current_a = capabilities.full_current_a
    if full_current_a is None:
        charge = capabilities.charge
        full_current_a = charge.maximum_a if charge else _FULL_CURRENT_A
    return MemberCapabilities(
        charge=_range(capabilities.charge),
        discharge=_range(capabilities.discharge),
        full_current_a=full_current_a,
        phases=capabilities.phases,
        can_switch_phases=capabilities.can_switch_phases,
        could_discharge=capabilities.ranges.discharge is not None,
        can_pause=capabilities.sets_current or capabilities.can_lock,
        lease=_lease(capabilities.lease),
        write_budget=WriteBudget(
            minimum_gap_s=budget.minimum_gap_s,
            per_minute=budget.per_minute,
            per_hour=budget.per_hour,
            account=account if budget.per_account else None,
            is_volatile=budget.volatile,
        ),
        typical_latency_s=capabilities.typical_latency_s,
        silent_after_s=_SILENT_POLLS * capabilities.poll_interval_s,
        falls_to=tuple(
            Fallback(
                cause=FallbackCause(fallback.cause.value),
                current_a=fallback.current_a,
                after_s=fallback.after_s,
            )
            for fallback in capabilities.falls_to
        ),
    )


def _range(settable: CurrentRange | None) -> AmpereRange | None:
    if settable is None:
        return None
    return AmpereRange(
        minimum_a=settable.minimum_a,
        maximum_a=settable.maximum_a,
        step_a=settable.step_a,
    )


def _lease(lease: Lease | None) -> LeaseRange | None:
    if lease is None:
        return None
    return LeaseRange(minimum_s=lease.minimum_s, maximum_s=lease.maximum_s)


def _write(attempt: WriteAttempt) -> WriteInFlight:
    return WriteInFlight(
        current_a=attempt.setpoint.current_a,
        phases=attempt.setpoint.phases,
        sent_at=attempt.at,
    )


def _lowest_of_others(snapshot: Snapshot) -> float | None:
    others = (
        limit.current_a
        for limit in snapshot.limits
        if not limit.is_ours and not limit.is_momentary
    )
    return min(others, default=None)


def _retry_at(coordinator: ChargerCoordinator) -> float | None:
    failed = coordinator.hand.failed
    if failed is None or not isinstance(failed.error, RateLimited):
        return None
    return failed.at + (failed.error.retry_after_s or 0.0)
