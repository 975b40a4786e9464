"""Run simulated WARP chargers behind one fuse: `python -m simulators.warp --port N`."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
import signal

from simulators.control import ControlServer
from simulators.world import Car, CarSpec, House, RealClock, SharedSupply
from simulators.world.house import heat_pump, kettle

from .generation import Generation
from .settings import WarpSettings
from .simulator import WarpSimulator

CARS = (
    CarSpec(name="three-phase car", phases=3, maximum_a=16, energy_wanted_kwh=40),
    CarSpec(name="one-phase car", phases=1, maximum_a=32, energy_wanted_kwh=20),
    CarSpec(name="two-phase car", phases=2, maximum_a=16, energy_wanted_kwh=30),
    CarSpec(name="large car", phases=3, maximum_a=32, energy_wanted_kwh=60),
)
"""The cars at the chargers, in turn; all need a moment to follow the pilot."""
REACTION_S = 2.0
UIDS = ("AbCd", "EfGh", "JkLm", "NpQr", "StUv", "WxYz")
CONTROLLER_DELAY_S = 0.5
CONTROL_PORT_AFTER = 1000
"""The control port stands this far above the first charger's, unless one is given."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="simulators.warp", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=8081, help="of the first charger, the others follow"
    )
    parser.add_argument("--chargers", type=int, default=1)
    parser.add_argument(
        "--generation",
        choices=[str(generation) for generation in Generation],
        default=str(Generation.WARP3),
    )
    parser.add_argument("--password", help="switches the login on")
    parser.add_argument("--username", default="admin")
    parser.add_argument("--speed", type=float, default=1.0, help="of the clock")
    parser.add_argument("--control-port", type=int)
    parser.add_argument("--rating", type=float, default=32.0, help="of the fuse, in A")
    parser.add_argument(
        "--default-current",
        type=float,
        default=32.0,
        help="external default of each charger in A: what a restart falls to",
    )
    parser.add_argument("--no-cars", action="store_true", help="leave the cables empty")
    return parser.parse_args(arguments)


def uid_of(index: int) -> str:
    """Return a uid for the charger of that number."""
    return UIDS[index] if index < len(UIDS) else f"Sim{index}"


async def serve(options: argparse.Namespace, stop: asyncio.Event) -> None:
    """Run everything until told to stop."""
    clock = RealClock(options.speed)
    house = House([kettle(start_s=120), heat_pump(start_s=300)])
    supply = SharedSupply(clock, limit_a=options.rating, house=house)
    async with AsyncExitStack() as stack:
        simulators: list[WarpSimulator] = []
        for index in range(options.chargers):
            settings = WarpSettings(
                generation=Generation(options.generation),
                uid=uid_of(index),
                display_name=f"Charger {index + 1}",
                username=options.username,
                password=options.password,
                external_default_ma=round(options.default_current * 1000),
                controller_delay_s=CONTROLLER_DELAY_S,
            )
            simulator = WarpSimulator(
                clock=clock,
                port=options.port + index if options.port else 0,
                settings=settings,
                grid_a=lambda: supply.measured_currents_a,
            )
            if settings.spec.has_evse:
                supply.join(simulator)
            simulators.append(await stack.enter_async_context(simulator))
            if settings.spec.has_evse and not options.no_cars:
                simulator.plug(Car(_follows_slowly(CARS[index % len(CARS)])))
            print(f"{simulator.name} {simulator.url}", flush=True)
        control = ControlServer(
            clock, simulators, supply=supply, port=_control_port(options)
        )
        await stack.enter_async_context(control)
        print(f"control {control.url}", flush=True)
        await stop.wait()


def _follows_slowly(spec: CarSpec) -> CarSpec:
    """Return the car with the reaction time of a real one."""
    return replace(spec, reaction_s=REACTION_S)


def _control_port(options: argparse.Namespace) -> int:
    """Return the port asked for, or one that follows from the first charger's."""
    if options.control_port is not None:
        return int(options.control_port)
    return int(options.port) + CONTROL_PORT_AFTER if options.port else 0


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
