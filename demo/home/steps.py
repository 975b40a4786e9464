"""The steps of the house, in the order in which they run."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from demo.bench import TOLERANCE_A, Bench
from demo.set_up import add_currents_meter, add_device

from .world import METER_NAME, PLACES, RATING_A, HomeWorld

type Step = Callable[[Bench, HomeWorld], Awaitable[None]]

# What the chargers may take together while the meter is lost: one of them at its minimum, and some more.
FAIL_SAFE_A: Final = 12.0
LOST: Final = "Driveway"
LOST_TARGET_A: Final = 26.0
KETTLE_A: Final = 9.0
MY_LIMIT_A: Final = 6.0

# A WARP reports within a second, a cut is on the wire a moment later, the car follows within 5 s.
_CUT_WITHIN_S: Final = 10.0


async def charge(bench: Bench, home: HomeWorld) -> None:
    """Wait until every car charges."""
    bench.tell("waiting for the cars to charge")

    async def is_charging() -> bool:
        return all(home.drawn_a(place.name) > 0 for place in PLACES)

    await bench.expect("every car charges", is_charging)


def target(target_a: float) -> Step:
    """Return the step that sets a target."""

    async def step(bench: Bench, home: HomeWorld) -> None:
        bench.tell(f"setting the site current to {target_a:.0f} A")
        await bench.set_target(target_a)
        await bench.settle(f"{target_a:.0f} A")

    return step


async def lose_a_charger(bench: Bench, home: HomeWorld) -> None:
    """Take one charger away while it charges: its current stays reserved, the others share the rest."""
    target_a = LOST_TARGET_A
    held_a = home.drawn_a(LOST)
    bench.tell(
        f"{LOST} is lost while it draws {held_a:.1f} A; setting {target_a:.0f} A"
    )
    home.simulators[LOST].fault("refuse")
    await bench.set_target(target_a)
    await bench.settle(f"{target_a:.0f} A, {LOST} lost", lost=LOST)
    home.supply.forget()
    await asyncio.sleep(2)
    together_a = max(home.supply.chargers_maximum_a)
    bench.demand(
        f"with {LOST} lost the chargers drew {together_a:.1f} A of {target_a:.0f} A",
        holds=together_a <= target_a + TOLERANCE_A,
    )
    bench.tell(f"{LOST} is back")
    home.simulators[LOST].clear()
    await bench.settle(f"{target_a:.0f} A, {LOST} back")


async def move_my_slider(bench: Bench, home: HomeWorld) -> None:
    """A person's own limit caps the site, and is no second master."""
    name = PLACES[0].name
    bench.tell(f"moving the slider of {name} to {MY_LIMIT_A:.0f} A")
    entity_id = f"number.{name.lower()}_current_limit"
    await bench.api.perform("number.set_value", entity_id=entity_id, value=MY_LIMIT_A)
    await bench.settle(f"{name} capped to {MY_LIMIT_A:.0f} A")
    bench.demand(
        f"{name} draws more than its person allows",
        holds=home.drawn_a(name) <= MY_LIMIT_A + TOLERANCE_A,
    )
    issues = await bench.api.command("repairs/list_issues")
    bench.demand(
        "the slider was taken for a second master",
        holds=not any("second_master" in item["issue_id"] for item in issues["issues"]),
    )
    await bench.api.perform("number.set_value", entity_id=entity_id, value=32)


async def give_it_a_meter(bench: Bench, home: HomeWorld) -> None:
    """From now on the chargers use what the house leaves."""
    bench.tell("adding a grid meter")
    await add_device(
        bench.api, "warp", {"host": home.meter.host, "port": home.meter.port}
    )
    await add_currents_meter(
        bench.api, bench.scene, METER_NAME, fail_safe_a=FAIL_SAFE_A
    )
    await bench.set_target(RATING_A)

    async def is_fresh() -> bool:
        return await bench.meter() == "fresh"

    await bench.expect("the meter is fresh", is_fresh)
    await bench.expect("the cars use the supply", _draws(home, RATING_A - 6))


async def boil_water(bench: Bench, home: HomeWorld) -> None:
    """A kettle on L2: the chargers are cut at once, and recover when it is off."""
    before_a = _together(home)
    bench.tell(
        f"kettle on: {KETTLE_A:.0f} A on L2, where the chargers draw {before_a:.1f} A"
    )
    began_s = home.clock.now()
    home.switch_on("kettle", (0.0, KETTLE_A, 0.0))

    async def is_cleared() -> bool:
        return home.supply.currents_a[1] <= RATING_A + TOLERANCE_A

    await bench.expect("the overload is cleared", is_cleared)
    took_s = home.clock.now() - began_s
    bench.tell(
        f"cleared after {took_s:.1f} s, the chargers draw {_together(home):.1f} A"
    )
    bench.demand(
        f"the kettle overloaded the supply for {took_s:.1f} s",
        holds=took_s <= _CUT_WITHIN_S,
    )
    home.switch_off("kettle")
    await bench.expect("the chargers recover", _draws(home, before_a - 1))
    bench.tell(f"kettle off, the chargers draw {_together(home):.1f} A again")


async def freeze_the_meter(bench: Bench, home: HomeWorld) -> None:
    """A meter that no longer reports: hold, then fail-safe; heard again: recovery."""
    bench.tell("the meter falls silent")
    home.meter.fault("silent")

    async def is_stale() -> bool:
        return await bench.meter() == "stale"

    async def is_lost() -> bool:
        return await bench.meter() == "lost"

    async def is_fail_safe() -> bool:
        return _together(home) <= FAIL_SAFE_A + TOLERANCE_A

    await bench.expect("the meter is stale", is_stale)
    before_a = _together(home)
    await bench.expect("the meter is lost", is_lost)
    bench.demand(
        "a stale meter raised the chargers",
        holds=_together(home) <= before_a + TOLERANCE_A,
    )
    await bench.expect("the chargers fall to their fail-safe budget", is_fail_safe)
    bench.tell(f"fail-safe: the chargers draw {_together(home):.1f} A")
    home.meter.clear()

    async def is_fresh() -> bool:
        return await bench.meter() == "fresh"

    await bench.expect("the meter is back", is_fresh)


async def stop_home_assistant(bench: Bench, home: HomeWorld) -> None:
    """Stopped in good order it leaves fail-safe currents behind; started again it goes on."""
    await bench.expect("the cars charge again", _draws(home, FAIL_SAFE_A + 2))
    bench.tell("stopping Home Assistant in good order")
    await bench.api.disconnect()
    await bench.process.stop()
    told_a = [home.told_a(place.name) or 0.0 for place in PLACES]
    bench.demand(
        f"Home Assistant left {told_a} behind, more than the fail-safe budget",
        holds=sum(told_a) <= FAIL_SAFE_A + TOLERANCE_A,
    )
    bench.tell(
        f"it left {' + '.join(f'{value:.1f}' for value in told_a)} A on the wire"
    )
    await _start_again(bench, home)


async def kill_home_assistant(bench: Bench, home: HomeWorld) -> None:
    """Killed during a charge it changes nothing; started again it reads back before it writes."""
    await bench.set_target(20, duration={"hours": 1})
    await bench.settle("20 A for an hour")
    bench.tell("killing Home Assistant")
    await bench.api.disconnect()
    told_a = {place.name: home.told_a(place.name) for place in PLACES}
    writes = {place.name: home.writes(place.name) for place in PLACES}
    await bench.process.kill()
    await _start_again(bench, home)
    states = await bench.api.states()
    target_a = states["number.home_target"]["state"]
    bench.demand(f"the target after it is {target_a}", holds=float(target_a) == 20)
    await bench.settle("the same after a kill")
    for place in PLACES:
        bench.demand(
            f"{place.name} was told something else after the restart",
            holds=home.told_a(place.name) == told_a[place.name],
        )
    more = sum(home.writes(name) - count for name, count in writes.items())
    bench.tell(f"{more} writes since it was killed")


async def _start_again(bench: Bench, home: HomeWorld) -> None:
    writes = [home.writes(place.name) for place in PLACES]
    await bench.process.start()
    await bench.api.connect()

    async def is_running() -> bool:
        states = await bench.api.states()
        switch = states.get("switch.home_balancing", {"state": "missing"})
        return bool(switch["state"] == "on")

    await bench.expect("the site is back", is_running)
    bench.tell(
        f"Home Assistant is back, the chargers draw {_together(home):.1f} A;"
        f" {sum(home.writes(place.name) for place in PLACES) - sum(writes)} writes so far"
    )


def _together(home: HomeWorld) -> float:
    """Return what the chargers draw together on their busiest phase."""
    return max(home.supply.chargers_a)


def _draws(home: HomeWorld, least_a: float) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return _together(home) >= least_a

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
