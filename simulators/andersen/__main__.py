"""Run the Konnect+ cloud with one account: `python -m simulators.andersen --port N`."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
import signal
import time

from simulators.control import ControlServer
from simulators.world import CarSpec, RealClock

from .cloud import AndersenSimulator
from .plant import ControlledCharger

CARS = (
    CarSpec(name="small car", phases=1, maximum_a=16, energy_wanted_kwh=20),
    CarSpec(name="large car", phases=1, maximum_a=32, energy_wanted_kwh=60),
)
"""The cars at the chargers, in turn."""
PACE_S = 0.5
CONTROL_PORT_AFTER = 1000
"""The control port stands this far above the cloud's, unless one is given."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="simulators.andersen", description=__doc__)
    parser.add_argument("--port", type=int, default=8084)
    parser.add_argument("--control-port", type=int)
    parser.add_argument("--chargers", type=int, default=2)
    parser.add_argument("--email", default="owner@example.com")
    parser.add_argument("--password", default="Konnect-1")
    parser.add_argument("--speed", type=float, default=1.0, help="of the clock")
    parser.add_argument(
        "--latency", type=float, default=40.0, help="of a command, in s"
    )
    parser.add_argument(
        "--period", type=float, default=90.0, help="between two reports, in s"
    )
    parser.add_argument("--no-cars", action="store_true", help="leave the cables empty")
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace, stop: asyncio.Event) -> None:
    """Run everything until told to stop."""
    cloud = AndersenSimulator(
        clock=RealClock(options.speed),
        port=options.port,
        epoch=datetime.fromtimestamp(time.time(), UTC),
        real_pace_s=PACE_S,
    )
    member = cloud.add_account(options.email, options.password)
    controlled = []
    for index in range(options.chargers):
        charger = cloud.add_charger(
            member,
            name=f"230000123{index}",
            command_latency_s=options.latency,
            report_period_s=options.period,
        )
        charger.friendly_name = f"Drive {index + 1}"
        named = ControlledCharger(cloud, charger, f"andersen-{index + 1}")
        if not options.no_cars:
            named.plug(CARS[index % len(CARS)])
        controlled.append(named)
    port = options.control_port
    if port is None:
        port = options.port + CONTROL_PORT_AFTER if options.port else 0
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(cloud)
        control = ControlServer(cloud.clock, controlled, port=port)
        await stack.enter_async_context(control)
        print(f"cloud    {cloud.urls.graphql}  ({cloud.urls.websocket})")
        print(f"login    {cloud.urls.cognito}  as {options.email}")
        print(f"control  {control.url}", flush=True)
        await stop.wait()


async def main(arguments: Sequence[str] | None = None) -> None:
    """Run until interrupted."""
    options = parse(arguments)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(options, stop)


if __name__ == "__main__":
    asyncio.run(main())
