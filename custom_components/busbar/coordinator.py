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

from .chargers.errors import (
    AuthenticationFailed,
    ChargerError,
    ConnectionFailed,
    NeedsRestart,
)
from .chargers.model import (
    Capabilities,
    Charger,
    FallsSilent,
    Identity,
    ReleasesControl,
    Snapshot,
    Unsubscribe,
)
from .const import DOMAIN
from .errors import command_errors, update_failure
from .issues import async_forget_dead, async_report_dead
from .steering.gate import DATA_GATES, gate_of
from .steering.hand import SetpointHand
from .steering.opener import Opener
from .steering.setpoint import Wish
from .steering.wishes import DATA_WISHES

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
        self.gate = gate_of(charger, hass.data[DATA_GATES])
        """What steers a charger that has a lock and no settable current."""
        self.opener: Opener | None = None
        """What opens it once no site steers it any more."""
        if self.gate is not None:
            self.opener = Opener(
                hass,
                self.gate,
                clock=time.monotonic,
                start_task=lambda work: entry.async_create_background_task(
                    hass, work, "busbar opener"
                ),
            )
        self.hand = SetpointHand(
            self.gate or charger,
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
        self._failed_at: float | None = None
        self._was_connected: bool | None = None
        self._unsubscribe: Unsubscribe | None = None

    def _call_later(
        self, delay_s: float, action: Callable[[], None]
    ) -> Callable[[], None]:
        """Call `action` later, unless Home Assistant stops before that."""

        @callback
        def act(_: datetime) -> None:
            action()

        return async_call_later(
            self.hass, delay_s, HassJob(act, cancel_on_shutdown=True)
        )

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
        """Go in good order: lower what only a watching site justified, end a discharge, hand back control."""
        charger = self.charger
        with contextlib.suppress(ChargerError):
            if (allocation := self.hand.allocation) is not None:
                await self.hand.async_lower(allocation.falls_to_a)
            await self.async_end_discharge()
        if isinstance(charger, FallsSilent) and isinstance(charger, ReleasesControl):
            # Out of reach, it ends by itself what nobody keeps going.
            with contextlib.suppress(ChargerError):
                await charger.release()
        await self.async_shutdown()

    async def async_end_discharge(self) -> None:
        """End a discharge that nobody will watch any more. Raises `ChargerError`."""
        snapshot = self.charger.snapshot
        if snapshot is not None and (snapshot.commanded_a or 0) < 0:
            await self.hand.async_lower(0)

    @override
    async def async_shutdown(self) -> None:
        """Stop listening and writing."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.hand.stop()
        async_forget_dead(self.hass, self.identity)
        await super().async_shutdown()

    @override
    async def _async_update_data(self) -> Snapshot:
        try:
            snapshot = await self.charger.refresh()
        except ChargerError as err:
            self._note_failure(err)
            raise update_failure(err) from err
        self._note(snapshot)
        return snapshot

    @callback
    def _async_pushed(self, snapshot: Snapshot) -> None:
        if self._is_old_news(snapshot):
            self.data = snapshot
            self.async_update_listeners()
            return
        self._note(snapshot)
        if not self.last_update_success:
            # The base class says so only of what it fetched itself.
            _LOGGER.info("Hearing %s again", self.name)
        # The base class would begin its interval anew, and a device that hears of its neighbours' reports
        # oftener than that would never be asked itself.
        self.data = snapshot
        self.last_update_success = True
        self.async_update_listeners()

    def _is_old_news(self, snapshot: Snapshot) -> bool:
        """Return whether a device that failed is shown here as it was before.

        A neighbour that speaks for the same circuit makes new snapshots of it, and hears nothing of it.
        """
        return (
            not self.last_update_success
            and self._failed_at is not None
            and snapshot.received_at < self._failed_at
        )

    @callback
    def _async_lost(self, err: Exception | None) -> None:
        """Report at once what the next poll would find, where the charger itself noticed it."""
        if not isinstance(err, ChargerError):
            err = ConnectionFailed("no longer heard")
        self._note_failure(err)
        if isinstance(err, AuthenticationFailed):
            # The base class asks for new credentials only where a poll of its own was refused.
            self.config_entry.async_start_reauth(self.hass)
        self.async_set_update_error(update_failure(err))

    @callback
    def _note_failure(self, err: ChargerError) -> None:
        """Note when it failed; tell a person where waiting does not help."""
        self._failed_at = time.monotonic()
        if isinstance(err, NeedsRestart):
            async_report_dead(self.hass, self.identity)

    @callback
    def _note(self, snapshot: Snapshot) -> None:
        """Note when it was heard, and since when a vehicle is there."""
        async_forget_dead(self.hass, self.identity)
        # A cloud that refuses requests for a while leaves us with what was heard before.
        self.heard_at = min(time.monotonic(), snapshot.received_at)
        if not snapshot.vehicle_connected:
            self.plugged_in_at = None
        elif self._was_connected is False:
            self.plugged_in_at = self.heard_at
        self._was_connected = snapshot.vehicle_connected
        if self.gate is not None:
            self.gate.note()
        if self.opener is not None:
            self.opener.async_look()

    async def async_command(self, command: Awaitable[object]) -> None:
        """Send a person's command; raise a translated error where it was not taken."""
        try:
            with command_errors(self.hass, self.config_entry, self.identity.name):
                await command
        finally:
            # Also a command that failed may have moved a lock.
            if self.gate is not None:
                self.gate.note()
        self.async_update_listeners()

    async def async_set_control(self, *, allowed: bool) -> None:
        """Take control of a charger that asks for it, or give it back, because a person wants it."""
        await self.async_command(self.hand.async_set_control(allowed=allowed))

    @property
    def holder(self) -> ChargerCoordinator:
        """Return who holds the set-point that a wish here moves: there is one hand per set-point.

        A group that has one charger, and is what this charger is steered by, is no second one.
        """
        if self.data is not None and len(self.data.group_members) == 1:
            coordinators = self.config_entry.runtime_data.coordinators
            only = coordinators.get(self.data.group_members[0])
            if only is not None and not only.capabilities.is_group_member:
                return only
        return self

    async def async_wish_current(self, current_a: float) -> None:
        """Limit the charger because a person wants it: 0, or a current within its ranges; minus discharges."""
        await self.async_wish(replace(self.hand.wish, current_limit_a=current_a))

    async def async_wish_phases(self, phases: int) -> None:
        """Charge with `phases` phases because a person wants it."""
        await self.async_wish(replace(self.hand.wish, phases=phases))

    async def async_wish(self, wish: Wish) -> None:
        """Take over all that a person wants, and keep it once it was taken."""
        if wish.current_limit_a is not None:
            self._check_current(wish.current_limit_a)
        await self.async_command(self.hand.async_wish(wish))
        await self.hass.data[DATA_WISHES].async_set(self.identity.key, wish)

    def _check_current(self, current_a: float) -> None:
        charge, discharge = self.capabilities.charge, self.capabilities.discharge
        if charge is None or current_a == 0:
            return
        discharges = current_a < 0 and discharge is not None
        sign = -1 if discharges else 1
        settable = discharge if discharges and discharge is not None else charge
        if not settable.minimum_a <= sign * current_a <= settable.maximum_a:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="current_out_of_range",
                translation_placeholders={
                    "device": self.identity.name,
                    "current": f"{current_a:g}",
                    "minimum": f"{sign * settable.minimum_a:g}",
                    "maximum": f"{sign * settable.maximum_a:g}",
                },
            )
