"""Prove the pure parts with captured answers, and with anything at all."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.meters.shelly_em.parse import (
    Channel,
    Reading,
    parse_first,
    parse_info,
    parse_later,
)
from custom_components.busbar.meters.shelly_em.roles import (
    ClampSetting,
    MeterRole,
    default_clamps,
    grouped,
    join,
)

CAPTURED = {
    "emeters": [
        {
            "power": -620.34,
            "reactive": 714.48,
            "pf": -0.66,
            "voltage": 235.68,
            "is_valid": True,
            "total": 401472.9,
            "total_returned": 653673.7,
        }
    ]
}
"""One channel as a Shelly EM was seen to answer."""

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "emeters", "power", "voltage", "pf", "is_valid", "total", "sys",
                    "uptime", "mac", "em1:0", "em1:x", "em1data:0", "em:0", "emdata:0",
                    "act_power", "a_act_power", "errors", "a_errors", "wifi", "rssi",
                    "gen", "type", "model", "current", "reactive",
                ]
            ),
            inner,
            max_size=8,
        )
    ),
    max_leaves=30,
)  # fmt: skip


def test_a_captured_answer() -> None:
    """Export, in Wh, with the apparent current."""
    channel = parse_first(CAPTURED).channels[0]
    assert channel.power_w == -620.34
    assert channel.imported_kwh == pytest.approx(401.4729)
    assert channel.exported_kwh == pytest.approx(653.6737)
    assert channel.current_a == pytest.approx(-946.2 / 235.68, abs=0.01)


@given(JSON)
def test_no_answer_makes_it_raise(answer: Any) -> None:
    """Whatever a device answers is read; what is not understood is not there."""
    parse_info(answer)
    if isinstance(answer, dict):
        for reading in (parse_first(answer), parse_later(answer)):
            for clamps in grouped(default_clamps(reading)).values():
                joined = join(reading, clamps)
                assert (joined.power_w is None) == (joined.error is not None)


@pytest.mark.parametrize(
    ("answer", "model"),
    [
        ({"mac": "aa", "type": "SHEM", "auth": False}, "Shelly EM"),
        ({"mac": "aa", "type": "SHEM-3", "auth": True}, "Shelly 3EM"),
        ({"mac": "aa", "gen": 2, "model": "SPEM-002CEBEU50"}, "Shelly Pro EM-50"),
        ({"mac": "aa", "gen": 2, "model": "SPEM-003CEBEU120"}, "Shelly Pro 3EM"),
        ({"mac": "aa", "gen": 3, "model": "S3EM-002CXCEU"}, "Shelly EM Gen3"),
        ({"mac": "aa", "gen": 3, "model": "S3EM-003CXCEU63"}, "Shelly 3EM-63 Gen3"),
        ({"mac": "aa", "gen": 4, "model": "S4EM-001PXCEU16"}, "Shelly EM Mini Gen4"),
        ({"mac": "aa", "gen": 4, "model": "S4EM-001CXCEU63"}, "Shelly EM-63 Gen4"),
        ({"mac": "aa", "gen": 5, "model": "S5EM-009"}, "Shelly energy meter"),
        ({"mac": "aa", "gen": 2, "model": "SNSW-001X16EU"}, None),
        ({"mac": "aa", "gen": "2", "model": "SPEM-003"}, None),
        ({"mac": "aa", "type": "SHSW-1"}, None),
        ({"mac": 7, "type": "SHEM"}, None),
        ([], None),
    ],
)
def test_models(answer: Any, model: str | None) -> None:
    """By type or model number; what is no energy meter is none."""
    info = parse_info(answer)
    assert (info and info.model) == model
    if info is not None:
        assert info.mac == "AA"


@pytest.mark.parametrize(
    ("extra", "current_a"),
    [
        ({"current": 5.0}, -5.0),
        ({"reactive": 0.0}, -2.0),
        ({"pf": -0.5}, -4.0),
        ({"pf": 0.0}, -2.0),
        ({"pf": 7}, -2.0),
        ({}, -2.0),
    ],
)
def test_the_current(extra: dict[str, float], current_a: float) -> None:
    """As told, else from the apparent power, else from the power alone."""
    meter = {"power": -460.0, "voltage": 230.0, "is_valid": True, **extra}
    channel = parse_first({"emeters": [meter]}).channels[0]
    assert channel.current_a == pytest.approx(current_a)


@pytest.mark.parametrize(
    ("extra", "power_factor"),
    [
        ({"current": 5.0}, 0.4),
        ({"current": -5.0}, 0.4),
        ({"reactive": 345.0}, 0.8),
        ({"pf": -0.5}, 0.5),
        ({"pf": 0.0}, None),
        ({"pf": 7}, None),
        ({"current": 1.9}, 1.0),
        ({"current": 5.0, "power": 0.0}, 0.0),
        ({"current": 0.04, "power": 4.0}, None),
        ({"current": 5.0, "voltage": 0}, None),
        ({}, None),
    ],
)
def test_the_power_factor(extra: dict[str, float], power_factor: float | None) -> None:
    """By the apparent power; nothing is made up where nothing tells of it, or next to nothing flows."""
    meter = {"power": -460.0, "voltage": 230.0, "is_valid": True, **extra}
    clamps = (ClampSetting(channel=0, role=MeterRole.GRID, is_inverted=True),)
    joined = join(parse_first({"emeters": [meter]}), clamps)
    assert joined.power_factor == power_factor


def test_the_power_factor_of_several_clamps() -> None:
    """Of what they carry together, and unknown if one of them does not tell."""
    answer = {
        "em:0": {
            "a_act_power": 300.0,
            "a_aprt_power": 400.0,
            "b_act_power": 100.0,
            "b_pf": 0.5,
            "c_act_power": 0.0,
            "c_aprt_power": 0.0,
        }
    }
    reading = parse_later(answer)
    clamps = default_clamps(reading)
    assert join(reading, clamps).power_factor == 0.67
    del answer["em:0"]["c_aprt_power"]
    assert join(parse_later(answer), clamps).power_factor is None


@pytest.mark.parametrize(
    ("errors", "error"),
    [
        (["out_of_range:voltage"], "out_of_range"),
        (["ct_type_not_set"], "clamp_not_set"),
        (["power_meter_failure"], "power_meter_failure"),
        (["something_new"], "channel_invalid"),
        ([], None),
        (None, None),
    ],
)
def test_errors_of_the_later_generations(errors: Any, error: str | None) -> None:
    """The first of them, unknown ones too."""
    answer = {"em1:0": {"act_power": 5.0, "errors": errors}}
    assert parse_later(answer).channels[0].error == error


def test_an_unknown_counter_spoils_its_sum_alone() -> None:
    """A counter must not fall because a part of it is not known."""
    reading = Reading(
        mac=None,
        uptime_s=None,
        channels={
            0: Channel(power_w=1.0, imported_kwh=5.0, exported_kwh=None),
            1: Channel(power_w=2.0, imported_kwh=6.0, exported_kwh=1.0),
        },
    )
    clamps = [
        ClampSetting(channel=0, role=MeterRole.GRID, is_inverted=True),
        ClampSetting(channel=1, role=MeterRole.GRID, phase=2),
    ]
    joined = join(reading, clamps)
    assert joined.power_w == 1
    assert joined.imported_kwh is None
    assert joined.exported_kwh == 6
    assert joined.currents_a == (0, 0, None)
