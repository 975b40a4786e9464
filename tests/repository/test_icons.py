"""The icons: known ones, for entities that exist, wherever a device class gives none."""

from collections.abc import Iterator
from importlib.util import find_spec
import json
from pathlib import Path
from typing import Any

import pytest

from tests.repository.common import PACKAGE, english, load_json
from tests.repository.inventory import inventory


def _icons() -> dict[str, Any]:
    return load_json(PACKAGE / "icons.json")


def _names(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        for value in tree.values():
            yield from _names(value)
    else:
        yield tree


def test_categories_are_home_assistants() -> None:
    """Nothing reads a category of our own."""
    assert set(_icons()) <= {"entity", "services"}


def test_icons_belong_to_entities() -> None:
    """An icon hangs on an entity and on states that exist."""
    for platform, entities in _icons().get("entity", {}).items():
        known = english()["entity"][platform]
        assert set(entities) <= set(known)
        for key, icon in entities.items():
            assert set(icon) <= {"default", "range", "state", "state_attributes"}
            assert "default" in icon or platform == "binary_sensor", key
            states = set(known[key].get("state", {})) or {"off", "on"}
            assert set(icon.get("state", {})) <= states, f"{platform}.{key}"


def test_every_entity_has_an_icon() -> None:
    """Where no device class gives one, we do."""
    icons = _icons().get("entity", {})
    missing = [
        f"{platform}.{key}"
        for platform, key in sorted(inventory().without_class)
        if key not in icons.get(platform, {})
    ]
    assert not missing


def test_icons_are_of_the_set() -> None:
    """A misspelt icon is an empty place."""
    names = set(_names(_icons()))
    assert all(name.startswith("mdi:") for name in names)
    frontend = find_spec("hass_frontend")
    if frontend is None or frontend.origin is None:
        # The floor runs without the frontend; the newest environment has it.
        return
    listed = Path(frontend.origin).parent / "static" / "mdi" / "iconList.json"
    known = {f"mdi:{icon['name']}" for icon in json.loads(listed.read_bytes())}
    assert names <= known


@pytest.mark.parametrize("platform", ["number", "select", "switch"])
def test_platform_is_covered(platform: str) -> None:
    """The inventory sees entities at all."""
    assert inventory().entities[platform]
