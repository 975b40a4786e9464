"""Collect from the code every key that a user reads as a text.

Two ways of looking, for neither sees all: the modules are imported and their tables walked,
and the source is read for calls that name a key. An expression of the source is evaluated in
its own module; where that needs values of a running function, an f-string is kept as a pattern
and everything else is left to the tables.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
import re
from typing import Any

from homeassistant.helpers.entity import EntityDescription

from custom_components.busbar.chargers import features as features_module
from custom_components.busbar.chargers.features import (
    Amount,
    Choice,
    Command,
    Feature,
    Flag,
    Happening,
    Reading,
    Toggle,
)
from custom_components.busbar.chargers.model import Capabilities
from tests.repository.common import PACKAGE, Module, modules

PLATFORM_OF: Mapping[type[Feature], str] = {
    Amount: "number",
    Choice: "select",
    Command: "button",
    Flag: "binary_sensor",
    Happening: "event",
    Reading: "sensor",
    Toggle: "switch",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """One use of a key in the source: what it is, or what it looks like."""

    where: str
    keys: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None
    placeholders: frozenset[str] | None = None
    """The placeholders that are filled in; `None` where the source does not tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inventory:
    """Every key in use."""

    entities: dict[str, set[str]] = field(default_factory=dict)
    """Translation keys by platform."""
    states: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """The values of an entity, by platform and key, where they are a fixed list."""
    without_class: set[tuple[str, str]] = field(default_factory=set)
    """Entities without a device class, which would give them an icon."""
    entity_patterns: list[Text] = field(default_factory=list)
    exceptions: list[Text] = field(default_factory=list)
    issues: list[Text] = field(default_factory=list)
    selectors: list[Text] = field(default_factory=list)
    devices: list[Text] = field(default_factory=list)
    steps: list[Text] = field(default_factory=list)
    flow_errors: list[Text] = field(default_factory=list)
    aborts: list[Text] = field(default_factory=list)
    flow_fields: list[Text] = field(default_factory=list)
    step_methods: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    """Every string that stands in the code or is imported by it."""
    patterns: list[re.Pattern[str]] = field(default_factory=list)
    """Every f-string that names a key."""


def _loaded(module: Module) -> Any:
    return import_module(module.name)


def _is_plain(value: Any) -> bool:
    """Return whether it is a description of Home Assistant's own class, which is no subclass of its base."""
    return type(value).__name__.endswith("EntityDescription")


def _instances(value: Any, seen: dict[int, object]) -> Iterator[Any]:
    """Yield the descriptions in a table, however deep they are."""
    if id(value) in seen:
        return
    # Kept, so that nothing new gets the number of something that is gone.
    seen[id(value)] = value
    if isinstance(value, EntityDescription | Feature) or _is_plain(value):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _instances(item, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _instances(item, seen)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _instances(getattr(value, one.name, None), seen)


def _platform(description: EntityDescription) -> str:
    """Return the platform by the class of Home Assistant that the description extends."""
    for kind in type(description).__mro__:
        parts = kind.__module__.split(".")
        if parts[:2] == ["homeassistant", "components"]:
            return parts[2]
    name = type(description).__name__.removesuffix("EntityDescription")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


@cache
def _everything() -> Capabilities:
    """Return a device with the limits and errors of all makes, to ask for its words."""
    words: dict[str, tuple[str, ...]] = {"error_keys": (), "limit_keys": ()}
    for module in (*modules(PACKAGE / "chargers"), *modules(PACKAGE / "meters")):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.keyword) and node.arg in words:
                words[node.arg] += tuple(evaluate(module, node.value) or ())
    return Capabilities(
        phases=frozenset({1, 2, 3}),
        limit_keys=words["limit_keys"],
        error_keys=words["error_keys"],
    )


def _add_description(found: Inventory, description: EntityDescription) -> None:
    key = description.translation_key
    if key is None:
        return
    platform = _platform(description)
    found.entities.setdefault(platform, set()).add(str(key))
    if description.device_class is None:
        found.without_class.add((platform, key))
    for name in ("options", "event_types"):
        values = getattr(description, name, None)
        if values:
            found.states.setdefault((platform, key), set()).update(values)
    if (options_fn := getattr(description, "options_fn", None)) is not None:
        values = options_fn(_everything())
        found.states.setdefault((platform, key), set()).update(values)


def _add_feature(found: Inventory, feature: Feature) -> None:
    platform = PLATFORM_OF[type(feature)]
    found.entities.setdefault(platform, set()).add(str(feature.key))
    values = getattr(feature, "options", ()) or getattr(feature, "kinds", ())
    if values:
        found.states.setdefault((platform, feature.key), set()).update(values)
    is_plain = getattr(feature, "quantity", None) in (
        None,
        features_module.Quantity.PLAIN,
    )
    is_problem = getattr(feature, "is_problem", False)
    restarts = getattr(feature, "restarts", False)
    if is_plain and not (is_problem or restarts or values):
        found.without_class.add((platform, str(feature.key)))


def evaluate(module: Module, node: ast.expr) -> Any:
    """Return the value of an expression that needs nothing but its module, else `None`."""
    code = compile(ast.Expression(node), module.short_name, "eval")
    try:
        # The source is our own.
        return eval(code, dict(vars(_loaded(module))))  # noqa: S307
    except AttributeError, KeyError, NameError, TypeError, ValueError:
        return None


def _pattern(node: ast.expr) -> re.Pattern[str] | None:
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = [
        re.escape(part.value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
        else "(.+)"
        for part in node.values
    ]
    return re.compile("".join(parts)) if len(parts) > 1 else None


def _leaves(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the outcomes of a conditional expression."""
    if isinstance(node, ast.IfExp):
        yield from _leaves(node.body)
        yield from _leaves(node.orelse)
    else:
        yield node


def _texts(
    module: Module, node: ast.expr, placeholders: frozenset[str] | None = None
) -> Iterator[Text]:
    for leaf in _leaves(node):
        value = evaluate(module, leaf)
        yield Text(
            where=f"{module.short_name}:{node.lineno}",
            keys=frozenset({str(value)} if isinstance(value, str) else ()),
            pattern=None if isinstance(value, str) else _pattern(leaf),
            placeholders=placeholders,
        )


def _filled_in(call: ast.Call) -> frozenset[str] | None:
    """Return the placeholders of a call, if the source tells all of them."""
    for keyword in call.keywords:
        if keyword.arg == "translation_placeholders":
            if not isinstance(keyword.value, ast.Dict):
                return None
            keys = [
                key.value
                for key in keyword.value.keys
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            ]
            is_whole = len(keys) == len(keyword.value.keys)
            return frozenset(keys) if is_whole else None
    return frozenset()


def _name(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


_FEATURE_NAMES = {kind.__name__: platform for kind, platform in PLATFORM_OF.items()}


def _read_call(found: Inventory, module: Module, call: ast.Call) -> None:
    name = _name(call)
    arguments = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if (key := arguments.get("translation_key")) is not None:
        texts = list(_texts(module, key, _filled_in(call)))
        if name.endswith("Description"):
            found.entity_patterns.extend(text for text in texts if text.pattern)
        elif name.endswith("create_issue"):
            found.issues.extend(texts)
        elif name.endswith("SelectorConfig"):
            found.selectors.extend(texts)
        elif "translation_domain" in arguments:
            found.exceptions.extend(texts)
        elif name in ("ChildDeviceInfo", "DeviceInfo", "async_get_or_create"):
            found.devices.extend(texts)
    if name in _FEATURE_NAMES and "key" in arguments:
        for text in _texts(module, arguments["key"]):
            found.entities.setdefault(_FEATURE_NAMES[name], set()).update(text.keys)
            if text.pattern:
                found.entity_patterns.append(text)
    _read_flow_call(found, module, call, arguments)


def _read_flow_call(
    found: Inventory, module: Module, call: ast.Call, arguments: dict[str, ast.expr]
) -> None:
    name = _name(call)
    if "step_id" in arguments:
        found.steps.extend(_texts(module, arguments["step_id"]))
    if "abort" in name and "reason" in arguments:
        found.aborts.extend(_texts(module, arguments["reason"]))
    if name == "AbortFlow" and call.args:
        found.aborts.extend(_texts(module, call.args[0]))
    if isinstance(arguments.get("errors"), ast.Dict):
        for value in arguments["errors"].values:  # type: ignore[attr-defined] # is a Dict
            found.flow_errors.extend(_texts(module, value))
    is_flow = module.path.stem == "config_flow" or module.path.parent.name == "flows"
    if is_flow and name in ("Optional", "Required") and call.args:
        found.flow_fields.extend(_texts(module, call.args[0]))


def _read(found: Inventory, module: Module) -> None:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            _read_call(found, module, node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.strings.add(node.value)
        elif isinstance(node, ast.JoinedStr) and (pattern := _pattern(node)):
            found.patterns.append(pattern)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("async_step_"):
                found.step_methods.add(node.name.removeprefix("async_step_"))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if (
                    isinstance(target, ast.Subscript)
                    and ast.unparse(target.value) == "errors"
                ):
                    found.flow_errors.extend(_texts(module, node.value))


def _imported_strings(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield str(value)
        elif isinstance(value, type) and issubclass(value, StrEnum):
            yield from (str(member) for member in value)


@cache
def inventory() -> Inventory:
    """Return every key in use in the integration."""
    found = Inventory()
    seen: dict[int, object] = {}
    for module in modules(PACKAGE):
        loaded = vars(_loaded(module))
        found.strings.update(_imported_strings(loaded.values()))
        own = [value for name, value in loaded.items() if not name.startswith("__")]
        for value in own:
            for instance in _instances(value, seen):
                if isinstance(instance, Feature):
                    _add_feature(found, instance)
                else:
                    _add_description(found, instance)
        _read(found, module)
    return found
