"""Throw everything at it in any order: what must never happen does not."""

import random

import pytest

from custom_components.busbar.chargers.errors import ChargerError, Rejected
from simulators.quasar import BatteryCar, Fault, Register

from .conftest import Rig

STEPS = 80
STEERED = {
    Register.CONTROL,
    Register.AUTOSTART,
    Register.WATCHDOG,
    Register.ACTION,
    Register.CURRENT,
}
FAULTS = (Fault.DROP_CLIENTS, Fault.NO_WRITES, Fault.BUSY, Fault.STATE_OF_CHARGE_FOUR)


async def one_step(rig: Rig, dice: random.Random, *, rough: bool) -> None:
    """Do something that a person, a site, a car or the weather might do."""
    event = dice.random()
    if event < 0.6:
        try:
            await rig.charger.set_current(
                dice.uniform(-32, 32) * dice.choice((0, 1, 1))
            )
        except ChargerError:
            return
    elif event < 0.66:
        rig.sim.unplug()
    elif event < 0.8:
        if rig.sim.car is None:
            rig.sim.plug(BatteryCar(level_percent=dice.uniform(10, 97)))
    elif rough and event < 0.9:
        rig.fault(dice.choice((*FAULTS, Fault.TAKE_CONTROL)))
    elif rough:
        rig.clear()


@pytest.mark.parametrize("seed", range(4))
async def test_guard_times_always_hold(ours: Rig, seed: int) -> None:
    """Only a stop and a reduction pass, the latter every six seconds."""
    dice = random.Random(seed)
    for _ in range(STEPS):
        await one_step(ours, dice, rough=False)
        await ours.run(dice.choice((0.5, 1, 2, 5, 12)))
    held_a, since_s, opens_s = 0, -100.0, -100.0
    for time_s, _, setpoint_a in ours.setpoints():
        assert setpoint_a == 0 or 3 <= abs(setpoint_a) <= 32
        grows = abs(setpoint_a) >= abs(held_a) or setpoint_a * held_a < 0
        if setpoint_a != 0 and grows:
            assert time_s >= opens_s
        elif setpoint_a != 0:
            assert time_s >= opens_s or time_s - since_s >= 6
        guard_s = 21.9 if held_a == 0 and setpoint_a else 5.9
        if setpoint_a or held_a:
            opens_s = time_s + guard_s
        held_a, since_s = setpoint_a, time_s
    assert len(ours.setpoints()) > 10


@pytest.mark.parametrize("seed", range(4))
async def test_in_any_weather(ours: Rig, seed: int) -> None:
    """No set-point that means nothing, no discharge that nobody knows the battery for."""
    dice = random.Random(100 + seed)
    for _ in range(STEPS):
        known = ours.snapshot.state_of_charge
        before = len(ours.sim.writes)
        await one_step(ours, dice, rough=True)
        written = [
            write.value
            for write in ours.sim.writes[before:]
            if write.register == Register.CURRENT
        ]
        if known is None or known <= 20:
            assert all(value >= 0 for value in written)
        await ours.run(dice.choice((0.5, 2, 5, 12, 35)))
    assert {abs(write.value) for write in ours.setpoints()}.isdisjoint({1, 2})
    # Restarting by register is useless where it would help, an update may destroy the charger, and nobody
    # moves its port or its set-points at rest.
    assert {value for _, value in ours.told(Register.ACTION)} == {1, 2}
    assert {write.register for write in ours.sim.writes} <= STEERED
    # In the end it does what it is told, whatever there was.
    ours.clear()
    if ours.sim.car is None:
        ours.sim.plug(BatteryCar())
    await ours.jump(700)
    ours.sim.plug(BatteryCar(level_percent=60))
    await ours.run(30)
    await ours.charger.set_current(7)
    await ours.run(45)
    assert ours.sim.machine.current_a == 7
    with pytest.raises(Rejected):
        await ours.charger.set_current(40)
    await ours.charger.set_current(0)
    await ours.run(12)
    assert ours.sim.machine.current_a == 0
