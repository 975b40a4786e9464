"""Steer a charge manager, and read an Energy Manager's meter."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from custom_components.busbar.chargers.errors import (
    ConnectionFailed,
    Rejected,
    Unsupported,
)
from custom_components.busbar.chargers.model import (
    Fallback,
    FallbackCause,
    Measurement,
    Role,
    SetsCurrent,
)
from custom_components.busbar.chargers.warp.connection import WarpConnection
from custom_components.busbar.chargers.warp.grid import WarpGridMeter
from custom_components.busbar.chargers.warp.group import WarpGroup, members_of
from simulators.warp import Fault, WarpSimulator

from .conftest import MakeRig, Rig, Time, until

type Simulate = Callable[..., Awaitable[WarpSimulator]]
type Connect = Callable[..., WarpConnection]

BUDGET = "charge_manager/available_current"
MANAGER = "warp_AbCd-manager"


def group_of(house: Rig) -> WarpGroup:
    """Return the group behind the connection."""
    group = house.connection.chargers[MANAGER]
    assert isinstance(group, WarpGroup)
    return group


async def managing(rig: MakeRig, **changes: Any) -> Rig:
    """Return a charger that becomes the manager of two."""
    house = await rig(**changes)
    other = await rig(uid="22oH", generation="warp2")
    house.sim.lead(house.sim, other.sim, maximum_a=32)
    await house.time.advance(2)
    return house


async def test_a_manager_is_a_device_of_its_own(rig: MakeRig) -> None:
    """It appears beside its charger once it is switched on, behind the same connection."""
    house = await rig()
    assert list(house.connection.chargers) == ["warp_AbCd"]
    house.sim.lead(house.sim, maximum_a=32)
    await house.time.advance(2)
    assert list(house.connection.chargers) == ["warp_AbCd", MANAGER]
    assert house.heard.changes >= 1
    group = group_of(house)
    assert isinstance(group, SetsCurrent)
    assert group.capabilities.role is Role.GROUP
    assert group.capabilities.charge is not None
    assert (
        group.capabilities.charge.minimum_a,
        group.capabilities.charge.maximum_a,
    ) == (0, 32)
    assert group.identity.name.endswith("charge manager")
    assert group.identity.serial == "AbCd-manager"
    assert group.capabilities.falls_to == (
        Fallback(cause=FallbackCause.RESTART, current_a=32),
    )


async def test_a_manager_that_is_switched_off_disappears(rig: MakeRig) -> None:
    """Without its manager the charger is alone again, and the same object as before."""
    house = await managing(rig)
    charger = house.charger
    config = dict(house.sim.state("charge_manager/config"))  # type: ignore[arg-type]
    house.connection.on_lines(
        [("charge_manager/config", {**config, "enable_charge_manager": False})]
    )
    assert list(house.connection.chargers) == ["warp_AbCd"]
    assert house.charger is charger


async def test_the_budget_is_told_and_confirmed(rig: MakeRig) -> None:
    """One command limits all, down to any current and up to the configured maximum."""
    house = await managing(rig)
    group = group_of(house)
    for current_a in (20, 3.5, 0, 32):
        await group.set_current(current_a)
        assert group.snapshot is not None
        assert group.snapshot.confirmed_a == current_a
        assert group.snapshot.is_confirmed
    assert house.told(BUDGET) == [{"current": ma} for ma in (20000, 3500, 0, 32000)]
    assert group.snapshot is not None
    assert [limit.key for limit in group.snapshot.limits] == [
        "available_current",
        "maximum_available_current",
    ]
    assert group.snapshot.foreign_control is None
    assert (await group.refresh()).received_at is not None


@pytest.mark.parametrize("current_a", [-1, 32.1, float("nan"), float("inf")])
async def test_what_the_manager_would_refuse_is_not_sent(
    rig: MakeRig, current_a: float
) -> None:
    """The configured maximum bounds the budget."""
    house = await managing(rig)
    with pytest.raises(Rejected, match="cannot be set"):
        await group_of(house).set_current(current_a)
    with pytest.raises(Unsupported):
        await group_of(house).set_current(10, lease_s=30)
    assert house.sim.writes == []


async def test_the_power_manager_has_the_budget(rig: MakeRig) -> None:
    """While surplus or load control is on, the budget is not ours."""
    house = await managing(rig)
    config = dict(house.sim.state("power_manager/config"))  # type: ignore[arg-type]
    house.sim.device.board.states.put(
        "power_manager/config", {**config, "enabled": True}
    )
    # Not pushed yet: the device refuses, and that is told with its reason.
    with pytest.raises(Rejected):
        await group_of(house).set_current(10)
    group = group_of(house)
    assert group.snapshot is not None
    assert group.snapshot.commanded_a is None
    await house.time.advance(2)
    assert group.capabilities.charge is None
    assert group.snapshot.foreign_control == "power_manager"
    with pytest.raises(Unsupported, match="power manager"):
        await group.set_current(10)


async def test_a_budget_that_is_not_applied(rig: MakeRig) -> None:
    """200 alone is no success here either, and the value counts as sent."""
    house = await managing(rig)
    group = group_of(house)
    house.connection._link.pause = house.time.short_pause
    sent = house.sim.device.board.states.put
    house.sim.device.board.states.put = lambda path, value: (  # type: ignore[method-assign]
        sent(path, {"current": 32000} if path == BUDGET else value)
    )
    with pytest.raises(Rejected, match="did not apply"):
        await group.set_current(10)
    assert group.snapshot is not None
    assert group.snapshot.commanded_a == 10
    assert group.snapshot.is_confirmed is False


async def test_watchdog(rig: MakeRig) -> None:
    """With its watchdog the manager falls back after half a minute of silence."""
    house = await managing(rig)
    config = dict(house.sim.state("charge_manager/config"))  # type: ignore[arg-type]
    house.connection.on_lines(
        [
            (
                "charge_manager/config",
                {**config, "enable_watchdog": True, "default_available_current": 10000},
            )
        ]
    )
    assert group_of(house).capabilities.falls_to == (
        Fallback(cause=FallbackCause.RESTART, current_a=10),
        Fallback(cause=FallbackCause.SILENCE, current_a=10, after_s=31),
    )


async def test_polling_a_group(rig: MakeRig) -> None:
    """Without a stream the budget is asked for like everything else."""
    house = await rig(live=False, faults=[Fault.NO_WEBSOCKET])
    house.sim.lead(house.sim, maximum_a=20)
    await house.connection._read_everything()
    await house.time.advance(1)
    asked = len(house.sim.requests)
    await house.charger.refresh()
    assert len(house.sim.requests) > asked
    asked = len(house.sim.requests)
    snapshot = await group_of(house).refresh()
    assert len(house.sim.requests) == asked
    assert snapshot.confirmed_a == 20
    house.connection._link.states.replace({}, house.time.now())
    house.connection._link.states.heard_at = None
    group = group_of(house)
    assert group.describe().received_at == house.time.now()
    assert group.describe().confirmed_a is None
    with pytest.raises(Unsupported, match="no command"):
        await group.run_command("reboot")


@pytest.mark.parametrize(
    ("charger", "key"),
    [
        ({"host": "127.0.0.1", "name": "me"}, "warp_AbCd"),
        ({"host": "192.0.2.7", "uid": 58}, "warp_21"),
        ({"host": "192.0.2.7", "uid": "Xy"}, "warp_Xy"),
        ({"host": "warp2-22oH.local", "uid": 0}, "warp_22oH"),
        ({"host": "warp3-abc"}, "warp_abc"),
    ],
)
def test_members(charger: dict[str, Any], key: str) -> None:
    """A member is known by uid, as itself, or by the host name nobody changed."""
    assert members_of({"chargers": [charger, charger]}, "AbCd") == (key,)


def test_members_that_cannot_be_known() -> None:
    """A renamed host of older firmware stays unnamed, and garbage is nobody."""
    config = {
        "chargers": [{"host": "garage.example"}, {"host": "192.0.2.7", "uid": 0}, 7]
    }
    assert members_of(config, "AbCd") == ()


async def test_group_members_and_diagnostics(rig: MakeRig) -> None:
    """The group names its chargers by key, and its diagnostics name nobody."""
    house = await managing(rig)
    snapshot = group_of(house).snapshot
    assert snapshot is not None
    assert "warp_AbCd" in snapshot.group_members
    diagnostics = group_of(house).diagnostics()
    assert diagnostics["charge_manager/config"]["chargers"][0]["host"] == "**REDACTED**"


async def test_group_charge_mode(rig: MakeRig) -> None:
    """The mode of all chargers of a group, as far as the manager offers any."""
    house = await managing(rig)
    group = group_of(house)
    house.connection.on_lines([("charge_manager/supported_charge_modes", [0, 1, 2])])
    assert [feature.key for feature in group.capabilities.features] == ["charge_mode"]
    await group.set_value("charge_mode", "solar")
    assert house.told("power_manager/charge_mode") == [{"mode": 2}]
    assert group.snapshot is not None
    assert group.snapshot.values["charge_mode"] == "solar"


async def test_a_mode_that_nobody_takes(rig: MakeRig) -> None:
    """A manager has its ten seconds, and no more."""
    house = await managing(rig)
    house.connection.on_lines([("charge_manager/supported_charge_modes", [0, 1, 2])])
    house.sim.fault(Fault.STALE)
    begun = house.time.now()
    with pytest.raises(Rejected, match="did not apply"):
        await group_of(house).set_value("charge_mode", "solar")
    assert house.time.now() - begun == 10


async def test_energy_manager_is_a_meter(
    simulate: Simulate, connect: Connect, moving: Time
) -> None:
    """Without a charge controller it is a meter: + import, - export."""
    grid_a = (-10.0, 5.0, 2.0)
    sim = await simulate(generation="wem", grid_a=lambda: grid_a)
    connection = connect(sim)
    await connection.open()
    meter = connection.chargers["warp_AbCd"]
    assert isinstance(meter, WarpGridMeter)
    assert meter.capabilities.role is Role.METER
    assert {Measurement.POWER, Measurement.CURRENTS, Measurement.LIFETIME_ENERGY} <= (
        meter.capabilities.measures
    )
    await until(lambda: connection._link.states.is_live)
    await moving.advance(3)
    snapshot = await meter.refresh()
    assert snapshot.currents_a == grid_a
    assert snapshot.power_w == pytest.approx(-3 * 230)
    assert snapshot.lifetime_energy_kwh == pytest.approx(1234.5, abs=0.01)
    assert snapshot.started_at is not None
    assert snapshot.status is None
    assert not isinstance(meter, SetsCurrent)
    assert meter.diagnostics()["info/name"]["uid"] == "**REDACTED**"
    with pytest.raises(Unsupported):
        await meter.set_value("boost", True)


async def test_polling_a_meter(
    simulate: Simulate, connect: Connect, moving: Time
) -> None:
    """A meter is asked for ids and values; without one there is nothing to ask."""
    sim = await simulate(generation="wem", faults=[Fault.NO_WEBSOCKET])
    connection = connect(sim)
    await connection.open()
    await moving.advance(2)
    asked = len(sim.requests)
    meter = connection.chargers["warp_AbCd"]
    assert (await meter.refresh()).power_w == 0
    assert [request.path for request in sim.requests[asked:]][-2:] == [
        "meters/0/value_ids",
        "meters/0/values",
    ]
    bare = await simulate(generation="wem", meter="none", faults=[Fault.NO_WEBSOCKET])
    without = connect(bare)
    await without.open()
    await moving.advance(2)
    alone = without.chargers["warp_AbCd"]
    assert (await alone.refresh()).power_w is None
    assert alone.capabilities.measures == {Measurement.UPTIME, Measurement.SIGNAL}
    without._link.states.replace({}, 0.0)
    without._link.states.heard_at = None
    assert alone.describe().received_at == without._link.clock()
    assert Measurement.SIGNAL not in alone.describe_capabilities().measures
    bare.fault(Fault.REFUSE)
    await moving.advance(2)
    with pytest.raises(ConnectionFailed):
        await alone.refresh()


async def test_an_energy_manager_with_a_group(
    rig: MakeRig, simulate: Simulate, connect: Connect
) -> None:
    """An Energy Manager that manages chargers is a meter and a group."""
    sim = await simulate(generation="wem", faults=[Fault.NO_WEBSOCKET])
    config = dict(sim.state("charge_manager/config"))  # type: ignore[arg-type]
    config |= {"enable_charge_manager": True, "maximum_available_current": 40000}
    sim.device.board.states.put("charge_manager/config", config)
    connection = connect(sim)
    await connection.open()
    roles = [device.capabilities.role for device in connection.chargers.values()]
    assert roles == [Role.METER, Role.GROUP]
