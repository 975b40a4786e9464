"""Follow the entities of a meter, whatever integration they belong to.

A meter is any set of sensors that tell what flows through one circuit. They are followed by changes
*and* by reports of unchanged values, in their own units, over renames; how old a value is counts from
when its source last reported it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import math
import time
from typing import Any, Final

from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfPower,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import (
    async_track_entity_registry_updated_event,
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import (
    BaseUnitConverter,
    ElectricCurrentConverter,
    ElectricPotentialConverter,
    PowerConverter,
)

from ..balancer.headroom import PhaseParts, meter_currents
from ..balancer.inputs import MeterReading
from .config import PHASE_KEYS

CONF_ENTITIES: Final = "entities"
CONF_INVERTED: Final = "inverted"
CONF_METER_KIND: Final = "kind"


class MeterPart(StrEnum):
    """What a sensor can tell of one phase."""

    CURRENT = "current"
    POWER = "power"
    IMPORT = "import"
    EXPORT = "export"
    VOLTAGE = "voltage"


class MeterKind(StrEnum):
    """What a meter gives per phase."""

    CURRENTS = "currents"
    """A current with a sign."""
    CURRENTS_AND_POWERS = "currents_and_powers"
    """A current without sign, and a power that has one (the P1 port of smart meters)."""
    POWERS = "powers"
    IMPORT_AND_EXPORT = "import_and_export"
    """Two powers, one for each direction."""


REQUIRED_PARTS: Final[Mapping[MeterKind, tuple[MeterPart, ...]]] = {
    MeterKind.CURRENTS: (MeterPart.CURRENT,),
    MeterKind.CURRENTS_AND_POWERS: (MeterPart.CURRENT, MeterPart.POWER),
    MeterKind.POWERS: (MeterPart.POWER,),
    MeterKind.IMPORT_AND_EXPORT: (MeterPart.IMPORT, MeterPart.EXPORT),
}
"""The parts without which a phase is not known; a voltage only sharpens what a power means."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Measure:
    """How a part is converted to what the balancer counts in."""

    field: str
    unit: str
    converter: type[BaseUnitConverter]


_WATTS: Final = (UnitOfPower.WATT, PowerConverter)
_MEASURES: Final[Mapping[MeterPart, _Measure]] = {
    MeterPart.CURRENT: _Measure(
        field="current_a",
        unit=UnitOfElectricCurrent.AMPERE,
        converter=ElectricCurrentConverter,
    ),
    MeterPart.POWER: _Measure(field="power_w", unit=_WATTS[0], converter=_WATTS[1]),
    MeterPart.IMPORT: _Measure(field="import_w", unit=_WATTS[0], converter=_WATTS[1]),
    MeterPart.EXPORT: _Measure(field="export_w", unit=_WATTS[0], converter=_WATTS[1]),
    MeterPart.VOLTAGE: _Measure(
        field="voltage_v",
        unit=UnitOfElectricPotential.VOLT,
        converter=ElectricPotentialConverter,
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Value:
    """What an entity said last, and when."""

    value: float
    at: float


class MeterFollower:
    """Hold the newest reading of one meter."""

    def __init__(
        self,
        hass: HomeAssistant,
        config: Mapping[str, Any],
        *,
        voltage_v: float,
        on_report: CALLBACK_TYPE,
    ) -> None:
        """Prepare to follow the entities of `config`."""
        self._hass = hass
        self._kind = MeterKind(config[CONF_METER_KIND])
        self._is_inverted: bool = config[CONF_INVERTED]
        self._named: Mapping[str, Mapping[str, str]] = config[CONF_ENTITIES]
        self._voltage_v = voltage_v
        self._on_report = on_report
        self._values: dict[str, _Value] = {}
        """By entity id."""
        self._parts: dict[str, tuple[str, MeterPart]] = {}
        """Phase and part by entity id."""
        self._unsubscribe: list[Callable[[], None]] = []

    @callback
    def async_start(self) -> None:
        """Take what the entities say now, and follow them."""
        registry = er.async_get(self._hass)
        self._parts = {
            entity_id: (phase, MeterPart(part))
            for phase, parts in self._named.items()
            for part, name in parts.items()
            if (entity_id := er.async_resolve_entity_id(registry, name)) is not None
        }
        for entity_id in self._parts:
            state = self._hass.states.get(entity_id)
            self._take(entity_id, state, _reported(state))
        entity_ids = list(self._parts)
        self._unsubscribe = [
            async_track_state_change_event(self._hass, entity_ids, self._async_changed),
            async_track_state_report_event(
                self._hass, entity_ids, self._async_reported
            ),
            async_track_entity_registry_updated_event(
                self._hass, entity_ids, self._async_registry_updated
            ),
        ]

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = []

    @property
    def reading(self) -> MeterReading | None:
        """Return the newest reading, `None` before the meter said anything."""
        if not self._values:
            return None
        phases = [self._phase(key) for key in PHASE_KEYS]
        parts, ages = zip(*phases, strict=True)
        return MeterReading(
            currents_a=meter_currents(
                parts, voltage_v=self._voltage_v, is_inverted=self._is_inverted
            ),
            measured_at=(ages[0], ages[1], ages[2]),
            power_w=self._power_w(
                [
                    part
                    for key, part in zip(PHASE_KEYS, parts, strict=True)
                    if key in self._named
                ]
            ),
        )

    def _power_w(self, parts: Sequence[PhaseParts]) -> float | None:
        """Return the active power of all phases together, `None` where one of them does not tell it."""
        powers = [
            power_w for part in parts if (power_w := _active_power_w(part)) is not None
        ]
        if len(powers) < len(parts):
            return None
        return -sum(powers) if self._is_inverted else sum(powers)

    def _phase(self, key: str) -> tuple[PhaseParts, float | None]:
        """Return what is known of one phase, as old as its oldest required part."""
        known = {
            part: self._values[entity_id]
            for entity_id, (phase, part) in self._parts.items()
            if phase == key and entity_id in self._values
        }
        parts = PhaseParts(
            **{_MEASURES[part].field: item.value for part, item in known.items()}
        )
        required = REQUIRED_PARTS[self._kind]
        if not all(part in known for part in required):
            return PhaseParts(), None
        return parts, min(known[part].at for part in required)

    @callback
    def _async_changed(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        self._take(event.data["entity_id"], state, _reported(state))
        self._on_report()

    @callback
    def _async_reported(self, event: Event[EventStateReportedData]) -> None:
        # The state itself is shared and may have been reported again since this event was fired.
        data = event.data
        self._take(data["entity_id"], data["new_state"], data["last_reported"])
        self._on_report()

    @callback
    def _async_registry_updated(
        self, event: Event[er.EventEntityRegistryUpdatedData]
    ) -> None:
        """Go on under a new name; an entity that is gone leaves its phase unknown."""
        self.async_stop()
        self._values.clear()
        self.async_start()
        self._on_report()

    def _take(
        self, entity_id: str, state: State | None, reported: datetime | None
    ) -> None:
        """Keep a value with its time; one that is no number makes the part unknown, not old."""
        part = self._parts[entity_id][1]
        value = None if state is None else _number(state, _MEASURES[part])
        if value is None or reported is None:
            self._values.pop(entity_id, None)
            return
        age_s = (dt_util.utcnow() - reported).total_seconds()
        self._values[entity_id] = _Value(
            value=value, at=time.monotonic() - max(age_s, 0.0)
        )


def _active_power_w(part: PhaseParts) -> float | None:
    """Return the signed active power of one phase, where the meter tells it."""
    if part.import_w is not None and part.export_w is not None:
        return part.import_w - part.export_w
    return part.power_w


def _reported(state: State | None) -> datetime | None:
    return None if state is None else state.last_reported


def _number(state: State, measure: _Measure) -> float | None:
    """Return the value of a state in the unit that is counted in, `None` where it is none."""
    try:
        value = float(state.state)
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT, measure.unit)
        value = measure.converter.convert(value, unit, measure.unit)
    except ValueError, HomeAssistantError:
        return None
    return value if math.isfinite(value) else None
