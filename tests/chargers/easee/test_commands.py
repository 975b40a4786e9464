"""Pause, resume, switch phases, and limit in watts."""

import pytest

from custom_components.busbar.chargers.errors import (
    ConnectionFailed,
    RateLimited,
    Rejected,
    Unsupported,
)
from custom_components.busbar.chargers.model import ChargerStatus, SwitchesPhases
from custom_components.busbar.chargers.power import PowerContext, limit_for_power
from simulators.easee import plug_in
from simulators.world import CarSpec

from .conftest import FIRST, LONE, LONE_ID, SECOND, SHARED_ID, MakeRig, Rig

DYNAMIC = "dynamicCurrent"
OWN = "set_dynamic_charger_current"


async def test_pause_and_resume(rig: Rig) -> None:
    """A person's pause is the charger's own limit at 0."""
    plug_in(rig.cloud, LONE)
    await rig.advance(2)
    await rig.charger().set_charging(released=False)
    await rig.advance(2)
    seen = rig.seen()
    assert seen.charging_released is False
    assert seen.status == "paused"
    await rig.charger().set_charging(released=True)
    await rig.advance(2)
    assert rig.seen().charging_released is True
    assert rig.seen().status == "charging"


async def test_nothing_is_paused_without_a_vehicle(rig: Rig) -> None:
    """The cloud would refuse it, at the cost of a login."""
    for released in (True, False):
        with pytest.raises(Rejected):
            await rig.charger().set_charging(released)
    assert rig.asked("_charging") == 0


async def test_resume_keeps_our_own_limit(rig: Rig) -> None:
    """Resuming would set it to its highest; the limit is written instead."""
    plug_in(rig.cloud, FIRST)
    await rig.advance(2)
    first = rig.charger(FIRST)
    await first.set_current(9)
    await rig.advance(2)
    await first.set_charging(released=False)
    await rig.advance(40)
    seen = rig.seen(FIRST)
    assert seen.charging_released is False
    assert seen.foreign_control is None
    with pytest.raises(Rejected, match="person"):
        await first.set_current(10)
    await first.set_charging(released=True)
    await rig.advance(2)
    assert rig.cloud.chargers[FIRST].dynamic_a == 9
    assert rig.asked("resume_charging") == 0
    assert rig.seen(FIRST).is_confirmed is True


async def test_resume_keeps_our_zero(rig: Rig, make_rig: MakeRig) -> None:
    """It is no current that a resume may give: the cloud's own goes to the highest."""
    plug_in(rig.cloud, FIRST)
    await rig.advance(2)
    first = rig.charger(FIRST)
    await first.set_current(0)
    await rig.advance(2)
    await first.set_charging(released=True)
    assert rig.seen(FIRST).charging_released is True
    await first.set_charging(released=False)
    await rig.advance(2)
    assert rig.seen(FIRST).charging_released is False
    await first.set_charging(released=True)
    await rig.advance(2)
    assert rig.seen(FIRST).charging_released is True
    restarted = await make_rig(state=rig.saved[-1])
    await restarted.charger(FIRST).set_charging(released=True)
    await rig.advance(2)
    assert rig.cloud.chargers[FIRST].dynamic_a == 0
    assert not rig.asked("resume_charging")
    await first.set_current(8)
    await rig.advance(2)
    assert rig.cloud.chargers[FIRST].dynamic_a == 8


async def test_resume_without_a_limit_of_ours(rig: Rig) -> None:
    """Then the cloud's own command is sent."""
    plug_in(rig.cloud, FIRST)
    await rig.advance(2)
    await rig.charger(FIRST).set_charging(released=False)
    await rig.advance(2)
    await rig.charger(FIRST).set_charging(released=True)
    await rig.advance(2)
    assert rig.cloud.chargers[FIRST].dynamic_a == 32
    assert rig.asked("resume_charging") == 1


async def test_our_zero_is_no_pause_also_after_a_restart(
    rig: Rig, make_rig: MakeRig
) -> None:
    """Whose 0 A it is cannot be seen at the charger, so it is remembered."""
    await rig.charger(FIRST).set_current(0)
    await rig.advance(2)
    assert rig.seen(FIRST).charging_released is True
    state = rig.saved[-1]
    again = await make_rig(state=state)
    assert again.seen(FIRST).charging_released is True
    await again.charger(FIRST).set_current(8)
    await rig.advance(2)
    await again.charger(FIRST).poll()
    assert again.saved[-1]["zeroed"] == []
    other = await make_rig()
    await rig.charger(FIRST).set_current(0)
    await rig.advance(2)
    await other.charger(FIRST).poll()
    assert other.seen(FIRST).charging_released is False


async def test_our_zero_does_not_show_as_paused(rig: Rig) -> None:
    """Whoever waits for its turn would be taken for one that a person holds back."""
    plug_in(rig.cloud, FIRST)
    await rig.advance(2)
    await rig.charger(FIRST).set_current(0)
    await rig.advance(3)
    assert rig.seen(FIRST).status is ChargerStatus.SUSPENDED_BY_CHARGER
    await rig.charger(FIRST).set_charging(released=False)
    await rig.advance(3)
    assert rig.seen(FIRST).status is ChargerStatus.PAUSED


async def test_our_zero_is_no_pause_when_its_answer_is_lost(rig: Rig) -> None:
    """It may have been taken, and then nobody but us is there to lift it."""
    plug_in(rig.cloud, FIRST)
    await rig.advance(2)
    first = rig.charger(FIRST)
    fault = rig.cloud.fault(OWN, status=503)
    with pytest.raises(ConnectionFailed):
        await first.set_current(0)
    rig.cloud.end_fault(fault)
    assert rig.saved[-1]["zeroed"] == [FIRST]
    rig.cloud.chargers[FIRST].dynamic_a = 0.0
    await rig.advance(3)
    assert rig.seen(FIRST).charging_released is True
    await first.set_current(10)
    await rig.advance(2)
    assert rig.seen(FIRST).confirmed_a == 10


async def test_our_zero_is_over_once_its_limit_has_risen(rig: Rig) -> None:
    """Somebody resumed, or a vehicle came: the next 0 A is a person's pause."""
    plug_in(rig.cloud, FIRST)
    await rig.advance(2)
    for ours_a, others_a in ((0, 32.0), (10, 10.0)):
        await rig.charger(FIRST).set_current(ours_a)
        await rig.advance(5)
        rig.cloud.chargers[FIRST].dynamic_a = others_a
        await rig.advance(5)
        assert rig.saved[-1]["zeroed"] == []
        rig.cloud.chargers[FIRST].dynamic_a = 0.0
        await rig.advance(5)
        assert rig.seen(FIRST).charging_released is False
        with pytest.raises(Rejected):
            await rig.charger(FIRST).set_current(10)
        await rig.charger(FIRST).set_charging(released=True)
        await rig.advance(5)


async def test_our_zero_is_over_when_it_has_risen_while_we_were_away(
    rig: Rig, make_rig: MakeRig
) -> None:
    """What is stored is compared with what the charger says first."""
    plug_in(rig.cloud, FIRST)
    assert rig.cloud.chargers[FIRST].dynamic_a == 32
    other = await make_rig(state={"zeroed": [FIRST]})
    assert other.saved[-1]["zeroed"] == []


async def test_our_zero_outlasts_the_echo_of_what_it_overtook(rig: Rig) -> None:
    """That limit was ours, and it was before."""
    plug_in(rig.cloud, FIRST)
    await rig.advance(2)
    first = rig.charger(FIRST)
    await first.set_current(0)
    await rig.advance(2)
    rig.cloud.latency_s = 60
    await first.set_current(10)
    await first.set_current(0)
    for value in (10.0, 0.0):
        rig.cloud.chargers[FIRST].dynamic_a = value
        await rig.advance(1)
        assert rig.seen(FIRST).confirmed_a == value
    assert rig.seen(FIRST).charging_released is True


async def test_a_zero_that_was_refused_is_not_ours(rig: Rig) -> None:
    """Nor is one that finds a person's pause: that stays a pause."""
    plug_in(rig.cloud, FIRST)
    await rig.advance(2)
    first = rig.charger(FIRST)
    fault = rig.cloud.fault(OWN, status=429, retry_after="1")
    with pytest.raises(RateLimited):
        await first.set_current(0)
    rig.cloud.end_fault(fault)
    rig.cloud.chargers[FIRST].dynamic_a = 0.0
    await rig.advance(3)
    assert rig.seen(FIRST).charging_released is False
    await first.set_current(0)
    assert rig.seen(FIRST).charging_released is False
    with pytest.raises(Rejected):
        await first.set_current(10)


async def test_phases_are_switched_by_literal_zeros(rig: Rig) -> None:
    """Zeros on two phases of the circuit leave one; the current stays."""
    plug_in(rig.cloud, LONE)
    charger = rig.charger()
    await rig.advance(2)
    assert charger.capabilities.can_switch_phases
    assert charger.capabilities.phases == {1, 3}
    await charger.set_current(10, lease_s=600)
    await charger.set_phases(1)
    assert rig.written(DYNAMIC)[-1] == {
        "phase1": 10,
        "phase2": 0,
        "phase3": 0,
        "timeToLive": 10,
    }
    await rig.advance(3)
    seen = rig.seen()
    assert seen.phases == 1
    assert seen.phases_wanted == 1
    assert seen.is_confirmed is True
    assert rig.cloud.chargers[LONE].drawn_a == (10, 0, 0)
    await charger.set_current(14)
    assert rig.written(DYNAMIC)[-1]["phase2"] == 0
    await charger.set_phases(3)
    await rig.advance(3)
    assert rig.seen().phases == 3
    with pytest.raises(Rejected):
        await charger.set_phases(2)
    group = rig.circuit()
    assert isinstance(group, SwitchesPhases)
    assert group.capabilities.can_switch_phases
    assert group.capabilities.phases == {1, 3}
    with pytest.raises(Unsupported):
        await rig.circuit(SHARED_ID).set_phases(1)


async def test_phases_after_a_lease_keep_what_it_fell_to(rig: Rig) -> None:
    """A current whose time is over does not come back with another number of phases."""
    charger = rig.charger()
    await charger.set_current(12, lease_s=60)
    await rig.advance(100)
    assert rig.seen().confirmed_a == 6
    await charger.set_phases(1)
    assert rig.written(DYNAMIC)[-1] == {
        "phase1": 6,
        "phase2": 0,
        "phase3": 0,
        "timeToLive": 0,
    }


async def test_phases_outlast_a_limit_of_zero(rig: Rig) -> None:
    """Zeros on all phases do not tell which were chosen, before them or meanwhile."""
    charger = rig.charger()
    await charger.set_current(10)
    await charger.set_phases(1)
    await charger.set_current(0)
    await rig.advance(2)
    assert rig.seen().phases_wanted == 1
    await charger.set_current(8)
    one = {"phase1": 8, "phase2": 0, "phase3": 0, "timeToLive": 0}
    assert rig.written(DYNAMIC)[-1] == one
    await charger.set_current(0)
    await charger.set_phases(3)
    await rig.advance(2)
    assert rig.seen().phases_wanted == 3
    await charger.set_current(8)
    assert rig.written(DYNAMIC)[-1]["phase3"] == 8
    await charger.set_current(0)
    await charger.set_phases(1)
    await rig.advance(2)
    await charger.set_current(8)
    assert rig.written(DYNAMIC)[-1] == one


async def test_phases_of_somebody_elses_limit_outlast_its_zero(rig: Rig) -> None:
    """What was reported before our first command is what the circuit goes on with."""
    circuit = rig.cloud.circuits[LONE_ID]
    for limits_a in ((9.0, 0.0, 0.0), (0.0, 0.0, 0.0)):
        circuit.set_dynamic(limits_a, None)
        await rig.advance(2)
    assert rig.seen().phases_wanted == 1
    await rig.charger().set_current(8)
    assert rig.written(DYNAMIC)[-1]["phase2"] == 0


async def test_phases_of_a_shared_circuit_are_not_switched(rig: Rig) -> None:
    """It would concern the other vehicle; a limit that would do it becomes nothing."""
    with pytest.raises(Unsupported):
        await rig.charger(FIRST).set_phases(1)
    circuit = rig.circuit(SHARED_ID)
    plug_in(rig.cloud, FIRST)
    await rig.advance(1)
    await circuit.set_phase_currents((16, 0, 0))
    assert rig.written(DYNAMIC)[-1]["phase1"] == 16
    plug_in(rig.cloud, SECOND, CarSpec(phases=1))
    await rig.advance(1)
    await circuit.set_phase_currents((16, 0, 0))
    assert rig.written(DYNAMIC)[-1]["phase1"] == 0


async def test_power_limit_over_the_wire(rig: Rig) -> None:
    """Watts become amperes per phase on the circuit, in one write."""
    plug_in(rig.cloud, LONE)
    await rig.advance(2)
    group = rig.circuit()
    offers = group.capabilities
    assert offers.charge is not None
    context = PowerContext(charge=offers.charge, can_switch=offers.can_switch_phases)
    for power_w, drawn_a in (
        (3680, (16, 0, 0)),
        (4000, (16, 0, 0)),
        (4140, (6, 6, 6)),
        (1000, (0, 0, 0)),
        (11040, (16, 16, 16)),
    ):
        limit = limit_for_power(power_w, context)
        await group.set_phase_currents(limit.currents_a)
        await rig.advance(3)
        assert rig.cloud.chargers[LONE].drawn_a == drawn_a
        assert group.rebuild().is_confirmed is True


async def test_phases_before_anything_is_known(rig: Rig) -> None:
    """Without a limit of ours or a report the circuit's maximum counts."""
    circuit = rig.circuit()
    for number in (111, 112, 113):
        circuit.reports._reports.pop(number)
    circuit.set_point.confirmed = None
    assert circuit.rebuild().confirmed_a is None
    await circuit.set_phases(1)
    assert rig.written(DYNAMIC)[-1]["phase1"] == 16


async def test_a_persons_zero_is_a_pause(rig: Rig) -> None:
    """Alone on its circuit the charger's own limit is not ours."""
    await rig.charger().set_value("charger_dynamic_limit", 0)
    await rig.advance(2)
    assert rig.seen().charging_released is False


async def test_a_disabled_charger_is_held_back(rig: Rig) -> None:
    """Whatever its limits say."""
    await rig.charger().set_value("enabled", value=False)
    await rig.advance(2)
    assert rig.seen().charging_released is False
    rig.charger().reports._reports.pop(48)
    await rig.charger().set_value("enabled", value=True)
    await rig.advance(2)
    assert rig.seen().charging_released is None
