"""Limit circuits and chargers, and see what becomes of it."""

import math

import pytest

from custom_components.busbar.chargers.easee.client import NoAccess
from custom_components.busbar.chargers.easee.const import DETAILS_S
from custom_components.busbar.chargers.easee.observations import Obs
from custom_components.busbar.chargers.easee.reports import Row
from custom_components.busbar.chargers.easee.setpoint import Cause
from custom_components.busbar.chargers.errors import ConnectionFailed, Rejected
from custom_components.busbar.chargers.model import Fallback, FallbackCause, Limit
from simulators.easee import EaseeSimulator, plug_in

from .conftest import FIRST, LONE, LONE_ID, SECOND, SHARED_ID, MakeRig, Rig, settle

DYNAMIC = "dynamicCurrent"
OWN = "set_dynamic_charger_current"


def falls(fallbacks: tuple[Fallback, ...]) -> dict[FallbackCause, float | None]:
    """Return what a device falls to, by cause."""
    return {fall.cause: fall.current_a for fall in fallbacks}


async def test_alone_it_is_steered_by_its_circuit(rig: Rig) -> None:
    """The circuit's limit survives plug-in and resume; confirmed is the report after the command."""
    plug_in(rig.cloud, LONE)
    await rig.advance(2)
    charger = rig.charger()
    await charger.set_current(10)
    assert rig.written(DYNAMIC) == [
        {"phase1": 10, "phase2": 10, "phase3": 10, "timeToLive": 0}
    ]
    taken = rig.seen()
    assert taken.commanded_a == 10
    assert taken.is_confirmed is False, "HTTP 202 confirms nothing"
    await rig.advance(2)
    seen = rig.seen()
    assert seen.is_confirmed is True
    assert seen.confirmed_a == 10
    assert seen.confirmed_at is not None
    assert taken.commanded_at is not None
    assert seen.confirmed_at > taken.commanded_at
    assert seen.offered_a == 10
    assert seen.limiting is not None
    assert seen.limiting.key == "circuit_dynamic"
    assert seen.limiting.is_ours
    assert rig.circuit().rebuild().confirmed_a == 10


async def test_capabilities_say_what_it_falls_to(rig: Rig) -> None:
    """A lease ends at the offline maximum, a restart at all that fuse and maxima leave."""
    lone = rig.charger().capabilities
    assert lone.lease is not None
    assert not lone.is_group_member
    assert falls(lone.falls_to) == {
        FallbackCause.SILENCE: 6,
        FallbackCause.LEASE_END: 6,
        FallbackCause.RESTART: 16,
    }
    silent = {fall.cause: fall.after_s for fall in lone.falls_to}
    assert silent[FallbackCause.SILENCE] == math.inf, "never, where only we are silent"
    shared = rig.charger(FIRST).capabilities
    assert shared.lease is None
    assert shared.is_group_member
    assert falls(shared.falls_to) == {
        FallbackCause.PLUG_IN: 20,
        FallbackCause.RESTART: 20,
    }
    assert lone.charge is not None
    assert lone.charge.maximum_a == 16
    group = rig.circuit(SHARED_ID).capabilities
    assert falls(group.falls_to)[FallbackCause.LEASE_END] == 16
    assert lone.write_budget.volatile
    assert lone.write_budget.per_account


async def test_unknown_offline_limit_means_no_lease(rig: Rig) -> None:
    """What a lease would end at has to be known."""
    circuit = rig.circuit()
    circuit.reports._reports.pop(50)
    assert circuit.capabilities.lease is None
    assert falls(circuit.falls_to)[FallbackCause.SILENCE] is None


async def test_lease_ends_at_the_offline_limit(rig: Rig) -> None:
    """A time-to-live is in whole minutes, and its end is told with its cause."""
    plug_in(rig.cloud, LONE)
    await rig.charger().set_current(12, lease_s=90)
    assert rig.written(DYNAMIC)[0]["timeToLive"] == 2
    await rig.advance(60)
    assert rig.seen().is_confirmed is True
    await rig.advance(70)
    seen = rig.seen()
    assert seen.confirmed_a == 6
    assert seen.is_confirmed is False
    assert seen.occurrences["limit_reset"].kind == "lease_end"
    await rig.advance(60)
    assert rig.seen().foreign_control is None


async def test_lease_is_renewed_with_an_unchanged_value(rig: Rig) -> None:
    """The renewal is sent though nothing changes, and stays confirmed without an echo."""
    await rig.charger().set_current(12, lease_s=120)
    await rig.advance(90)
    first = rig.seen()
    await rig.charger().set_current(12, lease_s=120)
    await rig.advance(90)
    again = rig.seen()
    assert len(rig.written(DYNAMIC)) == 2
    assert again.confirmed_a == 12
    assert again.commanded_at == first.commanded_at
    assert again.is_confirmed is True


async def test_standing_report_confirms_an_equal_command(rig: Rig) -> None:
    """A value that is in force already causes no echo."""
    await rig.charger().set_current(12)
    await rig.advance(2)
    rig.circuit().set_point.commanded = None
    rig.circuit().set_point.commanded_at = None
    await rig.charger().set_current(12)
    assert rig.seen().is_confirmed is True


async def test_impossible_currents_are_refused_before_anything_is_sent(
    rig: Rig,
) -> None:
    """Between 0 and the minimum is nothing; a lease has its bounds."""
    for current_a in (-1, 3, 17):
        with pytest.raises(Rejected):
            await rig.charger().set_current(current_a)
    with pytest.raises(Rejected):
        await rig.charger().set_current(10, lease_s=65_000)
    with pytest.raises(Rejected):
        await rig.charger(FIRST).set_current(10, lease_s=300)
    with pytest.raises(Rejected):
        await rig.circuit().set_phase_currents((10, 10, 17))
    assert rig.cloud.writes == []


async def test_several_on_a_circuit_have_their_own_limits(rig: Rig) -> None:
    """The circuit is their cap; what plugging in resets is told with its cause."""
    first = rig.charger(FIRST)
    await first.set_current(8)
    assert rig.written(OWN) == [{"amps": 8, "minutes": 0}]
    await rig.advance(2)
    assert rig.seen(FIRST).is_confirmed is True
    await rig.circuit(SHARED_ID).set_phase_currents((20, 20.9, 20))
    assert rig.written(DYNAMIC)[-1]["phase2"] == 20
    plug_in(rig.cloud, FIRST)
    await rig.advance(40)
    seen = rig.seen(FIRST)
    assert seen.confirmed_a == 32
    assert seen.occurrences["limit_reset"].kind == "plug_in"
    assert seen.foreign_control is None
    await first.set_current(8)
    await rig.advance(2)
    assert rig.seen(FIRST).is_confirmed is True
    group = rig.circuit(SHARED_ID).rebuild()
    assert group.group_members == (f"easee_{FIRST}", f"easee_{SECOND}")
    assert group.currents_a == (8, 8, 8)


async def test_limits_of_the_circuit_are_seen_by_its_slaves(rig: Rig) -> None:
    """Only the master reports them."""
    await rig.circuit(SHARED_ID).set_current(18)
    await rig.advance(2)
    limits = {limit.key: limit.current_a for limit in rig.seen(SECOND).limits}
    assert limits == {
        "circuit_fuse": 32,
        "circuit_maximum": 32,
        "circuit_dynamic": 18,
        "charger_maximum": 32,
        "charger_dynamic": 32,
        "cable": 20,
    }


async def test_the_charge_plan_is_a_limit_while_it_decides(rig: Rig) -> None:
    """No value tells its amperes; what is offered does, and nothing while it waits."""
    plug_in(rig.cloud, LONE)
    plans = rig.cloud.chargers[LONE].plans
    window = {"startTime": "00:00:00", "stopTime": "23:59:59", "maximumAmps": 8}
    plans.store("daily", {"enabled": True, "timezone": "UTC", "periods": [window]})
    await rig.advance(3)
    seen = rig.seen()
    assert seen.offered_a == 8
    assert seen.limiting == Limit(key="schedule", current_a=8, is_momentary=True)
    falls_to = rig.charger().capabilities.falls_to
    assert falls(falls_to)[FallbackCause.RESTART] == 16, "a plan ends by itself"
    plans.switch("daily", on=False)
    await rig.advance(3)
    assert "schedule" not in {limit.key for limit in rig.seen().limits}


async def test_the_share_of_a_circuit_is_a_limit_while_it_decides(rig: Rig) -> None:
    """The vendor splits what a circuit may carry; a charger may also wait for its share."""
    for charger_id in (FIRST, SECOND):
        plug_in(rig.cloud, charger_id)
    await rig.circuit(SHARED_ID).set_current(20)
    await rig.advance(3)
    seen = rig.seen(FIRST)
    assert seen.offered_a == 10
    assert seen.limiting == Limit(key="load_balancing", current_a=10, is_momentary=True)
    await rig.circuit(SHARED_ID).set_current(8)
    await rig.advance(3)
    queued = rig.seen(SECOND)
    assert queued.values["reason_for_no_current"] == "queued"
    assert queued.limiting == Limit(
        key="load_balancing", current_a=0, is_momentary=True
    )


async def test_offline_master_applies_the_offline_limit(rig: Rig) -> None:
    """Without the cloud the dynamic limit does not count; nothing is measured that we hear."""
    rig.cloud.set_online(LONE, online=False)
    await rig.advance(1)
    seen = rig.seen()
    assert {limit.key for limit in seen.limits} >= {"circuit_offline"}
    assert "circuit_dynamic" not in {limit.key for limit in seen.limits}
    assert seen.status is None
    assert seen.power_w is None
    assert seen.currents_a == (None, None, None)
    assert seen.values["online"] is False
    assert seen.is_cut_off
    assert rig.circuit().rebuild().values["online"] is False
    assert rig.circuit().rebuild().is_cut_off
    with pytest.raises(ConnectionFailed):
        await rig.charger().set_current(10)


async def test_a_charger_that_never_said_whether_it_is_online_is_heard(
    rig: Rig,
) -> None:
    """Only what is told to have lost its cloud is counted as cut off, by its mode too."""
    charger = rig.charger()
    charger.reports._reports.pop(Obs.ONLINE)
    assert charger.is_online is None
    assert not charger.rebuild().is_cut_off
    charger.take(Row(number=Obs.MODE, value=0, epoch_s=None))
    assert charger.rebuild().is_cut_off
    charger.take(Row(number=Obs.ONLINE, value=True, epoch_s=None))
    assert charger.rebuild().is_cut_off
    charger.take(Row(number=Obs.MODE, value=3, epoch_s=None))
    assert not charger.rebuild().is_cut_off
    assert Cause.RESTART in charger.set_point._causes


async def test_restart_is_told_with_its_cause(rig: Rig) -> None:
    """Both dynamic limits go to their defaults."""
    await rig.charger().set_current(10)
    await rig.charger(FIRST).set_current(10)
    await rig.advance(2)
    await rig.charger().run_command("reboot")
    await rig.charger(FIRST).run_command("reboot")
    await rig.advance(100)
    for charger_id, value in ((LONE, 40), (FIRST, 32)):
        seen = rig.seen(charger_id)
        assert seen.confirmed_a == value
        assert seen.occurrences["limit_reset"].kind == "restart"
        assert seen.foreign_control is None
        assert seen.started_at == seen.confirmed_at


async def test_foreign_writer_is_told_and_not_fought(rig: Rig) -> None:
    """Another service of the account replaces our limits."""
    await rig.charger().set_current(10)
    await rig.charger(FIRST).set_current(10)
    await rig.advance(5)
    rig.cloud.circuits[LONE_ID].set_dynamic((14.0, 14.0, 14.0), None)
    rig.cloud.chargers[FIRST].dynamic_a = 14.0
    writes = len(rig.cloud.writes)
    await rig.advance(10)
    assert rig.seen().foreign_control is None, "lag until proven otherwise"
    await rig.advance(30)
    assert rig.seen().foreign_control == "another_service"
    assert rig.seen(FIRST).foreign_control == "another_service"
    assert len(rig.cloud.writes) == writes
    await rig.charger().set_current(14)
    assert rig.seen().is_confirmed is True
    assert rig.seen().foreign_control is None


@pytest.mark.parametrize("charger_id", [LONE, FIRST])
async def test_a_command_that_failed_and_was_taken_is_no_foreign_writer(
    rig: Rig, charger_id: str
) -> None:
    """A lost answer does not say what became of the request; the report does."""
    charger = rig.charger(charger_id)
    await charger.set_current(12)
    await rig.advance(5)
    fault = rig.cloud.fault(f"{DYNAMIC}|{OWN}", status=503)
    with pytest.raises(ConnectionFailed):
        await charger.set_current(8)
    assert rig.seen(charger_id).commanded_a == 12
    rig.cloud.circuits[LONE_ID].set_dynamic((8.0, 8.0, 8.0), None)
    rig.cloud.chargers[FIRST].dynamic_a = 8.0
    await rig.advance(40)
    seen = rig.seen(charger_id)
    assert seen.foreign_control is None
    assert seen.commanded_a == 8
    assert seen.is_confirmed is True
    rig.cloud.end_fault(fault)
    rig.cloud.circuits[LONE_ID].set_dynamic((14.0, 14.0, 14.0), None)
    rig.cloud.chargers[FIRST].dynamic_a = 14.0
    await rig.advance(40)
    assert rig.seen(charger_id).foreign_control == "another_service"


async def test_a_foreign_writer_shortly_after_a_plug_in_is_told(rig: Rig) -> None:
    """Plugging in explains the highest limit alone."""
    first = rig.charger(FIRST)
    await first.set_current(10)
    await rig.advance(5)
    plug_in(rig.cloud, FIRST)
    await rig.advance(5)
    assert rig.seen(FIRST).occurrences["limit_reset"].kind == "plug_in"
    await first.set_current(10)
    await rig.advance(5)
    rig.cloud.chargers[FIRST].dynamic_a = 20.0
    await rig.advance(40)
    assert rig.seen(FIRST).foreign_control == "another_service"


async def test_pause_and_resume_of_somebody_else_are_told(rig: Rig) -> None:
    """They are neither of ours nor another service that limits."""
    plug_in(rig.cloud, FIRST)
    await rig.advance(2)
    await rig.charger(FIRST).set_current(10)
    await rig.advance(300)
    for own_a, kind in ((0.0, "pause"), (32.0, "resume")):
        rig.cloud.chargers[FIRST].dynamic_a = own_a
        await rig.advance(300)
        seen = rig.seen(FIRST)
        assert seen.occurrences["limit_reset"].kind == kind
        assert seen.foreign_control is None


async def test_overtaking_commands_are_no_foreign_writer(rig: Rig) -> None:
    """The echo of a command of ours that was overtaken is not somebody else's."""
    charger = rig.charger()
    await charger.set_current(12)
    await rig.advance(0.75)
    rig.cloud.latency_s = 60
    await charger.set_current(8)
    await rig.advance(45)
    seen = rig.seen()
    assert seen.confirmed_a == 12
    assert seen.foreign_control is None


async def test_missing_right_falls_back_to_the_own_limit(rig: Rig) -> None:
    """The circuit refuses the account; the charger's own limit is written, and it says so."""
    rig.cloud.fault(DYNAMIC, status=403, body={"message": "Forbidden"})
    changes = rig.changes
    await rig.charger().set_current(10)
    assert rig.written(OWN) == [{"amps": 10, "minutes": 0}]
    await rig.advance(2)
    seen = rig.seen()
    assert seen.is_confirmed is True
    assert seen.values["steered_by"] == "charger"
    assert rig.charger().capabilities.lease is None
    assert rig.circuit().capabilities.charge is None
    assert rig.changes > changes
    with pytest.raises(NoAccess):
        await rig.circuit().set_phase_currents((10, 10, 10))


async def test_missing_right_may_come_back(rig: Rig) -> None:
    """One refusal is not for ever; what limited the charger meanwhile does not stay behind."""
    plug_in(rig.cloud, LONE)
    rig.cloud.fault(DYNAMIC, status=403, body={"message": "Forbidden"}, times=1)
    await rig.charger().set_current(10)
    await rig.advance(2)
    assert not rig.circuit().is_accessible
    await rig.jump(DETAILS_S + 1)
    for _ in range(5):
        await rig.connection.supervise_once()
    assert rig.circuit().is_accessible
    await rig.charger().set_current(14)
    await rig.advance(5)
    assert [body["amps"] for body in rig.written(OWN)] == [10, 32]
    assert rig.seen().values["steered_by"] == "circuit"
    assert rig.seen().is_confirmed is True
    assert rig.cloud.chargers[LONE].drawn_a == (14, 14, 14)
    await rig.charger().set_current(12)
    assert len(rig.written(OWN)) == 2


async def test_a_persons_pause_outlasts_a_right_that_comes_back(rig: Rig) -> None:
    """Lifted is only what is still ours."""
    plug_in(rig.cloud, LONE)
    rig.cloud.fault(DYNAMIC, status=403, body={"message": "Forbidden"}, times=1)
    await rig.charger().set_current(10)
    await rig.advance(2)
    rig.cloud.chargers[LONE].dynamic_a = 0.0
    await rig.advance(2)
    await rig.circuit().read_details()
    await rig.charger().set_current(14)
    await rig.advance(2)
    assert len(rig.written(OWN)) == 1
    assert rig.seen().charging_released is False


async def test_missing_right_is_noticed_when_opening(
    cloud: EaseeSimulator, make_rig: MakeRig
) -> None:
    """The settings of a circuit answer 403 to an account without the right to them."""
    cloud.fault("GET .*/circuits/501/", status=403, text="no")
    rig = await make_rig()
    assert not rig.circuit().is_accessible
    assert rig.seen().values["steered_by"] == "charger"
    await rig.charger().set_current(10)
    assert rig.written(DYNAMIC) == []


async def test_command_that_never_arrives_stays_unconfirmed(rig: Rig) -> None:
    """The cloud took it, the charger did not: nothing confirms it."""
    rig.cloud.faults.swallows_commands = True
    await rig.charger().set_current(9)
    await rig.advance(60)
    assert rig.seen().is_confirmed is False


async def test_command_that_the_charger_refuses_is_told(rig: Rig) -> None:
    """The answer of the charger comes by the stream."""
    rig.cloud.faults.refuses_commands = True
    await rig.charger().set_current(9)
    await rig.advance(3)
    assert rig.seen().occurrences["command_refused"].kind == "refused"
    assert rig.seen().is_confirmed is False


async def test_hundred_steps_write_nothing_persistent(rig: Rig) -> None:
    """A balancer within the budget of the capabilities is never refused, and wears nothing."""
    budget = rig.charger().capabilities.write_budget
    assert budget.per_minute is not None
    for step in range(100):
        await rig.charger().set_current(6 + step % 10)
        await rig.cloud.advance(60 / budget.per_minute)
    await settle()
    assert len(rig.cloud.writes) == 100
    assert rig.cloud.persistent_writes == []
