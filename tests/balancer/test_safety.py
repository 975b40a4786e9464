"""Rules 3, 4 and 8: what may be drawn at worst, the order of writes, leases."""

from dataclasses import replace
import math

import pytest

from custom_components.busbar.balancer.budget import budget_until
from custom_components.busbar.balancer.decision import Progress
from custom_components.busbar.balancer.inputs import (
    AmpereRange,
    Fallback,
    FallbackCause,
    LeaseRange,
    MemberStatus,
    WriteBudget,
    WriteInFlight,
)
from custom_components.busbar.balancer.model import NO_AMPS, ReasonKey

from .world import WARP, Box, House, all_phases, house_of, with_member

CLOUD = replace(WARP, typical_latency_s=8.0)


def test_decrease_before_increase() -> None:
    """The second charger is raised only after the first confirmed, and its car had its 5 s."""
    house = house_of(
        "ab", boxes=[Box(limit_a=16.0), Box(status=MemberStatus.NO_VEHICLE)]
    )
    house.run(30)
    house.boxes["b"].status = MemberStatus.CHARGING
    house.boxes["a"].latency_s = 4.0
    house.step()
    assert house.member("a").set_point is not None
    written_at = house.now
    while house.boxes["b"].limit_a <= 9.5:
        house.step()
        assert house.now < written_at + 60
    assert house.now >= written_at + 4 + 5
    waiting = [decision.members["b"] for decision in house.decisions]
    held_back = [one for one in waiting if one.progress is Progress.HELD_BACK]
    assert {one.waits_for for one in held_back if one.allocated_a > 9.5} == {("a",)}


def test_a_charger_that_never_tells_its_limit_shows_it_by_its_current() -> None:
    """Its reduction counts as taken once its car draws no more than that; nothing is repeated for ever."""
    silent_limit = {"confirmed_a": None, "confirmed_at": None, "commanded_a": 16.0}
    house = house_of("ab", boxes=[Box(limit_a=16.0, more=silent_limit), Box()])
    house.run(120)
    assert [box.limit_a for box in house.boxes.values()] == [12.5, 12.5]
    assert len(house.boxes["a"].writes) == 1


def test_old_and_new_count_while_a_command_is_open() -> None:
    """A reduction that got lost goes on counting in full, and is repeated."""
    house = house_of("ab", boxes=[Box(limit_a=16.0), Box(limit_a=6.0)])
    house.boxes["a"].is_deaf = True
    house.site = replace(house.site, default_target_a=all_phases(16.0))
    house.run(40)
    assert house.member("a").reserved_a == all_phases(16.0)
    assert house.member("a").progress is Progress.PENDING
    assert len(house.boxes["a"].writes) > 1
    assert "not_confirmed:a" in house.events()
    # One that does not obey leaves nothing to the other.
    assert house.boxes["b"].limit_a == 0.0


def test_fast_chargers_make_room_for_slow_ones() -> None:
    """While the slow one still holds, the fast one goes below its share, but not below its minimum."""
    boxes = [Box(limit_a=12.0), Box(limit_a=12.0, capabilities=CLOUD, latency_s=8.0)]
    house = house_of("ab", boxes=boxes)
    house.run(60)
    house.site = replace(house.site, default_target_a=all_phases(20.0))
    house.run(2)
    assert house.boxes["a"].limit_a == pytest.approx(7.5, abs=0.6)
    assert house.member("a").allocated_a == pytest.approx(10.0)
    assert house.member("a").waits_for == ("b",)
    house.run(60)
    assert house.boxes["a"].limit_a == house.boxes["b"].limit_a == 10.0


def test_a_silent_charger_keeps_its_reservation() -> None:
    """Without a documented fall its last limit stays reserved for ever, and others go on."""
    house = house_of("ab", rating_a=30.0)
    house.run(60)
    house.boxes["a"].is_heard = False
    house.run(600)
    silent = house.member("a")
    assert silent.is_silent
    assert silent.reason.key is ReasonKey.SILENT
    assert max(silent.reserved_a) == 15.0
    assert house.boxes["b"].limit_a == 15.0
    assert "silent:a" in house.events()
    house.boxes["a"].is_heard = True
    house.run(60)
    assert "back:a" in house.events()


def test_a_silent_charger_may_come_to_draw_more() -> None:
    """What it falls to after a restart or a plug is reserved although we set less."""
    falls = (Fallback(cause=FallbackCause.RESTART, current_a=None),)
    house = house_of(
        "ab", boxes=[Box(capabilities=replace(WARP, falls_to=falls)), Box()]
    )
    house.run(60)
    house.boxes["a"].is_heard = False
    house.run(120)
    assert max(house.member("a").reserved_a) == 16.0
    assert house.boxes["b"].limit_a == pytest.approx(9.0)


def test_after_its_documented_time_only_the_fall_is_reserved() -> None:
    """A charger that certainly fell to 6 A leaves the rest to others."""
    falls = (Fallback(cause=FallbackCause.SILENCE, current_a=6.0, after_s=120.0),)
    house = house_of(
        "ab", boxes=[Box(capabilities=replace(WARP, falls_to=falls)), Box()]
    )
    house.run(60)
    house.boxes["a"].is_heard = False
    house.run(120)
    assert max(house.member("a").reserved_a) == 12.5
    house.run(60)
    assert max(house.member("a").reserved_a) == 6.0
    assert house.boxes["b"].limit_a == 16.0


CUT_OFF = {"is_cut_off": True}
OFFLINE = replace(
    WARP,
    falls_to=(Fallback(cause=FallbackCause.SILENCE, current_a=12.0, after_s=math.inf),),
)


def test_a_charger_that_is_cut_off_counts_at_once_with_what_it_falls_to() -> None:
    """Nobody has to wait until it counts as silent; it is told of, and goes on being told of."""
    house = house_of("ab", boxes=[Box(capabilities=OFFLINE)], rating_a=20.0)
    house.run(60)
    assert [box.limit_a for box in house.boxes.values()] == [10.0, 10.0]
    away = house.boxes["a"]
    writes = len(away.writes)
    away.more = CUT_OFF
    house.step()
    assert house.member("a").reserved_a == all_phases(12.0)
    assert house.member("a").reason.key is ReasonKey.SILENT
    house.run(3)
    assert house.boxes["b"].limit_a == 8.0
    house.run(600)
    assert house.member("a").reserved_a == all_phases(12.0)
    assert house.boxes["b"].limit_a == 8.0
    assert len(away.writes) == writes


def test_a_charger_that_is_back_counts_its_fall_until_its_vehicle_follows() -> None:
    """Then everybody has again what they had."""
    house = house_of("ab", boxes=[Box(capabilities=OFFLINE)], rating_a=20.0)
    house.run(60)
    house.boxes["a"].more = CUT_OFF
    house.run(60)
    house.boxes["a"].more = {}
    house.run(5)
    assert house.member("a").reserved_a == all_phases(12.0)
    house.run(30)
    assert house.member("a").reserved_a == all_phases(10.0)
    assert [box.limit_a for box in house.boxes.values()] == [10.0, 10.0]
    assert "back:a" in house.events()


def test_a_charger_that_was_cut_off_at_the_start_counts_with_what_is_told() -> None:
    """Its last limit and its fall are known, so it is none that nobody ever heard."""
    away = Box(capabilities=OFFLINE, limit_a=7.0, more=CUT_OFF)
    house = house_of("ab", boxes=[away])
    house.run(120)
    assert house.member("a").reserved_a == all_phases(12.0)
    assert house.boxes["b"].limit_a == 13.0
    assert away.writes == []
    away.more = {}
    house.run(60)
    assert [box.limit_a for box in house.boxes.values()] == [12.5, 12.5]


def test_a_charger_that_never_answered_reserves_its_hardware() -> None:
    """Nothing is known of it but what it can draw, and it is never written to."""
    house = house_of("ab")
    house.boxes["a"].is_heard = False
    house.run(60)
    assert house.boxes["a"].writes == []
    assert house.member("a").set_point is None
    assert house.member("a").reason.key is ReasonKey.READING_BACK
    assert max(house.member("a").reserved_a) == 16.0
    house.boxes["a"].is_loaded = False
    house.run(1)
    assert house.member("a").reason.key is ReasonKey.NOT_LOADED


def test_a_plug_that_resets_a_limit_is_counted_and_corrected() -> None:
    """Until a younger report says otherwise the reset value counts."""
    falls = (Fallback(cause=FallbackCause.PLUG_IN, current_a=None),)
    boxes = [Box(capabilities=replace(WARP, falls_to=falls)), Box()]
    house = house_of("ab", boxes=boxes)
    house.run(30)
    box = house.boxes["a"]
    box.limit_a = 16.0
    box.more["plugged_in_at"] = house.now + 0.5
    house.run(20)
    assert box.limit_a == pytest.approx(12.5)
    assert not house.problems()


def test_a_write_in_flight_counts() -> None:
    """What is on its way to the charger may be in force any moment."""
    house = house_of("ab")
    house.run(60)
    house.boxes["a"].more["write"] = WriteInFlight(
        current_a=16.0, phases=None, sent_at=house.now
    )
    house.step()
    assert max(house.member("a").reserved_a) == 16.0


def test_both_phase_sets_count_while_a_charger_switches() -> None:
    """One phase is not trusted before the switch is over."""
    switching = replace(WARP, phases=frozenset({1, 3}), can_switch_phases=True)
    house = house_of("ab", boxes=[Box(capabilities=switching, phases=1), Box()])
    house.run(60)
    house.boxes["a"].more["is_switching_phases"] = True
    house.step()
    assert min(house.member("a").reserved_a) > 0


def test_more_than_the_set_point_counts_as_measured() -> None:
    """A car that ignores its pilot takes room from the others, and is a problem."""
    house = house_of("ab")
    house.run(60)
    house.boxes["a"].more["currents_a"] = (16.0, 16.0, 16.0)
    house.run(60)
    assert max(house.member("a").reserved_a) == 16.0
    assert "disobeys" in house.problems()


def test_write_budgets_hold_back_increases_only() -> None:
    """A cut is written at once, the way back waits for the minimum gap."""
    budget = WriteBudget(minimum_gap_s=60.0)
    house = house_of("a", boxes=[Box(capabilities=replace(WARP, write_budget=budget))])
    house.run(120)
    house.site = replace(house.site, default_target_a=all_phases(8.0))
    house.step()
    assert house.member("a").write_now
    cut_at = house.now
    house.site = replace(house.site, default_target_a=None)
    house.run(2)
    assert house.member("a").progress is Progress.HELD_BACK
    assert house.member("a").until_at == cut_at + 60
    house.run(60)
    assert house.boxes["a"].limit_a == 16.0


def test_an_account_shares_its_budget() -> None:
    """What one charger wrote counts for its neighbour on the same account."""
    budget = WriteBudget(per_minute=5, account="cloud")
    boxes = [Box(capabilities=replace(WARP, write_budget=budget)) for _ in range(3)]
    house = house_of("abc", boxes=boxes, rating_a=60.0)
    for _ in range(20):
        house.site = replace(house.site, default_target_a=all_phases(20.0))
        house.run(10)
        house.site = replace(house.site, default_target_a=None)
        house.run(10)
    raises = sorted(
        at
        for box in house.boxes.values()
        for (at, new_a), (_, old_a) in zip(box.writes[1:], box.writes, strict=False)
        if new_a > old_a
    )
    assert all(sum(at - 60 < one <= at for one in raises) <= 5 for at in raises)


def test_budget_until() -> None:
    """One write per span is kept for a reduction."""
    assert budget_until(WriteBudget(), [], 100.0) == 100.0
    assert budget_until(WriteBudget(per_hour=3), [90.0, 95.0], 100.0) == 90.0 + 3600.0
    assert budget_until(WriteBudget(per_minute=3), [10.0, 95.0], 100.0) <= 100.0


def test_memory_that_wears_is_never_written() -> None:
    """Such a charger is watched: its limit is reserved, and a problem says so."""
    wearing = replace(WARP, write_budget=WriteBudget(is_volatile=False))
    house = house_of("ab", boxes=[Box(capabilities=wearing, limit_a=10.0), Box()])
    house.run(60)
    assert house.boxes["a"].writes == []
    assert house.member("a").reason.key is ReasonKey.NOT_STEERED
    assert house.boxes["b"].limit_a == pytest.approx(15.0)
    assert "wears_memory" in house.problems()


def leased(ends_at_a: float) -> House:
    """Return a house with a charger that ends a limit by itself."""
    lease = LeaseRange(minimum_s=60.0, maximum_s=3600.0)
    falls = (Fallback(cause=FallbackCause.LEASE_END, current_a=ends_at_a),)
    capabilities = replace(WARP, lease=lease, falls_to=falls)
    return house_of("a", boxes=[Box(capabilities=capabilities, limit_a=6.0)])


def test_a_lease_that_ends_lower_is_used_and_renewed() -> None:
    """It is renewed before it ends, although nothing changed."""
    house = leased(6.0)
    house.run(5)
    leases = [
        decision.members["a"].set_point.lease_s
        for decision in house.decisions
        if decision.members["a"].write_now and decision.members["a"].set_point
    ]
    assert leases == [300.0]
    writes = len(house.boxes["a"].writes)
    house.run(900)
    assert writes + 3 <= len(house.boxes["a"].writes) <= writes + 6


def test_an_unchanged_value_needs_no_new_report() -> None:
    """Where a renewal causes no echo the last report stands."""
    house = leased(6.0)
    house.run(20)
    box = house.boxes["a"]
    box.more["confirmed_at"] = house.now
    writes = len(box.writes)
    house.run(600)
    assert house.member("a").progress is Progress.CONFIRMED
    assert len(box.writes) <= writes + 4


def test_a_lease_that_ends_higher_is_not_used() -> None:
    """The limit is written without, and a problem names the setting."""
    house = leased(32.0)
    house.run(5)
    assert "lease_ends_higher" in house.problems()
    point = house.member("a").set_point
    assert point is not None
    assert point.lease_s is None


def test_a_set_point_below_the_share_goes_without_a_lease_for_a_while() -> None:
    """Nobody has to mend what is within the share: the end of the lease fits, it only is not used now."""
    house = leased(6.0)
    circuit = replace(
        house.site.circuits[0], has_meter=True, fail_safe_a=all_phases(16.0)
    )
    house.site = replace(house.site, circuits=(circuit,))
    house.load_a = lambda now: all_phases(25.0)
    house.run(60)
    point = house.member("a").set_point
    assert point is not None
    assert (point.current_a, point.lease_s) == (0.0, None)
    assert house.memory.members["a"].share_a >= 6.0
    assert "lease_ends_higher" not in house.problems()


def test_a_lease_is_not_renewed_while_the_meter_is_stale() -> None:
    """Renewal is for healthy times only."""
    house = leased(6.0)
    circuit = replace(
        house.site.circuits[0], has_meter=True, fail_safe_a=all_phases(16.0)
    )
    house.site = replace(house.site, circuits=(circuit,))
    house.run(150)
    house.is_meter_dead = True
    house.run(8)
    writes = len(house.boxes["a"].writes)
    assert house.memory.members["a"].lease_ends_at is not None
    house.memory.members["a"].lease_ends_at = house.now + 5
    house.run(3)
    assert len(house.boxes["a"].writes) == writes


def test_a_set_point_ends_by_itself() -> None:
    """It reaches its coordinator with an end, and with what it falls to then."""
    house = house_of("a")
    house.run(3)
    point = house.member("a").set_point
    assert point is not None
    assert point.ends_at == house.now + 60.0
    assert house.decision.next_at is not None
    assert house.now < house.decision.next_at <= house.now + 30.0


def test_an_empty_charger_waits_at_its_minimum() -> None:
    """It counts once a car is there, or once it no longer answers."""
    boxes = [Box(limit_a=16.0, status=MemberStatus.NO_VEHICLE), Box()]
    house = house_of("ab", boxes=boxes)
    house.run(60)
    assert house.boxes["a"].limit_a == 6.0
    assert house.member("a").reserved_a == NO_AMPS
    assert house.member("a").reason.key is ReasonKey.STANDS_BY
    house.boxes["a"].is_heard = False
    house.run(120)
    assert max(house.member("a").reserved_a) == 6.0


def test_where_no_further_minimum_fits_it_waits_at_zero() -> None:
    """An empty charger is offered nothing where it would overload the circuit."""
    boxes = [Box(status=MemberStatus.NO_VEHICLE, limit_a=6.0), Box()]
    house = house_of("ab", boxes=boxes, rating_a=10.0)
    house.run(60)
    assert house.boxes["a"].limit_a == 0.0


def test_an_on_off_charger_gets_its_full_current_or_nothing() -> None:
    """It is a contender whose minimum is its maximum."""
    on_off = replace(WARP, charge=None, full_current_a=16.0)
    boxes = [Box(capabilities=on_off), Box()]
    house = house_of("ab", boxes=boxes, rating_a=25.0)
    house.run(60)
    assert {current_a for _, current_a in house.boxes["a"].writes} <= {0.0, 16.0}
    house.site = with_member(house.site, "a", priority=1)
    house.run(400)
    assert house.boxes["a"].limit_a == 16.0


def test_whole_amperes_are_kept() -> None:
    """A charger with whole amperes gets whole amperes, also where it has to wait for room."""
    whole = replace(WARP, charge=AmpereRange(minimum_a=6.0, maximum_a=16.0, step_a=1.0))
    house = house_of("abc", boxes=[Box(capabilities=whole) for _ in range(3)])
    house.run(120)
    assert sorted(box.limit_a for box in house.boxes.values()) == [8.0, 8.0, 9.0]
