"""The scene of the yard."""

from typing import Any, override

from demo.api import HomeAssistantApi
from demo.bench import TOLERANCE_A, Bench
from demo.dashboard import Entities, site_view
from demo.scene import Scene, Tell, VendorAddresses
from demo.set_up import Wiring, add_device, add_site, tell_the_wiring
from simulators.easee import PASSWORD, USERNAME

from .steps import STEPS
from .world import BARN, BARN_CIRCUIT_A, EASEES, RATING_A, WARPS, YardWorld


class Yard(YardWorld, Scene):
    """Local chargers and chargers behind a cloud in one site; here the cloud fails."""

    key = "yard"
    title = "Yard"
    rating_a = RATING_A
    chargers = (*WARPS, *EASEES)
    expected_log = (
        # Home Assistant's own word on an action that failed, after the cloud refused it.
        r"Error during service call to switch.turn_off: Barn does not answer",
    )

    @property
    @override
    def control_url(self) -> str:
        """Where its cars and faults are steered from outside."""
        return self.control.url

    @property
    @override
    def vendors(self) -> VendorAddresses:
        """Lead the account to the simulated cloud."""
        urls = {"api": self.cloud.url, "stream": self.cloud.stream_url}
        return {"easee": {"urls": urls}}

    @override
    async def set_up(self, api: HomeAssistantApi, tell: Tell) -> None:
        """Add the WARPs, the account and the site that mixes them."""
        for name, warp in self.warps.items():
            tell(f"adding {name}, a charger at {warp.url}")
            await add_device(api, "warp", {"host": warp.host, "port": warp.port})
        tell(f"adding an Easee account with {', '.join(EASEES)}")
        await add_device(api, "easee", {"username": USERNAME, "password": PASSWORD})
        tell(f"adding the site {self.title} with a supply of 3 x {RATING_A:.0f} A")
        keys = [post.key for post in self.posts.values()]
        entry_id = await add_site(api, self.title, RATING_A, keys)
        wiring = {
            name: Wiring(maximum_a=BARN_CIRCUIT_A if name == BARN else 32.0)
            for name in self.chargers
        }
        await tell_the_wiring(api, entry_id, wiring)

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
        """Return what the simulated fuse and the flash of the chargers saw and never should have."""
        broken = []
        worst_a = max(self.supply.chargers_maximum_a)
        if worst_a > RATING_A + TOLERANCE_A:
            broken.append(f"the chargers drew {worst_a:.1f} A together")
        if self.cloud.persistent_writes:
            broken.append(f"{len(self.cloud.persistent_writes)} writes wore flash")
        return broken
