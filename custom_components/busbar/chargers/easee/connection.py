"""Hold everything behind one Easee account, and keep it alive."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Mapping
import logging
from typing import Any

from ..errors import AuthenticationFailed, ChargerError
from ..model import Charger, Unsubscribe
from .budget import Kind
from .charger import EaseeCharger
from .charger_state import month_start
from .circuit import EaseeCircuit
from .const import (
    COSTS_S,
    DETAILS_PER_TURN,
    DETAILS_S,
    DISCOVER_S,
    POLL_S,
    POLLS_PER_MINUTE,
    RETRY_S,
    SUPERVISE_S,
)
from .device import Device, Link
from .equalizer import EaseeEqualizer
from .reports import ChargerReports, Reports
from .topology import Topology, discover

_LOGGER = logging.getLogger(__name__)

type Pause = Callable[[float], Awaitable[None]]


class EaseeConnection:
    """One account with its circuits, chargers and Equalizers."""

    def __init__(self, link: Link, *, pause: Pause = asyncio.sleep) -> None:
        """Prepare, without a request."""
        self._link = link
        self._pause = pause
        self._circuits: dict[int, EaseeCircuit] = {}
        self._chargers: dict[str, EaseeCharger] = {}
        self._meters: dict[str, EaseeEqualizer] = {}
        self._missed: set[str] = set()
        self._listeners: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._discovered_at = 0.0
        self._details_at: dict[str, float] = {}
        self._costs_at: dict[int, float] = {}
        self._is_refused = False
        self._is_open = False
        link.changed = self._tell_change

    @property
    def chargers(self) -> Mapping[str, Charger]:
        """Return the devices behind it by identity key."""
        return {device.identity.key: device for device in self._devices()}

    async def open(self) -> None:
        """Log in, find everything, read it once and open the stream. Never writes."""
        try:
            await self._apply(await discover(self._link.client))
            await self._read_once()
            for device in self._devices():
                device.rebuild()
            await self._link.client.account.prepare_stream()
            await self._subscribe()
        except BaseException:
            await self.close()
            raise
        self._is_open = True
        self._task = asyncio.create_task(self._supervise())

    async def _read_once(self) -> None:
        """Read every device; one that does not answer must not hide the others."""
        products = (*self._chargers.values(), *self._meters.values())
        heard, errors = 0, list[ChargerError]()
        for device in (*self._circuits.values(), *products):
            is_product = device in products
            try:
                await (device.poll() if is_product else device.read_details())
            except AuthenticationFailed:
                raise
            except ChargerError as error:
                errors.append(error)
            else:
                heard += is_product
        if errors and not heard:
            raise errors[0]

    async def close(self) -> None:
        """End streams and tasks; never raises."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._link.stream.close()

    def on_change(self, listener: Callable[[], None]) -> Unsubscribe:
        """Hear when a device appeared, disappeared, or changed its capabilities or identity."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    # Supervision

    async def supervise_once(self) -> None:
        """Look after the stream, then after what changes seldom; nothing here is urgent."""
        for job in (
            self._link.stream.watch,
            self._rediscover,
            self._read_details,
            self._read_costs,
        ):
            try:
                await job()
            except AuthenticationFailed as error:
                self._refused(error)
                return
            except ChargerError as error:
                _LOGGER.debug("Looking after the account: %s", type(error).__name__)

    def _refused(self, error: AuthenticationFailed) -> None:
        """Tell once that the credentials are good no more."""
        if not self._is_refused:
            self._is_refused = True
            for device in self._devices():
                device.lose(error)

    async def _supervise(self) -> None:
        while True:
            try:
                await self.supervise_once()
            except Exception:
                # One surprising answer must not end the watch over the stream.
                _LOGGER.exception("Looking after the account failed")
            await self._pause(SUPERVISE_S)

    async def _rediscover(self) -> None:
        """See now and then whether chargers came or went."""
        if self._link.clock() - self._discovered_at < DISCOVER_S:
            return
        self._discovered_at = self._link.clock()
        before = set(self.chargers)
        await self._apply(await discover(self._link.client))
        await self._subscribe()
        if before != set(self.chargers):
            self._tell_change()

    async def _read_details(self) -> None:
        """Read plans, firmware and settings of the few devices whose turn it is."""
        due = [device for device in self._devices() if self._are_details_due(device)]
        for device in due[:DETAILS_PER_TURN]:
            key, now_s = device.identity.key, self._link.clock()
            self._details_at[key] = now_s - DETAILS_S + RETRY_S
            await device.read_details()
            self._details_at[key] = now_s

    def _are_details_due(self, device: Device) -> bool:
        read_at = self._details_at.get(device.identity.key)
        if read_at is None:
            return True
        since_s = self._link.clock() - read_at
        return since_s >= (POLL_S if device.wants_details else DETAILS_S)

    async def _read_costs(self) -> None:
        """Read the cost of this month, one call for a whole site."""
        now_s = self._link.clock()
        sites = {
            charger.found.site_id: charger.found.library.site
            for charger in self._chargers.values()
            if charger.found.site_id is not None
        }
        epoch_s = self._link.cloud_clock.epoch_s
        for site_id, site in sites.items():
            read_at = self._costs_at.get(site_id)
            if read_at is not None and now_s - read_at < COSTS_S:
                continue
            self._costs_at[site_id] = now_s
            first = month_start(epoch_s)
            last = first.fromtimestamp(epoch_s, first.tzinfo)
            path = (
                f"/api/sites/{site.id}/breakdown/{first.isoformat()}/{last.isoformat()}"
            )
            self._take_costs(site_id, await self._link.client.get(Kind.COST, path))

    def _take_costs(self, site_id: int, answer: Any) -> None:
        """Take the costs of a site; what has no row has cost nothing in this month yet."""
        if not isinstance(answer, list):
            return
        rows = [row for row in answer if isinstance(row, dict)]
        by_charger = {str(row.get("chargerId")): row for row in rows}
        for charger in self._chargers.values():
            if charger.found.site_id != site_id:
                continue
            row = by_charger.get(charger.found.id, {})
            cost, currency = row.get("totalCost", 0.0), row.get("currencyId")
            if isinstance(cost, int | float):
                charger.cost_this_month = float(cost)
                charger.currency = str(currency) if currency else charger.currency
                charger.touch()

    # Devices

    def _devices(self) -> tuple[Device, ...]:
        return (
            *self._circuits.values(),
            *self._chargers.values(),
            *self._meters.values(),
        )

    async def _apply(self, found: Topology) -> None:
        """Take over what discovery found; what is missing once may be back the next time."""
        self._discovered_at = self._link.clock()
        for circuit_id, circuit in found.circuits.items():
            if circuit_id in self._circuits:
                self._circuits[circuit_id].update(circuit)
            else:
                self._circuits[circuit_id] = EaseeCircuit(
                    self._link, circuit, self._reports(Reports)
                )
        for charger_id, charger in found.chargers.items():
            circuit_device = self._circuits.get(charger.circuit_id or 0)
            known = self._chargers.get(charger_id)
            if known is None:
                self._chargers[charger_id] = EaseeCharger(
                    self._link, charger, circuit_device, self._reports(ChargerReports)
                )
            elif found.is_complete or circuit_device is not None:
                known.found, known.circuit = charger, circuit_device
                known.rename(name=charger.name)
        for meter_id, meter in found.meters.items():
            if meter_id not in self._meters:
                self._meters[meter_id] = EaseeEqualizer(
                    self._link, meter, self._reports(Reports)
                )
            else:
                self._meters[meter_id].rename(name=meter.name)
        if found.is_complete:
            self._drop_missing(found)
        for circuit_device in self._circuits.values():
            circuit_device.members = [
                one for one in self._chargers.values() if one.circuit is circuit_device
            ]
        products = len(self._chargers) + len(self._meters)
        self._link.poll_interval_s = max(POLL_S, 60.0 * products / POLLS_PER_MINUTE)

    def _reports[R: Reports](self, kind: type[R]) -> R:
        clock = self._link.cloud_clock
        return kind(to_monotonic=clock.monotonic, epoch=lambda: clock.epoch_s)

    def _drop_missing(self, found: Topology) -> None:
        """Let go what was missing twice in a row."""
        missed, self._missed = self._missed, set()
        self._drop(self._circuits, found.circuits, missed)
        self._drop(self._chargers, found.chargers, missed)
        self._drop(self._meters, found.meters, missed)

    def _drop[Key: (int, str), Kept: Device](
        self, devices: dict[Key, Kept], present: Container[Key], missed: set[str]
    ) -> None:
        for number, device in list(devices.items()):
            if number in present:
                continue
            key = device.identity.key
            if key in missed:
                del devices[number]
                self._link.stream.forget(str(number))
                device.lose(None)
            else:
                self._missed.add(key)

    async def _subscribe(self) -> None:
        """Hear of everything that is not heard yet."""
        stream = self._link.stream
        for charger_id, charger in self._chargers.items():
            await stream.subscribe(charger_id, charger.take, charger.on_answer)
        for meter_id, meter in self._meters.items():
            await stream.subscribe(meter_id, meter.take, lambda _: None)

    def _tell_change(self) -> None:
        """Tell listeners; what is learned while opening is no change."""
        if not self._is_open:
            return
        for listener in tuple(self._listeners):
            listener()
