"""The actions that pause members of a site for a while, and end that."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..const import DOMAIN
from ..site.coordinator import SiteCoordinator
from .arguments import invalid, members_of, site_of

ACTION_PAUSE: Final = "pause"
ACTION_RESUME: Final = "resume"

ATTR_DURATION: Final = "duration"
ATTR_MEMBERS: Final = "members"

# Longer than that is no pause any more: the mode off lasts until another one is chosen.
_LONGEST: Final = timedelta(days=31)

_FIELDS: Final[Mapping[vol.Marker, Any]] = {
    vol.Optional(ATTR_DEVICE_ID): cv.string,
    vol.Optional(ATTR_MEMBERS, default=list): vol.All(cv.ensure_list, [cv.string]),
}


@callback
def async_setup_pause_actions(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        ACTION_PAUSE,
        _async_pause,
        schema=vol.Schema(
            {**_FIELDS, vol.Required(ATTR_DURATION): cv.positive_time_period}
        ),
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(
        DOMAIN,
        ACTION_RESUME,
        _async_resume,
        schema=vol.Schema(dict(_FIELDS)),
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_pause(call: ServiceCall) -> ServiceResponse:
    """Give members no current for a while; no time at all ends a pause."""
    site = site_of(call)
    members = _members(site, call)
    duration: timedelta = call.data[ATTR_DURATION]
    if duration > _LONGEST:
        raise invalid("pause_too_long", days=str(_LONGEST.days))
    if duration:
        await site.plan.async_pause(members, dt_util.utcnow() + duration)
    else:
        await site.plan.async_resume(members)
    return _answer(site)


async def _async_resume(call: ServiceCall) -> ServiceResponse:
    """End the pauses of members before their time."""
    site = site_of(call)
    await site.plan.async_resume(_members(site, call))
    return _answer(site)


def _members(site: SiteCoordinator, call: ServiceCall) -> tuple[str, ...]:
    """Return the keys of the members that a call names, of all where it names none."""
    if not site.config.members:
        raise invalid("site_without_chargers", site=site.config_entry.title)
    named = members_of(site, call.data[ATTR_MEMBERS])
    return named or tuple(member.key for member in site.config.members)


def _answer(site: SiteCoordinator) -> dict[str, Any]:
    """Return until when each member is paused, in local time."""
    pauses = site.plan.pauses(dt_util.utcnow())
    return {
        "site": site.config_entry.title,
        "members": [
            {
                "name": site.name_of(member.key),
                "paused_until": dt_util.as_local(pauses[member.key]).isoformat()
                if member.key in pauses
                else None,
            }
            for member in site.config.members
        ],
    }
