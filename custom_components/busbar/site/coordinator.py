"""Share one supply: step the balancer on new readings, and hand what it decides to the chargers.

Here the pure balancer meets Home Assistant. What comes in is made in `inputs.py`; what goes out
goes to each charger's hand (`steering/hand.py`), which does the writing. The site never waits for a charger.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
import contextlib
from datetime import datetime, timedelta
import logging
import time
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from ..balancer import controller
from ..balancer.controller import Changes
from ..balancer.decision import Decision, MemberDecision
from ..balancer.inputs import Inputs, SiteConfig, Target
from ..balancer.memory import Memory
from ..balancer.model import PhaseAmps
from ..chargers.model import Charger
from ..const import DOMAIN
from ..coordinator import ChargerCoordinator
from ..issues import SiteIssues
from .config import (
    CONF_CHARGER,
    SUPPLY,
    charger_subentries,
    circuit_subentries,
    site_config,
)
from .contactors import async_switch_contactor, contactor_state
from .explain import decision_numbers
from .inputs import observe, wish
from .members import find_coordinator
from .modes import SiteModes
from .plan import SitePlan
from .sources import SiteSources
from .store import SiteStore
from .writes import async_leave_behind, async_let_go, hand_over

if TYPE_CHECKING:
    from .entry import SiteConfigEntry

_LOGGER = logging.getLogger(__name__)

# Without news the balancer still has timers that run out, and set-points to renew.
_TICK: Final = timedelta(seconds=5)
# A timer of the balancer that runs out is not served sooner than this after the last step.
_LEAST_GAP_S: Final = 0.1
# Several chargers and the phases of a meter report within moments of each other: one step serves them all.
_DEBOUNCE_S: Final = 0.3
_HISTORY: Final = 50
# Home Assistant grants 20 s for stopping, a container often 10.
_LEAVE_S: Final = 8.0


class SiteCoordinator(DataUpdateCoordinator[Decision]):
    """Hold what was decided last for one site, and decide again."""

    config_entry: SiteConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: SiteConfigEntry, store: SiteStore
    ) -> None:
        """Begin with what was remembered; nothing is written before the members were read back."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"site {entry.entry_id[-6:]}",
            update_interval=_TICK,
        )
        self.config: SiteConfig = site_config(entry)
        self._store = store
        self.plan = SitePlan(entry, store, self._async_step_and_tell)
        """Windows and pauses, as persons want them."""
        self.modes = SiteModes(self, store, self._async_step_and_tell)
        """What persons chose for each member, and what is in force."""
        self._memory = Memory.from_dict(store.state.memory, time.monotonic())
        self._issues = SiteIssues(hass, entry.entry_id, self._charger_of)
        self._sources = SiteSources(hass, self.async_request_step)
        self._timer: CALLBACK_TYPE | None = None
        self._stepped = asyncio.Event()
        self.history: deque[Decision] = deque(maxlen=_HISTORY)
        """The last decisions that differed from the one before, for diagnostics."""
        self._debouncer: Debouncer[None] = Debouncer(
            hass,
            _LOGGER,
            cooldown=_DEBOUNCE_S,
            immediate=True,
            function=self._async_step_and_tell,
        )

    @property
    def target_a(self) -> PhaseAmps | None:
        """Return the target that a person set, `None` while the default is in force."""
        return self._store.state.target_a

    @property
    def memory(self) -> Mapping[str, Any]:
        """Return what the balancer remembers, with ages instead of times."""
        return self._store.state.memory

    @property
    def is_balancing(self) -> bool:
        """Return whether decisions are written."""
        return self._store.state.is_balancing

    @callback
    def async_follow(self) -> None:
        """Follow the members that are loaded now, and the meters as they are configured."""
        self._sources.async_follow_meters(self.config_entry)
        self._sources.async_follow_members(member.key for member in self.config.members)

    @callback
    def async_members_changed(self) -> None:
        """Look the members up again: a charger came or went."""
        self._sources.async_follow_members(member.key for member in self.config.members)
        self._async_step_and_tell()

    def coordinator_of(self, key: str) -> ChargerCoordinator | None:
        """Return a member's coordinator, `None` while it is not loaded."""
        return find_coordinator(self.hass, key)

    @callback
    def async_request_step(self) -> None:
        """Decide soon: something was heard."""
        self._debouncer.async_schedule_call()

    @callback
    def async_reconfigure(self) -> None:
        """Apply what a person changed; charging goes on."""
        former = {member.key for member in self.config.members}
        self.config = site_config(self.config_entry)
        self.plan.async_reconfigure()
        self.modes.forget_others({member.key for member in self.config.members})
        for key in former - {member.key for member in self.config.members}:
            if (coordinator := self.coordinator_of(key)) is not None:
                async_leave_behind(self.config_entry, coordinator)
        self.async_follow()
        self._async_step_and_tell()

    async def async_set_target(
        self, target_a: PhaseAmps, duration: timedelta | None
    ) -> None:
        """Set what all members together may take per phase, for a time or until further notice."""
        state = self._store.state
        state.target_a = target_a
        state.target_ends_at = None if duration is None else dt_util.utcnow() + duration
        await self._store.async_save()
        self._async_step_and_tell()

    async def async_set_balancing(self, *, on: bool) -> None:
        """Write decisions, or only show them."""
        self._store.state.is_balancing = on
        await self._store.async_save()
        self._async_step_and_tell()

    async def async_settle(
        self, is_settled: Callable[[Decision], bool], timeout_s: float
    ) -> None:
        """Wait until `is_settled`, for `timeout_s` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not is_settled(self.data):
                    self._stepped.clear()
                    await self._stepped.wait()

    def _charger_of(self, key: str) -> Charger | None:
        coordinator = self.coordinator_of(key)
        return None if coordinator is None else coordinator.charger

    @property
    def names(self) -> Mapping[str, str]:
        """Return what people call the circuits and members of this site, by key."""
        return {
            SUPPLY: self.config_entry.title,
            **{
                subentry.subentry_id: subentry.title
                for subentry in circuit_subentries(self.config_entry)
            },
            **{
                subentry.data[CONF_CHARGER]: subentry.title
                for subentry in charger_subentries(self.config_entry)
            },
        }

    def name_of(self, subject: str | None) -> str:
        """Return the name of a member or circuit, of the site itself for `None`."""
        title = self.config_entry.title
        return title if subject is None else self.names.get(subject, title)

    def explain(self, decision: MemberDecision) -> Mapping[str, Any]:
        """Return the numbers behind a member's allocation, in words of this site."""
        return decision_numbers(decision, self.names, self.data.now)

    def inputs(self, now: float) -> Inputs:
        """Return everything that a step looks at."""
        self._end_target()
        self._follow_modes()
        state = self._store.state
        coordinators = {
            member.key: coordinator
            for member in self.config.members
            if (coordinator := self.coordinator_of(member.key)) is not None
        }
        return Inputs(
            members={key: observe(item) for key, item in coordinators.items()},
            meters=self._sources.readings,
            wishes={key: wish(item) for key, item in coordinators.items()},
            # Of one that is not loaded, only what is stored is known; that it is hands-off counts for its reserve.
            intents={
                member.key: self.modes.in_force(member.key).intent
                for member in self.config.members
            },
            home_battery_w=self._sources.home_battery_w(now),
            target=None
            if state.target_a is None
            else Target(
                currents_a=state.target_a,
                ends_at=_monotonic(state.target_ends_at, now),
            ),
            balancing=state.is_balancing,
            contactors={
                member.contactor: contactor_state(self.hass, member.contactor)
                for member in self.config.members
                if member.contactor is not None
            },
        )

    def preview(self, changes: Changes) -> Decision:
        """Return what would be decided if something were different. Writes nothing, remembers nothing."""
        now = time.monotonic()
        return controller.preview(
            self.config, self.inputs(now), self._memory, now, changes
        )

    @override
    async def _async_update_data(self) -> Decision:
        return self._step()

    @callback
    def _async_step_and_tell(self) -> None:
        try:
            decision = self._step()
        except UpdateFailed as err:
            self.async_set_update_error(err)
        else:
            self.async_set_updated_data(decision)

    def _step(self) -> Decision:
        now = time.monotonic()
        try:
            decision, self._memory = controller.step(
                self.config, self.inputs(now), self._memory, now
            )
        except Exception as err:
            # Whatever went wrong in there, it must not take more along than this site. It counts as a lost
            # meter: set-points that are not renewed end by themselves, at their fail-safe currents.
            if self.last_update_success:
                _LOGGER.exception("A step of the balancer failed")
            self._issues.async_report_failed_step(self.config_entry.title)
            raise UpdateFailed(
                translation_domain=DOMAIN, translation_key="step_failed"
            ) from err
        self._issues.async_report(decision, self.names, self.config_entry.title)
        self._apply(decision)
        self._store.state.memory = self._memory.as_dict(now)
        self._store.save_later()
        self._remember(decision)
        self._set_timer(decision)
        self._stepped.set()
        return decision

    def _set_timer(self, decision: Decision) -> None:
        """Step again when the first timer of the balancer runs out, or a window begins or ends."""
        self._stop_timer()
        delays_s = []
        if decision.next_at is not None:
            delays_s.append(decision.next_at - time.monotonic())
        now = dt_util.now()
        if (changes_at := self.plan.next_change(now)) is not None:
            delays_s.append((changes_at - now).total_seconds())
        if delays_s:
            delay_s = max(min(delays_s), _LEAST_GAP_S)
            self._timer = async_call_later(
                self.hass, delay_s, HassJob(self._async_timer, cancel_on_shutdown=True)
            )

    @callback
    def _async_timer(self, now: datetime) -> None:
        self._timer = None
        self._async_step_and_tell()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None

    def _remember(self, decision: Decision) -> None:
        if not self.history or self.history[-1].line() != decision.line():
            self.history.append(decision)
            _LOGGER.debug("%s decided: %s", self.name, self._anonymous(decision.line()))

    def _anonymous(self, line: str) -> str:
        """Return a distribution for the log: the keys of members hold serial numbers."""
        for number, member in enumerate(self.config.members, start=1):
            line = line.replace(member.key, f"member {number}")
        return line

    def _apply(self, decision: Decision) -> None:
        """Hand every member what was decided for it, and every contactor."""
        for name, phases in decision.contactors.items():
            self.config_entry.async_create_task(
                self.hass, async_switch_contactor(self.hass, name, phases)
            )
        for key, member in decision.members.items():
            if (coordinator := self.coordinator_of(key)) is not None:
                hand_over(coordinator, member)

    def _end_target(self) -> None:
        """Forget a target whose time ran out."""
        state = self._store.state
        if (
            state.target_ends_at is not None
            and state.target_ends_at <= dt_util.utcnow()
        ):
            state.target_a = state.target_ends_at = None
            self._store.save_later()

    def _follow_modes(self) -> None:
        """Keep at once what became of modes by what chargers told: a restart must not undo it."""
        changed = [
            member.key for member in self.config.members if self.modes.note(member.key)
        ]
        if changed:
            self.config_entry.async_create_task(self.hass, self._store.async_save())

    async def async_leave(self) -> None:
        """Go in good order: lower all members at once to what they may take without us."""
        self._debouncer.async_shutdown()
        self._stop_timer()
        steered = [
            coordinator
            for coordinator in self._sources.followed
            if coordinator.hand.is_steered
        ]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_S):
                await asyncio.gather(*(async_let_go(item) for item in steered))
        self._sources.async_stop()
        self._issues.async_clear()
        await self._store.async_save()


def _monotonic(wall: datetime | None, now: float) -> float | None:
    """Return a wall time on the monotonic clock."""
    return None if wall is None else now + (wall - dt_util.utcnow()).total_seconds()
