"""Survive the wire: exceptions, short answers, mute and second connections, holes."""

import asyncio
import logging
from typing import Any

import pytest

from custom_components.busbar.chargers.errors import (
    ConnectionFailed,
    Unsupported,
    WrongDevice,
)
from custom_components.busbar.chargers.quasar import identify
from custom_components.busbar.chargers.quasar.client import QuasarClient, Refused
from custom_components.busbar.chargers.quasar.redaction import protect_logs
from custom_components.busbar.chargers.quasar.registers import Address, Block
from simulators.quasar import Fault, QuasarSimulator

from .conftest import DEAF_S, TIMEOUT_S, MakeRig, Rig


def client_of(sim: QuasarSimulator, timeout_s: float = TIMEOUT_S) -> QuasarClient:
    """Return a client of a simulator."""
    return QuasarClient(sim.host, sim.port, timeout_s=timeout_s)


async def test_one_connection_is_kept(rig: Rig) -> None:
    """The crash of the Modbus task seemed rarer since clients do."""
    await rig.plug()
    await rig.run(120)
    assert rig.sim.server.accepted == 1
    assert rig.sim.clients == 1


async def test_only_function_3_and_6_and_no_hole(ours: Rig) -> None:
    """A read across a hole would be refused as a whole."""
    await ours.charger.set_current(6)
    await ours.run(60)
    assert {request.function for request in ours.sim.requests} == {3, 6}
    for function, start, count in ours.sim.requests:
        if function == 3:
            assert ours.sim.image.read(start, count) is not None


async def test_identity(rig: Rig) -> None:
    """Firmware word, serial in two words, part number as it is printed."""
    identity = rig.charger.identity
    assert identity.key == "quasar_100000"
    assert identity.firmware == "3400"
    assert identity.model_id == "QSX2-1-2-3-A-BC0-1"
    # The charger hears one client at a time.
    await rig.connection.close()
    again = await identify({"host": rig.sim.host, "port": rig.sim.port})
    assert again.serial == identity.serial


async def test_something_else_answers_on_that_port(rig: Rig) -> None:
    """An empty firmware word, or a refusal."""
    rig.fault(Fault.NOT_A_QUASAR)
    rig.fault(Fault.DROP_CLIENTS)
    settings = {"host": rig.sim.host, "port": rig.sim.port}
    with pytest.raises(WrongDevice):
        await identify(settings, timeout_s=TIMEOUT_S)
    rig.clear()
    rig.fault(Fault.ALL_HOLES)
    with pytest.raises(WrongDevice):
        await identify(settings, timeout_s=TIMEOUT_S)


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.BUSY, Fault.MUTE])
async def test_nothing_answers_on_that_port(rig: Rig, fault: Fault) -> None:
    """Or it is not ready yet, which says nothing about what it is."""
    rig.fault(fault)
    rig.fault(Fault.DROP_CLIENTS)
    settings = {"host": rig.sim.host, "port": rig.sim.port}
    with pytest.raises(ConnectionFailed):
        await identify(settings, timeout_s=DEAF_S)


async def test_what_cannot_be_a_host_name() -> None:
    """It is found out before it is looked up."""
    with pytest.raises(Unsupported):
        await identify({"host": "x" * 70}, timeout_s=TIMEOUT_S)


async def test_another_quasar_is_refused(make_rig: MakeRig) -> None:
    """Each new connection asks who answers; nothing is written to a stranger."""
    rig = await make_rig(options={"serial": "100000"})
    await rig.take_control()
    await rig.plug()
    await rig.charger.set_current(6)
    rig.sim.writes.clear()
    rig.fault(Fault.OTHER_DEVICE)
    rig.fault(Fault.DROP_CLIENTS)
    await rig.run(5, poll=False)
    with pytest.raises(WrongDevice):
        await rig.charger.refresh()
    with pytest.raises(WrongDevice):
        await rig.charger.set_current(0)
    assert rig.sim.writes == []
    await rig.run(1, poll=False)
    assert rig.sim.clients == 0


async def test_an_address_that_changed_hands_while_unknown(make_rig: MakeRig) -> None:
    """Without a serial in the settings, the first one that answered is the one."""
    rig = await make_rig()
    rig.fault(Fault.OTHER_DEVICE)
    rig.fault(Fault.DROP_CLIENTS)
    await rig.run(1)
    with pytest.raises(WrongDevice):
        await rig.charger.refresh()


async def test_an_exception_is_an_error(rig: Rig) -> None:
    """The library hands it out as an empty answer."""
    client = client_of(rig.sim)
    await rig.connection.close()
    await client.connect()
    with pytest.raises(Refused, match="illegal data address") as refused:
        await client.read(Block(0x0059, 4))
    assert refused.value.code == 2
    # The connection is fine.
    assert await client.read(Block(0x0219, 1)) == [0]
    assert client.connections == 1
    client.close()


async def test_an_unknown_exception_has_a_number() -> None:
    """There are more codes than names."""
    assert "11" in str(Refused(11))


@pytest.mark.parametrize("fault", [Fault.SHORT, Fault.EMPTY])
async def test_a_short_answer_is_an_error(rig: Rig, fault: Fault) -> None:
    """The library hands it out as it is."""
    rig.fault(fault)
    with pytest.raises(ConnectionFailed):
        await rig.charger.refresh()
    rig.clear()
    await rig.charger.refresh()


@pytest.mark.parametrize(
    "fault",
    [Fault.MUTE, Fault.DROP, Fault.WRONG_TRANSACTION, Fault.REFUSE, Fault.BUSY],
)
async def test_a_round_that_fails_and_the_next(rig: Rig, fault: Fault) -> None:
    """Bounded waits, no leaked socket, and one connection afterwards."""
    rig.fault(fault)
    for _ in range(3):
        with pytest.raises(ConnectionFailed):
            await rig.charger.refresh()
    rig.clear()
    await rig.charger.refresh()
    await rig.run(1, poll=False)
    assert rig.sim.clients == 1


async def test_a_peer_that_has_gone_is_reached_again(ours: Rig) -> None:
    """The library raises at the call then, before there is anything to await; the write is not lost."""
    ours.fault(Fault.DROP_CLIENTS)
    while ours.charger._client.is_connected:
        await asyncio.sleep(0)
    await ours.charger.set_current(6)
    assert ours.told() == [("CURRENT", 6), ("ACTION", 1)]
    assert ours.sim.server.accepted == 2
    assert ours.sim.clients == 1


async def test_a_peer_that_goes_between_look_and_call(
    ours: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as what it is, whether the library raises at the call or when awaited."""
    modbus = ours.charger._client._modbus
    write = modbus.write_register

    def gone(*arguments: Any, **more: Any) -> object:
        modbus.close()
        return write(*arguments, **more)

    monkeypatch.setattr(modbus, "write_register", gone)
    with pytest.raises(ConnectionFailed):
        await ours.charger.set_locked(locked=True)
    monkeypatch.undo()
    await ours.charger.set_locked(locked=True)
    assert ours.told() == [("LOCK", 1)]


async def test_connecting_twice_is_one_connection(rig: Rig) -> None:
    """The library would open another one and leak the first."""
    await rig.connection.close()
    client = client_of(rig.sim)
    await asyncio.gather(*(client.connect() for _ in range(5)))
    assert client.is_connected
    assert client.connections == 1
    client.close()
    client.close()
    assert not client.is_connected


async def test_a_second_client_gets_no_answer(rig: Rig) -> None:
    """One at a time: somebody else's tool, or a second entry, hears nothing."""
    second = client_of(rig.sim, DEAF_S)
    with pytest.raises(ConnectionFailed):
        await second.connect()
    second.close()
    await rig.charger.refresh()


async def test_cancelling_inside_a_request(rig: Rig) -> None:
    """Some versions of the library turn it into an error of theirs; here it stays what it is."""
    rig.fault(Fault.MUTE)
    task = asyncio.create_task(rig.charger.refresh())
    requests = len(rig.sim.requests)
    while len(rig.sim.requests) == requests:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    rig.clear()
    await rig.charger.refresh()


async def test_cancelling_where_the_library_lets_it_through(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its newer versions do: the connection is closed, for an answer may still come."""

    async def never(*_: object, **__: object) -> None:
        await asyncio.get_running_loop().create_future()

    modbus = rig.charger._client._modbus
    monkeypatch.setattr(modbus, "read_holding_registers", never)
    task = asyncio.create_task(rig.charger.refresh())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not rig.charger._client.is_connected


async def test_a_number_that_does_not_fit(rig: Rig) -> None:
    """It is a mistake of ours, and nothing is sent."""
    client = client_of(rig.sim)
    with pytest.raises(ValueError, match="register"):
        await client.write(Address.CURRENT_SETPOINT, 70_000)
    client.close()
    assert rig.sim.writes == []


async def test_optional_registers_are_asked_for_once(make_rig: MakeRig) -> None:
    """Older firmwares have no DC side, and perhaps no limits."""
    rig = await make_rig(faults=[Fault.NO_DC, Fault.NO_LIMITS])
    await rig.plug()
    await rig.run(60)
    starts = [request.address for request in rig.sim.requests]
    assert starts.count(0x0223) == 1
    assert starts.count(0x0200) == 1
    keys = {feature.key for feature in rig.charger.capabilities.features}
    assert "dc_power" not in keys
    assert "available_current" not in keys
    assert rig.snapshot.voltages_v == (None, None, None)
    assert rig.charger.capabilities.full_current_a == 32
    assert rig.snapshot.limits == ()


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
async def test_nobody_logs_an_address(
    make_rig: MakeRig, caplog: pytest.LogCaptureFixture, level: str
) -> None:
    """Neither serial number nor host, at any level, of ours and of the library."""
    caplog.set_level(level)
    rig = await make_rig()
    rig.fault(Fault.MUTE)
    await rig.jump(20, times=5)
    rig.clear()
    rig.fault(Fault.REFUSE)
    await rig.jump(20, times=5)
    rig.clear()
    await rig.jump(20, times=5)
    lines = [
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith("asyncio")
    ]
    # At INFO a charger that is dead for days does not flood the log.
    assert bool(lines) is (level == "DEBUG")
    for secret in (rig.sim.host, "100000", "0x1 0x86 0xa0"):
        assert not [line for line in lines if secret in line]


def test_the_traffic_of_others_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody else may use the same library."""
    protect_logs()
    logger = logging.getLogger("pymodbus.logging")
    caplog.set_level("WARNING", logger=logger.name)
    logger.warning("Failed to connect to %s", "192.0.2.1")
    assert caplog.messages == ["Failed to connect to 192.0.2.1"]
    logging.getLogger("urllib3.connectionpool").warning("GET /chargers/status/100000")
    assert caplog.messages[-1] == "GET /chargers/status/**REDACTED**"
