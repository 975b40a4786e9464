"""Watch the simulated Quasar ramp, turn, stop, and be stopped."""

import math

from hypothesis import given, strategies as st
import pytest

from simulators.quasar import BatteryCar, Fault, QuasarSettings, QuasarSimulator
from simulators.quasar.battery import efficiency
from simulators.quasar.machine import QuasarMachine
from simulators.world import CarSpec, ManualClock, SharedSupply

from .conftest import Wire

START, STOP = 1, 2


async def command(wire: Wire, current_a: int) -> None:
    """Set and start."""
    await wire.write(0x102, current_a)
    await wire.write(0x101, START)


async def test_a_start_takes_its_time(sim: QuasarSimulator, remote: Wire) -> None:
    """A handshake, then about an ampere a second."""
    await command(remote, 16)
    assert await remote.read(0x219) == [2]
    await sim.advance(3)
    assert sim.machine.current_a == 0
    await sim.advance(9)
    assert 6 <= sim.machine.current_a <= 9
    await sim.advance(12)
    assert sim.measured_currents_a == (16, 0, 0)
    assert await remote.read(0x20E) == [16 * 230]
    assert await remote.read(0x219) == [1]


async def test_a_turn_goes_through_zero(sim: QuasarSimulator, remote: Wire) -> None:
    """The current register is a magnitude, the power has a sign."""
    await command(remote, 10)
    await sim.advance(20)
    await remote.write(0x102, -10)
    states = set()
    for _ in range(40):
        await sim.advance(0.5)
        states |= set(await remote.read(0x219))
    assert states == {1, 2, 11}
    assert sim.machine.current_a == -10
    assert await remote.read(0x207) == [10]
    assert await remote.read(0x20E) == [0x10000 - 2300]
    (dc_current,) = await remote.read(0x224)
    assert dc_current > 0x8000


async def test_stop_keeps_the_setpoint(sim: QuasarSimulator, remote: Wire) -> None:
    """So the next plug-in may start by it."""
    await command(remote, 10)
    await sim.advance(20)
    await remote.write(0x101, STOP)
    await sim.advance(5)
    assert await remote.read(0x219) == [4]
    assert await remote.read(0x102) == [10]
    sim.unplug()
    assert await remote.read(0x219) == [0]
    sim.plug()
    await sim.advance(20)
    assert sim.machine.current_a == 10


async def test_vendor_rules(sim: QuasarSimulator) -> None:
    """With the user in control plugging in starts it as high as it can."""
    sim.plug()
    await sim.advance(60)
    assert sim.machine.current_a == 32


async def test_locked_without_a_car(sim: QuasarSimulator, wire: Wire) -> None:
    """State 6; and an action without a car does nothing."""
    await wire.write(0x51, 1)
    await wire.write(0x100, 1)
    await wire.write(0x101, START)
    assert await wire.read(0x219) == [6]
    assert not sim.machine.running


@pytest.mark.parametrize("current_a", [1, -2])
async def test_weak_setpoints_do_not_regulate(
    sim: QuasarSimulator, remote: Wire, current_a: int
) -> None:
    """They are taken, and only tickle the car."""
    await command(remote, current_a)
    await sim.advance(20)
    assert 0 < abs(sim.machine.current_a) < 1


async def test_power_mode(sim: QuasarSimulator, remote: Wire) -> None:
    """Watts instead of amperes."""
    await remote.write(0x53, 1)
    await remote.write(0x104, -2300)
    await remote.write(0x101, START)
    await sim.advance(30)
    assert sim.machine.current_a == pytest.approx(-10)


async def test_the_watchdog(sim: QuasarSimulator, remote: Wire) -> None:
    """Any message feeds it; silence ends what flows and keeps the set-point."""
    await remote.write(0x58, 60)
    await command(remote, 10)
    for _ in range(5):
        await sim.advance(50)
        await remote.read(0x219)
    assert sim.machine.current_a == 10
    await sim.advance(65)
    assert sim.machine.current_a == 0
    assert sim.machine.setpoint_a == 10


@pytest.mark.parametrize("outlives", [True, False])
async def test_the_watchdog_of_a_dead_task(
    socket_enabled: None, clock: ManualClock, outlives: bool
) -> None:
    """Nobody has measured whether it still bites, so both can be tried."""
    settings = QuasarSettings(watchdog_outlives_modbus=outlives)
    async with QuasarSimulator(clock=clock, settings=settings) as sim:
        wire = await Wire.open(sim)
        await wire.write(0x51, 1)
        await wire.write(0x58, 60)
        sim.plug()
        await command(wire, 10)
        await sim.advance(30)
        sim.fault(Fault.MUTE)
        await sim.advance(100)
        assert (sim.machine.current_a == 0) is outlives
        wire.close()


async def test_state_of_charge(sim: QuasarSimulator, remote: Wire) -> None:
    """0 without power; the skipped percents are never shown."""
    car = sim.car
    assert car is not None
    assert await remote.read(0x21A) == [0]
    await command(remote, 10)
    await sim.advance(20)
    assert await remote.read(0x21A) == [50]
    seen = set()
    for level in range(180, 330):
        car.level_percent = level / 10
        seen |= set(await remote.read(0x21A))
    assert {19, 21, 29, 31} <= seen
    assert not {20, 30} & seen
    for fault, shown in (
        (Fault.STATE_OF_CHARGE_ONE, 1),
        (Fault.STATE_OF_CHARGE_FOUR, 4),
        (Fault.STATE_OF_CHARGE_ZERO, 0),
    ):
        sim.fault(fault)
        assert await remote.read(0x21A) == [shown]
        sim.clear(fault)


async def test_full_and_empty(sim: QuasarSimulator, remote: Wire) -> None:
    """The car ends both by itself."""
    car = sim.car
    assert car is not None
    await command(remote, 32)
    await sim.advance(40)
    before = car.level_percent
    await sim.advance(600)
    assert car.level_percent > before
    car.level_percent = 97.0
    await sim.advance(20)
    assert sim.machine.current_a == 0
    await remote.write(0x102, -32)
    await sim.advance(60)
    assert sim.machine.current_a == -32
    assert sim.machine.discharged_kwh > 0
    car.level_percent = 3.0
    await sim.advance(20)
    assert sim.machine.current_a == 0


async def test_it_stands_on_a_supply(socket_enabled: None, clock: ManualClock) -> None:
    """With others behind one fuse."""
    async with QuasarSimulator(clock=clock) as sim:
        supply = SharedSupply(clock, limit_a=25)
        supply.join(sim)
        sim.plug(CarSpec(energy_wanted_kwh=20))
        await sim.advance(60)
        assert supply.maximum_a == (32, 0, 0)
        assert sim.car is not None
        assert sim.car.level_percent == pytest.approx(47, abs=1)


def test_cars_from_the_control_port() -> None:
    """A spec says how much is wanted."""
    assert BatteryCar.like(CarSpec(energy_wanted_kwh=20)).level_percent == 47
    assert BatteryCar.like(CarSpec(energy_wanted_kwh=500)).level_percent == 5
    assert BatteryCar.like(CarSpec()).level_percent == 50
    assert BatteryCar.like(None).level_percent == 50


@given(st.floats(-40, 40))
def test_efficiency_is_below_one(current_a: float) -> None:
    """And grows with the current."""
    share = efficiency(current_a)
    assert 0.3 <= share <= 0.92
    assert efficiency(math.copysign(min(abs(current_a) + 1, 40), current_a)) >= share


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0x51, 0x52, 0x53, 0x54, 0x58, 0x101, 0x102, 0x104]),
            st.integers(0, 0xFFFF),
            st.floats(0, 20),
        ),
        max_size=30,
    )
)
def test_no_write_breaks_it(writes: list[tuple[int, int, float]]) -> None:
    """Whatever comes, it draws no more than it may."""
    machine = QuasarMachine(QuasarSettings(), set(), 0.0)
    machine.plug(BatteryCar())
    now = 0.0
    for register, value, after_s in writes:
        machine.write(register, value)
        now += after_s
        machine.step(now)
        assert abs(machine.current_a) <= 32
        assert machine.state in range(12)
