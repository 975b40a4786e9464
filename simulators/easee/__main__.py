"""Run a simulated Easee cloud with a home below it: `python -m simulators.easee --port N`."""

import argparse
import asyncio
from collections.abc import Sequence
import signal

from simulators.control import ControlServer
from simulators.world import CarSpec, House, RealClock, SharedSupply
from simulators.world.house import kettle

from .builder import FIRST, LONE, METER, SECOND, furnish, plug_in
from .cloud import PASSWORD, USERNAME, Draw, EaseeSimulator
from .handles import ChargerHandle, CloudHandle

CARS = {
    LONE: CarSpec(name="three-phase car", phases=3, maximum_a=16, energy_wanted_kwh=40),
    FIRST: CarSpec(name="one-phase car", phases=1, maximum_a=32, energy_wanted_kwh=20),
    SECOND: CarSpec(name="large car", phases=3, maximum_a=32, energy_wanted_kwh=60),
}
CONTROL_PORT_AFTER = 1000


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="simulators.easee", description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--control-port", type=int)
    parser.add_argument("--username", default=USERNAME)
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--speed", type=float, default=1.0, help="of the clock")
    parser.add_argument("--rating", type=float, default=63.0, help="of the fuse, in A")
    parser.add_argument("--no-cars", action="store_true", help="leave the cables empty")
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace, stop: asyncio.Event) -> None:
    """Run everything until told to stop."""
    clock = RealClock(options.speed)
    cloud = EaseeSimulator(clock=clock, port=options.port)
    cloud.tokens.passwords = {options.username: options.password}
    furnish(cloud)
    supply = SharedSupply(
        clock, limit_a=options.rating, house=House([kettle(start_s=120)])
    )
    cloud.equalizers[METER].currents_a = lambda: supply.measured_currents_a
    for charger_id in cloud.chargers:
        supply.join(Draw(cloud, charger_id))
        if not options.no_cars:
            plug_in(cloud, charger_id, CARS[charger_id])
    handles = [ChargerHandle(cloud, charger_id) for charger_id in cloud.chargers]
    control_port = options.control_port
    if control_port is None:
        control_port = options.port + CONTROL_PORT_AFTER if options.port else 0
    async with cloud:
        control = ControlServer(
            clock, [CloudHandle(cloud), *handles], supply=supply, port=control_port
        )
        async with control:
            print(f"easee {cloud.url} {cloud.stream_url}", flush=True)
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
