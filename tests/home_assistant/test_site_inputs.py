"""What coordinators hold becomes what the balancer looks at."""

import time

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
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
from custom_components.busbar.chargers.model import HasSettings, Limit
from custom_components.busbar.flows.member import _limit_errors
from custom_components.busbar.site.inputs import _capabilities, observe
from custom_components.busbar.steering.hand import WriteAttempt
from custom_components.busbar.steering.setpoint import Setpoint

from .acting import coordinator_of, report
from .common import site_entry_of
from .quasar_house import KEY as QUASAR, QuasarHouse

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


async def test_what_a_charger_says_of_its_vehicle(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """Its state of charge, the rules that the charger keeps itself, and what flows with its direction."""
    coordinator = coordinator_of(quasar_ours, QUASAR)
    charger = coordinator.charger
    assert isinstance(charger, HasSettings)
    await quasar_house.pass_time(30)
    seen = observe(coordinator)
    assert seen.state_of_charge == 50
    assert (seen.floor_percent, seen.ceiling_percent) == (20, None)
    await charger.set_value("state_of_charge_ceiling", 80)
    await coordinator.async_wish_current(-10)
    await quasar_house.pass_time(60)
    seen = observe(coordinator)
    assert seen.ceiling_percent == 80
    assert seen.power_w == -2300


async def test_what_others_leave(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """Neither our own limit nor one that is told only while it decides caps what a site gives."""
    limits = (
        Limit(key="other_limit", current_a=8, is_momentary=True),
        Limit(key="external_control", current_a=10, is_ours=True),
        Limit(key="configured_current", current_a=16),
    )
    await report(hass, warp_entry, limits=limits)
    assert observe(coordinator_of(warp_entry)).offered_by_others_a == 16
    await report(hass, warp_entry, limits=limits[:2])
    assert observe(coordinator_of(warp_entry)).offered_by_others_a is None


@pytest.fixture
async def battery_site(hass: HomeAssistant) -> MockConfigEntry:
    """Return a site with a home battery whose sensor counts what it gives."""
    entry = site_entry_of([])
    battery = {
        "kind": "powers",
        "inverted": True,
        "entities": {"l1": {"power": "sensor.battery"}},
    }
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "home_battery": battery}
    )
    await hass.config_entries.async_setup(entry.entry_id)
    return entry


async def test_a_home_battery(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, battery_site: MockConfigEntry
) -> None:
    """Plus is what it takes, and what was not told for long is not known."""

    def told_w() -> float | None:
        now = time.monotonic()
        power_w: float | None = battery_site.runtime_data.coordinator.inputs(
            now
        ).home_battery_w
        return power_w

    assert told_w() is None
    hass.states.async_set("sensor.battery", "1.5", {"unit_of_measurement": "kW"})
    await hass.async_block_till_done()
    assert told_w() == -1500
    frozen.tick(119)
    assert told_w() == -1500
    frozen.tick(2)
    assert told_w() is None
    hass.states.async_set("sensor.battery", "1.5", {"unit_of_measurement": "kW"})
    await hass.async_block_till_done()
    assert told_w() == -1500
    hass.states.async_set("sensor.battery", "unavailable")
    await hass.async_block_till_done()
    assert told_w() is None


async def test_a_home_battery_that_was_taken_away(
    hass: HomeAssistant, battery_site: MockConfigEntry
) -> None:
    """Nobody listens to its sensor any more."""
    hass.states.async_set("sensor.battery", "500", {"unit_of_measurement": "W"})
    data = {**battery_site.data, "home_battery": None}
    hass.config_entries.async_update_entry(battery_site, data=data)
    await hass.async_block_till_done()
    inputs = battery_site.runtime_data.coordinator.inputs(time.monotonic())
    assert inputs.home_battery_w is None


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
