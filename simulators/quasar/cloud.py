"""Serve the part of the vendor's cloud that can restart a charger."""

import base64
from collections.abc import Awaitable, Callable
import itertools
import time

from aiohttp import web

from .faults import Fault
from .machine import QuasarMachine
from .registers import State
from .settings import QuasarSettings

HOST = "127.0.0.1"
_RESTART = 3
_STATUS = {
    State.NO_CAR: 161,
    State.CHARGING: 193,
    State.WAITING: 180,
    State.SCHEDULE: 177,
    State.PAUSED: 178,
    State.SCHEDULE_ENDED: 182,
    State.NO_CAR_LOCKED: 209,
    State.ERROR: 14,
    State.POWER_SHARING_QUEUE: 183,
    State.POWER_SHARING_UNCONFIGURED: 15,
    State.POWER_BOOST_QUEUE: 185,
    State.DISCHARGING: 196,
}
_UPDATING = 166
_DISCONNECTED = 163

type CatchUp = Callable[[], None]


class VendorCloud:
    """Sign in, list, tell the status, and restart; both base addresses are this server."""

    def __init__(
        self, settings: QuasarSettings, machine: QuasarMachine, catch_up: CatchUp
    ) -> None:
        """Know this one charger."""
        self._settings = settings
        self._machine = machine
        self._catch_up = catch_up
        self._numbers = itertools.count(1)
        self._tokens: dict[str, float] = {}
        self._refresh_tokens: set[str] = set()
        self._runner: web.AppRunner | None = None
        self.calls: list[str] = []
        self.restarts = 0
        self.retry_after_s: int | None = 30
        self.port = 0

    @property
    def url(self) -> str:
        """The base address, with the slash that the library expects."""
        return f"http://{HOST}:{self.port}/"

    async def start(self, port: int = 0) -> None:
        """Listen."""
        app = web.Application(middlewares=[self._disturb])
        app.router.add_get("/users/signin", self._sign_in)
        app.router.add_get("/users/refresh-token", self._refresh)
        app.router.add_get("/v3/chargers/groups", self._groups)
        app.router.add_get("/chargers/status/{id}", self._status)
        app.router.add_post("/v3/chargers/{id}/remote-action", self._act)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def expire_tokens(self) -> None:
        """Let every token end now; refresh tokens stay."""
        self._tokens.clear()

    @property
    def charger_id(self) -> int:
        """Which charger the account has."""
        other = Fault.CLOUD_OTHER_ACCOUNT in self._machine.faults
        return self._settings.serial + (1 if other else 0)

    @web.middleware
    async def _disturb(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        self.calls.append(f"{request.method} {request.path}")
        self._catch_up()
        faults = self._machine.faults
        if Fault.CLOUD_BUSY in faults:
            after = self.retry_after_s
            headers = {} if after is None else {"Retry-After": str(after)}
            return web.Response(status=429, headers=headers)
        if Fault.CLOUD_BROKEN in faults:
            return web.Response(status=500)
        if Fault.CLOUD_NONSENSE in faults:
            return web.Response(text="<html>maintenance</html>")
        return await handler(request)

    async def _sign_in(self, request: web.Request) -> web.Response:
        pair = f"{self._settings.username}:{self._settings.password}"
        expected = "Basic " + base64.b64encode(pair.encode()).decode()
        forbidden = Fault.CLOUD_FORBIDDEN in self._machine.faults
        if forbidden or request.headers.get("Authorization") != expected:
            return web.Response(status=403)
        if request.headers.get("Partner") != "wallbox":
            return web.Response(status=400)
        return self._granted()

    async def _refresh(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        refused = Fault.CLOUD_NO_REFRESH in self._machine.faults
        if refused or token not in self._refresh_tokens:
            return web.Response(status=401)
        self._refresh_tokens.discard(token)
        return self._granted()

    def _granted(self) -> web.Response:
        number = next(self._numbers)
        lifetime_s = self._settings.token_lifetime_s
        # The library compares with the wall clock, so this one place does too.
        ends_s = time.time() + lifetime_s
        self._tokens[f"token-{number}"] = ends_s
        self._refresh_tokens.add(f"refresh-{number}")
        attributes = {
            "token": f"token-{number}",
            "ttl": round(1000 * ends_s),
            "refresh_token": f"refresh-{number}",
            "refresh_token_ttl": round(1000 * (time.time() + 30 * 86400)),
        }
        return web.json_response({"data": {"attributes": attributes}})

    def _is_signed_in(self, request: web.Request) -> bool:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self._tokens.get(token, 0.0) > time.time()

    async def _groups(self, request: web.Request) -> web.Response:
        if not self._is_signed_in(request):
            return web.Response(status=401)
        group = {"chargers": [{"id": self.charger_id}]}
        return web.json_response({"result": {"groups": [group]}})

    async def _status(self, request: web.Request) -> web.Response:
        if not self._is_signed_in(request):
            return web.Response(status=401)
        machine = self._machine
        if machine.updating:
            status = _UPDATING
        elif not machine.is_up:
            status = _DISCONNECTED
        else:
            status = _STATUS.get(State(machine.state), _DISCONNECTED)
        return web.json_response({"status_id": status})

    async def _act(self, request: web.Request) -> web.Response:
        if not self._is_signed_in(request):
            return web.Response(status=401)
        if Fault.CLOUD_NO_RIGHT in self._machine.faults:
            return web.Response(status=403)
        if request.match_info["id"] != str(self._settings.serial):
            return web.Response(status=404)
        body = await request.json()
        if body.get("action") == _RESTART:
            self.restarts += 1
            self._machine.reboot()
            if Fault.CLOUD_LATE_FAILURE in self._machine.faults:
                return web.Response(status=502)
        return web.json_response({})
