"""The steps of the annexe, in the order in which they run; each is proven at the simulated charger."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from demo.bench import TOLERANCE_A, Bench
from simulators.world import Car, CarSpec

from .world import COACH_HOUSE, LODGE, ORCHARD, RATING_A, AnnexeWorld

type Step = Callable[[Bench, AnnexeWorld], Awaitable[None]]

CUT_TO_A: Final = 20.0
# Longer than any report takes here, and far shorter than the site waits before it repeats a command.
IGNORED_FOR_S: Final = 30.0
SLOT: Final = 2
NEW_START: Final = (23, 15)


async def lock_and_unlock(bench: Bench, annexe: AnnexeWorld) -> None:
    """A person locks and unlocks the charger that is in no site."""
    post = annexe.posts[ORCHARD]
    for action, is_locked in (("turn_on", True), ("turn_off", False)):
        bench.tell(f"{'locking' if is_locked else 'unlocking'} {ORCHARD}")
        entity_id = await _entity(bench, annexe, "switch", "lock")
        await bench.api.perform(f"switch.{action}", entity_id=entity_id)

        async def is_so(wanted: bool = is_locked, entity_id: str = entity_id) -> bool:
            states = await bench.api.states()
            shown = states[entity_id]["state"] == ("on" if wanted else "off")
            return shown and post.user_lock is wanted

        await bench.expect(f"{ORCHARD} is told and shows locked={is_locked}", is_so)


async def edit_one_slot(bench: Bench, annexe: AnnexeWorld) -> None:
    """The third slot gets another start, and only the third slot."""
    post = annexe.posts[ORCHARD]
    before = post.slots.wire()
    bench.tell(
        f"slot 3 of {ORCHARD} starts at {NEW_START[0]}:{NEW_START[1]} from now on"
    )
    entity_id = await _entity(bench, annexe, "time", "schedule_3_slot_start")
    await bench.api.perform(
        "time.set_value",
        entity_id=entity_id,
        time=f"{NEW_START[0]:02}:{NEW_START[1]:02}:00",
    )
    wanted = [dict(slot) for slot in before]
    wanted[SLOT] |= {"startHour": NEW_START[0], "startMinute": NEW_START[1]}

    async def is_changed() -> bool:
        return post.slots.wire()[SLOT] != before[SLOT]

    await bench.expect("slot 3 changes", is_changed)
    bench.demand("more than slot 3 changed", holds=post.slots.wire() == wanted)


async def charge_now_over_a_restart(bench: Bench, annexe: AnnexeWorld) -> None:
    """Home Assistant is restarted between charging now and putting back, and forgets nothing."""
    post = annexe.posts[ORCHARD]
    post.user_lock = True
    for key, index in (("sch1", 1), ("sch3", 3)):
        post.slots.write({key: {**post.slots.wire()[index], "enabled": True}})
    post.publish()
    before = post.slots.wire()
    device = {"device_id": await _device(bench, ORCHARD)}
    bench.tell(f"charging now at {ORCHARD}, which is locked and has two schedules")
    await bench.api.perform("busbar.charge_now", **device)

    async def is_open() -> bool:
        return not (post.user_lock or any(s["enabled"] for s in post.slots.wire()))

    await bench.expect("charge now opens everything", is_open)
    bench.tell("restarting Home Assistant")
    await bench.api.disconnect()
    await bench.process.stop()
    await bench.process.start()
    await bench.api.connect()
    restore = await _entity(bench, annexe, "binary_sensor", "schedule_restore_pending")

    async def is_back() -> bool:
        states = await bench.api.states()
        return states.get(restore, {}).get("state") == "on"

    await bench.expect("Home Assistant still knows what to put back", is_back)
    bench.demand("the restart closed the charger", holds=await is_open())
    bench.tell(f"putting {ORCHARD} back as it was")
    await bench.api.perform("busbar.restore_schedule", **device)

    async def is_restored() -> bool:
        return post.user_lock and post.slots.wire() == before

    await bench.expect("lock and schedules are as before", is_restored)


async def cut_what_does_not_listen(bench: Bench, annexe: AnnexeWorld) -> None:
    """The site locks its Andersen, which takes its time: nobody else is given its current before it is proven."""
    post = annexe.posts[COACH_HOUSE]
    bench.tell(f"waiting for {COACH_HOUSE} to charge with all it has")

    async def is_charging() -> bool:
        return annexe.drawn_a(COACH_HOUSE) > CUT_TO_A

    await bench.expect(f"{COACH_HOUSE} charges", is_charging)

    async def is_waiting() -> bool:
        return annexe.told_a(LODGE) == 0

    await bench.expect(f"{LODGE} has to wait", is_waiting)
    post.command_latency_s = IGNORED_FOR_S
    bench.tell(
        f"setting {CUT_TO_A:.0f} A, with a car at {LODGE}; {COACH_HOUSE} ignores its lock for {IGNORED_FOR_S:.0f} s"
    )
    annexe.warp.plug(Car(CarSpec(name="estate", phases=3, maximum_a=16, reaction_s=2)))
    await bench.set_target(CUT_TO_A)

    async def is_told() -> bool:
        return annexe.told_a(COACH_HOUSE) == 0

    await bench.expect(f"the site locks {COACH_HOUSE}", is_told)
    bench.demand(f"{COACH_HOUSE} obeyed at once", holds=annexe.drawn_a(COACH_HOUSE) > 0)
    given_early_a = 0.0

    async def is_locked() -> bool:
        nonlocal given_early_a
        if not post.user_lock:
            given_early_a = max(given_early_a, annexe.told_a(LODGE) or 0.0)
        return post.user_lock

    await bench.expect(f"{COACH_HOUSE} is locked", is_locked)
    bench.demand(
        f"{LODGE} was given {given_early_a:.1f} A before that",
        holds=given_early_a <= RATING_A - post.current_a + TOLERANCE_A,
    )

    async def has_room() -> bool:
        return annexe.drawn_a(LODGE) > CUT_TO_A / 2

    await bench.expect(f"{LODGE} gets what is left", has_room)
    bench.tell(
        f"{LODGE} draws {annexe.drawn_a(LODGE):.1f} A,"
        f" {max(annexe.supply.chargers_maximum_a):.1f} A together were the most"
    )


async def renew_the_token(bench: Bench, annexe: AnnexeWorld) -> None:
    """The token comes to its end, and the remembered device renews it; the password was sent once, at the start."""
    before = len(annexe.cloud.logins)
    first_at = annexe.cloud.logins[0].time_s
    bench.tell("waiting for the token to be renewed before its end")

    async def is_renewed() -> bool:
        return len(annexe.cloud.logins) > before

    await bench.expect("the token is renewed", is_renewed)
    refreshed = [one for one in annexe.cloud.logins if one.kind == "refresh"]
    kinds = [one.kind for one in annexe.cloud.logins]
    device_keys = {one.device_key for one in refreshed}
    bench.tell(
        f"logins in {annexe.clock.now() - first_at:.0f} s: {kinds.count('password')} by password,"
        f" {len(refreshed)} with the device"
    )
    bench.demand(
        "the refreshes were not all by the one device",
        holds=len(device_keys) == 1 and None not in device_keys,
    )
    bench.demand(f"logins were {kinds}", holds=set(kinds[1:]) == {"refresh"})
    bench.demand("the first login was no password", holds=kinds[0] == "password")
    bench.demand(
        "a login was refused", holds=all(o.accepted for o in annexe.cloud.logins)
    )


async def _entity(bench: Bench, annexe: AnnexeWorld, platform: str, key: str) -> str:
    """Return the id of an entity of the charger in no site."""
    unique_id = f"{annexe.identity_key(ORCHARD)}_{key}"
    listed = await bench.api.command("config/entity_registry/list")
    (found,) = (
        entity["entity_id"]
        for entity in listed
        if entity["unique_id"] == unique_id
        and entity["entity_id"].startswith(f"{platform}.")
    )
    return str(found)


async def _device(bench: Bench, name: str) -> str:
    """Return the device of a charger."""
    listed: list[dict[str, Any]] = await bench.api.command(
        "config/device_registry/list"
    )
    (found,) = (device["id"] for device in listed if device["name"] == name)
    return str(found)


STEPS: Final[tuple[Step, ...]] = (
    lock_and_unlock,
    edit_one_slot,
    charge_now_over_a_restart,
    cut_what_does_not_listen,
    renew_the_token,
)
