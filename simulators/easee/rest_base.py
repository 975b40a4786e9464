"""Share what all groups of routes need."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from .charger import SimCharger
from .plant import SimCircuit, SimEqualizer, SimSite

if TYPE_CHECKING:
    from .cloud import EaseeSimulator


class Routes:
    """Look things up by the parts of an address, and keep the record of writes."""

    def __init__(self, cloud: EaseeSimulator) -> None:
        """Keep the cloud that answers."""
        self.cloud = cloud

    def charger(self, request: web.Request) -> SimCharger:
        """Return the charger of the address; 404 without, 403 if it is not ours."""
        charger = self.cloud.chargers.get(request.match_info["charger"])
        if charger is None:
            raise web.HTTPNotFound
        if any(
            site.is_forbidden and charger in site.chargers for site in self.cloud.sites
        ):
            raise forbidden()
        return charger

    def circuit_of(self, charger: SimCharger) -> SimCircuit:
        """Return the circuit that feeds a charger."""
        for circuit in self.cloud.circuits.values():
            if charger in circuit.chargers:
                return circuit
        raise web.HTTPNotFound

    def site(self, request: web.Request) -> SimSite:
        """Return the site of the address."""
        for site in self.cloud.sites:
            if str(site.id) == request.match_info["site"]:
                if site.is_forbidden:
                    raise forbidden()
                return site
        raise web.HTTPNotFound

    def circuit(self, request: web.Request) -> SimCircuit:
        """Return the circuit of the address."""
        for circuit in self.site(request).circuits:
            if str(circuit.id) == request.match_info["circuit"]:
                return circuit
        raise web.HTTPNotFound

    def equalizer(self, request: web.Request) -> SimEqualizer:
        """Return the meter of the address."""
        equalizer = self.cloud.equalizers.get(request.match_info["equalizer"])
        if equalizer is None:
            raise web.HTTPNotFound
        return equalizer

    def remember(self, request: web.Request, body: Any, *, persistent: bool) -> None:
        """Keep a write for whoever asks later."""
        from .cloud import Write  # the two know each other

        self.cloud.writes.append(
            Write(
                at_s=self.cloud.clock.now(),
                method=request.method,
                path=request.path,
                body=body,
                is_persistent=persistent,
            )
        )


def forbidden() -> web.HTTPForbidden:
    """Return the refusal that has no title."""
    return web.HTTPForbidden(
        text='{"message":"Forbidden"}', content_type="application/json"
    )


def refused(status: int, title: str, **more: Any) -> web.Response:
    """Return a refusal in the vendor's words."""
    return web.json_response({"title": title, "status": status, **more}, status=status)


def unreachable() -> web.Response:
    """Return what a command to an offline charger gets."""
    return refused(504, "The charger could not be reached")
