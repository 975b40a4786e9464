"""The steps of the cottage, in the order in which they run."""

from collections.abc import Awaitable, Callable
from typing import Final

from demo.bench import Bench

from .following import feed_the_house, follow_the_sun, freeze_the_meter, turn
from .outages import kill_home_assistant, lose_modbus, stop_home_assistant
from .world import CottageWorld

type Step = Callable[[Bench, CottageWorld], Awaitable[None]]

STEPS: Final[tuple[Step, ...]] = (
    follow_the_sun,
    lose_modbus,
    turn,
    feed_the_house,
    freeze_the_meter,
    stop_home_assistant,
    kill_home_assistant,
)
