"""The simulated annexe: an Andersen account with two chargers and a WARP, and the fuse of two of them."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime
import time
from types import TracebackType
from typing import Final, Self

from simulators.andersen import AndersenSimulator, ControlledCharger, SimulatedCharger
from simulators.control import ControlServer
from simulators.warp import WarpSimulator
from simulators.world import Car, CarSpec, RealClock, SharedSupply

RATING_A: Final = 36.0
"""Carries the Andersen at its 32 A, or the WARP at its least, and never both."""
EMAIL: Final = "annexe@example.com"
PASSWORD: Final = "Konnect-1"
COACH_HOUSE, LODGE, ORCHARD = "Coach house", "Lodge", "Orchard"
"""An Andersen and a WARP, which share the fuse, and the other Andersen."""

# An hour at the vendor's. It is renewed five minutes before its end, so here whenever something is asked.
TOKEN_LIFETIME_S: Final = 320.0
# A real charger needs one to two and a half minutes for both together.
_LATENCY_S: Final = 2.0
_REPORT_PERIOD_S: Final = 8.0
_PACE_S: Final = 0.25
_REACTION_S: Final = 2.0
_CONTROLLER_DELAY_S: Final = 0.3


class AnnexeWorld:
    """Everything that is simulated: the cloud, the chargers, cars, and their fuse."""

    def __init__(self) -> None:
        """Furnish it; nothing listens yet."""
        self.clock = RealClock()
        self.supply = SharedSupply(self.clock, limit_a=RATING_A)
        self.cloud = AndersenSimulator(
            clock=self.clock,
            epoch=datetime.fromtimestamp(time.time(), UTC),
            real_pace_s=_PACE_S,
        )
        self.cloud.cognito.token_lifetime_s = TOKEN_LIFETIME_S
        self._member = self.cloud.add_account(EMAIL, PASSWORD)
        self.posts = {
            name: self._post(name, serial)
            for name, serial in ((COACH_HOUSE, "2300001230"), (ORCHARD, "2300001231"))
        }
        self.warp = WarpSimulator(
            clock=self.clock,
            generation="warp3",
            uid="LdGe",
            display_name=LODGE,
            controller_delay_s=_CONTROLLER_DELAY_S,
            external_default_ma=6000,
        )
        self.supply.join(self.posts[COACH_HOUSE])
        self.supply.join(self.warp)
        self.control = ControlServer(
            self.clock,
            (
                self.warp,
                *(
                    ControlledCharger(self.cloud, post, name.lower().replace(" ", "-"))
                    for name, post in self.posts.items()
                ),
            ),
            supply=self.supply,
        )
        self._stack = AsyncExitStack()

    def _post(self, name: str, serial: str) -> SimulatedCharger:
        post = self.cloud.add_charger(
            self._member,
            name=serial,
            command_latency_s=_LATENCY_S,
            report_period_s=_REPORT_PERIOD_S,
        )
        post.friendly_name = name
        return post

    async def __aenter__(self) -> Self:
        """Switch it on, with a car at both chargers of the site."""
        await self._stack.enter_async_context(self.cloud)
        await self._stack.enter_async_context(self.warp)
        await self._stack.enter_async_context(self.control)
        self.posts[COACH_HOUSE].plug_in(
            Car(CarSpec(name="saloon", maximum_a=32, reaction_s=_REACTION_S))
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch it off."""
        await self._stack.aclose()

    def identity_key(self, name: str) -> str:
        """Return the identity of a charger in Home Assistant."""
        if name == LODGE:
            return f"warp_{self.warp.uid}"
        return f"andersen_{self.posts[name].device_id}"

    def sent(self, name: str) -> list[str]:
        """Return the commands that the cloud took for a charger, oldest first."""
        device_id = self.posts[name].device_id
        return [c.name for c in self.cloud.commands if c.device_id == device_id]

    def told_a(self, name: str) -> float | None:
        """Return what a charger was told last over the wire, in amperes; `None` = nothing yet."""
        if name == LODGE:
            told = [
                write["payload"]["current"] / 1000
                for write in self.warp.told()
                if write["path"] == "evse/external_current"
            ]
            return told[-1] if told else None
        locks = [one for one in self.sent(name) if one in {"userLock", "userUnlock"}]
        if not locks:
            return None
        return 0.0 if locks[-1] == "userLock" else self.posts[name].current_a

    def drawn_a(self, name: str) -> float:
        """Return what a car draws on its busiest phase, in amperes."""
        charger = self.warp if name == LODGE else self.posts[name]
        return max(charger.measured_currents_a)
