"""Prove the main job over the wire: what was allocated is what chargers were told and cars draw.

Each step looks at three places: the answer of Home Assistant, what the simulated charger was told over
its wire, and what its car draws.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
import re
from typing import Any, Final

from .api import HomeAssistantApi
from .house import PLACES, RATING_A, DemoHouse
from .process import HomeAssistantProcess
from .set_up import SITE

type Tell = Callable[[str], None]
type Answer = Mapping[str, Any]

_IS_COMPLAINT: Final = re.compile(r" (WARNING|ERROR|CRITICAL) |deprecat", re.IGNORECASE)
_IS_EXPECTED: Final = re.compile(
    # Home Assistant says this of every custom integration, before its logger can be told not to.
    r"custom integration busbar which has not been tested"
    # The devices that are taken away.
    r"|coordinator\] Error requesting .* data: The device does not answer"
    # What its recorder says after it was killed.
    r"|The system could not validate that the sqlite3 database"
    r"|Ended unfinished session"
)

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
    """What every step works with, and what it found."""

    api: HomeAssistantApi
    house: DemoHouse
    process: HomeAssistantProcess
    tell: Tell
    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def decided(self) -> Mapping[str, Answer]:
        """Return what the site shows now: the allocation and the reason of every charger, by name."""
        states = await self.api.states()
        return {
            place.name: {
                "current": _number(
                    states[f"sensor.{_slug(place.name)}_allocated_current"]
                ),
                "reason": states[f"sensor.{_slug(place.name)}_reason"]["state"],
            }
            for place in PLACES
        }

    async def reserved_a(self, name: str) -> float:
        """Return what a charger may come to draw at worst, on its busiest phase."""
        answer: Answer = await self.api.action("busbar.preview_allocation")
        (member,) = (item for item in answer["members"] if item["name"] == name)
        reserved: Mapping[str, float] = member["reserved"]
        return max(reserved.values())

    async def meter(self) -> str:
        """Return how far the meter is believed."""
        states = await self.api.states()
        state: str = states["sensor.home_meter"]["state"]
        return state

    async def settle(self, step: str, *, lost: str | None = None) -> None:
        """Wait until told = allocated = drawn for every charger, and keep the rows."""
        rows: list[Row] = []

        async def holds() -> bool:
            rows[:] = [
                _row(self.house, step, name, decided)
                for name, decided in (await self.decided()).items()
                if name != lost
            ]
            if lost is not None:
                rows.append(
                    _lost_row(self.house, step, lost, await self.reserved_a(lost))
                )
            return all(row.holds for row in rows)

        await self.wait(holds)
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


type Step = Callable[[Bench], Awaitable[None]]


async def check(bench: Bench, steps: Sequence[Step]) -> int:
    """Run all steps, print the table, and return 0 only if everything holds."""
    for step in steps:
        await step(bench)
    _print_table(bench.rows)
    faults = [
        *bench.faults,
        *_complaints(bench.rows),
        *_broken_limits(bench.house),
        *_logged(bench.process),
    ]
    for fault in faults:
        print(f"NOT AS IT SHOULD BE: {fault}")
    print("all holds" if not faults else f"{len(faults)} checks failed")
    return 1 if faults else 0


def _row(house: DemoHouse, step: str, name: str, decided: Answer) -> Row:
    told_a, drawn_a = house.told_a(name), house.drawn_a(name)
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


def _lost_row(house: DemoHouse, step: str, name: str, reserved_a: float) -> Row:
    """Return the row of a charger that nothing reaches: at least what it draws is kept free for it."""
    drawn_a = house.drawn_a(name)
    return Row(
        step=step,
        charger=name,
        allocated_a=reserved_a,
        told_a=house.told_a(name),
        drawn_a=drawn_a,
        reason="(reserved)",
        holds=reserved_a + TOLERANCE_A >= drawn_a,
    )


def _slug(name: str) -> str:
    """Return how the entities of a member begin."""
    return f"{name.lower()}_at_{SITE.lower()}"


def _number(state: Answer) -> float:
    """Return the value of a state; what is not known fits nothing."""
    try:
        return float(state["state"])
    except ValueError:
        return float("nan")


def _complaints(rows: Sequence[Row]) -> list[str]:
    return [
        f"{row.charger} at {row.step}: allocated {row.allocated_a:.1f} A, told {row.told_a}, drawn {row.drawn_a:.1f} A"
        for row in rows
        if not row.holds
    ]


def _broken_limits(house: DemoHouse) -> list[str]:
    worst_a = max(house.supply.chargers_maximum_a)
    if worst_a > RATING_A + TOLERANCE_A:
        return [f"the chargers drew {worst_a:.1f} A together at {SITE}"]
    return []


def _logged(process: HomeAssistantProcess) -> list[str]:
    """Return what was logged as a warning or worse, but for what every run has to log."""
    return [
        line
        for line in process.log.read_text().splitlines()
        if _IS_COMPLAINT.search(line) and not _IS_EXPECTED.search(line)
    ]


def _print_table(rows: Sequence[Row]) -> None:
    header = f"{'step':<24} {'charger':<10} {'allocated':>10} {'told':>8} {'drawn':>8}  {'reason':<24} ok"
    print(f"\n{header}\n{'-' * len(header)}")
    for row in rows:
        told = "-" if row.told_a is None else f"{row.told_a:.1f} A"
        print(
            f"{row.step:<24} {row.charger:<10} {row.allocated_a:>8.1f} A {told:>8} {row.drawn_a:>6.1f} A"
            f"  {row.reason:<24} {'yes' if row.holds else 'NO'}"
        )
    names = ", ".join(place.name for place in PLACES)
    print(f"\n{SITE}: {RATING_A:.0f} A per phase for {names}")
