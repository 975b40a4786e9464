"""Tell a person what only a person can mend, and take it back once it is mended."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .balancer.decision import Decision, Problem, ProblemKind
from .chargers.model import Identity, StoresFallback
from .const import DOMAIN

# What may exceed a limit is an error; what costs comfort is a warning.
_SEVERITY: Final = {
    ProblemKind.DISOBEYS: ir.IssueSeverity.ERROR,
    ProblemKind.METER_INVERTED: ir.IssueSeverity.ERROR,
    ProblemKind.METER_LOST: ir.IssueSeverity.ERROR,
    ProblemKind.METER_FROZEN: ir.IssueSeverity.ERROR,
    ProblemKind.CIRCUIT_MISSING: ir.IssueSeverity.ERROR,
}

STORED_LIMIT_ENDS_HIGHER: Final = "stored_limit_ends_higher"
"""What `LEASE_ENDS_HIGHER` is called where we can mend it ourselves, once a person has agreed."""
ATTR_CHARGER: Final = "charger"
ATTR_SITE: Final = "site"

STEP_FAILED: Final = "step_failed"
NEEDS_RESTART: Final = "needs_restart"


@callback
def async_report_dead(hass: HomeAssistant, identity: Identity) -> None:
    """Say that a charger does not come back by itself."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{NEEDS_RESTART}_{identity.key}",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=NEEDS_RESTART,
        translation_placeholders={"device": identity.name},
    )


@callback
def async_forget_dead(hass: HomeAssistant, identity: Identity) -> None:
    """Take it back: the charger is heard, or goes."""
    ir.async_delete_issue(hass, DOMAIN, f"{NEEDS_RESTART}_{identity.key}")


class SiteIssues:
    """The repair issues of one site."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        charger_of: Callable[[str], object | None],
    ) -> None:
        """Begin with none: what was reported before a restart is found again or was mended.

        `charger_of` returns the charger of a member, `None` while it is not there.
        """
        self._hass = hass
        self._entry_id = entry_id
        self._charger_of = charger_of
        self._reported: set[str] = set()

    @callback
    def async_report(
        self, decision: Decision, names: Mapping[str, str], site_name: str
    ) -> None:
        """Show the problems that hold now, and only those."""
        present = {self._issue_id(problem): problem for problem in decision.problems}
        for issue_id in self._reported - present.keys():
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        for issue_id in present.keys() - self._reported:
            problem = present[issue_id]
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                issue_id,
                severity=_SEVERITY.get(problem.kind, ir.IssueSeverity.WARNING),
                **self._mending(problem),
                translation_placeholders={
                    "site": site_name,
                    "subject": names.get(problem.subject, site_name),
                    **{name: f"{value:.1f}" for name, value in problem.numbers.items()},
                },
            )
        self._reported = set(present)
        self._clear_failed_step()

    def _mending(self, problem: Problem) -> dict[str, Any]:
        """Return how a problem is mended: by hand, or by a flow of ours where the charger allows it."""
        charger = self._charger_of(problem.subject)
        if problem.kind is ProblemKind.LEASE_ENDS_HIGHER and isinstance(
            charger, StoresFallback
        ):
            return {
                "is_fixable": True,
                "translation_key": STORED_LIMIT_ENDS_HIGHER,
                "data": {ATTR_SITE: self._entry_id, ATTR_CHARGER: problem.subject},
            }
        return {"is_fixable": False, "translation_key": problem.kind}

    @callback
    def async_report_failed_step(self, site_name: str) -> None:
        """Say that the balancer itself failed, so that all chargers fall to their fail-safe current."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{STEP_FAILED}_{self._entry_id}",
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=STEP_FAILED,
            translation_placeholders={"site": site_name},
        )

    def _clear_failed_step(self) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, f"{STEP_FAILED}_{self._entry_id}")

    @callback
    def async_clear(self) -> None:
        """Take everything back: the site goes."""
        for issue_id in self._reported:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._reported.clear()
        self._clear_failed_step()

    def _issue_id(self, problem: Problem) -> str:
        return f"{problem.kind}_{self._entry_id}_{problem.subject}"
