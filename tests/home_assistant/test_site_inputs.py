"""What coordinators hold becomes what the balancer looks at."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.balancer.inputs import FallbackCause
from custom_components.busbar.chargers.capabilities import (
    Capabilities,
    CurrentRange,
    Fallback,
    FallbackCause as ChargerFallbackCause,
    Lease,
    WriteBudget,
)
from custom_components.busbar.chargers.errors import (
    ChargerError,
    ConnectionFailed,
    RateLimited,
)
from custom_components.busbar.flows.member import _limit_errors
from custom_components.busbar.hand import WriteAttempt
from custom_components.busbar.setpoint import Setpoint
from custom_components.busbar.site_inputs import _capabilities, observe

AC = CurrentRange(minimum_a=6, maximum_a=16, step_a=1)


@pytest.mark.parametrize(
    ("capabilities", "full_a"),
    [
        (Capabilities(charge=AC, full_current_a=20), 20),
        (Capabilities(charge=AC), 16),
        (Capabilities(), 32),
    ],
)
def test_what_a_charger_can_draw_at_most(
    capabilities: Capabilities, full_a: float
) -> None:
    """By its own word, else by what it can be set to, else by its connector."""
    assert _capabilities(capabilities, "entry").full_current_a == full_a


def test_capabilities_are_handed_on() -> None:
    """Budgets of an account are named after it, causes keep their names."""
    capabilities = _capabilities(
        Capabilities(
            charge=AC,
            lease=Lease(minimum_s=60, maximum_s=600),
            write_budget=WriteBudget(per_minute=3, per_account=True),
            falls_to=(
                Fallback(cause=ChargerFallbackCause.RESTART, current_a=None, after_s=2),
            ),
        ),
        "entry",
    )
    assert capabilities.write_budget.account == "entry"
    assert capabilities.write_budget.per_minute == 3
    assert capabilities.lease is not None
    assert capabilities.lease.maximum_s == 600
    fallback = capabilities.fallback(FallbackCause.RESTART)
    assert fallback is not None
    assert fallback.current_a is None


@pytest.mark.parametrize(
    ("error", "retry_at"),
    [
        (RateLimited(30), 40.0),
        (RateLimited(), 10.0),
        (ConnectionFailed("away"), None),
    ],
)
async def test_a_charger_that_wants_to_be_left_alone_for_a_while(
    site_entry: MockConfigEntry, error: ChargerError, retry_at: float | None
) -> None:
    """It is not asked before the time it named; another failure names none."""
    coordinator = site_entry.runtime_data.coordinator.coordinator_of("warp_AbCd")
    coordinator.hand.failed = WriteAttempt(setpoint=Setpoint(), at=10.0, error=error)
    seen = observe(coordinator)
    assert seen.write_failed_at == 10.0
    assert seen.retry_at == retry_at


@pytest.mark.parametrize(
    ("minimum", "maximum", "errors"),
    [
        (8, 16, {}),
        (6, 16, {"minimum": "below_charger_minimum"}),
        (8, 20, {"maximum": "above_charger_maximum"}),
        (12, 10, {"maximum": "maximum_below_minimum"}),
    ],
)
def test_limits_of_a_member_fit_its_charger(
    minimum: float, maximum: float, errors: dict[str, str]
) -> None:
    """Also for a charger whose least current is above the usual one."""
    settable = CurrentRange(minimum_a=8, maximum_a=16, step_a=1)
    entered = {"minimum": minimum, "maximum": maximum}
    assert _limit_errors(settable, entered) == errors
