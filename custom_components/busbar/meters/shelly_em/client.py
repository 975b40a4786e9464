"""Ask a Shelly energy meter over HTTP: one request in flight, a bounded wait, its kind of login."""

import asyncio
import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import (
    ClientError,
    ClientMiddlewareType,
    ClientSession,
    ClientTimeout,
    DigestAuthMiddleware,
)
from yarl import URL

from ...chargers.errors import AuthenticationFailed, ConnectionFailed, WrongDevice
from .parse import DeviceInfo, Reading, parse_first, parse_info, parse_later

TIMEOUT_S: Final = 2.0
_DIGEST_USER: Final = "admin"


class ShellyClient:
    """Read one device of any generation."""

    def __init__(
        self,
        base_url: URL,
        session: ClientSession,
        *,
        username: str,
        password: str | None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Prepare; nothing is sent."""
        self._base_url = base_url
        self._session = session
        self._password = password
        self._timeout = ClientTimeout(total=timeout_s)
        self._lock = asyncio.Lock()
        pair = f"{username}:{password}".encode()
        self._basic = f"Basic {base64.b64encode(pair).decode()}"
        # One object for all requests: it remembers the nonce, and renews it by itself.
        self._digest = DigestAuthMiddleware(_DIGEST_USER, password or "")
        self.info: DeviceInfo | None = None

    async def identify(self) -> DeviceInfo:
        """Return who answers, which needs no login.

        Raises `ConnectionFailed`, and `WrongDevice` where it is no energy meter.
        """
        async with self._lock:
            info = parse_info(await self._get("shelly"))
        if info is None:
            raise WrongDevice("what answers is not a Shelly energy meter")
        self.info = info
        return info

    async def read(self) -> Reading:
        """Return what all channels measure now, in one request.

        Raises `ConnectionFailed`, `AuthenticationFailed`, and `WrongDevice`.
        """
        info = self.info or await self.identify()
        async with self._lock:
            if info.generation == 1:
                headers = (
                    {"Authorization": self._basic} if self._has_login(info) else {}
                )
                return parse_first(_object(await self._get("status", headers=headers)))
            middlewares = (self._digest,) if self._has_login(info) else ()
            answer = await self._get("rpc/Shelly.GetStatus", middlewares=middlewares)
            return parse_later(_object(answer))

    def _has_login(self, info: DeviceInfo) -> bool:
        if info.needs_login and self._password is None:
            raise AuthenticationFailed("the meter asks for a password")
        return self._password is not None

    async def _get(
        self,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        middlewares: tuple[ClientMiddlewareType, ...] = (),
    ) -> Any:
        try:
            async with self._session.get(
                self._base_url / path,
                headers=headers,
                middlewares=middlewares,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                if response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                    raise AuthenticationFailed("the meter refuses the password")
                if response.status == HTTPStatus.NOT_FOUND:
                    raise WrongDevice("what answers is not a Shelly energy meter")
                if response.status != HTTPStatus.OK:
                    raise ConnectionFailed(f"the meter answers {response.status}")
                return await response.json(content_type=None)
        except TimeoutError as err:
            raise ConnectionFailed("the meter does not answer in time") from err
        except ValueError as err:
            raise ConnectionFailed("the meter answers nonsense") from err
        except ClientError as err:
            # The text of such an error holds the address.
            raise ConnectionFailed("the meter is not reached") from err


def _object(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise ConnectionFailed("the meter answers nonsense")
    return answer
