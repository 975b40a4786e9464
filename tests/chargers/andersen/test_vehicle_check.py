"""Hold the look for a vehicle: explicit, bounded, and closed again whatever happens."""

import pytest

from custom_components.busbar.chargers.errors import ConnectionFailed, Rejected
from simulators.andersen import Fault
from simulators.world import Car, CarSpec

from .conftest import Rig, shown, until
from .restoring import enabled, finished, looked, reborn, record, scheduled


@pytest.mark.parametrize("has_car", [True, False])
@pytest.mark.parametrize("is_locked", [True, False])
async def test_look_whether_a_vehicle_is_connected(
    rig: Rig, has_car: bool, is_locked: bool
) -> None:
    """Open, wait for the report, close: bounded, with the same guarantee (5.5)."""
    charger = await scheduled(rig, is_locked=is_locked)
    if has_car:
        rig.wall.plug_in(Car(CarSpec(phases=1)))
    assert shown(charger).vehicle_connected is None
    await charger.run_command("check_vehicle")
    assert shown(charger).values["pending_command"] == "check_vehicle"
    with pytest.raises(Rejected, match="under way"):
        await charger.run_command("check_vehicle")
    with pytest.raises(Rejected, match="look for a vehicle"):
        await charger.run_command("charge_now")
    outcome = await looked(rig, charger)
    assert outcome == ("connected" if has_car else "not_connected")
    await finished(rig, charger)
    assert rig.wall.user_lock is is_locked
    assert enabled(rig) == [False, True, False, True, False]


async def test_looking_keeps_whose_lock_it_is(rig: Rig) -> None:
    """A lock of ours is ours again afterwards, and may be opened by us."""
    charger = await rig.charger()
    await charger.set_locked(True)
    await rig.later(charger, 180)
    await charger.run_command("check_vehicle")
    await looked(rig, charger)
    await finished(rig, charger)
    assert shown(charger).values["lock_origin"] == "busbar"


async def test_where_the_plug_is_seen_nothing_is_opened(rig: Rig) -> None:
    """The answer is known."""
    charger = await rig.charger()
    await charger.run_command("check_vehicle")
    assert shown(charger).occurrences["vehicle_check"].kind == "not_connected"
    assert rig.cloud.commands == []


@pytest.mark.parametrize("fault", [Fault.EVSE_UNKNOWN, Fault.EVSE_FAULT])
async def test_where_opening_would_show_nothing_nothing_is_opened(
    rig: Rig, fault: Fault
) -> None:
    """Not hidden by a lock: 255 with both flags false would loop for ever."""
    await rig.cloud.fault(fault)
    rig.wall.publish()
    charger = await rig.charger()
    await charger.run_command("check_vehicle")
    assert shown(charger).occurrences["vehicle_check"].kind == "unclear"
    assert rig.cloud.commands == []


async def test_a_look_that_shows_nothing_ends(rig: Rig) -> None:
    """Five minutes, outages included; then everything is as it was."""
    charger = await scheduled(rig, is_locked=True)
    await rig.cloud.fault(Fault.IGNORES_COMMANDS)
    await charger.run_command("check_vehicle")
    await rig.cloud.fault(Fault.SERVER_ERROR)
    await rig.time.follow(15)
    await until(lambda: rig.time.is_pausing(15))
    await rig.cloud.fault(Fault.SERVER_ERROR, on=False)
    assert await looked(rig, charger) == "unclear"
    await rig.cloud.fault(Fault.IGNORES_COMMANDS, on=False)
    await finished(rig, charger)
    assert rig.wall.user_lock


async def test_a_look_ends_with_refused_credentials(rig: Rig) -> None:
    """Nothing more can be asked."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("check_vehicle")
    charger._client._auth._password = None
    await rig.cloud.fault(Fault.REVOKE_REFRESH)
    await until(lambda: rig.time.is_pausing(15))
    await rig.time.advance(3600)
    await until(lambda: not charger._keeper.is_busy)
    assert record(rig) is not None


async def test_a_look_that_cannot_begin_is_taken_back(rig: Rig) -> None:
    """The error is raised, the record is worked off."""
    charger = await scheduled(rig, is_locked=True)
    await rig.cloud.fault(Fault.COMMANDS_LOST)
    with pytest.raises(ConnectionFailed):
        await charger.run_command("check_vehicle")
    await rig.cloud.fault(Fault.COMMANDS_LOST, on=False)
    await finished(rig, charger)
    assert rig.wall.user_lock
    assert enabled(rig) == [False, True, False, True, False]


async def test_no_look_while_something_else_is_open(rig: Rig) -> None:
    """Two records would be one too many."""
    charger = await scheduled(rig)
    await charger.run_command("disable_schedules")
    rig.wall.user_lock = True
    await rig.later(charger, 240)
    with pytest.raises(Rejected, match="has not come to its end"):
        await charger.run_command("check_vehicle")


async def test_closing_in_the_middle_of_a_look_closes_the_charger(rig: Rig) -> None:
    """At once if the cloud is there, else at the next start."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("check_vehicle")
    await charger.close()
    assert rig.sent()[-2:] == ["userLock", "setSchedules"]
    again = await reborn(rig)
    await finished(rig, again)
    assert rig.wall.user_lock
    assert enabled(rig) == [False, True, False, True, False]


async def test_closing_without_a_cloud_leaves_it_to_the_next_start(rig: Rig) -> None:
    """The record is stored in any case."""
    charger = await scheduled(rig, is_locked=True)
    await charger.run_command("check_vehicle")
    await rig.cloud.fault(Fault.SERVER_ERROR)
    await charger.close()
    await rig.cloud.fault(Fault.SERVER_ERROR, on=False)
    stored = record(rig)
    assert stored is not None
    assert stored["phase"] == "closing"
    again = await reborn(rig)
    await finished(rig, again)
    assert rig.wall.user_lock
