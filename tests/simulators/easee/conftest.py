"""Give each test a cloud and somebody who is logged in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
import json
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse
import pytest

from simulators.easee import PASSWORD, USERNAME, EaseeSimulator, furnish
from simulators.world import ManualClock

RECORD_END = "\x1e"


@dataclass(kw_only=True)
class Guest:
    """Talk to the cloud by hand."""

    cloud: EaseeSimulator
    session: ClientSession
    headers: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)

    async def login(self, password: str = PASSWORD) -> tuple[int, Any]:
        """Log in and keep the token."""
        body = {"userName": USERNAME, "password": password}
        status, answer = await self.post("/api/accounts/login", body)
        self._keep(status, answer)
        return status, answer

    async def refresh(self) -> tuple[int, Any]:
        """Renew the token."""
        status, answer = await self.post("/api/accounts/refresh_token", self.tokens)
        self._keep(status, answer)
        return status, answer

    def _keep(self, status: int, answer: Any) -> None:
        if status == 200:
            self.tokens = answer
            self.headers = {"Authorization": f"Bearer {answer['accessToken']}"}

    async def get(self, path: str) -> tuple[int, Any]:
        """Return status and JSON of a path."""
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Send JSON; return status and JSON."""
        return await self._ask("POST", path, body)

    async def delete(self, path: str) -> tuple[int, Any]:
        """Delete; return status and JSON."""
        return await self._ask("DELETE", path, None)

    async def _ask(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        url = f"{self.cloud.url}{path}"
        more: dict[str, Any] = {} if body is None else {"json": body}
        async with self.session.request(
            method, url, headers=self.headers, **more
        ) as response:
            text = await response.text()
            try:
                return response.status, json.loads(text)
            except ValueError:
                return response.status, text

    async def observe(self, product: str, *numbers: int) -> dict[int, Any]:
        """Return observations of a product by id."""
        ids = ",".join(str(number) for number in numbers)
        _, answer = await self.get(f"/state/{product}/observations?ids={ids}")
        return {row["id"]: row["value"] for row in answer["observations"]}

    async def negotiate(self) -> str:
        """Return a connection id."""
        status, answer = await self.post("/hubs/chargers/negotiate")
        assert status == 200
        return str(answer["connectionId"])

    async def stream(self, *products: str) -> ClientWebSocketResponse:
        """Open the stream and subscribe."""
        connection_id = await self.negotiate()
        socket = await self.session.ws_connect(
            f"{self.cloud.stream_url}?id={connection_id}", headers=self.headers
        )
        await socket.send_str('{"protocol": "json", "version": 1}' + RECORD_END)
        assert await socket.receive_str() == "{}" + RECORD_END
        for product in products:
            record = {
                "type": 1,
                "target": "SubscribeWithCurrentState",
                "arguments": [product, True],
            }
            await socket.send_str(json.dumps(record) + RECORD_END)
        return socket


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that needs sockets only; the test's timeout bounds it."""
    while not condition():
        await asyncio.sleep(0)


def record_of(text: str) -> Any:
    """Return the record of a frame that holds one."""
    return json.loads(text.removesuffix(RECORD_END))


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncIterator[EaseeSimulator]:
    """Return a running cloud with a home below it."""
    async with EaseeSimulator(clock=ManualClock(1000.0), epoch_s=1.79e9) as one:
        furnish(one)
        await one.advance(1)
        yield one


@pytest.fixture
async def guest(cloud: EaseeSimulator) -> AsyncIterator[Guest]:
    """Return somebody who is logged in."""
    async with ClientSession() as session:
        one = Guest(cloud=cloud, session=session)
        await one.login()
        yield one
