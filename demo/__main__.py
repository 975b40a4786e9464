"""Start the demo: `scripts/demo`, or `scripts/demo --check` to prove the main job over the wire."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
import signal
import socket
import sys
import tempfile
import time
from types import TracebackType
from typing import Final

from .api import PASSWORD, USER, ApiError, HomeAssistantApi
from .check import check
from .process import HOST, HomeAssistantProcess, StartFailed
from .scene import Scene, Tell
from .scenes import SCENES
from .set_up import DASHBOARD, prepare, show_dashboard

_LOG_TAIL: Final = 4000


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--check",
        action="store_true",
        help="set site currents, compare what the chargers were told and draw, and leave",
    )
    parser.add_argument(
        "--scene", choices=SCENES, help="start this one alone; all of them otherwise"
    )
    parser.add_argument(
        "--port", type=int, help="of Home Assistant; 8123 unless checking"
    )
    return parser.parse_args()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _progress() -> Tell:
    """Return a function that tells a person what is being done, and how long it took to get there."""
    began = time.monotonic()

    def tell(text: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {text}", flush=True)

    return tell


def _end_on_request() -> None:
    """Take everything down where somebody asks this process to end; Home Assistant is a session of its own."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def _run(options: argparse.Namespace) -> int:
    """Start everything, then check or wait for Ctrl-C; nothing is left running."""
    _end_on_request()
    tell = _progress()
    port = options.port or (_free_port() if options.check else 8123)
    if _is_taken(port):
        print(
            f"Port {port} is in use: stop what listens there, or choose another one with --port.",
            file=sys.stderr,
        )
        return 2
    async with AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="busbar-demo-"))
        )
        keys = [options.scene] if options.scene else SCENES
        scenes = [await stack.enter_async_context(SCENES[key]()) for key in keys]
        vendors = {
            make: urls for scene in scenes for make, urls in scene.vendors.items()
        }
        process = HomeAssistantProcess(folder, port, vendors)
        process.prepare()
        tell("starting Home Assistant")
        stack.push_async_callback(process.stop)
        stack.push_async_exit(_show_log(process))
        await process.start()
        api = await stack.enter_async_context(HomeAssistantApi(process.url))
        await prepare(api)
        for scene in scenes:
            await scene.set_up(api, tell)
        await show_dashboard(api, scenes)
        if options.check:
            return await check(api, process, scenes, tell)
        await _serve(process, scenes, tell)
    return 0


def _show_log(process: HomeAssistantProcess) -> Callable[..., Awaitable[None]]:
    """Return what shows Home Assistant's own words after a failure: its folder is thrown away."""

    async def show(
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, (ApiError, StartFailed)) and process.log.exists():
            print(process.log.read_text()[-_LOG_TAIL:], file=sys.stderr)

    return show


async def _serve(
    process: HomeAssistantProcess, scenes: Sequence[Scene], tell: Tell
) -> None:
    tell("ready")
    controls = "".join(
        f"\n    {scene.title:<10} {scene.control_url}" for scene in scenes
    )
    print(
        f"""
  Dashboard      {process.url}/{DASHBOARD}
  Integration    {process.url}/config/integrations/integration/busbar
  Log in as      {USER} / {PASSWORD}, if you are asked at all
  Steer the simulated cars and faults:{controls}

  Ctrl-C stops everything and leaves nothing behind.
""",
        flush=True,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    tell("stopping")


def main() -> int:
    """Run the demo and return its exit code."""
    try:
        return asyncio.run(_run(_arguments()))
    except (ApiError, StartFailed) as err:
        print(f"The demo failed: {err}", file=sys.stderr)
        return 1
    except KeyboardInterrupt, asyncio.CancelledError:
        return 130


if __name__ == "__main__":
    sys.exit(main())
