"""The actions: their description, their registration and their texts."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import service
from homeassistant.helpers.selector import validate_selector
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest

from tests.repository.common import PACKAGE, english, load_json

SERVICES: dict[str, Any] = load_yaml_dict(str(PACKAGE / "services.yaml"))


def _fields(action: str) -> dict[str, Any]:
    """Return the fields of an action, out of their sections."""
    found: dict[str, Any] = {}
    for name, field in ((SERVICES[action] or {}).get("fields") or {}).items():
        found.update(field.get("fields", {name: field}))
    return found


def _sections(action: str) -> set[str]:
    fields = (SERVICES[action] or {}).get("fields") or {}
    return {name for name, field in fields.items() if "fields" in field}


def test_home_assistant_accepts_the_file() -> None:
    """The schema is the one that Home Assistant reads the file with."""
    service._SERVICES_SCHEMA(SERVICES)


@pytest.mark.parametrize("action", SERVICES)
def test_every_field_can_be_filled_in(action: str) -> None:
    """Each field has a selector that Home Assistant knows."""
    for name, field in _fields(action).items():
        assert "selector" in field, f"{action}.{name}"
        validate_selector(field["selector"])
        assert not {"name", "description"} & set(field), "texts belong to translations"
    assert not {"name", "description"} & set(SERVICES[action] or {})
    assert "device" not in ((SERVICES[action] or {}).get("target") or {})


@pytest.mark.parametrize("action", SERVICES)
def test_every_action_and_field_is_described(action: str) -> None:
    """The names and descriptions stand in the translations, both ways."""
    texts = english()["services"][action]
    assert texts["name"]
    assert texts["description"]
    described = texts.get("fields", {})
    assert set(described) == set(_fields(action))
    for name, field in described.items():
        assert field["name"], name
        assert field["description"], name
    assert set(texts.get("sections", {})) == _sections(action)


def test_no_text_and_no_icon_without_action() -> None:
    """What is gone is gone everywhere."""
    assert set(english()["services"]) == set(SERVICES)
    icons = load_json(PACKAGE / "icons.json")["services"]
    assert set(icons) == set(SERVICES)
    for action, icon in icons.items():
        assert icon["service"].startswith("mdi:")
        assert set(icon.get("sections", {})) <= _sections(action)


@pytest.mark.usefixtures("enable_custom_integrations")
async def test_registered_actions_are_the_described_ones(hass: HomeAssistant) -> None:
    """Actions exist without any entry, so that automations can be checked at a start."""
    assert await async_setup_component(hass, "busbar", {})
    assert set(hass.services.async_services_for_domain("busbar")) == set(SERVICES)
