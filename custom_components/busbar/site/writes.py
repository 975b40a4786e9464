"""Hand what a site decided to the hands of its members, which do the writing."""

import contextlib
from typing import TYPE_CHECKING

from homeassistant.core import callback

from ..balancer.decision import MemberDecision, SetPoint
from ..chargers.errors import ChargerError
from ..coordinator import ChargerCoordinator
from ..steering.hand import SetpointHand
from ..steering.setpoint import SiteAllocation

if TYPE_CHECKING:
    from .entry import SiteConfigEntry


def hand_over(coordinator: ChargerCoordinator, member: MemberDecision) -> None:
    """Give a member's hand what was decided for it; what is left alone is held by nobody."""
    hand, setpoint = coordinator.hand, member.set_point
    was_steered = hand.is_steered
    if setpoint is None:
        hand.withdraw_allocation()
    else:
        _allocate(hand, setpoint, write=member.write_now)
    if hand.is_steered != was_steered:
        # What limits the charger, and what its slider means, has another name now.
        coordinator.async_update_listeners()


def _allocate(hand: SetpointHand, setpoint: SetPoint, *, write: bool) -> None:
    hand.allocate(
        SiteAllocation(
            current_a=setpoint.current_a,
            phases=setpoint.phases,
            ends_at=setpoint.ends_at,
            falls_to_a=setpoint.falls_to_a,
            lease_s=setpoint.lease_s,
        ),
        write=write,
    )


@callback
def async_leave_behind(entry: SiteConfigEntry, coordinator: ChargerCoordinator) -> None:
    """Let go of a charger that is no member any more, while its site goes on."""
    if coordinator.opener is not None:
        # It is opened once no site steers it; lowering would only close it for a moment.
        coordinator.hand.withdraw_allocation()
    else:
        entry.async_create_task(coordinator.hass, async_let_go(coordinator))


async def async_let_go(coordinator: ChargerCoordinator) -> None:
    """Lower a member to what it may take without us, as far as it can be reached; never raises."""
    hand = coordinator.hand
    if hand.allocation is not None:
        # Out of reach: what it may draw was reserved anyway, and there is nobody left to retry.
        with contextlib.suppress(ChargerError):
            await hand.async_lower(hand.allocation.falls_to_a)
        hand.withdraw_allocation()
