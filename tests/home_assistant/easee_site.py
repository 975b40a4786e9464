"""A site that mixes a WARP in the network with an Easee behind its cloud, in one stopped time."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.easee import LONE, plug_in
from simulators.warp import WarpSimulator
from simulators.world import CarSpec

from .common import member_data
from .easee_house import CHARGER, EaseeHouse

if TYPE_CHECKING:
    from .conftest import Add, StartWarp

__all__ = ["add_shared_site", "circuit_a", "easee_site", "easee_warp", "set_target"]


@pytest.fixture
async def easee_warp(
    start_warp: StartWarp, easee_house: EaseeHouse, add: Add
) -> WarpSimulator:
    """Return a WARP with a car, in the time of the house."""
    warp = await start_warp(uid="AbCd", external_default_ma=6000)
    warp.plug(CarSpec(phases=3, maximum_a=16))
    easee_house.warps.append(warp)
    await add(warp)
    return warp


@pytest.fixture
async def easee_site(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
    easee_warp: WarpSimulator,
) -> MockConfigEntry:
    """Return a site of 32 A with both, each with a three-phase car, settled."""
    plug_in(easee_house.cloud, LONE, CarSpec(phases=3, maximum_a=16))
    await easee_house.pass_time(5)
    members = {
        "warp_AbCd": member_data(easee_warp),
        CHARGER: {
            **member_data(easee_warp),
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
        lambda: (circuit_a(easee_house), easee_warp.offered_a) == (16, 16)
    )
    # A vehicle has its time to follow, and what it had before counts until then.
    await easee_house.pass_time(10)
    return entry


async def add_shared_site(
    hass: HomeAssistant, house: EaseeHouse, *keys: str
) -> MockConfigEntry:
    """Return a site of 32 A with chargers of the shared circuit, each with a three-phase car."""
    for key in keys:
        plug_in(house.cloud, key.removeprefix("easee_"), CarSpec(phases=3))
    await house.pass_time(5)
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
                data={
                    "charger": key,
                    "phase_map": "l1_l2_l3",
                    "priority": 5,
                    "minimum": 6.0,
                    "maximum": 32.0,
                },
                subentry_id=f"member_{key}",
                subentry_type="charger",
                title=key,
                unique_id=key,
            )
            for key in keys
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await house.pass_time(30)
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
