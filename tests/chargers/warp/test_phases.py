"""Switch phases, where that is possible."""

import pytest

from custom_components.busbar.chargers.errors import Rejected, Unsupported
from simulators.warp import Fault

from .conftest import MakeRig, show

EXTERNAL = "evse/external_current"


async def test_switch_phases(rig: MakeRig) -> None:
    """One phase is asked for, switched after its pause, and then shown."""
    house = await rig(phase_switch_s=20)
    assert house.offers().can_switch_phases
    assert house.offers().phases == {1, 3}
    await house.charger.set_phases(1)
    await house.time.advance(2)
    assert house.seen().phases_wanted == 1
    assert house.seen().is_switching_phases is True
    assert house.offers().can_switch_phases
    with pytest.raises(Rejected, match="already switching"):
        await house.charger.set_phases(3)
    await house.charger.set_phases(1)
    await house.time.advance(20)
    assert house.seen().phases == 1
    assert house.seen().is_switching_phases is False


async def test_phases_that_cannot_be_switched(rig: MakeRig) -> None:
    """Wishes that would be refused or forgotten are told with their reason."""
    house = await rig()
    with pytest.raises(Rejected, match="2 phases"):
        await house.charger.set_phases(2)
    show(house, "power_manager/state", {"external_control": 0})
    house.sim.fault(Fault.SWITCH_ERROR)
    with pytest.raises(Rejected, match="error"):
        await house.charger.set_phases(1)
    await house.time.advance(2)
    assert not house.offers().can_switch_phases
    with pytest.raises(Unsupported):
        await house.charger.set_phases(1)
    house.sim.clear()
    house.sim.fault(Fault.CAR_ONE_PHASE)
    await house.time.advance(2)
    with pytest.raises(Rejected, match="one-phase"):
        await house.charger.set_phases(3)
    assert house.sim.writes == []


async def test_phases_disabled_between_push_and_wish(rig: MakeRig) -> None:
    """What was pushed may be old: it is read again before the wish."""
    house = await rig()
    house.sim.device.controller.set_managed(enabled=True, now_s=house.sim.clock.now())  # type: ignore[union-attr]
    house.sim.device.settle()
    with pytest.raises(Rejected, match="disabled"):
        await house.charger.set_phases(1)


@pytest.mark.parametrize("generation", ["warp", "warp2"])
async def test_older_generations_do_not_switch(rig: MakeRig, generation: str) -> None:
    """Without the feature there is one phase count."""
    house = await rig(generation=generation)
    assert not house.offers().can_switch_phases
    assert house.offers().phases == {3}
    assert house.seen().phases == 3


async def test_phases_by_what_is_there(rig: MakeRig) -> None:
    """Without counts of the controller the contactor or the meter's wiring tells."""
    house = await rig()
    show(house, "evse/low_level_state", {})
    assert house.seen().phases == 3
    show(house, "power_manager/low_level_state", {"is_3phase": False})
    assert house.seen().phases == 1
    assert house.seen().is_switching_phases is False
    show(house, "power_manager/low_level_state", {})
    assert house.seen().phases is None
    show(house, "power_manager/state", {"external_control": 1})
    house.connection._link.states.forget("evse/phases_connected")
    show(house, "meter/phases", {"phases_connected": [True, False, False]})
    assert house.offers().phases == {1}
    assert house.seen().phases == 1
    assert house.seen().is_switching_phases is None
    show(house, "evse/phases_connected", {"phases": 3})
    assert house.offers().phases == {3}
