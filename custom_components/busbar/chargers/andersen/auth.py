"""Keep one valid token for everybody who asks, with as few logins as can be."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
import logging
from random import Random
import time
from typing import Any, Final

from aiohttp import ClientSession

from ..errors import AuthenticationFailed, ChargerError, ConnectionFailed, RateLimited
from .cognito import Cognito, Device, DeviceRefused, Grant, RefreshRefused
from .endpoints import VENDOR, Endpoints
from .lookup import find_username
from .store import Store

_LOGGER = logging.getLogger(__name__)

type RunBlocking = Callable[..., Awaitable[Any]]
"""Runs a blocking function with its arguments in a worker thread."""

RENEW_BEFORE_S: Final = 300.0
"""Renew this long before the end, in quiet; an outage then has five minutes to pass."""
MARGIN_S: Final = 90.0
"""With less than this left a token counts as expired: clocks differ, requests take time."""
REFUSED_GAP_S: Final = 300.0
"""A token younger than this that is refused is the server's trouble: another would not help."""
FIRST_PAUSE_S: Final = 15.0
LONGEST_PAUSE_S: Final = 900.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """Be what a login gave; times are of the monotonic clock."""

    id_token: str
    access_token: str
    issued_at: float
    expires_at: float


class Auth:
    """Hold the login of one account."""

    def __init__(
        self,
        *,
        email: str,
        password: str | None,
        store: Store,
        session: ClientSession,
        run_blocking: RunBlocking,
        endpoints: Endpoints = VENDOR,
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
    ) -> None:
        """Know how to log in; nothing is sent yet. Without a password only the device is used."""
        self._email = email
        self._password = password
        self._store = store
        self._session = session
        self._run_blocking = run_blocking
        self._endpoints = endpoints
        self._clock = clock
        # Spreads attempts of many houses after an outage; nothing secret depends on it.
        self._random = random or Random()
        self._cognito = Cognito(endpoints)
        self._tokens: Tokens | None = None
        self._renewal: asyncio.Task[Tokens] | None = None
        self._refusal: str | None = None
        self._failures = 0
        self._next_try_at = clock()

    @property
    def seconds_left(self) -> float:
        """Return how long the present token may be used, 0 without one."""
        if self._tokens is None:
            return 0.0
        return max(0.0, self._tokens.expires_at - MARGIN_S - self._clock())

    async def token(self, *, refused: str | None = None) -> str:
        """Return a valid ID token; `refused` is one that the server did not accept.

        Callers who ask at the same time share one renewal, and its failure.

        Raises:
            AuthenticationFailed: The person must act. Said again without asking the cloud again.
            ConnectionFailed: The login cannot be reached.
            RateLimited: The login throttles us.
        """
        tokens = self._tokens
        if tokens is not None and tokens.id_token == refused:
            if self._clock() - tokens.issued_at < REFUSED_GAP_S:
                msg = "the cloud refuses a token that its login has just issued"
                raise ConnectionFailed(msg)
        elif tokens is not None and self.seconds_left > RENEW_BEFORE_S - MARGIN_S:
            return tokens.id_token
        try:
            return (await self._renewed()).id_token
        except ConnectionFailed, RateLimited:
            if tokens is None or tokens.id_token == refused or not self.seconds_left:
                raise
            return tokens.id_token

    async def username(self) -> str:
        """Return the user name in the pool: the account's own stable id."""
        known = self._store.account.get("username")
        if isinstance(known, str):
            return known
        username = await find_username(
            self._session, self._endpoints.lookup_url, self._email
        )
        self._store.keep_account(username=username)
        return username

    async def forget_device(self) -> None:
        """Make the pool forget this installation, then forget the login. Raises ChargerError."""
        device = self._device()
        if device is not None:
            await self.token()
            if self._tokens is not None:
                await self._run_blocking(
                    self._cognito.forget_device, self._tokens.access_token, device.key
                )
        self._tokens = None
        self._store.keep_account(device=None, refresh_token=None)

    async def close(self) -> None:
        """End a renewal that is under way."""
        task, self._renewal = self._renewal, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _renewed(self) -> Tokens:
        """Return new tokens from the one renewal that everybody shares."""
        if self._refusal is not None:
            raise AuthenticationFailed(self._refusal)
        if self._renewal is None:
            wait_s = self._next_try_at - self._clock()
            if wait_s > 0:
                msg = f"the login failed before, next attempt in {wait_s:.0f} s"
                raise ConnectionFailed(msg)
            self._renewal = asyncio.create_task(self._renew())
            self._renewal.add_done_callback(self._renewal_ended)
        # A caller that is cancelled must not take the renewal away from the others.
        return await asyncio.shield(self._renewal)

    def _renewal_ended(self, task: asyncio.Task[Tokens]) -> None:
        if self._renewal is task:
            self._renewal = None
        if not task.cancelled():
            task.exception()  # seen, also where every caller is gone

    async def _renew(self) -> Tokens:
        try:
            grant = await self._refresh() or await self._login()
        except AuthenticationFailed as err:
            self._refusal = str(err)
            raise
        except ChargerError:
            self._failures += 1
            pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (self._failures - 1))
            self._next_try_at = self._clock() + pause_s * self._random.uniform(0.5, 1.0)
            raise
        self._failures = 0
        now = self._clock()
        self._tokens = Tokens(
            id_token=grant.id_token,
            access_token=grant.access_token,
            issued_at=now,
            expires_at=now + grant.lifetime_s,
        )
        return self._tokens

    async def _refresh(self) -> Grant | None:
        """Return a grant by refresh token and device key, `None` where a login is needed."""
        device = self._device()
        refresh_token = self._store.account.get("refresh_token")
        if device is None or not isinstance(refresh_token, str):
            return None
        try:
            grant: Grant = await self._run_blocking(
                self._cognito.refresh, refresh_token, device.key
            )
        except RefreshRefused:
            _LOGGER.debug("Refresh token is no longer accepted")
            self._store.keep_account(refresh_token=None)
            return None
        _LOGGER.debug("Token was refreshed with the remembered device")
        if grant.refresh_token is not None:
            self._store.keep_account(refresh_token=grant.refresh_token)
        return grant

    async def _login(self) -> Grant:
        """Log in with the password, as the remembered device where there is one."""
        if self._password is None:
            msg = "the remembered login has ended and no password is stored"
            raise AuthenticationFailed(msg)
        username = await self.username()
        try:
            grant = await self._prove(username, self._device())
        except DeviceRefused:
            # The password was not refused: it was accepted before, or not asked for yet.
            _LOGGER.debug("The login no longer knows this device")
            self._store.keep_account(device=None, refresh_token=None)
            grant = await self._prove(username, None)
        _LOGGER.debug("Logged in with the password")
        if grant.new_device is not None:
            await self._remember(grant, grant.new_device)
        elif self._device() is not None:
            self._store.keep_account(refresh_token=grant.refresh_token)
        return grant

    async def _prove(self, username: str, device: Device | None) -> Grant:
        grant: Grant = await self._run_blocking(
            self._cognito.login, username, self._password, device
        )
        return grant

    async def _remember(self, grant: Grant, metadata: Mapping[str, str]) -> None:
        """Confirm a new device, once; unconfirmed it would be of no use, and is not kept."""
        try:
            device: Device = await self._run_blocking(
                self._cognito.confirm_device, grant.access_token, metadata
            )
        except ChargerError as err:
            # The token is good for its hour; the next login brings a new device.
            _LOGGER.debug("Device was not confirmed: %s", err)
            return
        self._store.keep_account(
            device=asdict(device), refresh_token=grant.refresh_token
        )

    def _device(self) -> Device | None:
        """Return the remembered device, `None` without a whole triple."""
        stored = self._store.account.get("device")
        try:
            return Device(**stored) if isinstance(stored, Mapping) else None
        except TypeError:
            return None
