"""The actions on a site: set what it may take, and ask what it would decide."""

from collections.abc import Mapping
from datetime import timedelta
import math
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..balancer.controller import Changes
from ..balancer.decision import Decision, MemberDecision, Progress
from ..balancer.model import NO_AMPS, PhaseAmps
from ..const import DOMAIN
from ..site.config import PHASE_KEYS, per_phase, phase_count, ratings
from ..site.coordinator import SiteCoordinator
from .answers import site_answer
from .arguments import invalid, members_of, site_of

ACTION_SET_SITE_CURRENT: Final = "set_site_current"
ACTION_PREVIEW_ALLOCATION: Final = "preview_allocation"

ATTR_ARRIVING: Final = "arriving"
ATTR_CURRENT: Final = "current"
ATTR_DURATION: Final = "duration"
ATTR_HOUSE_LOAD: Final = "house_load"
ATTR_LEAVING: Final = "leaving"

# Long enough for local chargers to confirm a cut and the raises that wait for it; slower ones are told as pending.
_ANSWER_WITHIN_S: Final = 5.0
_FAST_LATENCY_S: Final = 3.0
_SAME_A: Final = 0.05

# Amperes are checked by hand: what a schema refuses reaches nobody in their language.
_TARGET_FIELDS: Final[Mapping[vol.Marker, Any]] = {
    vol.Optional(ATTR_DEVICE_ID): cv.string,
    vol.Optional(ATTR_CURRENT): object,
    **{vol.Optional(key): object for key in PHASE_KEYS},
}
_SET_SITE_CURRENT_SCHEMA: Final = vol.Schema(
    {**_TARGET_FIELDS, vol.Optional(ATTR_DURATION): cv.positive_time_period}
)
_DEVICES: Final = vol.All(cv.ensure_list, [cv.string])
_PREVIEW_SCHEMA: Final = vol.Schema(
    {
        **_TARGET_FIELDS,
        vol.Optional(ATTR_HOUSE_LOAD): object,
        vol.Optional(ATTR_ARRIVING, default=list): _DEVICES,
        vol.Optional(ATTR_LEAVING, default=list): _DEVICES,
    }
)


@callback
def async_setup_site_actions(hass: HomeAssistant) -> None:
    """Register the actions; they look for their site when they are called."""
    hass.services.async_register(
        DOMAIN,
        ACTION_SET_SITE_CURRENT,
        _async_set_site_current,
        schema=_SET_SITE_CURRENT_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(
        DOMAIN,
        ACTION_PREVIEW_ALLOCATION,
        _async_preview_allocation,
        schema=_PREVIEW_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )


async def _async_set_site_current(call: ServiceCall) -> ServiceResponse:
    """Distribute a target among the members of a site, and tell how far that got."""
    site = site_of(call)
    target_a = _target(site, call.data)
    if target_a is None:
        raise invalid("target_missing")
    if not site.config.members:
        raise invalid("site_without_chargers", site=site.config_entry.title)
    duration: timedelta | None = call.data.get(ATTR_DURATION)
    await site.async_set_target(target_a, duration)
    await site.async_settle(
        lambda decision: _is_settled(site, decision), _ANSWER_WITHIN_S
    )
    answer = site_answer(site, site.data)
    if all(member["error"] for member in answer["members"]):
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="no_charger_took_it",
            translation_placeholders={"site": site.config_entry.title},
        )
    return answer


async def _async_preview_allocation(call: ServiceCall) -> ServiceResponse:
    """Answer what would be decided if something were different; nothing is written."""
    site = site_of(call)
    house_load = call.data.get(ATTR_HOUSE_LOAD)
    decision = site.preview(
        Changes(
            target_a=_target(site, call.data),
            house_load_a=None
            if house_load is None
            else _uniform(site, _amperes(ATTR_HOUSE_LOAD, house_load)),
            arriving=members_of(site, call.data[ATTR_ARRIVING]),
            leaving=members_of(site, call.data[ATTR_LEAVING]),
        )
    )
    return site_answer(site, decision)


def _is_settled(site: SiteCoordinator, decision: Decision) -> bool:
    """Return whether every fast member either confirmed what it was told, or failed."""
    return not decision.is_starting and all(
        _is_member_settled(site, key, member)
        for key, member in decision.members.items()
    )


def _is_member_settled(site: SiteCoordinator, key: str, member: MemberDecision) -> bool:
    coordinator = site.coordinator_of(key)
    if coordinator is None or not coordinator.last_update_success:
        return True
    if coordinator.capabilities.typical_latency_s > _FAST_LATENCY_S:
        return True
    if coordinator.hand.failed is not None:
        return True
    if member.set_point is None:
        return True
    # What is written can still be the former set-point, and that one confirmed.
    is_written = abs(member.set_point.current_a - member.allocated_a) < _SAME_A
    return is_written and member.progress is not Progress.PENDING


def _target(site: SiteCoordinator, data: Mapping[str, Any]) -> PhaseAmps | None:
    """Return the target that a call names; phases it does not name keep theirs. `None` = it names none."""
    rating_a = ratings(site.config_entry.data)
    named = {
        key: _amperes(key, data[key])
        for key in (ATTR_CURRENT, *PHASE_KEYS)
        if key in data
    }
    if not named:
        return None
    current_a = named.get(ATTR_CURRENT)
    base_a = (
        site.target_a or rating_a if current_a is None else _uniform(site, current_a)
    )
    target_a = per_phase(named, base_a)
    for key, value, rating in zip(PHASE_KEYS, target_a, rating_a, strict=True):
        if value > rating:
            raise invalid(
                "target_above_rating",
                phase=key.upper(),
                target=f"{value:g}",
                rating=f"{rating:g}",
                site=site.config_entry.title,
            )
    return target_a


def _uniform(site: SiteCoordinator, current_a: float) -> PhaseAmps:
    """Return a current on every phase that the supply has."""
    count = phase_count(site.config_entry.data)
    return per_phase(dict.fromkeys(PHASE_KEYS[:count], current_a), NO_AMPS)


def _amperes(field: str, value: object) -> float:
    """Return a number of amperes, whatever a template made of it."""
    try:
        current_a = float(value)  # type: ignore[arg-type]  # what cannot be converted is refused below
    except TypeError, ValueError:
        current_a = math.nan
    if not math.isfinite(current_a) or current_a < 0:
        raise invalid("not_amperes", field=field, value=str(value))
    return current_a
