"""The place of a Quasar in a site: less than what an AC charger needs is enough for it."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.flows.member import member_data
from simulators.quasar import BatteryCar

from .acting import coordinator_of
from .common import site_entry_of
from .quasar_house import KEY, QuasarHouse

PLACE = {
    "circuit": "supply",
    "phase_map": "l1_l2_l3",
    "priority": 5,
    "minimum": 3,
    "maximum": 16,
    "vehicle_minimum": "ordinary",
}


@pytest.fixture
async def site(hass: HomeAssistant) -> MockConfigEntry:
    """Return a site without members yet."""
    entry = site_entry_of([])
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def begin(hass: HomeAssistant, site: MockConfigEntry) -> str:
    """Begin to add a charger, and return the flow."""
    form = await hass.config_entries.subentries.async_init(
        (site.entry_id, "charger"), context={"source": SOURCE_USER}
    )
    flow_id: str = form["flow_id"]
    return flow_id


async def answer(hass: HomeAssistant, flow_id: str, **place: Any) -> Any:
    """Answer the form of a member."""
    entered = {**PLACE, **place}
    return await hass.config_entries.subentries.async_configure(flow_id, entered)


async def test_joining_hands_off(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_entry: MockConfigEntry
) -> None:
    """What it can be set to once it is ours counts, though nothing can be set yet; and nothing is written."""
    data = member_data(coordinator_of(quasar_entry, KEY))["data"]
    assert (data["minimum"], data["maximum"]) == (3, 32)
    assert quasar_house.sim.writes == []


async def test_its_place_can_be_chosen_and_changed(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """From 3 A on; what even it cannot do is refused by the form."""
    quasar_house.sim.plug(BatteryCar())
    flow_id = await begin(hass, site)
    with pytest.raises(InvalidData):
        await answer(hass, flow_id, charger=KEY, minimum=2)
    result = await answer(hass, flow_id, charger=KEY)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    (subentry_id,) = site.subentries
    form = await site.start_subentry_reconfigure_flow(hass, subentry_id)
    assert form["step_id"] == "reconfigure"
    result = await answer(hass, form["flow_id"], minimum=4)
    assert result["reason"] == "reconfigure_successful"
    assert site.subentries[subentry_id].data["minimum"] == 4
    await hass.async_block_till_done()
