"""What following is measured with: the house, the references, the scales, and that each of them can fail."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from benchmarks import follow
from benchmarks.following.chargers import VOLTAGE_V, Quasar, Wallbox
from benchmarks.following.contest import FOLLOWERS, Outcome, weighed
from benchmarks.following.days import AC_DAYS, DAYS, FAULT_DAYS, FUSE_DAYS, Day
from benchmarks.following.followers import FUSE_A
from benchmarks.following.house import Profile, Weather, profile_of
from benchmarks.following.picture import Glimpse
from benchmarks.following.play import Played, play
from benchmarks.following.references import Choices
from benchmarks.following.weigh import (
    Energy,
    energy_of,
    excess_of,
    reversals_of,
    turns_of,
)
from custom_components.busbar.balancer.modes import Mode

MORNING = replace(DAYS[0], hours=(10.4, 11.4), away=None)
"""An hour with clouds and kettles."""


@cache
def _played(who: str, day: Day = MORNING) -> Played:
    return play(day, FOLLOWERS[who], has_own_guard=who == "seed")


def _made(net_a: Sequence[float], own_a: Sequence[float], day: Day = MORNING) -> Played:
    """Return something that was never played."""
    net_w = [VOLTAGE_V * current_a for current_a in net_a]
    return Played(
        day=day,
        profile=Profile(from_s=0, load_w=net_w, sun_w=[0.0] * len(net_w), net_w=net_w),
        charger_w=[VOLTAGE_V * current_a for current_a in own_a],
        written=[],
        has_car=[True] * len(net_w),
        settable_a=Quasar().settable_a,
    )


@pytest.mark.parametrize("weather", Weather)
def test_house_comes_from_its_seed(weather: Weather) -> None:
    """A seed makes one house, whatever part of the day is looked at; another seed makes another."""

    def house(seed: int, from_s: int) -> Profile:
        return profile_of(
            seed, from_s=from_s, until_s=50_000, peak_w=4000.0, weather=weather
        )

    assert house(1, 36_000).net_w[7_000:] == house(1, 43_000).net_w
    assert house(1, 36_000).net_w != house(2, 36_000).net_w
    assert 0.0 < max(house(1, 36_000).sun_w) < 4000.0 * 1.15
    assert min(house(1, 36_000).load_w) > 0.0


@given(wanted_a=st.floats(-40, 40), held_a=st.sampled_from(Quasar().settable_a))
def test_nearest_is_nearest_unless_it_rests(wanted_a: float, held_a: float) -> None:
    """Nothing settable is nearer; what rounds to 1 A or 2 A rests, also where 3 A would be nearer."""
    choices = Choices.of(Quasar().settable_a, Mode.SOLAR_AND_HOUSE)
    found_a = choices.nearest(wanted_a, held_a)
    if abs(wanted_a) < 2.5:
        assert found_a == 0.0
    else:
        least_a = min(abs(choice - wanted_a) for choice in choices.amperes)
        assert abs(found_a - wanted_a) == pytest.approx(least_a)


@pytest.mark.parametrize(
    ("mode", "least_a", "most_a"),
    [
        (Mode.SOLAR, 0.0, 16.0),
        (Mode.HOUSE, -16.0, 0.0),
        (Mode.SOLAR_AND_HOUSE, -16.0, 16.0),
    ],
)
def test_mode_leaves_its_directions(mode: Mode, least_a: float, most_a: float) -> None:
    """A reference may not do what the mode forbids to us."""
    choices = Choices.of(Quasar().settable_a, mode)
    assert (choices.amperes[0], choices.amperes[-1]) == (least_a, most_a)
    assert choices.least_w(VOLTAGE_V * 20.0) == VOLTAGE_V * (20.0 + least_a)
    assert choices.least_w(VOLTAGE_V * -20.0) == VOLTAGE_V * (-20.0 + most_a)


@pytest.mark.parametrize("who", FOLLOWERS)
def test_nobody_beats_the_bound(who: str) -> None:
    """Whoever follows lets more cross the meter than has to, and less than without a charger."""
    outcome = weighed(_played(who), who)
    assert outcome.energy.total_wh >= outcome.bound.total_wh
    assert outcome.energy.total_wh < outcome.untouched.total_wh


def test_ideal_is_ahead_of_everybody() -> None:
    """It lets less cross the meter than the balancer, and imports no more than the law that it replaces."""
    energies = {who: weighed(_played(who), who).energy for who in FOLLOWERS}
    ideal = energies["ideal"]
    assert ideal.imported_wh <= energies["seed"].imported_wh
    assert ideal.total_wh <= min(one.total_wh for one in energies.values())
    assert ideal.total_wh < energies["ideal, rested"].total_wh + 1e-9


def test_rested_ideal_rests_and_the_other_does_not() -> None:
    """The pause costs something, so it has to be there where it is claimed."""
    evening = replace(DAYS[2], hours=(12.0, 14.0))
    assert reversals_of(_played("ideal", evening).charger_w) > 0
    assert reversals_of(_played("ideal, rested", evening).charger_w) == 0


def test_rested_ideal_spares_a_contactor() -> None:
    """On AC it starts and stops less often than the one that never rests."""
    day = replace(AC_DAYS[0], hours=(11.0, 13.0))

    def switches(who: str) -> int:
        flows = [watts > 0 for watts in _played(who, day).charger_w]
        return sum(before != after for before, after in pairwise(flows))

    assert 0 < switches("ideal, rested") < switches("ideal")


def test_car_that_leaves_ends_what_flows() -> None:
    """Energy counts only while a car is there, and nothing flows without one."""
    day = replace(MORNING, hours=(10.4, 10.8), away=(10.6, 10.7))
    played = _played("ideal", day)
    assert not all(played.has_car)
    assert all(
        abs(watts) < VOLTAGE_V
        for watts, is_there in zip(played.charger_w, played.has_car, strict=True)
        if not is_there
    )
    counted = energy_of(played.grid_w, played.has_car)
    assert counted.total_wh < energy_of(played.grid_w, [True] * 1440).total_wh


def test_guard_times_are_kept_by_ours_and_by_the_ideal() -> None:
    """After a start from 0 A nothing but a reduction or a stop is written for 22 s."""
    for who in ("busbar", "ideal"):
        before_a, start_at, raised = 0.0, -100, 0
        for at, current_a in _played(who).written:
            grows = abs(current_a) > abs(before_a)
            if grows and before_a:
                raised += 1
                assert at - start_at >= 22
            if before_a == 0.0:
                start_at = at
            before_a = current_a
        assert raised


def test_seed_runs_away_with_a_frozen_meter() -> None:
    """What is known of that law is true of its model: one frozen value is added up until the limit."""
    day = replace(FAULT_DAYS[0], hours=(12.3, 12.6))
    played = _played("seed", day)
    frozen = slice(int(0.15 * 3600), None)
    assert max(abs(watts) for watts in played.charger_w[frozen]) == pytest.approx(
        16 * VOLTAGE_V
    )


def test_wallbox_follows_late_and_not_below_its_minimum() -> None:
    """The AC car takes 5 s, and nothing where less than 6 A is offered."""
    box = Wallbox()
    box.plug(0)
    for now in range(60):
        box.step(now)
        if now == 10:
            box.write(8.0, now)
        if now == 40:
            box.write(5.0, now)
        if now == 13:
            assert box.power_w == 0.0
        if now == 39:
            assert box.power_w == pytest.approx(8.0 * VOLTAGE_V)
    assert box.power_w == 0.0
    assert min(current_a for current_a in box.settable_a if current_a) == 6.0


def test_energy_is_counted_by_direction() -> None:
    """An hour each of a kilowatt in and of two out."""
    grid_w = [1000.0] * 3600 + [-2000.0] * 3600 + [5000.0] * 3600
    counts = [True] * 7200 + [False] * 3600
    assert energy_of(grid_w, counts) == Energy(imported_wh=1000.0, exported_wh=2000.0)


def test_turns_are_told_from_rests() -> None:
    """A rest of a minute is no reversal, one of less is; a pause within one direction is no turn."""
    up, down, rest = [2000.0] * 5, [-2000.0] * 5, [13.0]
    assert turns_of(up + rest * 20 + up) == []
    assert turns_of(up + rest * 60 + down + rest * 59 + up) == [60, 59]
    assert reversals_of(up + rest * 60 + down + rest * 59 + up) == 1
    assert reversals_of(up + down) == 1


@pytest.mark.parametrize("sign", [1, -1])
def test_excess_that_physics_forces(sign: int) -> None:
    """A kettle at the fuse is forced for a reaction, and no longer; what the house takes alone is nobody's."""
    net_a = [sign * 15.0] * 60 + [sign * 25.0] * 60
    own_a = [sign * 10.0] * 120
    slow = excess_of(_made(net_a, own_a), sign)
    assert slow.all_as == pytest.approx(600.0)
    assert slow.beyond_as == pytest.approx(10.0 * (60 - 12))
    fast = excess_of(_made(net_a, [sign * 10.0] * 72 + [0.0] * 48), sign)
    assert fast.all_as == pytest.approx(120.0)
    assert fast.beyond_as == 0.0
    assert excess_of(_made(net_a, own_a), -sign).all_as == 0.0
    alone = [sign * (FUSE_A + 10.0)] * 60
    assert excess_of(_made(alone, [-sign * 3.0] * 60), sign).all_as == 0.0


def test_excess_that_a_charger_adds_is_not_forced() -> None:
    """A charger that raises itself above the fuse has no excuse, with a frozen meter neither."""
    net_a, own_a = [20.0] * 120, [0.0] * 60 + [16.0] * 60
    assert excess_of(_made(net_a, own_a), 1).beyond_as == pytest.approx(11.0 * 60)
    frozen = replace(FAULT_DAYS[0], fault_hours=(0.0, 1.0))
    assert excess_of(_made(net_a, own_a, frozen), 1).beyond_as == pytest.approx(
        11.0 * 60
    )
    # While nobody can know, a house that moved is an excuse for as long as that lasts.
    kettle_a = [5.0] * 60 + [20.0] * 60
    assert excess_of(_made(kettle_a, [16.0] * 120, frozen), 1).beyond_as == 0.0
    assert excess_of(_made(kettle_a, [16.0] * 120), 1).beyond_as > 0.0


def _outcome(day: str, who: str, **changed: float) -> Outcome:
    values = {
        "total_wh": 2000.0,
        "writes": 100,
        "turns": 2,
        "reversals": 0,
        "over": 0.0,
    }
    values |= changed
    return Outcome(
        day=day,
        who=who,
        energy=Energy(imported_wh=values["total_wh"], exported_wh=0.0),
        untouched=Energy(imported_wh=10_000.0, exported_wh=2000.0),
        bound=Energy(imported_wh=1500.0, exported_wh=0.0),
        writes=int(values["writes"]),
        turns=int(values["turns"]),
        reversals=int(values["reversals"]),
        excess_as=values["over"],
        excess_beyond_as=values["over"],
    )


def _outcomes(**ours: float) -> list[Outcome]:
    """Return outcomes of everybody, ours with something changed."""
    return [
        _outcome(day.name, who, **(ours if who == "busbar" else {"writes": 200}))
        for days, everybody in (
            (DAYS, follow.V2G),
            (AC_DAYS, follow.AC),
            (FAULT_DAYS, follow.FAULTY),
            (FUSE_DAYS, follow.ALONE),
        )
        for day in days
        for who in everybody
    ]


@pytest.mark.parametrize(
    ("ours", "missed"),
    [
        ({}, []),
        ({"total_wh": 2600.0}, ["kept_ratio", "kept_ratio_ac"]),
        ({"writes": 101}, ["writes_of_seed"]),
        ({"reversals": 1}, ["reversals_within_60_s"]),
        ({"over": 0.1}, ["fuse_excess_as", "fuse_excess_faults_as"]),
    ],
)
def test_each_target_can_be_missed(ours: dict[str, float], missed: list[str]) -> None:
    """A miss shows, and only where it is."""
    result = follow.result_of(_outcomes(**ours))
    assert result.missed == missed
    assert result.not_measured == []


def test_days_have_names_of_their_own() -> None:
    """Results are found by the name of their day."""
    days = (*DAYS, *AC_DAYS, *FAULT_DAYS, *FUSE_DAYS)
    assert len({day.name for day in days}) == len(days)


def test_picture_finds_its_kettle() -> None:
    """It is marked where the load is high, and nowhere where it never is."""
    flat = [0.2] * 6
    glimpse = Glimpse(
        load_kw=[0.2, 0.2, 2.5, 2.5, 0.2, 0.2], sun_kw=flat, car_kw=flat, grid_kw=flat
    )
    assert glimpse.kettle == (10, 20)
    assert replace(glimpse, load_kw=flat).kettle == (0, 0)
