"""Answer what is asked about sites, chargers and meters."""

from aiohttp import web

from .rest_base import Routes, refused
from .shapes import (
    GHOST,
    charger_shape,
    circuit_settings_shape,
    config_shape,
    product_shape,
    site_shape,
)

LIFETIME_BEFORE_KWH = 1234.5


class SiteRoutes(Routes):
    """Serve everything that only reads, and the settings of meters."""

    def install(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        surplus = "/cloud-loadbalancing/equalizer/{equalizer}/config/surplus-energy"
        circuit = "/api/sites/{site}/circuits/{circuit}"
        for path, handler in (
            ("/api/accounts/products", self._products),
            ("/api/sites", self._sites),
            ("/api/sites/{site}", self._site),
            ("/api/chargers", self._chargers),
            ("/api/chargers/{charger}/config", self._config),
            ("/api/chargers/{charger}/site", self._charger_site),
            ("/state/{product}/observations", self._observations),
            (f"{circuit}/settings", self._circuit_settings),
            (f"{circuit}/dynamicCurrent", self._dynamic),
            ("/firmware/{product}/latest", self._firmware),
            ("/api/sites/{site}/breakdown/{start}/{end}", self._breakdown),
            (surplus, self._surplus),
        ):
            router.add_get(path, handler)
        for when in ("ongoing", "latest"):
            router.add_get(f"/api/chargers/{{charger}}/sessions/{when}", self._session)
        router.add_get("/api/chargers/{charger}/partners", self._partner)
        router.add_put("/api/chargers/{charger}/access", self._set_access)
        router.add_post(surplus, self._set_surplus)
        router.add_post(
            "/api/equalizers/{equalizer}/commands/configure_max_allocated_current",
            self._set_allocated,
        )

    async def _products(self, _: web.Request) -> web.Response:
        faults = self.cloud.faults
        if faults.products_empty or faults.chargers_only:
            return web.json_response([])
        return web.json_response(
            [
                product_shape(
                    site, ghost=faults.ghost_charger, null_circuits=faults.null_circuits
                )
                for site in self.cloud.sites
            ]
        )

    async def _sites(self, _: web.Request) -> web.Response:
        if self.cloud.faults.chargers_only:
            return web.json_response([])
        return web.json_response(
            [
                {"id": site.id, "siteKey": site.key, "name": site.name}
                for site in self.cloud.sites
            ]
        )

    async def _site(self, request: web.Request) -> web.Response:
        faults = self.cloud.faults
        return web.json_response(
            site_shape(
                self.site(request),
                ghost=faults.ghost_charger,
                null_circuits=faults.null_circuits,
            )
        )

    async def _chargers(self, _: web.Request) -> web.Response:
        chargers = [charger_shape(one, None) for one in self.cloud.chargers.values()]
        ghosts = [GHOST] if self.cloud.faults.ghost_charger else []
        return web.json_response(ghosts + chargers)

    async def _config(self, request: web.Request) -> web.Response:
        charger = self.charger(request)
        return web.json_response(config_shape(charger, self.circuit_of(charger)))

    async def _charger_site(self, request: web.Request) -> web.Response:
        charger = self.charger(request)
        for site in self.cloud.sites:
            if charger in site.chargers:
                return web.json_response(site_shape(site))
        raise web.HTTPNotFound

    async def _observations(self, request: web.Request) -> web.Response:
        observed = self.cloud.observed(request.match_info["product"])
        if observed is None:
            return refused(404, "Not found")
        numbers = [int(text) for text in request.query["ids"].split(",")]
        rows = [row.fetched() for row in observed.rows(numbers)]
        return web.json_response({"observations": rows})

    async def _circuit_settings(self, request: web.Request) -> web.Response:
        return web.json_response(circuit_settings_shape(self.circuit(request)))

    async def _dynamic(self, request: web.Request) -> web.Response:
        first, second, third = self.circuit(request).dynamic_a
        return web.json_response({"phase1": first, "phase2": second, "phase3": third})

    async def _firmware(self, request: web.Request) -> web.Response:
        charger = self.cloud.chargers.get(request.match_info["product"])
        latest = 401 if charger is None else charger.latest_firmware
        return web.json_response({"latestFirmware": latest})

    async def _breakdown(self, request: web.Request) -> web.Response:
        site, rows = self.site(request), []
        for charger in site.chargers:
            energy_kwh = charger.lifetime_kwh - LIFETIME_BEFORE_KWH
            rows.append(
                {
                    "chargerId": charger.id,
                    "chargerName": charger.name,
                    "totalEnergyUsage": round(energy_kwh, 3),
                    "totalCost": round(energy_kwh * site.price_per_kwh, 3),
                    "currencyId": "EUR",
                }
            )
        return web.json_response(rows)

    async def _session(self, request: web.Request) -> web.Response:
        charger = self.charger(request)
        if charger.car is None:
            return refused(404, "No session")
        energy_kwh = round(charger.session_kwh, 3)
        return web.json_response({"chargerId": charger.id, "sessionEnergy": energy_kwh})

    async def _partner(self, request: web.Request) -> web.Response:
        self.charger(request)
        return web.json_response({"id": 1, "name": "Easee"})

    async def _set_access(self, request: web.Request) -> web.Response:
        self.charger(request)
        level = await request.json()
        if level not in {1, 2, 3}:
            return refused(400, "Invalid request")
        self.remember(request, level, persistent=True)
        return web.json_response(None)

    async def _surplus(self, request: web.Request) -> web.Response:
        return web.json_response(self.equalizer(request).surplus)

    async def _set_surplus(self, request: web.Request) -> web.Response:
        equalizer, body = self.equalizer(request), await request.json()
        if body.get("mode") not in {"none", "chargingWithImport"}:
            return refused(400, "Invalid request")
        equalizer.surplus = body
        self.remember(request, body, persistent=True)
        return web.json_response(body)

    async def _set_allocated(self, request: web.Request) -> web.Response:
        equalizer, body = self.equalizer(request), await request.json()
        equalizer.allowed_a = float(body["maxCurrent"])
        self.remember(request, body, persistent=True)
        return web.json_response({}, status=202)
