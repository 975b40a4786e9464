"""Make raw states fit to be handed to somebody else."""

from typing import Any, Final

from .paths import CURRENT_CHARGE, LAST_CHARGES, SEEN_TAGS
from .states import States

REDACTED: Final = "**REDACTED**"
_PERSONAL_PATHS: Final = frozenset({CURRENT_CHARGE, LAST_CHARGES, SEEN_TAGS})
"""Who charged when, and with which tag: their numbers stand in the entities anyway."""
_PERSONAL_KEYS: Final = frozenset(
    {
        "ap_bssid",
        "authorization_info",
        "charger_name",
        "display_name",
        "host",
        "mac",
        "manager_ip",
        "name",
        "proxy_of",
        "sta_bssid",
        "sta_ip",
        "sta_subnet",
        "ssid",
        "tag_id",
        "uid",
        "user_id",
        "username",
        "latitude",
        "longitude",
        "longtitude",
    }
)


def redacted_states(states: States) -> dict[str, Any]:
    """Return all raw states without anything that names a person, a device or a place."""
    return {path: _redacted_path(path, states.get(path)) for path in sorted(states)}


def _redacted_path(path: str, payload: Any) -> Any:
    """Return one state, redacted as a whole or by key."""
    if path in _PERSONAL_PATHS:
        return REDACTED
    if path.startswith("meters/") and path.endswith("/config"):
        # Settings of a meter in the network hold its address under ever new names.
        return (
            [payload[0], REDACTED]
            if isinstance(payload, list) and payload
            else REDACTED
        )
    return _redacted(payload)


def _redacted(value: Any) -> Any:
    """Return a value without what stands under a personal key."""
    if isinstance(value, dict):
        return {
            key: REDACTED if key in _PERSONAL_KEYS else _redacted(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_redacted(inner) for inner in value]
    return value
