"""What a person may hand to a stranger: everything that is known, and nothing that names anybody."""

from collections.abc import Iterable
import json
from typing import Any, cast

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.busbar.chargers.errors import ConnectionFailed
from custom_components.busbar.chargers.model import Snapshot
from custom_components.busbar.steering.setpoint import SiteAllocation
from simulators.warp import WarpSimulator
from simulators.world import CarSpec

from .acting import KEY, act, coordinator_of, make_hasty, pushed, refused
from .conftest import Add, StartWarp

PASSWORD = "correct horse"
TAG = "04:11:22:33:44:55:66"
NAME = "Garage of Ann Onymous"
NETWORK = (
    "02:00:00:00:00:01",
    "02:00:00:00:00:02",
    "192.0.2.10",
    "255.255.255.0",
    "127.0.0.1",
)


@pytest.fixture(autouse=True)
async def _http(hass: HomeAssistant) -> None:
    """Set up what the download comes through."""
    assert await async_setup_component(hass, "http", {})


def text_without(data: object, secrets: Iterable[str]) -> str:
    """Return data as the text that is downloaded; none of the secrets may stand in it."""
    text = json.dumps(data)
    found = [secret for secret in secrets if secret in text]
    assert found == []
    return text


async def secretive(start_warp: StartWarp, **settings: Any) -> WarpSimulator:
    """Return a charger that knows a lot about people."""
    warp = await start_warp(
        uid="XyZw", display_name=NAME, password=PASSWORD, **settings
    )
    warp.plug(CarSpec(phases=3, maximum_a=16))
    await warp.advance(60)
    warp.show_tag(TAG)
    return warp


def secrets_of(warp: WarpSimulator) -> tuple[str, ...]:
    """Return what must not stand in any download."""
    return (warp.uid, PASSWORD, NAME, "Ann", TAG, "admin", f":{warp.port}", *NETWORK)


async def test_entry(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    start_warp: StartWarp,
    add: Add,
) -> None:
    """Settings, capabilities, the last snapshot and the raw states of the wire."""
    warp = await secretive(start_warp)
    other = await start_warp(uid="QrSt", display_name="Neighbour")
    warp.lead(other)
    entry = await add(warp)
    await pushed(hass, warp)
    data = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    text = text_without(data, (*secrets_of(warp), "QrSt", "Neighbour"))
    assert "evse/slots" in text
    settings = data["entry"]
    assert isinstance(settings, dict)
    assert settings["host"] == settings["password"] == "**REDACTED**"
    assert settings["make"] == "warp"
    devices = data["devices"]
    assert isinstance(devices, list)
    charger, group = cast("list[Any]", devices)
    assert charger["identity"]["model"] == "WARP3 Charger Pro 22kW"
    assert charger["is_heard"] is True
    assert charger["snapshot"]["status"] == "charging"
    assert charger["capabilities"]["role"] == "charger"
    assert group["capabilities"]["role"] == "group"
    assert group["snapshot"]["group_members"] == 1


async def test_device(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    start_warp: StartWarp,
    add: Add,
) -> None:
    """The same of one device, with what was wished, granted and refused."""
    warp = await secretive(start_warp)
    entry = await add(warp)
    make_hasty(entry)
    key = f"warp_{warp.uid}"
    await act(hass, "number", "set_value", f"{key}_current_limit", value=10)
    warp.fault("stale")
    await refused(hass, "number", "set_value", f"{key}_current_limit", value=12)
    coordinator_of(entry, key).hand.allocation = SiteAllocation(
        current_a=10, ends_at=1, falls_to_a=6
    )
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    data = await get_diagnostics_for_device(hass, hass_client, entry, device)
    text_without(data, secrets_of(warp))
    assert data["wish"] == {"current_limit_a": 10, "phases": None}
    assert data["last_failure"] == "Rejected"
    assert isinstance(data["allocation"], dict)
    assert data["allocation"]["falls_to_a"] == 6
    assert isinstance(data["raw"], dict)
    assert data["raw"]["evse/external_current"] == {"current": 10000}


async def test_a_device_that_has_just_gone(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    start_warp: StartWarp,
    add: Add,
) -> None:
    """Nothing is known of it any more."""
    entry = await add(await secretive(start_warp))
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("busbar", "warp_gone")}
    )
    data = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert data == {}


async def test_a_charger_that_was_never_heard(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    start_warp: StartWarp,
    add: Add,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Just then somebody wants the file."""

    async def refresh(charger: object) -> Snapshot:
        raise ConnectionFailed("still away")

    monkeypatch.setattr(
        "custom_components.busbar.chargers.warp.charger.WarpCharger.refresh", refresh
    )
    entry = await add(await secretive(start_warp))
    data = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    devices = data["devices"]
    assert isinstance(devices, list)
    assert isinstance(devices[0], dict)
    assert devices[0]["heard_s_ago"] is None
    assert devices[0]["is_heard"] is False


@pytest.mark.parametrize("of_device", [False, True])
async def test_site(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    site_entry: MockConfigEntry,
    warps: list[WarpSimulator],
    of_device: bool,
) -> None:
    """Its last decisions, with members that are numbers."""
    await act(hass, "number", "set_value", f"{site_entry.entry_id}_target", value=20)
    if of_device:
        device = dr.async_entries_for_config_entry(
            dr.async_get(hass), site_entry.entry_id
        )[0]
        data = await get_diagnostics_for_device(hass, hass_client, site_entry, device)
    else:
        data = await get_diagnostics_for_config_entry(hass, hass_client, site_entry)
    text = text_without(
        data, [secret for warp in warps for secret in (warp.uid, *NETWORK)]
    )
    assert "member 1" in text
    assert data["target"] == [20, 20, 20]
    assert data["is_balancing"] is True
    assert isinstance(data["decisions"], list)
    assert isinstance(data["decisions"][-1], dict)
    members = data["decisions"][-1]["members"]
    assert isinstance(members, dict)
    assert set(members) == {"member 1", "member 2", "member 3"}
    assert isinstance(data["subentries"], list)
    assert len(data["subentries"]) == 3
    assert KEY not in text
