"""Live by what a device pushes, and without it."""

import asyncio
from collections.abc import Awaitable, Callable
import logging

from aiohttp import ClientSession
import pytest

from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    Unsupported,
    WrongDevice,
)
from custom_components.busbar.chargers.model import ChargerStatus, Measurement
from custom_components.busbar.chargers.warp.connection import WarpConnection
from simulators.warp import Fault, WarpSimulator
from simulators.world import CarSpec

from .conftest import MakeRig, settle, until

type Simulate = Callable[..., Awaitable[WarpSimulator]]
type Connect = Callable[..., WarpConnection]


async def test_nothing_is_asked_while_the_stream_is_up(rig: MakeRig) -> None:
    """A healthy stream makes a refresh free."""
    house = await rig()
    before = len(house.sim.requests)
    for _ in range(5):
        await house.time.advance(10)
        snapshot = await house.charger.refresh()
        assert house.time.now() - snapshot.received_at < 1.5
    assert len(house.sim.requests) == before


async def test_the_dump_is_swapped_in_at_its_end(rig: MakeRig) -> None:
    """Half a dump changes nothing; lost changes are asked for after the mark."""
    house = await rig(live=False)
    house.sim.fault(Fault.SLOW_DUMP)
    # The first attempt may have begun before the fault: begin again.
    house.sim.fault(Fault.DROP_WEBSOCKETS)
    await house.time.advance(6)
    assert not house.is_live()
    house.sim.plug(CarSpec())
    await house.time.advance(3)
    assert house.seen().status is ChargerStatus.DISCONNECTED
    house.sim.clear(Fault.SLOW_DUMP)
    await house.go_live()
    assert house.seen().status is ChargerStatus.CHARGING


async def test_polling_while_the_stream_is_refused(rig: MakeRig) -> None:
    """Without a stream, a refresh asks for the few states that matter."""
    house = await rig(live=False, faults=[Fault.NO_WEBSOCKET])
    house.sim.plug(CarSpec(maximum_a=10))
    await house.time.advance(3)
    before = len(house.sim.requests)
    snapshot = await house.charger.refresh()
    assert snapshot.status is ChargerStatus.CHARGING
    assert list(snapshot.currents_a) == [10, 10, 10]
    assert snapshot.session_duration_s is not None
    asked = [request.path for request in house.sim.requests[before:]]
    assert asked[0] == "info/name"
    assert len(asked) <= 12
    assert house.heard.lost == []
    await house.charger.set_current(7)
    assert house.seen().is_confirmed


async def test_silence_is_noticed(rig: MakeRig) -> None:
    """No line for 15 s and the stream is lost, once; then it comes back."""
    house = await rig()
    house.sim.fault(Fault.NO_PUSH)
    await house.time.advance(14)
    assert house.heard.lost == []
    await house.time.advance(2)
    await until(lambda: bool(house.heard.lost))
    assert len(house.heard.lost) == 1
    assert isinstance(house.heard.lost[0], ConnectionFailed)
    assert (await house.charger.refresh()).status is ChargerStatus.DISCONNECTED
    house.sim.clear()
    await until(lambda: house.time.paused_s[-1] >= 5)
    await house.time.advance(61)
    await house.go_live()
    assert len(house.heard.lost) == 1


async def test_a_device_that_died_is_lost(rig: MakeRig) -> None:
    """Silence on every socket: the refresh fails within its bounds."""
    house = await rig(options={"timeout_s": 0.05})
    house.sim.fault(Fault.SILENT)
    await house.time.advance(16)
    await until(lambda: bool(house.heard.lost))
    with pytest.raises(ConnectionFailed):
        await house.charger.refresh()
    with pytest.raises(ConnectionFailed):
        await house.charger.set_current(10)
    assert house.seen().commanded_a is None
    house.sim.clear()


async def test_back_off_grows(rig: MakeRig) -> None:
    """From 5 s to 60 s, and never faster than that."""
    house = await rig(live=False, faults=[Fault.NO_WEBSOCKET])
    for _ in range(6):
        await until(lambda: bool(house.time._waiting))
        await house.time.advance(60)
        await settle()
    pauses = [pause for pause in house.time.paused_s if pause >= 5]
    assert pauses[:6] == [5, 10, 20, 40, 60, 60]


async def test_jitter_spreads_the_attempts(rig: MakeRig) -> None:
    """Two houses that lost the same network do not come back in step."""
    house = await rig(
        live=False, faults=[Fault.NO_WEBSOCKET], options={"jitter": lambda: 1.0}
    )
    await until(lambda: bool(house.time.paused_s))
    assert house.time.paused_s == [6]


async def test_back_off_starts_anew_after_a_stable_stream(rig: MakeRig) -> None:
    """A stream that lasted is worth a quick return; one that did not is not."""
    house = await rig()
    for _ in range(2):
        house.sim.fault(Fault.DROP_WEBSOCKETS)
        await until(lambda: not house.is_live())
        await until(lambda: house.time.paused_s[-1] != 15)
        await house.time.advance(11)
        await house.go_live()
    assert [pause for pause in house.time.paused_s if pause in (5, 10)] == [5, 10]
    await house.time.advance(61)
    house.sim.fault(Fault.DROP_WEBSOCKETS)
    await until(lambda: not house.is_live())
    await settle()
    assert house.time.paused_s[-1] == 5


async def test_five_clients(rig: MakeRig, session: ClientSession) -> None:
    """Put out by a sixth listener, we go on by asking and do not push our way back."""
    house = await rig()
    others = [await session.ws_connect(f"{house.sim.url}/ws") for _ in range(5)]
    await until(lambda: not house.is_live())
    await until(lambda: not house.connection._tasks)
    assert house.sim.clients == 5
    assert house.heard.lost == []
    assert (await house.charger.refresh()).status is ChargerStatus.DISCONNECTED
    for other in others:
        await other.close()


async def test_reboot(rig: MakeRig) -> None:
    """After a restart of the radio part the uptime is small and the limit still stands."""
    house = await rig()
    await house.charger.set_current(9)
    before = house.seen().started_at
    assert before is not None
    house.sim.fault(Fault.REBOOT)
    await until(lambda: bool(house.heard.lost))
    await house.time.advance(30)
    await house.go_live()
    await house.time.advance(2)
    assert len(house.heard.lost) == 1
    after = house.seen().started_at
    assert after is not None
    assert after > before + 1000
    assert house.seen().confirmed_a == 9


async def test_controller_restart(rig: MakeRig) -> None:
    """The controller's restart shows at once: its default stands where our limit was."""
    house = await rig(external_default_ma=13000)
    await house.charger.set_current(9)
    house.sim.fault(Fault.RESTART_CONTROLLER)
    await house.time.advance(2)
    assert house.seen().confirmed_a == 13
    assert house.seen().commanded_a == 9
    assert house.seen().is_confirmed is False


async def test_uptime_that_jumps_back_is_a_restart(rig: MakeRig) -> None:
    """What was pushed before a restart is read anew, even if the socket survived it."""
    house = await rig()
    await house.time.advance(2)
    house.sim.device.booted_s = house.sim.clock.now()
    await house.time.advance(2)
    await until(lambda: not house.is_live())
    await house.time.advance(6)
    await house.go_live()
    assert house.heard.lost == []
    started_at = house.seen().started_at
    assert started_at is not None
    assert house.time.now() - started_at < 30


async def test_late_meter(rig: MakeRig) -> None:
    """A meter that is recognised later changes the capabilities, and says so."""
    house = await rig(meter_delay_s=5)
    assert Measurement.POWER not in house.offers().measures
    assert list(house.seen().currents_a) == [None, None, None]
    await house.time.advance(7)
    assert Measurement.CURRENTS in house.offers().measures
    await until(lambda: house.seen().lifetime_energy_kwh == 1234.5)
    assert house.heard.changes == 1


async def test_late_meter_while_polling(rig: MakeRig) -> None:
    """Changed features are noticed without a stream too."""
    house = await rig(live=False, faults=[Fault.NO_WEBSOCKET], meter_delay_s=5)
    await house.time.advance(6)
    await house.charger.refresh()
    assert Measurement.CURRENTS in house.offers().measures
    assert house.heard.changes == 1


async def test_another_device_takes_the_address(
    rig: MakeRig, caplog: pytest.LogCaptureFixture
) -> None:
    """It is refused, nothing is written to it, and control comes back with the right one."""
    caplog.set_level(logging.DEBUG, logger="custom_components")
    house = await rig()
    house.sim.fault(Fault.OTHER_DEVICE)
    await house.time.advance(2)
    await until(lambda: bool(house.heard.lost))
    assert isinstance(house.heard.lost[0], WrongDevice)
    with pytest.raises(WrongDevice):
        await house.charger.refresh()
    for command in (
        house.charger.set_current(6),
        house.charger.set_charging(False),
        house.charger.set_phases(1),
        house.charger.set_value("boost", True),
        house.charger.run_command("reboot"),
    ):
        with pytest.raises(WrongDevice):
            await command
    assert house.sim.writes == []
    assert house.seen().commanded_a is None
    await house.time.advance(61)
    assert not house.is_live()
    house.sim.clear()
    await house.time.advance(61)
    await house.go_live()
    await house.charger.set_current(6)
    assert house.seen().is_confirmed
    told = [record.getMessage() for record in caplog.records if "busbar" in record.name]
    assert len([text for text in told if "Another device" in text]) == 1
    for secret in ("AbCd", "9zZ9", house.sim.host):
        assert not any(secret in text for text in told)


async def test_a_password_that_changes(rig: MakeRig) -> None:
    """The stream ends with an error that asks for another login."""
    house = await rig()
    house.sim.set_password("changed")
    house.sim.fault(Fault.DROP_WEBSOCKETS)
    await until(lambda: bool(house.heard.lost))
    assert isinstance(house.heard.lost[0], AuthenticationFailed)
    with pytest.raises(AuthenticationFailed):
        await house.charger.refresh()
    with pytest.raises(AuthenticationFailed):
        await house.charger.set_current(10)


async def test_a_listener_that_fails_does_not_end_the_stream(
    rig: MakeRig, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody else's mistake is logged, and we listen again."""
    house = await rig()

    def fail(_: object) -> None:
        raise RuntimeError("mistake")

    unsubscribe = house.charger.subscribe(fail, house.heard.lost.append)
    await house.time.advance(2)
    await until(lambda: not house.is_live())
    assert "mistake" in caplog.text
    unsubscribe()
    unsubscribe()
    await house.time.advance(10)
    await house.go_live()


async def test_unknown_topics_are_ignored(rig: MakeRig) -> None:
    """What is no state of the list is not kept."""
    house = await rig()
    house.connection.on_lines(
        [("meters/live_samples", {}), ("charge_manager/scan_result", "x")]
    )
    assert "meters/live_samples" not in house.connection._link.states
    assert "users/config" not in house.connection._link.states


async def test_changed_value_ids_drop_the_old_values(rig: MakeRig) -> None:
    """Values are never read under the ids of another moment."""
    house = await rig()
    states = house.connection._link.states
    ids = list(states.get("meters/0/value_ids"))
    house.connection.on_lines([("meters/0/value_ids", ids[::-1])])
    assert house.seen().power_w is None
    await until(lambda: "meters/0/values" in states)


async def test_values_that_cannot_be_read_again_stay_unknown(rig: MakeRig) -> None:
    """The extra question may fail without harm."""
    house = await rig()
    house.sim.fault(Fault.INTERNAL_ERROR)
    house.connection.on_lines([("meters/0/value_ids", [74])])
    await until(lambda: not house.connection._tasks)
    assert house.seen().power_w is None


async def test_close_ends_everything(rig: MakeRig) -> None:
    """Nothing runs on, whatever was under way, and closing twice is fine."""
    house = await rig()
    house.sim.fault(Fault.HANG)
    house.connection.on_lines([("meters/0/value_ids", [74])])
    await asyncio.sleep(0)
    await house.connection.close()
    await house.connection.close()
    assert not house.connection._tasks
    await until(lambda: house.sim.clients == 0)
    house.sim.clear()


async def test_unsubscribed_listeners_hear_nothing(rig: MakeRig) -> None:
    """Both kinds of subscription can be ended, also twice."""
    house = await rig(meter_delay_s=5)
    heard: list[str] = []
    unsubscribe = house.connection.on_change(lambda: heard.append("change"))
    unsubscribe()
    unsubscribe()
    await house.time.advance(7)
    assert heard == []
    assert house.heard.changes == 1


async def test_opening_takes_few_requests(rig: MakeRig) -> None:
    """The first dump is the picture; all that is asked is who, and what a dump can miss."""
    house = await rig(live=False)
    assert house.is_live()
    assert [request.path for request in house.sim.requests] == [
        "info/name",
        "ws",
        "evse/state",
        "evse/slots",
        "evse/external_current",
    ]


async def test_a_late_dump_does_not_hold_up_the_start(rig: MakeRig) -> None:
    """What the dump does not bring in time is read instead."""
    house = await rig(live=False, faults=[Fault.SLOW_DUMP], options={"timeout_s": 0.5})
    assert not house.is_live()
    assert house.seen().status is ChargerStatus.DISCONNECTED
    house.sim.clear()
    await house.go_live()


async def test_an_opening_that_fails_half_way(
    simulate: Simulate, connect: Connect
) -> None:
    """Whatever was begun is ended."""
    sim = await simulate(faults=[Fault.NO_WEBSOCKET])
    connection = connect(sim)
    read = connection._link.client.get

    async def fail_later(path: str) -> object:
        if path == "evse/slots":
            raise ConnectionFailed("gone")
        return await read(path)

    connection._link.client.get = fail_later  # type: ignore[method-assign]
    with pytest.raises(ConnectionFailed):
        await connection.open()
    assert connection._stream._task is None


async def test_open_fails_cleanly(simulate: Simulate, connect: Connect) -> None:
    """A device that is no WARP leaves nothing behind."""
    sim = await simulate(faults=[Fault.NOT_A_WARP])
    connection = connect(sim)
    with pytest.raises(Unsupported):
        await connection.open()
    assert connection.chargers == {}
    assert sim.clients == 0
