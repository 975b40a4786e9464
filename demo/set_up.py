"""Add the chargers and the site through the real config flows, over Home Assistant's own API."""

from collections.abc import Callable
from typing import Any, Final

from .api import HomeAssistantApi
from .dashboard import dashboard
from .house import METER_NAME, PLACES, RATING_A, DemoHouse

SITE: Final = "Home"
# What the chargers may take together while the meter is lost: one of them at its minimum, and some more.
FAIL_SAFE_A: Final = 12.0
# Home Assistant wants a hyphen in the address of a dashboard.
DASHBOARD: Final = "busbar-demo"


async def set_up(
    api: HomeAssistantApi, house: DemoHouse, tell: Callable[[str], None]
) -> None:
    """Make an empty Home Assistant into a house with three chargers and a site."""
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
    for place in PLACES:
        charger = house.chargers[place.name]
        tell(f"adding {place.name}, a charger at {charger.url}")
        await api.flow(
            "flow",
            "busbar",
            {"next_step_id": "warp"},
            {"host": charger.host, "port": charger.port},
        )
    tell(f"adding the site {SITE} with a supply of 3 x {RATING_A:.0f} A")
    site = await api.flow(
        "flow",
        "busbar",
        {"next_step_id": "site"},
        {
            "name": SITE,
            "phases": "3",
            "rating": RATING_A,
            "meter_kind": "none",
            "details": {"voltage": 230},
        },
        {"reserve": 0, "margin": 1, "timers": {}},
        {"chargers": [place.key for place in PLACES]},
        {"is_balancing": True},
    )
    await _tell_the_wiring(api, site["result"]["entry_id"])
    await _show_dashboard(api)


async def add_meter(api: HomeAssistantApi, house: DemoHouse) -> None:
    """Add the meter at the supply, an Energy Manager, and give it to the site."""
    await api.flow(
        "flow",
        "busbar",
        {"next_step_id": "warp"},
        {"host": house.meter.host, "port": house.meter.port},
    )
    entities = await _entities(api)
    (entry,) = (
        entry
        for entry in await api.command("config_entries/get", domain="busbar")
        if entry["title"] == SITE
    )
    await api.flow(
        "flow",
        "busbar",
        {
            "phases": "3",
            "rating": RATING_A,
            "meter_kind": "currents",
            "details": {"voltage": 230},
        },
        {
            **{
                f"current_{phase}": entities[METER_NAME, f"sensor.current_{phase}"]
                for phase in ("l1", "l2", "l3")
            },
            "inverted": False,
        },
        {"fail_safe": FAIL_SAFE_A, "reserve": 0, "margin": 1, "timers": {}},
        {},
        entry_id=entry["entry_id"],
    )


async def _tell_the_wiring(api: HomeAssistantApi, entry_id: str) -> None:
    """Say which phases lead to which charger, as a person does when the electrician left a note."""
    places = {place.name: place for place in PLACES}
    for subentry in await api.command(
        "config_entries/subentries/list", entry_id=entry_id
    ):
        await api.flow(
            "subentries/flow",
            [entry_id, "charger"],
            {
                "circuit": "supply",
                "vehicle_minimum": "ordinary",
                "phase_map": places[subentry["title"]].phase_map_key,
                "priority": 5,
                "minimum": 6,
                "maximum": 32,
            },
            subentry_id=subentry["subentry_id"],
        )


async def _show_dashboard(api: HomeAssistantApi) -> None:
    await api.command(
        "lovelace/dashboards/create",
        url_path=DASHBOARD,
        title="Busbar",
        mode="storage",
        icon="mdi:ev-station",
        show_in_sidebar=True,
    )
    await api.command(
        "lovelace/config/save",
        url_path=DASHBOARD,
        config=dashboard(await _entities(api)),
    )
    await api.command(
        "frontend/set_system_data", key="core", value={"default_panel": DASHBOARD}
    )


async def _entities(api: HomeAssistantApi) -> dict[tuple[str, str], str]:
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
