"""Join client and states of one device: read into the picture, write and see that it was taken."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
import logging
from typing import Any, Final

from ..errors import Rejected, Unsupported, WrongDevice
from .client import NotThere, WarpClient
from .parse import as_object, as_text
from .paths import INFO_NAME
from .states import States
from .stream import Pause

_LOGGER = logging.getLogger(__name__)

READ_BACK_S: Final = (0.25, 0.25, 0.5, 0.5, 0.5)
"""Pauses between looks at the state: 2 s in all, twice what the controller needs at most."""
IDENTITY_S: Final = 3.0
"""A pushed line this young still proves who listens at the address: a sign of life comes each second."""
NOT_APPLIED: Final = "the charger accepted the value but did not apply it"


class Link:
    """What the devices behind one address share."""

    def __init__(
        self,
        client: WarpClient,
        *,
        uid: str | None,
        clock: Callable[[], float],
        pause: Pause,
    ) -> None:
        """Expect the device called `uid`, whoever answers first if that is None."""
        self.client = client
        self.clock = clock
        self.pause = pause
        self.states = States()
        self.uid = uid
        self._writing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By path: a limit for the fuse never waits for somebody's charge mode."""

    async def read(self, path: str) -> Any:
        """Read one state into the picture. Raises `NotThere` and notes that."""
        try:
            payload = await self.client.get(path)
        except NotThere:
            self.states.forget(path)
            raise
        self.states.put(path, payload, self.clock())
        return payload

    async def read_if_there(self, path: str) -> None:
        """Read one state that not every device has."""
        try:
            await self.read(path)
        except NotThere:
            _LOGGER.debug("%s is not there", path)

    async def identify(self) -> None:
        """Ask who answers. Raises `WrongDevice` or `Unsupported`, and then nothing is taken over."""
        try:
            name = await self.client.get(INFO_NAME)
        except NotThere as error:
            msg = "what answers at this address is no WARP"
            raise Unsupported(msg) from error
        self.check_identity(name)
        self.states.put(INFO_NAME, name, self.clock())

    def check_identity(self, name: object) -> None:
        """Refuse any other device than the one that was met first."""
        uid = as_text(as_object(name).get("uid"))
        if uid is None:
            msg = "what answers at this address is no WARP"
            raise Unsupported(msg)
        if self.uid is None:
            self.uid = uid
        if uid != self.uid:
            msg = "another WARP answers at this address"
            raise WrongDevice(msg)

    async def make_sure(self) -> None:
        """Be sure, before a write, that the right device will get it."""
        heard_at = self.states.heard_at
        if (
            self.states.is_live
            and heard_at is not None
            and self.clock() - heard_at < IDENTITY_S
        ):
            return
        await self.identify()

    async def write(
        self,
        path: str,
        payload: object,
        *,
        holds: Callable[[Any], bool],
        read_path: str | None = None,
        pauses_s: tuple[float, ...] = READ_BACK_S,
    ) -> None:
        """Write, and return once the state shows it. Raises `Rejected` where it does not."""
        async with self._writing[path]:
            await self.client.put(path, payload)
            await self._confirm(read_path or path, holds, pauses_s)

    async def run(
        self, command: str, *, path: str, holds: Callable[[Any], bool]
    ) -> None:
        """Run a command, and return once a state shows its effect."""
        async with self._writing[path]:
            await self.client.run(command)
            await self._confirm(path, holds, READ_BACK_S)

    async def _confirm(
        self, path: str, holds: Callable[[Any], bool], pauses_s: tuple[float, ...]
    ) -> None:
        """Read until the state shows what was written; 200 alone means nothing."""
        for pause_s in pauses_s:
            if holds(await self.read(path)):
                return
            await self.pause(pause_s)
        if not holds(await self.read(path)):
            raise Rejected(NOT_APPLIED)
