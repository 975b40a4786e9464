"""What the forms of devices in the same network share: an address, and perhaps a login of their own."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_USERNAME
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import voluptuous as vol

from .charger import PASSWORD, TEXT, charger_settings

_PORT: Final = NumberSelector(
    NumberSelectorConfig(min=1, max=65535, step=1, mode=NumberSelectorMode.BOX)
)
CREDENTIALS: Final[Mapping[vol.Marker, Any]] = {
    vol.Optional(CONF_USERNAME): TEXT,
    vol.Optional(CONF_PASSWORD): PASSWORD,
}


def address_fields(default_port: int) -> dict[vol.Marker, Any]:
    """Return the fields for where a device is."""
    return {
        vol.Required(CONF_HOST): TEXT,
        vol.Required(CONF_PORT, default=default_port): _PORT,
    }


def local_settings(make: str, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry keeps of a form with an address."""
    return {
        **charger_settings(make, user_input),
        CONF_HOST: user_input[CONF_HOST].strip(),
        CONF_PORT: int(user_input[CONF_PORT]),
    }


def address(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changes when a device moves."""
    return {key: settings[key] for key in (CONF_HOST, CONF_PORT)}
