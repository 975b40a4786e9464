"""The scene of the annexe."""

from typing import Any, override

from demo.api import HomeAssistantApi
from demo.bench import TOLERANCE_A, Bench
from demo.dashboard import Entities, site_view
from demo.scene import Scene, Tell, VendorAddresses
from demo.set_up import add_device, add_site

from .steps import STEPS
from .world import COACH_HOUSE, EMAIL, LODGE, PASSWORD, RATING_A, AnnexeWorld


class Annexe(AnnexeWorld, Scene):
    """Chargers that know all or nothing, behind a cloud that proves nothing by its answers."""

    key = "annexe"
    title = "Annexe"
    rating_a = RATING_A
    chargers = (COACH_HOUSE, LODGE)

    @property
    @override
    def control_url(self) -> str:
        """Where its cars and faults are steered from outside."""
        return self.control.url

    @property
    @override
    def vendors(self) -> VendorAddresses:
        """Lead the account to the simulated cloud."""
        urls = self.cloud.urls
        endpoints = {
            "graphql_url": urls.graphql,
            "websocket_url": urls.websocket,
            "lookup_url": urls.lookup,
            "cognito_url": urls.cognito,
        }
        return {"andersen": {"endpoints": endpoints}}

    @override
    async def set_up(self, api: HomeAssistantApi, tell: Tell) -> None:
        """Add the WARP, the account and the site that mixes them."""
        tell(f"adding {LODGE}, a charger at {self.warp.url}")
        await add_device(api, "warp", {"host": self.warp.host, "port": self.warp.port})
        tell(f"adding an Andersen account with {', '.join(self.posts)}")
        await add_device(
            api,
            "andersen",
            {"email": EMAIL, "password": PASSWORD, "keep_password": True},
        )
        tell(f"adding the site {self.title} with a supply of 3 x {RATING_A:.0f} A")
        keys = [self.identity_key(name) for name in self.chargers]
        await add_site(api, self.title, RATING_A, keys)

    @override
    def view(self, entities: Entities) -> dict[str, Any]:
        """Return its view of the dashboard."""
        return site_view(entities, self.title, self.rating_a, self.chargers)

    @override
    async def check(self, bench: Bench) -> None:
        """Go through its steps."""
        for step in STEPS:
            await step(bench, self)

    @override
    def broken_limits(self) -> list[str]:
        """Return what the simulated fuse saw and never should have."""
        worst_a = max(self.supply.chargers_maximum_a)
        if worst_a > RATING_A + TOLERANCE_A:
            return [f"the chargers drew {worst_a:.1f} A together at {self.title}"]
        return []
