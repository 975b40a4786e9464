"""Give each test a WARP3 on a loopback port, and a client that speaks to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
import json
from typing import Any, NamedTuple

import aiohttp
import pytest

from simulators.warp import WarpSimulator
from simulators.world import ManualClock

type Topics = dict[str, Any]
type Build = Callable[..., Awaitable[WarpSimulator]]


class Answer(NamedTuple):
    """Be what came back."""

    status: int
    text: str


@dataclass(frozen=True)
class Wire:
    """Speak HTTP to one simulator."""

    session: aiohttp.ClientSession
    sim: WarpSimulator

    async def get(self, path: str) -> Any:
        """Return a state that must be there."""
        answer = await self.request("GET", path)
        assert answer.status == 200, answer
        return json.loads(answer.text)

    async def put(self, path: str, payload: Any) -> Answer:
        """Write JSON."""
        return await self.request("PUT", path, json.dumps(payload).encode())

    async def switch(self, path: str, *, on: bool) -> Answer:
        """Write a bare boolean."""
        return await self.put(path, on)

    async def request(
        self, method: str, path: str, body: bytes | None = None
    ) -> Answer:
        """Send anything."""
        url = f"{self.sim.url}/{path}"
        async with self.session.request(method, url, data=body) as response:
            return Answer(response.status, await response.text())

    async def websocket(self) -> aiohttp.ClientWebSocketResponse:
        """Open the push connection."""
        return await self.session.ws_connect(f"{self.sim.url}/ws")


async def read_dump(socket: aiohttp.ClientWebSocketResponse) -> list[str]:
    """Return the frames of a dump up to its end mark."""
    frames: list[str] = []
    while not (frames and frames[-1].endswith("\n\n")):
        frames.append(await socket.receive_str())
    return frames


def lines(frame: str) -> list[tuple[str, Any]]:
    """Return topics and payloads of one frame, in order."""
    parsed = [json.loads(text) for text in frame.split("\n") if text]
    return [(line["topic"], line["payload"]) for line in parsed]


async def read_until(
    socket: aiohttp.ClientWebSocketResponse, topic: str, value: Any
) -> Topics:
    """Read pushes until a topic has a value; return everything read."""
    seen: Topics = {}
    while seen.get(topic) != value:
        seen.update(lines(await socket.receive_str()))
    return seen


@pytest.fixture
async def build(
    session: aiohttp.ClientSession, clock: ManualClock
) -> AsyncIterator[Build]:
    """Return a way to start simulators that end with the test."""
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> WarpSimulator:
            sim = WarpSimulator(clock=clock, **changes)
            return await stack.enter_async_context(sim)

        yield start


@pytest.fixture
async def sim(build: Build) -> WarpSimulator:
    """Return a WARP3 without a car."""
    return await build()


@pytest.fixture
def wire(session: aiohttp.ClientSession, sim: WarpSimulator) -> Wire:
    """Return a client of the WARP3."""
    return Wire(session, sim)
