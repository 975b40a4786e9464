"""The README and the pages in docs/ say what is there, and nothing else."""

import re
from typing import Any

import pytest
import yaml

from tests.repository.common import PACKAGE, ROOT, english, own_files

# What a heading has to contain, and the rule of the quality scale that asks for it.
HEADINGS = {
    r"what (it|busbar) is": "docs-high-level-description",
    r"supported (devices|chargers)": "docs-supported-devices",
    r"prerequisites": "docs-installation-instructions",
    r"installation": "docs-installation-instructions",
    r"configuration": "docs-installation-parameters",
    r"options": "docs-configuration-parameters",
    r"load balancing": "docs-supported-functions",
    r"supported functionality": "docs-supported-functions",
    r"actions": "docs-actions",
    r"data updates?": "docs-data-update",
    r"use cases": "docs-use-cases",
    r"examples": "docs-examples",
    r"energy dashboard": "docs-supported-functions",
    r"known limitations": "docs-known-limitations",
    r"troubleshooting": "docs-troubleshooting",
    r"removal": "docs-removal-instructions",
}
DOCUMENTS = [path for path in own_files() if path.suffix == ".md"]


def _readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def _all_pages() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in pages)


def _headings(text: str) -> list[str]:
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#{2,4} +(.+?) *$", without_code, flags=re.MULTILINE)


def _tables(text: str, first_column: str) -> list[list[str]]:
    """Return the rows of the tables whose first column has this title."""
    rows: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|"):
            inside = False
        elif cells[0].lower() == first_column.lower():
            inside = True
        elif inside and not set(line) <= set("|-: "):
            rows.append(cells)
    return rows


def _entity_names() -> set[str]:
    """Return the English names of all entities, lower case and without placeholders."""
    return {
        re.sub(r"\s*{\w+}\s*", " ", texts["name"]).strip().lower()
        for entities in english().get("entity", {}).values()
        for texts in entities.values()
        if "name" in texts
    }


@pytest.mark.parametrize("heading", HEADINGS)
def test_heading_is_there(heading: str) -> None:
    """Each docs-* rule has its place."""
    found = [
        title
        for title in _headings(_readme())
        if re.search(rf"\b{heading}\b", title, re.IGNORECASE)
    ]
    assert found, f"README.md has no heading for {HEADINGS[heading]}"


def test_headings_are_in_order() -> None:
    """Users look for the same things in the same order everywhere."""
    titles = _headings(_readme())
    places = [
        next(
            place
            for place, title in enumerate(titles)
            if re.search(rf"\b{heading}\b", title, re.IGNORECASE)
        )
        for heading in HEADINGS
    ]
    assert places == sorted(places)


def test_newcomer_finds_exactly_two_commands() -> None:
    """One command to look, one to test, before anything else is asked of a newcomer."""
    blocks = re.findall(
        r"^```(?:bash|console|sh|shell)\n(.*?)^```", _readme(), re.MULTILINE | re.DOTALL
    )
    commands = [
        line.split("#")[0].strip().removeprefix("$ ")
        for block in blocks
        for line in block.splitlines()
    ]
    ours = [command for command in commands if command.startswith("scripts/")]
    assert ours == ["scripts/demo", "scripts/test"]


def test_top_says_what_busbar_is_not() -> None:
    """Whoever reads one page knows that breakers remain the protection."""
    top = "\n".join(_readme().splitlines()[:40]).lower()
    assert "safety device" in top
    assert "breaker" in top


def test_every_entity_is_described() -> None:
    """Each name that a user can meet stands in the README or in a make's page."""
    pages = _all_pages().lower()
    assert not [name for name in sorted(_entity_names()) if name not in pages]


def test_entity_tables_name_what_exists() -> None:
    """The first column of a table titled "Entity" holds the English names."""
    rows = _tables(_all_pages(), "Entity")
    assert rows, 'the supported functions are tables whose first column is "Entity"'
    unknown = [
        row[0]
        for row in rows
        for name in re.split(r", | / ", re.sub(r"[*`]|\s*\(.*?\)", "", row[0]))
        if re.sub(r"\s*{\w+}\s*", " ", name).strip().lower() not in _entity_names()
    ]
    assert not unknown


def test_every_action_is_shown() -> None:
    """Each action has its paragraph with all fields; none that is gone is still there."""
    services: dict[str, Any] = yaml.safe_load(
        (PACKAGE / "services.yaml").read_text(encoding="utf-8")
    )
    pages = _all_pages()
    assert set(re.findall(r"\bbusbar\.([a-z]\w+)\b", pages)) >= set(services)
    for action, description in services.items():
        for name, field in ((description or {}).get("fields") or {}).items():
            for wanted in field.get("fields") or [name]:
                assert re.search(rf"`{wanted}`|\b{wanted}:", pages), (
                    f"{action}: {wanted}"
                )


@pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_links_inside_the_repository_lead_somewhere(path: Any) -> None:
    """A file that was moved takes its links along."""
    text = path.read_text(encoding="utf-8")
    without_code = re.sub(
        r"^```.*?^```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL
    )
    for target in re.findall(r"!?\[[^\]]*\]\(([^)\s]+)\)", without_code):
        if re.match(r"\w+:", target):
            continue
        file, _, anchor = target.partition("#")
        page = (path.parent / file).resolve() if file else path
        assert page.exists(), f"{path.name} links to {target}"
        if anchor and page.suffix == ".md":
            anchors = {
                re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
                for title in re.findall(
                    r"^#+ +(.+?) *$",
                    page.read_text(encoding="utf-8"),
                    flags=re.MULTILINE,
                )
            }
            assert anchor in anchors, f"{path.name} links to {target}"
