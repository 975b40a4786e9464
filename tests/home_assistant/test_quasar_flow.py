"""Adding, re-authenticating and reconfiguring a Quasar, which hears one client at a time."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.chargers import quasar
from simulators.quasar import Fault, QuasarSimulator

from .quasar_house import DEAF_S, QuasarHouse
from .test_config_flow import configure, start_user_flow


@pytest.fixture(autouse=True)
def _short_waits(quasar_house: QuasarHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on a charger that says nothing after a moment."""
    assert quasar.identify.__kwdefaults__ is not None
    monkeypatch.setitem(quasar.identify.__kwdefaults__, "timeout_s", 0.2)


def entered(
    house: QuasarHouse, *, cloud: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Return what a person enters."""
    return {
        "host": f" {house.sim.host} ",
        "port": house.sim.port,
        "cloud": {"restart_when_dead": False, **(cloud or {})},
        "details": {"watchdog_s": 90, "power_mode": False},
        **more,
    }


def account(house: QuasarHouse, **changes: Any) -> dict[str, Any]:
    """Return the login of the vendor's cloud."""
    settings = house.sim.settings
    return {"username": settings.username, "password": settings.password, **changes}


async def begin(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str = "reconfigure"
) -> ConfigFlowResult:
    """Begin to change an entry."""
    if kind == "reauth":
        return await entry.start_reauth_flow(hass)
    return await entry.start_reconfigure_flow(hass)


async def test_user(hass: HomeAssistant, quasar_house: QuasarHouse) -> None:
    """An address is enough, and nothing is written to the charger."""
    form = await start_user_flow(hass, "quasar")
    assert form["step_id"] == "quasar"
    result = await configure(hass, form, entered(quasar_house))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Wallbox Quasar"
    assert result["data"] == quasar_house.data()
    assert result["result"].unique_id == "quasar_100000"
    await quasar_house.settle()
    assert quasar_house.sim.writes == []


async def test_user_with_the_cloud(
    hass: HomeAssistant, quasar_house: QuasarHouse
) -> None:
    """A wrong login is said, and the right one accepted in the same flow."""
    form = await start_user_flow(hass, "quasar")
    wrong = account(quasar_house, password="wrong")
    form = await configure(hass, form, entered(quasar_house, cloud=wrong))
    assert form["errors"] == {"base": "invalid_auth"}
    right = account(quasar_house, restart_when_dead=True)
    result = await configure(hass, form, entered(quasar_house, cloud=right))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == quasar_house.data(cloud=True, restart_when_dead=True)
    await quasar_house.settle()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.MUTE, "cannot_connect"),
        (Fault.REFUSE, "cannot_connect"),
        (Fault.NOT_A_QUASAR, "wrong_device"),
    ],
)
async def test_user_errors_and_recovery(
    hass: HomeAssistant, quasar_house: QuasarHouse, fault: Fault, error: str
) -> None:
    """Each failure says what it is, and the same flow goes on once it is mended."""
    quasar_house.sim.fault(fault)
    form = await start_user_flow(hass, "quasar")
    form = await configure(hass, form, entered(quasar_house))
    assert form["errors"] == {"base": error}
    quasar_house.sim.clear()
    result = await configure(hass, form, entered(quasar_house))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await quasar_house.settle()


async def test_user_already_configured(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_entry: MockConfigEntry
) -> None:
    """It would not answer a second client, so its address is looked for first."""
    connections = quasar_house.sim.clients
    form = await start_user_flow(hass, "quasar")
    result = await configure(hass, form, entered(quasar_house))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert quasar_house.sim.clients == connections == 1


async def test_reauth(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """The loaded entry is let go for it, and is back whatever was entered."""
    form = await begin(hass, quasar_ours, "reauth")
    assert form["step_id"] == "reauth_quasar"
    form = await configure(hass, form, account(quasar_house, password="wrong"))
    assert form["errors"] == {"base": "invalid_auth"}
    assert quasar_ours.state is ConfigEntryState.LOADED
    result = await configure(hass, form, account(quasar_house))
    assert result["reason"] == "reauth_successful"
    await quasar_house.settle()
    assert quasar_ours.state is ConfigEntryState.LOADED
    assert quasar_ours.data["state"]["external_control"] is True


async def test_reauth_of_a_dead_charger(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_ours: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What cannot be checked now is kept, for this is when the cloud is needed."""
    for function in (quasar.create_connection, quasar.identify):
        assert function.__kwdefaults__ is not None
        monkeypatch.setitem(function.__kwdefaults__, "timeout_s", DEAF_S)
    quasar_house.deafen(quasar_ours, Fault.MUTE)
    form = await begin(hass, quasar_ours, "reauth")
    result = await configure(hass, form, account(quasar_house, password="new"))
    assert result["reason"] == "reauth_successful"
    assert quasar_ours.data["password"] == "new"
    await hass.async_block_till_done()
    assert quasar_ours.state is ConfigEntryState.SETUP_RETRY


async def test_reconfigure(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """The details change, the stored password stays with its user name."""
    form = await begin(hass, quasar_ours)
    assert form["step_id"] == "reconfigure_quasar"
    changed = entered(
        quasar_house,
        cloud={"username": quasar_house.sim.settings.username},
        details={"watchdog_s": 120, "power_mode": False},
    )
    result = await configure(hass, form, changed)
    assert result["reason"] == "reconfigure_successful"
    await quasar_house.settle()
    assert quasar_ours.state is ConfigEntryState.LOADED
    kept = {key: value for key, value in quasar_ours.data.items() if key != "state"}
    assert kept == quasar_house.data(cloud=True, watchdog_s=120)
    assert quasar_ours.data["state"]["external_control"] is True


INCOMPLETE = [
    {"restart_when_dead": True},
    {"username": "me@example.org", "restart_when_dead": True},
    {"username": "me@example.org"},
    {"password": "x"},
]


@pytest.mark.parametrize("cloud", INCOMPLETE)
async def test_half_an_account(
    hass: HomeAssistant, quasar_house: QuasarHouse, cloud: dict[str, Any]
) -> None:
    """It would restart nothing, and nobody would hear of it before it is needed."""
    form = await start_user_flow(hass, "quasar")
    form = await configure(hass, form, entered(quasar_house, cloud=cloud))
    assert form["errors"] == {"base": "account_incomplete"}
    assert quasar_house.sim.requests == []
    right = account(quasar_house, restart_when_dead=True)
    result = await configure(hass, form, entered(quasar_house, cloud=right))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await quasar_house.settle()


@pytest.mark.parametrize("cloud", INCOMPLETE)
async def test_reconfigure_to_half_an_account(
    hass: HomeAssistant,
    quasar_house: QuasarHouse,
    quasar_ours: MockConfigEntry,
    cloud: dict[str, Any],
) -> None:
    """Another user name needs a password of its own; what is steered goes on meanwhile."""
    form = await begin(hass, quasar_ours)
    form = await configure(hass, form, entered(quasar_house, cloud=cloud))
    assert form["errors"] == {"base": "account_incomplete"}
    assert quasar_ours.state is ConfigEntryState.LOADED
    assert quasar_house.sim.writes == []
    result = await configure(
        hass, form, entered(quasar_house, cloud=account(quasar_house))
    )
    assert result["reason"] == "reconfigure_successful"
    await quasar_house.settle()


async def test_reconfigure_without_the_cloud(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> None:
    """An empty user name takes the password along."""
    form = await begin(hass, quasar_ours)
    result = await configure(hass, form, entered(quasar_house))
    assert result["reason"] == "reconfigure_successful"
    assert "password" not in quasar_ours.data
    await quasar_house.settle()


async def test_reconfigure_that_fails(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_entry: MockConfigEntry
) -> None:
    """Where nobody answers, the entry goes on as it was."""
    form = await begin(hass, quasar_entry)
    form = await configure(hass, form, entered(quasar_house, port=9))
    assert form["errors"] == {"base": "cannot_connect"}
    assert quasar_entry.state is ConfigEntryState.LOADED
    assert quasar_house.sim.writes == []


async def test_reconfigure_to_another_charger(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_entry: MockConfigEntry
) -> None:
    """Another charger is another entry."""
    async with QuasarSimulator(clock=quasar_house.sim.clock, serial=200_000) as other:
        form = await begin(hass, quasar_entry)
        result = await configure(hass, form, entered(quasar_house, port=other.port))
        assert result["reason"] == "wrong_device"
    await quasar_house.settle()
    assert quasar_entry.state is ConfigEntryState.LOADED
    assert quasar_entry.data["port"] == quasar_house.sim.port


async def test_reconfigure_of_an_entry_that_is_not_loaded(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_entry: MockConfigEntry
) -> None:
    """There is nothing to let go of, and nothing is set up that was not."""
    await hass.config_entries.async_unload(quasar_entry.entry_id)
    form = await begin(hass, quasar_entry)
    form = await configure(hass, form, entered(quasar_house, port=9))
    assert form["errors"] == {"base": "cannot_connect"}
    assert quasar_entry.state is ConfigEntryState.NOT_LOADED


async def test_reconfigure_of_an_entry_that_is_tried_again(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_entry: MockConfigEntry
) -> None:
    """Its next attempt would be a second client too."""
    hass.config_entries.async_update_entry(
        quasar_entry, data=quasar_house.data(serial="42")
    )
    quasar_house.sim.fault(Fault.OTHER_DEVICE)
    await hass.config_entries.async_reload(quasar_entry.entry_id)
    assert quasar_entry.state is ConfigEntryState.SETUP_RETRY
    quasar_house.sim.clear()
    form = await begin(hass, quasar_entry)
    result = await configure(hass, form, entered(quasar_house))
    assert result["reason"] == "reconfigure_successful"
    await quasar_house.settle()
    assert quasar_entry.state is ConfigEntryState.LOADED
