"""The actions on one charger: limit its power, and let it do at once what it offers."""

from typing import Any, Final, cast

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..chargers.model import HasSettings
from ..chargers.power import Grid, PowerContext, PowerLimit, limit_for_power
from ..const import DOMAIN
from ..coordinator import ChargerCoordinator
from ..site.config import PHASE_KEYS
from ..site.members import find_coordinator, site_of
from ..steering.setpoint import Wish
from .arguments import charger_of, invalid, not_negative

ACTION_SET_POWER_LIMIT: Final = "set_power_limit"

ATTR_POWER: Final = "power"

# Under this key a device tells its grid; those without neutral begin like this.
_GRID_TYPE: Final = "grid_type"
_WITHOUT_NEUTRAL: Final = "it_"

# Watts are checked by hand: what a schema refuses reaches nobody in their language.
_SET_POWER_LIMIT_SCHEMA: Final = vol.Schema(
    {vol.Required(ATTR_DEVICE_ID): cv.string, vol.Required(ATTR_POWER): object}
)
_DEVICE_SCHEMA: Final = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string})

COMMAND_ACTIONS: Final = ("charge_now", "restore_schedule")
"""Commands of chargers that are actions as well, under the same key."""


@callback
def async_setup_charger_actions(hass: HomeAssistant) -> None:
    """Register the actions; they look for their charger when they are called."""
    hass.services.async_register(
        DOMAIN,
        ACTION_SET_POWER_LIMIT,
        _async_set_power_limit,
        schema=_SET_POWER_LIMIT_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    for key in COMMAND_ACTIONS:
        hass.services.async_register(DOMAIN, key, _async_run_command, _DEVICE_SCHEMA)


async def _async_run_command(call: ServiceCall) -> None:
    """Run the command of a charger that the action is called after."""
    coordinator = charger_of(call)
    offered = {feature.key for feature in coordinator.capabilities.features}
    if call.service not in offered:
        raise invalid("no_such_command", device=coordinator.identity.name)
    charger = cast("HasSettings", coordinator.charger)
    await coordinator.async_command(charger.run_command(call.service))


async def _async_set_power_limit(call: ServiceCall) -> ServiceResponse:
    """Limit a charger or a group to so many watts; on a member of a site it is a wish that caps."""
    coordinator = charger_of(call)
    power_w = not_negative(ATTR_POWER, call.data[ATTR_POWER], "not_watts")
    # A circuit does not know how its only charger is locked or wired; the one that is steered does.
    holder = coordinator.holder
    context = _power_context(holder)
    limit = limit_for_power(power_w, context)
    # Where it cannot be switched, a count would only be refused; at 0 A the present one stays.
    phases = limit.phases or holder.hand.wish.phases if context.can_switch else None
    await holder.async_wish(Wish(current_limit_a=max(limit.currents_a), phases=phases))
    return _power_answer(coordinator, limit)


def _power_context(coordinator: ChargerCoordinator) -> PowerContext:
    """Return what the amperes for a power depend on."""
    capabilities = coordinator.capabilities
    if capabilities.charge is None:
        raise invalid("no_settable_current", device=coordinator.identity.name)
    return PowerContext(
        charge=capabilities.charge,
        # A vehicle that uses fewer may be followed by one that uses all.
        phases=max(capabilities.phases),
        can_switch=capabilities.can_switch_phases,
        grid=_grid(coordinator),
    )


def _grid(coordinator: ChargerCoordinator) -> Grid:
    """Return how the supply gives its voltage; a group has the grid of its chargers."""
    members = (
        find_coordinator(coordinator.hass, key)
        for key in coordinator.data.group_members
    )
    for one in (coordinator, *members):
        grid = None if one is None else one.data.values.get(_GRID_TYPE)
        if grid is not None and str(grid).startswith(_WITHOUT_NEUTRAL):
            return Grid.IT
    return Grid.TN


def _power_answer(coordinator: ChargerCoordinator, limit: PowerLimit) -> dict[str, Any]:
    """Return the amperes per phase, and why."""
    holder = coordinator.holder
    site = site_of(coordinator.hass, holder.identity.key)
    return {
        "name": coordinator.identity.name,
        "current": dict(zip(PHASE_KEYS, limit.currents_a, strict=True)),
        "phases": limit.phases,
        "power": limit.power_w,
        "reason": limit.reason.value,
        # The site keeps it as a cap, and gives what the others leave.
        "site": None if site is None else site.title,
    }
