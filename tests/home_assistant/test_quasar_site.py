"""The place of a Quasar in a site: less than what an AC charger needs is enough for it, and leaving it ends a discharge."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.flows.member import member_data
from simulators.quasar import BatteryCar

from .acting import act, coordinator_of
from .common import site_entry_of
from .quasar_house import KEY, MEMBER, QuasarHouse

PLACE = {
    "circuit": "supply",
    "phase_map": "l1_l2_l3",
    "priority": 5,
    "minimum": 3,
    "maximum": 16,
    "vehicle_minimum": "ordinary",
}
STOPPED = [("ACTION", 2), ("CURRENT", 0)]


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


@pytest.fixture
async def discharging(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_site: MockConfigEntry
) -> MockConfigEntry:
    """Return the site of a Quasar that discharges for it with 6 A."""
    await quasar_house.pass_time(10)
    data = {**quasar_site.data, "options": {"turn_pause_s": 0.0}}
    hass.config_entries.async_update_entry(quasar_site, data=data)
    await act(hass, "number", "set_value", f"{MEMBER}_fixed_current", value=-6)
    await act(hass, "select", "select_option", f"{MEMBER}_mode", option="fixed")
    while quasar_house.sim.machine.current_a != -6:
        await quasar_house.pass_time(5)
    quasar_house.sim.writes.clear()
    return quasar_site


async def test_a_member_that_leaves_in_a_discharge(
    hass: HomeAssistant, quasar_house: QuasarHouse, discharging: MockConfigEntry
) -> None:
    """Polling would feed its watchdog for good, and nobody looks at floor and fuse for it any more."""
    hass.config_entries.async_remove_subentry(discharging, MEMBER)
    await hass.async_block_till_done()
    await quasar_house.pass_time(60, step_s=5)
    assert quasar_house.told() == STOPPED
    assert quasar_house.sim.machine.current_a == 0


async def test_a_member_that_leaves_in_a_charge(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_entry: MockConfigEntry,
    quasar_site: MockConfigEntry,
) -> None:
    """It goes on with what it may take without a site that watches the meter."""
    await act(hass, "select", "select_option", f"{MEMBER}_mode", option="charge")
    while quasar_house.sim.machine.current_a <= 16:
        await quasar_house.pass_time(5)
    hand = coordinator_of(quasar_entry, KEY).hand
    assert hand.allocation is not None
    falls_to_a = hand.allocation.falls_to_a
    assert falls_to_a < quasar_house.sim.machine.current_a
    hass.config_entries.async_remove_subentry(quasar_site, MEMBER)
    await hass.async_block_till_done()
    await quasar_house.pass_time(60, step_s=5)
    assert quasar_house.sim.machine.current_a == falls_to_a
    assert not hand.is_steered


async def test_balancing_is_switched_off_in_a_discharge(
    hass: HomeAssistant, quasar_house: QuasarHouse, discharging: MockConfigEntry
) -> None:
    """One last stop, and then nothing."""
    await act(hass, "switch", "turn_off", f"{discharging.entry_id}_balancing")
    await quasar_house.pass_time(60, step_s=5)
    assert quasar_house.told() == STOPPED
    assert quasar_house.sim.machine.current_a == 0


async def test_balancing_is_switched_off_in_a_charge(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_site: MockConfigEntry
) -> None:
    """Nothing is written, and it goes on."""
    await act(hass, "select", "select_option", f"{MEMBER}_mode", option="charge")
    await quasar_house.pass_time(60)
    flows_a = quasar_house.sim.machine.current_a
    assert flows_a > 0
    quasar_house.sim.writes.clear()
    await act(hass, "switch", "turn_off", f"{quasar_site.entry_id}_balancing")
    await quasar_house.pass_time(60, step_s=5)
    assert quasar_house.sim.writes == []
    assert quasar_house.sim.machine.current_a == flows_a
