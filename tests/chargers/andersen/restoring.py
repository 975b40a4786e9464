"""Share what tests about putting back have in common."""

import pytest

from custom_components.busbar.chargers.andersen.charger import AndersenCharger

from .conftest import Rig, shown, until


def enabled(rig: Rig) -> list[bool]:
    """Return which slots are really on."""
    return [slot["enabled"] for slot in rig.wall.slots.wire()]


def record(rig: Rig) -> dict[str, object] | None:
    """Return what is stored to be put back."""
    stored = rig.state["chargers"][rig.wall.device_id].get("restore")
    assert stored is None or isinstance(stored, dict)
    return stored


async def scheduled(rig: Rig, *, is_locked: bool = False) -> AndersenCharger:
    """Return a charger whose second and fourth slot are on, outside their windows."""
    for key in ("sch1", "sch3"):
        slot = {**rig.wall.slots.wire()[1], "enabled": True}
        rig.wall.slots.write({key: slot})
    rig.wall.user_lock = is_locked
    rig.wall.publish()
    return await rig.charger()


async def reborn(rig: Rig) -> AndersenCharger:
    """Return the charger of a new start, with what was stored."""
    charger = await rig.charger({**rig.state, **rig.remembered()})
    charger.start()
    return charger


async def finished(rig: Rig, charger: AndersenCharger) -> None:
    """Let time pass until nothing is to be put back any more."""
    for _ in range(40):
        await until(lambda: rig.time.is_pausing(60) or not charger._keeper.is_busy)
        if shown(charger).values["schedule_restore_pending"] is False:
            return
        await rig.time.advance(60)
    pytest.fail("it was never put back")


async def looked(rig: Rig, charger: AndersenCharger) -> str:
    """Let time pass until a look for a vehicle has ended, and return how."""

    def has_ended() -> bool:
        return "vehicle_check" in shown(charger).occurrences

    while not has_ended():
        await until(lambda: rig.time.is_pausing(15) or has_ended())
        if not has_ended():
            await rig.time.advance(15)
    return shown(charger).occurrences["vehicle_check"].kind
