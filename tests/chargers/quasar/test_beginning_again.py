"""Begin again what ended by itself, and nothing that somebody or something ended."""

from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from .conftest import Rig


@pytest.mark.parametrize("current_a", [10, -10])
@pytest.mark.parametrize("state", [4, 7])
async def test_what_ended_by_itself_begins_again(
    charging: Rig, current_a: int, state: int
) -> None:
    """A passing error leaves it paused, the set-point in its register: it is asked again after a minute."""
    # Told twice, of which the second is served as long as it flows.
    await charging.charger.set_current(current_a)
    await charging.run(1000)
    assert charging.sim.machine.current_a == current_a
    charging.sim.writes.clear()
    charging.sim.machine.running = False
    charging.sim.machine.forced_state = state
    await charging.run(100 if state == 7 else 50)
    assert charging.sim.writes == []
    charging.sim.machine.forced_state = None
    await charging.run(50)
    await charging.run(50)
    assert charging.told() == [("CURRENT", current_a), ("ACTION", 1)]
    assert charging.sim.machine.current_a == current_a


async def test_what_does_not_begin_is_asked_ever_more_seldom(charging: Rig) -> None:
    """Five times within half an hour; a vehicle that wants no more is then left in peace until a new wish."""
    car = charging.sim.car
    assert car is not None
    car.ceiling_percent = 10
    await charging.run(3600 * 2)
    times = [write.time_s for write in charging.setpoints()]
    gaps_s = [later - sooner for sooner, later in pairwise(times)]
    assert len(times) == 5
    assert gaps_s == sorted(gaps_s)
    assert 60 <= gaps_s[0] <= gaps_s[-1] <= 905
    charging.sim.writes.clear()
    car.ceiling_percent = 97
    await charging.run(1200)
    assert charging.sim.writes == []
    await charging.charger.set_current(12)
    await charging.run(60)
    assert charging.sim.machine.current_a == 12


async def test_it_flaps(charging: Rig) -> None:
    """What begins and ends again within moments is not begun for ever."""
    for _ in range(240):
        charging.sim.machine.running = False
        await charging.run(30)
    assert len(charging.setpoints()) == 5


async def stopped(rig: Rig) -> None:
    """Have a person stop it."""
    await rig.charger.set_charging(released=False)


async def at_its_ceiling(rig: Rig) -> None:
    """Have it end at a person's ceiling."""
    await rig.charger.set_value("state_of_charge_ceiling", 45)


async def one_point_below_its_ceiling(rig: Rig) -> None:
    """Have it go on below a ceiling, where it could not begin."""
    await rig.charger.set_value("state_of_charge_ceiling", 51)


async def full(rig: Rig) -> None:
    """Have it end as the battery is full."""
    assert rig.sim.car is not None
    rig.sim.car.level_percent = 96.95
    await rig.run(50)


async def scheduled(rig: Rig) -> None:
    """Let a schedule of the app have the session."""
    rig.sim.machine.forced_state = 3


async def changed(rig: Rig) -> None:
    """Let somebody else write another set-point."""
    rig.sim.machine.setpoint_a = 20


async def asked_for_nothing(rig: Rig) -> None:
    """Want nothing."""
    await rig.charger.set_current(0)


@pytest.mark.parametrize(
    "happens",
    [
        stopped,
        at_its_ceiling,
        one_point_below_its_ceiling,
        full,
        scheduled,
        changed,
        asked_for_nothing,
    ],
)
async def test_what_did_not_end_by_itself_stays_ended(
    charging: Rig, happens: Callable[[Rig], Awaitable[None]]
) -> None:
    """There is somebody, or a limit, who ended it."""
    await happens(charging)
    await charging.run(10)
    charging.sim.machine.running = False
    charging.sim.writes.clear()
    await charging.run(1800)
    assert charging.sim.writes == []
