"""List the sensors of a site and of its members."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfElectricCurrent
from homeassistant.util import dt as dt_util

from .balancer.decision import CircuitDecision, Decision, Freshness, MemberDecision
from .balancer.model import PhaseAmps, ReasonKey
from .charger_sensors import SensorValue
from .site import SiteCoordinator
from .site_config import PHASE_KEYS, phase_count

# The numbers behind a reason move with every reading of a meter.
_NUMBERS_GAP_S: Final = 5.0


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


def _phase_sensor[DescriptionT: SensorEntityDescription, DecisionT](
    kind: Callable[..., DescriptionT],
    quantity: str,
    index: int,
    value_fn: Callable[[DecisionT], PhaseAmps | None],
) -> DescriptionT:
    """Return the sensor of one quantity on one phase."""
    key = f"{quantity}_{PHASE_KEYS[index]}"

    def value(decision: DecisionT) -> float | None:
        amperes = value_fn(decision)
        return None if amperes is None else round(amperes[index], 1)

    return kind(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=value,
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


_SITE_QUANTITIES: Final[Mapping[str, Callable[[Decision], PhaseAmps | None]]] = {
    "allocated": lambda decision: decision.allocated_a,
    "headroom": lambda decision: decision.headroom_a,
    "drawn": lambda decision: decision.drawn_a,
}
_CIRCUIT_QUANTITIES: Final[
    Mapping[str, Callable[[CircuitDecision], PhaseAmps | None]]
] = {
    "allocated": lambda circuit: circuit.allocated_a,
    "headroom": lambda circuit: circuit.headroom_a,
}


def site_sensors(coordinator: SiteCoordinator) -> Iterator[SiteSensorDescription]:
    """Return the sensors of a site, for the phases that its supply has."""
    for index in range(phase_count(coordinator.config_entry.data)):
        for quantity, value_fn in _SITE_QUANTITIES.items():
            yield _phase_sensor(SiteSensorDescription, quantity, index, value_fn)
    yield _METER_FRESHNESS
    yield _NEXT_DECISION


def circuit_sensors(coordinator: SiteCoordinator) -> Iterator[CircuitSensorDescription]:
    """Return the sensors of a circuit, for the phases that the supply has."""
    for index in range(phase_count(coordinator.config_entry.data)):
        for quantity, value_fn in _CIRCUIT_QUANTITIES.items():
            yield _phase_sensor(CircuitSensorDescription, quantity, index, value_fn)


def _allocated(coordinator: SiteCoordinator, decision: MemberDecision) -> MemberValue:
    return MemberValue(
        round(decision.allocated_a, 1),
        {"phases": decision.allocated_phases, "progress": decision.progress.value},
    )


def _reason(coordinator: SiteCoordinator, decision: MemberDecision) -> MemberValue:
    return MemberValue(decision.reason.key, coordinator.explain(decision))


MEMBER_SENSORS: Final = (
    MemberSensorDescription(
        key="allocated_current",
        translation_key="allocated_current",
        device_class=SensorDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=_allocated,
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
