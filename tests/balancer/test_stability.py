"""Rules 6 and 7: dwell, rotation, welcome, wake-up, phases, demand."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.busbar.balancer.inputs import (
    ContactorState,
    MemberStatus,
    Options,
    VehicleMinimum,
    Wish,
)
from custom_components.busbar.balancer.model import ReasonKey
from custom_components.busbar.balancer.modes import Intent, Mode

from .world import WARP, Box, House, all_phases, house_of, with_member

SWITCHING = replace(WARP, phases=frozenset({1, 3}), can_switch_phases=True)


def narrow(keys: str = "ab", **more: Any) -> House:
    """Return a settled house with room for one charger only."""
    house = house_of(keys, rating_a=10.0, **more)
    house.run(60)
    return house


def test_a_waiting_car_gets_its_turn() -> None:
    """After the rotation time it takes the place of the other, and back again."""
    house = narrow()
    first = next(key for key, box in house.boxes.items() if box.limit_a)
    other = "b" if first == "a" else "a"
    assert house.member(other).reason.key is ReasonKey.WAITING_FOR_TURN
    assert house.member(other).until_at == pytest.approx(house.now - 59 + 900, abs=5)
    house.run(900)
    assert house.boxes[other].limit_a == 10.0
    assert house.boxes[first].limit_a == 0.0
    assert f"turn_taken:{other}" in house.events()
    house.run(930)
    assert house.boxes[first].limit_a == 10.0


def test_who_was_interrupted_too_often_is_spared_for_longer() -> None:
    """A session with its interruptions used up gives way every fourth rotation only."""
    house = narrow()
    first = next(key for key, box in house.boxes.items() if box.limit_a)
    house.site = replace(house.site, options=Options(interruptions_per_session=0))
    house.run(2000)
    assert house.boxes[first].limit_a == 10.0
    house.run(1700)
    assert house.boxes[first].limit_a == 0.0


def test_without_rotation_nobody_gives_way() -> None:
    """0 seconds switch it off."""
    house = narrow()
    first = next(key for key, box in house.boxes.items() if box.limit_a)
    house.site = replace(house.site, options=Options(rotation_s=0))
    house.run(3000)
    assert house.boxes[first].limit_a == 10.0


def test_a_new_car_is_welcomed_in_the_place_of_another() -> None:
    """It starts within moments, never above the limit."""
    boxes = [Box(), Box(status=MemberStatus.NO_VEHICLE)]
    house = narrow(boxes=boxes)
    house.run(300)
    house.boxes["b"].status = MemberStatus.CHARGING
    for _ in range(30):
        house.step()
        assert sum(box.limit_a for box in house.boxes.values()) <= 10.0
    assert house.boxes["b"].limit_a == 10.0
    assert house.boxes["a"].limit_a == 0.0


def test_the_minimum_on_time_goes_before_a_welcome() -> None:
    """A charger that was started a moment ago is not stopped for a new car."""
    boxes = [Box(status=MemberStatus.NO_VEHICLE), Box(status=MemberStatus.NO_VEHICLE)]
    house = narrow(boxes=boxes)
    house.boxes["a"].status = MemberStatus.CHARGING
    house.run(60)
    house.boxes["b"].status = MemberStatus.CHARGING
    house.run(100)
    assert house.boxes["a"].limit_a == 10.0
    assert house.boxes["b"].limit_a == 0.0


def test_a_stopped_charger_rests_before_it_starts_again() -> None:
    """The minimum off time holds although there is room again."""
    house = narrow("a")
    house.run(300)
    house.site = replace(house.site, default_target_a=all_phases(5.0))
    house.run(10)
    assert house.boxes["a"].limit_a == 0.0
    stopped_at = house.now - 9
    house.site = replace(house.site, default_target_a=None)
    house.run(60)
    assert house.member("a").reason.key is ReasonKey.MINIMUM_OFF
    assert house.member("a").until_at == pytest.approx(stopped_at + 210, abs=2)
    house.run(160)
    assert house.boxes["a"].limit_a == 10.0


def test_a_higher_priority_runs_and_a_lower_one_waits() -> None:
    """Rotation stays within one priority."""
    house = house_of("ab", rating_a=10.0)
    house.site = with_member(house.site, "b", priority=5)
    house.run(2000)
    assert house.boxes["b"].limit_a == 10.0
    assert house.boxes["a"].limit_a == 0.0
    assert house.member("a").reason.key is ReasonKey.LOWER_PRIORITY


def test_a_charger_starts_at_its_minimum() -> None:
    """More comes once its vehicle charges; one that hesitates is offered a little more."""
    house = house_of("a", boxes=[Box(status=MemberStatus.WANTS)])
    house.run(10)
    assert house.boxes["a"].limit_a == 6.0
    assert house.member("a").reason.key is ReasonKey.STARTS_AT_MINIMUM
    house.run(90)
    assert house.boxes["a"].limit_a == 9.0
    house.boxes["a"].status = MemberStatus.CHARGING
    house.run(10)
    assert house.boxes["a"].limit_a == 16.0


def test_a_charger_that_does_not_tell_is_not_kept_at_its_minimum() -> None:
    """Nothing says that its vehicle does not charge."""
    house = house_of("a", boxes=[Box(status=MemberStatus.UNKNOWN, measures=False)])
    house.run(100)
    assert house.boxes["a"].limit_a == 16.0


@pytest.mark.parametrize(
    ("vehicle", "phases", "least_a"),
    [
        (VehicleMinimum.ORDINARY, 3, 6.0),
        (VehicleMinimum.HIGH_ON_THREE_PHASES, 3, 9.2),
        (VehicleMinimum.HIGH_ON_THREE_PHASES, 1, 6.0),
    ],
)
def test_some_vehicles_need_more_on_three_phases(
    vehicle: VehicleMinimum, phases: int, least_a: float
) -> None:
    """9.2 A on three phases, 6 A on one, as the reference has it."""
    boxes = [Box(status=MemberStatus.WANTS, phases=phases)]
    house = house_of("a", boxes=boxes)
    house.site = with_member(house.site, "a", vehicle_minimum=vehicle)
    house.run(10)
    assert house.boxes["a"].limit_a == pytest.approx(least_a)


def test_a_car_that_takes_less_leaves_the_rest_to_others() -> None:
    """Its measured current plus 3 A is its demand, once it has settled; it is lifted when it wants more."""
    house = house_of("ab", boxes=[Box(wants_a=7.0), Box()])
    house.run(90)
    assert house.member("a").demand_a == 10.0
    assert house.member("a").reason.key is ReasonKey.LIMITED_BY_DEMAND
    assert house.boxes["a"].limit_a == 10.0
    assert house.boxes["b"].limit_a == 15.0
    house.boxes["a"].wants_a = 32.0
    house.run(60)
    assert house.boxes["a"].limit_a == pytest.approx(12.5)


def test_a_one_phase_car_counts_on_its_phase_only() -> None:
    """Once its phases are learned, it neither takes from others nor is stopped for what it does not use."""
    house = house_of("ab", boxes=[Box(car_phases=1), Box(car_phases=1)])
    house.site = with_member(house.site, "b", phase_map=(1, 2, 0))
    house.run(120)
    assert [box.limit_a for box in house.boxes.values()] == [16.0, 16.0]
    assert house.memory.members["a"].terminals == (True, False, False)
    house.boxes["a"].status = MemberStatus.NO_VEHICLE
    house.run(2)
    assert house.memory.members["a"].terminals is None


def test_a_full_car_gets_only_what_nobody_else_can_use() -> None:
    """It is offered leftovers, and loses them as soon as they are needed."""
    boxes = [Box(status=MemberStatus.SUSPENDED_BY_VEHICLE), Box(wants_a=8.0)]
    house = house_of("ab", rating_a=20.0, boxes=boxes)
    house.run(300)
    assert house.boxes["a"].limit_a == 9.0
    assert house.member("a").reason.key is ReasonKey.WAKING
    house.boxes["b"].wants_a = 16.0
    house.run(60)
    assert house.boxes["b"].limit_a == 16.0
    assert house.boxes["a"].limit_a == 0.0
    assert house.member("a").reason.key is ReasonKey.VEHICLE_STOPPED
    # Nothing is offered to it now, so its charger cannot say that it is full: that is remembered.
    house.boxes["a"].status = MemberStatus.WANTS
    house.run(300)
    assert house.boxes["b"].limit_a == 16.0


def test_sleeping_cars_are_woken_one_after_the_other() -> None:
    """Where leftovers are enough for one only, each gets its attempt."""
    asleep = MemberStatus.SUSPENDED_BY_VEHICLE
    house = house_of(
        "ab", rating_a=10.0, boxes=[Box(status=asleep), Box(status=asleep)]
    )
    house.run(120)
    first = next(key for key, box in house.boxes.items() if box.limit_a)
    house.run(240)
    assert house.boxes[first].limit_a == 0.0
    assert f"wake_up:{'b' if first == 'a' else 'a'}" in house.events()


def test_a_person_caps_stops_and_is_never_overruled() -> None:
    """A wish caps the allocation; who stopped a charger finds it stopped."""
    house = house_of("ab")
    house.wishes["a"] = Wish(cap_a=8.0)
    house.run(60)
    assert house.boxes["a"].limit_a == 8.0
    assert house.member("a").reason.key is ReasonKey.LIMITED_BY_WISH
    assert house.boxes["b"].limit_a == 16.0
    house.wishes["a"] = Wish(is_stopped=True)
    house.run(60)
    assert house.boxes["a"].limit_a == 0.0
    del house.wishes["a"]
    house.intents["a"] = Intent(mode=Mode.FIXED, current_a=7.0)
    house.run(300)
    assert house.boxes["a"].limit_a == 7.0
    assert house.member("a").reason.key is ReasonKey.LIMITED_BY_MODE


def test_limits_of_the_charger_itself_are_respected() -> None:
    """What it does not offer goes to the others, and a schedule that is closed makes it wait."""
    house = house_of("ab")
    house.boxes["a"].more["offered_by_others_a"] = 9.0
    house.run(60)
    assert house.boxes["b"].limit_a == 16.0
    assert house.member("a").reason.key is ReasonKey.LIMITED_BY_CHARGER
    house.boxes["a"].more["offered_by_others_a"] = 0.0
    house.run(10)
    assert house.member("a").reason.key is ReasonKey.NOT_READY


@pytest.mark.parametrize(
    "status", [MemberStatus.BLOCKED_BY_PERSON, MemberStatus.NO_VEHICLE]
)
def test_without_room_who_stands_by_says_why(status: MemberStatus) -> None:
    """A charger without a vehicle, or held back, waits for no turn."""
    house = house_of("ab", rating_a=10.0, boxes=[Box(status=status), Box()])
    house.run(60)
    keys = {
        MemberStatus.BLOCKED_BY_PERSON: ReasonKey.NOT_READY,
        MemberStatus.NO_VEHICLE: ReasonKey.NO_VEHICLE,
    }
    assert house.member("a").reason.key is keys[status]


METERED: dict[str, Any] = {"has_meter": True, "fail_safe_a": all_phases(6.0)}


def test_with_a_meter_chargers_start_one_wave_at_a_time() -> None:
    """And only where there was room all the time of late."""
    boxes = [Box(), Box(status=MemberStatus.WANTS), Box(status=MemberStatus.WANTS)]
    house = house_of("abc", rating_a=30.0, boxes=boxes, **METERED)
    house.load_a = lambda now: all_phases(1.0)
    house.run(30)
    house.load_a = lambda now: all_phases(25.0)
    house.run(30)
    house.load_a = lambda now: all_phases(1.0)
    seen = set()
    for _ in range(600):
        house.step()
        seen |= {house.member(key).reason.key for key in "abc"}
    assert {ReasonKey.ROOM_NOT_LASTING, ReasonKey.MINIMUM_OFF} <= seen
    assert all(box.limit_a >= 6.0 for box in house.boxes.values())


def test_one_phase_comes_before_none() -> None:
    """A three-phase charge goes to one phase where two of three are short, and back after its dwell."""
    house = house_of("a", boxes=[Box(capabilities=SWITCHING)])
    house.run(60)
    house.site = replace(house.site, default_target_a=(25.0, 4.0, 4.0))
    house.run(10)
    assert house.boxes["a"].phases == 1
    assert house.boxes["a"].limit_a == 16.0
    assert "phases_switched:a" in house.events()
    house.site = replace(house.site, default_target_a=None)
    house.run(200)
    assert house.boxes["a"].phases == 1
    house.run(150)
    assert house.boxes["a"].phases == 3
    assert house.boxes["a"].limit_a == 16.0


def test_with_a_meter_three_phases_come_back_only_for_lasting_room() -> None:
    """Room for a moment switches no contactor."""
    house = house_of("a", boxes=[Box(capabilities=SWITCHING)], **METERED)
    house.load_a = lambda now: (1.0, 1.0 if now % 120 < 60 else 20.0, 1.0)
    house.run(1500)
    assert house.boxes["a"].phases == 1
    house.load_a = lambda now: all_phases(1.0)
    house.run(700)
    assert house.boxes["a"].phases == 3


def test_a_wish_for_one_phase_is_kept() -> None:
    """A person who wants one phase gets one."""
    house = house_of("a", boxes=[Box(capabilities=SWITCHING)])
    house.wishes["a"] = Wish(phases=1)
    house.run(60)
    assert house.boxes["a"].phases == 1


def contactor_house() -> House:
    """Return two chargers behind one external contactor."""
    house = house_of("ab", rating_a=32.0)
    for key in "ab":
        house.site = with_member(house.site, key, contactor="k1")
    house.more["contactors"] = {"k1": ContactorState(phases=3)}
    house.run(60)
    return house


def _follow(house: House, seconds: int) -> list[tuple[float, int]]:
    """Let the contactor obey, and return when it was switched to what."""
    switched = []
    for _ in range(seconds):
        decision = house.step()
        for phases in decision.contactors.values():
            assert all(box.draws_a == 0 for box in house.boxes.values())
            switched.append((house.now, phases))
            house.more["contactors"] = {
                "k1": ContactorState(phases=phases, changed_at=house.now)
            }
            for box in house.boxes.values():
                box.phases = phases
    return switched


def test_an_external_contactor_switches_its_group_without_load() -> None:
    """All its members stop first, and come back after it settled; the way back has its dwell."""
    house = contactor_house()
    house.site = replace(house.site, default_target_a=(32.0, 4.0, 4.0))
    switched = _follow(house, 60)
    assert [phases for _, phases in switched] == [1]
    assert [box.limit_a for box in house.boxes.values()] == [16.0, 16.0]
    house.site = replace(house.site, default_target_a=None)
    assert _follow(house, 200) == []
    back = _follow(house, 200)
    assert [phases for _, phases in back] == [3]
    assert back[0][0] - switched[0][0] >= 300


def test_a_contactor_is_not_switched_while_a_member_is_silent() -> None:
    """Nobody knows whether it carries load."""
    house = contactor_house()
    house.boxes["a"].is_heard = False
    house.run(120)
    house.site = replace(house.site, default_target_a=(32.0, 4.0, 4.0))
    assert _follow(house, 120) == []


def test_a_contactor_that_tells_nothing_is_left_alone() -> None:
    """Without its state the members run with what they have."""
    house = contactor_house()
    house.more["contactors"] = {}
    house.site = replace(house.site, default_target_a=(32.0, 4.0, 4.0))
    assert _follow(house, 60) == []
