"""Switch phases through an external contactor: any switch of Home Assistant, on = three phases.

The balancer decides when: its chargers are at 0 A and have confirmed it before the contactor moves.
"""

from collections.abc import Mapping
import time

from homeassistant.components.switch import DOMAIN as SWITCH_DOMAIN
from homeassistant.const import (
    ATTR_ENTITY_ID,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
    STATE_OFF,
    STATE_ON,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..balancer.inputs import ContactorState

_PHASES: Mapping[str, int] = {STATE_OFF: 1, STATE_ON: 3}


def contactor_state(hass: HomeAssistant, name: str) -> ContactorState:
    """Return what is known of a contactor; `name` is its registry id, or its entity id where it has none."""
    entity_id = er.async_resolve_entity_id(er.async_get(hass), name)
    state = None if entity_id is None else hass.states.get(entity_id)
    if state is None:
        return ContactorState(phases=None)
    age_s = (dt_util.utcnow() - state.last_changed).total_seconds()
    return ContactorState(
        phases=_PHASES.get(state.state), changed_at=time.monotonic() - age_s
    )


async def async_switch_contactor(hass: HomeAssistant, name: str, phases: int) -> None:
    """Switch a contactor to one phase or three; whether it did shows in its state."""
    entity_id = er.async_resolve_entity_id(er.async_get(hass), name)
    if entity_id is not None:
        action = SERVICE_TURN_ON if phases > 1 else SERVICE_TURN_OFF
        await hass.services.async_call(
            SWITCH_DOMAIN, action, {ATTR_ENTITY_ID: entity_id}, blocking=False
        )
