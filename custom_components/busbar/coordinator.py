"""Bring what one charger reports into Home Assistant, and a person's wishes to the charger."""

from collections.abc import Awaitable, Callable
import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
import logging
import time
from typing import TYPE_CHECKING, override

from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .chargers.errors import ChargerError, ConnectionFailed
from .chargers.model import Capabilities, Charger, Identity, Snapshot, Unsubscribe
from .const import DOMAIN
from .errors import command_errors, update_failure
from .hand import SetpointHand
from .setpoint import Wish
from .wishes import DATA_WISHES

if TYPE_CHECKING:
    from .charger_entry import ChargerConfigEntry

_LOGGER = logging.getLogger(__name__)


class ChargerCoordinator(DataUpdateCoordinator[Snapshot]):
    """Hold the newest snapshot of one charger, group or meter."""

    config_entry: ChargerConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: ChargerConfigEntry, charger: Charger
    ) -> None:
        """Prepare to poll as often as the charger wants it, and to take what it pushes."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            # Logged at each failure, so neither a serial nor a name that may contain one.
            name=f"{charger.identity.model} of entry {entry.entry_id[-6:]}",
            update_interval=timedelta(seconds=charger.capabilities.poll_interval_s),
            always_update=False,
        )
        self.charger = charger
        self.hand = SetpointHand(
            charger,
            wish=hass.data[DATA_WISHES].get(charger.identity.key),
            clock=time.monotonic,
            start_task=lambda work: entry.async_create_background_task(
                hass, work, "busbar set-point"
            ),
            call_later=self._call_later,
        )
        self.heard_at: float | None = None
        """When the charger was heard last, on the monotonic clock, whether or not anything had changed."""
        self.plugged_in_at: float | None = None
        """When the vehicle came, `None` if it was there before us."""
        self._was_connected: bool | None = None
        self._unsubscribe: Unsubscribe | None = None

    def _call_later(
        self, delay_s: float, action: Callable[[], None]
    ) -> Callable[[], None]:
        """Call `action` later, unless Home Assistant stops before that."""
        job = HassJob[[datetime], None](lambda _: action(), cancel_on_shutdown=True)
        return async_call_later(self.hass, delay_s, job)

    @property
    def identity(self) -> Identity:
        """Return who the charger is."""
        return self.charger.identity

    @property
    def capabilities(self) -> Capabilities:
        """Return what the charger can do now."""
        return self.charger.capabilities

    @callback
    def async_start(self) -> None:
        """Take what the charger pushes."""
        self._unsubscribe = self.charger.subscribe(self._async_pushed, self._async_lost)

    async def async_leave(self) -> None:
        """Go in good order: lower what only a watching site justified, then stop."""
        if (allocation := self.hand.allocation) is not None:
            with contextlib.suppress(ChargerError):
                await self.hand.async_lower(allocation.falls_to_a)
        await self.async_shutdown()

    @override
    async def async_shutdown(self) -> None:
        """Stop listening and writing."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.hand.stop()
        await super().async_shutdown()

    @override
    async def _async_update_data(self) -> Snapshot:
        try:
            snapshot = await self.charger.refresh()
        except ChargerError as err:
            raise update_failure(err) from err
        self._note(snapshot)
        return snapshot

    @callback
    def _async_pushed(self, snapshot: Snapshot) -> None:
        self._note(snapshot)
        if not self.last_update_success:
            # The base class says so only of what it fetched itself.
            _LOGGER.info("Hearing %s again", self.name)
        self.async_set_updated_data(snapshot)

    @callback
    def _async_lost(self, err: Exception | None) -> None:
        """Report at once what the next poll would find, where the charger itself noticed it."""
        if not isinstance(err, ChargerError):
            err = ConnectionFailed("no longer heard")
        self.async_set_update_error(update_failure(err))

    @callback
    def _note(self, snapshot: Snapshot) -> None:
        """Note when it was heard, and since when a vehicle is there."""
        # A cloud that refuses requests for a while leaves us with what was heard before.
        self.heard_at = min(time.monotonic(), snapshot.received_at)
        if not snapshot.vehicle_connected:
            self.plugged_in_at = None
        elif self._was_connected is False:
            self.plugged_in_at = self.heard_at
        self._was_connected = snapshot.vehicle_connected

    async def async_command(self, command: Awaitable[None]) -> None:
        """Send a person's command; raise a translated error where it was not taken."""
        with command_errors(self.hass, self.config_entry, self.identity.name):
            await command
        self.async_update_listeners()

    async def async_wish_current(self, current_a: float) -> None:
        """Limit the charger because a person wants it: 0, or a current within its range."""
        self._check_current(current_a)
        await self._async_wish(replace(self.hand.wish, current_limit_a=current_a))

    async def async_wish_phases(self, phases: int) -> None:
        """Charge with `phases` phases because a person wants it."""
        await self._async_wish(replace(self.hand.wish, phases=phases))

    async def _async_wish(self, wish: Wish) -> None:
        await self.async_command(self.hand.async_wish(wish))
        await self.hass.data[DATA_WISHES].async_set(self.identity.key, wish)

    def _check_current(self, current_a: float) -> None:
        charge = self.capabilities.charge
        if charge is None or current_a == 0:
            return
        if not charge.minimum_a <= current_a <= charge.maximum_a:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="current_out_of_range",
                translation_placeholders={
                    "device": self.identity.name,
                    "current": f"{current_a:g}",
                    "minimum": f"{charge.minimum_a:g}",
                    "maximum": f"{charge.maximum_a:g}",
                },
            )
