"""Know in which mode each member of a site takes part: what a person chose, and what is in force instead.

Hands-off comes before everything: what a person does not want written to, no window and no pause writes to.
Then comes a pause, then a mode that waits for the vehicle to leave, then the first window that fits, then what
was chosen.

A charger that has to be allowed (`TakesControl`) is hands-off exactly while it is not: its own switch and the
mode are two views of one thing.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from homeassistant.core import CALLBACK_TYPE
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from ..balancer.modes import Intent, Mode, default_mode
from ..balancer.pauses import pause_in_force
from ..balancer.windows import window_in_force
from ..const import DOMAIN
from ..coordinator import ChargerCoordinator
from .inputs import modes_of
from .store import ChosenMode, SiteStore

if TYPE_CHECKING:
    from .coordinator import SiteCoordinator

# They last until something happens; then it is again as it was before.
_PASSING: Final = frozenset({Mode.OFF_UNTIL_DISCONNECTED, Mode.HANDS_OFF})


class ModeSource(StrEnum):
    """Who put a mode in force."""

    CHOSEN = "chosen"
    PAUSE = "pause"
    WINDOW = "window"


@dataclass(frozen=True, kw_only=True, slots=True)
class ModeInForce:
    """What a member is to do now, and by whom."""

    intent: Intent
    source: ModeSource = ModeSource.CHOSEN
    window: str | None = None
    """Key of the window."""


class SiteModes:
    """The modes of one site's members; `on_change` is called when a person chose something else."""

    def __init__(
        self, site: SiteCoordinator, store: SiteStore, on_change: CALLBACK_TYPE
    ) -> None:
        """Begin with what was stored."""
        self._site = site
        self._store = store
        self._on_change = on_change

    def chosen(self, key: str) -> Mode:
        """Return the mode that a person chose for a member, or the usual one where nobody did."""
        stored = self._stored(key).mode
        if stored is not None:
            return stored
        coordinator = self._site.coordinator_of(key)
        return default_mode(
            is_watched_first=coordinator is not None
            and coordinator.data.control_allowed is False
        )

    def fixed_a(self, key: str) -> float:
        """Return the current of the fixed mode; until a person set one, the least that charges."""
        stored = self._stored(key).fixed_a
        if stored is not None:
            return stored
        coordinator = self._site.coordinator_of(key)
        charge = coordinator and coordinator.capabilities.ranges.charge
        return float(charge.minimum_a) if charge else 0.0

    def offered(self, key: str) -> tuple[Mode, ...]:
        """Return the modes in which a member can run; none while it is not known what it can do."""
        coordinator = self._site.coordinator_of(key)
        return () if coordinator is None else modes_of(coordinator, self._site.config)

    def in_force(self, key: str) -> ModeInForce:
        """Return what a member is to do now."""
        mode, now = self.chosen(key), dt_util.now()
        chosen = ModeInForce(intent=self._intent(key, mode))
        if mode is Mode.HANDS_OFF:
            return chosen
        pause = pause_in_force(self._site.plan.pauses(now), key, now)
        if pause is not None:
            return ModeInForce(intent=pause, source=ModeSource.PAUSE)
        if mode is Mode.OFF_UNTIL_DISCONNECTED:
            return chosen
        return self._by_window(key, now) or chosen

    def _by_window(self, key: str, now: datetime) -> ModeInForce | None:
        coordinator = self._site.coordinator_of(key)
        if coordinator is None:
            return None
        window = window_in_force(
            self._site.plan.windows,
            key,
            coordinator.data.state_of_charge,
            now,
            modes=self.offered(key),
        )
        if window is None:
            return None
        return ModeInForce(
            intent=window.intent, source=ModeSource.WINDOW, window=window.key
        )

    def _intent(self, key: str, mode: Mode) -> Intent:
        is_fixed = mode is Mode.FIXED
        return Intent(mode=mode, current_a=self.fixed_a(key) if is_fixed else None)

    async def async_choose(self, key: str, mode: Mode) -> None:
        """Choose a mode, and take or give back control with it; where that fails, nothing changes."""
        coordinator = self._site.coordinator_of(key)
        assert coordinator is not None, "only a member that is loaded offers modes"
        if mode is Mode.OFF_UNTIL_DISCONNECTED and _is_empty(coordinator):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_vehicle_to_wait_for",
                translation_placeholders={"device": coordinator.identity.name},
            )
        former = self._stored(key)
        wanted = _with_mode(replace(former, mode=self.chosen(key)), mode)
        # Kept first: from the moment on in which control is ours, this is what steers, not what was before.
        self._keep(key, wanted)
        allowed = mode is not Mode.HANDS_OFF
        if coordinator.data.control_allowed is (not allowed):
            try:
                await coordinator.async_set_control(allowed=allowed)
            except HomeAssistantError:
                self._keep(key, former)
                raise
            # What was noted on the way was half of it.
            self._keep(key, wanted)
        await self._store.async_save()
        self._on_change()

    async def async_set_fixed(self, key: str, current_a: float) -> None:
        """Set the current of the fixed mode, plus charges, minus discharges."""
        self._keep(key, replace(self._stored(key), fixed_a=current_a))
        await self._store.async_save()
        self._on_change()

    def note(self, key: str) -> bool:
        """Follow what happened at a member; return whether another mode holds by that."""
        coordinator = self._site.coordinator_of(key)
        if coordinator is None:
            return False
        stored = self._stored(key)
        following = _following(stored, coordinator)
        if following is stored.mode:
            return False
        self._keep(key, _with_mode(stored, following))
        return True

    def forget_others(self, members: Collection[str]) -> None:
        """Forget what was chosen for whoever is not among `members`."""
        modes = self._store.state.modes
        self._store.state.modes = {key: modes[key] for key in modes if key in members}

    def _stored(self, key: str) -> ChosenMode:
        return self._store.state.modes.get(key, ChosenMode())

    def _keep(self, key: str, chosen: ChosenMode) -> None:
        self._store.state.modes = {**self._store.state.modes, key: chosen}


def _with_mode(chosen: ChosenMode, mode: Mode | None) -> ChosenMode:
    """Return a choice with another mode; beside one that passes, what comes back after it."""
    if mode not in _PASSING:
        return replace(chosen, mode=mode, before=None)
    before = chosen.before if chosen.mode in _PASSING else chosen.mode
    return replace(chosen, mode=mode, before=before)


def _following(chosen: ChosenMode, coordinator: ChargerCoordinator) -> Mode | None:
    """Return the mode after what a charger tells: who may control it, and whether a vehicle is there."""
    allowed = coordinator.data.control_allowed
    if allowed is False:
        return Mode.HANDS_OFF
    is_allowed_again = allowed and chosen.mode is Mode.HANDS_OFF
    has_left = chosen.mode is Mode.OFF_UNTIL_DISCONNECTED and _is_empty(coordinator)
    if is_allowed_again or has_left:
        # Without anything before, nobody ever wanted this charger to charge.
        return chosen.before or Mode.OFF
    return chosen.mode


def _is_empty(coordinator: ChargerCoordinator) -> bool:
    """Return whether it is known that no vehicle is there."""
    return (
        coordinator.last_update_success and coordinator.data.vehicle_connected is False
    )
