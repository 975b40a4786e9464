"""Print what Home Assistant would otherwise install during its first start.

Usage: python scripts/startup_requirements.py [--without COMPONENT] [COMPONENT ...]

Home Assistant installs the packages of a component when it first needs it. The demo should start at once and the tests
may not install anything, so the same manifests are walked here, in the environment whose Home Assistant is meant.
"""

import argparse
from collections.abc import Iterable, Iterator
import json
from pathlib import Path
from typing import Any

from homeassistant import components
from homeassistant.bootstrap import CORE_INTEGRATIONS, DEFAULT_INTEGRATIONS
from homeassistant.requirements import DISCOVERY_INTEGRATIONS

COMPONENTS = Path(components.__file__).parent


def manifest_of(component: str) -> dict[str, Any]:
    """Return the manifest of one of Home Assistant's own components."""
    manifest: dict[str, Any] = json.loads(
        (COMPONENTS / component / "manifest.json").read_text(encoding="utf-8")
    )
    return manifest


def needed_by(manifest: dict[str, Any]) -> Iterator[str]:
    """Yield the components whose packages Home Assistant installs before it sets this one up."""
    yield from manifest.get("dependencies", ())
    for component, keys in DISCOVERY_INTEGRATIONS.items():
        if any(key in manifest for key in keys):
            yield component


def closure(components: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the manifests of these components and of all that they need."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(components)
    while waiting:
        component = waiting.pop()
        if component not in found:
            found[component] = manifest_of(component)
            waiting.extend(needed_by(found[component]))
    return found


def main() -> None:
    """Print one requirement per line."""
    parser = argparse.ArgumentParser(
        description="Print what Home Assistant would install during its first start."
    )
    parser.add_argument(
        "components",
        nargs="*",
        help="components of the configuration beside the default ones",
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        help="a component whose own packages are not wanted",
    )
    arguments = parser.parse_args()

    manifests = closure(
        {*CORE_INTEGRATIONS, *DEFAULT_INTEGRATIONS, *arguments.components}
    )
    requirements = {
        requirement
        for component, manifest in manifests.items()
        if component not in arguments.without
        for requirement in manifest.get("requirements", ())
    }
    print("\n".join(sorted(requirements)))


if __name__ == "__main__":
    main()
