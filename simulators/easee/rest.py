"""Answer the REST interface: tokens, faults and limits first, then the routes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .faults import HttpFault
from .rest_commands import CommandRoutes
from .rest_plans import PlanRoutes
from .rest_sites import SiteRoutes

if TYPE_CHECKING:
    from .cloud import EaseeSimulator

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOGIN_PATHS = ("/api/accounts/login", "/api/accounts/refresh_token")
BAD_CREDENTIALS = {
    "errorCode": 100,
    "errorCodeName": "InvalidUserPassword",
    "title": "Username or password is invalid",
    "status": 400,
}


class Rest:
    """Bind the routes to a cloud."""

    def __init__(self, cloud: EaseeSimulator) -> None:
        """Keep the cloud that answers."""
        self._cloud = cloud

    def install(self, app: web.Application) -> None:
        """Add middleware and routes."""
        app.middlewares.append(self._guard)
        app.on_response_prepare.append(self._date)
        app.router.add_post(LOGIN_PATHS[0], self._login)
        app.router.add_post(LOGIN_PATHS[1], self._refresh)
        SiteRoutes(self._cloud).install(app.router)
        CommandRoutes(self._cloud).install(app.router)
        PlanRoutes(self._cloud).install(app.router)

    async def _date(self, _: web.Request, response: web.StreamResponse) -> None:
        """Tell the time of the simulated world."""
        now = datetime.fromtimestamp(self._cloud.epoch_s, UTC)
        response.headers["Date"] = format_datetime(now, usegmt=True)

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Let a request through only if nothing stands against it."""
        cloud, path = self._cloud, request.path
        cloud.requests.append(f"{request.method} {request.path_qs}")
        for fault in list(cloud.faults.http):
            if fault.takes(request.method, request.path_qs):
                if fault.hangs:
                    await cloud.hang()
                return faulty(fault)
        if cloud.faults.ip_blocked:
            return web.Response(status=403, text="Too many requests, IP blocked")
        if path in LOGIN_PATHS or path.startswith("/hubs/"):
            return await handler(request)
        if cloud.tokens.username(request.headers.get("Authorization")) is None:
            return problem(401, title="Unauthorized")
        retry_after_s = cloud.rate_limits.exceeded(request.method, path)
        if retry_after_s is not None and not cloud.faults.unlimited:
            answer = problem(429, title="Too many requests")
            answer.headers["Retry-After"] = str(int(retry_after_s) + 1)
            return answer
        return await handler(request)

    async def _login(self, request: web.Request) -> web.Response:
        body = await request.json()
        tokens = self._cloud.tokens.login(body.get("userName"), body.get("password"))
        if tokens is None:
            return json_problem(400, BAD_CREDENTIALS)
        return web.json_response(tokens)

    async def _refresh(self, request: web.Request) -> web.Response:
        body = await request.json()
        tokens = self._cloud.tokens.refresh(body.get("refreshToken"))
        if tokens is None:
            return problem(401, title="Unauthorized")
        return web.json_response(tokens)


def problem(status: int, *, title: str, **more: Any) -> web.Response:
    """Return a problem as the vendor words it."""
    return json_problem(status, {"title": title, "status": status, **more})


def json_problem(status: int, body: dict[str, Any]) -> web.Response:
    """Return any JSON with the problem content type."""
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/problem+json"
    )


def faulty(fault: HttpFault) -> web.Response:
    """Return what a fault answers."""
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    if fault.text is not None:
        return web.Response(
            status=fault.status,
            text=fault.text,
            headers=headers,
            content_type=fault.content_type,
        )
    body = (
        {"title": HTTPStatus(fault.status).phrase} if fault.body is None else fault.body
    )
    answer = json_problem(fault.status, body)
    answer.headers.update(headers)
    return answer
