"""Listen on a loopback port that can be closed and opened again at once."""

import asyncio
import socket

from aiohttp import web

HOST = "127.0.0.1"
ACCEPT_TURNS = 3
"""Turns of the event loop after which a connection that just came in is a whole one."""


class Listener:
    """Hold one port for one application."""

    def __init__(self, app: web.Application, port: int = 0) -> None:
        """Prepare; port 0 takes a free one, which is kept from then on."""
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=1.0
        )
        self._wanted_port = port
        self._opening: asyncio.Task[asyncio.Server] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port; known from the first opening on."""
        return self._wanted_port

    async def start(self) -> None:
        """Begin to listen."""
        await self._runner.setup()
        self.open()
        if self._opening is not None:
            await self._opening

    def open(self) -> None:
        """Accept connections from this moment on."""
        if self._socket is not None:
            return
        self._socket = socket.create_server((HOST, self._wanted_port))
        self._socket.settimeout(0)
        self._wanted_port = self._socket.getsockname()[1]
        # The kernel already accepts; only the event loop joins a moment later.
        self._opening = asyncio.create_task(self._serve(self._socket))

    async def _serve(self, listening: socket.socket) -> asyncio.Server:
        """Join the listening socket to the event loop."""
        assert self._runner.server is not None
        loop = asyncio.get_running_loop()
        return await loop.create_server(self._runner.server, sock=listening)

    def close(self) -> None:
        """Refuse connections from this moment on; open ones go on."""
        if self._socket is None:
            return
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.shutdown(socket.SHUT_RDWR)
        closing = asyncio.create_task(self._finish(self._socket, self._opening))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        self._socket = self._opening = None

    async def _finish(
        self, listening: socket.socket, opening: asyncio.Task[asyncio.Server] | None
    ) -> None:
        """Give the port back.

        A connection that just came in has to become a whole one first: asyncio cannot undo
        half of one.
        """
        for _ in range(ACCEPT_TURNS):
            await asyncio.sleep(0)
        if opening is not None:
            await asyncio.wait([opening])
            if not opening.cancelled():
                opening.result().close()
        listening.close()

    def break_connections(self) -> None:
        """Break everything that is open."""
        server = self._runner.server
        if server is None:
            return
        for handler in list(server.connections):
            if handler.transport is not None:
                handler.transport.close()

    async def hang_up(self) -> None:
        """Stop listening and break what is open."""
        self.close()
        await asyncio.gather(*self._closing)
        self.break_connections()

    async def stop(self) -> None:
        """Wait for the requests that were broken."""
        await self._runner.cleanup()
