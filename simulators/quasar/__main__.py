"""Run one simulated Quasar and its cloud: `python -m simulators.quasar --port N`."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
import signal

from simulators.control import ControlServer
from simulators.world import House, RealClock, SharedSupply
from simulators.world.house import kettle

from .battery import BatteryCar
from .simulator import QuasarSimulator

CONTROL_PORT_AFTER = 1000
"""The control port stands this far above the charger's, unless one is given."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="simulators.quasar", description=__doc__)
    parser.add_argument("--port", type=int, default=5020, help="of Modbus")
    parser.add_argument("--cloud-port", type=int, default=0)
    parser.add_argument("--control-port", type=int)
    parser.add_argument("--speed", type=float, default=1.0, help="of the clock")
    parser.add_argument(
        "--level", type=float, default=50.0, help="of the car, in percent"
    )
    parser.add_argument("--no-car", action="store_true", help="leave the plug empty")
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace, stop: asyncio.Event) -> None:
    """Run everything until told to stop."""
    clock = RealClock(options.speed)
    supply = SharedSupply(clock, house=House([kettle(start_s=120)]))
    async with AsyncExitStack() as stack:
        simulator = QuasarSimulator(
            clock=clock, port=options.port, cloud_port=options.cloud_port
        )
        supply.join(simulator)
        await stack.enter_async_context(simulator)
        if not options.no_car:
            simulator.plug(BatteryCar(level_percent=options.level))
        print(f"{simulator.name} {simulator.address}", flush=True)
        print(f"cloud {simulator.cloud.url}", flush=True)
        control_port = options.control_port
        if control_port is None:
            control_port = options.port and options.port + CONTROL_PORT_AFTER
        control = ControlServer(clock, [simulator], supply=supply, port=control_port)
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
