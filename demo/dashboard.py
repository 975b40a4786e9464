"""Build the view of a site from core cards alone: supply, allocation and reasons."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

type Entities = Mapping[tuple[str, str], str]
"""Entity ids by device name and key."""

_PHASES = ("l1", "l2", "l3")
_OF_A_CHARGER: Final = {
    "sensor.allowed_current": "Allowed now",
    "sensor.status": "Status",
    "sensor.power": "Power",
    "sensor.limiting_factor": "Limited by",
    "sensor.session_energy": "This session",
}
"""What is shown of a charger that has it."""


def site_view(
    entities: Entities, site: str, rating_a: float, chargers: Sequence[str]
) -> dict[str, Any]:
    """Return the view of one site with its chargers."""
    return {
        "title": site,
        "type": "sections",
        "max_columns": 3,
        "sections": [
            *(_charger(entities, site, name) for name in chargers),
            _supply(entities, site, rating_a),
            _history(entities, site, chargers),
        ],
    }


def section(
    entities: Entities, text: str, icon: str, tiles: Sequence[tuple[str, str, str]]
) -> dict[str, Any]:
    """Return a section with a tile of half its width for each device, key and name."""
    return {
        "type": "grid",
        "cards": [
            heading(text, icon),
            *(tile(entities[device, key], name, 6) for device, key, name in tiles),
        ],
    }


def _supply(entities: Entities, site: str, rating_a: float) -> dict[str, Any]:
    phases = [
        phase for phase in _PHASES if (site, f"sensor.allocated_{phase}") in entities
    ]
    columns = 12 // len(phases)
    return {
        "type": "grid",
        "cards": [
            heading(
                f"{site}: {len(phases)} x {rating_a:.0f} A", "mdi:transmission-tower"
            ),
            {
                "type": "tile",
                "entity": entities[site, "number.target"],
                "name": "Target for all chargers",
                "features": [{"type": "numeric-input", "style": "slider"}],
                "grid_options": {"columns": 12},
            },
            *(
                {
                    "type": "gauge",
                    "entity": entities[site, f"sensor.allocated_{phase}"],
                    "name": f"Allocated {phase.upper()}",
                    "max": rating_a,
                    "needle": True,
                    "severity": {
                        "green": 0,
                        "yellow": 0.9 * rating_a,
                        "red": rating_a + 0.1,
                    },
                    "grid_options": {"columns": columns},
                }
                for phase in phases
            ),
            *(
                tile(
                    entities[site, f"sensor.drawn_{phase}"],
                    f"Drawn {phase.upper()}",
                    columns,
                )
                for phase in phases
            ),
            tile(entities[site, "switch.balancing"], "Balancing", 6),
            tile(entities[site, "binary_sensor.overload"], "Overload", 6),
        ],
    }


def _charger(entities: Entities, site: str, name: str) -> dict[str, Any]:
    member = f"{name} at {site}"
    return {
        "type": "grid",
        "cards": [
            heading(name, "mdi:ev-station"),
            tile(entities[member, "sensor.reason"], "Why", 12),
            tile(entities[member, "sensor.allocated_current"], "Allocated", 6),
            *(
                tile(entities[name, key], text, 6)
                for key, text in _OF_A_CHARGER.items()
                if (name, key) in entities
            ),
            _limit(entities, name),
            tile(entities[name, "switch.charging"], "Charging", 12),
        ],
    }


def _limit(entities: Entities, name: str) -> dict[str, Any]:
    """Return what a person limits a charger with: its slider, or the lock of one that has no amperes to set."""
    slider = entities.get((name, "number.current_limit"))
    if slider is None:
        return tile(entities[name, "switch.lock"], "Lock", 12)
    return {
        "type": "tile",
        "entity": slider,
        "name": "My limit",
        "features": [{"type": "numeric-input", "style": "slider"}],
        "grid_options": {"columns": 12},
    }


def _history(entities: Entities, site: str, chargers: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "grid",
        "column_span": 2,
        "cards": [
            heading("Who got what", "mdi:chart-line"),
            {
                "type": "history-graph",
                "hours_to_show": 1,
                "entities": [
                    {
                        "entity": entities[
                            f"{name} at {site}", "sensor.allocated_current"
                        ],
                        "name": name,
                    }
                    for name in chargers
                ],
                "grid_options": {"columns": 24},
            },
            {
                "type": "logbook",
                "target": {"entity_id": [entities[site, "event.decision"]]},
                "hours_to_show": 1,
                "grid_options": {"columns": 24, "rows": 5},
            },
        ],
    }


def heading(text: str, icon: str) -> dict[str, Any]:
    """Return the head of a section."""
    return {"type": "heading", "heading": text, "icon": icon}


def tile(entity_id: str, name: str, columns: int) -> dict[str, Any]:
    """Return a tile, of 12 columns where it takes the whole width."""
    return {
        "type": "tile",
        "entity": entity_id,
        "name": name,
        # A third of a section is too narrow for icon and text side by side.
        "vertical": columns < 6,
        "grid_options": {"columns": columns},
    }
