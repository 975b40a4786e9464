"""Run a real Home Assistant in a folder of its own, listening on loopback only."""

import asyncio
from asyncio.subprocess import DEVNULL, Process
import json
import os
from pathlib import Path
import signal
import sys
from typing import Any, Final

import aiohttp

from .scene import VendorAddresses

HOST: Final = "127.0.0.1"
REPOSITORY: Final = Path(__file__).parent.parent

_START_S: Final = 120.0
_STOP_S: Final = 30.0

_CONFIGURATION: Final = """\
homeassistant:
  auth_providers:
    # Only this machine reaches the demo, so its one user need not log in.
    - type: trusted_networks
      trusted_networks: [127.0.0.1/32]
      allow_bypass_login: true
    - type: homeassistant
frontend:
config:
history:
logbook:
energy:
recorder:
  commit_interval: 1
logger:
  default: warning
  logs:
    # What a bare system lacks and no demo needs: codecs, faster compression, tested integrations.
    haffmpeg.core: fatal
    haffmpeg.tools: fatal
    homeassistant.components.camera.img_util: fatal
    aiohttp_fast_zlib: error
    homeassistant.loader: error
"""


class StartFailed(Exception):
    """Home Assistant did not come up; the message says what to look at."""


class HomeAssistantProcess:
    """One Home Assistant, from its first start to its last; it can be killed and started again."""

    def __init__(self, folder: Path, port: int, vendors: VendorAddresses) -> None:
        """Prepare a configuration in an empty folder; `vendors` are the clouds that are simulated."""
        self.folder = folder
        self.port = port
        self._vendors = vendors
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """Return the file with warnings and errors."""
        return self.folder / "home-assistant.log"

    def prepare(self) -> None:
        """Write the configuration, with onboarding done but for the first user."""
        (self.folder / "configuration.yaml").write_text(_CONFIGURATION)
        components = self.folder / "custom_components"
        components.mkdir()
        (components / "busbar").symlink_to(
            REPOSITORY / "custom_components" / "busbar", target_is_directory=True
        )
        self._seed("http", {"server_host": [HOST], "server_port": self.port})
        # Done here rather than step by step, because the ordinary way starts integrations that want the internet.
        self._seed(
            "onboarding",
            {"done": ["core_config", "analytics", "integration"]},
            version=4,
        )

    def _seed(self, key: str, data: dict[str, Any], version: int = 1) -> None:
        storage = self.folder / ".storage"
        storage.mkdir(exist_ok=True)
        content = {"version": version, "minor_version": 1, "key": key, "data": data}
        (storage / key).write_text(json.dumps(content))

    async def start(self) -> None:
        """Start it and wait until it answers. Raises `StartFailed`."""
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        # Where it is set, Home Assistant compiles itself anew at every start, which takes five seconds.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "demo.launcher",
            json.dumps(self._vendors),
            "--config",
            str(self.folder),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            env=environment,
            # A Ctrl-C is for the demo, which stops Home Assistant in good order.
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(_START_S), aiohttp.ClientSession() as session:
                while not await self._answers(session):
                    await asyncio.sleep(0.1)
        except TimeoutError as err:
            msg = (
                f"Home Assistant did not answer within {_START_S:.0f} s, see {self.log}"
            )
            raise StartFailed(msg) from err

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        if self._process is None or self._process.returncode is not None:
            msg = f"Home Assistant ended while it started, see {self.log}"
            raise StartFailed(msg)
        try:
            async with session.get(f"{self.url}/manifest.json") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def stop(self) -> None:
        """Stop it in good order."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it without a chance to clean up, as a power cut does."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
