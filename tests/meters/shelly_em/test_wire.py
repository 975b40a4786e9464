"""Log in, fail, and refuse strangers."""

import asyncio
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    Unsupported,
    WrongDevice,
)
from custom_components.busbar.meters.shelly_em import create_connection, identify
from simulators.shelly_em import MAC, Fault, Generation

from .conftest import MakeRig

BOTH = pytest.mark.parametrize("generation", [Generation.GEN1, Generation.EM1])
TWO_ROLES = {
    "channels": [{"channel": 0, "role": "grid"}, {"channel": 1, "role": "solar"}]
}


@pytest.mark.parametrize("generation", list(Generation))
async def test_login(
    make_rig: MakeRig, session: ClientSession, generation: Generation
) -> None:
    """Basic for the first generation, digest for the later ones."""
    rig = await make_rig(generation, password="secret", options={"password": "secret"})
    assert (await rig.read()).power_w is not None
    settings = {"host": rig.sim.host, "port": rig.sim.port}
    for password in (None, "wrong"):
        with pytest.raises(AuthenticationFailed):
            await identify({**settings, "password": password}, session=session)
    identity = await identify({**settings, "password": "secret"}, session=session)
    assert identity.serial == MAC
    assert identity.url == f"{rig.sim.url}"


async def test_another_user_name(make_rig: MakeRig) -> None:
    """The first generation lets it be chosen."""
    rig = await make_rig(
        username="someone",
        password="secret",
        options={"username": "someone", "password": "secret"},
    )
    assert (await rig.read()).power_w == 620


async def test_digest_costs_one_round_trip(make_rig: MakeRig) -> None:
    """The nonce is remembered, and a new one taken without a fuss."""
    rig = await make_rig(
        Generation.EM1, password="secret", options={"password": "secret"}
    )
    requests = len(rig.sim.requests)
    for _ in range(5):
        await rig.read()
    assert len(rig.sim.requests) == requests + 5
    rig.sim.fault(Fault.NEW_NONCE)
    for _ in range(5):
        assert (await rig.read()).power_w == 620
    assert len(rig.sim.requests) <= requests + 15


async def test_a_password_that_was_changed(make_rig: MakeRig) -> None:
    """It is told as what it is."""
    rig = await make_rig()
    rig.sim.password = "new"
    with pytest.raises(AuthenticationFailed):
        await rig.read()


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        Fault.MUTE,
        Fault.SLOW,
        Fault.REFUSE,
        Fault.INTERNAL_ERROR,
        Fault.NOT_JSON,
        Fault.ODD_JSON,
    ],
)
async def test_a_reading_that_fails_and_the_next(
    make_rig: MakeRig, generation: Generation, fault: Fault
) -> None:
    """The last values stay what they are: old."""
    rig = await make_rig(generation)
    timeout = rig.connection._client._timeout
    if fault in (Fault.MUTE, Fault.SLOW):
        rig.deafen()
    rig.sim.fault(fault)
    with pytest.raises(ConnectionFailed):
        await rig.read()
    snapshot = rig.meter().snapshot
    assert snapshot is not None
    assert snapshot.measured_at == rig.clock.now() - 1
    rig.sim.clear()
    rig.connection._client._timeout = timeout
    assert (await rig.read()).power_w == 620


async def test_asked_ever_more_seldom(make_rig: MakeRig) -> None:
    """After a few stumbles; and lost is told once."""
    rig = await make_rig(options=TWO_ROLES)
    rig.sim.fault(Fault.INTERNAL_ERROR)
    requests = len(rig.sim.requests)
    for _ in range(120):
        with pytest.raises(ConnectionFailed):
            await rig.read()
    assert 10 <= len(rig.sim.requests) - requests <= 20
    assert len(rig.lost) == 2
    rig.sim.clear()
    await rig.sim.advance(20)
    rig.snapshots.clear()
    await rig.read()
    # Both meters hear of it, whoever asked.
    assert len(rig.snapshots) == 2


async def test_one_request_at_a_time(make_rig: MakeRig) -> None:
    """The first generation is a weak one."""
    rig = await make_rig(options=TWO_ROLES)
    for _ in range(5):
        await rig.sim.advance(1)
        await asyncio.gather(
            *(meter.refresh() for meter in rig.connection.chargers.values())
        )
    assert rig.sim.most_in_flight == 1


@BOTH
@pytest.mark.parametrize(
    "fault", [Fault.NOT_A_METER, Fault.NOT_A_SHELLY, Fault.OTHER_DEVICE]
)
async def test_something_else_answers(
    make_rig: MakeRig, generation: Generation, fault: Fault
) -> None:
    """It is refused, never adopted."""
    rig = await make_rig(
        generation, opened=False, faults=[fault], options={"serial": MAC.lower()}
    )
    with pytest.raises(WrongDevice):
        await rig.connection.open()
    assert rig.connection.chargers == {}


@BOTH
async def test_an_empty_answer(make_rig: MakeRig, generation: Generation) -> None:
    """From the beginning it is no meter; later its channels are missing."""
    rig = await make_rig(generation, opened=False, faults=[Fault.EMPTY])
    with pytest.raises(WrongDevice):
        await rig.connection.open()
    rig.sim.clear()
    await rig.connection.open()
    rig.sim.fault(Fault.EMPTY)
    snapshot = await rig.read()
    assert snapshot.error == "channel_missing"
    assert snapshot.started_at is None


async def test_another_device_moved_in(make_rig: MakeRig) -> None:
    """Each answer says who it is from."""
    rig = await make_rig()
    rig.sim.fault(Fault.OTHER_DEVICE)
    with pytest.raises(WrongDevice):
        await rig.read()
    rig.sim.clear()
    assert (await rig.read()).power_w == 620


@pytest.mark.parametrize(
    "settings",
    [
        {"channels": [{"channel": 0, "role": "cellar"}]},
        {"channels": [{"role": "grid"}]},
        {"channels": [{"channel": 0, "role": "grid", "phase": 4}]},
        {"channels": [7]},
        {"host": "not a host"},
        {"port": 70000},
    ],
)
async def test_settings_that_make_no_sense(
    session: ClientSession, settings: dict[str, Any]
) -> None:
    """They are told before anything is sent."""
    with pytest.raises(Unsupported):
        create_connection({"host": "127.0.0.1", **settings}, session=session)


async def test_leaving(make_rig: MakeRig) -> None:
    """Nobody is told any more."""
    rig = await make_rig(faults=[Fault.NO_COUNTERS])
    heard: list[object] = []
    leave = rig.meter().subscribe(heard.append, heard.append)
    stop = rig.connection.on_change(lambda: heard.append("change"))
    leave()
    stop()
    rig.sim.clear()
    await rig.read()
    assert heard == []
    assert len(rig.snapshots) == 1


async def test_nobody_logs_an_address(
    make_rig: MakeRig, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither mac nor password nor host."""
    caplog.set_level("DEBUG", logger="custom_components.busbar")
    rig = await make_rig(password="secret", options={"password": "secret"})
    for fault in (Fault.REFUSE, Fault.INTERNAL_ERROR, Fault.OTHER_DEVICE):
        rig.sim.fault(fault)
        with pytest.raises((ConnectionFailed, WrongDevice)) as raised:
            await rig.read()
        assert not any(word in str(raised.value) for word in (rig.sim.host, MAC))
        rig.sim.clear()
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.busbar")
    ]
    assert lines
    for word in (rig.sim.host, MAC, "secret"):
        assert not any(word in line for line in lines)
