"""Hold what is behind one address: a charger, its charge manager, or an Energy Manager's meter."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
import logging
import math
from typing import Any, Final, override

from ..errors import ChargerError, ConnectionFailed, WrongDevice
from ..model import Connection, Unsubscribe
from . import paths
from .charger import WarpCharger
from .device import WarpDevice
from .grid import WarpGridMeter
from .group import WarpGroup, is_manager
from .link import Link
from .parse import as_int, as_list, as_object, features_of
from .stream import Line, Listener, Pause, StreamClosed, WarpStream

_LOGGER = logging.getLogger(__name__)

MISSED_DURING_DUMP: Final = (paths.EVSE_STATE, paths.SLOTS, paths.EXTERNAL_CURRENT)
"""A change that happens during the dump can be lost when we are the only listener."""

JUST_ASKED_S: Final = 1.0
"""Charger and group behind one address are refreshed together and share the answers."""


class WarpConnection(Connection, Listener):
    """One device address, listened to and, while that fails, asked."""

    def __init__(
        self,
        link: Link,
        *,
        jitter: Callable[[], float],
        pause: Pause,
    ) -> None:
        """Prepare; nothing is sent before `open`."""
        self._link = link
        self._devices: dict[str, WarpDevice] = {}
        self._listeners: dict[object, Callable[[], None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._polling = asyncio.Lock()
        self._is_open = False
        """Whatever is found while it opens is no change."""
        self._is_wrong = False
        self._stream_known = asyncio.Event()
        """Set once the first attempt to listen has succeeded or failed."""
        self._asked_at = -math.inf
        self._stream = WarpStream(
            link.client, self, clock=link.clock, pause=pause, jitter=jitter
        )

    @property
    @override
    def chargers(self) -> Mapping[str, WarpDevice]:
        return self._devices

    @override
    async def open(self) -> None:
        await self._link.identify()
        self._stream.start()
        try:
            await self._wait_for_stream()
            if not self._link.states.is_live:
                await self._read_everything()
                self._asked_at = self._link.clock()
                self._rebuild()
        except BaseException:
            await self.close()
            raise
        self._is_open = True

    async def _wait_for_stream(self) -> None:
        """Give the first dump its time: it is one answer instead of some seventy."""
        try:
            async with asyncio.timeout(self._link.client.timeout_s):
                await self._stream_known.wait()
        except TimeoutError:
            _LOGGER.debug("The first dump is late")

    @override
    async def close(self) -> None:
        await self._stream.close()
        self._link.states.is_live = False
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @override
    def on_change(self, listener: Callable[[], None]) -> Unsubscribe:
        token = object()
        self._listeners[token] = listener

        def unsubscribe() -> None:
            self._listeners.pop(token, None)

        return unsubscribe

    async def poll(self) -> None:
        """Ask for the few states that matter, after who it is that answers."""
        async with self._polling:
            if self._link.clock() - self._asked_at < JUST_ASKED_S:
                return
            await self._link.identify()
            before = self._link.states.get(paths.INFO_FEATURES)
            await self._link.read_if_there(paths.INFO_FEATURES)
            if self._link.states.get(paths.INFO_FEATURES) != before:
                await self._read_everything()
            else:
                for path in self._polled_paths():
                    await self._link.read_if_there(path)
            self._asked_at = self._link.clock()
        self._take_over()

    def _polled_paths(self) -> list[str]:
        """Return the short list of all devices behind this address."""
        wanted = (
            path for device in self._devices.values() for path in device.polled_paths()
        )
        return list(dict.fromkeys(wanted))

    async def _read_everything(self) -> None:
        """Read all states that this device may have, one after the other."""
        link = self._link
        await link.read_if_there(paths.INFO_FEATURES)
        # The list of features grows while the device starts; the state is there before.
        await link.read_if_there(paths.EVSE_STATE)
        for path in paths.paths_to_read(is_charger=self._is_charger()):
            await link.read_if_there(path)
        for slot in range(paths.METER_SLOTS):
            config_path = paths.meter_path(slot, "config")
            await link.read_if_there(config_path)
            if config_path not in link.states:
                # Slots are numbered without gaps; and old firmware has none at all.
                break
            config = as_list(link.states.get(config_path))
            if config and as_int(config[0]):
                await link.read_if_there(paths.meter_path(slot, "value_ids"))
                await link.read_if_there(paths.meter_path(slot, "values"))

    def _is_charger(self) -> bool:
        """Return whether there is a charge controller, by feature and not by type."""
        states = self._link.states
        return (
            "evse" in features_of(states.get(paths.INFO_FEATURES))
            or paths.EVSE_STATE in states
        )

    # Devices

    def _rebuild(self) -> bool:
        """Make the devices that the present picture tells of; return whether they changed."""
        kinds: list[type[WarpDevice]] = [
            WarpCharger if self._is_charger() else WarpGridMeter
        ]
        if is_manager(self._link.states):
            kinds.append(WarpGroup)
        present = {type(device): device for device in self._devices.values()}
        if set(kinds) == set(present):
            return False
        devices = [present.get(kind) or kind(self._link, self.poll) for kind in kinds]
        self._devices = {device.identity.key: device for device in devices}
        return True

    def _take_over(self) -> None:
        """Let devices follow the picture, and tell everybody."""
        changed = self._rebuild()
        for device in self._devices.values():
            changed |= device.update()
        if changed and self._is_open:
            for listener in list(self._listeners.values()):
                listener()
        for device in list(self._devices.values()):
            device.notify()

    # What the stream says

    @override
    async def on_dump(self, picture: dict[str, Any]) -> None:
        link = self._link
        link.check_identity(picture.get(paths.INFO_NAME))
        known = {
            path: payload
            for path, payload in picture.items()
            if paths.is_readable(path)
        }
        link.states.replace(known, link.clock())
        self._take_sign_of_life(picture.get(paths.KEEP_ALIVE))
        for path in MISSED_DURING_DUMP:
            if path in link.states:
                await link.read(path)
        link.states.is_live = True
        self._stream_known.set()
        self._is_wrong = False
        self._take_over()

    @override
    def on_lines(self, lines: Sequence[Line]) -> None:
        for topic, payload in lines:
            if topic == paths.INFO_NAME:
                self._link.check_identity(payload)
        changed = False
        for topic, payload in lines:
            if topic == paths.KEEP_ALIVE:
                self._take_sign_of_life(payload)
            elif paths.is_readable(topic):
                self._take_line(topic, payload)
                changed = True
        if changed:
            self._take_over()

    def _take_line(self, topic: str, payload: Any) -> None:
        """Take over one changed state."""
        states = self._link.states
        if topic.endswith("/value_ids") and payload != states.get(topic):
            # The values that we have belong to the ids before, even if there are as many of them.
            values_path = topic.removesuffix("value_ids") + "values"
            states.forget(values_path)
            self._spawn(self._reread(values_path))
        states.put(topic, payload, self._link.clock())

    def _take_sign_of_life(self, payload: object) -> None:
        """Note that the device is there, and since when."""
        now = self._link.clock()
        self._link.states.heard_at = now
        uptime_ms = as_int(as_object(payload).get("uptime"))
        if uptime_ms is not None:
            self._link.states.booted_at = now - uptime_ms / 1000

    async def _reread(self, path: str) -> None:
        """Read one state beside the stream."""
        try:
            await self._link.read_if_there(path)
        except ChargerError as error:
            _LOGGER.debug("%s was not read again: %s", path, error)
        else:
            self._take_over()

    @override
    def on_down(self, error: Exception) -> None:
        states = self._link.states
        was_live, states.is_live = states.is_live, False
        self._stream_known.set()
        was_wrong, self._is_wrong = self._is_wrong, isinstance(error, WrongDevice)
        if self._is_wrong and not was_wrong:
            _LOGGER.warning(
                "Another device answers at the address of a WARP; it is left alone"
            )
        if was_live:
            self._asked_at = -math.inf
            if isinstance(error, StreamClosed):
                self._spawn(self._ask_instead())
            else:
                self._tell_lost(error)

    async def _ask_instead(self) -> None:
        """Ask the device that ended the stream; only without an answer it is lost."""
        try:
            await self.poll()
        except ChargerError as error:
            self._tell_lost(error)

    def _tell_lost(self, error: Exception) -> None:
        """Tell everybody that the device is not heard any more."""
        for device in list(self._devices.values()):
            device.notify_lost(error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside, and end it with the connection at the latest."""
        task = asyncio.create_task(work, name="busbar warp question")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def identify_charger(link: Link) -> None:
    """Read just enough to say who it is. Raises `ChargerError`."""
    await link.identify()
    for path in (
        paths.INFO_DISPLAY_NAME,
        paths.INFO_VERSION,
        paths.INFO_FEATURES,
        paths.HARDWARE,
    ):
        await link.read_if_there(path)
    if paths.INFO_FEATURES not in link.states:
        msg = "it is still starting"
        raise ConnectionFailed(msg)
