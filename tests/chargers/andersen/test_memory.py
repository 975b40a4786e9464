"""Hold what is remembered: sums that only grow, commands under way, records to put back."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.andersen.ledger import (
    KEPT,
    TRIMMED_ABOVE,
    Charge,
    Ledger,
    charge_values,
    newest,
    parse_charge,
)
from custom_components.busbar.chargers.andersen.memory import Memory
from custom_components.busbar.chargers.andersen.ownership import LockCommand, Ownership
from custom_components.busbar.chargers.andersen.pending import (
    GIVE_UP_S,
    TYPICAL_S,
    CommandKind,
    PendingCommands,
    Subject,
    shows,
)
from custom_components.busbar.chargers.andersen.power import PowerUnit
from custom_components.busbar.chargers.andersen.restore import Phase, Record
from custom_components.busbar.chargers.andersen.store import Store

LIVE = {
    "uuid": "e00fce68aaaabbbbccccdddd_2022-07-23T09:20:42Z",
    "startDateTimeLocal": "2022-07-23T10:20:42+01:00",
    "duration": 2764,
    "chargeEnergyTotal": 5.4959,
    "chargeCostTotal": 1.53886,
    "gridEnergyTotal": 0,
    "solarEnergyTotal": 0,
    "surplusUsedEnergyTotal": 5.4959,
    "particleFwVersion": None,
}
"""Values of the one live sample (4.5)."""


def charge(index: int, energy_kwh: float | None = 1.0, cost: float = 0.25) -> Charge:
    """Return a charge that began in some hour of many years."""
    day, hour = divmod(index, 24)
    month, day = divmod(day, 28)
    year, month = divmod(month, 12)
    start = f"{2020 + year}-{month + 1:02}-{day + 1:02}T{hour:02}:00:00Z"
    return Charge(
        uuid=start,
        start=start,
        duration_s=None,
        energy_kwh=energy_kwh,
        cost=cost,
        grid_kwh=None,
        solar_kwh=None,
        surplus_kwh=None,
    )


def test_the_live_sample() -> None:
    """Kilowatt hours, whole currency units, seconds, and everything booked as surplus."""
    read = parse_charge(LIVE)
    assert read is not None
    assert read.start == "2022-07-23T09:20:42Z"
    assert (read.energy_kwh, read.solar_kwh, read.surplus_kwh) == (5.4959, 0, 5.4959)
    assert "e00fce68" not in str(read)
    values = charge_values(read)
    assert values["last_charge_cost"] == 1.53886
    assert values["last_charge_duration"] == 2764
    started = datetime(2022, 7, 23, 9, 20, 42, tzinfo=UTC)
    assert values["last_charge_start"] == started


@pytest.mark.parametrize(
    ("local", "start"),
    [
        ("2022-07-23T10:20:42+01:00", "2022-07-23T09:20:42Z"),
        ("2022-07-23T10:20:42", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        (None, ""),
    ],
)
def test_a_start_that_is_only_in_the_local_time(local: str | None, start: str) -> None:
    """Without an offset it is nobody's time."""
    read = parse_charge({"uuid": "odd", "startDateTimeLocal": local})
    assert read is not None
    assert read.start == start


def test_a_charge_without_uuid_cannot_be_counted_once() -> None:
    """So it is not counted; no charge has no values."""
    assert parse_charge({"chargeEnergyTotal": 3}) is None
    assert charge_values(None) == {}
    assert newest([]) is None


CHARGES = st.lists(
    st.builds(
        charge,
        st.integers(0, 5000),
        st.none() | st.floats(0, 100),
        st.floats(0, 50),
    ),
    max_size=30,
)


@given(st.lists(CHARGES, max_size=8))
def test_the_sum_only_grows_and_counts_each_once(pages: list[list[Charge]]) -> None:
    """In any order, with corrections, over restarts."""
    ledger = Ledger(is_complete=True)
    sums = []
    for page in pages:
        ledger.add(page)
        ledger.add(page)
        ledger.trim()
        ledger = Ledger.from_state(ledger.to_state())
        sums.append((ledger.energy_kwh, ledger.cost))
    assert all(b[0] >= a[0] and b[1] >= a[1] for a, b in pairwise(sums))
    highest: dict[str, float] = {}
    for one in (c for page in pages for c in page):
        highest[one.uuid] = max(highest.get(one.uuid, 0.0), one.energy_kwh or 0.0)
    assert ledger.energy_kwh == pytest.approx(sum(highest.values()), abs=1e-3)


@given(st.lists(st.floats(0, 100), min_size=TRIMMED_ABOVE + 1, max_size=400))
def test_settling_changes_no_sum(energies: list[float]) -> None:
    """Not by a hair, which a meter would show as a step back."""
    ledger = Ledger(is_complete=True)
    ledger.add(charge(i, e) for i, e in enumerate(energies))
    before = (ledger.energy_kwh, ledger.cost)
    ledger.trim()
    assert len(ledger.recent) == KEPT
    assert (ledger.energy_kwh, ledger.cost) == before


def test_old_charges_are_settled_and_never_counted_again() -> None:
    """What is stored does not grow for ever; nothing is settled before all is read."""
    many = [charge(index) for index in range(TRIMMED_ABOVE + 1)]
    ledger = Ledger()
    assert ledger.add(many)
    ledger.trim()
    assert len(ledger.recent) == TRIMMED_ABOVE + 1
    ledger.is_complete = True
    ledger.trim()
    assert not ledger.add(many)
    assert ledger.energy_kwh == TRIMMED_ABOVE + 1
    assert ledger.add([charge(TRIMMED_ABOVE + 1)])


def test_a_charge_without_start_is_never_settled() -> None:
    """It could not be told from a newer one."""
    odd = parse_charge({"uuid": "odd", "chargeEnergyTotal": 2})
    assert odd is not None
    ledger = Ledger(is_complete=True, settled_until="2030")
    ledger.add([odd, odd])
    assert ledger.energy_kwh == 2


@pytest.mark.parametrize(
    "state", [None, [], {"recent": {"a": [1], "b": ["s", "x", 1], "c": "abc"}}]
)
def test_a_broken_ledger_is_begun_anew(state: Any) -> None:
    """Rather than never loaded."""
    ledger = Ledger.from_state(state)
    assert (ledger.energy_kwh, ledger.is_complete) == (0, False)


def wire(**fields: Any) -> dict[str, Any]:
    """Return a status with two slots."""
    slots = [{"enabled": True, "startHour": 1}, {"enabled": False, "startHour": 2}]
    return {"scheduleSlotsArray": slots, **fields}


@pytest.mark.parametrize(
    ("expected", "is_shown"),
    [
        ({}, True),
        ({"sysUserLock": True}, True),
        ({"sysUserLock": False}, False),
        ({"solarMaxGridChargePercent": 19}, True),
        ({"solarMaxGridChargePercent": 20}, False),
        ({"sch0": {"enabled": True}}, True),
        ({"sch0": {"enabled": True, "startHour": 2}}, False),
        ({"sch4": {"enabled": False}}, False),
    ],
)
def test_what_a_report_shows(expected: dict[str, Any], is_shown: bool) -> None:
    """Flags, numbers, parts of slots."""
    status = wire(sysUserLock="true", solarMaxGridChargePercent=19)
    assert shows(status, expected) is is_shown


def test_a_report_from_before_proves_nothing() -> None:
    """Only one that was measured after the command."""
    pending = PendingCommands()
    assert not pending
    pending.add(CommandKind.LOCK, {"sysUserLock": True}, 100)
    assert pending
    assert pending.settle(wire(sysUserLock=True), 99) == []
    assert pending.settle(wire(sysUserLock=True), 100) == [CommandKind.LOCK]
    assert not pending


def test_a_contrary_command_puts_the_newer_in_doubt() -> None:
    """For as long as the older may still come."""
    pending = PendingCommands()
    pending.add(CommandKind.UNLOCK, {"sysUserLock": False}, 100)
    pending.add(CommandKind.LOCK, {"sysUserLock": True}, 110)
    assert not pending.is_believable(Subject.LOCK, 200)
    assert pending.settle(wire(sysUserLock=True), 200) == []
    assert pending.expire(110 + GIVE_UP_S) == []
    assert pending.settle(wire(sysUserLock=True), 110 + TYPICAL_S) == [CommandKind.LOCK]


def test_the_same_command_again_is_no_contradiction() -> None:
    """It is proven by the next report."""
    pending = PendingCommands()
    for now in (100, 110):
        pending.add(CommandKind.LOCK, {"sysUserLock": True}, now)
    assert pending.settle(wire(sysUserLock=True), 111) == [CommandKind.LOCK]


def test_what_was_given_up_may_still_come() -> None:
    """So what follows is doubtful for a while."""
    pending = PendingCommands()
    pending.add(CommandKind.LOCK, {"sysUserLock": True}, 100)
    (lost,) = pending.expire(100 + GIVE_UP_S)
    assert lost.kind is CommandKind.LOCK
    assert not pending.is_believable(Subject.LOCK, 101 + GIVE_UP_S)
    assert pending.is_believable(Subject.SCHEDULE, 0)


def test_subjects_do_not_disturb_each_other() -> None:
    """Oldest first."""
    pending = PendingCommands()
    pending.add(CommandKind.SCHEDULE, {}, 2)
    pending.add(CommandKind.LOCK, {"sysUserLock": True}, 1)
    kinds = [one.kind for one in pending]
    assert kinds == [CommandKind.LOCK, CommandKind.SCHEDULE]


@given(
    st.sampled_from(Phase),
    st.none() | st.booleans(),
    st.booleans(),
    st.dictionaries(st.sampled_from(["sch0", "sch3"]), st.booleans(), min_size=1),
)
def test_records_survive(
    phase: Phase, user_lock: bool | None, is_ours: bool, enabled: dict[str, bool]
) -> None:
    """In the form in which they are stored."""
    record = Record(phase=phase, user_lock=user_lock, is_ours=is_ours, enabled=enabled)
    assert Record.from_state(record.to_state()) == record


def test_a_phase_of_a_newer_version_is_put_back() -> None:
    """That is never wrong; no record is none."""
    record = Record.from_state({"phase": "new", "enabled": {"sch0": True}})
    assert record is not None
    assert record.phase is Phase.CLOSING
    assert Record.from_state({}) is None
    assert Record.from_state("odd") is None


def test_the_store_saves_what_changed_and_only_then() -> None:
    """Copies go out, so that nobody changes what is kept."""
    saved: list[Any] = []
    store = Store({"account": {"username": "u"}, "chargers": "odd"}, saved.append)
    store.keep_account(username="u")
    assert saved == []
    store.keep_account(refresh_token="r")
    store.keep_account(refresh_token=None)
    assert saved[-1] == {"account": {"username": "u"}, "chargers": {}}
    store.keep_charger("d", a=[1])
    saved[-1]["chargers"]["d"]["a"].append(2)
    assert store.charger("d") == {"a": [1]}
    assert store.charger_ids == ("d",)
    assert store.charger("other") == {}


def test_the_memory_of_a_charger() -> None:
    """Every change is stored at once, and found again."""
    saved: list[Any] = []
    store = Store({}, saved.append)
    memory = Memory(store, "d")
    record = Record(phase=Phase.HELD, user_lock=True, enabled={"sch0": True})
    memory.record = record
    command = LockCommand(locked=True, sent_at=1e9)
    owned = Ownership(is_ours=True, is_claimed=True, unproven=command)
    memory.ownership = owned
    memory.power_unit = PowerUnit.WATT
    memory.ledger.add([charge(1)])
    memory.keep_ledger()
    again = Memory(Store(saved[-1], saved.append), "d")
    assert again.record == record
    assert again.ownership == owned
    assert again.power_unit is PowerUnit.WATT
    assert again.ledger.energy_kwh == 1
    again.record = None
    again.ownership = Ownership()
    again.power_unit = None
    assert set(saved[-1]["chargers"]["d"]) == {"ledger"}
