"""Prove the pure parts: words, guard times, barriers, patience, energies."""

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.quasar.energy import EnergyCount
from custom_components.busbar.chargers.quasar.memory import Memory, Remembered
from custom_components.busbar.chargers.quasar.parse import (
    STATE_KEYS,
    STATUS,
    Measurements,
    parse_command,
    parse_control,
    parse_dc,
    parse_device_info,
    parse_limits,
    parse_measurements,
    state_key,
)
from custom_components.busbar.chargers.quasar.patience import (
    FaultWatch,
    Outage,
    RetakePolicy,
)
from custom_components.busbar.chargers.quasar.registers import to_signed, to_word
from custom_components.busbar.chargers.quasar.setpoint import (
    Barrier,
    LevelRules,
    SetpointGuard,
    whole_amps,
)

WORDS = st.integers(0, 0xFFFF)


def words(count: int) -> st.SearchStrategy[list[int]]:
    """Return that many words."""
    return st.lists(WORDS, min_size=count, max_size=count)


@given(st.integers(-0x8000, 0x7FFF))
def test_twos_complement_there_and_back(value: int) -> None:
    """Both ways."""
    assert to_signed(to_word(value)) == value


@pytest.mark.parametrize(("value", "word"), [(-10, 65526), (-7400, 58136), (32, 32)])
def test_known_words(value: int, word: int) -> None:
    """As they were seen in the field."""
    assert to_word(value) == word
    assert to_signed(word) == value


@pytest.mark.parametrize("value", [-0x8001, 0x10000])
def test_words_have_sixteen_bits(value: int) -> None:
    """More does not fit."""
    with pytest.raises(ValueError, match="register"):
        to_word(value)


@given(words(9), words(3), words(5), words(11), words(17), words(2))
def test_no_word_makes_it_raise(
    identity: list[int],
    control: list[int],
    command: list[int],
    limits: list[int],
    measured: list[int],
    dc: list[int],
) -> None:
    """Whatever a charger answers is read; unknown states are unknown."""
    info = parse_device_info(identity)
    assert (info is None) == (not identity[0] or not (identity[1] or identity[2]))
    parse_control(control)
    assert -0x8000 <= parse_command(command).current_a <= 0x7FFF
    assert parse_limits(limits).current_a >= 0
    parse_dc(dc[:1], dc[1:])
    measurements = parse_measurements(measured)
    key = state_key(measurements.state)
    assert (key is None) == (measurements.state > 11)
    assert (measurements.state in STATUS) == (key in STATE_KEYS)


def test_serial_and_part_number() -> None:
    """The invented example of a serial number in two words."""
    part = b"QSA1234567AB"
    words_of_part = [int.from_bytes(part[at : at + 2]) for at in range(0, 12, 2)]
    info = parse_device_info([3400, 1, 34464, *words_of_part])
    assert info is not None
    assert info.serial == "100000"
    assert info.part_number == "QSA1-2-3-4-5-67A-B"
    bare = parse_device_info([3400, 1, 34464, *[0] * 6])
    assert bare is not None and bare.part_number is None


@pytest.mark.parametrize(
    ("state", "connected"),
    [(0, False), (6, False), (7, None), (9, None), (12, None), (4, True), (10, True)],
)
def test_vehicle_connected(state: int, connected: bool | None) -> None:
    """Some states do not tell."""
    measured = Measurements(
        power_w=0, state=state, level_raw=0, unrecoverable=0, recoverable=0
    )
    assert measured.vehicle_connected is connected


@given(st.floats(-1e6, 1e6))
def test_whole_amps_is_never_more(current_a: float) -> None:
    """Towards zero, and nothing between 0 and 3."""
    setpoint_a = whole_amps(current_a)
    assert abs(setpoint_a) <= abs(current_a) + 1e-6
    assert setpoint_a * current_a >= 0
    assert setpoint_a == 0 or abs(setpoint_a) >= 3
    assert abs(current_a) - abs(setpoint_a) < (3 if not setpoint_a else 1)


SETPOINTS = st.integers(-32, 32).map(whole_amps)


@given(st.lists(st.tuples(SETPOINTS, st.floats(0, 40)), max_size=40))
def test_the_guard_holds_against_anything(steps: list[tuple[int, float]]) -> None:
    """A stop passes, an increase never does inside a guard time, reductions are six seconds apart."""
    guard = SetpointGuard()
    held_a, now, opens_at, wrote_at = 0, 0.0, 0.0, -100.0
    for wanted_a, after_s in steps:
        now += after_s
        admitted_a = guard.admits(wanted_a, now)
        if wanted_a == 0:
            assert admitted_a == 0
        if admitted_a is None:
            assert guard.opens_in_s(now) > 0
            continue
        is_open = now >= opens_at
        if not is_open and admitted_a != 0:
            assert abs(admitted_a) < abs(held_a)
            assert admitted_a * held_a > 0
            assert now - wrote_at >= 6
        elif is_open:
            assert admitted_a == wanted_a
        guard.sent(admitted_a, now)
        held_a, wrote_at = admitted_a, now
        opens_at = now + guard.opens_in_s(now)


def test_forgetting_opens_the_guard() -> None:
    """A charger that lost what it was told need not be waited for."""
    guard = SetpointGuard()
    guard.sent(16, 0.0)
    assert guard.admits(20, 1.0) is None
    guard.forget()
    assert guard.admits(20, 1.0) == 20


@given(
    st.integers(-32, 32),
    st.none() | st.integers(1, 100),
    st.integers(5, 94),
    st.integers(1, 100),
)
def test_barriers(current_a: int, level: int | None, floor: int, above: int) -> None:
    """Below the floor and unknown never discharge; going on is allowed where beginning is."""
    ceiling = min(100, floor + above)
    rules = LevelRules(floor_percent=floor, ceiling_percent=ceiling)
    begins = rules.barrier(current_a, level, is_flowing=False)
    goes_on = rules.barrier(current_a, level, is_flowing=True)
    if goes_on is not None:
        assert begins is goes_on
    if current_a < 0 and level is None:
        assert goes_on is Barrier.UNKNOWN
    if current_a < 0 and level is not None:
        assert (goes_on is Barrier.FLOOR) == (level <= floor)
        assert (begins is Barrier.FLOOR) == (level <= floor + 1)
    if current_a > 0:
        stops = level is not None and ceiling < 100 and level >= ceiling
        assert (goes_on is Barrier.CEILING) == stops
    if current_a == 0:
        assert begins is None


def test_a_fault_is_one_that_lasts() -> None:
    """A minute; five after a restart; and from the beginning when it came back."""
    watch = FaultWatch()
    assert not watch.lasts(has_fault=True, now=1000)
    assert not watch.lasts(has_fault=True, now=1059)
    assert watch.lasts(has_fault=True, now=1060)
    assert not watch.lasts(has_fault=False, now=1061)
    assert not watch.lasts(has_fault=True, now=1062)
    watch.returned(2000)
    assert not watch.lasts(has_fault=True, now=2000)
    assert not watch.lasts(has_fault=True, now=2299)
    assert watch.lasts(has_fault=True, now=2300)


def test_an_outage_is_told_once() -> None:
    """Sixty seconds or ten rounds; then once a minute."""
    outage = Outage(lambda: 0.5)
    assert not outage.failed(0)
    assert not outage.failed(59)
    assert outage.may_try(59)
    assert outage.failed(60)
    assert outage.is_dead
    assert not outage.may_try(119)
    assert outage.may_try(120)
    assert not outage.failed(120)
    outage.ended()
    assert not outage.is_dead
    assert [outage.failed(200 + at) for at in range(10)] == [False] * 9 + [True]


def test_retaking_control_grows_patient() -> None:
    """And forgives whoever left it alone for half an hour."""
    policy = RetakePolicy()
    assert policy.may_take(0)
    policy.taken(0)
    assert not policy.may_take(29)
    assert policy.may_take(30)
    policy.taken(30)
    assert not policy.may_take(89)
    for at in (100, 300, 800, 2000):
        policy.taken(at)
    assert not policy.may_take(2599)
    assert policy.may_take(2600)
    policy.taken(4000)
    assert policy.may_take(4030)


@given(st.lists(st.tuples(st.floats(-7400, 7400), st.floats(0, 120)), max_size=50))
def test_energies_only_grow(readings: list[tuple[float, float]]) -> None:
    """And never faster than the power."""
    count, now = EnergyCount(), 0.0
    for power_w, after_s in readings:
        now += after_s
        after = count.then(power_w, now)
        assert after.charged_kwh >= count.charged_kwh
        assert after.discharged_kwh >= count.discharged_kwh
        count = after
    assert count.charged_kwh + count.discharged_kwh <= 7.4 * now / 3600 + 1e-9


def test_memory_stores_every_change_and_only_changes() -> None:
    """What is foreign in the stored mapping is left alone."""
    stored: list[dict[str, object]] = []
    memory = Memory(
        {"held_back": True, "restarts_at": [1.0], "token": "x"},
        lambda state: stored.append(dict(state)),
    )
    assert memory.now == Remembered(held_back=True, restarts_at=(1.0,))
    memory.change(held_back=True)
    assert stored == []
    memory.change(external_control=True)
    assert stored[0]["external_control"] is True
    assert stored[0]["restarts_at"] == [1.0]
