"""Listen to the WebSocket: events make things quicker, the poll stays the truth.

Nobody has recorded whether the server drops a socket whose token has expired, so a fresh one is opened
before. Whatever fails here fails in silence, and is tried again later and later.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
import logging
from random import Random
from typing import Any, Final

from aiohttp import ClientSession
from gql import Client as GraphQLClient, gql
from gql.client import AsyncClientSession
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import (
    TransportConnectionFailed,
    TransportError,
    TransportServerError,
)

from ..errors import AuthenticationFailed, ChargerError
from . import documents
from .auth import Auth
from .redaction import protect_logs
from .values import Wire

_LOGGER = logging.getLogger(__name__)

HELLO_TIMEOUT_S: Final = 10
SILENCE_S: Final = 600.0
"""A charger reports every 90 s; without a word for so long the line may be dead."""
FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 1800.0
STEADY_S: Final = 300.0
"""A socket that held this long was healthy: the next pause is short again."""
SHORTEST_LIFE_S: Final = 60.0

FAILURES: Final = (TransportError, ChargerError, TimeoutError, OSError)


class Stream:
    """Hold one WebSocket with a subscription per charger."""

    def __init__(
        self,
        *,
        url: str,
        session: ClientSession,
        auth: Auth,
        device_ids: Collection[str],
        on_event: Callable[[str, Wire], None],
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        random: Random,
    ) -> None:
        """Prepare; nothing is connected yet."""
        self._url = url
        self._session = session
        self._auth = auth
        self._device_ids = tuple(device_ids)
        self._on_event = on_event
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._suspect: str | None = None
        self._is_heard = False
        self._task: asyncio.Task[None] | None = None
        protect_logs()

    def start(self) -> None:
        """Connect in the background."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Disconnect; never raises."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        failures = 0
        while True:
            began_at = self._clock()
            try:
                await self._listen()
                failures = 0
                continue
            except AuthenticationFailed:
                # The poll meets the same refusal and tells it; there is nothing to listen to.
                return
            except FAILURES as err:
                _LOGGER.debug("No events from the cloud: %s", type(err).__name__)
            if self._clock() - began_at >= STEADY_S:
                failures = 0
            pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**failures)
            failures = min(failures + 1, 10)
            await self._sleep(pause_s * self._random.uniform(0.5, 1.0))

    async def _listen(self) -> None:
        """Take events until the token ends; raises one of `FAILURES` before that."""
        token = await self._auth.token(refused=self._suspect)
        self._suspect = None
        async with self._connected(token) as session:
            ending = asyncio.ensure_future(self._life())
            tasks = {
                asyncio.create_task(self._follow(session, device_id))
                for device_id in self._device_ids
            }
            try:
                done, _ = await asyncio.wait(
                    {ending, *tasks}, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                for task in (ending, *tasks):
                    task.cancel()
                await asyncio.gather(ending, *tasks, return_exceptions=True)
            for task in done:
                task.result()

    async def _life(self) -> None:
        """Return when the token ends; raises where nothing is heard."""
        ends_at = self._clock() + max(SHORTEST_LIFE_S, self._auth.seconds_left)
        while (left_s := ends_at - self._clock()) > 0:
            self._is_heard = False
            await self._sleep(min(SILENCE_S, left_s))
            if left_s >= SILENCE_S and not self._is_heard:
                msg = "the cloud sends no events"
                raise TransportError(msg)

    @asynccontextmanager
    async def _connected(self, token: str) -> AsyncIterator[AsyncClientSession]:
        """Open the socket; it is closed in the end, however that comes."""
        transport = AIOHTTPWebsocketsTransport(
            self._url,
            session=self._session,
            init_payload={"authToken": f"Bearer {token}"},
            connect_timeout=HELLO_TIMEOUT_S,
            ack_timeout=HELLO_TIMEOUT_S,
            close_timeout=HELLO_TIMEOUT_S,
        )
        try:
            await transport.connect()
        except BaseException as err:
            # Whatever ends the handshake, cancellation too: the socket must not stay open.
            self._note_refusal(err, token)
            await transport.adapter.close()
            raise
        client = GraphQLClient(transport=transport, fetch_schema_from_transport=False)
        try:
            yield AsyncClientSession(client)
        finally:
            await transport.close()

    def _note_refusal(self, err: BaseException, token: str) -> None:
        """Suspect the token where the server ended the handshake.

        The old subprotocol says that it refuses it, the new one just closes the socket; a connection that
        was never made has a cause.
        """
        is_closed = isinstance(err, TransportConnectionFailed) and not err.__cause__
        if is_closed or isinstance(err, TransportServerError):
            self._suspect = token

    async def _follow(self, session: AsyncClientSession, device_id: str) -> None:
        """Hand on the events of one charger; an end is a failure, for the server was not asked to."""
        request = gql(documents.STATUS_UPDATED)
        request.operation_name = "deviceStatusUpdated"
        request.variable_values = {"id": device_id}
        async for data in session.subscribe(request):
            event = _event(data)
            self._is_heard = True
            if event is not None:
                self._on_event(device_id, event)
        msg = "the cloud ended the subscription"
        raise TransportError(msg)


def _event(data: object) -> Mapping[str, Any] | None:
    """Unwrap an event; a null one is none."""
    event = data.get("deviceStatusUpdated") if isinstance(data, Mapping) else None
    return event if isinstance(event, Mapping) else None
