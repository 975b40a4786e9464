"""Hold one Shelly energy meter: one request a second for all the meters that its clamps make."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
import logging
from typing import Final, override

from ...chargers.errors import ChargerError, ConnectionFailed, WrongDevice
from ...chargers.model import Connection, Unsubscribe
from .client import ShellyClient
from .meter import ShellyMeter
from .parse import Reading
from .roles import ClampSetting, default_clamps, grouped

_LOGGER = logging.getLogger(__name__)

# Meters of one device are asked by coordinators of their own; whoever comes within this part of the
# interval gets the reading that the other one has just fetched.
_SHARED_PART: Final = 0.8
_STUMBLES: Final = 5
_BACK_OFF_FIRST_S: Final = 2.0
_BACK_OFF_LONGEST_S: Final = 15.0
_LOST_AFTER: Final = 3


class ShellyConnection(Connection):
    """One device, read as a whole."""

    def __init__(
        self,
        client: ShellyClient,
        *,
        mac: str | None,
        clamps: Sequence[ClampSetting],
        interval_s: float,
        url: str,
        clock: Callable[[], float],
        jitter: Callable[[], float],
    ) -> None:
        """Prepare; without `clamps` the likely ones are taken once the device was read."""
        self._client = client
        self._mac = mac
        self._clamps = tuple(clamps)
        self._interval_s = interval_s
        self._url = url
        self._clock = clock
        self._jitter = jitter
        self._meters: dict[str, ShellyMeter] = {}
        self._listeners: dict[object, Callable[[], None]] = {}
        self._lock = asyncio.Lock()
        self._read_at: float | None = None
        self._try_at = clock()
        self._failures = 0
        self._uptime: tuple[float, float] | None = None
        """Uptime that was told last, and when it was told first."""

    @property
    @override
    def chargers(self) -> Mapping[str, ShellyMeter]:
        return {meter.identity.key: meter for meter in self._meters.values()}

    @override
    async def open(self) -> None:
        info = await self._client.identify()
        self._check(info.mac)
        await self._read()

    @override
    async def close(self) -> None:
        """Have nothing to end: every request is awaited by whoever wants it."""

    @override
    def on_change(self, listener: Callable[[], None]) -> Unsubscribe:
        token = object()
        self._listeners[token] = listener

        def unsubscribe() -> None:
            self._listeners.pop(token, None)

        return unsubscribe

    async def poll(self) -> None:
        """Read once for all meters, unless that has just been done. Raises `ChargerError`."""
        async with self._lock:
            now = self._clock()
            shared_s = self._interval_s * _SHARED_PART
            if self._read_at is not None and now - self._read_at < shared_s:
                return
            if now < self._try_at:
                raise ConnectionFailed("the meter does not answer")
            try:
                await self._read()
            except ChargerError as err:
                self._failed(err)
                raise
        for meter in self._meters.values():
            meter.notify()

    def _failed(self, err: ChargerError) -> None:
        """Ask ever more seldom; a restart of the device takes it a few seconds."""
        self._failures += 1
        _LOGGER.debug("The meter was not read: %s", err)
        beyond = self._failures - _STUMBLES
        if beyond > 0:
            # 2 ** 3 is more than the longest pause already.
            pause_s = min(
                _BACK_OFF_FIRST_S * 2 ** min(beyond - 1, 3), _BACK_OFF_LONGEST_S
            )
            self._try_at = self._clock() + pause_s * (0.8 + 0.4 * self._jitter())
        if self._failures == _LOST_AFTER:
            for meter in self._meters.values():
                meter.notify_lost(err)

    async def _read(self) -> None:
        reading = await self._client.read()
        self._check(reading.mac)
        now = self._clock()
        if self._uptime is not None and (reading.uptime_s or 0.0) < self._uptime[0]:
            # It restarted, perhaps with another firmware.
            await self._client.identify()
        self._failures = 0
        self._read_at = now
        self._take(reading, now)

    def _check(self, mac: str | None) -> None:
        """Refuse another device at this address."""
        self._mac = self._mac or mac
        if mac is not None and mac != self._mac:
            raise WrongDevice("another device answers at this address")

    def _take(self, reading: Reading, now: float) -> None:
        info = self._client.info
        assert info is not None
        if not reading.channels and not self._meters:
            raise WrongDevice("the device has no energy meter")
        if not self._meters:
            self._build(reading)
        measured_at = self._measured_at(reading.uptime_s, now)
        started_at = None if reading.uptime_s is None else now - reading.uptime_s
        changed = [
            meter.take(
                info,
                reading,
                received_at=now,
                measured_at=measured_at,
                started_at=started_at,
            )
            for meter in self._meters.values()
        ]
        if any(changed):
            for listener in list(self._listeners.values()):
                listener()

    def _build(self, reading: Reading) -> None:
        clamps = self._clamps or default_clamps(reading)
        self._meters = {
            suffix: ShellyMeter(
                suffix,
                of_meter,
                self.poll,
                interval_s=self._interval_s,
                url=self._url,
            )
            for suffix, of_meter in grouped(clamps).items()
        }

    def _measured_at(self, uptime_s: float | None, now: float) -> float:
        """Return when the values are from: a device whose own clock stands measures nothing new."""
        if uptime_s is None:
            return now
        if self._uptime is None or self._uptime[0] != uptime_s:
            self._uptime = (uptime_s, now)
        return self._uptime[1] if now - self._uptime[1] > _CLOCK_TICK_S else now


_CLOCK_TICK_S: Final = 2.0
"""Uptimes are whole seconds, so the same one is told twice now and then."""
