"""Every generation shows what it has, by its features and never by its type."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.warp import WarpSimulator
from simulators.world import CarSpec

from .conftest import Add, StartWarp
from .shown import reduced

GENERATIONS = ("warp", "warp2", "warp3", "warp4", "wem")


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
