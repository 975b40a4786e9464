"""Translate what a charger and a meter report."""

from collections.abc import Mapping
import math

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.easee import chain, parse
from custom_components.busbar.chargers.easee.observations import (
    EQUALIZER,
    OF_CIRCUIT,
    Obs,
)
from custom_components.busbar.chargers.easee.reports import Reports, Row
from custom_components.busbar.chargers.features import FeatureValue
from custom_components.busbar.chargers.model import ChargerStatus, PhaseValues


def reported(values: Mapping[int, FeatureValue]) -> Reports:
    """Return reports of these values."""
    kept = Reports(to_monotonic=lambda epoch_s: epoch_s, epoch=lambda: 1.0)
    for number, value in values.items():
        kept.take(Row(number=number, value=value, epoch_s=0.0))
    return kept


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, None),
        ({109: 0}, None),
        ({109: 3, 250: False}, None),
        ({109: 1}, ChargerStatus.DISCONNECTED),
        ({109: 2}, ChargerStatus.SUSPENDED_BY_CHARGER),
        ({109: 2, 96: 2}, ChargerStatus.SUSPENDED_BY_CHARGER),
        ({109: 2, 96: 52, 48: 0.0}, ChargerStatus.PAUSED),
        ({109: 2, 96: 52, 48: 4.0}, ChargerStatus.SUSPENDED_BY_CHARGER),
        ({109: 2, 96: 53}, ChargerStatus.OUT_OF_SERVICE),
        ({109: 2, 96: 55}, ChargerStatus.AWAITING_AUTHORIZATION),
        ({109: 2, 96: 54, 46: 25}, ChargerStatus.AWAITING_AUTHORIZATION),
        ({109: 2, 96: 56}, ChargerStatus.ERROR),
        ({109: 2, 96: 4711}, ChargerStatus.SUSPENDED_BY_CHARGER),
        ({109: 3, 96: 78}, ChargerStatus.CHARGING),
        ({109: 4}, ChargerStatus.SUSPENDED_BY_VEHICLE),
        ({109: 5}, ChargerStatus.ERROR),
        ({109: 6}, ChargerStatus.CONNECTED),
        ({109: 7}, ChargerStatus.AWAITING_AUTHORIZATION),
        ({109: 8}, ChargerStatus.AWAITING_AUTHORIZATION),
        ({109: 160}, ChargerStatus.ERROR),
        ({109: 104}, None),
        ({109: 4711}, None),
        ({109: 2.5}, None),
    ],
)
def test_status(values: dict[int, FeatureValue], status: ChargerStatus | None) -> None:
    """Unknown modes never raise; waiting for a release shows in two ways."""
    assert parse.status(reported(values)) is status


@given(
    st.dictionaries(
        st.sampled_from(list(Obs)),
        st.one_of(
            st.integers(-5, 200),
            st.floats(-10, 1e5),
            st.booleans(),
            st.text(max_size=3),
        ),
    )
)
def test_nothing_raises_for_any_values(values: dict[int, FeatureValue]) -> None:
    """Every value may be missing, or be of another type than usual."""
    reports = reported(values)
    for function in (
        *(parse.status, parse.raw_status, parse.vehicle_connected, parse.error),
        *(parse.reason, parse.power_w, parse.currents_a, parse.voltages_v),
        *(parse.cable_a, parse.signal_dbm, parse.active_phases, parse.grid),
        *(parse.phases_wanted, parse.meter_power_w, parse.is_online),
    ):
        function(reports)
    assert parse.settable_phases(reports, may_switch=True) <= {1, 3}
    limits = chain.circuit_limits(reports, 16.0, ours=None)
    limits += chain.charger_limits(reports, ours=chain.CHARGER_DYNAMIC)
    limits += chain.momentary_limits(reports)
    assert {limit.key for limit in limits} <= set(chain.CHARGER_KEYS)
    assert parse.error(reports) in {None, "none", *parse.ERROR_KEYS}


def test_single_values() -> None:
    """Units, radios, grids and cables."""
    assert parse.raw_status(reported({109: 4711})) == "4711"
    assert parse.vehicle_connected(reported({109: 5})) is None
    assert parse.vehicle_connected(reported({109: 1})) is False
    assert parse.error(reported({109: 158})) == "temperature_too_high"
    assert parse.error(reported({109: 5})) == "charger_error"
    assert parse.reason(reported({96: 4711})) == "undefined"
    assert parse.reason(reported({96: 52})) == "charger_dynamic_too_low"
    assert parse.power_w(reported({120: 7.36})) == 7360
    assert parse.cable_a(reported({104: 20000})) == 20
    assert parse.cable_a(reported({104: 32})) == 32
    assert parse.cable_a(reported({104: 0})) is None
    assert parse.signal_dbm(reported({141: 0, 130: -80, 132: -50})) == -80
    assert parse.signal_dbm(reported({130: -80, 132: -50})) == -50
    assert parse.active_phases(reported({110: 0})) is None
    assert parse.active_phases(reported({110: 10})) == 1
    assert parse.active_phases(reported({110: 30})) == 3
    assert parse.active_phases(reported({110: 70})) is None
    assert parse.grid(reported({21: 4711})) == "not_detected"
    it_grid = {21: 4, 194: 1.0, 197: 230.0, 199: 231.0, 198: 232.0}
    assert parse.voltages_v(reported(it_grid)) == (230, 231, 232)
    assert parse.meter_power_w(reported({40: 0.0, 41: 2.5})) == -2500


@pytest.mark.parametrize(
    ("values", "phases"),
    [
        ({}, {3}),
        ({21: 1, 38: 2}, {1, 3}),
        ({21: 1, 38: 1}, {1}),
        ({21: 1, 38: 3}, {3}),
        ({21: 3, 38: 2}, {1}),
        ({21: 4, 38: 2}, {3}),
        ({21: 5}, {1}),
    ],
)
def test_phases_that_can_be_set(
    values: dict[int, FeatureValue], phases: set[int]
) -> None:
    """Zeros choose phases only on a TN grid, in automatic mode."""
    reports = reported(values)
    may_switch = parse.can_switch_phases(reports, is_alone=True)
    assert parse.settable_phases(reports, may_switch=may_switch) == phases
    assert parse.can_switch_phases(reports, is_alone=False) is False


@pytest.mark.parametrize(
    ("values", "current_a"),
    [
        ((None, None, None), None),
        ((10.0, None, 12.0), 10.0),
        ((10.0, 0.0, 0.0), 10.0),
        ((0.0, 0.0, 0.0), 0.0),
        ((16.0, 10.0, 12.0), 10.0),
    ],
)
def test_three_limits_become_one(values: PhaseValues, current_a: float | None) -> None:
    """The lowest of the phases in use."""
    assert chain.over_phases(values) == current_a


def test_every_limit_is_laid_out() -> None:
    """The lowest of them decides, ours last among equals."""
    reports = reported(
        {
            **dict.fromkeys(range(22, 25), 25.0),
            **dict.fromkeys((111, 112, 113), 40.0),
            **dict.fromkeys((50, 51, 52), 6.0),
            **dict.fromkeys(EQUALIZER, 11.0),
            47: 20.0,
            48: 32.0,
            104: 32,
            115: 12.0,
            116: True,
        }
    )
    own = chain.charger_limits(reports, ours=chain.CHARGER_DYNAMIC)
    circuit = chain.circuit_limits(reports, 63.0, ours=None)
    assert {limit.key: limit.current_a for limit in own + circuit} == {
        "charger_maximum": 20,
        "charger_dynamic": 32,
        "cable": 32,
        "temperature": 12,
        "equalizer": 11,
        "circuit_fuse": 63,
        "circuit_maximum": 25,
        "circuit_dynamic": 40,
    }
    assert [limit.key for limit in own if limit.is_ours] == ["charger_dynamic"]
    assert chain.lowest_but(own, "equalizer", "temperature") == 20
    assert chain.lowest_but(()) is None
    reports.take(Row(number=Obs.ONLINE, value=False, epoch_s=1.0))
    offline = chain.circuit_limits(reports, None, ours=None)
    assert {limit.key for limit in offline} == {"circuit_maximum", "circuit_offline"}
    nothing = chain.charger_limits(reported(dict.fromkeys(EQUALIZER, 0.0)), ours=None)
    assert nothing == ()
    assert 111 in OF_CIRCUIT


@pytest.mark.parametrize(
    ("values", "current_a"),
    [
        ({230: 11.0, 231: 12.0, 232: 14.0}, 11),
        ({230: 0.0, 231: 12.0, 232: 14.0}, 0),
        ({230: 0.0, 231: 12.0, 232: 14.0, 21: 1, 38: 2}, 0),
        ({230: 12.0, 231: 0.0, 232: 0.0, 21: 3}, 12),
        ({230: 12.0, 231: 14.0, 232: 0.0, 21: 2}, 12),
        ({230: 12.0, 231: 0.0, 232: 0.0, 21: 1, 38: 1}, 12),
        ({230: 0.0, 231: 0.0, 232: 0.0}, None),
        ({230: 0.0, 231: 0.0, 232: 0.0, 96: 50}, None),
        ({230: 0.0, 231: 0.0, 232: 0.0, 96: 10}, 0),
        ({230: 0.0, 231: 0.0, 232: 0.0, 96: 28}, 0),
        ({96: 10}, None),
        ({231: 9.0}, 9),
    ],
)
def test_what_an_equalizer_leaves(
    values: dict[int, FeatureValue], current_a: float | None
) -> None:
    """One full phase stops a charge that needs all three; zeros throughout are mostly no limit."""
    assert chain.equalizer_a(reported(values)) == current_a


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ({}, ()),
        ({96: 78, 114: 8.0}, ()),
        ({96: 54, 114: 8.0}, (("schedule", 0),)),
        ({96: 76, 114: 8.0}, (("schedule", 8),)),
        ({96: 5}, (("load_balancing", 0),)),
        ({96: 6}, (("load_balancing", 0),)),
        ({96: 29, 114: 10.0}, (("load_balancing", 10),)),
        ({96: 29}, ()),
        ({96: 29, 114: 10.0, 250: False}, ()),
    ],
)
def test_limits_that_only_the_reason_names(
    values: dict[int, FeatureValue], limits: tuple[tuple[str, float], ...]
) -> None:
    """What is offered says how low they are."""
    found = chain.momentary_limits(reported(values))
    assert tuple((limit.key, limit.current_a) for limit in found) == limits
    assert all(limit.is_momentary for limit in found)


@pytest.mark.parametrize(
    ("amps", "total_w", "meant"),
    [
        ((10.0, 10.0, 10.0), 6900.0, (10, 10, 10)),
        ((10.0, 10.0, 10.0), None, (10, 10, 10)),
        ((10.0, 10.0, 10.0), -6900.0, (-10, -10, -10)),
        ((20.0, 2.0, 3.0), -3450.0, (-20, 2, 3)),
        ((10.0, None, 10.0), -4600.0, (10, None, 10)),
        ((-10.0, 5.0, 5.0), -100.0, (-10, 5, 5)),
        ((1.0, 1.0, 1.0), -9000.0, (1, 1, 1)),
        ((10.0, 10.0, 1.0), -2300.0, (10, 10, -1)),
    ],
)
def test_signs_at_the_grid(
    amps: PhaseValues, total_w: float | None, meant: PhaseValues
) -> None:
    """Where the power leaves it open, a phase counts as importing."""
    found = parse.meter_currents_a(amps, (230.0, None, 230.0), total_w)
    if meant == (10, 10, -1):
        # Either of the two large ones may be the one that exports.
        assert found[:2] == (10, 10)
    else:
        assert found == meant


@given(
    amps=st.tuples(*[st.floats(0, 63)] * 3),
    signs=st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3),
)
def test_no_import_is_ever_hidden(
    amps: tuple[float, float, float], signs: tuple[float, float, float]
) -> None:
    """A phase that imports is never shown to export."""
    total_w = math.fsum(
        sign * current_a * 230 for sign, current_a in zip(signs, amps, strict=True)
    )
    found = parse.meter_currents_a(amps, (230.0, 230.0, 230.0), total_w)
    for sign, current_a, shown_a in zip(signs, amps, found, strict=True):
        assert shown_a is not None
        assert abs(shown_a) == pytest.approx(current_a)
        assert shown_a >= sign * current_a - 1e-9
