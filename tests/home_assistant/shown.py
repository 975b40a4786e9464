"""Reduce what entities show to what can be kept as a snapshot."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.amber import AmberSnapshotExtension

__all__ = ["reduced", "snapshot"]

SHOWN_ATTRIBUTES = (
    "device_class",
    "unit_of_measurement",
    "state_class",
    "options",
    "event_types",
    "min",
    "max",
    "step",
    "limit",
    "source",
    "window",
)


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return plain snapshots: where and how the test kit keeps its own changes with its releases."""
    return snapshot.use_extension(AmberSnapshotExtension)


def reduced(
    hass: HomeAssistant, entry: MockConfigEntry, subentry: str | None = None
) -> Mapping[str, Any]:
    """Return the entities of an entry, or of one subentry, as every release of Home Assistant says them."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {
        f"{entity.domain} {entity.unique_id}": _reduced(hass, entity)
        for entity in sorted(entities, key=lambda item: (item.domain, item.unique_id))
        if subentry is None or entity.config_subentry_id == subentry
    }


def _reduced(hass: HomeAssistant, entity: er.RegistryEntry) -> dict[str, Any]:
    """Return one entity."""
    state = hass.states.get(entity.entity_id)
    assert state is not None
    category = entity.entity_category
    return {
        "state": state.state,
        "name": state.attributes["friendly_name"],
        "category": None if category is None else category.value,
        **{
            # Enumerations and their values are one to a reader, not to a snapshot.
            name: _plain(state.attributes[name])
            for name in SHOWN_ATTRIBUTES
            if state.attributes.get(name) is not None
        },
    }


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [str(item) for item in value]
    return str(value) if isinstance(value, str) else value
