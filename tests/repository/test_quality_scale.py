"""The self-audit against Home Assistant's integration quality scale.

Hassfest does not read the file of a custom integration, so it is read here.
"""

from typing import Any

import pytest
import yaml

from tests.repository.common import PACKAGE, manifest

RULES = {
    "bronze": [
        "action-setup",
        "appropriate-polling",
        "brands",
        "common-modules",
        "config-flow",
        "config-flow-test-coverage",
        "dependency-transparency",
        "docs-actions",
        "docs-conditions",
        "docs-high-level-description",
        "docs-installation-instructions",
        "docs-removal-instructions",
        "docs-triggers",
        "entity-event-setup",
        "entity-unique-id",
        "has-entity-name",
        "runtime-data",
        "test-before-configure",
        "test-before-setup",
        "unique-config-entry",
    ],
    "silver": [
        "action-exceptions",
        "config-entry-unloading",
        "docs-configuration-parameters",
        "docs-installation-parameters",
        "entity-unavailable",
        "integration-owner",
        "log-when-unavailable",
        "parallel-updates",
        "reauthentication-flow",
        "test-coverage",
    ],
    "gold": [
        "devices",
        "diagnostics",
        "discovery",
        "discovery-update-info",
        "docs-data-update",
        "docs-examples",
        "docs-known-limitations",
        "docs-supported-devices",
        "docs-supported-functions",
        "docs-troubleshooting",
        "docs-use-cases",
        "dynamic-devices",
        "entity-category",
        "entity-device-class",
        "entity-disabled-by-default",
        "entity-translations",
        "exception-translations",
        "icon-translations",
        "reconfiguration-flow",
        "repair-issues",
        "stale-devices",
    ],
    "platinum": ["async-dependency", "inject-websession", "strict-typing"],
}
ALL_RULES = [rule for rules in RULES.values() for rule in rules]


def _audit() -> dict[str, Any]:
    text = (PACKAGE / "quality_scale.yaml").read_text(encoding="utf-8")
    rules: dict[str, Any] = yaml.safe_load(text)["rules"]
    return rules


def test_every_rule_is_there_once() -> None:
    """No rule is forgotten, none is invented."""
    assert len(ALL_RULES) == len(set(ALL_RULES)) == 54
    assert sorted(_audit()) == sorted(ALL_RULES)


@pytest.mark.parametrize("rule", ALL_RULES)
def test_rule_is_kept(rule: str) -> None:
    """A rule is done, or does not apply for a reason that is given."""
    entry = _audit()[rule]
    status = entry if isinstance(entry, str) else entry["status"]
    assert status in ("done", "exempt")
    if status == "exempt":
        assert len(entry.get("comment", "").split()) >= 4, "an exemption needs a reason"


def test_declared_tier_is_the_best() -> None:
    """All rules kept is platinum."""
    assert manifest()["quality_scale"] == "platinum"
