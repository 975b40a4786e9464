"""Hold the account: open reads and writes nothing, close leaves nothing, release is forgotten."""

import pytest

from custom_components.busbar.chargers.andersen import MAKE, VENDOR, create_connection
from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
)
from custom_components.busbar.chargers.model import ReleasesControl, Snapshot
from simulators.andersen import Fault

from .conftest import EMAIL, Rig, run_blocking, until


async def test_open_reads_once_and_writes_nothing(rig: Rig) -> None:
    """Two chargers of one account, each read once."""
    second = rig.cloud.add_charger(rig.member, name="2300009999", phases=3)
    connection = rig.connection()
    await connection.open()
    assert isinstance(connection, ReleasesControl)
    assert set(connection.chargers) == {
        f"{MAKE}_{rig.wall.device_id}",
        f"{MAKE}_{second.device_id}",
    }
    assert all(charger.snapshot for charger in connection.chargers.values())
    assert rig.cloud.requests.count("getDeviceStatus") == 2
    assert rig.cloud.commands == []
    await connection.close()
    await connection.close()
    await until(lambda: rig.cloud.open_sockets == 0)


async def test_reports_are_pushed_to_whoever_listens(rig: Rig) -> None:
    """From the wall to the snapshot without a poll."""
    connection = rig.connection()
    await connection.open()
    (charger,) = connection.chargers.values()
    heard: list[Snapshot] = []
    charger.subscribe(heard.append, lambda _: None)
    await until(lambda: bool(rig.wall.listeners))
    rig.wall.user_lock = True
    await rig.time.advance(95)
    await until(lambda: bool(heard))
    assert heard[-1].is_locked is True
    connection._event("nobody", {})


async def test_an_hour_later_no_password_was_sent(rig: Rig) -> None:
    """Refreshed with the device key, for polls and stream together."""
    connection = rig.connection(state={})
    await connection.open()
    (charger,) = connection.chargers.values()
    for _ in range(65):
        await rig.time.advance(60)
        await charger.refresh()
    kinds = [login.kind for login in rig.cloud.logins]
    assert kinds == ["password", "refresh"]


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault.LOCKED_OUT, AuthenticationFailed),
        (Fault.COGNITO_LAMBDA, ConnectionFailed),
        (Fault.SERVER_ERROR, ConnectionFailed),
    ],
)
async def test_open_says_what_is_wrong(
    rig: Rig, fault: Fault, raised: type[Exception]
) -> None:
    """In our words; closing afterwards is fine."""
    await rig.cloud.fault(fault)
    connection = rig.connection(state={})
    with pytest.raises(raised):
        await connection.open()
    assert connection.chargers == {}


async def test_an_account_without_chargers(rig: Rig) -> None:
    """Nothing to listen to."""
    rig.member.chargers.clear()
    connection = rig.connection()
    await connection.open()
    assert connection.chargers == {}


async def listed_after(rig: Rig, pause_s: float) -> None:
    """Let the list be looked at once more, after a pause of this length."""
    rig.cloud.requests.clear()
    await until(lambda: rig.time.is_pausing(pause_s, beyond_s=pause_s - 1))
    await rig.time.advance(pause_s)
    await until(lambda: "getCurrentUserDevices" in rig.cloud.requests)


async def test_chargers_come_and_go(rig: Rig) -> None:
    """Looked up every hour; whoever listens hears of both, and one hiccup is no removal."""
    connection = rig.connection()
    await connection.open()
    changes: list[None] = []
    unsubscribe = connection.on_change(lambda: changes.append(None))
    lost: list[Exception | None] = []
    (charger,) = connection.chargers.values()
    charger.subscribe(lambda _: None, lost.append)
    rig.member.chargers.clear()
    second = rig.cloud.add_charger(rig.member, name="2300009999")
    key = f"{MAKE}_{second.device_id}"
    await listed_after(rig, 3600)
    await until(lambda: len(connection.chargers) == 2 and bool(changes))
    assert lost == []
    await listed_after(rig, 300)
    await until(lambda: set(connection.chargers) == {key})
    assert [type(reason) for reason in lost] == [ConnectionFailed]
    await until(lambda: bool(second.listeners))
    unsubscribe()


async def test_one_charger_that_cannot_be_read_does_not_stop_the_others(
    rig: Rig,
) -> None:
    """It appears once it can be read."""
    second = rig.cloud.add_charger(rig.member, name="2300009999")
    await rig.cloud.fault(Fault.NO_DEVICE_FOUND, charger=second)
    connection = rig.connection()
    await connection.open()
    assert set(connection.chargers) == {f"{MAKE}_{rig.wall.device_id}"}
    await rig.cloud.fault(Fault.NO_DEVICE_FOUND, on=False, charger=second)
    await listed_after(rig, 300)
    await until(lambda: len(connection.chargers) == 2)


async def test_an_account_whose_chargers_cannot_be_read_does_not_open(rig: Rig) -> None:
    """It says why."""
    await rig.cloud.fault(Fault.NO_DEVICE_FOUND)
    with pytest.raises(ConnectionFailed, match="does not show this charger"):
        await rig.connection().open()


async def test_credentials_that_end_while_reading_are_told(rig: Rig) -> None:
    """They are about all chargers."""
    connection = rig.connection(password=None)
    await connection.open()
    await rig.cloud.fault(Fault.REVOKE_REFRESH)
    await rig.time.advance(3600)
    with pytest.raises(AuthenticationFailed):
        await connection._add(["e00fce680000000000000000"])


async def test_a_list_that_fails_or_stays_the_same_changes_nothing(rig: Rig) -> None:
    """Only what is listed counts."""
    connection = rig.connection()
    await connection.open()
    before = dict(connection.chargers)
    for fault in (Fault.SERVER_ERROR, Fault.NO_LIST):
        await rig.cloud.fault(fault)
        await listed_after(rig, 3600)
        await rig.cloud.fault(fault, on=False)
    await listed_after(rig, 3600)
    assert dict(connection.chargers) == before


async def test_an_unfinished_restore_is_finished_after_open(rig: Rig) -> None:
    """Not by open itself, which writes nothing."""
    state = rig.remembered()
    record = {"phase": "closing", "user_lock": True, "enabled": {"sch0": True}}
    state["chargers"] = {rig.wall.device_id: {"restore": record}}
    connection = rig.connection(state)
    await connection.open()
    await until(lambda: len(rig.cloud.commands) == 2)
    assert rig.sent() == ["userLock", "setSchedules"]


async def test_release_works_without_open(rig: Rig) -> None:
    """That is how an entry is removed: put back, and be forgotten by the vendor."""
    state = rig.remembered()
    record = {"phase": "held", "user_lock": True, "enabled": {}}
    state["chargers"] = {rig.wall.device_id: {"restore": record}}
    connection = rig.connection(state)
    await connection.release()
    assert rig.sent() == ["userLock"]
    assert rig.cloud.cognito.forgotten == [state["account"]["device"]["key"]]
    assert rig.member.account.devices == {}


async def test_release_out_of_reach_is_no_error(rig: Rig) -> None:
    """As far as it can be reached."""
    connection = rig.connection()
    await rig.cloud.fault(Fault.COGNITO_REFUSE)
    await connection.release()
    assert rig.cloud.cognito.forgotten == []


async def test_several_accounts_side_by_side(rig: Rig) -> None:
    """Each sees its own chargers."""
    other = rig.cloud.add_account("second@example.com", "another")
    theirs = rig.cloud.add_charger(other, name="2300007777")
    first = rig.connection()
    second = rig.connection({}, email="second@example.com", password="another")
    await first.open()
    await second.open()
    assert set(second.chargers) == {f"{MAKE}_{theirs.device_id}"}
    assert set(first.chargers).isdisjoint(second.chargers)


def test_the_vendors_addresses_are_one_constant(rig: Rig) -> None:
    """Without a word about it the real cloud is meant."""
    connection = create_connection(
        {"email": EMAIL},
        session=rig.session,
        run_blocking=run_blocking,
        state={},
        save_state=rig.save,
    )
    assert connection._endpoints is VENDOR
    assert VENDOR.graphql_url == "https://graphql.andersen-ev.com"
