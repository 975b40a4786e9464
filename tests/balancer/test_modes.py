"""Modes, the home battery, and the limits that come after every mode."""

from dataclasses import replace

from custom_components.busbar.balancer.decision import ProblemKind
from custom_components.busbar.balancer.inputs import MemberStatus
from custom_components.busbar.balancer.model import ReasonKey
from custom_components.busbar.balancer.modes import Intent, Mode

from .v2g import BIDIRECTIONAL, QUICK, VOLTAGE_V, house_with
from .world import SUPPLY, Box, house_of

# Modes that follow nothing


def test_off_charge_discharge_and_fixed() -> None:
    """Each does what its name says; a most caps it."""
    house = house_with(Mode.CHARGE)
    house.run(60)
    assert house.charger.told_a == 16.0
    house.current_a = 10.0
    house.run(30)
    assert house.charger.told_a == 10.0
    house.mode, house.current_a = Mode.FIXED, 5.0
    house.run(30)
    assert house.charger.told_a == 5.0
    assert house.member.reason.key is ReasonKey.LIMITED_BY_MODE
    house.mode = Mode.OFF
    house.run(30)
    assert house.charger.told_a == 0.0
    house.run(60)
    house.mode, house.current_a = Mode.DISCHARGE, 7.0
    house.run(60)
    assert house.charger.told_a == -7.0
    house.mode, house.current_a = Mode.FIXED, -4.0
    house.run(30)
    assert house.charger.told_a == -4.0


def test_hands_off_writes_nothing_and_keeps_free_what_it_may_do() -> None:
    """What it may come to draw and give is reserved; asked again, it is read back first."""
    house = house_with(Mode.CHARGE)
    house.run(60)
    house.mode = Mode.HANDS_OFF
    house.run(1)
    writes = len(house.charger.writes)
    house.charger.told_a = -8.0
    house.run(200)
    assert len(house.charger.writes) == writes
    assert house.member.set_point is None
    assert house.member.reason.key is ReasonKey.HANDS_OFF
    assert house.member.reserved_a[0] == 32.0
    house.mode = Mode.OFF
    house.run(20)
    assert house.charger.told_a == 0.0


# The home battery and the feed-in limit


def test_a_home_battery_is_not_emptied_into_the_vehicle() -> None:
    """What it gives is no sun, whatever the meter shows."""
    house = house_with(Mode.SOLAR, load_w=0.0, sun_w=0.0)
    # The battery covers the house and more: the grid shows export.
    house.sun_w, house.battery_w = 3000.0, -3000.0
    house.run(120)
    assert house.charger.writes == []


def test_the_battery_goes_first_unless_a_person_says_otherwise() -> None:
    """What it takes is sun for vehicles only where they go first; it is never a need of the house."""
    for first, told_a in ((True, 0.0), (False, 13.0)):
        house = house_with(Mode.SOLAR, load_w=3000.0, sun_w=3000.0, battery_w=3000.0)
        house.options = replace(QUICK, battery_goes_first=first)
        house.run(90)
        assert house.charger.told_a == told_a
    house = house_with(Mode.HOUSE, load_w=3000.0, battery_w=3000.0)
    house.run(90)
    assert house.charger.writes == []


def test_no_more_is_exported_than_may_be() -> None:
    """A discharge keeps to the feed-in limit, with what the house takes on top."""
    house = house_with(Mode.DISCHARGE, load_w=920.0)
    house.options = replace(QUICK, feed_in_limit_w=1150.0)
    house.run(90)
    assert house.charger.told_a == -9.0
    assert house.member.reason.key is ReasonKey.LIMITED_BY_FEED_IN
    house.load_w = 0.0
    house.run(60)
    assert house.charger.told_a == -5.0
    house.options = replace(QUICK, feed_in_limit_w=0.0)
    house.run(60)
    assert house.charger.told_a == 0.0


# The fuse


def test_a_discharge_shrinks_at_once_when_export_is_the_problem() -> None:
    """The sun comes out while it discharges: the export fuse goes before every gap between writes."""
    house = house_with(Mode.DISCHARGE, load_w=0.0, export_rating_a=17.0)
    house.run(60)
    assert house.charger.told_a == -16.0
    house.sun_w = 10 * VOLTAGE_V
    house.run(2)
    assert house.charger.told_a == -6.0
    assert house.member.reason.key is ReasonKey.LIMITED_BY_EXPORT
    house.run(20)
    assert -house.grid_w <= 17.0 * VOLTAGE_V


def test_a_discharge_is_no_disobedience() -> None:
    """On one phase of three nothing flows, and that is not more than was allowed."""
    house = house_with(Mode.HOUSE, load_w=2700.0)
    house.run(200)
    assert house.charger.flows_a == -12.0
    kinds = {problem.kind for one in house.decisions for problem in one.problems}
    assert ProblemKind.DISOBEYS not in kinds


def test_a_discharge_is_kept_when_import_is_the_problem() -> None:
    """An overload that is not ours is no reason to stop helping."""
    house = house_with(Mode.DISCHARGE, load_w=3000.0, rating_a=25.0)
    house.run(60)
    house.load_w = 12000.0
    house.run(30)
    assert house.decisions[-1].circuits[SUPPLY].is_overloaded
    assert house.charger.told_a == -16.0


def test_the_fuse_goes_before_the_mode() -> None:
    """Charging is cut for the house, whatever was asked for."""
    house = house_with(Mode.CHARGE, load_w=1000.0, rating_a=25.0)
    house.run(60)
    assert house.member.asked_a == 16.0
    house.load_w = 4000.0
    house.run(2)
    assert house.charger.told_a == 6.0
    house.run(20)
    assert house.grid_w <= 25.0 * VOLTAGE_V


def test_a_discharge_that_ends_by_itself_lifts_nobody() -> None:
    """Who charges beside it was never given what it gave."""
    discharging = replace(BIDIRECTIONAL, phases=frozenset({3}))
    boxes = [Box(), Box(capabilities=discharging, more={"state_of_charge": 60.0})]
    house = house_of("ab", boxes=boxes, has_meter=True, fail_safe_a=(6.0, 6.0, 6.0))
    house.intents["b"] = Intent(mode=Mode.FIXED, current_a=-10.0)
    house.load_a = lambda now: (12.0, 12.0, 12.0)
    house.run(120)
    assert house.boxes["b"].draws_a == -10.0
    house.boxes["b"].status = MemberStatus.FAULT
    house.step()
    assert max(house.flow_a()) <= 25.0


def test_export_does_not_wait_for_the_gap_between_writes() -> None:
    """A person lowered it a second ago; the fuse is asked before the budget."""
    house = house_with(Mode.DISCHARGE, load_w=0.0, export_rating_a=17.0)
    house.run(60)
    house.current_a = 12.0
    house.run(1)
    assert house.charger.told_a == -12.0
    house.sun_w = 10 * VOLTAGE_V
    house.run(2)
    # It is still on its way down from 16 A, which counts.
    assert house.charger.told_a >= -7.0
