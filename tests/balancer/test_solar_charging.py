"""Following the sun with alternating current: minimum, several chargers, phases."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.busbar.balancer.inputs import (
    AmpereRange,
    ContactorState,
    MemberStatus,
)
from custom_components.busbar.balancer.model import ReasonKey
from custom_components.busbar.balancer.modes import Intent, Mode

from .v2g import QUICK
from .world import WARP, Box, House, house_of, with_member


def solar_warps(keys: str = "a", **more: Any) -> House:
    """Return three-phase chargers that follow the sun."""
    boxes = [
        Box(status=MemberStatus.CHARGING, capabilities=replace(WARP, **more))
        for _ in keys
    ]
    house = house_of(keys, boxes=boxes, rating_a=63.0, has_meter=True)
    house.site = replace(house.site, options=replace(QUICK, minimum_off_s=30.0))
    for key in keys:
        house.intents[key] = Intent(mode=Mode.SOLAR)
    return house


def test_a_charger_of_alternating_current_follows_from_its_minimum_on() -> None:
    """6 A on three phases is the least; below that it waits."""
    house = solar_warps()
    house.load_a = lambda now: (-5.0, -5.0, -5.0)
    house.run(60)
    assert house.boxes["a"].limit_a == 0.0
    assert house.member("a").reason.key is ReasonKey.NOTHING_TO_FOLLOW
    house.load_a = lambda now: (-9.0, -9.0, -9.0)
    house.run(120)
    assert house.boxes["a"].limit_a == pytest.approx(9.0, abs=0.5)
    assert sum(house.flow_a()) <= 1.0


def test_a_contactor_is_spared() -> None:
    """Started, it stays on for its minimum time, sun or not; stopped, it stays off."""
    house = solar_warps()
    house.load_a = lambda now: (-9.0, -9.0, -9.0)
    house.run(60)
    assert house.boxes["a"].limit_a > 0
    house.load_a = lambda now: (1.0, 1.0, 1.0)
    house.run(120)
    assert house.boxes["a"].limit_a == 6.0
    house.run(120)
    assert house.boxes["a"].limit_a == 0.0


def test_minimum_and_sun_never_goes_below_the_minimum() -> None:
    """It charges at night, and faster by day."""
    house = solar_warps()
    house.intents["a"] = Intent(mode=Mode.MINIMUM_AND_SOLAR)
    house.load_a = lambda now: (2.0, 2.0, 2.0)
    house.run(60)
    assert house.boxes["a"].limit_a == 6.0
    house.load_a = lambda now: (-12.0, -12.0, -12.0)
    house.run(120)
    assert house.boxes["a"].limit_a == pytest.approx(12.0, abs=0.5)


def test_the_first_follower_takes_the_sun_and_the_second_the_rest() -> None:
    """Higher priority first; nobody is fed from the grid."""
    house = solar_warps("ab")
    house.site = with_member(house.site, "b", priority=1)
    house.load_a = lambda now: (-24.0, -24.0, -24.0)
    house.run(300)
    assert house.boxes["b"].limit_a == 16.0
    assert house.boxes["a"].limit_a == pytest.approx(8.0, abs=0.5)
    house.load_a = lambda now: (-14.0, -14.0, -14.0)
    house.run(300)
    assert house.boxes["b"].limit_a == pytest.approx(14.0, abs=0.6)
    assert house.boxes["a"].limit_a == 0.0


def test_a_vehicle_is_not_discharged_for_another() -> None:
    """What our own chargers take is no need of the house."""
    house = solar_warps("a")
    both = replace(
        WARP, discharge=AmpereRange(minimum_a=6.0, maximum_a=16.0, step_a=1.0)
    )
    house = house_of(
        "ab",
        boxes=[Box(), Box(capabilities=both, more={"state_of_charge": 60.0})],
        rating_a=63.0,
        has_meter=True,
    )
    house.site = replace(house.site, options=QUICK)
    house.intents["b"] = Intent(mode=Mode.HOUSE)
    house.run(120)
    assert house.boxes["a"].limit_a == 16.0
    assert house.boxes["b"].limit_a == 0.0


def test_fewer_phases_follow_less_sun() -> None:
    """Where phases can be switched, a little sun charges with one of them, and more with three."""
    house = solar_warps(phases=frozenset({1, 3}), can_switch_phases=True)
    house.load_a = lambda now: (-3.0, -3.0, -4.0)
    house.run(500)
    assert house.boxes["a"].phases == 1
    assert house.boxes["a"].limit_a == pytest.approx(10.0, abs=0.5)
    house.load_a = lambda now: (-9.0, -9.0, -9.0)
    house.run(900)
    assert house.boxes["a"].phases == 3
    assert house.boxes["a"].limit_a == pytest.approx(9.0, abs=0.5)


def test_a_window_caps_what_is_followed() -> None:
    """Solar with 8 A is never more, and with less than the minimum it is nothing."""
    house = solar_warps()
    house.intents["a"] = Intent(mode=Mode.SOLAR, current_a=8.0)
    house.load_a = lambda now: (-14.0, -14.0, -14.0)
    house.run(120)
    assert house.boxes["a"].limit_a == 8.0
    house.intents["a"] = Intent(mode=Mode.SOLAR, current_a=5.0)
    house.run(300)
    assert house.boxes["a"].limit_a == 0.0


def test_a_contactor_follows_less_sun_with_one_phase() -> None:
    """What a contactor can switch counts as a charger that can switch."""
    house = solar_warps()
    house.site = with_member(house.site, "a", contactor="k")
    contactor = ContactorState(phases=3)
    for _ in range(900):
        house.more = {"contactors": {"k": contactor}}
        house.load_a = lambda now: (-3.0, -3.0, -4.0)
        switched = house.step().contactors.get("k")
        if switched is not None:
            contactor = ContactorState(phases=switched, changed_at=house.now)
            house.boxes["a"].phases = switched
    assert contactor.phases == 1
    assert house.boxes["a"].limit_a == pytest.approx(10.0, abs=0.5)


def test_an_ampere_without_steps_is_followed_exactly() -> None:
    """A charger that knows no steps takes what there is."""
    house = solar_warps(charge=AmpereRange(minimum_a=6.0, maximum_a=16.0, step_a=0.001))
    house.load_a = lambda now: (-9.4, -9.4, -9.4)
    house.run(120)
    assert house.boxes["a"].limit_a == pytest.approx(9.4, abs=0.1)


def test_a_charger_that_measures_nothing_counts_as_it_is_set() -> None:
    """Its set-point has to do, once it had the time to follow."""
    house = solar_warps()
    house.boxes["a"].measures = False
    house.load_a = lambda now: (-10.0, -10.0, -10.0)
    house.run(200)
    assert house.boxes["a"].limit_a == pytest.approx(10.0, abs=0.5)
    assert max(house.flow_a()) <= 1.0
