"""The steps in which the vehicle follows sun and house."""

from typing import Final

from demo.bench import TOLERANCE_A, Bench
from demo.set_up import entities_of

from .world import CHARGER, DARKENS_WITHIN_S, TURN_PAUSE_S, CottageWorld

OVEN_A: Final = 9.0
KETTLE_A: Final = 8.7
LIGHT_THROUGH_CLOUD: Final = 0.5
LOST_WITHIN_S: Final = 45.0
"""Half a minute without news from a meter that tells each second, and the time for what follows from it."""

# Whole amperes are followed, and a single one may wait: one and a half, the hysteresis of 50 W, and what the
# charger takes for itself.
_CALM_A: Final = 1.0
_WITHIN_W: Final = 1.5 * 230 + 50 + 15
_STOPPED: Final = [("ACTION", 2), ("CURRENT", 0)]


async def choose(bench: Bench, mode: str) -> None:
    """Choose how the vehicle takes part, as a person does."""
    entities = await entities_of(bench.api)
    await bench.api.perform(
        "select.select_option",
        entity_id=entities[f"{CHARGER} at {bench.scene.title}", "select.mode"],
        option=mode,
    )


async def follows(bench: Bench, cottage: CottageWorld, step: str) -> None:
    """See the vehicle take or give what the house leaves or needs, and the grid come to rest."""

    async def is_there() -> bool:
        wanted_a = -round(cottage.house_a(DARKENS_WITHIN_S))
        told_a = cottage.told_a(CHARGER)
        return (
            told_a is not None
            and abs(told_a - wanted_a) <= _CALM_A
            and abs(cottage.current_a - told_a) <= TOLERANCE_A
        )

    began_s = cottage.clock.now()
    await bench.expect(f"{step}: the vehicle follows", is_there)
    took_s = cottage.clock.now() - began_s
    await bench.settle(step)
    grid_w = cottage.grid_w()
    bench.tell(
        f"{step}: {cottage.current_a:+.0f} A after {took_s:.0f} s, {grid_w:+.0f} W at the grid"
    )
    bench.demand(
        f"{step}: {grid_w:+.0f} W are left at the grid", holds=abs(grid_w) <= _WITHIN_W
    )


async def follow_the_sun(bench: Bench, cottage: CottageWorld) -> None:
    """The vehicle takes what the roof leaves, through a cloud."""
    await follows(bench, cottage, "the sun shines")
    cottage.cloud(passes=LIGHT_THROUGH_CLOUD)
    await follows(bench, cottage, "a cloud before the sun")
    cottage.clear_sky()
    await follows(bench, cottage, "the cloud has passed")


async def turn(bench: Bench, cottage: CottageWorld) -> None:
    """The sun goes and the oven comes on: charge ends, a pause at zero, discharge begins."""
    await choose(bench, "solar_and_house")

    async def is_charging() -> bool:
        return cottage.current_a > 0

    await bench.expect("the vehicle charges", is_charging)
    turns = len(cottage.plug.rests_s())
    cottage.cloud(passes=0.0)
    cottage.switch_on("oven", OVEN_A)
    await follows(bench, cottage, "no sun, the oven is on")
    rests_s = cottage.plug.rests_s()[turns:]
    bench.tell(
        f"turned after {', '.join(f'{rest_s:.0f} s' for rest_s in rests_s)} at zero"
    )
    bench.demand(
        f"the direction turned with {rests_s} s at zero",
        holds=len(rests_s) == 1 and rests_s[0] >= TURN_PAUSE_S,
    )


async def feed_the_house(bench: Bench, cottage: CottageWorld) -> None:
    """The vehicle gives what the house needs, through a kettle."""
    await choose(bench, "house")
    cottage.switch_on("kettle", KETTLE_A)
    await follows(bench, cottage, "the kettle boils")
    cottage.switch_off("kettle")
    await follows(bench, cottage, "the kettle is off")


async def freeze_the_meter(bench: Bench, cottage: CottageWorld) -> None:
    """The Shelly hangs and repeats itself: the discharge is held, then stopped."""

    async def is_metered() -> bool:
        return cottage.is_metered()

    await bench.expect("the meter has caught up", is_metered)
    held_a = cottage.current_a
    since, asked = len(cottage.quasar.writes), len(cottage.meter.requests)
    began_s = cottage.clock.now()
    bench.tell(f"the meter hangs while {held_a:+.0f} A flow")
    cottage.meter.fault("hang")
    # The meter tells nothing of it.
    cottage.switch_on("kettle", KETTLE_A)
    await bench.expect("the meter is stale", lambda: _meter_is(bench, "stale"))
    bench.demand(
        f"a stale meter moved the vehicle from {held_a:+.1f} A to {cottage.current_a:+.1f} A",
        holds=cottage.current_a == held_a and not cottage.told(since),
    )

    async def is_stopped() -> bool:
        return not cottage.current_a

    await bench.expect("the discharge stops", is_stopped)
    took_s = cottage.clock.now() - began_s
    bench.tell(f"held, and stopped {took_s:.0f} s after the meter had hung")
    bench.demand(f"it took {took_s:.0f} s", holds=took_s <= LOST_WITHIN_S)
    bench.demand(
        f"it was told {cottage.told(since)}", holds=cottage.told(since)[:2] == _STOPPED
    )
    bench.demand(
        "the meter fell silent instead of repeating itself",
        holds=len(cottage.meter.requests) > asked + 10,
    )
    cottage.switch_off("kettle")
    cottage.meter.clear()
    await bench.expect("the meter is fresh", lambda: _meter_is(bench, "fresh"))
    await follows(bench, cottage, "the meter is back")


async def _meter_is(bench: Bench, freshness: str) -> bool:
    return await bench.meter() == freshness
