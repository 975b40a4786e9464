"""A site that mixes a WARP in the network with an Easee behind its cloud."""

import asyncio
from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.easee import LONE, plug_in
from simulators.warp import WarpSimulator
from simulators.world import CarSpec

from .acting import act, coordinator_of
from .common import member_data, state_of, told_a
from .conftest import Add, StartWarp
from .easee_house import CHARGER, EaseeHouse


@pytest.fixture
async def warp_of_house(
    start_warp: StartWarp, easee_house: EaseeHouse, add: Add
) -> WarpSimulator:
    """Return a WARP with a car, in the time of the house."""
    warp = await start_warp(uid="AbCd", external_default_ma=6000)
    warp.plug(CarSpec(phases=3, maximum_a=16))
    easee_house.warps.append(warp)
    await add(warp)
    return warp


@pytest.fixture
async def mixed(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
    warp_of_house: WarpSimulator,
) -> MockConfigEntry:
    """Return a site of 32 A with both, each with a three-phase car, settled."""
    plug_in(easee_house.cloud, LONE, CarSpec(phases=3, maximum_a=16))
    await easee_house.pass_time(5)
    members = {
        "warp_AbCd": member_data(warp_of_house),
        CHARGER: {
            **member_data(warp_of_house),
            "charger": CHARGER,
            "maximum": 16.0,
        },
    }
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        data={
            "kind": "site",
            "phases": 3,
            "ratings": {"l1": 32.0, "l2": 32.0, "l3": 32.0},
            "voltage": 230.0,
        },
        subentries_data=[
            ConfigSubentryDataWithId(
                data=data,
                subentry_id=f"member_{key}",
                subentry_type="charger",
                title=key,
                unique_id=key,
            )
            for key, data in members.items()
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await easee_house.until(
        lambda: (circuit_a(easee_house), warp_of_house.offered_a) == (16, 16)
    )
    # A vehicle has its time to follow, and what it had before counts until then.
    await easee_house.pass_time(10)
    return entry


def circuit_a(house: EaseeHouse) -> float:
    """Return what the circuit of the Easee charger is limited to."""
    return max(house.cloud.circuits[501].dynamic_a)


async def set_target(
    hass: HomeAssistant, house: EaseeHouse, current: float
) -> Mapping[str, Any]:
    """Set the target of the site, and let time pass while the answer waits."""
    call = asyncio.ensure_future(
        hass.services.async_call(
            DOMAIN,
            "set_site_current",
            {"current": current},
            blocking=True,
            return_response=True,
        )
    )
    while not call.done():
        await house.pass_time(1)
    answer = await call
    assert answer is not None
    return answer


async def test_a_target_reaches_both_makes(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    warp_of_house: WarpSimulator,
    mixed: MockConfigEntry,
) -> None:
    """Over their real wires, and together they never get more than it."""
    answer = await set_target(hass, easee_house, 20)
    assert {member["current"] for member in answer["members"]} == {10}
    await easee_house.until(
        lambda: (circuit_a(easee_house), warp_of_house.offered_a) == (10, 10)
    )
    assert told_a(warp_of_house)[-1] == 10
    assert easee_house.written("dynamicCurrent")[-1]["phase1"] == 10
    await easee_house.until(
        lambda: state_of(hass, "sensor", f"{CHARGER}_limiting_factor") == "site"
    )
    assert easee_house.cloud.persistent_writes == []


async def test_a_persons_limit_caps_what_the_site_gives(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
    mixed: MockConfigEntry,
) -> None:
    """Also the one that is moved at the circuit: it is the same set-point."""
    await act(hass, "number", "set_value", "easee_circuit_501_current_limit", value=8)
    await easee_house.until(lambda: circuit_a(easee_house) == 8)
    await easee_house.pass_time(20)
    assert circuit_a(easee_house) == 8
    hand = coordinator_of(easee_entry, CHARGER).hand
    assert hand.wish.current_limit_a == 8
    assert hand.is_steered


async def test_a_cloud_in_trouble_keeps_its_current_reserved(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    warp_of_house: WarpSimulator,
    mixed: MockConfigEntry,
) -> None:
    """The command fails visibly in the answer, and the WARP makes room meanwhile."""
    fault = easee_house.cloud.fault("dynamicCurrent", status=503)
    answer = await set_target(hass, easee_house, 24)
    members = {member["name"]: member for member in answer["members"]}
    assert members[CHARGER]["error"] == "connection_failed"
    assert circuit_a(easee_house) == 16
    await easee_house.until(lambda: told_a(warp_of_house)[-1] == 8)
    easee_house.cloud.end_fault(fault)
    await easee_house.until(
        lambda: (circuit_a(easee_house), warp_of_house.offered_a) == (12, 12)
    )
