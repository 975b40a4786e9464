"""Let a person download what Busbar knows, without what identifies anybody."""

from collections.abc import Mapping
from dataclasses import asdict
import time
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_EMAIL, CONF_HOST, CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.util import dt as dt_util

from .charger_entry import ChargerRuntime
from .chargers.model import HasDiagnostics
from .const import DOMAIN
from .coordinator import ChargerCoordinator
from .makes import CONF_SERIAL, CONF_STATE
from .platform_setup import BusbarConfigEntry
from .site.coordinator import SiteCoordinator

_TO_REDACT: Final = {
    CONF_EMAIL,
    CONF_HOST,
    CONF_PASSWORD,
    CONF_SERIAL,
    CONF_STATE,
    CONF_USERNAME,
    "serial",
    "url",
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: BusbarConfigEntry
) -> dict[str, Any]:
    """Return what is known of an entry."""
    runtime = entry.runtime_data
    if isinstance(runtime, ChargerRuntime):
        return {
            "entry": async_redact_data(dict(entry.data), _TO_REDACT),
            "devices": [
                _device(coordinator) for coordinator in runtime.coordinators.values()
            ],
        }
    return _site(runtime.coordinator)


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: BusbarConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return what is known of one device."""
    runtime = entry.runtime_data
    if isinstance(runtime, ChargerRuntime):
        for key, coordinator in runtime.coordinators.items():
            if (DOMAIN, key) in device.identifiers:
                return _device(coordinator)
        return {}
    return _site(runtime.coordinator)


def _device(coordinator: ChargerCoordinator) -> dict[str, Any]:
    charger = coordinator.charger
    identity = coordinator.identity
    hand = coordinator.hand
    return {
        # The name is left out: many are called after their serial number.
        "identity": {
            "make": identity.make,
            "model": identity.model,
            "model_id": identity.model_id,
            "firmware": identity.firmware,
            "hardware": identity.hardware,
        },
        "capabilities": _plain(asdict(coordinator.capabilities)),
        "heard_s_ago": coordinator.heard_at
        and round(time.monotonic() - coordinator.heard_at, 1),
        "is_heard": coordinator.last_update_success,
        "snapshot": charger.snapshot and _without_members(asdict(charger.snapshot)),
        "wish": hand.wish.as_dict(),
        "allocation": hand.allocation and asdict(hand.allocation),
        "last_failure": hand.failed and type(hand.failed.error).__name__,
        "raw": dict(charger.diagnostics())
        if isinstance(charger, HasDiagnostics)
        else None,
    }


def _site(coordinator: SiteCoordinator) -> dict[str, Any]:
    """Return a site with its last decisions; members are numbered, for their keys hold serials."""
    entry, plan = coordinator.config_entry, coordinator.plan
    members = _numbered(coordinator)
    known = {
        "entry": dict(entry.data),
        "subentries": [
            {"type": subentry.subentry_type, **subentry.data}
            for subentry in entry.subentries.values()
        ],
        "is_balancing": coordinator.is_balancing,
        "target": coordinator.target_a,
        "windows_off": [window.key for window in plan.windows if not window.enabled],
        "pauses": plan.pauses(dt_util.utcnow()),
        "modes": {
            member.key: _mode(coordinator, member.key)
            for member in coordinator.config.members
        },
        "decisions": [asdict(decision) for decision in coordinator.history],
        "memory": coordinator.memory,
    }
    plain: dict[str, Any] = _plain(known, members)
    return plain


def _numbered(coordinator: SiteCoordinator) -> dict[str, str]:
    """Return what stands for the keys of members; those that have left are still named here and there."""
    plan = coordinator.plan
    present = [member.key for member in coordinator.config.members]
    named = {
        *(key for decision in coordinator.history for key in decision.members),
        *(key for window in plan.windows for key in window.members or ()),
        *plan.pauses(dt_util.utcnow()),
    }
    former = sorted(named.difference(present))
    return {
        **{key: f"member {number}" for number, key in enumerate(present, start=1)},
        **{key: f"former member {number}" for number, key in enumerate(former, 1)},
    }


def _mode(coordinator: SiteCoordinator, key: str) -> dict[str, Any]:
    """Return what was chosen for a member, and what is in force."""
    modes = coordinator.modes
    return {
        "chosen": modes.chosen(key),
        "offered": modes.offered(key),
        "in_force": asdict(modes.in_force(key)),
    }


def _without_members(snapshot: dict[str, Any]) -> Any:
    """Return a snapshot; the keys of the chargers below a group hold serials."""
    return _plain({**snapshot, "group_members": len(snapshot["group_members"])})


def _plain(data: Any, names: Mapping[str, str] | None = None) -> Any:
    """Return data fit for JSON, with the keys of `names` replaced wherever they stand."""
    names = names or {}
    if isinstance(data, Mapping):
        return {
            names.get(str(key), str(key)): _plain(value, names)
            for key, value in data.items()
        }
    if isinstance(data, (list, tuple, set, frozenset)):
        return [_plain(item, names) for item in data]
    if isinstance(data, str):
        return names.get(data, str(data))
    if data is None or isinstance(data, (bool, int, float)):
        return data
    return str(data)
