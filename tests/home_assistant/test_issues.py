"""What only a person can mend is told, in words, until it is mended."""

from dataclasses import replace

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.balancer import controller
from custom_components.busbar.balancer.decision import Decision, Problem, ProblemKind
from custom_components.busbar.const import DOMAIN
from custom_components.busbar.issues import SiteIssues
from simulators.warp import WarpSimulator
from tests.repository.common import english, placeholders

from .acting import KEY, pushed

NAMES = {"supply": "Home", KEY: "Garage"}
NUMBERS = {
    ProblemKind.SECOND_MASTER: {"commanded_a": 10.0, "confirmed_a": 16.04},
    ProblemKind.DISOBEYS: {"confirmed_a": 10.0, "measured_a": 16.0},
    ProblemKind.RATING_BELOW_MINIMUM: {"limit_a": 5.0, "minimum_a": 6.0},
    ProblemKind.FALLBACK_ABOVE_SHARE: {"fallback_a": 32.0, "share_a": 6.0},
    ProblemKind.LEASE_ENDS_HIGHER: {"fallback_a": 32.0},
}
ERRORS = {
    ProblemKind.DISOBEYS,
    ProblemKind.METER_INVERTED,
    ProblemKind.METER_LOST,
    ProblemKind.METER_FROZEN,
    ProblemKind.CIRCUIT_MISSING,
}


def nobody(key: str) -> None:
    """Return that no charger is there."""


def decision(*problems: Problem) -> Decision:
    """Return a decision that found these problems."""
    return Decision(now=0, members={}, circuits={}, problems=problems)


def problem(kind: ProblemKind, subject: str = KEY) -> Problem:
    """Return a problem with the numbers that the balancer gives for it."""
    return Problem(kind=kind, subject=subject, numbers=NUMBERS.get(kind, {}))


def shown(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return our issues by what they are about."""
    issues = ir.async_get(hass).issues.values()
    return {
        str(issue.translation_key): issue
        for issue in issues
        if issue.domain == DOMAIN and issue.active
    }


@pytest.mark.parametrize("kind", ProblemKind)
async def test_every_problem_has_words(hass: HomeAssistant, kind: ProblemKind) -> None:
    """With all the numbers that its text wants, and the severity that fits."""
    issues = SiteIssues(hass, "entry", nobody)
    issues.async_report(decision(problem(kind)), NAMES, "Home")
    (issue,) = shown(hass).values()
    assert issue.translation_key == kind
    expected = ir.IssueSeverity.ERROR if kind in ERRORS else ir.IssueSeverity.WARNING
    assert issue.severity is expected
    assert not issue.is_fixable
    given = issue.translation_placeholders
    assert given is not None
    assert given["site"] == "Home"
    assert given["subject"] == "Garage"
    texts = english()["issues"][kind]
    assert placeholders(texts["title"]) | placeholders(texts["description"]) <= set(
        given
    )


async def test_issues_follow_the_problems(hass: HomeAssistant) -> None:
    """They appear, stay as they are while the problem holds, and vanish with it."""
    issues = SiteIssues(hass, "entry", nobody)
    master = problem(ProblemKind.SECOND_MASTER)
    lost = problem(ProblemKind.METER_LOST, "supply")
    issues.async_report(decision(master), NAMES, "Home")
    first = shown(hass)["second_master"]
    assert first.translation_placeholders is not None
    assert first.translation_placeholders["confirmed_a"] == "16.0"
    moved = replace(master, numbers={"commanded_a": 10.0, "confirmed_a": 20.0})
    issues.async_report(decision(moved, lost), NAMES, "Home")
    assert shown(hass)["second_master"] is first
    subject = shown(hass)["meter_lost"].translation_placeholders
    assert subject is not None
    assert subject["subject"] == "Home"
    issues.async_report(decision(lost), NAMES, "Home")
    assert set(shown(hass)) == {"meter_lost"}
    issues.async_report(decision(), NAMES, "Home")
    assert shown(hass) == {}


async def test_members_and_sites_are_told_apart(hass: HomeAssistant) -> None:
    """The same problem twice is two issues, and one site does not take back another's."""
    one, two = SiteIssues(hass, "one", nobody), SiteIssues(hass, "two", nobody)
    for site in (one, two):
        site.async_report(
            decision(
                problem(ProblemKind.DISOBEYS),
                problem(ProblemKind.DISOBEYS, "warp_EfGh"),
            ),
            NAMES,
            "Home",
        )
    assert len(ir.async_get(hass).issues) == 4
    one.async_report(decision(problem(ProblemKind.DISOBEYS)), NAMES, "Home")
    assert len(ir.async_get(hass).issues) == 3
    one.async_clear()
    assert len(ir.async_get(hass).issues) == 2
    one.async_clear()
    two.async_clear()
    assert len(ir.async_get(hass).issues) == 0


async def test_a_failed_step(hass: HomeAssistant) -> None:
    """Told until a step succeeds, or the site goes."""
    issues = SiteIssues(hass, "entry", nobody)
    issues.async_report_failed_step("Home")
    assert shown(hass)["step_failed"].severity is ir.IssueSeverity.ERROR
    issues.async_report(decision(), NAMES, "Home")
    assert shown(hass) == {}
    issues.async_report_failed_step("Home")
    issues.async_clear()
    assert shown(hass) == {}


async def test_a_balancer_that_fails_is_told_and_mends(
    hass: HomeAssistant,
    site_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """End to end: the site is unavailable, the log has the reason once, and it comes back."""
    coordinator = site_entry.runtime_data.coordinator

    def fail(*_: object) -> None:
        raise ZeroDivisionError("of the balancer")

    with monkeypatch.context() as patched:
        patched.setattr(controller, "step", fail)
        for _ in range(2):
            await coordinator.async_refresh()
    assert set(shown(hass)) == {"step_failed"}
    assert not coordinator.last_update_success
    assert caplog.text.count("A step of the balancer failed") == 1
    await coordinator.async_refresh()
    assert shown(hass) == {}
    assert coordinator.last_update_success
    # The test kit takes any logged exception for a failure; this one was wanted.
    caplog.clear()


async def test_a_site_that_goes_takes_its_issues_along(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """End to end, with what the balancer itself finds."""
    coordinator = site_entry.runtime_data.coordinator
    found = problem(ProblemKind.PHASE_MAP_CONTRADICTED)
    coordinator._issues.async_report(
        replace(coordinator.data, problems=(found,)), coordinator.names, "Home"
    )
    assert "phase_map_contradicted" in shown(hass)
    await pushed(hass, warps[0])
    assert await hass.config_entries.async_unload(site_entry.entry_id)
    assert shown(hass) == {}
