"""Rule 5: how far a meter can be believed."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.busbar.balancer.decision import Freshness
from custom_components.busbar.balancer.freshness import rhythm_s
from custom_components.busbar.balancer.inputs import MeterReading
from custom_components.busbar.balancer.memory import MeterMemory
from custom_components.busbar.balancer.model import PhaseAmps, ReasonKey

from .world import Box, House, all_phases, house_of

METERED: dict[str, Any] = {"has_meter": True, "fail_safe_a": all_phases(13.0)}


def metered(keys: str = "ab") -> House:
    """Return a settled house with a meter of one second."""
    house = house_of(keys, rating_a=40.0, **METERED)
    house.load_a = lambda now: all_phases(5.0 + now % 2 / 10)
    house.run(120)
    return house


def test_fresh_then_stale_then_lost() -> None:
    """Stale holds, lost goes to the fail-safe shares, and back it comes by parts."""
    house = metered()
    before = {key: member.allocated_a for key, member in house.decision.members.items()}
    house.is_meter_dead = True
    house.run(7)
    assert house.decision.freshness is Freshness.STALE
    assert {
        key: one.allocated_a for key, one in house.decision.members.items()
    } == before
    house.run(10)
    assert house.decision.freshness is Freshness.LOST
    assert house.decision.is_fail_safe
    assert [box.limit_a for box in house.boxes.values()] == [6.5, 6.5]
    assert house.member("a").reason.key is ReasonKey.FAIL_SAFE
    assert "meter_lost" in house.problems()
    house.is_meter_dead = False
    house.run(120)
    assert house.decision.freshness is Freshness.FRESH
    assert house.boxes["a"].limit_a == 16.0
    assert {"meter_stale:supply", "meter_lost:supply", "meter_fresh:supply"} <= set(
        house.events()
    )


def test_stale_raises_nobody() -> None:
    """A car that goes leaves its current to nobody while the meter is stale."""
    house = metered()
    house.boxes["a"].wants_a = 8.0
    house.site = replace(house.site, default_target_a=all_phases(20.0))
    house.run(200)
    before = house.member("b").allocated_a
    house.is_meter_dead = True
    house.run(7)
    house.site = replace(house.site, default_target_a=None)
    house.run(2)
    assert house.decision.freshness is Freshness.STALE
    assert house.member("b").allocated_a <= before


def test_a_meter_that_never_reported_is_stale_and_then_lost() -> None:
    """A missing meter never allows more than the fail-safe shares."""
    house = house_of("ab", rating_a=40.0, **METERED)
    house.is_meter_dead = True
    house.run(20)
    assert house.decision.freshness is Freshness.STALE
    house.run(60)
    assert house.decision.freshness is Freshness.LOST
    assert sum(box.limit_a for box in house.boxes.values()) <= 13.0


def test_the_rhythm_is_the_second_longest_gap() -> None:
    """One drop-out is no rhythm, two pauses are one."""
    assert rhythm_s(MeterMemory(), None) == 10.0
    assert rhythm_s(MeterMemory(gaps_s=(1.0, 1.0, 200.0)), None) == 1.0
    assert rhythm_s(MeterMemory(gaps_s=(1.0, 90.0, 100.0)), None) == 90.0
    reading = MeterReading(
        currents_a=(None,) * 3, measured_at=(None,) * 3, rhythm_s=60.0
    )
    assert rhythm_s(MeterMemory(), reading) == 60.0


def test_a_slow_meter_is_given_its_time() -> None:
    """What reports each minute is fresh for two."""
    house = metered()
    house.meter_period_s = 60.0
    house.run(400)
    house.is_meter_dead = True
    house.run(120)
    assert house.decision.freshness is Freshness.FRESH
    house.run(60)
    assert house.decision.freshness is Freshness.STALE


def test_unavailable_is_stale_at_once() -> None:
    """A part that is missing ages from its last report."""
    house = metered()
    house.is_meter_dead = True
    assert house.reading is not None
    house.reading = replace(house.reading, currents_a=(5.0, None, 5.0))
    house.run(1)
    assert house.decision.freshness is Freshness.STALE
    house.run(20)
    assert house.decision.freshness is Freshness.LOST


def _frozen(house: House, values: PhaseAmps) -> None:
    """Go on reporting the same values."""
    house.is_meter_dead = True
    now = house.now + 1
    house.reading = MeterReading(currents_a=values, measured_at=(now, now, now))
    house.step()


def test_a_frozen_meter_is_lost() -> None:
    """It keeps reporting, and does not move while our own current moves by amperes."""
    house = metered()
    values = house.flow_a()
    for _ in range(20):
        _frozen(house, values)
    assert house.decision.freshness is Freshness.FRESH
    house.boxes["a"].wants_a = 8.0
    for _ in range(30):
        _frozen(house, values)
    assert house.decision.freshness is Freshness.LOST
    assert "meter_frozen" in house.problems()
    house.is_meter_dead = False
    house.run(60)
    assert house.decision.freshness is Freshness.FRESH
    assert not house.problems()


@pytest.mark.parametrize("kettle_a", [5.0, 9.0, 12.0])
@pytest.mark.parametrize("offset_s", [0.0, 3.0, 5.0])
def test_a_meter_that_we_bring_back_to_its_limit_is_not_frozen(
    kettle_a: float, offset_s: float
) -> None:
    """A kettle and our own cut leave the reading where it was, with our current lower by as much."""
    house = house_of("abc", rating_a=40.0, **METERED)
    on_at, off_at = house.now + 200.0 + offset_s, house.now + 240.0 + offset_s

    def load_a(now: float) -> PhaseAmps:
        is_on = on_at <= now < off_at
        return all_phases(5.0 + (kettle_a if is_on else 0.0))

    house.load_a = load_a
    house.run(190)
    for _ in range(120):
        house.run(1)
        assert house.decision.freshness is Freshness.FRESH
        assert not house.problems()


def test_an_inverted_meter_is_lost() -> None:
    """It moves against our own current on all phases at once."""
    house = house_of("a", rating_a=40.0, **METERED)
    house.boxes["a"].wants_a = 0.0
    house.load_a = lambda now: all_phases(-2 * _own(house)[0])
    house.run(60)
    house.boxes["a"].wants_a = 16.0
    house.run(60)
    assert "meter_inverted" in house.problems()
    assert house.decision.freshness is Freshness.LOST


def _own(house: House) -> PhaseAmps:
    return all_phases(house.boxes["a"].draws_a)


def test_more_export_than_the_fuse_carries_is_an_inverted_meter() -> None:
    """What everything else would have to give back cannot be."""
    house = house_of("a", rating_a=20.0, **METERED)
    house.load_a = lambda now: all_phases(-25.0)
    house.run(30)
    assert "meter_inverted" in house.problems()


def test_current_on_other_phases_contradicts_the_phase_map() -> None:
    """A one-phase car that moves another phase than its map says, again and again."""
    house = house_of("a", rating_a=40.0, boxes=[Box(car_phases=1)], **METERED)
    house.load_a = lambda now: (-_own(house)[0], _own(house)[0], 0.0)
    for _ in range(4):
        house.boxes["a"].wants_a = 0.0
        house.run(30)
        house.boxes["a"].wants_a = 16.0
        house.run(30)
    assert "phase_map_contradicted" in house.problems()


@pytest.mark.parametrize("budget_a", [0.0, 5.0, 6.0, 13.0, 40.0])
def test_shares_of_the_fail_safe_budget_always_fit(budget_a: float) -> None:
    """Each share is 0 or a usable current, and together they keep the budget."""
    house = house_of(
        "abc", rating_a=60.0, has_meter=True, fail_safe_a=all_phases(budget_a)
    )
    house.run(60)
    shares = [member.fail_safe_a for member in house.decision.members.values()]
    assert sum(shares) <= budget_a + 1e-6
    assert all(share == 0 or share >= 6.0 for share in shares)
    for member in house.decision.members.values():
        assert member.set_point is not None
        assert member.set_point.falls_to_a <= member.set_point.current_a
