"""Open what a site closed and no site steers any more, and tell a person where that is not possible.

A site that goes for good, or lets a charger go, must not leave it locked. Where the site stays and the account
of the charger goes, the lock stays as well: opened, it would draw its full current out of everybody's sight.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, issue_registry as ir

from ..chargers.errors import ChargerError
from ..const import CONF_KIND, DOMAIN, EntryKind
from ..site.config import CONF_CHARGER, charger_subentries
from .gate import Gate

LEFT_LOCKED: Final = "left_locked"

# After so many commands that changed nothing somebody else may want it otherwise; the next start tries again.
_ATTEMPTS: Final = 3
# A command is followed to its end before the next.
_GAP_S: Final = 300.0
_COMMAND_TIMEOUT_S: Final = 30.0


def is_steered(hass: HomeAssistant, key: str) -> bool:
    """Return whether a site has this charger, or will have it once it is loaded."""
    return any(
        subentry.data[CONF_CHARGER] == key
        for entry in hass.config_entries.async_entries(DOMAIN, include_disabled=False)
        if entry.data[CONF_KIND] == EntryKind.SITE
        for subentry in charger_subentries(entry)
    )


@callback
def async_report_left_locked(
    hass: HomeAssistant, key: str, *, for_good: bool = False
) -> None:
    """Say that a charger stays locked; `for_good` where nobody will ever notice that it is open."""
    device = dr.async_get(hass).async_get_device(identifiers={(DOMAIN, key)})
    name = None if device is None else device.name_by_user or device.name
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{LEFT_LOCKED}_{key}",
        is_fixable=False,
        is_persistent=for_good,
        severity=ir.IssueSeverity.WARNING,
        translation_key=LEFT_LOCKED,
        translation_placeholders={"device": name or "?"},
    )


class Opener:
    """Open one charger that was left closed, as often as is reasonable."""

    def __init__(
        self,
        hass: HomeAssistant,
        gate: Gate,
        *,
        clock: Callable[[], float],
        start_task: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """Begin without an attempt."""
        self._hass = hass
        self._gate = gate
        self._clock = clock
        self._start_task = start_task
        self._attempts = 0
        self._next_at = clock()

    @callback
    def async_look(self) -> None:
        """Open it if that is to be done; take back what was told once it is not."""
        key = self._gate.identity.key
        if not self._gate.is_closed_by_us or is_steered(self._hass, key):
            self._attempts = 0
            self._next_at = self._clock()
            ir.async_delete_issue(self._hass, DOMAIN, f"{LEFT_LOCKED}_{key}")
        elif self._clock() >= self._next_at:
            self._next_at = self._clock() + _GAP_S
            if self._attempts:
                # The last command came to its end, and changed nothing.
                async_report_left_locked(self._hass, key)
            if self._attempts < _ATTEMPTS:
                self._start_task(self._async_open())

    async def _async_open(self) -> None:
        """Send it; no site holds the set-point, so there is nobody to agree with."""
        try:
            async with asyncio.timeout(_COMMAND_TIMEOUT_S):
                await self._gate.open()
        except ChargerError, TimeoutError:
            async_report_left_locked(self._hass, self._gate.identity.key)
        else:
            self._attempts += 1
