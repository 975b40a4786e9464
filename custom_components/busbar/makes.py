"""List the makes of chargers and meters, and load the package of one when it is needed.

A make's package and its libraries are imported on first use and off the event loop, so that a
house with one make does not pay for the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final, cast

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.importlib import async_import_module

from .chargers.model import Connection, Identity
from .const import CONF_MAKE

CONF_SERIAL: Final = "serial"
CONF_STATE: Final = "state"


@dataclass(frozen=True, kw_only=True, slots=True)
class Identified:
    """Who answered to the settings of a config flow."""

    key: str
    """The unique id of the entry: stable, whatever the address, the password or the name become."""
    title: str
    """What the entry is called at first. It ends in logs, so no person and no serial number is in it."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What the entry keeps beside the settings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Make:
    """What the Home Assistant side must know of a make before its package is loaded."""

    key: str
    manufacturer: str
    room: str = "chargers"
    """Where its package is: in `chargers/`, or in `meters/`."""
    injected: Callable[[HomeAssistant], Mapping[str, Any]]
    """What its package is given beside the settings of an entry."""
    identified: Callable[[Any], Identified]
    """Turns what its package says of a device or an account into what a flow needs."""
    keeps_state: bool = False
    """It has something that must survive a restart: tokens, or what it still has to restore."""
    identifies_with_state: bool = True
    """What it keeps helps to find out who answers, too."""


def _executor(hass: HomeAssistant) -> Mapping[str, Any]:
    """Give a make a way to run what blocks."""
    return {"run_blocking": hass.async_add_executor_job}


def _web_session(hass: HomeAssistant) -> Mapping[str, Any]:
    """Give a make the shared web session."""
    return {"session": async_get_clientsession(hass)}


def _web_session_and_zone(hass: HomeAssistant) -> Mapping[str, Any]:
    """Give a make the shared web session, and the time zone of the house."""
    return {**_web_session(hass), "time_zone": hass.config.time_zone}


def _web_session_and_executor(hass: HomeAssistant) -> Mapping[str, Any]:
    """Give a make the shared web session, and a way to run what blocks."""
    return {**_web_session(hass), **_executor(hass)}


def _device(identity: Identity) -> Identified:
    """Name an entry after its one device; it is refused if another answers there later."""
    return Identified(
        key=identity.key, title=identity.name, data={CONF_SERIAL: identity.serial}
    )


def _andersen_account(account: Any) -> Identified:
    """Name an entry after the vendor, and keep the device that the login was confirmed for."""
    return Identified(
        key=f"andersen_{account.account_id}",
        title="Andersen",
        data={CONF_STATE: dict(account.state)},
    )


def _easee_account(account_id: str) -> Identified:
    """Name an entry after the vendor: all that the cloud tells of an account is personal."""
    return Identified(key=f"easee_{account_id}", title="Easee")


MAKES: Final[Mapping[str, Make]] = {
    make.key: make
    for make in (
        Make(
            key="andersen",
            manufacturer="Andersen",
            injected=_web_session_and_executor,
            identified=_andersen_account,
            keeps_state=True,
        ),
        Make(
            key="easee",
            manufacturer="Easee",
            injected=_web_session_and_zone,
            identified=_easee_account,
            keeps_state=True,
        ),
        Make(
            key="quasar",
            manufacturer="Wallbox",
            injected=_executor,
            identified=_device,
            keeps_state=True,
            identifies_with_state=False,
        ),
        Make(
            key="shelly_em",
            manufacturer="Shelly",
            room="meters",
            injected=_web_session,
            identified=_device,
        ),
        Make(
            key="warp",
            manufacturer="Tinkerforge",
            injected=_web_session,
            identified=_device,
        ),
    )
}


async def async_load_package(hass: HomeAssistant, make: str) -> ModuleType:
    """Import the package of a make off the event loop."""
    room = MAKES[make].room
    return await async_import_module(hass, f"{__package__}.{room}.{make}")


async def async_create_connection(
    hass: HomeAssistant, entry: ConfigEntry
) -> Connection:
    """Return the connection of a charger entry, not opened yet."""
    make = entry.data[CONF_MAKE]
    package = await async_load_package(hass, make)

    @callback
    def save_state(state: Mapping[str, Any]) -> None:
        # An entry that is being removed has nothing left to remember.
        if hass.config_entries.async_get_entry(entry.entry_id) is not None:
            hass.config_entries.async_update_entry(
                entry, data={**entry.data, CONF_STATE: dict(state)}
            )

    injected = dict(MAKES[make].injected(hass))
    if MAKES[make].keeps_state:
        injected |= {
            "state": entry.data.get(CONF_STATE, {}),
            "save_state": save_state,
        }
    return cast("Connection", package.create_connection(entry.data, **injected))


async def async_identify(
    hass: HomeAssistant, make: str, settings: Mapping[str, Any]
) -> Identified:
    """Ask who answers to these settings, without writing to a device. Raises `ChargerError`."""
    row = MAKES[make]
    package = await async_load_package(hass, make)
    injected = dict(row.injected(hass))
    if row.keeps_state and row.identifies_with_state:
        injected["state"] = settings.get(CONF_STATE, {})
    return row.identified(await package.identify(settings, **injected))
