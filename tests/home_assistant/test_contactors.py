"""Phases through an external contactor: any switch of Home Assistant."""

from dataclasses import replace

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)

from custom_components.busbar.balancer import controller
from custom_components.busbar.site.contactors import (
    async_switch_contactor,
    contactor_state,
)

from .test_site_flow import LIMITS, answer


@pytest.mark.parametrize(
    ("state", "phases"), [("on", 3), ("off", 1), ("unavailable", None)]
)
async def test_what_a_contactor_says(
    hass: HomeAssistant, state: str, phases: int | None
) -> None:
    """On is three phases, off is one, anything else is not known."""
    hass.states.async_set("switch.contactor", state)
    known = contactor_state(hass, "switch.contactor")
    assert known.phases == phases
    assert known.changed_at is not None


async def test_a_contactor_that_is_gone(hass: HomeAssistant) -> None:
    """Nothing is known of it, and nothing is switched."""
    calls = async_mock_service(hass, "switch", "turn_on")
    assert contactor_state(hass, "switch.gone").phases is None
    assert contactor_state(hass, "0123456789abcdef0123456789abcdef").phases is None
    await async_switch_contactor(hass, "0123456789abcdef0123456789abcdef", 3)
    await hass.async_block_till_done()
    assert not calls


@pytest.mark.parametrize(("phases", "action"), [(1, "turn_off"), (3, "turn_on")])
async def test_it_is_switched(hass: HomeAssistant, phases: int, action: str) -> None:
    """By Home Assistant's own action."""
    calls = async_mock_service(hass, "switch", action)
    await async_switch_contactor(hass, "switch.contactor", phases)
    await hass.async_block_till_done()
    assert [call.data for call in calls] == [{"entity_id": "switch.contactor"}]


async def test_a_member_behind_a_contactor(
    hass: HomeAssistant, site_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is chosen in the flow, kept over a rename, shown to the balancer, and switched for it."""
    registry = er.async_get(hass)
    contactor = registry.async_get_or_create(
        "switch", "test", "1", suggested_object_id="contactor"
    )
    hass.states.async_set("switch.contactor", "on")
    form = await site_entry.start_subentry_reconfigure_flow(hass, "member_AbCd")
    await answer(hass, form, {**LIMITS, "contactor": "switch.contactor"})
    await hass.async_block_till_done()
    assert site_entry.subentries["member_AbCd"].data["contactor"] == contactor.id
    form = await site_entry.start_subentry_reconfigure_flow(hass, "member_AbCd")
    schema = form["data_schema"]
    assert schema is not None
    suggested = {
        str(marker): (marker.description or {}).get("suggested_value")
        for marker in schema.schema
    }
    assert suggested["contactor"] == "switch.contactor"

    seen = []

    def decide(site, inputs, memory, now):  # type: ignore[no-untyped-def]  # as controller.step
        seen.append(inputs.contactors)
        decision, memory = step(site, inputs, memory, now)
        return replace(decision, contactors={contactor.id: 1}), memory

    step = controller.step
    calls = async_mock_service(hass, "switch", "turn_off")
    with monkeypatch.context() as deciding:
        deciding.setattr(controller, "step", decide)
        await site_entry.runtime_data.coordinator.async_refresh()
        await hass.async_block_till_done()
    assert seen[0][contactor.id].phases == 3
    assert calls[0].data == {"entity_id": "switch.contactor"}
