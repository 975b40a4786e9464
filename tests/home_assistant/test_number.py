"""Numbers reach the wire as whole amperes of IEC 61851, or say why not."""

from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.busbar.const import DOMAIN
from custom_components.busbar.steering.setpoint import Wish
from simulators.warp import WarpSimulator
from simulators.world import CarSpec

from .acting import (
    KEY,
    act,
    coordinator_of,
    exists,
    keys_of,
    pushed,
    refused,
    state_with,
)
from .common import site_entry_of, state_of, told_a
from .conftest import Add, StartWarp


@pytest.mark.parametrize("current_a", [6, 10.5, 32, 0])
async def test_current_limit(
    hass: HomeAssistant,
    warp: WarpSimulator,
    warp_entry: MockConfigEntry,
    current_a: float,
) -> None:
    """One write of the volatile limit; shown is what the charger confirms."""
    await act(hass, "number", "set_value", f"{KEY}_current_limit", value=current_a)
    assert told_a(warp) == [current_a]
    assert len(warp.writes) == 1
    assert float(state_of(hass, "number", f"{KEY}_current_limit")) == current_a
    assert warp.offered_a == current_a


@pytest.mark.parametrize("current_a", [5, 0.1, 5.999])
@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize("key", ["current_limit", "configured_current"])
async def test_the_gap_below_the_minimum(
    hass: HomeAssistant,
    warp: WarpSimulator,
    warp_entry: MockConfigEntry,
    key: str,
    current_a: float,
) -> None:
    """A WARP would answer 200 and ignore it; the person is told what is possible."""
    before = state_of(hass, "number", f"{KEY}_{key}")
    error = await refused(hass, "number", "set_value", f"{KEY}_{key}", value=current_a)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_domain == DOMAIN
    assert error.translation_key == "value_in_gap"
    assert error.translation_placeholders == {
        "value": f"{current_a:g}",
        "minimum": "6",
        "maximum": "32",
    }
    assert warp.writes == []
    assert state_of(hass, "number", f"{KEY}_{key}") == before


@pytest.mark.parametrize("current_a", [40, -6])
async def test_beyond_the_range(
    hass: HomeAssistant,
    warp: WarpSimulator,
    warp_entry: MockConfigEntry,
    current_a: float,
) -> None:
    """Home Assistant itself refuses it, by the limits that the entity tells."""
    error = await refused(
        hass, "number", "set_value", f"{KEY}_current_limit", value=current_a
    )
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "out_of_range"
    assert warp.writes == []
    assert coordinator_of(warp_entry).hand.wish == Wish()


@pytest.mark.parametrize("value", ["ten", None, [10]])
async def test_text_is_no_number(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry, value: Any
) -> None:
    """Nothing written, nothing lost."""
    with pytest.raises(vol.Invalid):
        await act(hass, "number", "set_value", f"{KEY}_current_limit", value=value)
    assert warp.writes == []


async def test_what_the_cables_carry(
    hass: HomeAssistant, start_warp: StartWarp, add: Add
) -> None:
    """An 11 kW model ends at 20 A; also an action that goes past the entity is refused."""
    warp = await start_warp(outgoing_cable_ma=20000)
    entry = await add(warp)
    state = state_with(hass, "number", f"{KEY}_current_limit")
    assert (state.attributes["min"], state.attributes["max"]) == (0, 20)
    error = await refused(hass, "number", "set_value", f"{KEY}_current_limit", value=25)
    assert error.translation_key == "out_of_range"
    with pytest.raises(ServiceValidationError) as failure:
        await coordinator_of(entry).async_wish_current(25)
    assert failure.value.translation_key == "current_out_of_range"
    assert failure.value.translation_placeholders == {
        "device": "Garage",
        "current": "25",
        "minimum": "6",
        "maximum": "20",
    }
    assert warp.writes == []


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize(
    ("key", "value", "path", "payload"),
    [
        ("configured_current", 16, "evse/global_current", {"current": 16000}),
        ("configured_current", 0, "evse/global_current", {"current": 0}),
        ("energy_limit", 7.5, "charge_limits/override_energy", {"energy_wh": 7500}),
        ("charge_level_limit", 80, "charge_limits/override_soc", {"soc_pct": 80}),
    ],
)
async def test_settings(
    hass: HomeAssistant,
    start_warp: StartWarp,
    add: Add,
    key: str,
    value: float,
    path: str,
    payload: dict[str, int],
) -> None:
    """A make's own numbers, each one write, in the units of the wire."""
    warp = await start_warp(generation="warp4")
    warp.plug(CarSpec(phases=3, maximum_a=16))
    await add(warp)
    await act(hass, "number", "set_value", f"{KEY}_{key}", value=value)
    assert [(write.path, write.payload) for write in warp.writes] == [(path, payload)]
    assert float(state_of(hass, "number", f"{KEY}_{key}")) == value


@pytest.mark.usefixtures("all_entities_enabled")
async def test_the_value_after_a_restart_is_not_written_while_it_charges(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Newer controllers would put it on the running charge."""
    error = await refused(
        hass, "number", "set_value", f"{KEY}_restart_current", value=6
    )
    assert error.translation_key == "rejected"
    assert error.translation_placeholders is not None
    assert "while no vehicle charges" in error.translation_placeholders["reason"]
    assert warp.writes == []
    warp.unplug()
    await pushed(hass, warp)
    await act(hass, "number", "set_value", f"{KEY}_restart_current", value=6)
    assert state_of(hass, "number", f"{KEY}_restart_current") == "6.0"
    assert state_of(hass, "number", f"{KEY}_current_limit") == "32.0"


async def test_without_a_settable_current_it_is_unavailable(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Somebody switched external control off at the charger, and then on again."""
    slots = warp.state("evse/slots")
    assert isinstance(slots, list)
    others = [
        {**slot, "active": False} if index == 8 else slot  # type: ignore[dict-item] # objects
        for index, slot in enumerate(slots)
    ]
    coordinator = coordinator_of(warp_entry)
    link = warp_entry.runtime_data.connection._link
    link.states.put("evse/slots", others, link.clock())
    warp_entry.runtime_data.connection._take_over()
    await hass.async_block_till_done()
    assert not coordinator.capabilities.sets_current
    assert state_of(hass, "number", f"{KEY}_current_limit") == STATE_UNAVAILABLE
    link.states.put("evse/slots", slots, link.clock())
    warp_entry.runtime_data.connection._take_over()
    await hass.async_block_till_done()
    assert state_of(hass, "number", f"{KEY}_current_limit") == "32.0"


async def test_a_group(hass: HomeAssistant, start_warp: StartWarp, add: Add) -> None:
    """The budget of a charge manager is one write for all its chargers; it has no gap."""
    warp, other = await start_warp(), await start_warp(uid="EfGh")
    warp.lead(other, maximum_a=40)
    entry = await add(warp)
    key = f"{KEY}-manager_current_limit"
    assert state_of(hass, "number", key) == "40.0"
    await act(hass, "number", "set_value", key, value=3)
    assert [(write.path, write.payload) for write in warp.writes] == [
        ("charge_manager/available_current", {"current": 3000})
    ]
    assert state_of(hass, "number", key) == "3.0"
    assert coordinator_of(entry, f"{KEY}-manager").hand.wish.current_limit_a == 3


async def test_by_capability(
    hass: HomeAssistant, start_warp: StartWarp, add: Add
) -> None:
    """A meter can be told nothing; a state of charge is known to a WARP4 alone."""
    meter = await add(await start_warp(generation="wem", uid="WeMx"))
    assert keys_of(hass, meter, "number") == set()
    await add(await start_warp(generation="warp4"))
    assert exists(hass, "number", f"{KEY}_charge_level_limit")
    await add(await start_warp(generation="warp3", uid="EfGh"))
    assert not exists(hass, "number", "warp_EfGh_charge_level_limit")


async def test_under_a_site_it_is_the_cap_of_a_person(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """It shows what the person set, whatever the site gives, and nothing set is the maximum."""
    key = f"{KEY}_current_limit"
    await warps[0].advance(1)
    await hass.async_block_till_done()
    assert state_of(hass, "number", key) == "32.0"
    assert state_of(hass, "sensor", f"{KEY}_limiting_factor") == "site"
    await act(hass, "number", "set_value", key, value=8)
    assert state_of(hass, "number", key) == "8.0"
    assert told_a(warps[0])[-1] == 8
    await act(hass, "number", "set_value", key, value=20)
    assert state_of(hass, "number", key) == "20.0"
    assert max(told_a(warps[0])) <= 20


async def test_site_target(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """On all phases, each up to its own rating; without one it is the rating."""
    key = f"{site_entry.entry_id}_target"
    state = state_with(hass, "number", key)
    assert (state.state, state.attributes["max"]) == ("40.0", 40)
    await act(hass, "number", "set_value", key, value=18)
    assert state_of(hass, "number", key) == "18.0"
    assert site_entry.runtime_data.coordinator.target_a == (18, 18, 18)
    error = await refused(hass, "number", "set_value", key, value=41)
    assert error.translation_key == "out_of_range"
    assert site_entry.runtime_data.coordinator.target_a == (18, 18, 18)


async def test_a_site_with_unequal_phases(
    hass: HomeAssistant, warps: list[WarpSimulator]
) -> None:
    """The target goes up to the highest rating, and each phase keeps to its own."""
    entry = site_entry_of([])
    data = dict(entry.data) | {"ratings": {"l1": 20.0, "l2": 35.0, "l3": 25.0}}
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data=data)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    key = f"{entry.entry_id}_target"
    assert state_with(hass, "number", key).attributes["max"] == 35
    await act(hass, "number", "set_value", key, value=30)
    assert entry.runtime_data.coordinator.target_a == (20, 30, 25)
