"""Following sun and house: the law, its dwells, its meter, and whatever happens."""

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.busbar.balancer.decision import Freshness
from custom_components.busbar.balancer.inputs import MeterReading
from custom_components.busbar.balancer.model import ReasonKey
from custom_components.busbar.balancer.modes import Intent, Mode

from .v2g import QUICK, VOLTAGE_V, Bidirectional, SunnyHouse, house_with
from .world import house_of


def test_the_sun_is_followed_to_the_nearest_ampere() -> None:
    """After its dwell it charges with what the house would export, and the grid is left alone."""
    house = house_with(Mode.SOLAR, load_w=400.0)
    house.sun_w = 2500.0
    house.run(9)
    assert house.charger.told_a == 0.0
    assert house.member.reason.key is ReasonKey.NOTHING_TO_FOLLOW
    assert house.member.until_at == pytest.approx(house.now + 2, abs=1)
    house.run(60)
    assert house.charger.flows_a == 9.0
    assert house.member.reason.key is ReasonKey.FOLLOWS_SUN
    assert abs(house.grid_w) <= VOLTAGE_V / 2
    house.load_w = 1500.0
    house.run(60)
    assert house.charger.flows_a == 4.0


def test_the_house_is_followed_through_a_kettle() -> None:
    """It discharges what the house would import, and not more than it can."""
    house = house_with(Mode.HOUSE, load_w=400.0)
    house.run(60)
    assert house.charger.told_a == 0.0
    house.load_w = 2700.0
    house.run(40)
    assert house.charger.flows_a == -12.0
    assert house.member.reason.key is ReasonKey.FOLLOWS_HOUSE
    house.load_w = 9000.0
    house.run(40)
    assert house.charger.flows_a == -16.0
    house.load_w = 400.0
    house.run(60)
    assert house.charger.flows_a == 0.0


def test_one_mode_never_does_what_is_not_in_its_name() -> None:
    """Solar never discharges, house never charges."""
    for mode, load_w, sun_w in (
        (Mode.SOLAR, 5000.0, 0.0),
        (Mode.HOUSE, 300.0, 5000.0),
    ):
        house = house_with(mode, load_w=load_w, sun_w=sun_w)
        house.run(300)
        assert house.charger.writes == []


def test_a_ramp_is_not_taken_for_a_load() -> None:
    """While the charger is on its way nothing is concluded: one step goes to the end, and no further."""
    house = house_with(Mode.SOLAR, load_w=300.0, sun_w=3520.0)
    house.run(120)
    values = [current_a for _, current_a in house.charger.writes]
    assert values == [14.0]


def test_noise_within_the_hysteresis_moves_nothing() -> None:
    """Half a step and 50 W are left alone, more is followed."""
    house = house_with(Mode.SOLAR, load_w=300.0, sun_w=300.0 + 9 * VOLTAGE_V)
    house.run(60)
    written = len(house.charger.writes)
    for swing_w in (160.0, -160.0, 100.0, -150.0):
        house.load_w = 300.0 + swing_w
        house.run(30)
    assert len(house.charger.writes) == written
    house.load_w = 300.0 + 170.0
    house.run(30)
    assert house.charger.told_a == 8.0


def test_a_single_ampere_waits_and_more_does_not() -> None:
    """What comes and goes by an ampere is not written each time."""
    house = house_with(Mode.SOLAR, load_w=300.0, sun_w=300.0 + 9 * VOLTAGE_V)
    house.options = replace(QUICK, follow_calm_s=120.0)
    house.run(60)
    house.load_w += VOLTAGE_V
    house.run(40)
    assert house.charger.told_a == 9.0
    house.run(60)
    assert house.charger.told_a == 8.0
    house.load_w += 3 * VOLTAGE_V
    house.run(2)
    assert house.charger.told_a == 5.0


def test_a_bias_leaves_something_to_the_grid() -> None:
    """Aiming at an export of 230 W costs one ampere."""
    house = house_with(Mode.SOLAR, load_w=300.0, sun_w=300.0 + 9 * VOLTAGE_V)
    house.options = replace(QUICK, follow_bias_w=-VOLTAGE_V)
    house.run(60)
    assert house.charger.told_a == 8.0


def test_a_repeated_reading_is_followed_once() -> None:
    """The same report, seen again, moves nothing."""
    house = house_with(Mode.SOLAR, load_w=300.0, sun_w=3000.0)
    house.run(60)
    reading = house.reading
    told_a, house.load_w = house.charger.told_a, 2500.0
    for _ in range(3):
        house.is_meter_dead, house.reading = True, reading
        house.step()
    assert house.charger.told_a == told_a


def test_one_reading_is_no_time_in_which_something_lasts() -> None:
    """A need that one reading told is not yet there for so many seconds because nothing newer came."""
    house = house_with(Mode.HOUSE, load_w=0.0)
    house.options = replace(QUICK, follow_house_start_s=3.0)
    house.load_w = 3000.0
    house.step()
    house.is_meter_dead = True
    assert house.run(4).freshness is Freshness.FRESH
    assert house.charger.told_a == 0.0
    house.is_meter_dead = False
    house.step()
    assert house.charger.told_a < 0.0


def test_a_reading_from_before_it_arrived_says_nothing() -> None:
    """Beside what the charger takes by now, what flowed on its way there would look like more sun."""
    house = house_with(Mode.SOLAR, load_w=300.0, sun_w=300.0 + 12 * VOLTAGE_V)
    while house.charger.flows_a < 8.0:
        house.step()
    house.is_meter_dead = True
    while house.charger.flows_a < 12.0:
        house.step()
    assert house.run(1).freshness is Freshness.FRESH
    assert [current_a for _, current_a in house.charger.writes] == [12.0]


def test_it_starts_only_where_it_lasts_and_stops_only_where_it_lasts() -> None:
    """A gap in the clouds starts nothing, a cloud stops nothing: at its minimum it waits."""
    house = house_with(Mode.SOLAR, load_w=300.0)
    for _ in range(5):
        house.sun_w = 3000.0
        house.run(8)
        house.sun_w = 0.0
        house.run(8)
    assert house.charger.writes == []
    house.sun_w = 3000.0
    house.run(60)
    house.sun_w = 0.0
    house.run(9)
    assert house.charger.told_a == 3.0
    house.sun_w = 3000.0
    house.run(60)
    assert house.charger.told_a == 12.0
    house.sun_w = 0.0
    house.run(60)
    assert house.charger.told_a == 0.0


# The meter


def test_a_frozen_meter_is_not_followed_for_long() -> None:
    """Its value is followed once; when our own current moves and it does not, the discharge ends."""
    house = house_with(Mode.HOUSE, load_w=400.0)
    house.load_w = 2700.0
    house.run(3)
    house.freeze()
    house.run(90)
    assert house.decisions[-1].freshness is Freshness.LOST
    assert house.charger.told_a == 0.0
    assert min(house.flows) >= -13.0


def test_a_meter_that_falls_silent_holds_and_then_ends_a_discharge() -> None:
    """Stale: hold. Lost: stop."""
    house = house_with(Mode.HOUSE, load_w=2700.0)
    house.run(60)
    house.is_meter_dead = True
    house.run(8)
    assert house.decisions[-1].freshness is Freshness.STALE
    assert house.charger.told_a == -12.0
    house.run(15)
    assert house.charger.told_a == 0.0
    assert house.member.reason.key is ReasonKey.FAIL_SAFE


def test_a_meter_that_falls_silent_lowers_a_charge_to_fail_safe() -> None:
    """Charging goes on at the fail-safe current, and follows again when the meter is back."""
    house = house_with(Mode.SOLAR, load_w=300.0, sun_w=3600.0)
    house.run(60)
    house.is_meter_dead = True
    house.run(30)
    assert house.charger.told_a == 6.0
    assert house.member.reason.key is ReasonKey.FAIL_SAFE
    house.is_meter_dead = False
    house.run(120)
    assert house.charger.told_a == 14.0


@pytest.mark.parametrize("silence", range(18, 24))
def test_phases_that_the_supply_does_not_have_prove_nothing(silence: int) -> None:
    """Where nobody said how the charger is wired its current may be anywhere, but not where nothing is."""
    house = house_with(Mode.HOUSE, load_w=2300.0, phase_map=None)
    # It stops at once and tells seldom, so that what flowed before and what flows now stand side by side.
    house.charger.measures_every_s, house.charger.falls_a_per_s = 5, 8.0
    house.run(60)
    assert house.charger.flows_a == -10.0
    house.is_meter_dead = True
    house.run(silence)
    assert house.charger.told_a == 0.0
    house.is_meter_dead = False
    house.run(60)
    assert {one.freshness for one in house.decisions[-50:]} == {Freshness.FRESH}
    assert house.charger.flows_a == -10.0


def test_what_a_charger_does_unheard_is_not_taken_for_sun() -> None:
    """It restarted and takes nothing; whoever still counted its power would see twice the sun there is."""
    house = house_with(Mode.SOLAR, load_w=230.0, sun_w=12 * VOLTAGE_V)
    house.run(60)
    assert house.charger.flows_a == 11.0
    house.charger.is_heard = False
    house.charger.stays_at_a = 0.0
    house.run(30)
    house.sun_w = 6 * VOLTAGE_V
    house.run(60)
    assert house.member.allocated_a == 11.0
    # Heard again it goes on by itself with what it was told last.
    written = len(house.charger.writes)
    house.charger.is_heard = True
    house.charger.stays_at_a = None
    house.run(60)
    values = [current_a for _, current_a in house.charger.writes[written:]]
    assert values == sorted(values, reverse=True)
    assert values[-1] == house.charger.flows_a == 5.0
    assert max(values) <= 11.0


def test_a_cloud_and_a_kettle_are_no_lie_of_the_meter() -> None:
    """The house moves the meter, we move against it: that proves nothing about its sign."""
    house = house_with(Mode.SOLAR_AND_HOUSE, load_w=400.0, sun_w=2500.0)
    house.run(120)
    for load_w, sun_w in ((3000.0, 2500.0), (400.0, 2500.0), (400.0, 900.0)) * 3:
        house.load_w, house.sun_w = load_w, sun_w
        house.run(120)
        assert house.decisions[-1].freshness is Freshness.FRESH


def test_an_inverted_meter_is_still_found_out() -> None:
    """One that shows import as export would be followed the wrong way."""
    house = house_with(Mode.SOLAR, load_w=300.0, sun_w=300.0)
    for number in range(600):
        house.load_w = 1500.0 if number % 200 < 100 else 4000.0
        house.is_meter_dead = True
        amps = -house.grid_w / VOLTAGE_V
        house.reading = MeterReading(
            currents_a=(amps, None, None),
            measured_at=(house.now, None, None),
            power_w=-house.grid_w,
        )
        house.step()
    assert "meter_inverted" in {
        problem.kind for decision in house.decisions for problem in decision.problems
    }


def test_without_a_meter_nothing_is_followed() -> None:
    """The reason says so."""
    house = house_of("a")
    house.intents["a"] = Intent(mode=Mode.SOLAR)
    house.run(60)
    assert house.boxes["a"].limit_a == 0.0
    assert house.member("a").reason.key is ReasonKey.NOTHING_TO_FOLLOW


# Whatever happens


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32),
    mode=st.sampled_from(list(Mode)),
    export_rating_a=st.sampled_from([None, 10.0, 20.0]),
)
def test_whatever_house_and_sun_do(
    seed: int, mode: Mode, export_rating_a: float | None
) -> None:
    """No current below the minimum, no turn without a rest, no discharge that nobody may have, always a reason."""
    random = Random(seed)
    house = SunnyHouse(mode=mode, options=QUICK, export_rating_a=export_rating_a)
    flow_at: dict[int, float] = {}
    for _ in range(1500):
        _disturb(house, random)
        told_before_a = house.charger.told_a
        house.step()
        told_a, level = house.charger.told_a, house.charger.level
        assert told_a == 0 or 3.0 <= abs(told_a) <= 16.0
        assert house.member.reason.key
        if told_a < told_before_a and told_a < 0:
            assert level is not None
            assert level > 30.0
        sign = (house.charger.flows_a >= 1.0) - (house.charger.flows_a <= -1.0)
        if sign:
            assert house.now - flow_at.get(-sign, -1e9) >= 60.0
            flow_at[sign] = house.now


def _disturb(house: SunnyHouse, random: Random) -> None:
    if random.random() < 0.03:
        house.load_w = random.choice([200.0, 600.0, 2600.0, 5000.0, 9500.0])
    if random.random() < 0.03:
        house.sun_w = random.uniform(0.0, 5000.0)
    if random.random() < 0.01:
        house.charger.level = random.choice([None, 5.0, 30.0, 31.0, 60.0, 89.0, 95.0])
    if random.random() < 0.005:
        house.mode = random.choice(list(Mode))
    if random.random() < 0.01:
        house.is_meter_dead = not house.is_meter_dead
    if random.random() < 0.005:
        house.charger.is_heard = not house.charger.is_heard
    if random.random() < 0.003:
        house.restart()
    if random.random() < 0.003:
        house.charger.stays_at_a = random.choice([None, 0.0])


def test_the_boxes_of_these_tests_are_what_they_seem() -> None:
    """The charger of this house needs 22 s to its full current, and measures every other second."""
    charger = Bidirectional(told_a=32.0)
    for second in range(22):
        charger.live(float(second))
    assert charger.flows_a == pytest.approx(32.0)
    assert charger.measured[1] == 20.0


def test_one_contradiction_is_forgotten() -> None:
    """While it counts nothing is followed, so that nothing would ever put it right."""
    house = house_with(Mode.SOLAR, load_w=300.0, sun_w=300.0)
    meter = house.memory.meters["supply"]
    meter.inverted_votes, meter.voted_at = 1, house.now
    house.run(30)
    assert house.decisions[-1].freshness is Freshness.STALE
    house.run(40)
    assert house.decisions[-1].freshness is Freshness.FRESH
