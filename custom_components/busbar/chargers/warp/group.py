"""Be what a WARP charge manager limits: several chargers by one budget per phase."""

from collections.abc import Awaitable, Callable
import math
import re
from typing import Any, Final, override

from ..errors import AuthenticationFailed, Rejected, Unsupported
from ..model import (
    Capabilities,
    CurrentRange,
    Fallback,
    FallbackCause,
    Identity,
    Limit,
    Role,
    Snapshot,
    WriteBudget,
)
from . import paths
from .bindings import GROUP_BINDINGS
from .charger import CURRENT_STEP_A, MINIMUM_GAP_S, POLL_S
from .device import MAKE, WarpDevice, identity_of, out_of_range, refuse_lease
from .features import offered
from .link import NOT_APPLIED, Link
from .parse import MILLI, amperes, as_int, as_list, as_object, as_text, uid_from_number
from .redaction import redacted_states
from .states import States

SUFFIX: Final = "-manager"
WATCHDOG_S: Final = 31.0
"""30 s without a write, looked at once a second."""
LATENCY_S: Final = 10.0
"""The manager distributes anew every 10 s at the latest."""
BUDGET: Final = "available_current"
BUDGET_MAXIMUM: Final = "maximum_available_current"
POWER_MANAGER: Final = "power_manager"
_ITSELF: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_DEFAULT_HOST: Final = re.compile(r"[a-z]+\d?-([1-9A-Za-z]{3,7})(\.local)?")
"""Host name of a charger that nobody renamed: type and uid."""


def is_manager(states: States) -> bool:
    """Return whether a charge manager is switched on at this device."""
    config = states.object(paths.MANAGER_CONFIG)
    return (
        config.get("enable_charge_manager") is True
        and paths.AVAILABLE_CURRENT in states
    )


def members_of(config: object, own_uid: str | None) -> tuple[str, ...]:
    """Return the keys of the chargers below a manager, as far as its configuration names them."""
    uids = [
        _uid_of(as_object(entry), own_uid)
        for entry in as_list(as_object(config).get("chargers"))
    ]
    return tuple(f"{MAKE}_{uid}" for uid in dict.fromkeys(uids) if uid is not None)


def _uid_of(charger: Any, own_uid: str | None) -> str | None:
    """Return the uid of one charger; older firmware lists a host only."""
    host = as_text(charger.get("host")) or ""
    if host in _ITSELF:
        return own_uid
    text, number = as_text(charger.get("uid")), as_int(charger.get("uid"))
    decoded = None if number is None else uid_from_number(number)
    by_host = _DEFAULT_HOST.fullmatch(host)
    return text or decoded or (by_host[1] if by_host else None)


class WarpGroup(WarpDevice):
    """The charge manager of a charger or Energy Manager: `SetsCurrent`, `HasSettings`."""

    bindings = GROUP_BINDINGS

    def __init__(self, link: Link, poll: Callable[[], Awaitable[None]]) -> None:
        """Begin without a command of our own."""
        self._commanded: tuple[float, float] | None = None
        super().__init__(link, poll)

    @override
    def describe_identity(self) -> Identity:
        return identity_of(self.link, suffix=SUFFIX, name_suffix=" charge manager")

    @override
    def polled_paths(self) -> tuple[str, ...]:
        return (paths.AVAILABLE_CURRENT, paths.MANAGER_CONFIG)

    @property
    def _is_steered_by_power_manager(self) -> bool:
        """Whether surplus or load control sets the budget, and refuses everybody else's."""
        states = self.link.states
        return any(
            states.object(path).get("enabled") is True
            for path in (paths.POWER_MANAGER_CONFIG, paths.DYNAMIC_LOAD_CONFIG)
        )

    def _maximum_a(self) -> float:
        """Return the permitted current of the group's supply."""
        config = self.link.states.object(paths.MANAGER_CONFIG)
        return amperes(config.get("maximum_available_current")) or 0.0

    @override
    def describe_capabilities(self) -> Capabilities:
        maximum_a = self._maximum_a()
        budget = CurrentRange(minimum_a=0.0, maximum_a=maximum_a, step_a=CURRENT_STEP_A)
        return Capabilities(
            role=Role.GROUP,
            charge=None if self._is_steered_by_power_manager else budget,
            full_current_a=maximum_a,
            pushes_updates=True,
            write_budget=WriteBudget(minimum_gap_s=MINIMUM_GAP_S),
            typical_latency_s=LATENCY_S,
            poll_interval_s=POLL_S,
            falls_to=self._falls_to(),
            limit_keys=(BUDGET, BUDGET_MAXIMUM),
            features=offered(self.bindings, self.link.states),
        )

    def _falls_to(self) -> tuple[Fallback, ...]:
        """Return what the manager does without us: its default budget."""
        config = self.link.states.object(paths.MANAGER_CONFIG)
        default_a = amperes(config.get("default_available_current"))
        restart = Fallback(cause=FallbackCause.RESTART, current_a=default_a)
        if config.get("enable_watchdog") is not True:
            return (restart,)
        silence = Fallback(
            cause=FallbackCause.SILENCE, current_a=default_a, after_s=WATCHDOG_S
        )
        return (restart, silence)

    @override
    def describe(self) -> Snapshot:
        states = self.link.states
        budget_a = amperes(states.object(paths.AVAILABLE_CURRENT).get("current"))
        commanded_a, commanded_at = self._commanded or (None, None)
        heard_at = states.heard_at
        limits = [Limit(key=BUDGET_MAXIMUM, current_a=self._maximum_a())]
        if budget_a is not None:
            limits.insert(0, Limit(key=BUDGET, current_a=budget_a, is_ours=True))
        return Snapshot(
            received_at=self.link.clock() if heard_at is None else heard_at,
            commanded_a=commanded_a,
            commanded_at=commanded_at,
            confirmed_a=budget_a,
            confirmed_at=None
            if budget_a is None
            else states.arrived_at(paths.AVAILABLE_CURRENT),
            offered_a=budget_a,
            limits=tuple(limits),
            foreign_control=POWER_MANAGER
            if self._is_steered_by_power_manager
            else None,
            group_members=members_of(states.get(paths.MANAGER_CONFIG), self.link.uid),
            values=self.values(),
        )

    async def set_current(
        self, current_a: float, *, lease_s: float | None = None
    ) -> None:
        """Limit the sum of all chargers of the group, per phase."""
        refuse_lease(lease_s)
        if self._is_steered_by_power_manager:
            msg = "the power manager of this device sets the budget of its chargers"
            raise Unsupported(msg)
        maximum_a = self._maximum_a()
        if not (math.isfinite(current_a) and 0 <= current_a <= maximum_a):
            raise out_of_range(current_a, 0.0, maximum_a)
        await self.link.make_sure()
        budget_ma = round(current_a * MILLI)
        before, self._commanded = self._commanded, (current_a, self.link.clock())
        try:
            await self.link.write(
                paths.AVAILABLE_CURRENT,
                {"current": budget_ma},
                holds=lambda payload: as_object(payload).get("current") == budget_ma,
            )
        except (Rejected, AuthenticationFailed, Unsupported) as error:
            if not (isinstance(error, Rejected) and error.reason == NOT_APPLIED):
                self._commanded = before
            raise
        finally:
            self.updated()

    def diagnostics(self) -> dict[str, Any]:
        """Return all raw states, fit to be handed to somebody else."""
        return redacted_states(self.link.states)
