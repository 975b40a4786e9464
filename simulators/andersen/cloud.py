"""Be the whole cloud on one loopback port: login, look-up, GraphQL and WebSocket."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from typing import Any, Self

from aiohttp import web

from simulators.world import Clock, ManualClock

from .accounts import Account, CognitoError, Login
from .api import Api, Command
from .charger import SimulatedCharger
from .cognito import Cognito
from .faults import HAPPENINGS, Fault
from .tokens import TokenRefused, key_set
from .websocket import LEGACY, MODERN, WebSocketSession

EPOCH = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""Wall time of the simulated second 0: a Friday at noon."""

UNAUTHENTICATED = {
    "errors": [
        {
            "message": "Context creation failed: Invalid/expired login token",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ]
}
HTML = "<html><body>Service unavailable</body></html>"
AMAZON_JSON = "application/x-amz-json-1.1"
COGNITO_TARGET = "AWSCognitoIdentityProviderService."


@dataclass(frozen=True, kw_only=True, slots=True)
class Urls:
    """Say where the parts of the cloud are."""

    graphql: str
    websocket: str
    lookup: str
    cognito: str
    devices: str


@dataclass(kw_only=True, slots=True)
class Member:
    """Be an account with its chargers."""

    account: Account
    chargers: dict[str, SimulatedCharger]


class AndersenSimulator:
    """Run the cloud; use it as an asynchronous context manager."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        port: int = 0,
        epoch: datetime = EPOCH,
        subprotocols: Iterable[str] | None = (LEGACY, MODERN),
        real_pace_s: float | None = None,
    ) -> None:
        """Prepare a cloud without users.

        `subprotocols` are those it agrees to; without any the handshake names none. With
        `real_pace_s` it follows its clock by itself, every so many seconds of the wall.
        """
        self.clock = clock or ManualClock()
        self.epoch = epoch
        self.faults: set[str] = set()
        self.commands: list[Command] = []
        self.requests: list[str] = []
        self.tokens_seen: list[str] = []
        self.members: list[Member] = []
        self.subprotocols = tuple(subprotocols or ())
        self.retry_after: str | None = "30"
        self.cognito = Cognito(now_s=self.clock.now, wall=self.wall, faults=self.faults)
        self._port = port
        self._real_pace_s = real_pace_s
        self._runner: web.AppRunner | None = None
        self._pace: asyncio.Task[None] | None = None
        self._sockets: set[WebSocketSession] = set()
        self._hanging = asyncio.Event()
        self._due: list[Fault] = []

    @property
    def logins(self) -> list[Login]:
        """Every attempt to get tokens."""
        return self.cognito.logins

    @property
    def chargers(self) -> list[SimulatedCharger]:
        """All chargers of all accounts."""
        return [c for member in self.members for c in member.chargers.values()]

    @property
    def open_sockets(self) -> int:
        """How many WebSockets are open."""
        return len(self._sockets)

    @property
    def urls(self) -> Urls:
        """Where it is, once it runs."""
        host = f"127.0.0.1:{self._port}"
        return Urls(
            graphql=f"http://{host}/",
            websocket=f"ws://{host}/graphql",
            lookup=f"http://{host}/get-pending-user",
            cognito=f"http://{host}/cognito/",
            devices=f"http://{host}/api/getDevices",
        )

    def wall(self, now_s: float | None = None) -> datetime:
        """Return the wall time of a simulated second."""
        return self.epoch + timedelta(
            seconds=self.clock.now() if now_s is None else now_s
        )

    def add_account(self, email: str, password: str) -> Member:
        """Register a user without chargers."""
        account = self.cognito.add_account(email, password)
        member = Member(account=account, chargers={})
        self.members.append(member)
        return member

    def add_charger(
        self, member: Member, name: str = "2300001234", **settings: Any
    ) -> SimulatedCharger:
        """Hang a charger on the wall of a user; settings as of SimulatedCharger."""
        charger = SimulatedCharger(
            name=name,
            now_s=self.clock.now(),
            wall=self.wall,
            faults=set(),
            **settings,
        )
        member.chargers[charger.device_id] = charger
        return charger

    async def advance(self, seconds: float) -> None:
        """Move the time forward and let everything live through it."""
        self.clock.advance(seconds)
        await self.catch_up()

    async def catch_up(self) -> None:
        """Live through everything between the last call and now."""
        for charger in self.chargers:
            charger.catch_up(self.clock.now())

    async def fault(
        self,
        fault: Fault | str,
        *,
        on: bool = True,
        charger: SimulatedCharger | None = None,
    ) -> None:
        """Switch a fault, for the whole cloud and all its chargers, or for one charger."""
        self.switch(fault, on=on, charger=charger)
        await self.flush()

    def switch(
        self,
        fault: Fault | str,
        *,
        on: bool = True,
        charger: SimulatedCharger | None = None,
    ) -> None:
        """Switch a fault; what happens once to sockets follows with `flush`."""
        fault = Fault(fault)
        if fault in HAPPENINGS:
            self.cognito.happen(fault)
            self._due.append(fault)
            return
        everybody = [self.faults, *(c.faults for c in self.chargers)]
        for faults in [charger.faults] if charger is not None else everybody:
            if on:
                faults.add(fault)
            else:
                faults.discard(fault)
        if not on:
            self._hanging.set()
            self._hanging = asyncio.Event()

    async def flush(self) -> None:
        """Let what is due happen to the sockets."""
        due, self._due = self._due, []
        for fault in due:
            for session in tuple(self._sockets):
                if fault is Fault.DROP_WEBSOCKETS:
                    await session.end()
                elif fault is Fault.COMPLETE:
                    await session.complete()

    async def __aenter__(self) -> Self:
        """Listen on loopback."""
        app = web.Application(middlewares=[self._disturb])
        app.router.add_post("/", self._graphql)
        app.router.add_get("/graphql", self._websocket)
        app.router.add_post("/get-pending-user", self._lookup)
        app.router.add_post("/cognito/", self._cognito)
        app.router.add_get("/api/getDevices", self._get_devices)
        app.router.add_get("/cognito/.well-known/jwks.json", self._key_set)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        if self._real_pace_s is not None:
            self._pace = asyncio.create_task(self._follow(self._real_pace_s))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening; whoever hangs is let go."""
        self._hanging.set()
        if self._pace is not None:
            self._pace.cancel()
            with suppress(asyncio.CancelledError):
                await self._pace
        for session in tuple(self._sockets):
            await session.end()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _follow(self, pace_s: float) -> None:
        while True:
            await asyncio.sleep(pace_s)
            await self.catch_up()

    @web.middleware
    async def _disturb(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Break, delay or replace answers as the faults say."""
        await self.catch_up()
        part = {"/cognito/": "COGNITO_", "/get-pending-user": "LOOKUP_"}
        prefix = part.get(request.path, "")
        if self._has(f"{prefix}HANG"):
            await self._hanging.wait()
        if self._has(f"{prefix}REFUSE"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        return await handler(request)

    def _has(self, name: str) -> bool:
        return name in Fault.__members__ and Fault[name] in self.faults

    async def _cognito(self, request: web.Request) -> web.StreamResponse:
        if Fault.COGNITO_HTML in self.faults:
            return web.Response(status=502, text=HTML, content_type="text/html")
        operation = request.headers["X-Amz-Target"].removeprefix(COGNITO_TARGET)
        body = json.loads(await request.read())
        try:
            answer = self.cognito.answer(operation, body)
        except CognitoError as err:
            problem = {"__type": err.code, "message": err.message}
            return web.json_response(
                problem, status=err.status, content_type=AMAZON_JSON
            )
        return web.json_response(answer, content_type=AMAZON_JSON)

    async def _lookup(self, request: web.Request) -> web.StreamResponse:
        self.requests.append("get-pending-user")
        if Fault.LOOKUP_DOWN in self.faults:
            return web.Response(status=503, text=HTML, content_type="text/html")
        if Fault.LOOKUP_LIMITED in self.faults:
            return web.Response(status=429)
        if Fault.LOOKUP_HTML in self.faults:
            return web.Response(text=HTML, content_type="text/html")
        if Fault.LOOKUP_EMPTY in self.faults:
            return web.json_response({})
        email = str((await request.json())["email"])
        account = self.cognito.by_email(email)
        if account is not None:
            return web.json_response({"username": account.username})
        problem = {"error": f'Pending user with email "{email}" not found'}
        status = 200 if Fault.LOOKUP_UNKNOWN_IS_200 in self.faults else 404
        return web.json_response(problem, status=status)

    def _member(self, authorization: str) -> Member | None:
        """Return whose token it is; None for one that is not valid."""
        kind, _, token = authorization.partition(" ")
        self.tokens_seen.append(token)
        refused = {Fault.TOKEN_REFUSED, Fault.TOKEN_REFUSED_401} & self.faults
        if kind != "Bearer" or refused:
            return None
        try:
            username = self.cognito.office.check(token, "id", self.wall())
        except TokenRefused:
            return None
        found = (m for m in self.members if m.account.username == username)
        return next(found, None)

    def _api(self, member: Member) -> Api:
        return Api(member.chargers, self.commands, self.faults, self.clock.now)

    async def _graphql(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        self.requests.append(body.get("operationName") or "")
        if (disturbed := self._disturbed_answer()) is not None:
            return disturbed
        member = self._member(request.headers.get("Authorization", ""))
        if member is None:
            if {Fault.TOKEN_REFUSED_401, Fault.EXPIRY_IS_401} & self.faults:
                return web.Response(status=401, text="Unauthorized")
            return web.json_response(UNAUTHENTICATED)
        answer = await self._api(member).run(body)
        if Fault.COMMANDS_LOST in self.faults and "mutation" in body["query"]:
            if request.transport is not None:
                request.transport.abort()
        if Fault.PARTIAL_DATA in self.faults and "data" in answer:
            answer["errors"] = [{"message": "one field failed"}]
        return web.json_response(answer)

    def _disturbed_answer(self) -> web.Response | None:
        """Return what some machine in between answers in place of the API."""
        if Fault.RATE_LIMITED in self.faults:
            waiting = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.Response(status=429, text="slow down", headers=waiting)
        if Fault.SERVER_ERROR in self.faults:
            return web.Response(status=503, text=HTML, content_type="text/html")
        if Fault.HTML in self.faults:
            return web.Response(text=HTML, content_type="text/html")
        if Fault.EMPTY in self.faults:
            return web.Response()
        if Fault.NO_DATA in self.faults:
            return web.json_response({"message": "hello"})
        if Fault.NULL_DATA in self.faults:
            return web.json_response({"data": None})
        return None

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        if Fault.NO_WEBSOCKET in self.faults:
            return web.Response(status=503)
        socket = web.WebSocketResponse(protocols=self.subprotocols)
        await socket.prepare(request)

        def sign_in(token: str) -> tuple[Api, dict[str, SimulatedCharger]] | None:
            member = self._member(token)
            return None if member is None else (self._api(member), member.chargers)

        session = WebSocketSession(socket, sign_in=sign_in, faults=self.faults)
        self._sockets.add(session)
        try:
            await session.serve()
        finally:
            self._sockets.discard(session)
        return socket

    async def _get_devices(self, request: web.Request) -> web.StreamResponse:
        member = self._member(request.headers.get("Authorization", ""))
        if member is None:
            return web.Response(status=401)
        devices = [
            {
                "id": charger.device_id,
                "name": charger.serial,
                "friendlyName": charger.friendly_name,
                "addressCountry": "GB",
                "currency": charger.currency,
                "cfgCTConfig": 1,
                "evseFwVersion": "5.8",
                "sysFwVersion": 287,
            }
            for charger in member.chargers.values()
        ]
        return web.json_response({"devices": devices})

    async def _key_set(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(key_set())
