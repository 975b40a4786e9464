"""List the sensors of a site and of its members."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypedDict

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfElectricCurrent
from homeassistant.util import dt as dt_util

from ..balancer.decision import CircuitDecision, Decision, Freshness, MemberDecision
from ..balancer.model import PhaseAmps, ReasonKey
from ..charger_sensors import SensorValue
from .config import PHASE_KEYS, phase_count
from .coordinator import SiteCoordinator

# The numbers behind a reason move with every reading of a meter.
_NUMBERS_GAP_S: Final = 5.0


class _Presentation(TypedDict):
    """How a sensor shows its number."""

    device_class: SensorDeviceClass
    native_unit_of_measurement: str
    state_class: SensorStateClass
    suggested_display_precision: int


_AMPERES: Final[_Presentation] = {
    "device_class": SensorDeviceClass.CURRENT,
    "native_unit_of_measurement": UnitOfElectricCurrent.AMPERE,
    "state_class": SensorStateClass.MEASUREMENT,
    "suggested_display_precision": 1,
}


@dataclass(frozen=True, kw_only=True)
class SiteSensorDescription(SensorEntityDescription):
    """Where a site's value comes from."""

    value_fn: Callable[[Decision], SensorValue]


@dataclass(frozen=True, kw_only=True)
class CircuitSensorDescription(SensorEntityDescription):
    """Where a circuit's value comes from."""

    value_fn: Callable[[CircuitDecision], SensorValue]


class MemberValue(NamedTuple):
    """A state and what stands beside it."""

    state: SensorValue
    numbers: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class MemberSensorDescription(SensorEntityDescription):
    """Where a member's value comes from."""

    value_fn: Callable[[SiteCoordinator, MemberDecision], MemberValue]
    gap_s: float = 0.0


def _on_phase(amperes: PhaseAmps | None, index: int) -> float | None:
    return None if amperes is None else round(amperes[index], 1)


def _site_sensor(
    quantity: str, index: int, value_fn: Callable[[Decision], PhaseAmps | None]
) -> SiteSensorDescription:
    """Return the sensor of one quantity of a site on one phase."""
    key = f"{quantity}_{PHASE_KEYS[index]}"
    return SiteSensorDescription(
        key=key,
        translation_key=key,
        **_AMPERES,
        value_fn=lambda site: _on_phase(value_fn(site), index),
    )


def _circuit_sensor(
    quantity: str, index: int, value_fn: Callable[[CircuitDecision], PhaseAmps | None]
) -> CircuitSensorDescription:
    """Return the sensor of one quantity of a circuit on one phase."""
    key = f"{quantity}_{PHASE_KEYS[index]}"
    return CircuitSensorDescription(
        key=key,
        translation_key=key,
        **_AMPERES,
        value_fn=lambda circuit: _on_phase(value_fn(circuit), index),
    )


def _next_decision(decision: Decision) -> datetime | None:
    if decision.next_at is None:
        return None
    in_s = timedelta(seconds=decision.next_at - decision.now)
    return (dt_util.utcnow() + in_s).replace(microsecond=0)


_NEXT_DECISION: Final = SiteSensorDescription(
    key="next_decision",
    translation_key="next_decision",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
    value_fn=_next_decision,
)
_METER_FRESHNESS: Final = SiteSensorDescription(
    key="meter_freshness",
    translation_key="meter_freshness",
    device_class=SensorDeviceClass.ENUM,
    entity_category=EntityCategory.DIAGNOSTIC,
    options=[freshness.value for freshness in Freshness],
    value_fn=lambda decision: decision.freshness,
)


_SITE_SENSORS: Final = tuple(
    (
        _site_sensor("allocated", index, lambda site: site.allocated_a),
        _site_sensor("headroom", index, lambda site: site.headroom_a),
        _site_sensor("drawn", index, lambda site: site.drawn_a),
    )
    for index in range(len(PHASE_KEYS))
)
"""By phase."""
_CIRCUIT_SENSORS: Final = tuple(
    (
        _circuit_sensor("allocated", index, lambda circuit: circuit.allocated_a),
        _circuit_sensor("headroom", index, lambda circuit: circuit.headroom_a),
    )
    for index in range(len(PHASE_KEYS))
)
"""By phase."""


def site_sensors(coordinator: SiteCoordinator) -> Iterator[SiteSensorDescription]:
    """Return the sensors of a site, for the phases that its supply has."""
    for sensors in _SITE_SENSORS[: phase_count(coordinator.config_entry.data)]:
        yield from sensors
    yield _METER_FRESHNESS
    yield _NEXT_DECISION


def circuit_sensors(coordinator: SiteCoordinator) -> Iterator[CircuitSensorDescription]:
    """Return the sensors of a circuit, for the phases that the supply has."""
    for sensors in _CIRCUIT_SENSORS[: phase_count(coordinator.config_entry.data)]:
        yield from sensors


def _allocated(coordinator: SiteCoordinator, decision: MemberDecision) -> MemberValue:
    return MemberValue(
        round(decision.allocated_a, 1),
        {"phases": decision.allocated_phases, "progress": decision.progress.value},
    )


def _wanted(coordinator: SiteCoordinator, decision: MemberDecision) -> MemberValue:
    asked_a = decision.asked_a
    return MemberValue(None if asked_a is None else round(asked_a, 1))


def _set_point(coordinator: SiteCoordinator, decision: MemberDecision) -> MemberValue:
    if decision.set_point is None:
        return MemberValue(None)
    return MemberValue(round(decision.set_point.current_a, 1))


def _reason(coordinator: SiteCoordinator, decision: MemberDecision) -> MemberValue:
    return MemberValue(decision.reason.key, coordinator.explain(decision))


MEMBER_SENSORS: Final = (
    MemberSensorDescription(
        key="allocated_current",
        translation_key="allocated_current",
        **_AMPERES,
        value_fn=_allocated,
    ),
    MemberSensorDescription(
        key="wanted_current",
        translation_key="wanted_current",
        **_AMPERES,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_wanted,
    ),
    MemberSensorDescription(
        key="set_point",
        translation_key="set_point",
        **_AMPERES,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_set_point,
    ),
    MemberSensorDescription(
        key="reason",
        translation_key="reason",
        device_class=SensorDeviceClass.ENUM,
        options=[key.value for key in ReasonKey],
        gap_s=_NUMBERS_GAP_S,
        value_fn=_reason,
    ),
)
