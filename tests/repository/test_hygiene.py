"""Habits of the whole repository that no linter knows."""

import ast
from collections.abc import Iterator
import os
import re
import struct

from homeassistant.const import Platform
import pytest

from tests.repository.common import PACKAGE, ROOT, Module, modules, own_files, own_texts

MOST_LINES = 400
# One test after the other is read like a list, so a module of them may be a little longer.
MOST_LINES_OF_TESTS = 450

SHIPPED = modules(PACKAGE)
OURS = [
    module
    for folder in (
        "custom_components",
        "simulators",
        "benchmarks",
        "demo",
        "scripts",
        "tests",
    )
    for module in modules(ROOT / folder)
]
PLATFORMS = [
    module
    for module in SHIPPED
    if module.path.parent == PACKAGE and module.path.stem in set(Platform)
]

# This file, which has to name what it looks for.
THIS = "tests/repository/test_hygiene.py"
LEFT_OPEN = re.compile(
    r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError|pragma: no cover"
    r"|type: ignore(?!\[)|noqa(?!:)\b|pytest\.mark\.(skip|xfail)|pytest\.skip\("
)
# Where this checkout lies, and where the homes of people are.
ABSOLUTE = re.compile(
    r"/(home|Users)/[a-z][\w-]+/|(?<![\w.}])/root/|[A-Z]:\\Users\\|"
    + re.escape(f"{ROOT}/")
)


def _calls(module: Module, *names: str) -> Iterator[ast.Call]:
    """Yield the calls of methods of these names."""
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in names
        ):
            yield node


def _where(module: Module, node: ast.AST) -> str:
    return f"{module.short_name}:{getattr(node, 'lineno', '?')}"


def _parallel_updates(module: Module) -> list[int]:
    """Return the values that a module gives its constant."""
    found = []
    for node in module.tree.body:
        if isinstance(node, ast.Assign):
            names = [ast.unparse(target) for target in node.targets]
        elif isinstance(node, ast.AnnAssign):
            names = [ast.unparse(node.target)]
        else:
            continue
        if "PARALLEL_UPDATES" in names and node.value is not None:
            found.append(ast.literal_eval(node.value))
    return found


def test_platforms_say_how_many_actions_run_at_once() -> None:
    """Unlimited where nothing is written, one after another where something is."""
    reads_only = ("binary_sensor", "event", "sensor")
    assert PLATFORMS
    for module in PLATFORMS:
        wanted = 0 if module.path.stem in reads_only else 1
        assert _parallel_updates(module) == [wanted], module.short_name


def test_no_store_of_everything() -> None:
    """What belongs to an entry lives in its runtime data; the rest has a typed key."""
    store = re.compile(
        r"(\w+\.)*_?hass\.data(\.(get|setdefault|pop)\(|\[)(DOMAIN|'busbar')[\]),]"
    )
    found = [
        _where(module, node)
        for module in SHIPPED
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Subscript | ast.Call) and store.match(ast.unparse(node))
    ]
    assert not found


def test_no_icon_in_code() -> None:
    """Icons stand in icons.json, where they can follow the state."""
    found = [
        _where(module, node)
        for module in SHIPPED
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Constant) and str(node.value).startswith("mdi:"))
        or (isinstance(node, ast.Name) and node.id == "_attr_icon")
        or (isinstance(node, ast.Attribute) and node.attr == "_attr_icon")
    ]
    assert not found


def test_no_local_clock() -> None:
    """Time is an argument or Home Assistant's; the local clock of a board may jump."""
    found = [
        _where(module, call)
        for module in SHIPPED
        for call in _calls(module, "now", "today", "utcnow")
        if re.search(r"\bdate(time)?\.\w+$", ast.unparse(call.func))
    ]
    assert not found


def test_log_messages_have_no_full_stop() -> None:
    """Home Assistant's own style: a message is no sentence, and its values are arguments."""
    levels = ("debug", "info", "warning", "error", "exception", "critical")
    found = [
        _where(module, call)
        for module in SHIPPED
        for call in _calls(module, *levels)
        if "log" in ast.unparse(call.func).lower()
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and str(call.args[0].value).endswith(".")
    ]
    assert not found


def _is_test(module: Module) -> bool:
    return module.path.is_relative_to(ROOT / "tests")


def test_modules_can_be_read_at_once() -> None:
    """A module that grows beyond a few pages is several."""
    found = {
        module.short_name: length
        for module in OURS
        if (length := len(module.path.read_text(encoding="utf-8").splitlines()))
        > (MOST_LINES_OF_TESTS if _is_test(module) else MOST_LINES)
    }
    assert not found


def test_nothing_is_left_open() -> None:
    """What is missing is an issue, not a comment; what is ignored has a reason."""
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text in own_texts()
        if path != THIS and path.endswith((".py", ".yaml", ".yml", ".cfg", ".toml"))
        for number, line in enumerate(text.splitlines(), 1)
        if LEFT_OPEN.search(line)
    ]
    assert not found


def test_no_path_of_a_machine() -> None:
    """What is true on one machine only does not belong into the repository."""
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in own_texts()
        if path != THIS
        for number, line in enumerate(text.splitlines(), 1)
        if ABSOLUTE.search(line)
    ]
    assert not found


def test_texts_are_tidy() -> None:
    """Every text ends with one line feed and has no blanks at the end of a line."""
    untidy = [
        path
        for path, text in own_texts()
        if text
        and not path.endswith((".svg", ".ambr"))
        and (not text.endswith("\n") or re.search(r"[ \t]\n|\r", text))
    ]
    assert not untidy


def test_programs_can_be_run() -> None:
    """Everything with a first line that names its interpreter has its run bit, and only that."""
    for path in own_files():
        is_program = path.read_bytes()[:2] == b"#!"
        assert os.access(path, os.X_OK) == is_program, path


def test_integration_is_typed_and_has_no_source_strings() -> None:
    """A custom integration ships translations, not core's strings.json."""
    assert (PACKAGE / "py.typed").exists()
    assert not [path for path in own_files() if path.name == "strings.json"]


@pytest.mark.parametrize("theme", ["", "dark_"])
@pytest.mark.parametrize(
    ("picture", "square"),
    [
        ("icon.png", 256),
        ("icon@2x.png", 512),
        ("logo.png", None),
        ("logo@2x.png", None),
    ],
)
def test_brand_pictures_have_their_sizes(
    theme: str, picture: str, square: int | None
) -> None:
    """The sizes that Home Assistant's brand pictures have."""
    content = (PACKAGE / "brand" / f"{theme}{picture}").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    if square:
        assert (width, height) == (square, square)
    else:
        assert 128 <= min(width, height) <= 256
