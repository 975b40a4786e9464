"""One phase and three: the long pause, the refusals, and what is accepted in vain."""

import pytest

from simulators.warp import Fault
from simulators.world import CarSpec

from .conftest import Build, Wire

PATH = "power_manager/external_control"


async def external_control(wire: Wire) -> int:
    """Return whether phases can be switched: 0 yes, 1 no, 2 not now, 3 busy."""
    return int((await wire.get("power_manager/state"))["external_control"])


async def test_switching_takes_a_minute(wire: Wire) -> None:
    """Nothing flows meanwhile; another wish is refused, the same one is not."""
    wire.sim.plug(CarSpec())
    assert (await wire.put(PATH, {"phases_wanted": 1})).status == 200
    assert await external_control(wire) == 3
    assert list(wire.sim.measured_currents_a) == [0, 0, 0]
    assert (await wire.get("evse/low_level_state"))["phases_state"] == 1
    assert (await wire.put(PATH, 1)).status == 200
    assert (await wire.put(PATH, 3)).status == 400
    await wire.sim.advance(60)
    assert await external_control(wire) == 0
    assert list(wire.sim.measured_currents_a) == [16, 0, 0]
    low_level = await wire.get("power_manager/low_level_state")
    assert low_level["is_3phase"] is False
    assert (await wire.get("evse/low_level_state"))["phases_current"] == 1
    assert (await wire.put(PATH, 1)).status == 200
    assert await external_control(wire) == 0


@pytest.mark.parametrize("wanted", [0, 2, 4, 255])
async def test_other_numbers_are_400(wire: Wire, wanted: int) -> None:
    """One and three are all there is."""
    assert (await wire.put(PATH, wanted)).status == 400


async def test_switch_that_takes_too_long_is_400(build: Build, wire: Wire) -> None:
    """The same wish is refused after two minutes."""
    slow = Wire(wire.session, await build(phase_switch_s=1000))
    await slow.put(PATH, 1)
    await slow.sim.advance(120)
    assert (await slow.put(PATH, 1)).status == 200
    await slow.sim.advance(1)
    assert (await slow.put(PATH, 1)).status == 400


async def test_managed_charger_refuses(wire: Wire) -> None:
    """The path stays, for it was decided at the start."""
    wire.sim.fault(Fault.MANAGED)
    assert await external_control(wire) == 1
    assert (await wire.put(PATH, 1)).status == 400


@pytest.mark.parametrize("fault", [Fault.SWITCH_ERROR, Fault.CONTACTOR_ERROR])
async def test_error_refuses(wire: Wire, fault: Fault) -> None:
    """There is an error."""
    wire.sim.fault(fault)
    assert (await wire.put(PATH, 1)).status == 400


async def test_switch_error_shows(wire: Wire) -> None:
    """Number 2."""
    wire.sim.fault(Fault.SWITCH_ERROR)
    assert await external_control(wire) == 2


async def test_three_phases_for_a_one_phase_car_are_accepted_in_vain(
    wire: Wire,
) -> None:
    """200, and nothing happens."""
    await wire.put(PATH, 1)
    await wire.sim.advance(60)
    wire.sim.fault(Fault.CAR_ONE_PHASE)
    assert (await wire.get("evse/low_level_state"))["phases_info"] == 1
    assert (await wire.put(PATH, 3)).status == 200
    await wire.sim.advance(120)
    assert (await wire.get("evse/low_level_state"))["phases_current"] == 1


async def test_controller_goes_to_one_phase_by_itself(wire: Wire) -> None:
    """For a one-phase car, after half a minute, if that is switched on."""
    await wire.switch("evse/phase_auto_switch", on=True)
    wire.sim.plug(CarSpec(phases=1))
    await wire.sim.advance(30)
    assert (await wire.get("evse/low_level_state"))["phases_state"] == 1
    await wire.sim.advance(60)
    low_level = await wire.get("evse/low_level_state")
    assert (low_level["phases_current"], low_level["phases_info"]) == (1, 1)
    assert list(wire.sim.measured_currents_a) == [16, 0, 0]


async def test_energy_manager_switches_its_group(build: Build, wire: Wire) -> None:
    """Its contactor stands before all of them, and cuts them off while it moves."""
    manager = Wire(wire.session, await build(generation="wem"))
    member = await build(uid="EfGh", resume_wait_s=0)
    manager.sim.lead(member)
    member.plug(CarSpec())
    for _ in range(8):
        manager.sim.clock.advance(0.25)
        await manager.sim.catch_up()
        await member.catch_up()
    assert list(member.measured_currents_a) == [16, 16, 16]
    assert (await manager.put(PATH, 1)).status == 200
    await manager.sim.advance(1)
    await member.flush()
    assert list(member.measured_currents_a) == [0, 0, 0]
    await manager.sim.advance(60)
    await member.flush()
    assert list(member.measured_currents_a) == [16, 0, 0]
    assert await external_control(manager) == 0
