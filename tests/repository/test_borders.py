"""The borders between the rooms of the house, held by walking the imports.

One way through the house, and no way back: wire, snapshot, coordinator, inputs, decision,
writes, wire. A type that is only imported for the type checker crosses a border as well.
"""

import ast
from collections.abc import Callable, Iterable
from pathlib import Path
import sys

import pytest

from tests.repository.common import (
    PACKAGE,
    PACKAGE_NAME,
    ROOT,
    Import,
    Module,
    imports_of,
    modules,
)

BALANCER = f"{PACKAGE_NAME}.balancer"
CHARGERS = f"{PACKAGE_NAME}.chargers"
METERS = f"{PACKAGE_NAME}.meters"

# The balancer gets time as an argument, does no I/O and keeps no log.
NOT_PURE = {
    "asyncio",
    "concurrent",
    "http",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
}


def _makes() -> set[str]:
    """Return the dotted names of the packages that each speak to one make."""
    return {
        f"{PACKAGE_NAME}.{room}.{folder.name}"
        for room in ("chargers", "meters")
        for folder in (PACKAGE / room).glob("*")
        if folder.is_dir() and any(folder.glob("*.py"))
    }


def _make_of(module: Module) -> str | None:
    return next(
        (
            make
            for make in MAKES
            if module.name == make or module.name.startswith(f"{make}.")
        ),
        None,
    )


def _room(module: Module) -> str:
    """Return the first folder below the package, empty for the package itself."""
    parts = module.path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


MAKES = _makes()
SHIPPED = modules(PACKAGE)
DECIDING = [module for module in SHIPPED if _room(module) == "balancer"]
TALKING = [module for module in SHIPPED if _room(module) in ("chargers", "meters")]
IN_HOME_ASSISTANT = [
    module
    for module in SHIPPED
    if _room(module) not in ("balancer", "chargers", "meters")
]


def _crossings(
    rooms: Iterable[Module], is_forbidden: Callable[[Module, Import], bool]
) -> list[str]:
    """Return the imports that a rule forbids."""
    return [
        f"{module.short_name}:{found.line} imports {found.target}"
        for module in rooms
        for found in imports_of(module)
        if is_forbidden(module, found)
    ]


def test_balancer_imports_the_standard_library_only() -> None:
    """Nothing that waits, reads a clock or comes from somebody else decides about current."""

    def is_foreign(_: Module, found: Import) -> bool:
        top = found.target.split(".")[0]
        is_pure = top in sys.stdlib_module_names and top not in NOT_PURE
        return not (is_pure or found.is_in(BALANCER))

    assert not _crossings(DECIDING, is_foreign)


def test_wire_knows_neither_home_assistant_nor_the_balancer() -> None:
    """What talks to hardware could be taken out and used elsewhere."""

    def is_foreign(_: Module, found: Import) -> bool:
        if found.is_in("custom_components"):
            return not found.is_in(CHARGERS, METERS)
        return found.is_in("homeassistant", "voluptuous")

    assert not _crossings(TALKING, is_foreign)


def test_no_make_knows_another() -> None:
    """A make can be added or removed alone, and what all share knows none."""

    def is_other_make(module: Module, found: Import) -> bool:
        return found.is_in(*MAKES - {_make_of(module)})

    assert not _crossings(TALKING, is_other_make)


def test_home_assistant_side_asks_capabilities_not_makes() -> None:
    """A make is loaded by name on first use; only the form for its settings may know it."""

    def is_make(module: Module, found: Import) -> bool:
        is_form = _room(module) == "flows"
        own = f"{CHARGERS}.{module.path.stem.split('_')[0]}" if is_form else None
        return found.is_in(*MAKES - {own})

    assert not _crossings(IN_HOME_ASSISTANT, is_make)


def test_no_way_back_from_the_chargers_to_their_site() -> None:
    """A site knows its chargers' hands; what writes and reports asks no site, only its settings."""
    site, config, actions = (
        f"{PACKAGE_NAME}.{room}" for room in ("site", "site.config", "actions")
    )
    steering = [
        module
        for module in SHIPPED
        if _room(module) == "steering" or module.name == f"{PACKAGE_NAME}.coordinator"
    ]
    assert f"{PACKAGE_NAME}.coordinator" in {module.name for module in steering}

    def is_back(_: Module, found: Import) -> bool:
        return found.is_in(site, actions) and not found.is_in(config)

    assert not _crossings(steering, is_back)


def test_nothing_asks_the_actions_back() -> None:
    """An action is a way in: sites, entries and hands work without one."""
    inside = [
        module for module in SHIPPED if _room(module) in ("site", "steering", "flows")
    ]
    assert inside
    actions = f"{PACKAGE_NAME}.actions"
    assert not _crossings(inside, lambda _, found: found.is_in(actions))


def test_nothing_of_the_workshop_is_shipped() -> None:
    """Simulators, benchmarks and tests are not in the archive that users install."""
    workshop = ("benchmarks", "demo", "scripts", "simulators", "tests")
    assert not _crossings(SHIPPED, lambda _, found: found.is_in(*workshop))


def test_simulators_are_written_from_the_wire() -> None:
    """A simulator that shares code with the client would agree with its mistakes."""
    ours = ("custom_components", "homeassistant")
    simulators = modules(ROOT / "simulators")
    assert simulators
    assert not _crossings(simulators, lambda _, found: found.is_in(*ours))


def test_rooms_are_there() -> None:
    """The checks above look at something."""
    assert DECIDING
    assert TALKING
    assert IN_HOME_ASSISTANT
    assert f"{CHARGERS}.warp" in MAKES


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("import homeassistant.core as ha", "homeassistant.core"),
        ("from ... import const", f"{PACKAGE_NAME}.const"),
        ("from ...balancer.model import Site", f"{PACKAGE_NAME}.balancer.model.Site"),
        ("from .. import easee", f"{CHARGERS}.easee"),
        ("from .parse import x", f"{CHARGERS}.warp.parse.x"),
        ("def f():\n    from ..easee import client", f"{CHARGERS}.easee.client"),
        ("if TYPE_CHECKING:\n    from ... import site", f"{PACKAGE_NAME}.site"),
    ],
)
def test_walker_sees_every_way_to_import(source: str, target: str) -> None:
    """Relative, nested and type-only imports are found under their full names."""
    module = Module(
        path=Path(PACKAGE / "chargers" / "warp" / "client.py"),
        name=f"{CHARGERS}.warp.client",
        is_package=False,
        tree=ast.parse(source),
    )
    assert [found.target for found in imports_of(module)] == [target]
