"""Mend what we can mend ourselves, once a person has agreed."""

import asyncio
from collections.abc import Mapping
import contextlib
from dataclasses import dataclass
import math
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.repairs import RepairsFlow
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import voluptuous as vol

from .chargers.model import StoredFallback, StoresFallback
from .const import DOMAIN
from .coordinator import ChargerCoordinator
from .issues import ATTR_CHARGER, ATTR_SITE
from .site.coordinator import SiteCoordinator
from .site.entry import loaded_sites
from .site.members import find_coordinator

if TYPE_CHECKING:
    from homeassistant.components.repairs import RepairsFlowResult

_REPORTED_WITHIN_S: Final = 10.0


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: Mapping[str, Any] | None
) -> RepairsFlow:
    """Return the flow for an issue; there is one kind that we can mend."""
    assert data is not None
    return StoredLimitFlow(site=data[ATTR_SITE], charger=data[ATTR_CHARGER])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Proposal:
    """What a person is asked to agree to."""

    site: SiteCoordinator
    coordinator: ChargerCoordinator
    charger: StoresFallback
    stored: StoredFallback
    current_a: float

    @property
    def is_stored(self) -> bool:
        """Whether the charger says that it is so already."""
        now = self.charger.stored_fallback
        return now is not None and now.current_a <= self.current_a

    @property
    def placeholders(self) -> dict[str, str]:
        """Return it in words and numbers."""
        return {
            "subject": self.coordinator.identity.name,
            "site": self.site.config_entry.title,
            "holder": self.stored.holder,
            "present_a": f"{self.stored.current_a:g}",
            "proposed_a": f"{self.current_a:g}",
        }


class StoredLimitFlow(RepairsFlow):
    """Lower the stored limit at which a charger ends a lease, with one write."""

    def __init__(self, *, site: str, charger: str) -> None:
        """Begin for a member of a site."""
        self._site = site
        self._charger = charger
        self._proposal: _Proposal | None = None

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Look at what is stored now."""
        self._proposal = self._propose()
        if self._proposal is None:
            return self.async_abort(
                reason="not_loaded", description_placeholders=self._names()
            )
        if self._proposal.is_stored:
            return self.async_create_entry(data={})
        return self._form(self._proposal)

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Write what was shown, once, and wait for the charger's own word."""
        proposal = self._proposal
        assert proposal is not None
        if user_input is None:
            return self._form(proposal)
        write = proposal.charger.store_fallback(proposal.current_a)
        try:
            await proposal.coordinator.async_command(write)
        except HomeAssistantError as err:
            return self._form(proposal, err)
        if not await _async_is_stored(proposal):
            return self.async_abort(
                reason="not_reported", description_placeholders=proposal.placeholders
            )
        return self.async_create_entry(data={})

    def _propose(self) -> _Proposal | None:
        """Return the highest whole ampere within the charger's fail-safe share, 0 below its minimum."""
        coordinator = find_coordinator(self.hass, self._charger)
        site = next(
            (
                one
                for one in loaded_sites(self.hass)
                if one.config_entry.entry_id == self._site
            ),
            None,
        )
        if coordinator is None or site is None:
            return None
        member = site.data.members.get(self._charger)
        charger, charge = coordinator.charger, coordinator.capabilities.charge
        if not isinstance(charger, StoresFallback) or charge is None or member is None:
            return None
        if (stored := charger.stored_fallback) is None:
            return None
        share_a = float(math.floor(member.fail_safe_a))
        return _Proposal(
            site=site,
            coordinator=coordinator,
            charger=charger,
            stored=stored,
            current_a=share_a if share_a >= charge.minimum_a else 0.0,
        )

    def _form(
        self, proposal: _Proposal, err: HomeAssistantError | None = None
    ) -> RepairsFlowResult:
        errors: dict[str, str] = {}
        details: Mapping[str, str] = {}
        if err is not None and err.translation_key is not None:
            errors["base"] = err.translation_key
            details = err.translation_placeholders or {}
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders={**proposal.placeholders, **details},
        )

    def _names(self) -> dict[str, str]:
        """Return what is known without the charger and the site: how the issue called them."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        given = (issue and issue.translation_placeholders) or {}
        return {key: given.get(key, "") for key in ("subject", "site")}


async def _async_is_stored(proposal: _Proposal) -> bool:
    """Wait a moment for the charger to report it, and return whether it did."""
    heard = asyncio.Event()

    @callback
    def look() -> None:
        if proposal.is_stored:
            heard.set()

    unsubscribe = proposal.coordinator.async_add_listener(look)
    try:
        look()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REPORTED_WITHIN_S):
                await heard.wait()
    finally:
        unsubscribe()
    return heard.is_set()
