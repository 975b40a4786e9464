"""Read meters by value id."""

from typing import Any

import pytest

from custom_components.busbar.chargers.model import Measurement
from custom_components.busbar.chargers.warp.meters import (
    MeterReading,
    charger_meter,
    grid_meter,
    grid_meter_slot,
    values_by_id,
)
from custom_components.busbar.chargers.warp.states import States

NOTHING = (None, None, None)


def states_of(picture: dict[str, Any]) -> States:
    """Return states that arrived at second 5."""
    states = States()
    states.replace(picture, 5.0)
    return states


def meter(values: dict[int, float | None], slot: int = 0) -> dict[str, Any]:
    """Return the states of one meter."""
    return {
        f"meters/{slot}/config": [2, {"location": 2}],
        f"meters/{slot}/value_ids": list(values),
        f"meters/{slot}/values": list(values.values()),
    }


def read(values: dict[int, float | None]) -> MeterReading:
    """Read the charger's meter."""
    return charger_meter(states_of(meter(values)))


@pytest.mark.parametrize(
    ("values", "currents_a"),
    [
        ({13: 1, 17: 2, 21: 3, 14: 9, 18: 9, 22: 9}, (1, 2, 3)),
        ({14: -1, 18: 2, 22: None, 11: 9, 15: 9, 19: 9}, (1, 2, None)),
        ({13: None, 17: None, 21: None, 11: 4, 15: 5, 19: 6}, (4, 5, 6)),
        ({13: 7}, (7, None, None)),
        ({74: 3000}, NOTHING),
    ],
)
def test_charger_currents(
    values: dict[int, float | None], currents_a: tuple[float | None, ...]
) -> None:
    """Currents come in the order of choice, and what is missing is not 0."""
    assert read(values).currents_a == currents_a


@pytest.mark.parametrize(
    ("values", "power_w"),
    [
        ({74: 5, 75: 6, 39: 7}, 5),
        ({74: None, 75: 6}, 6),
        ({39: 1, 48: 2, 57: 3}, 6),
        ({39: 1}, 1),
        ({39: 1, 48: None, 57: 3}, None),
        ({13: 1}, None),
    ],
)
def test_power(values: dict[int, float | None], power_w: float | None) -> None:
    """Power is the total, or the sum of all phases, or not known."""
    assert read(values).power_w == power_w


def test_energy_and_voltages() -> None:
    """The absolute import counts, the sum where there is none."""
    assert read({209: 5.0, 213: 6.0}).energy_kwh == 5
    assert read({213: 6.0}).energy_kwh == 6
    assert read({1: 230, 2: 231, 3: 229}).voltages_v == (230, 231, 229)


def test_what_a_meter_measures_follows_its_ids() -> None:
    """A value that is null now is still measured."""
    assert read({74: None, 209: None}).measures == {
        Measurement.POWER,
        Measurement.LIFETIME_ENERGY,
    }
    assert read({13: 1, 1: 230}).measures == {
        Measurement.CURRENTS,
        Measurement.VOLTAGES,
    }
    assert read({}).measures == frozenset()


def test_lists_of_different_length_are_of_different_moments() -> None:
    """Ids that just changed are not paired with older values."""
    assert values_by_id([74, 209], [1.0]) == {}
    assert values_by_id([74, "x"], [1.0, 2.0]) == {74: 1.0}


def test_the_configured_slot_is_the_chargers_meter() -> None:
    """`evse/meter_config` says which meter counts."""
    states = states_of(
        {**meter({74: 1}), **meter({74: 2}, 1), "evse/meter_config": {"slot": 1}}
    )
    assert charger_meter(states).power_w == 2
    assert charger_meter(states).measured_at == 5


def legacy(state: int = 2) -> dict[str, Any]:
    """Return the states of an older firmware."""
    return {
        "meter/state": {"state": state, "type": 2},
        "meter/values": {"power": 11040, "energy_rel": 1, "energy_abs": 77.5},
        "meter/all_values": [230, 231, 232, 16, 15, None, *[None] * 79],
    }


def test_older_firmware() -> None:
    """Without value ids the older states serve."""
    reading = charger_meter(states_of(legacy()))
    assert (reading.power_w, reading.energy_kwh) == (11040, 77.5)
    assert list(reading.currents_a) == [16, 15, None]
    assert list(reading.voltages_v) == [230, 231, 232]
    assert len(reading.measures) == 4
    bare = charger_meter(states_of({**legacy(), "meter/all_values": []}))
    assert bare.measures == {Measurement.POWER, Measurement.LIFETIME_ENERGY}
    assert charger_meter(states_of(legacy(state=0))) == MeterReading()


def test_new_firmware_never_falls_back_to_the_older_states() -> None:
    """A meter that was not recognised yet measures nothing."""
    assert charger_meter(states_of({**legacy(), **meter({})})).measures == frozenset()


def test_grid_meter_is_signed() -> None:
    """Signed currents first; unsigned ones take the sign of their phase's power."""
    signed = grid_meter(states_of(meter({14: -2, 18: 3, 22: 1, 13: 2, 17: 3, 21: 1})))
    assert list(signed.currents_a) == [-2, 3, 1]
    unsigned = grid_meter(states_of(meter({13: 2, 17: 3, 21: 1, 39: -460, 48: 690})))
    assert list(unsigned.currents_a) == [-2, 3, 1]
    both = grid_meter(states_of(meter({74: -100, 209: 8, 211: 9})))
    assert (both.power_w, both.energy_kwh, both.export_energy_kwh) == (-100, 8, 9)
    assert Measurement.DISCHARGED_ENERGY in both.measures


def test_which_meter_stands_at_the_grid() -> None:
    """Configured, else located, else the first that is used."""
    two = {**meter({74: 1}), **meter({74: 2}, 3)}
    assert grid_meter_slot(states_of(two)) == 0
    two["meters/3/config"] = [6, {"location": 4}]
    assert grid_meter_slot(states_of(two)) == 3
    two["power_manager/config"] = {"meter_slot_grid_power": 0}
    assert grid_meter_slot(states_of(two)) == 0
    two["power_manager/dynamic_load_config"] = {"meter_slot_grid_currents": 3}
    assert grid_meter_slot(states_of(two)) == 3
    two["power_manager/dynamic_load_config"] = {"meter_slot_grid_currents": 255}
    assert grid_meter_slot(states_of(two)) == 0
    assert grid_meter_slot(states_of({"meters/0/config": [0, None]})) is None
    assert grid_meter(states_of({})) == MeterReading()
