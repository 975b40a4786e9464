"""x."""
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry
from .easee_house import EaseeHouse

async def test_x(hass: HomeAssistant, all_entities_enabled: None, easee_house: EaseeHouse, easee_entry: MockConfigEntry) -> None:
    """x."""
    print(easee_entry.state, list(easee_entry.runtime_data.coordinators))
    for e in er.async_entries_for_config_entry(er.async_get(hass), easee_entry.entry_id):
        st=hass.states.get(e.entity_id)
        print(e.entity_id, e.original_name, st and st.state)
    assert 0
