"""Notice that Modbus is dead, and have the charger restarted through its vendor's cloud."""

from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ChargerError,
    ConnectionFailed,
    NeedsRestart,
    RateLimited,
    Rejected,
    WrongDevice,
)
from custom_components.busbar.chargers.model import ChargerStatus
from custom_components.busbar.chargers.quasar import identify
from custom_components.busbar.chargers.quasar.endpoints import Endpoints
from simulators.quasar import Fault, Register

from .conftest import TIMEOUT_S, MakeRig, Rig


@pytest.fixture
async def insured(make_rig: MakeRig) -> Rig:
    """Return a charging Quasar that is to be restarted when its Modbus dies."""
    rig = await make_rig(options={"cloud": True, "restart_when_dead": True})
    await rig.take_control()
    await rig.plug()
    await rig.charger.set_current(10)
    await rig.run(30)
    rig.sim.writes.clear()
    return rig


def restart_of(rig: Rig) -> str:
    """Return what was last reported about restarts."""
    return rig.charger._observer.occurrences["recovery"].kind


@pytest.mark.parametrize("fault", [Fault.MUTE, Fault.REFUSE])
async def test_dead_for_days(charging: Rig, fault: Fault) -> None:
    """It does not heal by itself: lost once, then asked once a minute."""
    charging.fault(fault)
    await charging.run(40)
    assert charging.lost == []
    with pytest.raises(ConnectionFailed, match="does not answer"):
        await charging.charger.refresh()
    await charging.run(40)
    assert len(charging.lost) == 1
    with pytest.raises(ConnectionFailed, match="restarting"):
        await charging.charger.refresh()
    requests = len(charging.sim.requests)
    await charging.jump(20, times=60)
    assert len(charging.lost) == 1
    if fault is Fault.MUTE:
        # Twice each: the library tries once more.
        assert 34 <= len(charging.sim.requests) - requests <= 42


async def test_ten_failed_rounds_are_enough(charging: Rig) -> None:
    """However fast they come."""
    charging.fault(Fault.BUSY)
    for _ in range(10):
        assert charging.lost == []
        with pytest.raises(ConnectionFailed):
            await charging.charger.refresh()
    assert len(charging.lost) == 1


async def test_after_recovery_the_present_wish_counts(charging: Rig) -> None:
    """Not the target from before: what was wanted meanwhile could not be written."""
    charging.fault(Fault.MUTE)
    await charging.run(90)
    with pytest.raises(ConnectionFailed):
        await charging.charger.set_current(6)
    charging.fault(Fault.REBOOT)
    await charging.run(400)
    charging.sim.writes.clear()
    await charging.run(120)
    assert charging.snapshot.status is ChargerStatus.CHARGING
    assert charging.sim.machine.setpoint_a == 6
    assert charging.sim.machine.watchdog_s == 90
    assert charging.snapshot.occurrences["recovery"].kind == "modbus_restored"


async def test_back_from_an_outage_whoever_steers_it_is_heard_first(
    charging: Rig,
) -> None:
    """What changed its mind meanwhile could not say so: the old wish is not started for a moment."""
    charging.fault(Fault.REFUSE)
    await charging.jump(10, times=10)
    charging.fault(Fault.REBOOT)
    charging.sim.writes.clear()
    charging.snapshots.clear()
    while not charging.snapshots:
        await charging.jump(5)
    taken = [("CONTROL", 1), ("AUTOSTART", 0), ("WATCHDOG", 90)]
    assert charging.told() == taken
    # Nobody takes the charger's own restart for another master.
    assert {shown.foreign_control for shown in charging.snapshots} == {None}
    await charging.charger.set_current(0)
    assert charging.told() == [*taken, ("ACTION", 2), ("CURRENT", 0)]
    await charging.run(60)
    assert ("ACTION", 1) not in charging.told()
    assert charging.sim.machine.watchdog_s == 90


async def test_back_from_an_outage_without_getting_control(charging: Rig) -> None:
    """It is shown as it is, and the next round tries again."""
    charging.fault(Fault.REFUSE)
    await charging.jump(10, times=10)
    charging.fault(Fault.REBOOT)
    charging.fault(Fault.BUSY_WRITES)
    charging.snapshots.clear()
    while not charging.snapshots:
        await charging.jump(5)
    assert charging.snapshot.foreign_control == "vendor_app"
    charging.clear()
    await charging.until(lambda: charging.sim.machine.current_a == 10, seconds=300)


async def test_a_stop_that_could_not_be_written_waits_for_nobody(charging: Rig) -> None:
    """It is written with the first round after an outage."""
    charging.fault(Fault.MUTE)
    await charging.jump(10, times=10)
    with pytest.raises(ConnectionFailed):
        await charging.charger.set_current(0)
    charging.sim.writes.clear()
    charging.snapshots.clear()
    charging.clear()
    while not charging.snapshots:
        await charging.jump(10)
    assert charging.told()[-2:] == [("ACTION", 2), ("CURRENT", 0)]


async def test_a_short_gap_is_not_a_restart(charging: Rig) -> None:
    """Nothing is written again after a stumble."""
    charging.fault(Fault.DROP_CLIENTS)
    await charging.run(20)
    assert charging.sim.writes == []
    assert charging.lost == []


async def test_a_gap_in_which_the_watchdog_bit(charging: Rig) -> None:
    """The charger stopped by itself; the present wish starts it again."""
    charging.fault(Fault.MUTE)
    await charging.jump(10, times=10)
    assert charging.sim.machine.current_a == 0
    charging.clear()
    await charging.run(60)
    assert charging.told(Register.CURRENT)[0] == ("CURRENT", 10)
    await charging.run(30)
    assert charging.sim.machine.current_a == 10


async def test_errors_after_a_restart_are_no_fault_yet(charging: Rig) -> None:
    """State 7 is shown for minutes; it is a fault once it lasts five minutes then."""
    charging.fault(Fault.REBOOT)
    await charging.run(400)
    charging.sim.machine.forced_state = 7
    await charging.run(100)
    assert charging.snapshot.status is ChargerStatus.OUT_OF_SERVICE
    assert charging.snapshot.error == "none"
    await charging.run(300)
    assert charging.snapshot.status is ChargerStatus.ERROR
    assert charging.snapshot.error == "charger_error"


async def test_restarted_by_itself(insured: Rig) -> None:
    """Through the cloud, while Modbus is dead; then everything as before."""
    insured.fault(Fault.MUTE)
    await insured.run(45)
    assert insured.sim.cloud.restarts == 0
    await insured.run(30)
    assert insured.sim.cloud.restarts == 1
    assert insured.sim.cloud.calls == [
        "GET /users/signin",
        "GET /v3/chargers/groups",
        "GET /chargers/status/100000",
        "POST /v3/chargers/100000/remote-action",
    ]
    assert restart_of(insured) == "restart_requested"
    await insured.run(500)
    assert insured.sim.cloud.restarts == 1
    assert insured.sim.machine.current_a == 10
    assert insured.told()[:3] == [("CONTROL", 1), ("AUTOSTART", 0), ("WATCHDOG", 90)]


async def test_never_hands_off(make_rig: MakeRig) -> None:
    """A person gave the account, and did not give the charger into our hands."""
    rig = await make_rig(options={"cloud": True, "restart_when_dead": True})
    rig.fault(Fault.MUTE)
    await rig.jump(30, times=10)
    assert rig.sim.cloud.calls == []
    # Asking for it is a person's choice.
    await rig.charger.run_command("restart")
    assert rig.sim.cloud.restarts == 1


async def test_only_where_a_person_wants_it(make_rig: MakeRig) -> None:
    """The account alone makes a button."""
    rig = await make_rig(options={"cloud": True})
    await rig.take_control()
    rig.fault(Fault.MUTE)
    await rig.jump(30, times=10)
    assert rig.sim.cloud.calls == []
    keys = {feature.key for feature in rig.charger.capabilities.features}
    assert "restart" in keys


async def test_cooldown_and_budget(insured: Rig) -> None:
    """At least seven minutes apart, three in 24 hours, whatever the wall clock does."""
    insured.fault(Fault.BUSY)
    times = []
    for _ in range(40):
        before = insured.sim.cloud.restarts
        await insured.jump(100)
        if insured.sim.cloud.restarts > before:
            times.append(insured.time.now())
            # The clock of this board was wrong until now.
            insured.time.wall_offset_s += 86_400 * 365
    assert len(times) == 3
    assert min(later - sooner for sooner, later in pairwise(times)) >= 420
    await insured.jump(3600, times=20)
    assert insured.sim.cloud.restarts == 3
    await insured.jump(3600, times=4)
    assert insured.sim.cloud.restarts > 3


async def test_cooldown_over_a_restart_of_ours(insured: Rig, connect: Any) -> None:
    """What was restarted before Home Assistant was is remembered."""
    await insured.charger.run_command("restart")
    with pytest.raises(RateLimited) as limited:
        await insured.charger.run_command("restart")
    assert limited.value.retry_after_s == pytest.approx(450)
    await insured.connection.close()
    await insured.sim.advance(400)
    again = connect(insured.sim, state=insured.state, cloud=True)
    await again.connection.open()
    with pytest.raises(RateLimited) as limited:
        await again.charger.run_command("restart")
    assert limited.value.retry_after_s == pytest.approx(50)
    await again.run(60)
    await again.charger.run_command("restart")
    assert insured.sim.cloud.restarts == 2


async def test_a_wall_clock_that_went_back(make_rig: MakeRig, moving: Any) -> None:
    """A restart in the future counts as one just now."""
    state = {"restarts_at": [moving.wall() + 1_000_000]}
    rig = await make_rig(options={"cloud": True, "state": state})
    with pytest.raises(RateLimited):
        await rig.charger.run_command("restart")
    await rig.run(455)
    await rig.charger.run_command("restart")


async def test_never_during_an_update(insured: Rig) -> None:
    """That could destroy the charger."""
    insured.sim.machine.updating = True
    with pytest.raises(Rejected, match="update"):
        await insured.charger.run_command("restart")
    insured.fault(Fault.MUTE)
    await insured.jump(60, times=20)
    assert insured.sim.cloud.restarts == 0
    assert not insured.sim.machine.bricked
    insured.sim.machine.updating = False
    await insured.jump(60, times=30)
    assert insured.sim.cloud.restarts == 1


async def test_not_while_the_cloud_does_not_reach_it(insured: Rig) -> None:
    """Nothing would happen."""
    insured.fault(Fault.REBOOT)
    with pytest.raises(Rejected, match="not connected"):
        await insured.charger.run_command("restart")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.CLOUD_FORBIDDEN, AuthenticationFailed),
        (Fault.CLOUD_NO_RIGHT, AuthenticationFailed),
        (Fault.CLOUD_BUSY, RateLimited),
        (Fault.CLOUD_BROKEN, ConnectionFailed),
        (Fault.CLOUD_NONSENSE, ConnectionFailed),
        (Fault.CLOUD_OTHER_ACCOUNT, WrongDevice),
    ],
)
async def test_cloud_errors(
    insured: Rig, fault: Fault, error: type[ChargerError]
) -> None:
    """Ours, without an address or a number of the library's text."""
    insured.fault(fault)
    with pytest.raises(error) as raised:
        await insured.charger.run_command("restart")
    assert "100000" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert insured.sim.cloud.restarts == 0
    assert restart_of(insured) == "restart_failed"


async def test_retry_after(insured: Rig) -> None:
    """The cloud may name a time, or none."""
    insured.fault(Fault.CLOUD_BUSY)
    with pytest.raises(RateLimited) as limited:
        await insured.charger.run_command("restart")
    assert limited.value.retry_after_s == 30
    insured.sim.cloud.retry_after_s = None
    with pytest.raises(RateLimited) as limited:
        await insured.charger.run_command("restart")
    assert limited.value.retry_after_s is None


async def test_a_cloud_that_is_not_there(insured: Rig) -> None:
    """Neither."""
    await insured.sim.cloud.stop()
    with pytest.raises(ConnectionFailed, match="not reached"):
        await insured.charger.run_command("restart")


async def test_backing_off(insured: Rig) -> None:
    """A cloud that says no is asked ever more seldom."""
    insured.fault(Fault.CLOUD_BROKEN)
    insured.fault(Fault.BUSY)
    await insured.jump(60, times=15)
    assert 3 <= len(insured.sim.cloud.calls) <= 5
    await insured.jump(600, times=36)
    assert 8 <= len(insured.sim.cloud.calls) <= 12
    insured.clear(Fault.CLOUD_BROKEN)
    await insured.jump(4000)
    assert insured.sim.cloud.restarts == 1


async def test_refused_login_asks_for_a_new_one(insured: Rig) -> None:
    """Once it was refused it is not tried again by itself, and everybody hears why, once."""
    insured.fault(Fault.CLOUD_FORBIDDEN)
    insured.fault(Fault.MUTE)
    await insured.jump(60, times=10)
    assert insured.sim.cloud.calls == ["GET /users/signin"]
    dead, refused = insured.lost
    assert isinstance(dead, NeedsRestart)
    assert isinstance(refused, AuthenticationFailed)
    # Who polls would give up on a refused login, and this one is the cloud's alone.
    with pytest.raises(NeedsRestart):
        await insured.charger.refresh()


async def test_an_unanswered_restart_may_have_arrived(insured: Rig) -> None:
    """It counts for the cooldown."""
    insured.fault(Fault.CLOUD_LATE_FAILURE)
    with pytest.raises(ConnectionFailed):
        await insured.charger.run_command("restart")
    with pytest.raises(RateLimited):
        await insured.charger.run_command("restart")


async def test_tokens_are_kept_and_renewed(make_rig: MakeRig) -> None:
    """Signing in each time is what the cloud answers 429 to."""
    rig = await make_rig(options={"cloud": True}, token_lifetime_s=600.0)
    await rig.charger.run_command("restart")
    await rig.run(900)
    await rig.charger.run_command("restart")
    assert rig.sim.cloud.calls.count("GET /users/signin") == 1


@pytest.mark.parametrize("refused", [False, True])
async def test_a_token_that_ended(make_rig: MakeRig, refused: bool) -> None:
    """The refresh token serves, and where it is refused, the password again."""
    rig = await make_rig(options={"cloud": True}, token_lifetime_s=-1.0)
    if refused:
        rig.fault(Fault.CLOUD_NO_REFRESH)
    with pytest.raises(AuthenticationFailed):
        # The fake grants tokens that have ended already; the next call has to renew.
        await rig.charger.run_command("restart")
    with pytest.raises(AuthenticationFailed):
        await rig.charger.run_command("restart")
    calls = rig.sim.cloud.calls
    assert calls.count("GET /users/refresh-token") == 1
    assert calls.count("GET /users/signin") == (2 if refused else 1)


async def test_identify_checks_the_account(make_rig: MakeRig) -> None:
    """The flow hears of a wrong password at once, and of an account without this charger."""
    rig = await make_rig()
    await rig.connection.close()
    settings = {
        "host": rig.sim.host,
        "port": rig.sim.port,
        "username": rig.sim.settings.username,
        "password": rig.sim.settings.password,
    }
    url = rig.sim.cloud.url
    endpoints = Endpoints(api_url=url, login_url=url)
    ask = partial(identify, timeout_s=TIMEOUT_S, endpoints=endpoints)
    identity = await ask(settings)
    assert identity.serial == "100000"
    with pytest.raises(AuthenticationFailed):
        await ask({**settings, "password": "x"})
    rig.fault(Fault.CLOUD_OTHER_ACCOUNT)
    with pytest.raises(WrongDevice):
        await ask(settings)


async def test_closing_in_the_middle(insured: Rig) -> None:
    """Nothing is left running."""
    insured.fault(Fault.MUTE)
    for _ in range(9):
        with pytest.raises(ConnectionFailed):
            await insured.charger.refresh()
    with pytest.raises(ConnectionFailed):
        await insured.charger.refresh()
    await insured.connection.close()
    assert insured.charger._recovery._task is not None
    assert insured.charger._recovery._task.done()
