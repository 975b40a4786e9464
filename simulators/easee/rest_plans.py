"""Serve the charge plans of chargers."""

from aiohttp import web

from .plans import KINDS, PlanError
from .rest_base import Routes, refused


class PlanRoutes(Routes):
    """Read, write, switch and delete plans."""

    def install(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        base = "/api/chargers/{charger}/schedules"
        router.add_get(base, self._all)
        router.add_get(f"{base}/{{kind}}", self._one)
        router.add_post(f"{base}/{{kind}}", self._store)
        router.add_delete(f"{base}/{{kind}}", self._delete)
        router.add_post(f"{base}/{{kind}}/enable", self._enable)
        router.add_post(f"{base}/{{kind}}/disable", self._disable)

    def _kind(self, request: web.Request) -> str:
        kind = request.match_info["kind"]
        if kind not in KINDS:
            raise web.HTTPNotFound
        return kind

    async def _all(self, request: web.Request) -> web.Response:
        return web.json_response(self.charger(request).plans.answer())

    async def _one(self, request: web.Request) -> web.Response:
        plan = self.charger(request).plans.definition(self._kind(request))
        if plan is None:
            return refused(404, "No schedule")
        return web.json_response(plan)

    async def _store(self, request: web.Request) -> web.Response:
        charger, body = self.charger(request), await request.json()
        try:
            charger.plans.store(self._kind(request), body)
        except PlanError as error:
            return refused(400, f"Invalid schedule: {error}")
        self.remember(request, body, persistent=True)
        return self._changed(request)

    async def _delete(self, request: web.Request) -> web.Response:
        charger, kind = self.charger(request), self._kind(request)
        if charger.plans.definition(kind) is None:
            return refused(404, "No schedule")
        charger.plans.delete(kind)
        self.remember(request, None, persistent=True)
        return self._changed(request)

    async def _enable(self, request: web.Request) -> web.Response:
        return self._switch(request, on=True)

    async def _disable(self, request: web.Request) -> web.Response:
        return self._switch(request, on=False)

    def _switch(self, request: web.Request, *, on: bool) -> web.Response:
        charger, kind = self.charger(request), self._kind(request)
        if charger.plans.definition(kind) is None:
            return refused(404, "No schedule")
        charger.plans.switch(kind, on=on)
        self.remember(request, None, persistent=True)
        return self._changed(request)

    def _changed(self, request: web.Request) -> web.Response:
        """Let the charger report that its plan is another one."""
        charger = self.charger(request)
        active = charger.plans.enabled
        text = (
            "" if active == "none" else f'{{"ProfileKind":"Recurring","of":"{active}"}}'
        )
        charger.observed.send(62, text)
        return web.json_response(None)
