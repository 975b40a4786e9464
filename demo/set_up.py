"""Furnish an empty Home Assistant over its own API: what every scene needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .api import HomeAssistantApi
from .dashboard import Entities
from .scene import Scene

# Home Assistant wants a hyphen in the address of a dashboard.
DASHBOARD: Final = "busbar-demo"
_VOLTAGE_V: Final = 230


@dataclass(frozen=True, kw_only=True, slots=True)
class Wiring:
    """How one member of a site is connected."""

    phase_map: str = "l1_l2_l3"
    """The phases of the supply behind its own L1, L2, L3, as the form calls them."""
    maximum_a: float = 32.0


async def prepare(api: HomeAssistantApi) -> None:
    """Create the user, and say where the demo is."""
    await api.create_user()
    await api.command(
        "config/core/update",
        country="DE",
        currency="EUR",
        language="en",
        location_name="Busbar demo",
        time_zone="Europe/Berlin",
        unit_system="metric",
    )


async def add_device(
    api: HomeAssistantApi, make: str, *forms: Mapping[str, Any]
) -> None:
    """Add a charger, a meter or an account of a make."""
    await api.flow("flow", "busbar", {"next_step_id": make}, *forms)


async def add_site(
    api: HomeAssistantApi, title: str, rating_a: float, keys: Sequence[str]
) -> str:
    """Add a site of three phases without a meter, and return its entry; `keys` are identities of chargers."""
    site = await api.flow(
        "flow",
        "busbar",
        {"next_step_id": "site"},
        {
            "name": title,
            "phases": "3",
            "rating": rating_a,
            "meter_kind": "none",
            "details": {"voltage": _VOLTAGE_V},
        },
        {"reserve": 0, "margin": 1, "timers": {}},
        {"chargers": list(keys)},
        {"is_balancing": True},
    )
    entry_id: str = site["result"]["entry_id"]
    return entry_id


async def add_currents_meter(
    api: HomeAssistantApi, scene: Scene, meter: str, *, fail_safe_a: float
) -> None:
    """Give a site the three currents of a meter that Home Assistant knows by this name."""
    entities = await entities_of(api)
    (entry,) = (
        entry
        for entry in await api.command("config_entries/get", domain="busbar")
        if entry["title"] == scene.title
    )
    await api.flow(
        "flow",
        "busbar",
        {
            "phases": "3",
            "rating": scene.rating_a,
            "meter_kind": "currents",
            "details": {"voltage": _VOLTAGE_V},
        },
        {
            **{
                f"current_{phase}": entities[meter, f"sensor.current_{phase}"]
                for phase in ("l1", "l2", "l3")
            },
            "inverted": False,
        },
        {"fail_safe": fail_safe_a, "reserve": 0, "margin": 1, "timers": {}},
        {},
        entry_id=entry["entry_id"],
    )


async def tell_the_wiring(
    api: HomeAssistantApi, entry_id: str, wiring: Mapping[str, Wiring]
) -> None:
    """Say by member how it is connected, as a person does when the electrician left a note."""
    for subentry in await api.command(
        "config_entries/subentries/list", entry_id=entry_id
    ):
        wires = wiring[subentry["title"]]
        await api.flow(
            "subentries/flow",
            [entry_id, "charger"],
            {
                "circuit": "supply",
                "vehicle_minimum": "ordinary",
                "phase_map": wires.phase_map,
                "priority": 5,
                "minimum": 6,
                "maximum": wires.maximum_a,
            },
            subentry_id=subentry["subentry_id"],
        )


async def show_dashboard(api: HomeAssistantApi, scenes: Sequence[Scene]) -> None:
    """Create the dashboard with a view of every scene."""
    await api.command(
        "lovelace/dashboards/create",
        url_path=DASHBOARD,
        title="Busbar",
        mode="storage",
        icon="mdi:ev-station",
        show_in_sidebar=True,
    )
    entities = await entities_of(api)
    await api.command(
        "lovelace/config/save",
        url_path=DASHBOARD,
        config={
            "views": [{"path": scene.key, **scene.view(entities)} for scene in scenes]
        },
    )
    await api.command(
        "frontend/set_system_data", key="core", value={"default_panel": DASHBOARD}
    )


async def entities_of(api: HomeAssistantApi) -> Entities:
    """Return the entity ids of Busbar by device name and unique-id suffix."""
    devices: dict[str, Any] = {
        device["id"]: device["name_by_user"] or device["name"]
        for device in await api.command("config/device_registry/list")
    }
    found = {}
    for entity in await api.command("config/entity_registry/list"):
        if entity["platform"] == "busbar":
            key = entity["translation_key"] or entity["entity_id"].rpartition("_")[2]
            domain = entity["entity_id"].partition(".")[0]
            found[devices[entity["device_id"]], f"{domain}.{key}"] = entity["entity_id"]
    return found
