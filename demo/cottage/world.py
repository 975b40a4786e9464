"""The simulated cottage: sun, appliances, a Quasar with a vehicle, and a Shelly around their supply."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from simulators.control import ControlServer
from simulators.quasar import BatteryCar, QuasarSimulator, Register
from simulators.shelly_em import Channel, ShellyEmSimulator
from simulators.world import Cloud, House, LoadStep, RealClock, SharedSupply, Solar

from .record import PlugRecord

RATING_A: Final = 32.0
CHARGER: Final = "Wallbox Quasar"
METER: Final = "Shelly EM grid"
"""What their devices are called in Home Assistant."""
BASE_A: Final = 1.0
SUN_A: Final = 12.0
"""At its height."""
WATCHDOG_S: Final = 60
"""The shortest that may be chosen for the charger."""
TURN_PAUSE_S: Final = 20
"""What is chosen for this site; nobody would want it as short at home."""

_VOLTAGE_V: Final = 230.0
_NOON_S: Final = 13 * 3600.0
DARKENS_WITHIN_S: Final = 4.0
"""A cloud before the sun."""
# A real one takes five minutes; how long Busbar waits for it does not depend on that.
_REBOOT_S: Final = 15.0
_ERRORS_AFTER_REBOOT_S: Final = 5.0


class CottageWorld:
    """Everything that is simulated; what the vehicle takes and gives shows at the meter."""

    def __init__(self) -> None:
        """Furnish it; nothing listens yet."""
        self.clock = RealClock()
        self.clock.advance(_NOON_S)
        base = LoadStep(name="base load", current_a=(BASE_A, 0.0, 0.0))
        roof = Solar(peak_a=(SUN_A, 0.0, 0.0))
        self.supply = SharedSupply(
            self.clock, limit_a=RATING_A, house=House([base], roof)
        )
        self.quasar = QuasarSimulator(
            clock=self.clock,
            reboot_s=_REBOOT_S,
            errors_after_reboot_s=_ERRORS_AFTER_REBOOT_S,
        )
        self.supply.join(self.quasar)
        self.plug = PlugRecord()
        self.quasar.on_step(self._note)
        self.meter = ShellyEmSimulator(
            clock=self.clock,
            channels=[
                Channel(watts=self.grid_w),
                Channel(watts=lambda: self.quasar.machine.power_w),
            ],
        )
        self.control = ControlServer(
            self.clock, (self.quasar, self.meter), supply=self.supply
        )
        self._stack = AsyncExitStack()

    def _note(self) -> None:
        self.plug.note(self.clock.now(), self.current_a)

    async def __aenter__(self) -> Self:
        """Switch it on, with a vehicle that may both take and give."""
        await self._stack.enter_async_context(self.quasar)
        # As its app left it: plugging in starts nothing.
        self.quasar.machine.autostart = 0
        self.quasar.plug(BatteryCar(level_percent=60.0))
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

    # What happens

    def cloud(self, passes: float) -> None:
        """Send a cloud that lets this part of the light through, in place of others."""
        self.clear_sky()
        self.supply.house.cover(
            Cloud(start_s=self.clock.now(), passes=passes, edge_s=DARKENS_WITHIN_S)
        )

    def clear_sky(self) -> None:
        """Let the sun shine."""
        self.supply.house.clear_sky()

    def switch_on(self, name: str, current_a: float) -> None:
        """Switch an appliance on."""
        now_s = self.clock.now()
        self.supply.house.switch_on(
            LoadStep(name=name, current_a=(current_a, 0.0, 0.0), start_s=now_s)
        )

    def switch_off(self, name: str) -> None:
        """Switch it off."""
        self.supply.house.remove(name)

    # How things really are

    @property
    def current_a(self) -> float:
        """What flows through the plug, in amperes: + charge, - discharge."""
        return self.quasar.machine.current_a

    def house_a(self, after_s: float = 0.0) -> float:
        """Return what flows beside the charger, now or soon, in amperes: + need, - sun."""
        return self.supply.house.currents_a(self.clock.now() + after_s)[0]

    def is_metered(self) -> bool:
        """Return whether the meter measured what flows now."""
        measured_w = self.meter.clamps.samples[0].power_w
        return abs(measured_w - self.grid_w()) < 1.0

    def grid_w(self) -> float:
        """Return what flows through the supply, in watts: + import, - export."""
        return self.house_a() * _VOLTAGE_V + self.quasar.machine.power_w

    def told(self, since: int = 0) -> list[tuple[str, int]]:
        """Return what the charger was told over the wire since write number `since`: register and value."""
        return [
            (Register(write.register).name, write.value)
            for write in self.quasar.writes[since:]
        ]

    def told_a(self, name: str) -> float | None:
        """Return the set-point that the charger was told last, in amperes; `None` = nothing yet."""
        told = [value for register, value in self.told() if register == "CURRENT"]
        return float(told[-1]) if told else None

    def drawn_a(self, name: str) -> float:
        """Return what flows through the plug, in amperes: + charge, - discharge."""
        return self.current_a
