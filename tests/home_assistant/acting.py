"""Act on entities as a person does, and watch what Home Assistant is told."""

from dataclasses import replace
from typing import Any

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_state_report_event,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.coordinator import ChargerCoordinator
from simulators.warp import WarpSimulator

from .common import entity_id

KEY = "warp_AbCd"
"""The identity key of the one WARP."""


async def act(
    hass: HomeAssistant, platform: str, action: str, unique_id: str, **data: Any
) -> None:
    """Call an action of an entity and wait for its end."""
    target = {ATTR_ENTITY_ID: entity_id(hass, platform, unique_id)}
    await hass.services.async_call(platform, action, target | data, blocking=True)
    await hass.async_block_till_done()


async def refused(
    hass: HomeAssistant, platform: str, action: str, unique_id: str, **data: Any
) -> HomeAssistantError:
    """Call an action that must fail, and return its error."""
    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, platform, action, unique_id, **data)
    return failure.value


def state_with(hass: HomeAssistant, platform: str, unique_id: str) -> State:
    """Return the state of an entity with its attributes."""
    state = hass.states.get(entity_id(hass, platform, unique_id))
    assert state is not None
    return state


def exists(hass: HomeAssistant, platform: str, unique_id: str) -> bool:
    """Return whether there is such an entity, enabled or not."""
    registry = er.async_get(hass)
    return registry.async_get_entity_id(platform, "busbar", unique_id) is not None


def keys_of(hass: HomeAssistant, entry: MockConfigEntry, platform: str) -> set[str]:
    """Return the unique ids of an entry's entities of one platform."""
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {entity.unique_id for entity in found if entity.domain == platform}


def watch(hass: HomeAssistant, platform: str, unique_id: str) -> list[str]:
    """Return a list that grows by a state whenever the entity writes one, changed or not."""
    written: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        if (state := event.data["new_state"]) is not None:
            written.append(state.state)

    target = entity_id(hass, platform, unique_id)
    async_track_state_change_event(hass, target, note)
    async_track_state_report_event(hass, target, note)
    return written


async def pushed(hass: HomeAssistant, simulator: WarpSimulator) -> None:
    """Let what changed at a charger arrive and be shown."""
    await simulator.flush()
    await hass.async_block_till_done()


def coordinator_of(entry: MockConfigEntry, key: str = KEY) -> ChargerCoordinator:
    """Return the coordinator of a device, for what no wire can show."""
    coordinator: ChargerCoordinator = entry.runtime_data.coordinators[key]
    return coordinator


def make_hasty(entry: MockConfigEntry) -> None:
    """Let commands fail soon where the simulator never answers, or never takes the value."""
    link = entry.runtime_data.connection._link
    link.client.timeout_s = 0.1

    async def no_pause(seconds: float) -> None:
        """Look again at once."""

    link.pause = no_pause


async def report(hass: HomeAssistant, entry: MockConfigEntry, **values: Any) -> None:
    """Let the one WARP report values that its simulator never has."""
    coordinator = coordinator_of(entry)
    coordinator.async_set_updated_data(replace(coordinator.data, **values))
    await hass.async_block_till_done()
