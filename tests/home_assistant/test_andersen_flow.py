"""Adding, re-authenticating and reconfiguring Andersen accounts, through a login that checks the proof."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.andersen import Fault

from .andersen_house import CREDENTIALS, EMAIL, PASSWORD, AndersenHouse

OTHER_EMAIL, OTHER_PASSWORD = "other@example.com", "Konnect-2 ✓"
OTHER = {**CREDENTIALS, "email": OTHER_EMAIL, "password": OTHER_PASSWORD}


async def start_user_flow(hass: HomeAssistant) -> ConfigFlowResult:
    """Begin as a person does: choose from the menu."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert menu["type"] is FlowResultType.MENU
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": "andersen"}
    )


async def configure(
    hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]
) -> ConfigFlowResult:
    """Answer a form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


@pytest.mark.parametrize("keep_password", [True, False])
async def test_user(
    hass: HomeAssistant, andersen_house: AndersenHouse, keep_password: bool
) -> None:
    """One login with one device; the password is stored only if that was chosen."""
    form = await start_user_flow(hass)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "andersen"
    result = await configure(
        hass,
        form,
        {**CREDENTIALS, "email": f"{EMAIL} ", "keep_password": keep_password},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Andersen"
    entry = result["result"]
    assert entry.unique_id == andersen_house.account_key
    assert EMAIL not in str(entry.unique_id)
    assert entry.data["email"] == EMAIL
    assert entry.data.get("password") == (PASSWORD if keep_password else None)
    await andersen_house.live(entry)
    assert entry.state is ConfigEntryState.LOADED
    assert len(andersen_house.member.account.devices) == 1
    assert andersen_house.sent() == []


async def test_user_with_a_wrong_password(
    hass: HomeAssistant, andersen_house: AndersenHouse
) -> None:
    """It is said and sent once, for the pool locks accounts; the same flow goes on."""
    form = await start_user_flow(hass)
    form = await configure(hass, form, {**CREDENTIALS, "password": "wrong"})
    assert form["errors"] == {"base": "invalid_auth"}
    assert len(andersen_house.cloud.logins) == 1
    result = await configure(hass, form, CREDENTIALS)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await andersen_house.live(result["result"])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.COGNITO_LAMBDA, "cannot_connect"),
        (Fault.LOOKUP_DOWN, "cannot_connect"),
        (Fault.COGNITO_THROTTLED, "rate_limited"),
    ],
)
async def test_user_while_the_cloud_is_in_trouble(
    hass: HomeAssistant, andersen_house: AndersenHouse, fault: Fault, error: str
) -> None:
    """An outage is never taken for a wrong password."""
    andersen_house.cloud.faults.add(fault)
    form = await configure(hass, await start_user_flow(hass), CREDENTIALS)
    assert form["errors"] == {"base": error}
    andersen_house.cloud.faults.clear()
    result = await configure(hass, form, CREDENTIALS)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await andersen_house.live(result["result"])


async def test_user_already_configured(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """The same account is set up once."""
    result = await configure(hass, await start_user_flow(hass), CREDENTIALS)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_several_accounts(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """A second account is an entry of its own, and can be told apart."""
    member = andersen_house.cloud.add_account(OTHER_EMAIL, OTHER_PASSWORD)
    wall = andersen_house.cloud.add_charger(member, "2300009999")
    result = await configure(hass, await start_user_flow(hass), OTHER)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Andersen 2"
    await andersen_house.live(result["result"])
    assert list(result["result"].runtime_data.coordinators) == [
        f"andersen_{wall.device_id}"
    ]


async def test_reauth_because_the_password_was_not_kept(
    hass: HomeAssistant, andersen_house: AndersenHouse
) -> None:
    """The remembered login ended; it is asked for, the device stays, and so does what is remembered."""
    state = {**andersen_house.remembered(), "chargers": {"gone": {"x": 1}}}
    entry = await andersen_house.add(keep_password=False, state=state)
    hass.config_entries.async_update_entry(
        entry,
        data={key: value for key, value in entry.data.items() if key != "password"},
    )
    andersen_house.cloud.cognito.happen(Fault.REVOKE_REFRESH)
    await hass.config_entries.async_reload(entry.entry_id)
    await andersen_house.settle()
    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress()
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert form["step_id"] == "reauth_andersen"
    assert form["description_placeholders"]["email"] == EMAIL  # type: ignore[index]  # given with the form
    answer = {"password": "wrong", "keep_password": False}
    form = await configure(hass, form, answer)
    assert form["errors"] == {"base": "invalid_auth"}
    result = await configure(hass, form, {**answer, "password": PASSWORD})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await andersen_house.live(entry)
    assert entry.state is ConfigEntryState.LOADED
    assert "password" not in entry.data
    assert entry.data["state"]["chargers"]["gone"] == {"x": 1}
    assert len(andersen_house.member.account.devices) == 1


async def test_reconfigure(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """Whether the password is kept can be chosen again."""
    form = await andersen_entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure_andersen"
    form = await configure(hass, form, {**CREDENTIALS, "password": "wrong"})
    assert form["errors"] == {"base": "invalid_auth"}
    result = await configure(hass, form, {**CREDENTIALS, "keep_password": False})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    await andersen_house.live(andersen_entry)
    assert "password" not in andersen_entry.data
    assert andersen_entry.state is ConfigEntryState.LOADED
    assert len(andersen_house.member.account.devices) == 1


async def test_reconfigure_to_another_account(
    hass: HomeAssistant, andersen_house: AndersenHouse, andersen_entry: MockConfigEntry
) -> None:
    """Another account is another entry."""
    andersen_house.cloud.add_account(OTHER_EMAIL, OTHER_PASSWORD)
    form = await andersen_entry.start_reconfigure_flow(hass)
    result = await configure(hass, form, OTHER)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_account"
    assert andersen_entry.data["email"] == EMAIL


async def test_what_was_learned_while_the_form_was_open_stays(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The connection goes on while somebody logs in: what it has to restore is not lost."""
    form = await andersen_entry.start_reconfigure_flow(hass)
    cognito = andersen_house.cloud.cognito
    answer = cognito.answer

    def answer_late(operation: str, body: dict[str, Any]) -> dict[str, Any]:
        data = andersen_entry.data
        hass.config_entries.async_update_entry(
            andersen_entry,
            data={**data, "state": {**data["state"], "chargers": {"new": {"y": 2}}}},
        )
        return answer(operation, body)

    monkeypatch.setattr(cognito, "answer", answer_late)
    result = await configure(hass, form, CREDENTIALS)
    assert result["reason"] == "reconfigure_successful"
    monkeypatch.undo()
    assert andersen_entry.data["state"]["chargers"]["new"] == {"y": 2}
    await andersen_house.settle()
