"""Make entries, and look at what simulated chargers were told."""

from collections.abc import Iterable
from typing import Any, cast

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.warp import WarpSimulator


def charger_data(simulator: WarpSimulator) -> dict[str, Any]:
    """Return what the flow stores of a WARP."""
    data = {
        "kind": "charger",
        "make": "warp",
        "host": simulator.host,
        "port": simulator.port,
        "serial": simulator.uid,
    }
    if simulator.settings.password:
        data |= {"username": "admin", "password": simulator.settings.password}
    return data


def member_data(simulator: WarpSimulator) -> dict[str, Any]:
    """Return what the flow stores of a member."""
    return {
        "charger": f"warp_{simulator.uid}",
        "phase_map": "l1_l2_l3",
        "priority": 5,
        "minimum": 6.0,
        "maximum": 32.0,
    }


def site_entry_of(
    simulators: Iterable[WarpSimulator], rating: float = 40.0
) -> MockConfigEntry:
    """Return a site entry whose members are these chargers."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        data={
            "kind": "site",
            "phases": 3,
            "ratings": {"l1": rating, "l2": rating, "l3": rating},
            "voltage": 230.0,
        },
        subentries_data=[
            ConfigSubentryDataWithId(
                data=member_data(simulator),
                subentry_id=f"member_{simulator.uid}",
                subentry_type="charger",
                title=simulator.settings.display_name,
                unique_id=f"warp_{simulator.uid}",
            )
            for simulator in simulators
        ],
    )


def told_a(simulator: WarpSimulator) -> list[float]:
    """Return the currents that a charger was told over the wire, oldest first, in amperes."""
    told = [
        write.payload
        for write in simulator.writes
        if write.path.startswith("evse/external_current")
    ]
    return [cast("Any", payload)["current"] / 1000 for payload in told]


def entity_id(hass: HomeAssistant, platform: str, unique_id: str) -> str:
    """Return the id of an entity; it must exist."""
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)
    assert found is not None, f"no {platform} with the unique id {unique_id}"
    return found


def state_of(hass: HomeAssistant, platform: str, unique_id: str) -> str:
    """Return the state of an entity by its unique id."""
    state = hass.states.get(entity_id(hass, platform, unique_id))
    assert state is not None
    return state.state
