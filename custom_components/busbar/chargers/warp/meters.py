"""Read meters by value id. Pure; what a meter does not say is None, never 0."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ..model import UNKNOWN_PHASES, Measurement, PhaseValues
from .parse import as_int, as_list, as_number, as_object
from .paths import (
    METER_ALL_VALUES,
    METER_CONFIG,
    METER_SLOTS,
    METER_STATE,
    METER_VALUES,
    meter_path,
)
from .states import States

type Triple = tuple[int, int, int]
type ValuesById = Mapping[int, float | None]

CURRENT_SUM: Final[Triple] = (13, 17, 21)
CURRENT_SIGNED: Final[Triple] = (14, 18, 22)
CURRENT_IMPORT: Final[Triple] = (11, 15, 19)
VOLTAGE: Final[Triple] = (1, 2, 3)
POWER_PHASES: Final[Triple] = (39, 48, 57)
POWER: Final = (74, 75)
ENERGY: Final = (209, 213)
ENERGY_EXPORT: Final = (211,)
ENERGY_IMPORT: Final = (209,)

CLASS_NONE: Final = 0
LOCATION_GRID: Final = 4
LEGACY_AVAILABLE: Final = 2
LEGACY_CURRENTS: Final[Triple] = (3, 4, 5)
LEGACY_VOLTAGES: Final[Triple] = (0, 1, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterReading:
    """What one meter says, and which quantities it can say at all."""

    power_w: float | None = None
    currents_a: PhaseValues = UNKNOWN_PHASES
    voltages_v: PhaseValues = UNKNOWN_PHASES
    energy_kwh: float | None = None
    export_energy_kwh: float | None = None
    measures: frozenset[Measurement] = frozenset()
    measured_at: float | None = None


def values_by_id(ids: object, values: object) -> dict[int, float | None]:
    """Pair ids and values by position; lists of different length belong to different moments."""
    numbers = [as_int(number) for number in as_list(ids)]
    readings = [as_number(value) for value in as_list(values)]
    if len(numbers) != len(readings):
        return {}
    return {
        number: reading
        for number, reading in zip(numbers, readings, strict=True)
        if number is not None
    }


def charger_meter(states: States) -> MeterReading:
    """Read the charger's own meter."""
    slot = as_int(states.object(METER_CONFIG).get("slot")) or 0
    path = meter_path(slot, "values")
    ids = _known_ids(states, slot)
    if meter_path(slot, "value_ids") not in states:
        return _legacy_meter(states)
    values = values_by_id(states.get(meter_path(slot, "value_ids")), states.get(path))
    currents_a = _first_triple(values, CURRENT_SUM)
    if currents_a == UNKNOWN_PHASES:
        currents_a = _each(abs, _first_triple(values, CURRENT_SIGNED, CURRENT_IMPORT))
    return MeterReading(
        power_w=_power_w(values),
        currents_a=currents_a,
        voltages_v=_first_triple(values, VOLTAGE),
        energy_kwh=_first(values, ENERGY),
        measures=_measures(ids, ENERGY),
        measured_at=states.measured_at(path),
    )


def grid_meter(states: States) -> MeterReading:
    """Read the meter at the grid: + import, - export."""
    slot = grid_meter_slot(states)
    if slot is None:
        return MeterReading()
    path = meter_path(slot, "values")
    values = values_by_id(states.get(meter_path(slot, "value_ids")), states.get(path))
    currents_a = _first_triple(values, CURRENT_SIGNED)
    if currents_a == UNKNOWN_PHASES:
        currents_a = _signed_by_power(values)
    ids = _known_ids(states, slot)
    measures = _measures(ids, ENERGY_IMPORT)
    if ids & set(ENERGY_EXPORT):
        measures |= {Measurement.DISCHARGED_ENERGY}
    return MeterReading(
        power_w=_power_w(values),
        currents_a=currents_a,
        voltages_v=_first_triple(values, VOLTAGE),
        energy_kwh=_first(values, ENERGY_IMPORT),
        export_energy_kwh=_first(values, ENERGY_EXPORT),
        measures=measures,
        measured_at=states.measured_at(path),
    )


def grid_meter_slot(states: States) -> int | None:
    """Return the meter slot that stands at the grid: as configured, else as located, else the first."""
    for path, key in (
        ("power_manager/dynamic_load_config", "meter_slot_grid_currents"),
        ("power_manager/config", "meter_slot_grid_power"),
    ):
        slot = as_int(states.object(path).get(key))
        if slot is not None and meter_path(slot, "value_ids") in states:
            return slot
    used = [slot for slot in range(METER_SLOTS) if _is_used(states, slot)]
    at_grid = [slot for slot in used if _location(states, slot) == LOCATION_GRID]
    return next(iter([*at_grid, *used]), None)


def _is_used(states: States, slot: int) -> bool:
    """Return whether a meter is configured in this slot."""
    config = as_list(states.get(meter_path(slot, "config")))
    return bool(config) and as_int(config[0]) not in (None, CLASS_NONE)


def _location(states: States, slot: int) -> int | None:
    """Return where the configuration says that the meter stands."""
    config = as_list(states.get(meter_path(slot, "config")))
    return as_int(as_object(config[1]).get("location")) if len(config) > 1 else None


def _known_ids(states: States, slot: int) -> frozenset[int]:
    """Return the ids that the meter of a slot has, whatever their present values."""
    ids = as_list(states.get(meter_path(slot, "value_ids")))
    return frozenset(number for number in map(as_int, ids) if number is not None)


def _measures(ids: frozenset[int], energy: tuple[int, ...]) -> frozenset[Measurement]:
    """Return what a meter with these ids measures."""
    needed = {
        Measurement.POWER: {*POWER, *POWER_PHASES},
        Measurement.CURRENTS: {*CURRENT_SUM, *CURRENT_SIGNED, *CURRENT_IMPORT},
        Measurement.VOLTAGES: set(VOLTAGE),
        Measurement.LIFETIME_ENERGY: set(energy),
    }
    return frozenset(quantity for quantity, any_of in needed.items() if ids & any_of)


def _first(values: ValuesById, ids: tuple[int, ...]) -> float | None:
    """Return the first of the values that is there."""
    return next(
        (value for number in ids if (value := values.get(number)) is not None), None
    )


def _triple(values: ValuesById, ids: Triple) -> PhaseValues:
    """Return one value per phase."""
    first, second, third = ids
    return values.get(first), values.get(second), values.get(third)


def _first_triple(values: ValuesById, *choices: Triple) -> PhaseValues:
    """Return the first triple of which at least one phase is there."""
    triples = (_triple(values, ids) for ids in choices)
    return next(
        (triple for triple in triples if triple != UNKNOWN_PHASES), UNKNOWN_PHASES
    )


def _each(function: Callable[[float], float], values: PhaseValues) -> PhaseValues:
    """Apply a function to the phases that are known."""
    first, second, third = (
        None if value is None else function(value) for value in values
    )
    return first, second, third


def _power_w(values: ValuesById) -> float | None:
    """Return the total power, summed over the phases where the meter gives no total."""
    total_w = _first(values, POWER)
    if total_w is not None:
        return total_w
    phases = [values[number] for number in POWER_PHASES if number in values]
    known = [value for value in phases if value is not None]
    return sum(known) if known and len(known) == len(phases) else None


def _signed_by_power(values: ValuesById) -> PhaseValues:
    """Return currents without a sign of their own, with the sign of the power of their phase."""
    currents_a = _first_triple(values, CURRENT_SUM, CURRENT_IMPORT)
    powers_w = _triple(values, POWER_PHASES)
    first, second, third = (
        -current_a
        if current_a is not None and power_w is not None and power_w < 0
        else current_a
        for current_a, power_w in zip(currents_a, powers_w, strict=True)
    )
    return first, second, third


def _legacy_meter(states: States) -> MeterReading:
    """Read the meter of a firmware that has no value ids yet."""
    if as_int(states.object(METER_STATE).get("state")) != LEGACY_AVAILABLE:
        return MeterReading()
    values = states.object(METER_VALUES)
    all_values = dict(enumerate(map(as_number, as_list(states.get(METER_ALL_VALUES)))))
    measures = {Measurement.POWER, Measurement.LIFETIME_ENERGY}
    if all_values:
        measures |= {Measurement.CURRENTS, Measurement.VOLTAGES}
    return MeterReading(
        power_w=as_number(values.get("power")),
        currents_a=_triple(all_values, LEGACY_CURRENTS),
        voltages_v=_triple(all_values, LEGACY_VOLTAGES),
        energy_kwh=as_number(values.get("energy_abs")),
        measures=frozenset(measures),
        measured_at=states.measured_at(METER_VALUES),
    )
