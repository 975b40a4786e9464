"""Adding, re-authenticating and reconfiguring Easee accounts, against the simulated cloud."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.easee import USERNAME

from .easee_house import ACCOUNT, CREDENTIALS, EaseeHouse, account_data

OTHER = {"username": "+4712345678", "password": "tr0ub4dor"}


async def start_user_flow(hass: HomeAssistant) -> ConfigFlowResult:
    """Begin as a person does: choose from the menu."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert menu["type"] is FlowResultType.MENU
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": "easee"}
    )


async def configure(
    hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]
) -> ConfigFlowResult:
    """Answer a form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


def wrong_password(house: EaseeHouse) -> None:
    """Let the person change the password in the app."""
    house.cloud.tokens.passwords[USERNAME] = "changed"
    house.cloud.tokens.revoke()


async def test_user(hass: HomeAssistant, easee_house: EaseeHouse) -> None:
    """User name and password are enough; nothing is written, and the title names nobody."""
    form = await start_user_flow(hass)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "easee"
    result = await configure(hass, form, {**CREDENTIALS, "username": f" {USERNAME} "})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Easee"
    assert result["data"] == account_data()
    assert result["result"].unique_id == ACCOUNT
    assert USERNAME not in str(result["result"].unique_id)
    await easee_house.settle()
    assert result["result"].state is ConfigEntryState.LOADED
    await easee_house.live(result["result"])
    assert easee_house.cloud.writes == []


async def test_user_with_a_wrong_password(
    hass: HomeAssistant, easee_house: EaseeHouse
) -> None:
    """It is said, sent once, and the same flow goes on; the password is not shown again."""
    form = await start_user_flow(hass)
    form = await configure(hass, form, {**CREDENTIALS, "password": "wrong"})
    assert form["errors"] == {"base": "invalid_auth"}
    assert easee_house.asked("/accounts/login") == 1
    suggested = {
        str(key): (key.description or {}).get("suggested_value")
        for key in form["data_schema"].schema  # type: ignore[union-attr]  # a form has one
    }
    assert suggested == {"username": USERNAME, "password": None}
    result = await configure(hass, form, CREDENTIALS)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await easee_house.settle()
    await easee_house.live(result["result"])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 503}, "cannot_connect"),
        ({"status": 429, "retry_after": "30"}, "rate_limited"),
    ],
)
async def test_user_while_the_cloud_is_in_trouble(
    hass: HomeAssistant, easee_house: EaseeHouse, fault: dict[str, Any], error: str
) -> None:
    """An outage is never taken for a wrong password."""
    easee_house.cloud.fault("/accounts/login", **fault)
    form = await configure(hass, await start_user_flow(hass), CREDENTIALS)
    assert form["errors"] == {"base": error}
    easee_house.cloud.clear_faults()
    result = await configure(hass, form, CREDENTIALS)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await easee_house.settle()
    await easee_house.live(result["result"])


async def test_user_already_configured(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """The same account is set up once, however its address is spelt."""
    spelt = USERNAME.title()
    easee_house.cloud.tokens.passwords[spelt] = CREDENTIALS["password"]
    result = await configure(
        hass, await start_user_flow(hass), {**CREDENTIALS, "username": spelt}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_several_accounts(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """A second account is an entry of its own, and can be told apart."""
    easee_house.cloud.tokens.passwords[OTHER["username"]] = OTHER["password"]
    result = await configure(hass, await start_user_flow(hass), OTHER)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Easee 2"
    assert result["result"].unique_id != ACCOUNT
    await easee_house.settle()
    await easee_house.live(result["result"])


async def test_reauth(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """A changed password is asked for, and what was remembered stays."""
    hass.config_entries.async_update_entry(
        easee_entry,
        data={**easee_entry.data, "state": {"surplus_import_a": {"QH000001": 8.0}}},
    )
    wrong_password(easee_house)
    await hass.config_entries.async_reload(easee_entry.entry_id)
    assert easee_entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress()
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert form["step_id"] == "reauth_easee"
    assert form["description_placeholders"]["username"] == USERNAME  # type: ignore[index]  # given with the form
    form = await configure(hass, form, {"password": "wrong"})
    assert form["errors"] == {"base": "invalid_auth"}
    result = await configure(hass, form, {"password": "changed"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await easee_house.settle()
    await easee_house.live(easee_entry)
    assert easee_entry.data == account_data(
        password="changed", state={"surplus_import_a": {"QH000001": 8.0}}
    )


async def test_reconfigure(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """The password can be changed before it is asked for."""
    wrong_password(easee_house)
    form = await easee_entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure_easee"
    form = await configure(hass, form, CREDENTIALS)
    assert form["errors"] == {"base": "invalid_auth"}
    result = await configure(hass, form, {**CREDENTIALS, "password": "changed"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    await easee_house.settle()
    await easee_house.live(easee_entry)
    assert easee_entry.data["password"] == "changed"


async def test_reconfigure_to_another_account(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """Another account is another entry."""
    easee_house.cloud.tokens.passwords[OTHER["username"]] = OTHER["password"]
    form = await easee_entry.start_reconfigure_flow(hass)
    result = await configure(hass, form, OTHER)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_account"
    assert easee_entry.data["username"] == USERNAME
