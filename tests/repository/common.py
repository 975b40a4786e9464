"""Read the repository: its files, its modules and what they import."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
import json
from pathlib import Path
import re
import subprocess
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "custom_components" / "busbar"
PACKAGE_NAME = "custom_components.busbar"

_NOT_OURS = {
    "__pycache__",
    ".demo",
    ".git",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".python",
    ".ruff_cache",
    ".tools",
    ".venv",
    ".venv-floor",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """One Python file."""

    path: Path
    name: str
    """The dotted name, from the root of the repository."""
    is_package: bool
    tree: ast.Module

    @property
    def short_name(self) -> str:
        """Return the path from the root of the repository, for messages."""
        return self.path.relative_to(ROOT).as_posix()


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """One thing that a module imports."""

    target: str
    """The dotted name: a module, or a name in one."""
    line: int

    def is_in(self, *packages: str) -> bool:
        """Return whether it is one of these packages or something in them."""
        return any(
            self.target == package or self.target.startswith(f"{package}.")
            for package in packages
        )


def module_of(path: Path) -> Module:
    """Parse one file."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    is_package = parts[-1] == "__init__"
    if is_package:
        parts.pop()
    return Module(
        path=path,
        name=".".join(parts),
        is_package=is_package,
        tree=ast.parse(path.read_text(encoding="utf-8"), filename=str(path)),
    )


@cache
def modules(folder: Path) -> tuple[Module, ...]:
    """Return the modules in a folder and below it."""
    return tuple(
        module_of(path)
        for path in sorted(folder.rglob("*.py"))
        if not _NOT_OURS.intersection(path.parts)
    )


def imports_of(module: Module) -> Iterator[Import]:
    """Yield everything that a module imports, in functions and for the type checker too."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(target=alias.name, line=node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            for alias in node.names:
                # The name may be a module of its own: `from .chargers import warp`.
                yield Import(target=f"{base}.{alias.name}", line=node.lineno)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.name.split(".")
    climb = node.level - (1 if module.is_package else 0)
    base = package[: len(package) - climb]
    return ".".join([*base, node.module] if node.module else base)


@cache
def own_files() -> tuple[Path, ...]:
    """Return the files that belong to the repository, whether or not they are committed yet."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split("\0")
        paths = [ROOT / name for name in listed if name]
    except OSError, subprocess.CalledProcessError:
        # An unpacked archive is no checkout.
        paths = [
            path
            for path in ROOT.rglob("*")
            if not _NOT_OURS.intersection(path.relative_to(ROOT).parts)
        ]
    return tuple(sorted(path for path in paths if path.is_file()))


@cache
def own_texts() -> tuple[tuple[str, str], ...]:
    """Return path and text of every text file that belongs to the repository."""
    texts = []
    for path in own_files():
        content = path.read_bytes()
        if b"\0" not in content:
            texts.append((path.relative_to(ROOT).as_posix(), content.decode("utf-8")))
    return tuple(texts)


@cache
def load_json(path: Path) -> dict[str, Any]:
    """Return a JSON object, refusing keys that stand there twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), f"{path}: a key stands there twice"
        return dict(pairs)

    loaded: dict[str, Any] = json.loads(
        path.read_text(encoding="utf-8"), object_pairs_hook=once
    )
    return loaded


def manifest() -> dict[str, Any]:
    """Return the manifest of the integration."""
    return load_json(PACKAGE / "manifest.json")


def english() -> dict[str, Any]:
    """Return the source of all translations."""
    return load_json(PACKAGE / "translations" / "en.json")


def flat(tree: dict[str, Any], path: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the texts of a translation under their dotted keys."""
    texts: dict[str, str] = {}
    for key, value in tree.items():
        here = (*path, key)
        if isinstance(value, dict):
            texts.update(flat(value, here))
        else:
            texts[".".join(here)] = value
    return texts


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return set(re.findall(r"{(\w+)}", text))
