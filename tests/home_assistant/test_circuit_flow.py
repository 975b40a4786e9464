"""Adding circuits to a site, changing and losing them."""

from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .test_site_flow import LIMITS, METER, answer

CIRCUIT = {
    "name": "Carports",
    "parent": "supply",
    "rating": 20,
    "reserve": 0,
    "meter_kind": "none",
    "details": {"margin": 1},
}


async def add_circuit(
    hass: HomeAssistant, entry: MockConfigEntry, **changes: Any
) -> tuple[SubentryFlowResult, str]:
    """Add a circuit and return the flow's end and its id."""
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "circuit"), context={"source": "user"}
    )
    assert form["step_id"] == "user"
    known = set(entry.subentries)
    result = await answer(hass, form, {**CIRCUIT, **changes})
    await hass.async_block_till_done()
    (added,) = set(entry.subentries) - known or {""}
    return result, added


async def move(
    hass: HomeAssistant, entry: MockConfigEntry, member: str, circuit: str
) -> None:
    """Put a charger on a circuit."""
    form = await entry.start_subentry_reconfigure_flow(hass, member)
    await answer(hass, form, {**LIMITS, "maximum": 32, "circuit": circuit})
    await hass.async_block_till_done()


async def test_add_a_circuit(hass: HomeAssistant, site_entry: MockConfigEntry) -> None:
    """Its members keep to it, and it shows what it carries, without a reload."""
    runtime = site_entry.runtime_data
    result, circuit = await add_circuit(
        hass, site_entry, details={"margin": 1, "l2": 16}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await move(hass, site_entry, "member_AbCd", circuit)
    await move(hass, site_entry, "member_EfGh", circuit)
    assert site_entry.runtime_data is runtime
    decision = runtime.coordinator.data
    assert max(decision.circuits[circuit].allocated_a) <= 16
    assert decision.members["warp_AbCd"].reason.circuit == circuit
    numbers = runtime.coordinator.explain(decision.members["warp_AbCd"])
    assert numbers["circuit"] == "Carports"
    state = hass.states.get("sensor.carports_allocated_l2")
    assert state is not None
    assert float(state.state) <= 16


async def test_a_circuit_with_a_meter(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Its meter has a form of its own, also when it is changed later."""
    form, _ = await add_circuit(hass, site_entry, meter_kind="currents")
    assert form["step_id"] == "circuit_meter"
    result = await answer(hass, form, {**METER, "inverted": False})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    (circuit,) = (
        item
        for item in site_entry.subentries.values()
        if item.subentry_type == "circuit"
    )
    assert circuit.data["meter"]["kind"] == "currents"
    begun = await site_entry.start_subentry_reconfigure_flow(hass, circuit.subentry_id)
    form = await answer(hass, begun, {**CIRCUIT, "meter_kind": "currents"})
    assert form["step_id"] == "circuit_meter"
    result = await answer(hass, form, {**METER, "inverted": True})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert site_entry.subentries[circuit.subentry_id].data["meter"]["inverted"] is True


async def test_a_circuit_cannot_hang_below_itself(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Not even by way of another one; the same form goes on."""
    _, upper = await add_circuit(hass, site_entry)
    _, lower = await add_circuit(hass, site_entry, name="Bikes", parent=upper)
    begun = await site_entry.start_subentry_reconfigure_flow(hass, upper)
    form = await answer(hass, begun, {**CIRCUIT, "parent": lower})
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"parent": "circuit_below_itself"}
    result = await answer(hass, form, {**CIRCUIT, "name": "Front", "rating": 18})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert site_entry.subentries[upper].title == "Front"


async def test_a_deleted_circuit_frees_nobody(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Nor does one above it: their members hold, and a repair issue says why."""
    _, upper = await add_circuit(hass, site_entry, rating=12)
    _, lower = await add_circuit(hass, site_entry, name="Bikes", parent=upper)
    await move(hass, site_entry, "member_AbCd", lower)
    coordinator = site_entry.runtime_data.coordinator
    before_a = coordinator.data.members["warp_AbCd"].allocated_a
    hass.config_entries.async_remove_subentry(site_entry, upper)
    await hass.async_block_till_done()
    member = coordinator.data.members["warp_AbCd"]
    assert member.allocated_a <= before_a
    assert member.reason.key == "circuit_missing"
    assert hass.states.get("sensor.bikes_allocated_l1").state == "unavailable"  # type: ignore[union-attr]  # it was added above
