"""Talk to Home Assistant the way its frontend does: over HTTP and its WebSocket."""

from collections.abc import Mapping
from itertools import count
import time
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

USER: Final = "demo"
PASSWORD: Final = "demo"


# Home Assistant asks each minute whether somebody is there, and nobody answers between two commands.
_IDLE_S: Final = 40.0


class ApiError(Exception):
    """Home Assistant refused something; the message is what it says."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        """Keep what it said, with the translation key for checks."""
        super().__init__(str(error.get("message", error)))
        self.key = error.get("translation_key")


class HomeAssistantApi:
    """A logged-in administrator."""

    def __init__(self, url: str) -> None:
        """Prepare; nothing is sent yet."""
        self.url = url
        self.tokens: Mapping[str, Any] = {}
        self._session = aiohttp.ClientSession()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._ids = count(1)
        self._used_at = 0.0

    @property
    def client_id(self) -> str:
        """Return what Home Assistant knows this client by."""
        return f"{self.url}/"

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self.disconnect()
        await self._session.close()

    async def create_user(self) -> None:
        """Create the first user and log in as it."""
        code = await self._post(
            "/api/onboarding/users",
            json={
                "name": "Demo",
                "username": USER,
                "password": PASSWORD,
                "client_id": self.client_id,
                "language": "en",
            },
        )
        self.tokens = await self._post(
            "/auth/token",
            data={
                "grant_type": "authorization_code",
                "code": code["auth_code"],
                "client_id": self.client_id,
            },
        )

    async def connect(self) -> None:
        """Open the WebSocket."""
        self._ids = count(1)
        socket = await self._session.ws_connect(
            f"{self.url}/api/websocket", max_msg_size=0
        )
        await socket.receive_json()
        await socket.send_json(
            {"type": "auth", "access_token": self.tokens["access_token"]}
        )
        answer = await socket.receive_json()
        if answer["type"] != "auth_ok":
            raise ApiError(answer)
        self._socket = socket

    async def disconnect(self) -> None:
        """Close the WebSocket."""
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def command(self, kind: str, **fields: Any) -> Any:
        """Send a WebSocket command and return its result. Raises `ApiError`."""
        if time.monotonic() - self._used_at > _IDLE_S:
            await self.disconnect()
        if self._socket is None:
            await self.connect()
        assert self._socket is not None
        number = next(self._ids)
        await self._socket.send_json({"id": number, "type": kind, **fields})
        while True:
            answer = await self._socket.receive_json()
            self._used_at = time.monotonic()
            if answer.get("id") == number and answer["type"] == "result":
                if not answer["success"]:
                    raise ApiError(answer["error"])
                return answer["result"]

    async def action(self, action: str, **data: Any) -> Any:
        """Call an action that answers, and return the answer. Raises `ApiError`."""
        domain, _, name = action.partition(".")
        result = await self.command(
            "call_service",
            domain=domain,
            service=name,
            service_data=data,
            return_response=True,
        )
        return result["response"]

    async def perform(self, action: str, **data: Any) -> None:
        """Call an action that does not answer. Raises `ApiError`."""
        domain, _, name = action.partition(".")
        await self.command(
            "call_service", domain=domain, service=name, service_data=data
        )

    async def states(self) -> Mapping[str, Mapping[str, Any]]:
        """Return all states by entity id."""
        return {state["entity_id"]: state for state in await self.command("get_states")}

    async def flow(
        self,
        kind: str,
        handler: object,
        *steps: Mapping[str, Any],
        **begin: str,
    ) -> Mapping[str, Any]:
        """Go through a flow: begin it, then answer each form with one of `steps`; return how it ended."""
        base = f"/api/config/config_entries/{kind}"
        result = await self._post(base, json={"handler": handler, **begin})
        for step in steps:
            if result["type"] == "abort":
                raise ApiError({"message": f"the flow was aborted: {result['reason']}"})
            result = await self._post(f"{base}/{result['flow_id']}", json=step)
            if result.get("errors"):
                raise ApiError({"message": f"{result['step_id']}: {result['errors']}"})
        is_changed = result.get("reason") == "reconfigure_successful"
        if result["type"] != "create_entry" and not is_changed:
            raise ApiError({"message": f"the flow ended with {result}"})
        return result

    async def _post(self, path: str, **content: Any) -> Mapping[str, Any]:
        headers = {}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        async with self._session.post(
            f"{self.url}{path}", headers=headers, **content
        ) as response:
            if response.status >= 400:
                text = await response.text()
                raise ApiError({"message": f"{path}: {response.status} {text}"})
            answer: Mapping[str, Any] = await response.json()
            return answer
