"""Hold the pure half to the tables of the fact sheet, and to any nonsense the wire may send."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.andersen.parse import (
    ERROR_KEYS,
    Status,
    merge,
    parse_status,
)
from custom_components.busbar.chargers.andersen.power import (
    PowerUnit,
    in_watts,
    power_unit,
)
from custom_components.busbar.chargers.andersen.slots import (
    SLOT_KEYS,
    WIRE_KEYS,
    enabled_slots,
    read_slots,
    schedule_names,
)
from custom_components.busbar.chargers.andersen.values import (
    flag,
    moment,
    number,
    table,
    text,
    whole,
)
from custom_components.busbar.chargers.model import UNKNOWN_PHASES, ChargerStatus

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


FIELDS = [
    "online",
    "evseState",
    "sysUserLock",
    "sysScheduleLock",
    "sysFaultCode",
    "cfgChargeAmpMax",
    "sysVoltageA",
    "evseChargeAmpCurrentLimit",
    "sysVoltageB",
    "sysVoltageC",
    "sysAmpA",
    "sysAmpB",
    "sysAmpC",
    "chargeStatus",
    "sysGridPower",
    "sysSolarPower",
    "sysChargePower",
    "sysTemperature",
    "sysRssi",
    "sysProductId",
    "solarMaxGridChargePercent",
    "solarChargeAlways",
    "scheduleSlotsArray",
    "sysFwVersion",
]


WIRES = st.dictionaries(st.sampled_from(FIELDS), JSON)


def status_of(**fields: Any) -> Status:
    """Parse a status of these fields."""
    return parse_status(fields)


@given(WIRES)
def test_no_status_raises(wire: dict[str, Any]) -> None:
    """Whatever arrives, in whatever type."""
    status = parse_status(wire)
    assert status.charger_status in {None, *ChargerStatus}
    assert status.error in {None, "none", *ERROR_KEYS}
    assert status.vehicle_connected in {None, True, False}
    assert status.model
    for slot in read_slots(wire, schedule_names(wire)):
        assert slot.key in SLOT_KEYS
    assert set(enabled_slots(wire)) <= set(WIRE_KEYS)


@given(WIRES, WIRES)
def test_no_event_raises(wire: dict[str, Any], event: dict[str, Any]) -> None:
    """Merging keeps every key of both, but what a poll said beside another power."""
    merged = merge(wire, event)
    assert {*wire, *event} - set(merged) <= {"sysChargePower"}
    parse_status(merged)


SESSION: dict[str, Any] = {"chargePower": 7200, "chargePowerMax": 7.3, "duration": 60}
POLL: dict[str, Any] = {"sysChargePower": 7.2, "sysAmpC": 31, "chargeStatus": SESSION}


def test_a_trickle_in_an_event_is_not_taken_for_kilowatts() -> None:
    """It is not compared with the power of the last poll."""
    merged = merge(POLL, {"chargeStatus": {"chargePower": 5}})
    assert parse_status(merged, PowerUnit.WATT).power_w == 5
    assert parse_status(merged).unit is None
    assert (merged["sysAmpC"], merged["chargeStatus"]["duration"]) == (31, 60)


def test_a_rise_in_an_event_is_not_taken_for_watts() -> None:
    """Nor with the most that a session on the sun had at the last poll."""
    sunny = {"chargePower": 0.0, "chargePowerMax": 1.5}
    merged = merge({"chargeStatus": sunny}, {"chargeStatus": {"chargePower": 7.2}})
    assert parse_status(merged).unit is None


@pytest.mark.parametrize(
    "session", [{"chargePower": 7200}, {"chargePower": None}, {"duration": 90}]
)
def test_what_goes_with_a_power_stays_beside_it(session: dict[str, Any]) -> None:
    """The same power is no news, and neither is none."""
    merged = merge(POLL, {"chargeStatus": session})
    assert merged == {**POLL, "chargeStatus": {**SESSION, **session}}


def test_an_event_may_say_it_itself() -> None:
    """Then it is of one report."""
    event = {"sysChargePower": 3.6, "chargeStatus": {"chargePower": 3.6}}
    assert parse_status(merge(POLL, event)).unit is PowerUnit.KILOWATT


@given(JSON)
def test_single_values(value: Any) -> None:
    """Read or unknown, never an exception and never a made-up zero."""
    assert number(None) is None
    read = number(value)
    assert read is None or isinstance(read, float)
    assert whole(value) is None or read is not None
    assert flag(value) in {None, True, False}
    assert text(value) != ""
    assert isinstance(table(value), dict)
    assert moment(value) is None


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-01-05T00:30:00Z", datetime(2026, 1, 5, 0, 30, tzinfo=UTC)),
        ("2026-07-05T00:30:00+01:00", datetime(2026, 7, 4, 23, 30, tzinfo=UTC)),
        ("2026-01-05T00:30:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("now", None),
        (20260105, None),
    ],
)
def test_moments(value: Any, read: datetime | None) -> None:
    """In UTC, and none without a zone."""
    assert moment(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [("3", 3.0), (3, 3.0), ("x", None), (True, None), ("nan", None), (10**400, None)],
)
def test_numbers(value: Any, read: float | None) -> None:
    """Text counts where it is a number."""
    assert number(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("true", True),
        ("False", False),
        (1, True),
        (0, False),
        (2, None),
        (0.5, None),
        (None, None),
    ],
)
def test_flags(value: Any, read: bool | None) -> None:
    """As text or number too."""
    assert flag(value) is read


@pytest.mark.parametrize(
    ("state", "status", "vehicle", "error"),
    [
        (1, ChargerStatus.DISCONNECTED, False, "none"),
        ("2", ChargerStatus.CONNECTED, True, "none"),
        (3.0, ChargerStatus.CHARGING, True, "none"),
        (4, ChargerStatus.ERROR, None, "charger_fault"),
        (6, ChargerStatus.ERROR, None, "residual_current"),
        (11, ChargerStatus.ERROR, None, "over_current"),
        (254, ChargerStatus.SUSPENDED_BY_CHARGER, None, "none"),
        (255, ChargerStatus.OUT_OF_SERVICE, None, "none"),
        (0, None, None, "none"),
        (12, None, None, "none"),
        ("odd", None, None, None),
        (None, None, None, None),
    ],
)
def test_codes(
    state: Any,
    status: ChargerStatus | None,
    vehicle: bool | None,
    error: str | None,
) -> None:
    """The table of 5.1; at 255 the plug is hidden."""
    parsed = status_of(evseState=state, online=True)
    assert parsed.charger_status is status
    assert parsed.vehicle_connected is vehicle
    assert parsed.error == error


@pytest.mark.parametrize(
    ("user", "schedule", "status", "is_locked"),
    [
        (True, False, ChargerStatus.OUT_OF_SERVICE, True),
        (True, True, ChargerStatus.OUT_OF_SERVICE, True),
        (False, True, ChargerStatus.SUSPENDED_BY_CHARGER, True),
        (None, True, ChargerStatus.OUT_OF_SERVICE, True),
        (False, False, ChargerStatus.OUT_OF_SERVICE, False),
        (False, None, ChargerStatus.OUT_OF_SERVICE, None),
    ],
)
def test_locks(
    user: bool | None,
    schedule: bool | None,
    status: ChargerStatus,
    is_locked: bool | None,
) -> None:
    """By a person, by the schedule, by both, by something that is not known (5.2)."""
    parsed = status_of(evseState=255, sysUserLock=user, sysScheduleLock=schedule)
    assert parsed.charger_status is status
    assert parsed.is_locked is is_locked


def test_offline_is_not_known() -> None:
    """What the cloud shows then is the last report, however old."""
    parsed = status_of(online=False, evseState=3)
    assert parsed.charger_status is None
    assert parsed.vehicle_connected is None


def test_a_fault_code_without_a_faulty_state() -> None:
    """Zero is none, the others are not published."""
    assert status_of(evseState=1, sysFaultCode=0).error == "none"
    assert status_of(evseState=1, sysFaultCode=3).error == "fault_code"


@pytest.mark.parametrize(
    ("power", "remembered", "system_kw", "maximum_kw", "unit"),
    [
        (7200, None, None, None, PowerUnit.WATT),
        (7200, PowerUnit.KILOWATT, None, None, PowerUnit.WATT),
        (7.2, None, 7.1, None, PowerUnit.KILOWATT),
        (7.2, PowerUnit.WATT, 7.1, None, PowerUnit.KILOWATT),
        (7.2, None, None, 7.3, PowerUnit.KILOWATT),
        (7.2, None, 0.0, None, None),
        (7.2, None, None, None, None),
        (20, None, None, 7.3, PowerUnit.WATT),
        (20, PowerUnit.KILOWATT, 0.02, None, PowerUnit.KILOWATT),
        (0.02, PowerUnit.WATT, 7.0, None, PowerUnit.WATT),
        (1.0, None, 7.0, 7.0, None),
        (20, None, None, 0.1, None),
        (1.0, None, None, 22.0, None),
    ],
)
def test_the_unit_of_power(
    power: float,
    remembered: PowerUnit | None,
    system_kw: float | None,
    maximum_kw: float | None,
    unit: PowerUnit | None,
) -> None:
    """One function, one table: a live log settles it here (7)."""
    decided = power_unit(
        power,
        remembered=remembered,
        system_kw=system_kw,
        session_maximum_kw=maximum_kw,
    )
    assert decided is unit


@given(st.floats(min_value=51, max_value=30000))
def test_more_than_a_home_can_deliver_are_watts(power: float) -> None:
    """Whatever was believed before."""
    session = {"chargePower": power}
    for remembered in (None, *PowerUnit):
        parsed = parse_status({"chargeStatus": session}, remembered)
        assert parsed.power_w == power
        assert parsed.unit is PowerUnit.WATT


def test_watts() -> None:
    """Zero is zero in any unit, unknown stays unknown."""
    assert in_watts(0.0, None) == 0
    assert in_watts(None, PowerUnit.WATT) is None
    assert in_watts(5.0, None) is None
    assert in_watts(5.0, PowerUnit.KILOWATT) == 5000


def test_the_systems_own_power_stands_in() -> None:
    """Where the session says nothing, or nothing that can be understood."""
    assert status_of(sysChargePower=1.5).power_w == 1500
    assert status_of(sysChargePower=0.1, chargeStatus={"chargePower": 2}).power_w == 100


@pytest.mark.parametrize(
    ("fields", "voltages", "currents", "live"),
    [
        (
            {"sysVoltageC": 231, "sysAmpC": 6},
            (231.0, None, None),
            (6.0, None, None),
            1,
        ),
        (
            {"sysVoltageA": 230, "sysAmpA": 6},
            (230.0, None, None),
            (6.0, None, None),
            1,
        ),
        (
            {
                "sysVoltageA": 230,
                "sysVoltageB": 231,
                "sysVoltageC": 232,
                "sysAmpA": 1,
                "sysAmpB": 2,
                "sysAmpC": 3,
            },
            (230.0, 231.0, 232.0),
            (1.0, 2.0, 3.0),
            3,
        ),
        ({}, UNKNOWN_PHASES, UNKNOWN_PHASES, None),
    ],
)
def test_phases(
    fields: dict[str, float], voltages: object, currents: object, live: int | None
) -> None:
    """On one phase the useful terminal is C (4.3)."""
    parsed = status_of(**fields)
    assert parsed.voltages_v == voltages
    assert parsed.currents_a == currents
    assert parsed.live_phases == live


def test_currents_that_do_not_explain_the_power_are_not_the_vehicles() -> None:
    """What `sysAmp` reads while a car charges is not published."""
    session = {"chargePower": 7200}
    honest = status_of(chargeStatus=session, sysVoltageC=230, sysAmpC=31)
    odd = status_of(chargeStatus=session, sysVoltageC=230, sysAmpC=0)
    assert honest.currents_a == (31.0, None, None)
    assert odd.currents_a == UNKNOWN_PHASES


def test_currents_of_before_are_not_known_any_more() -> None:
    """An event brings power without currents, and those of the last poll stay in the picture."""
    ended = status_of(chargeStatus={"chargePower": 0}, sysVoltageC=230, sysAmpC=32)
    assert ended.currents_a == UNKNOWN_PHASES
    idle = status_of(chargeStatus={"chargePower": 0}, sysVoltageC=230, sysAmpC=0)
    assert idle.currents_a == (0.0, None, None)
