"""The steps of the yard, in the order in which they run."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import pairwise
import math
from typing import Any, Final

from demo.api import ApiError
from demo.bench import TOLERANCE_A, Bench, slug

from .posts import Post
from .world import BARN, BARN_CIRCUIT_A, EASEES, RATING_A, WARPS, YardWorld
from .writes import count_by_kind

type Step = Callable[[Bench, YardWorld], Awaitable[None]]

SLOW_CLOUD_S: Final = 5.0
CAP_A: Final = 6.0
TARGETS: Final = 100
_MOVE_S: Final = 60.0
_TARGET_GAP_S: Final = 0.2
# What we allow ourselves over the whole account, of the twenty that the vendor allows.
BUDGET_PER_MINUTE: Final = 12


async def charge(bench: Bench, yard: YardWorld) -> None:
    """Wait until every car charges."""
    bench.tell("waiting for the cars to charge")

    async def is_charging() -> bool:
        return all(yard.drawn_a(name) > 0 for name in yard.posts)

    await bench.expect("every car charges", is_charging)


def target(target_a: float) -> Step:
    """Return the step that sets a target, which reaches both makes over their own wires."""

    async def step(bench: Bench, yard: YardWorld) -> None:
        bench.tell(f"setting the site current to {target_a:.0f} A")
        await bench.set_target(target_a)
        await bench.settle(f"{target_a:.0f} A")

    return step


async def cut_with_a_slow_cloud(bench: Bench, yard: YardWorld) -> None:
    """What is near makes room in its own time, while the command to the others is on its way."""
    bench.tell(f"cutting to 32 A while the cloud takes {SLOW_CLOUD_S:.0f} s")
    yard.cloud.latency_s = SLOW_CLOUD_S
    before_a = {
        name: drawn_a
        for name in yard.posts
        if (drawn_a := yard.drawn_a(name)) > 32 / len(yard.posts) + 1
    }
    began_s = yard.clock.now()
    fell = asyncio.create_task(_moved_at(yard, before_a))
    await bench.set_target(32)
    await bench.settle("32 A, slow cloud")
    after_s = {name: at_s - began_s for name, at_s in (await fell).items()}
    yard.cloud.latency_s = 1.0
    await _set_my_limit(bench, BARN, BARN_CIRCUIT_A)
    bench.tell(
        "drawing less after "
        + ", ".join(f"{name} {value:.1f} s" for name, value in after_s.items())
    )
    bench.demand(
        "a WARP waited for the cloud",
        holds=all(after_s[name] < SLOW_CLOUD_S for name in WARPS),
    )
    bench.demand(
        "the cloud was not as slow as it was meant to be",
        holds=all(
            SLOW_CLOUD_S <= value < math.inf
            for name, value in after_s.items()
            if name in EASEES
        ),
    )


async def make_room_through_a_slow_cloud(bench: Bench, yard: YardWorld) -> None:
    """What an Easee gives up, the others get only once its car has followed."""
    bench.tell(f"capping {BARN} to {CAP_A:.0f} A while the cloud is slow")
    yard.cloud.latency_s = SLOW_CLOUD_S
    before_a = {BARN: yard.drawn_a(BARN)}
    began_s = yard.clock.now()
    fell = asyncio.create_task(_moved_at(yard, before_a))
    await _set_my_limit(bench, BARN, CAP_A)
    await bench.settle(f"{BARN} capped, slow cloud")
    fell_s = (await fell)[BARN]
    raised_s = min(_raised_at(yard.posts[name], began_s) for name in WARPS)
    yard.cloud.latency_s = 1.0
    bench.tell(
        f"{BARN} draws less after {fell_s - began_s:.1f} s, the WARPs were raised after {raised_s - began_s:.1f} s"
    )
    bench.demand(
        f"the WARPs were raised before {BARN} had made room", holds=raised_s > fell_s
    )
    worst_a = max(yard.supply.chargers_maximum_a)
    bench.demand(
        f"the chargers drew {worst_a:.1f} A meanwhile",
        holds=worst_a <= RATING_A + TOLERANCE_A,
    )


async def refuse_commands(bench: Bench, yard: YardWorld) -> None:
    """A cloud that answers 503 fails an action visibly, in words and where it belongs."""
    bench.tell("the cloud answers every command with 503")
    await yard.switches.switch("commands_503", on=True)
    switch = f"switch.{slug(BARN)}_charging"
    try:
        await bench.api.perform("switch.turn_off", entity_id=switch)
    except ApiError as err:
        bench.tell(f'pausing {BARN} says "{err}"')
        bench.demand(f"the error is {err.key}", holds=err.key == "connection_failed")
    else:
        bench.demand(
            "a pause that the cloud refused looked like a success", holds=False
        )
    answer = await bench.set_target(40)
    errors = {member["name"]: member["error"] for member in answer["members"]}
    bench.tell(f"the answer to a target names {errors}")
    bench.demand(
        "the answer hides that the cloud failed",
        holds=any(errors[name] == "connection_failed" for name in EASEES),
    )
    bench.demand(
        "the answer blames chargers that are near",
        holds=not any(errors[name] for name in WARPS),
    )
    await yard.switches.switch("commands_503", on=False)
    await bench.settle("40 A after 503")


async def end_the_token(bench: Bench, yard: YardWorld) -> None:
    """The token dies in the middle, and nobody notices."""
    bench.tell("every token of the account dies")
    logins = yard.cloud.tokens.logins
    yard.cloud.tokens.revoke()
    answer = await bench.set_target(RATING_A)
    await bench.settle(f"{RATING_A:.0f} A, new token")
    errors = [member["error"] for member in answer["members"] if member["error"]]
    bench.demand(f"a dead token was noticed: {errors}", holds=not errors)
    bench.demand("nobody had to log in", holds=yard.cloud.tokens.logins == logins + 1)
    flows = await bench.api.command("config_entries/flow/progress")
    bench.demand("a person was asked for the password", holds=not flows)


async def end_the_stream(bench: Bench, yard: YardWorld) -> None:
    """The stream dies, and values go on: they are asked for instead."""
    bench.tell("the stream dies, and does not come back")
    negotiation = yard.cloud.fault("negotiate", status=503)
    await yard.cloud.hub.drop()
    before_a = {name: yard.drawn_a(name) for name in EASEES}
    began_s = yard.clock.now()
    moved = asyncio.create_task(_moved_at(yard, before_a))
    await bench.set_target(44)
    bench.demand(
        "a charger behind the cloud was not told its share without the stream",
        holds=math.inf not in (await moved).values(),
    )

    async def is_told() -> bool:
        states = await bench.api.states()
        return all(
            abs(_number(states[f"sensor.{slug(name)}_current_l1"]) - yard.drawn_a(name))
            < TOLERANCE_A
            for name in EASEES
        )

    await bench.expect("Home Assistant shows what the cars draw", is_told)
    bench.tell(
        f"their values were there after {yard.clock.now() - began_s:.1f} s without a stream"
    )
    bench.demand("the stream was there after all", holds=not yard.cloud.hub.is_heard)
    yard.cloud.end_fault(negotiation)


async def step_a_hundred_times(bench: Bench, yard: YardWorld) -> None:
    """Each target is a step of the balancer, and hardly one of them is worth a write to the cloud."""
    bench.tell(f"setting {TARGETS} targets, one every {_TARGET_GAP_S:.1f} s")
    entity_id = f"number.{slug(bench.scene.title)}_target"
    for number in range(TARGETS):
        value = RATING_A - number % 2 * 18
        await bench.api.perform("number.set_value", entity_id=entity_id, value=value)
        await asyncio.sleep(_TARGET_GAP_S)
    await bench.set_target(40)
    await bench.settle(f"40 A after {TARGETS} targets")
    bench.demand("the stream is not back", holds=yard.cloud.hub.is_heard)
    for line in count_by_kind(yard.cloud.writes):
        bench.tell(line.text)
        bench.demand(
            f"too many writes: {line.text}",
            holds=line.most_in_a_minute <= (0 if line.wears else BUDGET_PER_MINUTE),
        )


async def _set_my_limit(bench: Bench, name: str, current_a: float) -> None:
    entity_id = f"number.{slug(name)}_current_limit"
    await bench.api.perform("number.set_value", entity_id=entity_id, value=current_a)


def _raised_at(post: Post, since_s: float) -> float:
    """Return when a charger was first told more than before, in seconds of the world; never = infinite."""
    return min(
        (
            told.at_s
            for before, told in pairwise(post.told())
            if told.at_s >= since_s and told.current_a > before.current_a
        ),
        default=math.inf,
    )


async def _moved_at(yard: YardWorld, before_a: dict[str, float]) -> dict[str, float]:
    """Return when each charger began to draw something else, in seconds of the world; never = infinite."""
    moved_s: dict[str, float] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(_MOVE_S):
            while moved_s.keys() != before_a.keys():
                for name in before_a.keys() - moved_s.keys():
                    if abs(yard.drawn_a(name) - before_a[name]) > 0.5:
                        moved_s[name] = yard.clock.now()
                await asyncio.sleep(0.05)
    return {name: moved_s.get(name, math.inf) for name in before_a}


def _number(state: Any) -> float:
    try:
        return float(state["state"])
    except ValueError:
        return float("nan")


STEPS: Final[tuple[Step, ...]] = (
    charge,
    target(RATING_A),
    make_room_through_a_slow_cloud,
    refuse_commands,
    end_the_token,
    cut_with_a_slow_cloud,
    end_the_stream,
    step_a_hundred_times,
)
