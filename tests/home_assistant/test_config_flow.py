"""Adding, re-authenticating and reconfiguring chargers, against simulators on real sockets."""

from ipaddress import ip_address
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_USER, SOURCE_ZEROCONF, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.chargers.warp import identify
from custom_components.busbar.const import DOMAIN
from simulators.warp import WarpSimulator

from .common import charger_data
from .conftest import Add, StartWarp

CREDENTIALS = {"username": "admin", "password": "secret"}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on a device that hangs after a moment instead of seconds."""
    assert identify.__kwdefaults__ is not None
    monkeypatch.setitem(identify.__kwdefaults__, "timeout_s", 0.2)


async def start_user_flow(hass: HomeAssistant, step: str = "warp") -> ConfigFlowResult:
    """Begin as a person does: choose from the menu."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert menu["type"] is FlowResultType.MENU
    assert step in menu["menu_options"]
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": step}
    )


def address(simulator: WarpSimulator, **more: Any) -> dict[str, Any]:
    """Return what a person enters."""
    return {"host": simulator.host, "port": simulator.port, **more}


def discovered(
    simulator: WarpSimulator, kind: str = "_http._tcp"
) -> ZeroconfServiceInfo:
    """Return what mDNS tells of a simulator."""
    return ZeroconfServiceInfo(
        ip_address=ip_address(simulator.host),
        ip_addresses=[ip_address(simulator.host)],
        hostname=f"{simulator.name}.local.",
        name=f"{simulator.name}.{kind}.local.",
        port=simulator.port,
        properties={},
        type=f"{kind}.local.",
    )


async def configure(
    hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]
) -> ConfigFlowResult:
    """Answer a form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


async def test_user(hass: HomeAssistant, warp: WarpSimulator) -> None:
    """An address is enough, and nothing is written to the charger."""
    form = await start_user_flow(hass)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "warp"
    result = await configure(hass, form, address(warp, host=f" {warp.host} "))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Garage"
    assert result["data"] == charger_data(warp)
    assert result["result"].unique_id == "warp_AbCd"
    await hass.async_block_till_done()
    assert warp.writes == []


async def test_user_with_login(hass: HomeAssistant, start_warp: StartWarp) -> None:
    """A wrong password is said, and the right one accepted in the same flow."""
    warp = await start_warp(password="secret")
    form = await start_user_flow(hass)
    for attempt in (
        address(warp),
        address(warp, username="admin", password="wrong"),
    ):
        form = await configure(hass, form, attempt)
        assert form["type"] is FlowResultType.FORM
        assert form["errors"] == {"base": "invalid_auth"}
    result = await configure(hass, form, address(warp, **CREDENTIALS))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == charger_data(warp)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("refuse", "cannot_connect"),
        ("hang", "cannot_connect"),
        ("http_disabled", "unsupported_device"),
        ("not_a_warp", "unsupported_device"),
        ("not_json", "unsupported_device"),
        ("internal_error", "cannot_connect"),
    ],
)
async def test_user_errors_and_recovery(
    hass: HomeAssistant, warp: WarpSimulator, fault: str, error: str
) -> None:
    """Each failure says what it is, and the same flow goes on once it is mended."""
    warp.fault(fault)
    form = await configure(hass, await start_user_flow(hass), address(warp))
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"base": error}
    warp.clear()
    result = await configure(hass, form, address(warp))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_user_host_that_is_none(hass: HomeAssistant, warp: WarpSimulator) -> None:
    """Text that is no host name is refused before anything is sent."""
    form = await configure(
        hass, await start_user_flow(hass), address(warp, host="not a host/")
    )
    assert form["errors"] == {"base": "unsupported_device"}


async def test_user_already_configured(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """The same charger is set up once, whatever address it is reached at."""
    hass.config_entries.async_update_entry(
        warp_entry, data={**warp_entry.data, "host": "192.0.2.1"}
    )
    result = await configure(hass, await start_user_flow(hass), address(warp))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert warp_entry.data["host"] == warp.host


async def test_zeroconf(hass: HomeAssistant, warp: WarpSimulator) -> None:
    """A device that announces itself is offered under its name, and added when a person agrees."""
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=discovered(warp)
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "discovery_confirm"
    assert form["description_placeholders"] == {"name": "Garage"}
    result = await configure(hass, form, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == "warp_AbCd"
    assert result["data"] == charger_data(warp)


async def test_zeroconf_with_login(hass: HomeAssistant, start_warp: StartWarp) -> None:
    """Who it is can only be asked with the password; a wrong one is said."""
    warp = await start_warp(password="secret")
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=discovered(warp)
    )
    assert form["step_id"] == "discovery_confirm"
    assert form["description_placeholders"] == {"name": "warp3-AbCd"}
    form = await configure(hass, form, {**CREDENTIALS, "password": "wrong"})
    assert form["errors"] == {"base": "invalid_auth"}
    result = await configure(hass, form, CREDENTIALS)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == charger_data(warp)


async def test_zeroconf_known_device_moves(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Its new address is taken over without a question."""
    hass.config_entries.async_update_entry(
        warp_entry, data={**warp_entry.data, "host": "192.0.2.1", "port": 80}
    )
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=discovered(warp)
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert warp_entry.data["host"] == warp.host
    assert warp_entry.data["port"] == warp.port
    await hass.async_block_till_done()


async def test_zeroconf_known_address(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """A device that announces itself again and again is not asked each time."""
    requests = len(warp.requests)
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=discovered(warp)
    )
    assert result["reason"] == "already_configured"
    assert len(warp.requests) == requests


async def test_zeroconf_of_the_charge_managers(
    hass: HomeAssistant, warp: WarpSimulator
) -> None:
    """Their service announces a port of its own, so the web interface is looked for at its usual one."""
    with patch("custom_components.busbar.flows.warp.DEFAULT_PORT", warp.port):
        form = await hass.config_entries.flow.async_init(
            DOMAIN,
            context={"source": SOURCE_ZEROCONF},
            data=discovered(warp, "_tf-warp-cm._udp"),
        )
    assert form["step_id"] == "discovery_confirm"


async def test_zeroconf_of_something_else(
    hass: HomeAssistant, warp: WarpSimulator
) -> None:
    """Other web servers have names that begin with warp too."""
    warp.fault("not_a_warp")
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=discovered(warp)
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "unsupported_device"


async def test_zeroconf_confirmed_twice(
    hass: HomeAssistant, start_warp: StartWarp
) -> None:
    """With a login the same device can be found under two services before it is known."""
    warp = await start_warp(password="secret")
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=discovered(warp)
    )
    MockConfigEntry(
        domain=DOMAIN, unique_id="warp_AbCd", data=charger_data(warp)
    ).add_to_hass(hass)
    result = await configure(hass, form, CREDENTIALS)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_reauth(hass: HomeAssistant, start_warp: StartWarp, add: Add) -> None:
    """A changed password is asked for, and the charger is back without another word."""
    warp = await start_warp(password="secret")
    entry = await add(warp)
    warp.set_password("changed")
    await hass.config_entries.async_reload(entry.entry_id)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert form["step_id"] == "reauth_warp"
    form = await configure(hass, form, CREDENTIALS)
    assert form["errors"] == {"base": "invalid_auth"}
    result = await configure(hass, form, {**CREDENTIALS, "password": "changed"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.data["password"] == "changed"
    assert entry.state.recoverable
    assert not list(entry.async_get_active_flows(hass, {"reauth"}))


async def test_reauth_of_another_device(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """Whatever answers there now, it does not take over the entry."""
    warp.fault("other_device")
    form = await warp_entry.start_reauth_flow(hass)
    result = await configure(hass, form, CREDENTIALS)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_device"
    assert "password" not in warp_entry.data


async def test_reconfigure(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """A charger that moved gets its new address; an unreachable one is refused first."""
    form = await warp_entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure_warp"
    warp.fault("refuse")
    form = await configure(hass, form, address(warp))
    assert form["errors"] == {"base": "cannot_connect"}
    warp.clear()
    result = await configure(hass, form, address(warp, **CREDENTIALS))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert warp_entry.data == {**charger_data(warp), **CREDENTIALS}
    await hass.async_block_till_done()


async def test_reconfigure_to_another_device(
    hass: HomeAssistant,
    warp_entry: MockConfigEntry,
    start_warp: StartWarp,
) -> None:
    """Another charger is another entry."""
    other = await start_warp(uid="EfGh")
    before = dict(warp_entry.data)
    form = await warp_entry.start_reconfigure_flow(hass)
    result = await configure(hass, form, address(other))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_device"
    assert warp_entry.data == before
