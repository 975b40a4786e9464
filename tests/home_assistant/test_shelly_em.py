"""A Shelly energy meter in Home Assistant: a device for each thing that its clamps are around."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.shelly_em import Fault, ShellyEmSimulator

from .acting import coordinator_of, keys_of, watch
from .common import state_of
from .shelly_house import KEY, AddShelly, StartShelly

GRID = f"{KEY}_grid"
ROOF = f"{KEY}_solar"


async def read(
    hass: HomeAssistant, sim: ShellyEmSimulator, entry: MockConfigEntry
) -> None:
    """Let a second pass and read, as both coordinators do."""
    await sim.advance(1)
    for key in (GRID, ROOF):
        await coordinator_of(entry, key).async_refresh()
    await hass.async_block_till_done()


@pytest.mark.usefixtures("all_entities_enabled")
async def test_entities(
    hass: HomeAssistant, start_shelly: StartShelly, add_shelly: AddShelly
) -> None:
    """Power, current and voltage on their phases, by the direction of each clamp."""
    sim = await start_shelly()
    entry = await add_shelly(sim)
    assert set(entry.runtime_data.coordinators) == {GRID, ROOF}
    assert state_of(hass, "sensor", f"{GRID}_power") == "690.0"
    assert state_of(hass, "sensor", f"{GRID}_voltage_l1") == "230.0"
    assert float(state_of(hass, "sensor", f"{GRID}_current_l1")) > 3
    assert state_of(hass, "sensor", f"{GRID}_current_l2") == STATE_UNKNOWN
    assert state_of(hass, "sensor", f"{GRID}_meter_role") == "grid"
    assert state_of(hass, "sensor", f"{GRID}_error") == "none"
    assert state_of(hass, "sensor", f"{ROOF}_power") == "1150.0"
    assert float(state_of(hass, "sensor", f"{ROOF}_current_l2")) > 5
    platforms = ("binary_sensor", "button", "event", "number", "select", "switch")
    assert not any(keys_of(hass, entry, platform) for platform in platforms)


async def test_one_request_for_all_and_a_state_for_each_reading(
    hass: HomeAssistant, start_shelly: StartShelly, add_shelly: AddShelly
) -> None:
    """Whoever balances by it must see that it still speaks, also when nothing changes."""
    sim = await start_shelly()
    entry = await add_shelly(sim)
    written = watch(hass, "sensor", f"{GRID}_power")
    requests = len(sim.requests)
    await read(hass, sim, entry)
    await read(hass, sim, entry)
    assert len(sim.requests) == requests + 2
    assert len(written) >= 2
    assert set(written) == {"690.0"}


@pytest.mark.parametrize(("fault", "reports"), [(Fault.FREEZE, 5), (Fault.HANG, 0)])
async def test_only_a_device_that_still_measures_reports(
    hass: HomeAssistant,
    start_shelly: StartShelly,
    add_shelly: AddShelly,
    fault: Fault,
    reports: int,
) -> None:
    """One whose own clock stands goes on answering; a site that took that for news would follow it for ever."""
    sim = await start_shelly()
    entry = await add_shelly(sim)
    sim.fault(fault)
    for _ in range(4):
        await read(hass, sim, entry)
    written = watch(hass, "sensor", f"{GRID}_power")
    for _ in range(5):
        await read(hass, sim, entry)
    assert len(written) >= reports
    assert bool(written) is bool(reports)
    sim.clear()
    await read(hass, sim, entry)
    assert written[-1:] == ["690.0"]


async def test_a_channel_that_is_not_to_be_believed(
    hass: HomeAssistant, start_shelly: StartShelly, add_shelly: AddShelly
) -> None:
    """Its meter has no value and says why; the other one goes on."""
    sim = await start_shelly()
    entry = await add_shelly(sim)
    sim.fault(Fault.INVALID)
    await read(hass, sim, entry)
    assert state_of(hass, "sensor", f"{GRID}_power") == STATE_UNKNOWN
    assert state_of(hass, "sensor", f"{GRID}_error") == "channel_invalid"
    assert state_of(hass, "sensor", f"{ROOF}_power") == "1150.0"


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.INTERNAL_ERROR, Fault.NOT_JSON])
async def test_lost_and_back(
    hass: HomeAssistant,
    start_shelly: StartShelly,
    add_shelly: AddShelly,
    fault: Fault,
) -> None:
    """Unavailable while it does not answer."""
    sim = await start_shelly()
    entry = await add_shelly(sim)
    sim.fault(fault)
    await read(hass, sim, entry)
    assert state_of(hass, "sensor", f"{GRID}_power") == STATE_UNAVAILABLE
    sim.clear()
    await read(hass, sim, entry)
    assert state_of(hass, "sensor", f"{GRID}_power") == "690.0"


async def test_a_password_that_was_changed(
    hass: HomeAssistant, start_shelly: StartShelly, add_shelly: AddShelly
) -> None:
    """The person is asked for it."""
    sim = await start_shelly(password="secret")
    entry = await add_shelly(sim)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_shelly_em"


async def test_settings_that_make_no_sense(
    hass: HomeAssistant, start_shelly: StartShelly, add_shelly: AddShelly
) -> None:
    """An entry that somebody edited does not come up, and says so."""
    sim = await start_shelly()
    entry = await add_shelly(sim, channels=[{"channel": 0, "role": "moon"}])
    assert entry.state is ConfigEntryState.SETUP_RETRY
