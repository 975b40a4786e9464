"""The scene of the cottage."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, override

from demo.api import HomeAssistantApi
from demo.bench import TOLERANCE_A, Bench
from demo.dashboard import Entities, section, site_view
from demo.scene import Scene, Tell, VendorAddresses
from demo.set_up import add_device, entities_of

from .steps import STEPS
from .world import CHARGER, METER, RATING_A, TURN_PAUSE_S, WATCHDOG_S, CottageWorld

FAIL_SAFE_A: Final = 6.0
"""What may be charged with while the meter is lost."""
PACE: Final[Mapping[str, int]] = {
    "follow_start_s": 5,
    "turn_pause_s": TURN_PAUSE_S,
}
"""Shorter than anybody would want them at home, so that the check ends before the coffee is cold."""


class Cottage(CottageWorld, Scene):
    """One vehicle that takes the sun and feeds the house; here meter, Modbus and Home Assistant fail meanwhile."""

    key = "cottage"
    title = "Cottage"
    rating_a = RATING_A
    chargers = (CHARGER,)
    expected_log = (
        # The charger that is taken away.
        r"coordinator\] Error (requesting|fetching) .* data: The device does not answer",
        # What Home Assistant's recorder says after it was killed.
        r"The system could not validate that the sqlite3 database",
        r"Ended unfinished session",
    )

    @property
    @override
    def control_url(self) -> str:
        """Where its vehicle, its sun and its faults are steered from outside."""
        return self.control.url

    @property
    @override
    def vendors(self) -> VendorAddresses:
        """Lead the account to the simulated cloud."""
        url = self.quasar.cloud.url
        return {"quasar": {"endpoints": {"api_url": url, "login_url": url}}}

    @override
    async def set_up(self, api: HomeAssistantApi, tell: Tell) -> None:
        """Add the charger, the meter and the site, and let the vehicle take the sun."""
        tell(f"adding {CHARGER}, a charger at {self.quasar.address}")
        await add_device(api, "quasar", self._charger_form())
        tell(f"adding a Shelly EM at {self.meter.url}")
        clamp = {"phase": "1", "invert": False}
        await add_device(
            api,
            "shelly_em",
            {"host": self.meter.host, "port": self.meter.port, "interval_s": 1},
            {
                "channel_1": {**clamp, "role": "grid"},
                "channel_2": {**clamp, "role": "evse"},
            },
        )
        tell(f"adding the site {self.title} with a supply of 1 x {RATING_A:.0f} A")
        await self._add_site(api)
        await self._hand_over(api)

    def _charger_form(self) -> Mapping[str, Any]:
        settings = self.quasar.settings
        return {
            "host": self.quasar.host,
            "port": self.quasar.port,
            "cloud": {
                "username": settings.username,
                "password": settings.password,
                "restart_when_dead": True,
            },
            "details": {"watchdog_s": WATCHDOG_S, "power_mode": False},
        }

    async def _add_site(self, api: HomeAssistantApi) -> None:
        entities = await entities_of(api)
        await api.flow(
            "flow",
            "busbar",
            {"next_step_id": "site"},
            {
                "name": self.title,
                "phases": "1",
                "rating": RATING_A,
                "meter_kind": "currents_and_powers",
                "details": {"voltage": 230},
            },
            {
                "current_l1": entities[METER, "sensor.current_l1"],
                "power_l1": entities[METER, "sensor.power"],
                "inverted": False,
            },
            {
                "fail_safe": FAIL_SAFE_A,
                "reserve": 0,
                "margin": 1,
                "timers": {},
                "following": {},
                "pace": dict(PACE),
            },
            {"chargers": [f"quasar_{self.quasar.settings.serial}"]},
            {"is_balancing": True},
        )

    async def _hand_over(self, api: HomeAssistantApi) -> None:
        """Choose what a new Quasar waits for, and wait for the entities that come with it."""
        entities = await entities_of(api)
        await api.perform(
            "select.select_option",
            entity_id=entities[f"{CHARGER} at {self.title}", "select.mode"],
            option="solar",
        )
        while (CHARGER, "number.current_limit") not in await entities_of(api):
            await asyncio.sleep(0.2)

    @override
    def view(self, entities: Entities) -> dict[str, Any]:
        """Return its view of the dashboard, with the vehicle as a battery."""
        view = site_view(entities, self.title, self.rating_a, self.chargers)
        member = f"{CHARGER} at {self.title}"
        view["sections"].append(
            section(
                entities,
                "Sun, house and vehicle",
                "mdi:solar-power-variant",
                (
                    (member, "select.mode", "Mode"),
                    (METER, "sensor.power", "Grid"),
                    (CHARGER, "sensor.battery", "Vehicle"),
                    (self.title, "sensor.meter_freshness", "Meter"),
                    (CHARGER, "sensor.estimated_charged_energy", "Charged"),
                    (CHARGER, "sensor.estimated_discharged_energy", "Discharged"),
                ),
            )
        )
        return view

    @override
    async def check(self, bench: Bench) -> None:
        """Go through its steps."""
        for step in STEPS:
            await step(bench, self)

    @override
    def broken_limits(self) -> list[str]:
        """Return what the simulated fuse saw and never should have, in either direction."""
        worst_a = max(*self.supply.maximum_a, *self.supply.exported_maximum_a)
        if worst_a > RATING_A + TOLERANCE_A:
            return [f"{worst_a:.1f} A flowed through the fuse of {self.title}"]
        return []
