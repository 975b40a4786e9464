"""The form of a meter: what its entities are, for a supply or a circuit."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..site.config import PHASE_KEYS
from ..site.meter import (
    CONF_ENTITIES,
    CONF_INVERTED,
    CONF_METER_KIND,
    REQUIRED_PARTS,
    MeterKind,
    MeterPart,
)

NO_METER: Final = "none"

METER_KIND: Final = SelectSelector(
    SelectSelectorConfig(
        options=[NO_METER, *MeterKind],
        translation_key="meter_kind",
        mode=SelectSelectorMode.DROPDOWN,
    )
)
_CLASSES: Final[Mapping[MeterPart, SensorDeviceClass]] = {
    MeterPart.CURRENT: SensorDeviceClass.CURRENT,
    MeterPart.POWER: SensorDeviceClass.POWER,
    MeterPart.IMPORT: SensorDeviceClass.POWER,
    MeterPart.EXPORT: SensorDeviceClass.POWER,
    MeterPart.VOLTAGE: SensorDeviceClass.VOLTAGE,
}


METER_FIELDS: Final[Mapping[str, tuple[str, MeterPart]]] = {
    f"{part}_{phase}": (phase, part) for part in MeterPart for phase in PHASE_KEYS
}
"""Phase and part by the name of the field."""


def _fields(kind: MeterKind, phases: int) -> list[tuple[str, str, MeterPart]]:
    """Return the fields of the form for a meter of this kind: name, phase and part."""
    parts = (*REQUIRED_PARTS[kind], MeterPart.VOLTAGE)
    return [
        (name, phase, part)
        for name, (phase, part) in METER_FIELDS.items()
        if part in parts and phase in PHASE_KEYS[:phases]
    ]


def meter_schema(kind: MeterKind, phases: int) -> vol.Schema:
    """Return the form for a meter of this kind."""
    fields: dict[vol.Marker, Any] = {}
    for name, _, part in _fields(kind, phases):
        marker = vol.Optional if part is MeterPart.VOLTAGE else vol.Required
        fields[marker(name)] = EntitySelector(
            EntitySelectorConfig(domain="sensor", device_class=_CLASSES[part])
        )
    fields[vol.Required(CONF_INVERTED, default=False)] = BooleanSelector()
    return vol.Schema(fields)


def kept_name(hass: HomeAssistant, entity_id: str) -> str:
    """Return the registry id of an entity, which survives a rename; its entity id where it has none."""
    entity = er.async_get(hass).async_get(entity_id)
    return entity_id if entity is None else entity.id


def shown_name(hass: HomeAssistant, name: str) -> str:
    """Return the entity id of what was kept, as a form shows it."""
    return er.async_resolve_entity_id(er.async_get(hass), name) or name


def meter_data(
    hass: HomeAssistant, kind: MeterKind, phases: int, user_input: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is kept of the form: registry ids, which survive a rename, where there are any."""
    entities: dict[str, dict[str, str]] = {}
    for name, phase, part in _fields(kind, phases):
        if name in user_input:
            kept = kept_name(hass, user_input[name])
            entities.setdefault(phase, {})[part.value] = kept
    return {
        CONF_METER_KIND: kind.value,
        CONF_INVERTED: user_input[CONF_INVERTED],
        CONF_ENTITIES: entities,
    }


def meter_form(
    hass: HomeAssistant, data: Mapping[str, Any] | None, kind: MeterKind
) -> dict[str, Any]:
    """Return the form as an entry has it; empty where it has no meter, or one of another kind."""
    if data is None or data[CONF_METER_KIND] != kind:
        return {}
    return {
        CONF_INVERTED: data[CONF_INVERTED],
        **{
            f"{part}_{phase}": shown_name(hass, name)
            for phase, parts in data[CONF_ENTITIES].items()
            for part, name in parts.items()
        },
    }


def meter_kind(data: Mapping[str, Any] | None) -> str:
    """Return what a form of the supply shows."""
    return NO_METER if data is None else data[CONF_METER_KIND]
