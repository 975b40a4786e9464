"""Be one account with its chargers."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
import logging
from random import Random
from typing import Final

from aiohttp import ClientSession

from ..errors import AuthenticationFailed, ChargerError, ConnectionFailed
from ..model import Charger, Unsubscribe
from .auth import Auth
from .charger import AndersenCharger
from .client import Client
from .endpoints import Endpoints
from .memory import Memory
from .store import Store
from .stream import Stream
from .values import Wire

_LOGGER = logging.getLogger(__name__)

LIST_INTERVAL_S: Final = 3600.0
"""People seldom buy or move a charger."""
RETRY_S: Final = 300.0
"""Until the next look where a charger was missing or could not be read: one hiccup is no removal."""


class AndersenConnection:
    """Hold the login, the chargers and the stream of one account."""

    def __init__(
        self,
        *,
        auth: Auth,
        store: Store,
        session: ClientSession,
        endpoints: Endpoints,
        clock: Callable[[], float],
        wall: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        random: Random,
    ) -> None:
        """Prepare; nothing is sent yet."""
        self._auth = auth
        self._store = store
        self._session = session
        self._endpoints = endpoints
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._random = random
        self._client = Client(url=endpoints.graphql_url, session=session, auth=auth)
        self._chargers: dict[str, AndersenCharger] = {}
        self._stream: Stream | None = None
        self._listing: asyncio.Task[None] | None = None
        self._missing: set[str] = set()
        self._unread = False
        self._listeners: list[Callable[[], None]] = []

    @property
    def chargers(self) -> Mapping[str, Charger]:
        """Return the account's chargers by identity key."""
        return {c.identity.key: c for c in self._chargers.values()}

    async def open(self) -> None:
        """Log in, list the chargers and read each once. Writes nothing; raises ChargerError."""
        listed = [str(device["id"]) for device in await self._client.devices()]
        failures = await self._add(listed)
        if failures and not self._chargers:
            raise failures[0]
        self._listen()
        # From here on, in the background: what an earlier run left to be put back.
        for charger in self._chargers.values():
            charger.start()
        self._listing = asyncio.create_task(self._watch_list())

    async def close(self) -> None:
        """End stream and tasks."""
        listing, self._listing = self._listing, None
        if listing is not None:
            listing.cancel()
            await asyncio.gather(listing, return_exceptions=True)
        await self._end_stream()
        parts = [charger.close() for charger in self._chargers.values()]
        await asyncio.gather(*parts, return_exceptions=True)
        await self._auth.close()

    def on_change(self, listener: Callable[[], None]) -> Unsubscribe:
        """Hear when a charger changed its identity or capabilities."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def release(self) -> None:
        """Put everything back and make the cloud forget this installation, as far as it is reached.

        Works without `open()`: what is to be put back was stored.
        """
        for device_id in self._store.charger_ids:
            if device_id not in self._chargers:
                self._chargers[device_id] = self._charger(device_id)
        for charger in self._chargers.values():
            await charger.release()
        try:
            await self._auth.forget_device()
        except ChargerError as err:
            _LOGGER.debug("The remembered device was not forgotten: %s", err)
        await self.close()

    async def _watch_list(self) -> None:
        """Look from time to time which chargers the account has."""
        while True:
            await self._sleep(
                RETRY_S if self._unread or self._missing else LIST_INTERVAL_S
            )
            try:
                await self._compare(await self._client.devices())
            except ChargerError as err:
                _LOGGER.debug("Chargers were not listed: %s", err)

    async def _compare(self, devices: list[Wire]) -> None:
        """Take in what is new, and let go what is missing for the second time."""
        listed = [str(device["id"]) for device in devices]
        missing = {key for key in self._chargers if key not in listed}
        gone, self._missing = missing & self._missing, missing - self._missing
        new = [key for key in listed if key not in self._chargers]
        for device_id in gone:
            charger = self._chargers.pop(device_id)
            charger.lost(ConnectionFailed("the account no longer shows this charger"))
            await charger.close()
        before = len(self._chargers)
        await self._add(new)
        if gone or len(self._chargers) > before:
            await self._end_stream()
            self._listen()
            for device_id in new:
                if device_id in self._chargers:
                    self._chargers[device_id].start()
            self._changed()

    async def _add(self, device_ids: Iterable[str]) -> list[ChargerError]:
        """Read chargers once; only one that was read is shown, and none stops the others.

        Returns what went wrong. Raises AuthenticationFailed, which is about all of them.
        """
        failures: list[ChargerError] = []
        for device_id in device_ids:
            charger = self._charger(device_id)
            try:
                await charger.refresh()
            except AuthenticationFailed:
                raise
            except ChargerError as err:
                _LOGGER.debug("A charger was not read: %s", err)
                failures.append(err)
            else:
                self._chargers[device_id] = charger
        self._unread = bool(failures)
        return failures

    async def _end_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()

    def _charger(self, device_id: str) -> AndersenCharger:
        charger = AndersenCharger(
            device_id=device_id,
            client=self._client,
            memory=Memory(self._store, device_id),
            clock=self._clock,
            wall=self._wall,
            sleep=self._sleep,
            random=self._random,
        )
        charger.on_change(self._changed)
        return charger

    def _changed(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def _listen(self) -> None:
        if self._stream is None and self._chargers:
            self._stream = Stream(
                url=self._endpoints.websocket_url,
                session=self._session,
                auth=self._auth,
                device_ids=self._chargers,
                on_event=self._event,
                clock=self._clock,
                sleep=self._sleep,
                random=self._random,
            )
            self._stream.start()

    def _event(self, device_id: str, event: Wire) -> None:
        charger = self._chargers.get(device_id)
        if charger is not None:
            charger.take_event(event)
