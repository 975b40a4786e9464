"""The manifest, and what has to agree with it."""

from importlib.metadata import version
import re
from typing import Any
from urllib.parse import urlparse

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.const import MAJOR_VERSION, MINOR_VERSION, Platform
from packaging.requirements import Requirement
import pytest

from tests.repository.common import (
    PACKAGE,
    ROOT,
    imports_of,
    load_json,
    manifest,
    modules,
    own_files,
)

REQUIRED = {
    "codeowners",
    "config_flow",
    "documentation",
    "domain",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "name",
    "version",
}
KNOWN = REQUIRED | {
    "after_dependencies",
    "dependencies",
    "dhcp",
    "loggers",
    "preview_features",
    "quality_scale",
    "requirements",
    "zeroconf",
}
IOT_CLASSES = {
    "assumed_state",
    "calculated",
    "cloud_polling",
    "cloud_push",
    "local_polling",
    "local_push",
}
# As in homeassistant/loader.py: without one of these the integration is not loaded.
VERSION_STRATEGIES = [
    AwesomeVersionStrategy.CALVER,
    AwesomeVersionStrategy.SEMVER,
    AwesomeVersionStrategy.SIMPLEVER,
    AwesomeVersionStrategy.BUILDVER,
    AwesomeVersionStrategy.PEP440,
]
# Platforms that Home Assistant itself looks for in an integration's folder.
FOR_EVERYBODY = {*Platform, "diagnostics", "logbook", "repairs", "system_health"}


def _requirements(name: str) -> dict[str, Requirement]:
    """Return what a requirements file names."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {requirement.name: requirement for requirement in found}


def test_keys_are_known_and_sorted() -> None:
    """The order is checked by hassfest: domain, name, then the alphabet."""
    keys = list(manifest())
    assert set(keys) >= REQUIRED
    assert set(keys) <= KNOWN
    assert keys == ["domain", "name", *sorted(keys[2:])]


def test_domain_is_the_folder() -> None:
    """The domain can never change."""
    assert manifest()["domain"] == PACKAGE.name == "busbar"


def test_version_is_one_that_home_assistant_loads() -> None:
    """An integration without a valid version is refused."""
    AwesomeVersion(manifest()["version"], ensure_strategy=VERSION_STRATEGIES)


def test_values_are_allowed() -> None:
    """Classes, types and owners are words that Home Assistant knows."""
    ours = manifest()
    assert ours["config_flow"] is True
    assert ours["iot_class"] in IOT_CLASSES
    assert ours["integration_type"] == "hub"
    assert ours["quality_scale"] in ("bronze", "silver", "gold", "platinum")
    assert ours["codeowners"]
    assert all(re.fullmatch(r"@[\w-]+", owner) for owner in ours["codeowners"])


@pytest.mark.parametrize("key", ["documentation", "issue_tracker"])
def test_links_are_our_own(key: str) -> None:
    """Home Assistant's own pages are not the place for a custom integration."""
    url = urlparse(manifest()[key])
    assert url.scheme == "https"
    assert url.netloc
    assert "home-assistant.io" not in url.netloc


def test_requirements_are_ranges() -> None:
    """Home Assistant installs under its own constraints, where an exact pin would clash."""
    for line in manifest().get("requirements", ()):
        requirement = Requirement(line)
        assert requirement.url is None, line
        operators = {part.operator for part in requirement.specifier}
        assert operators, f"{line} has no lower bound"
        assert not operators & {"==", "==="}, f"{line} is pinned"


def test_requirements_are_what_the_tests_run_with() -> None:
    """The environments hold the very ranges that users get."""
    tested = _requirements("requirements_common.txt")
    for line in manifest().get("requirements", ()):
        requirement = Requirement(line)
        assert requirement.name in tested, line
        assert requirement.specifier == tested[requirement.name].specifier, line


def test_imported_components_are_declared() -> None:
    """A component that is imported is set up before us, or at least there."""
    ours = manifest()
    declared = {*ours.get("dependencies", ()), *ours.get("after_dependencies", ())}
    for module in modules(PACKAGE):
        for found in imports_of(module):
            parts = found.target.split(".")
            if parts[:2] != ["homeassistant", "components"]:
                continue
            assert parts[2] in FOR_EVERYBODY | declared, (
                f"{module.short_name}:{found.line} imports {parts[2]},"
                " which the manifest does not name"
            )


def test_loggers_are_those_of_the_requirements() -> None:
    """Debug logging opens the libraries too, and nothing else."""
    allowed = {"botocore", "boto3", "pysignalr", "websockets"}
    allowed |= {
        re.split(r"[\[<>=~!]", line)[0].lower()
        for line in manifest().get("requirements", ())
    }
    assert set(manifest().get("loggers", ())) <= allowed


def test_zeroconf_matchers_can_match() -> None:
    """Home Assistant compares in lower case, and a plain HTTP service says nothing about us."""
    for matcher in manifest().get("zeroconf", ()):
        entry: dict[str, Any] = (
            {"type": matcher} if isinstance(matcher, str) else matcher
        )
        assert entry["type"].endswith(".local.")
        assert entry["type"] == entry["type"].lower()
        texts = [entry.get("name", ""), *entry.get("properties", {}).values()]
        assert all(text == text.lower() for text in texts)
        assert entry["type"] != "_http._tcp.local." or any(texts)


def test_only_one_manifest() -> None:
    """Hassfest takes every file of that name for an integration."""
    found = [path for path in own_files() if path.name == "manifest.json"]
    assert found == [PACKAGE / "manifest.json"]


def test_store_file_agrees() -> None:
    """What the store shows, enforces and downloads."""
    store = load_json(ROOT / "hacs.json")
    assert store["name"] == manifest()["name"]
    assert store["zip_release"] is True
    assert store["filename"] == f"{manifest()['domain']}.zip"
    release = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    assert f'gh release upload "$TAG" {store["filename"]}' in release


def test_floor_is_what_the_floor_environment_runs() -> None:
    """The oldest Home Assistant of the store file is the one that the tests run on."""
    name = "pytest-homeassistant-custom-component"
    kits = {
        kind: str(_requirements(file)[name].specifier).removeprefix("==")
        for kind, file in (
            ("newest", "requirements_test.txt"),
            ("floor", "requirements_test_floor.txt"),
        )
    }
    assert version(name) in kits.values()
    floor = load_json(ROOT / "hacs.json")["homeassistant"].split(".")
    here = [str(MAJOR_VERSION), str(MINOR_VERSION)]
    if version(name) == kits["floor"]:
        assert here == floor[:2]
    else:
        assert here != floor[:2]
