"""The tools of the workshop: what guards the coverage, and what runs elsewhere."""

from pathlib import Path
import re
from typing import Any

import pytest
import yaml

from scripts import coverage_gate
from tests.repository.common import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = [
    path
    for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    if path.stem != "config"
]


def _report(path: str, percent: float) -> dict[str, Any]:
    """Return what `coverage json` says of one module with a line and a branch not run."""
    entry = {
        "summary": {"percent_covered": percent},
        "missing_lines": [7],
        "missing_branches": [[3, 5], [4, -1], [7, 8]],
    }
    return {"files": {path: entry}}


@pytest.mark.parametrize(
    ("path", "percent", "is_enough"),
    [
        ("custom_components/busbar/site.py", 95.0, True),
        ("custom_components/busbar/site.py", 94.9, False),
        ("custom_components/busbar/config_flow.py", 100.0, True),
        ("custom_components/busbar/config_flow.py", 99.9, False),
        ("custom_components/busbar/flows/site.py", 99.9, False),
    ],
)
def test_gate_asks_for_all_of_the_flows(
    path: str, percent: float, is_enough: bool
) -> None:
    """Every module has its mark, and the flows have a higher one."""
    (module,) = coverage_gate.modules_of(_report(path, percent))
    assert (module.percent >= module.wanted_percent) is is_enough


def test_gate_names_what_is_not_run() -> None:
    """A branch of a line that never runs says nothing new."""
    (module,) = coverage_gate.modules_of(_report("x.py", 50))
    assert module.missing == "7, 3->5, 4->exit"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    """A tag can be moved by somebody else; the comment tells people and bots which one it was."""
    uses = re.findall(r"uses: *(\S+)(.*)", path.read_text(encoding="utf-8"))
    for action, comment in uses:
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # \S+", comment), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_may_do_no_more_than_they_need(path: Path) -> None:
    """Reading is all that a workflow may do by default, and none runs for ever."""
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def test_workflows_run_what_people_run() -> None:
    """Nothing is checked elsewhere that cannot be checked here, except by foreign actions."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    programs = set(re.findall(r"scripts/\w+", text))
    assert programs >= {"scripts/test", "scripts/demo"}
    assert all((ROOT / program).exists() for program in programs)


def test_bug_form_asks_for_what_is_needed() -> None:
    """Without these nobody can help."""
    form = (ROOT / ".github/ISSUE_TEMPLATE/bug.yml").read_text(encoding="utf-8")
    body = yaml.safe_load(form)["body"]
    required = {
        field["id"]
        for field in body
        if field.get("validations", {}).get("required", False)
    }
    assert required >= {"home_assistant", "busbar", "chargers", "diagnostics"}
    assert "log" in {field.get("id") for field in body}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_forms_are_forms(path: Path) -> None:
    """What every form must have to be shown, each field with a name of its own."""
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"]
    assert form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert all(field["attributes"]["label"] for field in fields)
    names = [field["id"] for field in fields]
    assert len(names) == len(set(names))
