"""Restart a Quasar through its vendor's cloud, the only way left once its Modbus task is dead.

The library blocks and looks after its token by halves; every call runs in an executor that is
handed in, and the library is imported there. Nothing of its errors is passed on: their texts
contain addresses and serial numbers.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from ..errors import (
    AuthenticationFailed,
    ChargerError,
    ConnectionFailed,
    RateLimited,
    Rejected,
    WrongDevice,
)
from .endpoints import VENDOR, Endpoints

_TIMEOUT_S: Final = 20.0
_STATUS_UPDATING: Final = 166
_STATUS_OFFLINE: Final = frozenset({0, 163})
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_TOO_MANY: Final = 429

type RunBlocking = Callable[[Callable[[], None]], Awaitable[None]]


class VendorCloud:
    """Sign in and restart; one call at a time."""

    def __init__(
        self,
        *,
        username: str,
        password: str,
        run_blocking: RunBlocking,
        endpoints: Endpoints = VENDOR,
    ) -> None:
        """Prepare; nothing is sent, and the library is not loaded before it is needed."""
        self._username = username
        self._password = password
        self._run_blocking = run_blocking
        self._endpoints = endpoints
        self._lock = asyncio.Lock()
        self._library: Any = None
        self.restarts_sent = 0
        """How often a restart was asked for, answered or not."""

    async def check(self, serial: str) -> None:
        """Sign in, and see that the account has this charger.

        Raises `AuthenticationFailed`, `WrongDevice`, `RateLimited`, `ConnectionFailed`.
        """
        await self._run(lambda: self._find(serial))

    async def restart(self, serial: str) -> None:
        """Restart the charger; that takes it minutes.

        Raises `Rejected` during a firmware update (a restart could destroy the charger) and while the
        cloud does not reach it; else as `check`.
        """
        await self._run(lambda: self._restart(serial))

    async def _run(self, work: Callable[[], None]) -> None:
        async with self._lock:
            await self._run_blocking(lambda: _translated(work))

    # From here on in the executor

    def _signed_in(self) -> Any:
        from requests import HTTPError
        from wallbox import Wallbox

        if self._library is None:
            library = Wallbox(
                self._username, self._password, requestGetTimeout=_TIMEOUT_S
            )
            library.baseUrl = self._endpoints.api_url
            library.authUrl = self._endpoints.login_url
            self._library = library
        try:
            self._library.authenticate()
        except HTTPError as err:
            if not self._library.jwtToken or _status(err) == _TOO_MANY:
                raise
            # It would offer the refused refresh token again and again, for weeks.
            self._library.jwtToken = self._library.jwtRefreshToken = ""
            self._library.authenticate()
        return self._library

    def _find(self, serial: str) -> Any:
        library = self._signed_in()
        if serial not in {str(known) for known in library.getChargersList()}:
            raise WrongDevice("the account does not have this charger")
        return library

    def _restart(self, serial: str) -> None:
        library = self._find(serial)
        status = library.getChargerStatus(serial)["status_id"]
        if status == _STATUS_UPDATING:
            raise Rejected("a firmware update is running")
        if status in _STATUS_OFFLINE:
            raise Rejected("the charger is not connected to its cloud")
        self.restarts_sent += 1
        library.restartCharger(serial)


def _translated(work: Callable[[], Any]) -> None:
    """Do the work; raise our errors instead of the library's."""
    from requests import RequestException

    problem: ChargerError | None = None
    try:
        work()
    except RequestException as err:
        problem = _problem(err)
    except ValueError, KeyError, TypeError, AttributeError:
        # The library indexes into whatever the cloud answers.
        problem = ConnectionFailed("the vendor's cloud answers nonsense")
    if problem is not None:
        raise problem


def _status(err: Any) -> int | None:
    """Return the HTTP status of a requests error, where there was an answer."""
    response = err.response
    return None if response is None else int(response.status_code)


def _problem(err: Any) -> ChargerError:
    status = _status(err)
    if status in {_UNAUTHORIZED, _FORBIDDEN}:
        return AuthenticationFailed(
            "the vendor's cloud refuses the login, or the account lacks the right"
        )
    if status == _TOO_MANY:
        after = err.response.headers.get("Retry-After", "")
        return RateLimited(float(after) if after.isdecimal() else None)
    if status is None:
        return ConnectionFailed("the vendor's cloud is not reached")
    return ConnectionFailed(f"the vendor's cloud answers {status}")
