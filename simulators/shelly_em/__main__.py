"""Run one simulated Shelly energy meter: `python -m simulators.shelly_em --port N`."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
import signal

from simulators.control import ControlServer
from simulators.world import Clock, House, RealClock, SharedSupply, Solar
from simulators.world.house import heat_pump, kettle

from .answers import CHANNELS, Generation
from .meter import Channel
from .simulator import ShellyEmSimulator, phase_watts

CONTROL_PORT_AFTER = 1000
"""The control port stands this far above the meter's, unless one is given."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="simulators.shelly_em", description=__doc__)
    parser.add_argument("--port", type=int, default=8091)
    parser.add_argument("--control-port", type=int)
    parser.add_argument(
        "--generation",
        choices=[str(generation) for generation in Generation],
        default=str(Generation.GEN1),
    )
    parser.add_argument("--password", help="switches the login on")
    parser.add_argument("--speed", type=float, default=1.0, help="of the clock")
    return parser.parse_args(arguments)


def clamps_of(
    clock: Clock, supply: SharedSupply, generation: Generation
) -> list[Channel]:
    """Return clamps: grid and roof on two channels, the three phases on three."""
    if CHANNELS[generation] == 3:
        return [
            Channel(watts=phase_watts(lambda: supply.currents_a, phase))
            for phase in (1, 2, 3)
        ]
    return [
        Channel(watts=phase_watts(lambda: supply.currents_a, 1)),
        Channel(watts=phase_watts(lambda: supply.house.solar_a(clock.now()), 1)),
    ]


async def serve(options: argparse.Namespace, stop: asyncio.Event) -> None:
    """Run everything until told to stop."""
    clock = RealClock(options.speed)
    house = House(
        [kettle(start_s=60), heat_pump(start_s=30)], Solar(peak_a=(14.0, 0.0, 0.0))
    )
    supply = SharedSupply(clock, house=house)
    generation = Generation(options.generation)
    async with AsyncExitStack() as stack:
        meter = ShellyEmSimulator(
            clock=clock,
            port=options.port,
            generation=generation,
            channels=clamps_of(clock, supply, generation),
            password=options.password,
        )
        await stack.enter_async_context(meter)
        print(f"{meter.name} {meter.address}", flush=True)
        control_port = options.control_port
        if control_port is None:
            control_port = options.port and options.port + CONTROL_PORT_AFTER
        control = ControlServer(clock, [meter], supply=supply, port=control_port)
        await stack.enter_async_context(control)
        print(f"control {control.url}", flush=True)
        await stop.wait()


async def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted or terminated."""
    options = parse(arguments)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(options, stop)


if __name__ == "__main__":
    asyncio.run(main())
