"""Read Shelly energy meters in the local network: the first generation and the later ones."""

from collections.abc import Callable, Mapping
import random
import time
from typing import Any, Final

from aiohttp import ClientSession
from yarl import URL

from ...chargers.errors import Unsupported
from ...chargers.model import Connection, Identity
from .client import TIMEOUT_S, ShellyClient
from .connection import ShellyConnection
from .meter import MAKE
from .roles import ClampSetting, MeterRole, default_clamps

__all__ = ["MAKE", "MeterRole", "create_connection", "find_channels", "identify"]

HTTP_PORT: Final = 80
INTERVAL_S: Final = 1.0
"""The device measures once a second."""
_LONGEST_INTERVAL_S: Final = 60.0


def create_connection(
    settings: Mapping[str, Any],
    *,
    session: ClientSession,
    clock: Callable[[], float] = time.monotonic,
    jitter: Callable[[], float] = random.random,
    timeout_s: float = TIMEOUT_S,
) -> Connection:
    """Return a connection to the meter at `settings["host"]`, with one device per role.

    Further settings, all optional: `port`; `username` (first generation only) and `password`; `serial`,
    the mac of the only device that is let in; `interval_s`; and `channels`, a list of mappings with
    `channel`, `role` (`grid`, `solar`, `evse`, `other`), `phase` (1 to 3) and `invert`.
    Raises `Unsupported` for settings that make no sense.
    """
    try:
        clamps = [
            ClampSetting.from_dict(data) for data in settings.get("channels") or ()
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        raise Unsupported("the roles of the channels make no sense") from err
    interval_s = float(settings.get("interval_s") or INTERVAL_S)
    url = _base_url(settings)
    serial = settings.get("serial")
    return ShellyConnection(
        _client(settings, session, timeout_s),
        mac=None if serial is None else str(serial).upper(),
        clamps=clamps,
        interval_s=max(INTERVAL_S, min(interval_s, _LONGEST_INTERVAL_S)),
        url=str(url),
        clock=clock,
        jitter=jitter,
    )


async def identify(
    settings: Mapping[str, Any], *, session: ClientSession, timeout_s: float = TIMEOUT_S
) -> Identity:
    """Return who answers at `settings["host"]`, its mac as serial, and try the login.

    Raises `ChargerError`.
    """
    client = _client(settings, session, timeout_s)
    info = await client.identify()
    await client.read()
    return Identity(
        make=MAKE,
        model=info.model,
        name=info.model,
        serial=info.mac,
        firmware=info.firmware,
        model_id=info.model_id,
        url=str(_base_url(settings)),
    )


async def find_channels(
    settings: Mapping[str, Any], *, session: ClientSession, timeout_s: float = TIMEOUT_S
) -> Mapping[int, Mapping[str, Any] | None]:
    """Return the channels of a device, each with the setting that it would have without any.

    `None` for one that would not be used. Raises `ChargerError`.
    """
    reading = await _client(settings, session, timeout_s).read()
    likely = {clamp.channel: clamp.as_dict() for clamp in default_clamps(reading)}
    return {channel: likely.get(channel) for channel in sorted(reading.channels)}


def _base_url(settings: Mapping[str, Any]) -> URL:
    port = int(settings.get("port") or HTTP_PORT)
    try:
        # Parsed once more, because building a URL does not look at the range of the port.
        return URL(str(URL.build(scheme="http", host=str(settings["host"]), port=port)))
    except ValueError as err:
        raise Unsupported("this is not a host name or address") from err


def _client(
    settings: Mapping[str, Any], session: ClientSession, timeout_s: float
) -> ShellyClient:
    return ShellyClient(
        _base_url(settings),
        session,
        username=settings.get("username") or "admin",
        password=settings.get("password"),
        timeout_s=timeout_s,
    )
