"""Listen to what a WARP pushes: a dump of everything, then changes, and a sign of life each second."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
import json
import logging
from typing import Any, Final, Protocol

from aiohttp import ClientWebSocketResponse, WSMsgType

from ..errors import ChargerError, ConnectionFailed
from .client import WarpClient
from .parse import as_int, as_object
from .paths import KEEP_ALIVE

_LOGGER = logging.getLogger(__name__)

SILENCE_S: Final = 15.0
"""A sign of life comes each second; this long without any and the connection is dead."""
FIRST_RETRY_S: Final = 5.0
LONGEST_RETRY_S: Final = 60.0
STABLE_S: Final = 60.0
"""Only a connection that lasted this long resets the back-off.

The device has room for five listeners; where a sixth comes, somebody is put out. Coming back at once
would only put out the next one.
"""
JITTER: Final = 0.2

type Pause = Callable[[float], Awaitable[None]]
type Line = tuple[str, Any]


class StreamClosed(ConnectionFailed):
    """The stream ended; the device may well be there (five listeners, a restart)."""


class Listener(Protocol):
    """Whoever lives by the stream."""

    async def on_dump(self, picture: dict[str, Any]) -> None:
        """Take a complete picture; raise `ChargerError` to refuse it."""

    def on_lines(self, lines: Sequence[Line]) -> None:
        """Take changes, in order; an empty sequence is a mere sign of life."""

    def on_down(self, error: Exception) -> None:
        """Hear that a stream that was up, or could not be had, is not there."""


def split_frame(text: str) -> list[Line]:
    """Return the lines of a frame, without those that make no sense."""
    lines = []
    for row in text.split("\n"):
        try:
            fields = as_object(json.loads(row)) if row.strip() else {}
        except (ValueError, RecursionError):  # fmt: skip
            continue
        topic = fields.get("topic")
        if isinstance(topic, str) and "payload" in fields:
            lines.append((topic, fields["payload"]))
    return lines


def is_end_of_dump(text: str) -> bool:
    """Return whether this frame carries the extra newline that ends a dump."""
    return text.endswith("\n\n") or text == "\n"


@dataclass(slots=True)
class _Life:
    """What is known of one connection."""

    heard_at: float
    picture: dict[str, Any] | None
    """Collected aside until the dump is complete, then None."""
    up_since: float | None = None


class WarpStream:
    """Keep one WebSocket open for as long as the device and its five-client limit let us."""

    def __init__(
        self,
        client: WarpClient,
        listener: Listener,
        *,
        clock: Callable[[], float],
        pause: Pause,
        jitter: Callable[[], float],
    ) -> None:
        """Prepare; `jitter` returns a number from 0 to 1."""
        self._client = client
        self._listener = listener
        self._clock = clock
        self._pause = pause
        self._jitter = jitter
        self._task: asyncio.Task[None] | None = None
        self._uptime_ms: int | None = None
        self._failures = 0

    def start(self) -> None:
        """Begin to listen in the background."""
        self._task = asyncio.create_task(self._run(), name="busbar warp stream")

    async def close(self) -> None:
        """End listening."""
        task, self._task = self._task, None
        await _end(task)

    async def _run(self) -> None:
        """Connect, listen, and come back ever more slowly."""
        while True:
            life = _Life(heard_at=self._clock(), picture={})
            try:
                await self._live(life)
            except ChargerError as error:
                _LOGGER.debug("Stream ended: %s", error)
                self._listener.on_down(error)
            except Exception as error:
                # A listener's own mistake must not end the stream for good.
                _LOGGER.exception("A pushed state was not taken over")
                self._listener.on_down(error)
            if life.up_since is not None and self._clock() - life.up_since >= STABLE_S:
                self._failures = 0
            await self._pause(self._next_retry_s())

    def _next_retry_s(self) -> float:
        """Return how long to wait before the next attempt."""
        base_s = FIRST_RETRY_S * 2.0 ** min(self._failures, 4)
        self._failures += 1
        return min(LONGEST_RETRY_S, base_s * (1 + JITTER * self._jitter()))

    async def _live(self, life: _Life) -> None:
        """Live through one connection; always ends with a `ChargerError`."""
        websocket = await self._client.connect_stream()
        life.heard_at = self._clock()
        reader = asyncio.create_task(
            self._read(websocket, life), name="busbar warp reader"
        )
        watchdog = asyncio.create_task(self._watch(life), name="busbar warp watchdog")
        try:
            await asyncio.wait({reader, watchdog}, return_when=asyncio.FIRST_COMPLETED)
            # Whichever ended, ended with an error.
            await (reader if reader.done() else watchdog)
        finally:
            await _end(watchdog)
            await _end(reader)
            await websocket.close()

    async def _watch(self, life: _Life) -> None:
        """Raise once nothing was heard for too long."""
        while (left_s := life.heard_at + SILENCE_S - self._clock()) > 0:
            await self._pause(left_s)
        msg = f"said nothing for {SILENCE_S:.0f} s"
        raise ConnectionFailed(msg)

    async def _read(self, websocket: ClientWebSocketResponse, life: _Life) -> None:
        """Pass on what comes until the connection ends."""
        while True:
            message = await websocket.receive()
            if message.type is not WSMsgType.TEXT:
                msg = "closed the stream"
                raise StreamClosed(msg)
            life.heard_at = self._clock()
            await self._take(message.data, life)

    async def _take(self, text: str, life: _Life) -> None:
        """Take one frame: collect it aside, or pass it on."""
        lines = split_frame(text)
        for topic, payload in lines:
            if topic == KEEP_ALIVE:
                self._check_uptime(payload, life)
        if life.picture is None:
            self._listener.on_lines(lines)
            return
        life.picture.update(lines)
        if is_end_of_dump(text):
            picture, life.picture = life.picture, None
            await self._listener.on_dump(picture)
            life.up_since = self._clock()

    def _check_uptime(self, payload: object, life: _Life) -> None:
        """Notice a restart: the uptime jumped back."""
        uptime_ms = as_int(as_object(payload).get("uptime"))
        if uptime_ms is None:
            return
        before_ms, self._uptime_ms = self._uptime_ms, uptime_ms
        if before_ms is None or uptime_ms >= before_ms:
            return
        _LOGGER.info("A charger restarted")
        if life.picture is None:
            # What was pushed so far belongs to the life before.
            msg = "restarted"
            raise StreamClosed(msg)


async def _end(task: asyncio.Task[None] | None) -> None:
    """Cancel a task and wait for its end."""
    if task is None:
        return
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        # Looked at, so that nobody is warned of it; whoever waited for the task has it already.
        task.exception()
