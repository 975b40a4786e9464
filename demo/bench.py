"""What the steps of every scene work with: Home Assistant's answers beside what the simulators saw.

Each row looks at three places: the answer of Home Assistant, what the simulated charger was told over
its wire, and what its car draws.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .api import HomeAssistantApi
from .process import HomeAssistantProcess
from .scene import Scene, Tell

type Answer = Mapping[str, Any]

# A car takes up to 5 s, a cut comes before the raises that it makes room for.
# What a kettle took away is given back by halves, each after the cars have followed the one before.
_SETTLE_S: Final = 90.0
_LOOK_S: Final = 0.2
# Currents on the wire are milliamperes, in answers tenths.
TOLERANCE_A: Final = 0.11
_OUT_OF_REACH: Final = ("silent", "not_loaded")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One charger at the end of one step."""

    step: str
    charger: str
    allocated_a: float
    told_a: float | None
    drawn_a: float
    reason: str
    holds: bool


@dataclass(kw_only=True)
class Bench:
    """What the steps of one scene work with, and what they found."""

    api: HomeAssistantApi
    scene: Scene
    process: HomeAssistantProcess
    tell: Tell
    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def set_target(self, current_a: float, **data: Any) -> Answer:
        """Set the current of the scene's site, and return the answer. Raises `ApiError`."""
        device_id = await self._device_id(self.scene.title)
        answer: Answer = await self.api.action(
            "busbar.set_site_current", device_id=device_id, current=current_a, **data
        )
        return answer

    async def decided(self) -> Mapping[str, Answer]:
        """Return what the site shows now: the allocation and the reason of every charger, by name."""
        states = await self.api.states()
        found = {}
        for name in self.scene.chargers:
            begin = f"sensor.{slug(name)}_at_{slug(self.scene.title)}"
            found[name] = {
                "current": _number(states[f"{begin}_allocated_current"]),
                "reason": states[f"{begin}_reason"]["state"],
            }
        return found

    async def reserved_a(self, name: str) -> float:
        """Return what a charger may come to draw at worst, on its busiest phase."""
        answer: Answer = await self.api.action(
            "busbar.preview_allocation",
            device_id=await self._device_id(self.scene.title),
        )
        (member,) = (item for item in answer["members"] if item["name"] == name)
        reserved: Mapping[str, float] = member["reserved"]
        return max(reserved.values())

    async def meter(self) -> str:
        """Return how far the meter is believed."""
        states = await self.api.states()
        state: str = states[f"sensor.{slug(self.scene.title)}_meter"]["state"]
        return state

    async def settle(self, step: str, *, lost: str | None = None) -> None:
        """Wait until told = allocated = drawn for every charger, and keep the rows."""
        rows: list[Row] = []

        async def holds() -> bool:
            rows[:] = [
                _row(self.scene, step, name, decided)
                for name, decided in (await self.decided()).items()
                if name != lost
            ]
            if lost is not None:
                rows.append(
                    _lost_row(self.scene, step, lost, await self.reserved_a(lost))
                )
            return all(row.holds for row in rows)

        if not await self.wait(holds):
            self.tell(f"{step} did not settle")
        self.rows += rows

    async def wait(self, condition: Callable[[], Awaitable[bool]]) -> bool:
        """Wait for a condition, and return whether it came about in time."""
        try:
            async with asyncio.timeout(_SETTLE_S):
                while not await condition():
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            return False
        return True

    async def expect(self, text: str, condition: Callable[[], Awaitable[bool]]) -> None:
        """Wait for a condition; complain if it did not come about."""
        if not await self.wait(condition):
            self.faults.append(f"not seen in time: {text}")

    def demand(self, text: str, *, holds: bool) -> None:
        """Complain unless something holds."""
        if not holds:
            self.faults.append(text)

    async def _device_id(self, name: str) -> str:
        (device_id,) = (
            device["id"]
            for device in await self.api.command("config/device_registry/list")
            if device["name"] == name and device["entry_type"] == "service"
        )
        return str(device_id)


def slug(name: str) -> str:
    """Return how the entities of something with this name begin."""
    return name.lower().replace(" ", "_")


def _row(scene: Scene, step: str, name: str, decided: Answer) -> Row:
    told_a, drawn_a = scene.told_a(name), scene.drawn_a(name)
    allocated_a = decided["current"]
    return Row(
        step=step,
        charger=name,
        allocated_a=allocated_a,
        told_a=told_a,
        drawn_a=drawn_a,
        reason=decided["reason"],
        holds=(
            decided["reason"] not in _OUT_OF_REACH
            and told_a is not None
            and abs(told_a - allocated_a) < TOLERANCE_A
            and abs(drawn_a - allocated_a) < TOLERANCE_A
        ),
    )


def _lost_row(scene: Scene, step: str, name: str, reserved_a: float) -> Row:
    """Return the row of a charger that nothing reaches: at least what it draws is kept free for it."""
    drawn_a = scene.drawn_a(name)
    return Row(
        step=step,
        charger=name,
        allocated_a=reserved_a,
        told_a=scene.told_a(name),
        drawn_a=drawn_a,
        reason="(reserved)",
        holds=reserved_a + TOLERANCE_A >= drawn_a,
    )


def _number(state: Answer) -> float:
    """Return the value of a state; what is not known fits nothing."""
    try:
        return float(state["state"])
    except ValueError:
        return float("nan")
