"""The simulated house: three chargers with cars behind one fuse, on simulated wires."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from simulators.control import ControlServer
from simulators.warp import WarpSimulator
from simulators.world import Car, CarSpec, House, RealClock, SharedSupply
from simulators.world.house import LoadStep, heat_pump

RATING_A: Final = 40.0
METER_NAME: Final = "Grid"

# A real car follows a new pilot within 5 s.
_REACTION_S: Final = 2.0
# A charger's own controller takes a new value over within half a second.
_CONTROLLER_DELAY_S: Final = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One charger of the house, with its car and its wiring."""

    name: str
    generation: str
    uid: str
    car: CarSpec
    phase_map: tuple[int, int, int]
    """Grid phases behind the charger's own terminals."""

    @property
    def phase_map_key(self) -> str:
        """Return what a person chooses for this wiring."""
        return "_".join(f"l{phase}" for phase in self.phase_map)

    @property
    def key(self) -> str:
        """Return the identity under which Busbar knows the charger."""
        return f"warp_{self.uid}"


PLACES: Final = (
    Place(
        name="Garage",
        generation="warp3",
        uid="AbCd",
        car=CarSpec(name="family car", phases=3, maximum_a=16, reaction_s=_REACTION_S),
        phase_map=(1, 2, 3),
    ),
    Place(
        name="Carport",
        generation="warp2",
        uid="EfGh",
        car=CarSpec(name="city car", phases=1, maximum_a=32, reaction_s=_REACTION_S),
        phase_map=(2, 3, 1),
    ),
    Place(
        name="Driveway",
        generation="warp",
        uid="JkLm",
        car=CarSpec(name="van", phases=3, maximum_a=32, reaction_s=_REACTION_S),
        phase_map=(1, 2, 3),
    ),
)


class HomeWorld:
    """Everything that is simulated: chargers, cars, a house with a heat pump, and their fuse."""

    def __init__(self, places: Sequence[Place] = PLACES) -> None:
        """Furnish it; nothing listens yet."""
        self.clock = RealClock()
        self.supply = SharedSupply(
            self.clock, limit_a=RATING_A, house=House([heat_pump(start_s=600)])
        )
        self.simulators = {
            place.name: WarpSimulator(
                clock=self.clock,
                generation=place.generation,
                uid=place.uid,
                display_name=place.name,
                controller_delay_s=_CONTROLLER_DELAY_S,
                # Set once by an installer: what a charger takes after its own restart, before it hears anybody.
                external_default_ma=6000,
            )
            for place in places
        }
        for place in places:
            self.supply.join(self.simulators[place.name], place.phase_map)
        self.meter = WarpSimulator(
            clock=self.clock,
            generation="wem",
            uid="MtRr",
            display_name=METER_NAME,
            grid_a=lambda: self.supply.measured_currents_a,
        )
        self.control = ControlServer(
            self.clock, (*self.simulators.values(), self.meter), supply=self.supply
        )
        self._stack = AsyncExitStack()
        self._places = places

    async def __aenter__(self) -> Self:
        """Switch it on, with a car at every charger."""
        for place in self._places:
            charger = self.simulators[place.name]
            await self._stack.enter_async_context(charger)
            charger.plug(Car(place.car))
        await self._stack.enter_async_context(self.meter)
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

    def switch_on(self, name: str, currents_a: tuple[float, float, float]) -> None:
        """Switch an appliance on, with amperes per phase."""
        now_s = self.clock.now()
        self.supply.house.switch_on(
            LoadStep(name=name, current_a=currents_a, start_s=now_s)
        )
        self.supply.record()

    def switch_off(self, name: str) -> None:
        """Switch it off."""
        self.supply.house.remove(name)
        self.supply.record()

    def writes(self, name: str) -> int:
        """Return how many writes a charger has taken."""
        return len(self.simulators[name].told())

    def told_a(self, name: str) -> float | None:
        """Return what a charger was told last over the wire, in amperes; `None` = nothing yet."""
        told = [
            write["payload"]["current"]
            for write in self.simulators[name].told()
            if write["path"] == "evse/external_current"
        ]
        return told[-1] / 1000 if told else None

    def drawn_a(self, name: str) -> float:
        """Return what a car draws on its busiest phase, in amperes."""
        return max(self.simulators[name].measured_currents_a)
