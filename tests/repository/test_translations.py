"""The texts: every key that the code uses has one, and every text has a use."""

from collections.abc import Iterator
from enum import StrEnum
import re
from typing import Any

import pytest

from custom_components.busbar import errors
from custom_components.busbar.balancer.decision import ProblemKind
from custom_components.busbar.flows.meter import METER_FIELDS
from tests.repository.common import (
    PACKAGE,
    english,
    flat,
    load_json,
    manifest,
    placeholders,
)
from tests.repository.inventory import Text, inventory

LANGUAGES = sorted(path.stem for path in (PACKAGE / "translations").glob("*.json"))
CATEGORIES = {
    "config",
    "config_subentries",
    "device",
    "entity",
    "exceptions",
    "issues",
    "options",
    "selector",
    "services",
    "system_health",
    "title",
}
# Home Assistant's own flow helpers abort with these.
ABORTS_OF_CORE = {
    "already_configured",
    "already_in_progress",
    "reauth_successful",
    "reconfigure_successful",
    "single_instance_allowed",
    "unique_id_mismatch",
}
# Home Assistant's own steps, and the steps that our flows inherit.
FLOW_PARTS = {
    "abort",
    "create_entry",
    "entry_type",
    "error",
    "flow_title",
    "initiate_flow",
    "progress",
    "step",
}


def _load(language: str) -> dict[str, Any]:
    return load_json(PACKAGE / "translations" / f"{language}.json")


def _flows() -> dict[str, dict[str, Any]]:
    """Return the texts of every kind of flow."""
    found: dict[str, dict[str, Any]] = {
        name: english()[name] for name in ("config", "options") if name in english()
    }
    for kind, texts in english().get("config_subentries", {}).items():
        found[f"config_subentries.{kind}"] = texts
    for issue, texts in english().get("issues", {}).items():
        if "fix_flow" in texts:
            found[f"issues.{issue}"] = texts["fix_flow"]
    return found


def _of_all_flows(part: str) -> dict[str, str]:
    """Return what the flows say in one of their parts."""
    found: dict[str, str] = {}
    for texts in _flows().values():
        found.update(texts.get(part, {}))
    return found


def _steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for flow, texts in _flows().items():
        for step, content in texts.get("step", {}).items():
            yield f"{flow}.{step}", content


def _form_fields(content: dict[str, Any]) -> Iterator[tuple[set[str], set[str]]]:
    """Yield labels and descriptions of a step and of each of its sections."""
    for part in (content, *content.get("sections", {}).values()):
        yield set(part.get("data", {})), set(part.get("data_description", {}))


def _is_used(key: str, uses: list[Text]) -> bool:
    """Return whether the code can come up with this key."""
    if any(key in text.keys for text in uses):
        return True
    if any(text.pattern and text.pattern.fullmatch(key) for text in uses):
        return True
    # A key that comes out of a table stands there.
    return key in inventory().strings


def _untranslated(uses: list[Text], known: set[str]) -> list[str]:
    missing = [
        f"{text.where}: {', '.join(sorted(text.keys - known))}"
        for text in uses
        if not text.keys <= known
    ]
    missing += [
        f"{text.where}: {text.pattern.pattern}"
        for text in uses
        if text.pattern and not any(text.pattern.fullmatch(key) for key in known)
    ]
    return missing


def test_categories_are_home_assistants() -> None:
    """Nothing reads a category of our own, and nothing resolves references between texts."""
    assert set(english()) <= CATEGORIES
    assert not [key for key, text in flat(english()).items() if "[%key:" in text]
    assert english().get("title", manifest()["name"]) == manifest()["name"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_well_formed(language: str) -> None:
    """The rules that hassfest and Home Assistant's formatter have."""
    for key, text in flat(_load(language)).items():
        assert isinstance(text, str), key
        assert text, key
        assert text == text.strip(), key
        assert re.fullmatch(r"[a-z0-9_.-]+", key), key
        assert not re.search(r"'[^']*{\w+}[^']*'", text), f"{key}: quoted placeholder"
        assert not re.search(r"<\w+[^>]*>|https?://", text), f"{key}: HTML or address"
        assert text.count("{") == text.count("}") == len(re.findall(r"{\w+}", text)), (
            key
        )


def test_english_is_friendly() -> None:
    """Second person, without "please", and without shouting."""
    for key, text in flat(english()).items():
        assert not re.search(r"\bplease\b|!", text, re.IGNORECASE), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_is_whole(language: str) -> None:
    """Another language has the same keys, and fills in the same placeholders."""
    ours, source = flat(_load(language)), flat(english())
    assert set(ours) == set(source)
    for key, text in ours.items():
        assert placeholders(text) == placeholders(source[key]), key


# --- Flows ------------------------------------------------------------------------------


def test_every_field_is_explained() -> None:
    """Each field of a form has a label and a sentence that says what to put there."""
    for step, content in _steps():
        for labels, descriptions in _form_fields(content):
            assert labels == descriptions, step


def test_flows_have_known_parts() -> None:
    """A misspelt part would never be read."""
    for flow, texts in _flows().items():
        assert set(texts) <= FLOW_PARTS, flow
        if flow.startswith("config_subentries."):
            assert texts["initiate_flow"]["user"], flow
            assert texts["entry_type"], flow


def test_steps_match_the_code() -> None:
    """Each step that is shown has texts, and each text a step."""
    known = {step for texts in _flows().values() for step in texts.get("step", {})}
    assert not _untranslated(inventory().steps, known)
    assert known <= inventory().step_methods


def test_fields_match_the_code() -> None:
    """Each field of a form has its label, and each label a field."""
    labels = {
        label
        for _, content in _steps()
        for group, _ in _form_fields(content)
        for label in group
    }
    sections = {
        section for _, content in _steps() for section in content.get("sections", {})
    }
    assert not _untranslated(inventory().flow_fields, labels | sections)
    assert labels | sections <= inventory().strings | METER_FIELDS.keys()


def test_flow_errors_match_the_code() -> None:
    """Each error of a form can be read, and each text can happen."""
    known = set(_of_all_flows("error"))
    from_table = {row.flow_error for row in errors._FAILURES.values()}
    assert from_table <= set(english()["config"]["error"])
    assert not _untranslated(inventory().flow_errors, known)
    assert not [key for key in known if not _is_used(key, inventory().flow_errors)]


def test_aborts_match_the_code() -> None:
    """Each end of a flow is explained."""
    known = set(_of_all_flows("abort"))
    assert not _untranslated(inventory().aborts, known)
    assert not [
        key for key in known - ABORTS_OF_CORE if not _is_used(key, inventory().aborts)
    ]


# --- Entities ---------------------------------------------------------------------------


def test_entities_match_the_code() -> None:
    """Each entity has a name, and each name an entity."""
    texts = english().get("entity", {})
    for platform, keys in inventory().entities.items():
        assert keys <= set(texts.get(platform, {})), platform
    assert not _untranslated(
        inventory().entity_patterns,
        {key for entities in texts.values() for key in entities},
    )
    for platform, entities in texts.items():
        unused = [
            key
            for key in entities
            if key not in inventory().entities.get(platform, ())
            and not any(
                text.pattern and text.pattern.fullmatch(key)
                for text in inventory().entity_patterns
            )
        ]
        assert not unused, platform


def test_entity_names_are_unique() -> None:
    """Two entities of one platform with one name could not be told apart."""
    for platform, entities in english().get("entity", {}).items():
        names = [entity["name"] for entity in entities.values() if "name" in entity]
        twice = {name for name in names if names.count(name) > 1}
        assert not twice, platform


def test_states_match_the_code() -> None:
    """Each value of a list has a text, and each text a value."""
    for (platform, key), values in inventory().states.items():
        texts = english()["entity"][platform][key]
        if platform == "event":
            known = texts["state_attributes"]["event_type"]["state"]
        else:
            known = texts.get("state", {})
        assert values <= set(known), f"{platform}.{key}"
    for platform, entities in english().get("entity", {}).items():
        for key, texts in entities.items():
            states = set(texts.get("state", {}))
            for attribute in texts.get("state_attributes", {}).values():
                states |= set(attribute.get("state", {}))
            listed = inventory().states.get((platform, key), set())
            unknown = states - listed - inventory().strings - {"off", "on"}
            assert not unknown, f"{platform}.{key}"


# --- Errors, repairs, selectors -----------------------------------------------------------


def test_exceptions_match_the_code() -> None:
    """Each failure has a sentence, each sentence a failure, and its placeholders are given."""
    texts = english()["exceptions"]
    table = {row.key for row in errors._FAILURES.values()}
    assert table | {f"update_{key}" for key in table} <= set(texts)
    assert not _untranslated(inventory().exceptions, set(texts))
    assert not [key for key in texts if not _is_used(key, inventory().exceptions)]
    for use in inventory().exceptions:
        for key in use.keys:
            if use.placeholders is not None:
                wanted = placeholders(texts[key]["message"])
                assert wanted <= use.placeholders, f"{use.where}: {key}"


@pytest.mark.parametrize("kinds", [ProblemKind])
def test_everything_a_person_has_to_mend_is_explained(kinds: type[StrEnum]) -> None:
    """Each problem that the balancer names becomes a repair issue."""
    assert {kind.value for kind in kinds} <= set(english()["issues"])


def test_issues_match_the_code() -> None:
    """Each repair issue has a title and says what to do, or offers to do it."""
    texts = english().get("issues", {})
    assert not _untranslated(inventory().issues, set(texts))
    assert not [key for key in texts if not _is_used(key, inventory().issues)]
    for key, content in texts.items():
        assert content["title"], key
        assert ("description" in content) != ("fix_flow" in content), key


def test_selectors_match_the_code() -> None:
    """Each list of options has its words."""
    services = (PACKAGE / "services.yaml").read_text(encoding="utf-8")
    in_services = set(re.findall(r"translation_key: *(\w+)", services))
    texts = english().get("selector", {})
    assert in_services <= set(texts)
    assert not _untranslated(inventory().selectors, set(texts))
    for key, content in texts.items():
        assert key in in_services or _is_used(key, inventory().selectors), key
        for option in content.get("options", {}):
            assert option in inventory().strings or option in services, (
                f"{key}.{option}"
            )


def test_devices_and_system_health_match_the_code() -> None:
    """Names of devices and the lines of the system's health page."""
    texts = english()
    assert not _untranslated(inventory().devices, set(texts.get("device", {})))
    for key in texts.get("device", {}):
        assert _is_used(key, inventory().devices), key
    for key in texts.get("system_health", {}).get("info", {}):
        assert key in inventory().strings, key
