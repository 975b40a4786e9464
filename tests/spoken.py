"""Check, while the tests run, that everything Busbar says to a user can be said.

The checks in tests/repository/ read the source; these see what really happens: each form,
each end of a flow, each repair issue and each refused action must have its text, and the text
its placeholders. `says_everything` is a fixture for conftest.py.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any

from homeassistant.components.repairs import RepairsFlow
from homeassistant.config_entries import ConfigSubentryFlow, OptionsFlow
from homeassistant.core import ServiceRegistry
from homeassistant.data_entry_flow import FlowHandler, FlowManager, FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from tests.repository.common import PACKAGE_NAME, english, placeholders

DOMAIN = "busbar"


def _missing(text: str | None, given: Mapping[str, Any] | None) -> set[str]:
    return placeholders(text or "") - set(given or {})


def _root(flow: FlowHandler[Any, Any, Any]) -> dict[str, Any]:
    """Return the texts of this kind of flow."""
    texts = english()
    if isinstance(flow, OptionsFlow):
        return texts.get("options", {})  # type: ignore[no-any-return] # JSON
    if isinstance(flow, ConfigSubentryFlow):
        kind = flow.handler[1]
        return texts.get("config_subentries", {}).get(kind, {})  # type: ignore[no-any-return] # JSON
    if isinstance(flow, RepairsFlow):
        issue = ir.async_get(flow.hass).async_get_issue(DOMAIN, flow.issue_id)
        key = issue and issue.translation_key
        return texts["issues"].get(key, {}).get("fix_flow", {})  # type: ignore[no-any-return] # JSON
    return texts["config"]  # type: ignore[no-any-return] # JSON


def _form_problems(root: dict[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    step = root.get("step", {}).get(result["step_id"])
    where = f"step {result['step_id']}"
    if step is None:
        yield f"{where} has no texts"
        return
    given = result.get("description_placeholders")
    for part in ("title", "description"):
        for name in _missing(step.get(part), given):
            yield f"{where}: {part} wants {{{name}}}"
    yield from _field_problems(step, result)
    for error in (result.get("errors") or {}).values():
        text = root.get("error", {}).get(error)
        if text is None:
            yield f"{where}: error {error} has no text"
        for name in _missing(text, given):
            yield f"{where}: error {error} wants {{{name}}}"


def _field_problems(step: dict[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    sections = step.get("sections", {})
    labels, helps = dict(step.get("data", {})), dict(step.get("data_description", {}))
    for section in sections.values():
        labels.update(section.get("data", {}))
        helps.update(section.get("data_description", {}))
    schema = result.get("data_schema")
    shown = [str(field) for field in schema.schema] if schema is not None else []
    for field in shown:
        where = f"step {result['step_id']}: field {field}"
        for texts in () if field in sections else (labels, helps):
            if field not in texts:
                yield f"{where} has no text"
            for name in _missing(
                texts.get(field), result.get("description_placeholders")
            ):
                yield f"{where} wants {{{name}}}"


def _menu_problems(root: dict[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    step = root.get("step", {}).get(result["step_id"], {})
    for option in result["menu_options"]:
        if option not in step.get("menu_options", {}):
            yield f"menu {result['step_id']}: option {option} has no text"


def _abort_problems(root: dict[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    text = root.get("abort", {}).get(result["reason"])
    if text is None:
        yield f"abort {result['reason']} has no text"
    for name in _missing(text, result.get("description_placeholders")):
        yield f"abort {result['reason']} wants {{{name}}}"


_PROBLEMS: Mapping[
    FlowResultType, Callable[[dict[str, Any], Mapping[str, Any]], Iterator[str]]
] = {
    FlowResultType.ABORT: _abort_problems,
    FlowResultType.FORM: _form_problems,
    FlowResultType.MENU: _menu_problems,
}


def _exception_problems(error: HomeAssistantError) -> Iterator[str]:
    if error.translation_domain != DOMAIN:
        return
    text = english()["exceptions"].get(error.translation_key, {}).get("message")
    if text is None:
        yield f"exception {error.translation_key} has no text"
    for name in _missing(text, error.translation_placeholders):
        yield f"exception {error.translation_key} wants {{{name}}}"


def _issue_problems(issue: ir.IssueEntry) -> Iterator[str]:
    texts = english().get("issues", {}).get(issue.translation_key)
    if texts is None:
        yield f"issue {issue.translation_key} has no text"
        return
    for part in ("title", "description"):
        for name in _missing(texts.get(part), issue.translation_placeholders):
            yield f"issue {issue.translation_key}: {part} wants {{{name}}}"


@pytest.fixture
def says_everything(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test in which Busbar says something that has no text."""
    problems: set[str] = set()
    handle_step = FlowManager._async_handle_step
    call = ServiceRegistry.async_call
    create_issue = ir.IssueRegistry.async_get_or_create

    @wraps(handle_step)
    async def checked_step(
        self: FlowManager[Any, Any, Any],
        flow: FlowHandler[Any, Any, Any],
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        result = await handle_step(self, flow, *args, **kwargs)
        if type(flow).__module__.startswith(PACKAGE_NAME):
            check = _PROBLEMS.get(result["type"])
            problems.update(check(_root(flow), result) if check else ())
        return result

    @wraps(call)
    async def checked_call(self: ServiceRegistry, *args: Any, **kwargs: Any) -> Any:
        try:
            return await call(self, *args, **kwargs)
        except HomeAssistantError as error:
            problems.update(_exception_problems(error))
            raise

    @wraps(create_issue)
    def checked_issue(
        self: ir.IssueRegistry, domain: str, issue_id: str, **kwargs: Any
    ) -> ir.IssueEntry:
        issue = create_issue(self, domain, issue_id, **kwargs)
        if domain == DOMAIN:
            problems.update(_issue_problems(issue))
        return issue

    monkeypatch.setattr(FlowManager, "_async_handle_step", checked_step)
    monkeypatch.setattr(ServiceRegistry, "async_call", checked_call)
    monkeypatch.setattr(ir.IssueRegistry, "async_get_or_create", checked_issue)
    yield
    assert not problems, "\n".join(sorted(problems))
