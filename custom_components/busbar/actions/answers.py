"""The answers of actions: one documented structure for every member, the same everywhere."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from ..balancer.decision import Decision, MemberDecision
from ..balancer.model import PhaseAmps
from ..const import DOMAIN
from ..errors import failure_key
from ..site.config import PHASE_KEYS, phase_count
from ..site.coordinator import SiteCoordinator


def site_answer(site: SiteCoordinator, decision: Decision) -> dict[str, Any]:
    """Return what was decided for a site and each member, and how far it got."""
    return {
        "site": site.config_entry.title,
        "is_balancing": site.is_balancing,
        "target": _per_phase(site, decision.target_a),
        "allocated": _per_phase(site, decision.allocated_a),
        "headroom": _per_phase(site, decision.headroom_a),
        "meter": decision.freshness.value,
        "members": [
            _member_answer(site, key, member)
            for key, member in decision.members.items()
        ],
    }


def _member_answer(
    site: SiteCoordinator, key: str, member: MemberDecision
) -> dict[str, Any]:
    """Return one member: what it is allocated and why, what it was told and what it confirmed.

    `current` is amperes on each of the `phases` that it uses; `reserved` is what it may come to draw
    at worst per phase of the supply. `commanded` and `confirmed` are `None` where nothing is known.
    """
    coordinator = site.coordinator_of(key)
    snapshot = coordinator and coordinator.data
    failed = coordinator and coordinator.hand.failed
    return {
        "device_id": _device_id(site.hass, key),
        "name": site.name_of(key),
        "current": round(member.allocated_a, 1),
        "phases": member.allocated_phases,
        "reason": member.reason.key.value,
        "numbers": dict(site.explain(member)),
        "reserved": _per_phase(site, member.reserved_a),
        "commanded": snapshot and snapshot.commanded_a,
        "confirmed": snapshot and snapshot.confirmed_a,
        "progress": member.progress.value,
        "error": failed and failed.error and failure_key(failed.error),
    }


def _per_phase(
    site: SiteCoordinator, amperes: PhaseAmps | None
) -> dict[str, float] | None:
    """Return amperes by phase key, for the phases that the supply has."""
    if amperes is None:
        return None
    count = phase_count(site.config_entry.data)
    return {
        key: round(value, 1)
        for key, value in zip(PHASE_KEYS[:count], amperes, strict=False)
    }


def _device_id(hass: HomeAssistant, key: str) -> str | None:
    """Return the device of a charger, `None` while its entry is not there."""
    registry = dr.async_get(hass)
    for entry in hass.config_entries.async_entries(DOMAIN):
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
            if (DOMAIN, key) in device.identifiers:
                return device.id
    return None
