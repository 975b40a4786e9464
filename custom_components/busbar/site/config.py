"""Read what a site entry holds: what is shared, among whom. Pure; the flows write what this reads."""

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import WEEKDAYS

from ..balancer.inputs import (
    CircuitConfig,
    MemberConfig,
    Options,
    SiteConfig,
    VehicleMinimum,
)
from ..balancer.model import NO_AMPS, Phase, PhaseAmps, PhaseMap
from ..balancer.modes import Intent, Mode
from ..balancer.windows import Window

CONF_CHARGER: Final = "charger"
CONF_CIRCUIT: Final = "circuit"
CONF_CONTACTOR: Final = "contactor"
CONF_CURRENT: Final = "current"
CONF_DEFAULT_TARGET: Final = "default_target"
CONF_END: Final = "end"
CONF_FAIL_SAFE: Final = "fail_safe"
CONF_HOME_BATTERY: Final = "home_battery"
CONF_IS_BALANCING: Final = "is_balancing"
CONF_MARGIN: Final = "margin"
CONF_MAXIMUM: Final = "maximum"
CONF_MEMBERS: Final = "members"
CONF_METER: Final = "meter"
CONF_MINIMUM: Final = "minimum"
CONF_MODE: Final = "mode"
CONF_OPTIONS: Final = "options"
CONF_ORDER: Final = "order"
CONF_PARENT: Final = "parent"
CONF_PHASE_MAP: Final = "phase_map"
CONF_PHASES: Final = "phases"
CONF_PRIORITY: Final = "priority"
CONF_RATINGS: Final = "ratings"
CONF_RESERVE: Final = "reserve"
CONF_SOC_AT_LEAST: Final = "soc_at_least"
CONF_SOC_AT_MOST: Final = "soc_at_most"
CONF_SOC_UNKNOWN: Final = "soc_unknown"
CONF_START: Final = "start"
CONF_VEHICLE_MINIMUM: Final = "vehicle_minimum"
CONF_VOLTAGE: Final = "voltage"
CONF_WEEKDAYS: Final = "weekdays"

SUBENTRY_CHARGER: Final = "charger"
SUBENTRY_CIRCUIT: Final = "circuit"
SUBENTRY_WINDOW: Final = "window"
SUPPLY: Final = "supply"
"""Key of the circuit that has no parent; the others have the id of their subentry."""

PHASE_KEYS: Final = ("l1", "l2", "l3")
UNKNOWN_PHASE_MAP: Final = "unknown"
PHASE_MAPS: Final[Mapping[str, PhaseMap | None]] = {
    UNKNOWN_PHASE_MAP: None,
    "l1_l2_l3": (Phase.L1, Phase.L2, Phase.L3),
    "l2_l3_l1": (Phase.L2, Phase.L3, Phase.L1),
    "l3_l1_l2": (Phase.L3, Phase.L1, Phase.L2),
    "l1_l3_l2": (Phase.L1, Phase.L3, Phase.L2),
    "l2_l1_l3": (Phase.L2, Phase.L1, Phase.L3),
    "l3_l2_l1": (Phase.L3, Phase.L2, Phase.L1),
}
"""Which phases of the supply lead to the charger's own terminals L1, L2, L3."""

DEFAULT_MARGIN_A: Final = 1.0
DEFAULT_PRIORITY: Final = 5
DEFAULT_VOLTAGE_V: Final = 230.0


def per_phase(values: Mapping[str, float] | None, default: PhaseAmps) -> PhaseAmps:
    """Return amperes per phase from a mapping of phase keys; a phase that is missing keeps its default."""
    named = values or {}
    first, second, third = (
        float(named.get(key, fallback))
        for key, fallback in zip(PHASE_KEYS, default, strict=True)
    )
    return first, second, third


def phase_count(data: Mapping[str, Any]) -> int:
    """Return how many phases the supply has."""
    return int(data[CONF_PHASES])


def ratings(data: Mapping[str, Any]) -> PhaseAmps:
    """Return the rating per phase of a supply or a circuit, 0 on a phase that it does not have."""
    return per_phase(data[CONF_RATINGS], NO_AMPS)


def charger_subentries(entry: ConfigEntry) -> Iterable[ConfigSubentry]:
    """Return the subentries of member chargers."""
    return _subentries(entry.subentries.values(), SUBENTRY_CHARGER)


def circuit_subentries(entry: ConfigEntry) -> Iterable[ConfigSubentry]:
    """Return the subentries of circuits below the supply."""
    return _subentries(entry.subentries.values(), SUBENTRY_CIRCUIT)


def window_subentries(entry: ConfigEntry) -> Iterable[ConfigSubentry]:
    """Return the subentries of windows, in the order in which they are tried; equal places go by name."""
    return sorted(
        _subentries(entry.subentries.values(), SUBENTRY_WINDOW),
        key=lambda item: (item.data[CONF_ORDER], item.title.casefold(), item.title),
    )


def _subentries(
    subentries: Iterable[ConfigSubentry], kind: str
) -> Iterable[ConfigSubentry]:
    return (item for item in subentries if item.subentry_type == kind)


def site_config(entry: ConfigEntry) -> SiteConfig:
    """Return what the balancer must know of a site."""
    return build_site_config(
        entry.data,
        circuits={item.subentry_id: item.data for item in circuit_subentries(entry)},
        members=(item.data for item in charger_subentries(entry)),
    )


def build_site_config(
    data: Mapping[str, Any],
    *,
    circuits: Mapping[str, Mapping[str, Any]],
    members: Iterable[Mapping[str, Any]],
) -> SiteConfig:
    """Return the same from the data of a supply, of circuits by key, and of members."""
    count = phase_count(data)
    target = data.get(CONF_DEFAULT_TARGET)
    whole = {key: item for key, item in circuits.items() if _is_fed(key, circuits)}
    return SiteConfig(
        circuits=(
            _circuit(SUPPLY, data, parent=None, phases=count),
            *(
                _circuit(key, item, parent=item[CONF_PARENT], phases=count)
                for key, item in whole.items()
            ),
        ),
        members=tuple(_member(member) for member in members),
        default_target_a=None if target is None else _on_phases(target, count),
        voltage_v=data[CONF_VOLTAGE],
        options=Options(**data.get(CONF_OPTIONS, {})),
    )


def _is_fed(key: str, circuits: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether a circuit still leads up to the supply.

    Home Assistant deletes a subentry without asking us. What hangs below a circuit that is gone would be
    limited by less than before, so it counts as gone too: its members hold at their fail-safe current.
    """
    while key in circuits:
        key = circuits[key][CONF_PARENT]
    return key == SUPPLY


def _circuit(
    key: str, data: Mapping[str, Any], *, parent: str | None, phases: int
) -> CircuitConfig:
    fail_safe = data.get(CONF_FAIL_SAFE)
    return CircuitConfig(
        key=key,
        parent=parent,
        rating_a=ratings(data),
        reserve_a=_on_phases(data.get(CONF_RESERVE, 0.0), phases),
        has_meter=data.get(CONF_METER) is not None,
        margin_a=data.get(CONF_MARGIN, DEFAULT_MARGIN_A),
        fail_safe_a=None if fail_safe is None else _on_phases(fail_safe, phases),
    )


def _on_phases(current_a: float, count: int) -> PhaseAmps:
    """Return a current on every phase that the supply has."""
    return per_phase(dict.fromkeys(PHASE_KEYS[:count], current_a), NO_AMPS)


def _member(data: Mapping[str, Any]) -> MemberConfig:
    return MemberConfig(
        key=data[CONF_CHARGER],
        circuit=data.get(CONF_CIRCUIT, SUPPLY),
        phase_map=PHASE_MAPS[data.get(CONF_PHASE_MAP, UNKNOWN_PHASE_MAP)],
        priority=int(data.get(CONF_PRIORITY, DEFAULT_PRIORITY)),
        minimum_a=data[CONF_MINIMUM],
        maximum_a=data[CONF_MAXIMUM],
        contactor=data.get(CONF_CONTACTOR),
        vehicle_minimum=VehicleMinimum(
            data.get(CONF_VEHICLE_MINIMUM, VehicleMinimum.ORDINARY)
        ),
    )


def site_windows(entry: ConfigEntry) -> tuple[Window, ...]:
    """Return the windows of a site in the order in which they are tried, all of them switched on."""
    return tuple(
        _window(item.subentry_id, item.data) for item in window_subentries(entry)
    )


def _window(key: str, data: Mapping[str, Any]) -> Window:
    members = data[CONF_MEMBERS]
    return Window(
        key=key,
        members=frozenset(members) if members else None,
        weekdays=frozenset(WEEKDAYS.index(day) for day in data[CONF_WEEKDAYS]),
        start=time.fromisoformat(data[CONF_START]),
        end=time.fromisoformat(data[CONF_END]),
        intent=Intent(mode=Mode(data[CONF_MODE]), current_a=data.get(CONF_CURRENT)),
        soc_at_least=data.get(CONF_SOC_AT_LEAST),
        soc_at_most=data.get(CONF_SOC_AT_MOST),
        soc_unknown=data[CONF_SOC_UNKNOWN],
    )
