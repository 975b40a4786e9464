"""Rules 8 to 10, memory, preview and what is told."""

from dataclasses import replace
import json

import pytest

from custom_components.busbar.balancer.controller import Changes, preview
from custom_components.busbar.balancer.decision import Freshness, Progress
from custom_components.busbar.balancer.inputs import (
    CircuitConfig,
    Fallback,
    FallbackCause,
    Inputs,
    MemberStatus,
    Target,
    Wish,
)
from custom_components.busbar.balancer.memory import Memory
from custom_components.busbar.balancer.model import ReasonKey

from .world import SUPPLY, WARP, Box, House, all_phases, house_of, with_member


def test_nothing_is_pushed_before_it_was_read_back() -> None:
    """A restart in the middle of a charge writes nothing, and decides as before."""
    house = house_of("ab")
    house.run(60)
    before = {key: one.allocated_a for key, one in house.decision.members.items()}
    house.restart()
    for box in house.boxes.values():
        box.writes.clear()
        box.heard_at = None
        box.is_heard = False
    house.run(10)
    assert house.decision.is_starting
    assert all(one.set_point is None for one in house.decision.members.values())
    for box in house.boxes.values():
        box.is_heard = True
    house.run(60)
    assert {
        key: one.allocated_a for key, one in house.decision.members.items()
    } == before
    assert all(box.writes == [] for box in house.boxes.values())


def test_the_start_waits_for_members_half_a_minute() -> None:
    """Then the others go on without the missing one, whose hardware stays reserved."""
    house = house_of("ab", boxes=[Box(is_loaded=False), Box(limit_a=6.0)])
    house.run(30)
    assert house.decision.is_starting
    assert house.boxes["b"].writes == []
    house.run(5)
    assert not house.decision.is_starting
    # Never seen at all: the person's own maximum is what may be drawn.
    assert house.boxes["b"].limit_a == 0.0
    assert house.member("a").reason.key is ReasonKey.NOT_LOADED


def test_an_overload_does_not_wait_for_the_start() -> None:
    """Who was read back is lowered for the fuse at once."""
    boxes = [Box(limit_a=16.0), Box(is_heard=False, status=MemberStatus.NO_VEHICLE)]
    house = house_of("ab", boxes=boxes, has_meter=True, fail_safe_a=all_phases(6.0))
    house.load_a = lambda now: all_phases(20.0)
    house.run(3)
    assert house.decision.is_starting
    assert house.boxes["a"].limit_a == 0.0


def test_what_was_on_its_way_at_a_crash_goes_on_counting() -> None:
    """Until a report is younger than any command could still be."""
    house = house_of("ab", boxes=[Box(limit_a=6.0), Box(limit_a=6.0)])
    house.run(10)
    house.boxes["a"].is_deaf = True
    house.site = replace(house.site, default_target_a=all_phases(12.0))
    house.run(3)
    house.restart()
    house.step()
    assert max(house.member("a").reserved_a) == 12.5


def test_memory_survives_json_and_a_clock_that_starts_anew() -> None:
    """Ages are stored, so that times are right on another monotonic clock."""
    house = house_of("abc", has_meter=True, fail_safe_a=all_phases(6.0))
    house.site = with_member(house.site, "c", contactor="k1")
    house.run(100)
    stored = json.loads(json.dumps(house.memory.as_dict(house.now)))
    restored = Memory.from_dict(stored, 5.0)
    for key, member in house.memory.members.items():
        assert member.on_at is not None
        assert restored.members[key].on_at == pytest.approx(
            5.0 - (house.now - member.on_at)
        )
        assert restored.members[key].status is member.status
    again = Memory.from_dict(json.loads(json.dumps(restored.as_dict(5.0))), house.now)
    assert again.as_dict(house.now) == restored.as_dict(5.0)


def test_an_empty_or_foreign_memory_is_no_problem() -> None:
    """Fields that are missing have defaults, unknown ones are ignored."""
    memory = Memory.from_dict(
        {"from_the_future": 1, "members": {"a": {"odd": 2}}}, 10.0
    )
    assert memory.members["a"].status is MemberStatus.UNKNOWN
    assert Memory.from_dict({}, 10.0).members == {}


def test_a_target_with_a_lease_falls_back_to_the_default() -> None:
    """When its time is over the default target is in force, and that is told."""
    house = house_of("ab")
    house.site = replace(house.site, default_target_a=all_phases(16.0))
    house.more["target"] = Target(currents_a=all_phases(25.0), ends_at=house.now + 60)
    house.run(50)
    assert house.decision.target_a == all_phases(25.0)
    assert house.decision.target_ends_at is not None
    # A set-point that only the lease justified falls to the share of the default.
    assert house.member("a").fail_safe_a == 8.0
    house.run(30)
    assert house.decision.target_a == all_phases(16.0)
    assert [box.limit_a for box in house.boxes.values()] == [8.0, 8.0]
    assert "target_ended:site" in house.events()
    house.more["target"] = Target(currents_a=all_phases(20.0))
    house.run(2)
    assert "target_changed:site" in house.events()


def test_another_master_is_reported_and_not_fought() -> None:
    """Its value is kept free, and is written against for a limit at most."""
    house = house_of("ab", rating_a=20.0)
    house.run(60)
    box = house.boxes["a"]
    box.writes.clear()
    for _ in range(200):
        box.limit_a = 13.0
        house.step()
    assert "second_master" in house.problems()
    assert house.member("a").reason.key is ReasonKey.OTHER_MASTER
    assert house.boxes["b"].limit_a == pytest.approx(7.0)
    writes = len(box.writes)
    for _ in range(300):
        box.limit_a = 13.0
        house.step()
    assert len(box.writes) == writes
    house.run(1300)
    assert not house.problems()
    assert box.limit_a == 10.0


def test_a_limit_is_defended_against_another_master_once_a_minute() -> None:
    """A fuse is no matter of manners."""
    house = house_of("a", rating_a=10.0)
    house.run(30)
    box = house.boxes["a"]
    for _ in range(400):
        box.limit_a = 16.0
        house.step()
    assert "second_master" in house.problems()
    times = [at for at, _ in box.writes if at > house.now - 250]
    assert 3 <= len(times) <= 5


def test_lag_is_no_other_master() -> None:
    """A charger that reports old values for a while is late, nothing else."""
    house = house_of("ab", boxes=[Box(limit_a=16.0, latency_s=12.0), Box()])
    house.run(120)
    assert not house.problems()
    house.boxes["a"].more["foreign_control"] = True
    house.step()
    assert "second_master" in house.problems()


def test_a_hand_on_the_slider_is_no_other_master() -> None:
    """What a person moves is written by the same hand as ours, and seen before we know of the wish."""
    house = house_of("ab")
    house.run(60)
    box = house.boxes["a"]
    for wish_a in (8.0, 10.0, 7.0, 9.0):
        box.limit_a = wish_a
        box.more |= {"commanded_a": wish_a, "commanded_at": house.now}
        house.run(3)
        house.wishes["a"] = Wish(cap_a=wish_a)
        house.run(30)
    assert not house.problems()
    assert box.limit_a == 9.0


def test_a_difference_that_lasts_has_another_master() -> None:
    """Also if our own value was never seen at the charger."""
    house = house_of("a", boxes=[Box(limit_a=6.0)])
    house.run(30)
    box = house.boxes["a"]
    box.is_deaf = True
    house.site = replace(house.site, default_target_a=all_phases(10.0))
    house.run(2)
    box.limit_a = 13.0
    house.run(120)
    assert "second_master" in house.problems()


def test_a_charger_that_does_not_follow_has_no_other_master() -> None:
    """What it had before shows that our command did not arrive."""
    house = house_of("a", boxes=[Box(limit_a=16.0)])
    house.run(30)
    house.site = replace(house.site, default_target_a=all_phases(10.0))
    house.boxes["a"].is_deaf = True
    house.run(300)
    assert not house.problems()
    assert "not_confirmed:a" in house.events()


def test_off_decides_and_shows_and_writes_nothing() -> None:
    """With balancing switched off nothing leaves the house."""
    house = house_of("ab", boxes=[Box(limit_a=16.0), Box(limit_a=16.0)])
    house.more["balancing"] = False
    house.run(60)
    assert all(box.writes == [] for box in house.boxes.values())
    assert house.member("a").set_point is None
    assert house.member("a").progress is Progress.NONE
    assert house.member("a").allocated_a == 12.5


def _inputs(house: House) -> Inputs:
    seen = {key: box.seen(house.now) for key, box in house.boxes.items()}
    return Inputs(
        members={key: item for key, item in seen.items() if item is not None},
        meters={} if house.reading is None else {SUPPLY: house.reading},
    )


def test_a_preview_answers_without_writing_or_remembering() -> None:
    """What if the target, the house load or a car were different."""
    house = house_of("ab", has_meter=True, fail_safe_a=all_phases(6.0))
    house.boxes["b"].status = MemberStatus.NO_VEHICLE
    house.load_a = lambda now: all_phases(5.0)
    house.run(60)
    before = house.memory.as_dict(house.now)

    def ask(changes: Changes) -> dict[str, float]:
        decision = preview(house.site, _inputs(house), house.memory, house.now, changes)
        assert all(one.set_point is None for one in decision.members.values())
        assert not any(one.write_now for one in decision.members.values())
        return {key: one.allocated_a for key, one in decision.members.items()}

    assert ask(Changes())["a"] == 16.0
    assert ask(Changes(target_a=all_phases(8.0)))["a"] == 8.0
    assert ask(Changes(house_load_a=all_phases(12.0)))["a"] == 12.0
    assert ask(Changes(arriving={"b"})) == {"a": 9.5, "b": 9.5}
    assert ask(Changes(leaving={"a", "nobody"}))["a"] == 6.0
    assert house.memory.as_dict(house.now) == before


def test_a_circuit_that_is_gone_frees_nobody() -> None:
    """Its members hold at their fail-safe share, and a problem says so."""
    house = house_of("ab", has_meter=True, fail_safe_a=all_phases(14.0))
    house.run(60)
    house.site = with_member(house.site, "a", circuit="gone")
    house.run(30)
    assert house.member("a").reason.key is ReasonKey.CIRCUIT_MISSING
    assert house.boxes["a"].limit_a == 7.0
    assert "circuit_missing" in house.problems()


def test_problems_of_the_set_up_are_named() -> None:
    """A rating below one minimum, and a fallback above the share."""
    falls = (Fallback(cause=FallbackCause.RESTART, current_a=None),)
    boxes = [Box(capabilities=replace(WARP, falls_to=falls))]
    house = house_of("a", boxes=boxes, has_meter=True, fail_safe_a=all_phases(6.0))
    house.run(5)
    assert house.problems() == {"fallback_above_share"}
    sub = CircuitConfig(key="sub", parent=SUPPLY, rating_a=all_phases(5.0))
    house.site = replace(house.site, circuits=(*house.site.circuits, sub))
    house.site = with_member(house.site, "a", circuit="sub")
    house.run(5)
    assert "rating_below_minimum" in house.problems()


def test_only_the_members_of_a_lost_meter_go_to_fail_safe() -> None:
    """A sub-board with its own meter falls alone."""
    house = house_of("ab", rating_a=40.0)
    sub = CircuitConfig(
        key="sub",
        parent=SUPPLY,
        rating_a=all_phases(25.0),
        has_meter=True,
        fail_safe_a=all_phases(8.0),
    )
    house.site = replace(house.site, circuits=(*house.site.circuits, sub))
    house.site = with_member(house.site, "a", circuit="sub")
    house.is_meter_dead = True
    house.run(120)
    assert house.boxes["a"].limit_a == 8.0
    assert house.boxes["b"].limit_a == 16.0
    assert house.decision.freshness is Freshness.LOST


def test_a_meter_that_was_removed_is_not_lost() -> None:
    """A person took it out of the site: the budget is static from then on."""
    house = house_of("a", has_meter=True, fail_safe_a=all_phases(6.0))
    house.run(60)
    house.site = replace(
        house.site, circuits=(replace(house.site.circuits[0], has_meter=False),)
    )
    house.is_meter_dead = True
    house.run(120)
    assert house.decision.freshness is Freshness.NO_METER
    assert not house.problems()
    assert house.boxes["a"].limit_a == 16.0


def test_an_overload_is_told() -> None:
    """Its start and its end are events of the circuit."""
    house = house_of("a", has_meter=True, fail_safe_a=all_phases(6.0))
    house.run(60)
    house.load_a = lambda now: all_phases(15.0)
    house.run(10)
    assert {"overload_started:supply", "overload_ended:supply"} <= set(house.events())


def test_the_distribution_is_one_line() -> None:
    """For an optional log."""
    house = house_of("ab")
    house.run(30)
    assert house.decision.line() == (
        "no target, headroom 0.0/0.0/0.0 A, meter no_meter: "
        "a 12.5 A on 3 (fair_share), b 12.5 A on 3 (fair_share)"
    )
    house.site = replace(house.site, members=(), default_target_a=all_phases(16.0))
    house.step()
    assert house.decision.line().endswith("no members")
