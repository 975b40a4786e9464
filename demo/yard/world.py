"""The simulated yard: two WARPs and an Easee account with two circuits, behind one fuse."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from simulators.control import ControlServer
from simulators.easee import (
    ChargerHandle,
    CloudHandle,
    Draw,
    EaseeSimulator,
    Switches,
    add_charger,
    add_circuit,
    add_site,
    plug_in,
)
from simulators.warp import WarpSimulator
from simulators.world import Car, CarSpec, RealClock, SharedSupply

from .posts import EaseePost, Post, WarpPost

RATING_A: Final = 50.0
BARN_CIRCUIT_A: Final = 16.0
STABLE_CIRCUIT_A: Final = 32.0

# A real car follows a new pilot within 5 s, the controller of a charger within half a second.
_REACTION_S: Final = 2.0
_CONTROLLER_DELAY_S: Final = 0.3
_SITE_ID, _BARN_ID, _STABLE_ID = 2001, 601, 602

WARPS: Final[Mapping[str, tuple[str, str]]] = {
    "Gate": ("warp3", "RsTu"),
    "Shed": ("warp2", "VwXy"),
}
"""Name -> generation and uid."""
BARN, STABLE_LEFT, STABLE_RIGHT = "Barn", "Stable left", "Stable right"
EASEES: Final[Mapping[str, str]] = {
    BARN: "EH000011",
    STABLE_LEFT: "EH000012",
    STABLE_RIGHT: "EH000013",
}
"""Name -> serial; the barn has a circuit for itself, the stable shares one."""
CARS: Final[Mapping[str, CarSpec]] = {
    "Gate": CarSpec(name="pickup", phases=3, maximum_a=32, reaction_s=_REACTION_S),
    "Shed": CarSpec(name="wagon", phases=3, maximum_a=16, reaction_s=_REACTION_S),
    BARN: CarSpec(name="tractor", phases=3, maximum_a=16, reaction_s=_REACTION_S),
    STABLE_LEFT: CarSpec(name="city car", maximum_a=32, reaction_s=_REACTION_S),
    STABLE_RIGHT: CarSpec(name="van", phases=3, maximum_a=32, reaction_s=_REACTION_S),
}


class YardWorld:
    """Everything that is simulated: chargers, cars, the cloud, and their fuse."""

    def __init__(self) -> None:
        """Furnish it; nothing listens yet."""
        self.clock = RealClock()
        self.supply = SharedSupply(self.clock, limit_a=RATING_A)
        self.cloud = EaseeSimulator(clock=self.clock)
        self.switches = Switches(self.cloud)
        self.warps = {
            name: WarpSimulator(
                clock=self.clock,
                generation=generation,
                uid=uid,
                display_name=name,
                controller_delay_s=_CONTROLLER_DELAY_S,
                external_default_ma=6000,
            )
            for name, (generation, uid) in WARPS.items()
        }
        self._furnish_cloud()
        self.posts: Mapping[str, Post] = {**self._warp_posts(), **self._easee_posts()}
        for warp in self.warps.values():
            self.supply.join(warp)
        for serial in EASEES.values():
            self.supply.join(Draw(self.cloud, serial))
        self.control = ControlServer(
            self.clock,
            (
                *self.warps.values(),
                CloudHandle(self.cloud),
                *(ChargerHandle(self.cloud, serial) for serial in EASEES.values()),
            ),
            supply=self.supply,
        )
        self._stack = AsyncExitStack()

    def _furnish_cloud(self) -> None:
        site = add_site(self.cloud, _SITE_ID, "Yard")
        barn = add_circuit(site, _BARN_ID, rated_a=BARN_CIRCUIT_A, offline_a=6.0)
        add_charger(self.cloud, barn, EASEES[BARN], BARN)
        stable = add_circuit(site, _STABLE_ID, rated_a=STABLE_CIRCUIT_A, offline_a=6.0)
        for name in (STABLE_LEFT, STABLE_RIGHT):
            add_charger(self.cloud, stable, EASEES[name], name)

    def _warp_posts(self) -> dict[str, Post]:
        return {
            name: WarpPost(key=f"warp_{WARPS[name][1]}", simulator=warp)
            for name, warp in self.warps.items()
        }

    def _easee_posts(self) -> dict[str, Post]:
        return {
            name: EaseePost(
                key=f"easee_{serial}",
                cloud=self.cloud,
                serial=serial,
                circuit_id=_BARN_ID if name == BARN else None,
            )
            for name, serial in EASEES.items()
        }

    async def __aenter__(self) -> Self:
        """Switch it on, with a car at every charger."""
        for name, warp in self.warps.items():
            await self._stack.enter_async_context(warp)
            warp.plug(Car(CARS[name]))
        await self._stack.enter_async_context(self.cloud)
        for name, serial in EASEES.items():
            plug_in(self.cloud, serial, CARS[name])
            # What is steered before anybody steers: a car that came long ago, under an installer's limit.
            if name == BARN:
                self.cloud.circuits[_BARN_ID].set_dynamic((6.0, 6.0, 6.0), None)
            else:
                self.cloud.chargers[serial].dynamic_a = 6.0
        await self._stack.enter_async_context(self.control)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch it off."""
        await self._stack.aclose()

    def told_a(self, name: str) -> float | None:
        """Return what a charger was told last over its wire, in amperes; `None` = nothing yet."""
        told = self.posts[name].told()
        return told[-1].current_a if told else None

    def drawn_a(self, name: str) -> float:
        """Return what a car draws on its busiest phase, in amperes."""
        return max(self.posts[name].drawn_a())

    def together_a(self) -> float:
        """Return what all chargers draw on the busiest phase, in amperes."""
        return max(self.supply.chargers_a)
