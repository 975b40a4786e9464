"""Every generation shows what it has, by its features and never by its type."""

from collections.abc import Mapping
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.amber import AmberSnapshotExtension

from simulators.warp import WarpSimulator
from simulators.world import CarSpec

from .conftest import Add, StartWarp

GENERATIONS = ("warp", "warp2", "warp3", "warp4", "wem")
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
)


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return plain snapshots: where and how the test kit keeps its own changes with its releases."""
    return snapshot.use_extension(AmberSnapshotExtension)


def reduced(hass: HomeAssistant, entry: MockConfigEntry) -> Mapping[str, Any]:
    """Return an entry's entities, reduced to what every release of Home Assistant says alike."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {
        f"{entity.domain} {entity.unique_id}": _reduced(hass, entity)
        for entity in sorted(entities, key=lambda item: (item.domain, item.unique_id))
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


async def start(
    generation: str, frozen: FrozenDateTimeFactory, start_warp: StartWarp
) -> WarpSimulator:
    """Return a device of one generation that has charged for a while, at a known time."""
    frozen.move_to("2026-05-01 12:00:00+00:00")
    if generation == "wem":
        simulator = await start_warp(
            generation=generation, uid="WeMx", grid_a=lambda: (10.0, -2.0, 5.0)
        )
    else:
        simulator = await start_warp(generation=generation, uid="AbCd")
        simulator.plug(CarSpec(phases=3, maximum_a=16))
    await simulator.advance(60)
    return simulator


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize("generation", GENERATIONS)
async def test_entities(
    hass: HomeAssistant,
    frozen: FrozenDateTimeFactory,
    start_warp: StartWarp,
    add: Add,
    generation: str,
    snapshot: SnapshotAssertion,
) -> None:
    """With their values, classes, units and names; and nothing is written for them."""
    simulator = await start(generation, frozen, start_warp)
    entry = await add(simulator)
    assert reduced(hass, entry) == snapshot
    assert simulator.writes == []
    assert simulator.executed_by_get == 0


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_off_until_somebody_enables_them(
    hass: HomeAssistant,
    frozen: FrozenDateTimeFactory,
    start_warp: StartWarp,
    add: Add,
    generation: str,
    snapshot: SnapshotAssertion,
) -> None:
    """What only an expert wants to see does not fill everybody's page."""
    entry = await add(await start(generation, frozen, start_warp))
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    off = sorted(
        f"{entity.domain} {entity.unique_id}"
        for entity in entities
        if entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    )
    assert off == snapshot
