"""Names that more than one module of Busbar uses."""

from enum import StrEnum
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "busbar"

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TIME,
)

CONF_KIND: Final = "kind"
CONF_MAKE: Final = "make"


class EntryKind(StrEnum):
    """The two kinds of config entry."""

    CHARGER = "charger"
    """An account or a device: one or more chargers, groups and meters."""
    SITE = "site"
    """One supply that chargers share."""


SIGNAL_CHARGERS_CHANGED: Final = f"{DOMAIN}_chargers_changed"
"""Sent when coordinators came or went; sites look their members up again."""
