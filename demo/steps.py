"""The steps of the check, in the order in which they run."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from .check import TOLERANCE_A, Bench, Step
from .house import PLACES, RATING_A
from .set_up import FAIL_SAFE_A, add_meter

LOST: Final = "Driveway"
LOST_TARGET_A: Final = 26.0
KETTLE_A: Final = 9.0
MY_LIMIT_A: Final = 6.0

# A WARP reports within a second, a cut is on the wire a moment later, the car follows within 5 s.
_CUT_WITHIN_S: Final = 10.0


async def charge(bench: Bench) -> None:
    """Wait until every car charges."""
    bench.tell("waiting for the cars to charge")

    async def is_charging() -> bool:
        return all(bench.house.drawn_a(place.name) > 0 for place in PLACES)

    await bench.expect("every car charges", is_charging)


def target(target_a: float) -> Step:
    """Return the step that sets a target."""

    async def step(bench: Bench) -> None:
        bench.tell(f"setting the site current to {target_a:.0f} A")
        await bench.api.action("busbar.set_site_current", current=target_a)
        await bench.settle(f"{target_a:.0f} A")

    return step


async def lose_a_charger(bench: Bench) -> None:
    """Take one charger away while it charges: its current stays reserved, the others share the rest."""
    target_a = LOST_TARGET_A
    held_a = bench.house.drawn_a(LOST)
    bench.tell(
        f"{LOST} is lost while it draws {held_a:.1f} A; setting {target_a:.0f} A"
    )
    bench.house.chargers[LOST].fault("refuse")
    await bench.api.action("busbar.set_site_current", current=target_a)
    await bench.settle(f"{target_a:.0f} A, {LOST} lost", lost=LOST)
    bench.house.supply.forget()
    await asyncio.sleep(2)
    together_a = max(bench.house.supply.chargers_maximum_a)
    bench.demand(
        f"with {LOST} lost the chargers drew {together_a:.1f} A of {target_a:.0f} A",
        holds=together_a <= target_a + TOLERANCE_A,
    )
    bench.tell(f"{LOST} is back")
    bench.house.chargers[LOST].clear()
    await bench.settle(f"{target_a:.0f} A, {LOST} back")


async def move_my_slider(bench: Bench) -> None:
    """A person's own limit caps the site, and is no second master."""
    name = PLACES[0].name
    bench.tell(f"moving the slider of {name} to {MY_LIMIT_A:.0f} A")
    entity_id = f"number.{name.lower()}_current_limit"
    await bench.api.perform("number.set_value", entity_id=entity_id, value=MY_LIMIT_A)
    await bench.settle(f"{name} capped to {MY_LIMIT_A:.0f} A")
    bench.demand(
        f"{name} draws more than its person allows",
        holds=bench.house.drawn_a(name) <= MY_LIMIT_A + TOLERANCE_A,
    )
    issues = await bench.api.command("repairs/list_issues")
    bench.demand(
        "the slider was taken for a second master",
        holds=not any("second_master" in item["issue_id"] for item in issues["issues"]),
    )
    await bench.api.perform("number.set_value", entity_id=entity_id, value=32)


async def give_it_a_meter(bench: Bench) -> None:
    """From now on the chargers use what the house leaves."""
    bench.tell("adding a grid meter")
    await add_meter(bench.api, bench.house)
    await bench.api.action("busbar.set_site_current", current=RATING_A)

    async def is_fresh() -> bool:
        return await bench.meter() == "fresh"

    await bench.expect("the meter is fresh", is_fresh)
    await bench.expect("the cars use the supply", _draws(bench, RATING_A - 6))


async def boil_water(bench: Bench) -> None:
    """A kettle on L2: the chargers are cut at once, and recover when it is off."""
    before_a = _together(bench)
    bench.tell(
        f"kettle on: {KETTLE_A:.0f} A on L2, where the chargers draw {before_a:.1f} A"
    )
    began_s = bench.house.clock.now()
    bench.house.switch_on("kettle", (0.0, KETTLE_A, 0.0))

    async def is_cleared() -> bool:
        return bench.house.supply.currents_a[1] <= RATING_A + TOLERANCE_A

    await bench.expect("the overload is cleared", is_cleared)
    took_s = bench.house.clock.now() - began_s
    bench.tell(
        f"cleared after {took_s:.1f} s, the chargers draw {_together(bench):.1f} A"
    )
    bench.demand(
        f"the kettle overloaded the supply for {took_s:.1f} s",
        holds=took_s <= _CUT_WITHIN_S,
    )
    bench.house.switch_off("kettle")
    await bench.expect("the chargers recover", _draws(bench, before_a - 1))
    bench.tell(f"kettle off, the chargers draw {_together(bench):.1f} A again")


async def freeze_the_meter(bench: Bench) -> None:
    """A meter that no longer reports: hold, then fail-safe; heard again: recovery."""
    bench.tell("the meter falls silent")
    bench.house.meter.fault("silent")

    async def is_stale() -> bool:
        return await bench.meter() == "stale"

    async def is_lost() -> bool:
        return await bench.meter() == "lost"

    async def is_fail_safe() -> bool:
        return _together(bench) <= FAIL_SAFE_A + TOLERANCE_A

    await bench.expect("the meter is stale", is_stale)
    before_a = _together(bench)
    await bench.expect("the meter is lost", is_lost)
    bench.demand(
        "a stale meter raised the chargers",
        holds=_together(bench) <= before_a + TOLERANCE_A,
    )
    await bench.expect("the chargers fall to their fail-safe budget", is_fail_safe)
    bench.tell(f"fail-safe: the chargers draw {_together(bench):.1f} A")
    bench.house.meter.clear()

    async def is_fresh() -> bool:
        return await bench.meter() == "fresh"

    await bench.expect("the meter is back", is_fresh)


async def stop_home_assistant(bench: Bench) -> None:
    """Stopped in good order it leaves fail-safe currents behind; started again it goes on."""
    await bench.expect("the cars charge again", _draws(bench, FAIL_SAFE_A + 2))
    bench.tell("stopping Home Assistant in good order")
    await bench.api.disconnect()
    await bench.process.stop()
    told_a = [bench.house.told_a(place.name) or 0.0 for place in PLACES]
    bench.demand(
        f"Home Assistant left {told_a} behind, more than the fail-safe budget",
        holds=sum(told_a) <= FAIL_SAFE_A + TOLERANCE_A,
    )
    bench.tell(
        f"it left {' + '.join(f'{value:.1f}' for value in told_a)} A on the wire"
    )
    await _start_again(bench)


async def kill_home_assistant(bench: Bench) -> None:
    """Killed during a charge it changes nothing; started again it reads back before it writes."""
    await bench.api.action("busbar.set_site_current", current=20, duration={"hours": 1})
    await bench.settle("20 A for an hour")
    bench.tell("killing Home Assistant")
    await bench.api.disconnect()
    told_a = {place.name: bench.house.told_a(place.name) for place in PLACES}
    writes = {place.name: bench.house.writes(place.name) for place in PLACES}
    await bench.process.kill()
    await _start_again(bench)
    states = await bench.api.states()
    target_a = states["number.home_target"]["state"]
    bench.demand(f"the target after it is {target_a}", holds=float(target_a) == 20)
    await bench.settle("the same after a kill")
    for place in PLACES:
        bench.demand(
            f"{place.name} was told something else after the restart",
            holds=bench.house.told_a(place.name) == told_a[place.name],
        )
    more = sum(bench.house.writes(name) - count for name, count in writes.items())
    bench.tell(f"{more} writes since it was killed")


async def _start_again(bench: Bench) -> None:
    writes = [bench.house.writes(place.name) for place in PLACES]
    await bench.process.start()
    await bench.api.connect()

    async def is_running() -> bool:
        states = await bench.api.states()
        switch = states.get("switch.home_balancing", {"state": "missing"})
        return bool(switch["state"] == "on")

    await bench.expect("the site is back", is_running)
    bench.tell(
        f"Home Assistant is back, the chargers draw {_together(bench):.1f} A;"
        f" {sum(bench.house.writes(place.name) for place in PLACES) - sum(writes)} writes so far"
    )


def _together(bench: Bench) -> float:
    """Return what the chargers draw together on their busiest phase."""
    return max(bench.house.supply.chargers_a)


def _draws(bench: Bench, least_a: float) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return _together(bench) >= least_a

    return condition


STEPS: Final[tuple[Step, ...]] = (
    charge,
    target(40),
    lose_a_charger,
    target(20),
    target(26),
    move_my_slider,
    give_it_a_meter,
    boil_water,
    freeze_the_meter,
    stop_home_assistant,
    kill_home_assistant,
    target(10),
    target(0),
)
