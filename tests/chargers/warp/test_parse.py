"""Read what a WARP says, with the recorded objects and with garbage."""

import asyncio
import json
from typing import Any
from unittest.mock import AsyncMock, Mock

from aiohttp import ClientSession
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.busbar.chargers.model import ChargerStatus
from custom_components.busbar.chargers.warp.bindings import (
    CHARGER_BINDINGS,
    GROUP_BINDINGS,
)
from custom_components.busbar.chargers.warp.charger import WarpCharger
from custom_components.busbar.chargers.warp.client import WarpClient
from custom_components.busbar.chargers.warp.features import offered, values_of
from custom_components.busbar.chargers.warp.group import members_of
from custom_components.busbar.chargers.warp.link import Link
from custom_components.busbar.chargers.warp.meters import charger_meter, grid_meter
from custom_components.busbar.chargers.warp.parse import (
    BASE58,
    CALIBRATION_ERROR,
    ERROR_KEYS,
    LARGEST_BASE58,
    MAXIMUM_MA,
    MINIMUM_MA,
    SLOT_KEYS,
    Z_BASE_32,
    amperes,
    as_int,
    as_number,
    features_of,
    firmware_version,
    hardware_limit_a,
    limits_of,
    milliamperes,
    parse_evse_state,
    parse_slots,
    status_of,
    uid_from_number,
)
from custom_components.busbar.chargers.warp.paths import _READABLE, meter_path
from custom_components.busbar.chargers.warp.states import States
from custom_components.busbar.chargers.warp.stream import is_end_of_dump, split_frame

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats()
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=20,
)
SEED_STATE = {
    "iec61851_state": 2,
    "charger_state": 3,
    "contactor_state": 3,
    "contactor_error": 0,
    "allowed_charging_current": 32000,
    "error_state": 0,
    "lock_state": 0,
}


def seed_slot(
    current_ma: int = 32000, *, active: bool = True, clear: bool = False
) -> dict[str, Any]:
    """Return one slot."""
    return {"max_current": current_ma, "active": active, "clear_on_disconnect": clear}


SEED_SLOTS = [seed_slot() for _ in range(15)]
SEED_SLOTS[5] = seed_slot(19000)
for _number in (3, 8, 11, 14):
    SEED_SLOTS[_number] = seed_slot(active=False)
SEED_SLOTS[6] = seed_slot(active=False, clear=True)
SEED_SLOTS[7] = seed_slot(0, active=False, clear=True)


RECORDED: dict[str, Any] = {
    "evse/state": SEED_STATE,
    "evse/hardware_configuration": {
        "jumper_configuration": 6,
        "has_lock_switch": False,
        "evse_version": 14,
    },
    "evse/low_level_state": {
        "led_state": 4,
        "cp_pwm_duty_cycle": 533,
        "adc_values": [16356, 7198],
        "voltages": [-2646, 899, 5915],
        "resistances": [850, 219],
        "gpio": [False, False, True, True, True],
        "charging_time": 9341087,
        "time_since_state_change": 9341087,
        "uptime": 876032107,
    },
    "evse/slots": SEED_SLOTS,
    "evse/button_state": {
        "button_press_time": 278667837,
        "button_release_time": 278667971,
        "button_pressed": False,
    },
    "evse/indicator_led": {
        "indication": -1,
        "duration": 0,
        "color_h": 0,
        "color_s": 0,
        "color_v": 0,
    },
    "evse/user_calibration": {
        "user_calibration_active": False,
        "voltage_diff": -95,
        "voltage_mul": 12205,
        "voltage_div": 12157,
        "resistance_2700": 312,
        "resistance_880": [
            *(1517, 984, 870, 795, 803, 769, 671),
            *(748, 691, 588, 598, 549, 537, 606),
        ],
    },
}


def test_the_recorded_state() -> None:
    """The example of the reference reads as a charging vehicle."""
    state = parse_evse_state(SEED_STATE)
    slots = parse_slots(SEED_SLOTS)
    assert (state.iec, state.charger, state.error, state.offered_a) == (
        2,
        3,
        "none",
        32,
    )
    assert state.vehicle_connected is True
    assert state.raw == "iec61851 2, charger 3"
    assert status_of(state, slots, has_declined=False) is ChargerStatus.CHARGING


def test_the_recorded_slots() -> None:
    """Active slots are limits by name, and the smallest one decides."""
    slots = parse_slots(SEED_SLOTS)
    limits = limits_of(slots)
    assert len(slots) == 15
    assert [limit.key for limit in limits] == [
        SLOT_KEYS[number] for number in (0, 1, 2, 4, 5, 9, 10, 12, 13)
    ]
    assert min(limits, key=lambda limit: limit.current_a).key == "configured_current"
    assert not any(limit.is_ours for limit in limits)
    assert hardware_limit_a(slots) == 32


def test_the_recorded_charger() -> None:
    """All recorded objects of a WARP1 together read as one charger."""
    link = Link(
        WarpClient(URL("http://charger.invalid"), Mock(spec=ClientSession)),
        uid="AbCd",
        clock=lambda: 100.0,
        pause=asyncio.sleep,
    )
    link.states.replace(RECORDED, 99.0)
    charger = WarpCharger(link, AsyncMock())
    snapshot = charger.snapshot
    assert snapshot is not None
    assert snapshot.status is ChargerStatus.CHARGING
    assert snapshot.limiting is not None
    assert snapshot.limiting.key == "configured_current"
    # The slot of external control is not active there: nothing of ours is confirmed.
    assert snapshot.confirmed_a is None
    assert charger.capabilities.charge is None
    assert snapshot.started_at == pytest.approx(99 - 876032.107)
    assert charger.identity.hardware == "EVSE 1.4"
    assert snapshot.values == {
        "button_pressed": False,
        "contactor_error": 0,
        "contactor_state": 3,
    }
    assert charger.diagnostics()["evse/user_calibration"]["voltage_mul"] == 12205
    assert not charger.capabilities.can_switch_phases


def test_slots_of_any_length_and_unknown_ones() -> None:
    """Slots are known by number; those beyond the list have no name of their own."""
    slots = parse_slots([seed_slot()] * 20)
    assert slots[8].key == "external_control"
    assert limits_of(slots)[8].is_ours
    assert slots[17].key == "grid_protection_r37"
    assert slots[18].key == slots[19].key == "other_limit"
    assert parse_slots([{}, seed_slot()]).keys() == {1}


@pytest.mark.parametrize(
    ("cables_ma", "limit_a"), [((32000, 20000), 20), ((16000, 32000), 16), ((0, 0), 32)]
)
def test_the_cables_bound_the_range(cables_ma: tuple[int, int], limit_a: float) -> None:
    """Jumper and cable say what a charger can draw at most."""
    assert hardware_limit_a(parse_slots([seed_slot(ma) for ma in cables_ma])) == limit_a


@pytest.mark.parametrize(
    ("iec", "charger", "blocked", "declined", "status"),
    [
        (0, 0, (), False, ChargerStatus.DISCONNECTED),
        (1, 1, (6, 4), False, ChargerStatus.AWAITING_AUTHORIZATION),
        (1, 1, (4, 8), False, ChargerStatus.PAUSED),
        (1, 1, (8,), False, ChargerStatus.SUSPENDED_BY_CHARGER),
        (1, 2, (), False, ChargerStatus.CONNECTED),
        (1, 2, (), True, ChargerStatus.SUSPENDED_BY_VEHICLE),
        (2, 3, (), False, ChargerStatus.CHARGING),
        (3, 0, (), False, ChargerStatus.SUSPENDED_BY_CHARGER),
        (4, 0, (), False, ChargerStatus.ERROR),
        (1, 4, (), False, ChargerStatus.ERROR),
        (1, 9, (), False, None),
        (None, None, (), False, None),
    ],
)
def test_status(
    iec: int | None,
    charger: int | None,
    blocked: tuple[int, ...],
    declined: bool,
    status: ChargerStatus | None,
) -> None:
    """Every combination has its status, unknown codes have none."""
    slots = parse_slots(
        [seed_slot(0 if number in blocked else 32000) for number in range(9)]
    )
    state = parse_evse_state({"iec61851_state": iec, "charger_state": charger})
    assert status_of(state, slots, has_declined=declined) is status


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"error_state": 0, "iec61851_state": 1}, "none"),
        ({"error_state": 0, "iec61851_state": 4}, "other"),
        ({"error_state": 2}, "switch"),
        ({"error_state": 3}, CALIBRATION_ERROR),
        ({"error_state": 3, "dc_fault_current_state": 1}, "dc_residual_current"),
        ({"error_state": 4}, "contactor"),
        ({"error_state": 5}, "communication"),
        ({"error_state": 7}, "other"),
        ({}, None),
    ],
)
def test_errors(fields: dict[str, int], error: str | None) -> None:
    """The number of blinks has a name."""
    assert parse_evse_state(fields).error == error
    assert error in {None, "none", *ERROR_KEYS}


@pytest.mark.parametrize(
    ("iec", "connected"), [(0, False), (1, True), (2, True), (3, True), (4, None)]
)
def test_vehicle_connected(iec: int, connected: bool | None) -> None:
    """A fault does not say whether a vehicle is there."""
    assert parse_evse_state({"iec61851_state": iec}).vehicle_connected is connected


def test_version_and_features() -> None:
    """The build stamp is cut off, and only texts are features."""
    assert firmware_version({"firmware": "2.12.1+68a1b2c3"}) == "2.12.1"
    assert firmware_version({"firmware": "+68a1b2c3"}) is None
    assert firmware_version([]) is None
    assert features_of(["evse", 3, None]) == {"evse"}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "2"),
        (57, "Z"),
        (58, "21"),
        (LARGEST_BASE58 + 1, "855c"),
        (0, None),
        (-1, None),
        (2**32, None),
    ],
)
def test_uid_from_number(number: int, text: str | None) -> None:
    """Discovery gives the uid as a number, the device as text."""
    assert uid_from_number(number) == text


@given(st.integers(min_value=1, max_value=2**32 - 1))
def test_every_number_has_its_own_uid(number: int) -> None:
    """The text decodes to the number again."""
    alphabet = BASE58 if number <= LARGEST_BASE58 else Z_BASE_32
    text = uid_from_number(number)
    assert text is not None
    decoded = 0
    for character in text:
        decoded = decoded * len(alphabet) + alphabet.index(character)
    assert decoded == number


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_milliamperes_are_always_what_the_controller_takes(current_a: float) -> None:
    """Nothing between 0 and 6 A, and nothing above 32 A, is ever sent."""
    sent = milliamperes(current_a)
    assert sent == 0 or MINIMUM_MA <= sent <= MAXIMUM_MA
    assert current_a < 6 - 1e-3 or sent > 0


@pytest.mark.parametrize(
    ("value", "current_a"),
    [(16000, 16), (0, 0), (-1, None), (True, None), (16.0, None), ("16", None)],
)
def test_amperes(value: object, current_a: float | None) -> None:
    """Currents are whole milliamperes."""
    assert amperes(value) == current_a


def test_numbers() -> None:
    """True is no number, and what does not fit is not known."""
    assert as_number(True) is None
    assert as_number(10**400) is None
    assert as_number(float("nan")) is None
    assert as_number(1) == 1.0
    assert as_int(2**64) is None


@given(JSON)
def test_garbage_never_raises(value: Any) -> None:
    """Whatever a device says, reading it does not fail."""
    slots = parse_slots(value)
    status_of(parse_evse_state(value), slots, has_declined=False)
    limits_of(slots)
    hardware_limit_a(slots)
    firmware_version(value)
    features_of(value)
    members_of(value, "AbCd")


@given(
    st.dictionaries(st.sampled_from(sorted(_READABLE)), JSON, max_size=8), JSON, JSON
)
def test_garbage_in_any_state_never_raises(
    picture: dict[str, Any], ids: Any, values: Any
) -> None:
    """Meters and features read any picture."""
    states = States()
    picture |= {
        meter_path(0, "config"): values,
        meter_path(0, "value_ids"): ids,
        meter_path(0, "values"): values,
    }
    states.replace(picture, 1.0)
    charger_meter(states)
    grid_meter(states)
    for bindings in (CHARGER_BINDINGS, GROUP_BINDINGS):
        keys = {feature.key for feature in offered(bindings, states)}
        assert values_of(bindings, states).keys() <= keys


@given(st.text())
def test_any_frame_can_be_split(text: str) -> None:
    """A frame of anything has lines or none."""
    split_frame(text)


@given(st.lists(st.tuples(st.text(max_size=5), JSON), max_size=5))
def test_lines_survive_a_frame(lines: list[tuple[str, Any]]) -> None:
    """What was put into a frame comes out of it."""
    rows = [
        json.dumps({"topic": topic, "payload": payload}) for topic, payload in lines
    ]
    frame = "".join(f"{row}\n" for row in rows)
    assert [json.dumps(line[1]) for line in split_frame(frame)] == [
        json.dumps(payload) for _, payload in lines
    ]


def test_frames() -> None:
    """Lines that make no sense are left out; an extra newline ends the dump."""
    frame = '\n{"topic":"a","payload":1}\nnonsense\n[]\n{"topic":2,"payload":1}\n{"topic":"b"}\n'
    assert split_frame(frame) == [("a", 1)]
    assert split_frame("[" * 100_000) == []
    assert not is_end_of_dump(frame)
    assert is_end_of_dump(frame + "\n")
    assert is_end_of_dump("\n")
