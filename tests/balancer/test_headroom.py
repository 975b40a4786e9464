"""Rules 1 and 2: dynamic limits from meter readings."""

from dataclasses import replace
import itertools
from typing import Any

import pytest

from custom_components.busbar.balancer.decision import Freshness
from custom_components.busbar.balancer.headroom import PhaseParts, meter_currents
from custom_components.busbar.balancer.inputs import MeterReading, Options
from custom_components.busbar.balancer.model import NO_AMPS, PhaseAmps, ReasonKey
from custom_components.busbar.balancer.modes import Intent, Mode

from .world import SUPPLY, WARP, Box, House, all_phases, house_of

METERED: dict[str, Any] = {"has_meter": True, "fail_safe_a": all_phases(12.0)}


@pytest.mark.parametrize(
    ("part", "current_a"),
    [
        (PhaseParts(current_a=-4.0), -4.0),
        (PhaseParts(current_a=5.0, power_w=-1150.0), -5.0),
        (PhaseParts(current_a=5.0, power_w=1150.0), 5.0),
        (PhaseParts(power_w=-460.0), -2.0),
        (PhaseParts(power_w=480.0, voltage_v=240.0), 2.0),
        (PhaseParts(power_w=460.0, voltage_v=0.0), 2.0),
        (PhaseParts(import_w=0.0, export_w=690.0), -3.0),
        (PhaseParts(import_w=230.0, export_w=0.0, current_a=1.5), 1.5),
        (PhaseParts(import_w=0.0, export_w=230.0, current_a=1.5), -1.5),
        (PhaseParts(import_w=230.0), None),
        (PhaseParts(), None),
    ],
)
def test_what_a_meter_gives_becomes_a_signed_current(
    part: PhaseParts, current_a: float | None
) -> None:
    """Solar export never looks like load, and what cannot be told stays unknown."""
    found = meter_currents([part], voltage_v=230.0)
    assert found == (current_a, None, None)
    inverted = meter_currents([part], voltage_v=230.0, is_inverted=True)
    assert inverted[0] == (None if current_a is None else -current_a)


class Kettle:
    """A load that can be switched on."""

    amps = 0.0
    base = 5.0

    def __call__(self, now: float) -> PhaseAmps:
        """Return what it takes now."""
        return self.base, self.base + self.amps, self.base


# What has to be known before anybody discharges.
CHARGED = {"state_of_charge": 60.0}


def metered(keys: str = "a", **more: Any) -> tuple[House, Kettle]:
    """Return a settled house with a meter and a kettle."""
    kettle = Kettle()
    house = house_of(keys, **(METERED | more))
    house.load_a = kettle
    house.run(120)
    return house, kettle


def test_a_cut_is_full_and_immediate() -> None:
    """A kettle on one phase takes its amperes off the charger with the next reading."""
    house, kettle = metered()
    assert house.boxes["a"].limit_a == 16.0
    kettle.amps = 9.0
    house.run(1)
    assert house.member("a").allocated_a == pytest.approx(10.0)
    assert house.member("a").write_now
    assert house.member("a").reason.key is ReasonKey.LIMITED_BY_CIRCUIT
    assert "cut:a" in house.events()


def test_a_raise_comes_by_parts() -> None:
    """After the kettle the headroom is given back by halves, never by a jump."""
    house, kettle = metered()
    kettle.amps = 9.0
    house.run(30)
    kettle.amps = 0.0
    levels = [house.step().members["a"].allocated_a for _ in range(120)]
    raises = [after - before for before, after in itertools.pairwise(levels)]
    assert max(raises) <= 9.0 / 2 + 1e-6
    assert levels[-1] == 16.0
    assert "recovered:a" in house.events()


def test_one_reading_is_acted_on_once() -> None:
    """The same reading again and again changes nothing."""
    house, kettle = metered()
    house.meter_period_s = 60.0
    house.run(60)
    kettle.amps = 9.0
    house.run(60)
    writes = len(house.boxes["a"].writes)
    kettle.amps = 0.0
    house.now += 0.5
    while house.now % 60 < 59:
        house.step()
    assert len(house.boxes["a"].writes) == writes


def test_no_raise_on_a_reading_older_than_the_loop() -> None:
    """Between two raises lies the time in which the first one has its effect."""
    house, kettle = metered()
    kettle.amps = 9.0
    house.run(30)
    kettle.amps = 0.0
    house.boxes["a"].writes.clear()
    house.run(120)
    times = [at for at, _ in house.boxes["a"].writes]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps
    assert min(gaps) >= WARP.typical_latency_s + Options().car_delay_s


def test_noise_within_the_margin_moves_nothing() -> None:
    """A few tenths of an ampere are no reason to write."""
    house, kettle = metered("ab")
    house.boxes["a"].writes.clear()
    for second in range(60):
        kettle.base = 5.0 + (0.3 if second % 2 else 0.0)
        house.step()
    assert len(house.boxes["a"].writes) <= 1


def test_a_missing_phase_still_cuts_on_the_others() -> None:
    """One entity unavailable: the others protect their phases, and nothing is raised."""
    house, _ = metered()
    now = house.now + 1
    house.is_meter_dead = True
    house.reading = MeterReading(
        currents_a=(30.0, None, 21.0), measured_at=(now, now - 1, now)
    )
    house.step()
    assert house.member("a").allocated_a == pytest.approx(10.0)


def test_export_is_headroom_and_not_load() -> None:
    """The sun allows more than the rating alone."""
    house = house_of("ab", rating_a=20.0, **METERED)
    house.load_a = lambda now: all_phases(-10.0)
    house.run(120)
    assert [box.limit_a for box in house.boxes.values()] == [14.5, 14.5]


def test_unmeasured_current_is_a_range() -> None:
    """Nobody is cut for it while there is no overload, and it is never raised beyond what is free."""
    house = house_of(
        "a", boxes=[Box(limit_a=16.0, measures=False, wants_a=10.0)], **METERED
    )
    house.load_a = lambda now: all_phases(10.0)
    house.run(60)
    assert house.boxes["a"].limit_a == 16.0
    house.load_a = lambda now: all_phases(18.0)
    house.run(60)
    # Cutting what may have been drawn did not help at first: in the end only what is free counts.
    assert max(house.flow_a()) <= 25.0


def test_an_unmeasured_discharge_counts_in_full() -> None:
    """What a discharging car may give is not promised to anybody."""
    discharging = replace(WARP, discharge=WARP.charge)
    boxes = [
        Box(),
        Box(capabilities=discharging, measures=False, limit_a=-10.0, more=CHARGED),
    ]
    house = house_of("ab", boxes=boxes, **METERED)
    house.intents["b"] = Intent(mode=Mode.FIXED, current_a=-10.0)
    house.load_a = lambda now: all_phases(10.0)
    house.run(60)
    assert house.member("b").allocated_a == -10.0
    assert house.member("a").allocated_a <= 14.0 + 1e-6


def test_small_overloads_are_waited_out_only_by_option() -> None:
    """With the option a breaker's trip curve is used by far; large overloads never wait."""
    house = house_of("a", **METERED)
    house.site = replace(house.site, options=Options(trip_curve=True))
    kettle = Kettle()
    house.load_a = kettle
    house.run(120)
    kettle.amps = 6.0
    house.run(20)
    assert house.boxes["a"].limit_a == 16.0
    house.run(60)
    assert house.boxes["a"].limit_a < 16.0
    kettle.amps = 30.0
    house.run(1)
    assert house.member("a").allocated_a == 0.0


def test_discharge_holds_while_stale_and_stops_when_lost() -> None:
    """Nobody discharges on the word of a meter that is gone."""
    discharging = replace(WARP, discharge=WARP.charge)
    house = house_of(
        "a", boxes=[Box(capabilities=discharging, more=CHARGED)], **METERED
    )
    house.intents["a"] = Intent(mode=Mode.FIXED, current_a=-10.0)
    house.load_a = lambda now: all_phases(12.0)
    house.run(60)
    assert house.boxes["a"].limit_a == -10.0
    house.is_meter_dead = True
    house.run(8)
    assert house.decision.freshness is Freshness.STALE
    assert house.boxes["a"].limit_a == -10.0
    house.run(10)
    assert house.decision.freshness is Freshness.LOST
    assert house.boxes["a"].limit_a == 0.0


def test_discharge_keeps_to_what_may_be_exported() -> None:
    """A circuit may limit export too."""
    discharging = replace(WARP, discharge=WARP.charge)
    boxes = [Box(capabilities=discharging, more=CHARGED)]
    house = house_of("a", boxes=boxes, export_rating_a=all_phases(9.0), **METERED)
    house.intents["a"] = Intent(mode=Mode.FIXED, current_a=-16.0)
    house.run(60)
    assert house.boxes["a"].limit_a == -8.0
    assert house.member("a").reason.key is ReasonKey.LIMITED_BY_EXPORT


def test_who_cannot_discharge_does_not() -> None:
    """A mode that asks for it gets nothing."""
    house = house_of("a")
    house.intents["a"] = Intent(mode=Mode.FIXED, current_a=-10.0)
    house.run(10)
    assert house.boxes["a"].limit_a == 0.0


def test_the_circuit_shows_what_it_knows() -> None:
    """Limit, other load and headroom stand in the decision."""
    house, _ = metered()
    circuit = house.decision.circuits[SUPPLY]
    assert circuit.meter_a == all_phases(21.0)
    assert circuit.other_a == all_phases(5.0)
    assert circuit.limit_a == pytest.approx(all_phases(19.0))
    assert circuit.freshness is Freshness.FRESH
    assert house.decision.headroom_a == pytest.approx(all_phases(3.0))
    assert house.decision.drawn_a == all_phases(16.0)
    assert not circuit.is_overloaded
    assert circuit.allocated_a != NO_AMPS
