"""The scene of the house."""

from typing import Any, override

from demo.api import HomeAssistantApi
from demo.bench import TOLERANCE_A, Bench
from demo.dashboard import Entities, site_view
from demo.scene import Scene, Tell
from demo.set_up import Wiring, add_device, add_site, tell_the_wiring

from .steps import STEPS
from .world import PLACES, RATING_A, HomeWorld


class Home(HomeWorld, Scene):
    """Three local chargers of one make; here Home Assistant itself is stopped and killed as well."""

    key = "home"
    title = "Home"
    rating_a = RATING_A
    chargers = tuple(place.name for place in PLACES)
    expected_log = (
        # The devices that are taken away.
        r"coordinator\] Error requesting .* data: The device does not answer",
        # What Home Assistant's recorder says after it was killed.
        r"The system could not validate that the sqlite3 database",
        r"Ended unfinished session",
    )

    @property
    @override
    def control_url(self) -> str:
        """Where its cars and faults are steered from outside."""
        return self.control.url

    @override
    async def set_up(self, api: HomeAssistantApi, tell: Tell) -> None:
        """Add three chargers and a site."""
        for name, charger in self.simulators.items():
            tell(f"adding {name}, a charger at {charger.url}")
            await add_device(api, "warp", {"host": charger.host, "port": charger.port})
        tell(f"adding the site {self.title} with a supply of 3 x {RATING_A:.0f} A")
        entry_id = await add_site(
            api, self.title, RATING_A, [place.key for place in PLACES]
        )
        wiring = {place.name: Wiring(phase_map=place.phase_map_key) for place in PLACES}
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
        """Return what the simulated fuse saw and never should have."""
        worst_a = max(self.supply.chargers_maximum_a)
        if worst_a > RATING_A + TOLERANCE_A:
            return [f"the chargers drew {worst_a:.1f} A together at {self.title}"]
        return []
