"""What a vehicle's battery forbids, and the rest between the directions."""

from dataclasses import replace
from itertools import pairwise

from custom_components.busbar.balancer.inputs import MemberStatus
from custom_components.busbar.balancer.memory import Memory
from custom_components.busbar.balancer.model import ReasonKey
from custom_components.busbar.balancer.modes import Mode

from .v2g import CAR, QUICK, Bidirectional, house_with

# Between the directions


def test_it_rests_before_it_turns() -> None:
    """A minute at zero lies between charging and discharging, and the reason says until when."""
    house = house_with(Mode.SOLAR_AND_HOUSE, load_w=400.0, sun_w=3000.0)
    house.run(60)
    assert house.charger.flows_a > 0
    house.sun_w, house.load_w = 0.0, 2000.0
    house.run(50)
    assert house.charger.told_a == 0.0
    assert house.member.reason.key is ReasonKey.TURN_PAUSE
    assert house.member.until_at is not None
    house.run(120)
    assert house.charger.flows_a == -9.0
    rest = [flow for flow in house.flows if abs(flow) < 0.5]
    last_charge = max(n for n, flow in enumerate(house.flows) if flow >= 1.0)
    first_discharge = next(n for n, flow in enumerate(house.flows) if flow <= -1.0)
    assert rest
    assert first_discharge - last_charge >= 60


def test_it_turns_so_often_an_hour_and_no_oftener() -> None:
    """What is used up comes back an hour later."""
    house = house_with(Mode.SOLAR_AND_HOUSE)
    house.options = replace(QUICK, turns_per_hour=2)
    for number in range(6):
        is_sunny = number % 2 == 0
        house.sun_w = 3000.0 if is_sunny else 0.0
        house.load_w = 300.0 if is_sunny else 2500.0
        house.run(200)
    signs = [1 if flow > 0 else -1 for flow in house.flows if abs(flow) >= 1.0]
    turns = sum(one != other for one, other in pairwise(signs))
    assert turns == 2
    assert house.member.reason.key is ReasonKey.TURNS_USED_UP
    assert house.member.until_at is not None
    house.run(3600)
    assert house.charger.flows_a < 0


def test_a_window_that_turns_it_rests_too() -> None:
    """The rest holds for every mode, whoever chose it."""
    house = house_with(Mode.CHARGE)
    house.run(60)
    assert house.charger.flows_a == 16.0
    house.mode = Mode.DISCHARGE
    house.run(50)
    assert house.charger.told_a == 0.0
    house.run(120)
    assert house.charger.flows_a == -16.0


def test_an_unknown_level_is_no_way_round_the_rest() -> None:
    """Charging at the minimum until the vehicle tells is a turn like any other."""
    house = house_with(Mode.DISCHARGE)
    house.run(60)
    assert house.charger.flows_a == -16
    house.charger.level = None
    house.mode, house.current_a = Mode.FIXED, 3.0
    house.run(45)
    assert house.member.reason.key is ReasonKey.TURN_PAUSE
    house.run(120)
    last_given = max(n for n, flow in enumerate(house.flows) if flow <= -1.0)
    first_taken = next(n for n, flow in enumerate(house.flows) if flow >= 1.0)
    assert first_taken - last_given >= 60


def test_nor_round_the_turns_of_an_hour() -> None:
    """What is used up is used up."""
    house = house_with(Mode.DISCHARGE)
    house.run(60)
    turned_at = tuple(house.now - seconds for seconds in range(6, 0, -1))
    house.memory.members[CAR].turned_at = turned_at
    house.charger.level = None
    house.mode, house.current_a = Mode.FIXED, 3.0
    house.run(300)
    assert house.charger.flows_a == 0
    assert house.member.reason.key is ReasonKey.TURNS_USED_UP


def test_a_restart_forgets_neither_turns_nor_rest() -> None:
    """What was turned counts after it, on any clock."""
    house = house_with(Mode.CHARGE)
    house.run(60)
    house.mode = Mode.DISCHARGE
    house.run(40)
    memory = Memory.from_dict(house.memory.as_dict(house.now), 5.0)
    member = memory.members["car"]
    assert member.flow_sign == 1
    assert member.flow_at is not None
    assert member.flow_at <= 5.0


# The battery of the vehicle


def test_a_battery_is_kept_between_floor_and_ceiling() -> None:
    """At the floor no discharge, at the ceiling no charge; it begins again two points away."""
    house = house_with(Mode.DISCHARGE)
    house.charger.level = 30.0
    house.run(30)
    assert house.charger.told_a == 0.0
    assert house.member.reason.key is ReasonKey.LEVEL_LOW
    house.charger.level = 31.0
    house.run(30)
    assert house.charger.told_a == 0.0
    house.charger.level = 32.0
    house.run(30)
    assert house.charger.told_a == -16.0
    house.mode, house.charger.level = Mode.CHARGE, 90.0
    house.run(120)
    assert house.member.reason.key is ReasonKey.LEVEL_HIGH
    house.charger.level = 89.0
    house.run(30)
    assert house.charger.told_a == 0.0
    house.charger.level = 88.0
    house.run(30)
    assert house.charger.told_a == 16.0


def test_what_rests_near_a_bound_begins_two_points_away() -> None:
    """As a charger does it that keeps the bounds itself: nothing is promised that it would refuse."""
    for mode, near, away, reason in (
        (Mode.DISCHARGE, 31.0, 32.0, ReasonKey.LEVEL_LOW),
        (Mode.CHARGE, 89.0, 88.0, ReasonKey.LEVEL_HIGH),
    ):
        house = house_with(Mode.OFF, charger=Bidirectional(level=near))
        house.mode = mode
        house.run(60)
        assert house.charger.writes == []
        assert house.member.reason.key is reason
        house.charger.level = away
        house.run(60)
        assert abs(house.charger.flows_a) == 16
        house.charger.level = near
        house.run(60)
        assert abs(house.charger.flows_a) == 16


def test_without_rules_of_its_own_a_charger_has_neither_floor_nor_ceiling() -> None:
    """What it does not tell does not bind."""
    house = house_with(Mode.DISCHARGE)
    house.charger.more = {"floor_percent": None, "ceiling_percent": None}
    house.charger.level = 3.0
    house.run(30)
    assert house.charger.told_a == -16.0


def test_an_unknown_state_of_charge_never_discharges() -> None:
    """It is charged at the minimum only, which makes most vehicles tell."""
    house = house_with(Mode.DISCHARGE, charger=Bidirectional(level=None))
    house.run(60)
    assert house.charger.writes == []
    assert house.member.reason.key is ReasonKey.LEVEL_UNKNOWN
    house.mode = Mode.CHARGE
    house.run(60)
    assert house.charger.told_a == 3.0
    assert house.member.reason.key is ReasonKey.LEVEL_UNKNOWN


def test_a_vehicle_that_sleeps_is_explained_by_what_holds_it_back() -> None:
    """Its own stop comes second to the mode that asks for nothing."""
    house = house_with(Mode.FIXED, current_a=-6.0, charger=Bidirectional(level=None))
    house.charger.more = {"status": MemberStatus.SUSPENDED_BY_VEHICLE}
    house.run(60)
    assert house.charger.writes == []
    assert house.member.reason.key is ReasonKey.LEVEL_UNKNOWN


def test_an_empty_place_is_told_nothing() -> None:
    """What is set there would flow as soon as a vehicle comes."""
    house = house_with(Mode.CHARGE)
    house.charger.status = MemberStatus.NO_VEHICLE
    house.charger.more = {"status": MemberStatus.NO_VEHICLE}
    house.run(120)
    assert house.charger.told_a == 0.0
    assert house.member.reason.key is ReasonKey.NO_VEHICLE


def test_a_vehicle_that_sleeps_discharges_like_any_other() -> None:
    """That it takes nothing says nothing about what it can give."""
    house = house_with(Mode.DISCHARGE)
    house.charger.more = {"status": MemberStatus.SUSPENDED_BY_VEHICLE}
    house.run(30)
    assert house.charger.told_a == -16.0
    assert house.member.reason.key is not ReasonKey.WAKING


def test_who_is_asked_for_nothing_waits_for_nothing() -> None:
    """Its turn does not come nearer while it is off."""
    house = house_with(Mode.OFF)
    house.run(30)
    assert house.memory.members["car"].waiting_at is None
