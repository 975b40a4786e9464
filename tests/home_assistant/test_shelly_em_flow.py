"""Adding, re-authenticating and reconfiguring a Shelly energy meter, and what its clamps are around."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.busbar.chargers.errors import ConnectionFailed
from custom_components.busbar.const import DOMAIN
from custom_components.busbar.meters import shelly_em
from simulators.shelly_em import Fault, Generation, ShellyEmSimulator

from .shelly_house import GRID, KEY, ROOF, AddShelly, StartShelly, meter_data
from .test_config_flow import configure, start_user_flow

NOT_USED = {"role": "not_used", "phase": "1", "invert": False}
ON_GRID = {"role": "grid", "phase": "1", "invert": False}
ON_ROOF = {"role": "solar", "phase": "2", "invert": True}


def entered(sim: ShellyEmSimulator, **more: Any) -> dict[str, Any]:
    """Return what a person enters."""
    return {"host": f" {sim.host} ", "port": sim.port, "interval_s": 1, **more}


def suggested(form: Any) -> dict[str, Any]:
    """Return what a form of channels suggests, by section."""
    return {
        str(section): {
            str(field): (field.description or {}).get("suggested_value")
            for field in part.schema.schema
        }
        for section, part in form["data_schema"].schema.items()
    }


async def test_user(hass: HomeAssistant, start_shelly: StartShelly) -> None:
    """The first clamp is the grid unless somebody says otherwise."""
    sim = await start_shelly()
    form = await start_user_flow(hass, "shelly_em")
    form = await configure(hass, form, entered(sim))
    assert form["step_id"] == "shelly_em_channels"
    assert form["description_placeholders"] == {"name": "Shelly EM"}
    nothing = dict.fromkeys(NOT_USED)
    assert suggested(form) == {"channel_1": ON_GRID, "channel_2": nothing}
    form = await configure(hass, form, {"channel_1": NOT_USED, "channel_2": NOT_USED})
    assert form["errors"] == {"base": "no_channels"}
    result = await configure(hass, form, {"channel_1": ON_GRID, "channel_2": ON_ROOF})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Shelly EM"
    assert result["data"] == meter_data(sim)
    assert result["result"].unique_id == KEY
    await hass.async_block_till_done()


async def test_user_with_three_phases(
    hass: HomeAssistant, start_shelly: StartShelly
) -> None:
    """Three clamps are the phases of the grid."""
    sim = await start_shelly(Generation.EM)
    form = await start_user_flow(hass, "shelly_em")
    form = await configure(hass, form, entered(sim))
    clamps = suggested(form)
    assert [clamp["phase"] for clamp in clamps.values()] == ["1", "2", "3"]
    result = await configure(hass, form, clamps)
    assert [one["role"] for one in result["data"]["channels"]] == ["grid"] * 3
    await hass.async_block_till_done()


async def test_user_with_login(hass: HomeAssistant, start_shelly: StartShelly) -> None:
    """A wrong password is said, and the right one accepted in the same flow."""
    sim = await start_shelly(password="secret")
    form = await start_user_flow(hass, "shelly_em")
    for attempt in (entered(sim), entered(sim, password="wrong")):
        form = await configure(hass, form, attempt)
        assert form["errors"] == {"base": "invalid_auth"}
    form = await configure(hass, form, entered(sim, password="secret"))
    result = await configure(hass, form, {"channel_1": ON_GRID, "channel_2": ON_ROOF})
    assert result["data"] == meter_data(sim, password="secret")
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.REFUSE, "cannot_connect"),
        (Fault.INTERNAL_ERROR, "cannot_connect"),
        (Fault.NOT_A_METER, "wrong_device"),
        (Fault.NOT_A_SHELLY, "wrong_device"),
    ],
)
async def test_user_errors_and_recovery(
    hass: HomeAssistant, start_shelly: StartShelly, fault: Fault, error: str
) -> None:
    """Each failure says what it is, and the same flow goes on once it is mended."""
    sim = await start_shelly()
    sim.fault(fault)
    form = await configure(hass, await start_user_flow(hass, "shelly_em"), entered(sim))
    assert form["errors"] == {"base": error}
    sim.clear()
    form = await configure(hass, form, entered(sim))
    assert form["step_id"] == "shelly_em_channels"


async def test_lost_between_two_questions(
    hass: HomeAssistant, start_shelly: StartShelly, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It told who it is, and no more."""

    async def find_channels(*_: object, **__: object) -> None:
        raise ConnectionFailed("gone")

    sim = await start_shelly()
    monkeypatch.setattr(shelly_em, "find_channels", find_channels)
    form = await configure(hass, await start_user_flow(hass, "shelly_em"), entered(sim))
    assert form["errors"] == {"base": "cannot_connect"}


async def test_user_already_configured(
    hass: HomeAssistant, start_shelly: StartShelly, add_shelly: AddShelly
) -> None:
    """A known meter that moved gets its new address."""
    sim = await start_shelly()
    entry = await add_shelly(sim)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "host": "192.0.2.1"}
    )
    form = await start_user_flow(hass, "shelly_em")
    result = await configure(hass, form, entered(sim))
    assert result["reason"] == "already_configured"
    assert entry.data["host"] == sim.host


@pytest.mark.parametrize("generation", [Generation.GEN1, Generation.EM1])
async def test_reauth(
    hass: HomeAssistant,
    start_shelly: StartShelly,
    add_shelly: AddShelly,
    generation: Generation,
) -> None:
    """With basic and with digest login."""
    sim = await start_shelly(generation, password="secret")
    entry = await add_shelly(sim)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    form = await configure(hass, form, {"password": "wrong"})
    assert form["errors"] == {"base": "invalid_auth"}
    result = await configure(hass, form, {"password": "secret"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["channels"] == [GRID, ROOF]


async def test_reconfigure(
    hass: HomeAssistant, start_shelly: StartShelly, add_shelly: AddShelly
) -> None:
    """A clamp that was moved is another meter; the one before it goes."""
    sim = await start_shelly()
    entry = await add_shelly(sim)
    form = await entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure_shelly_em"
    form = await configure(hass, form, entered(sim))
    assert suggested(form) == {"channel_1": ON_GRID, "channel_2": ON_ROOF}
    moved = {**ON_ROOF, "role": "evse"}
    result = await configure(hass, form, {"channel_1": ON_GRID, "channel_2": moved})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert set(entry.runtime_data.coordinators) == {f"{KEY}_grid", f"{KEY}_evse"}
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {device.name for device in devices} == {
        "Shelly EM grid",
        "Shelly EM charger",
    }


async def test_reconfigure_to_another_meter(
    hass: HomeAssistant, start_shelly: StartShelly, add_shelly: AddShelly
) -> None:
    """Another meter is another entry; a silent one is refused first."""
    sim = await start_shelly()
    entry = await add_shelly(sim)
    form = await entry.start_reconfigure_flow(hass)
    sim.fault(Fault.REFUSE)
    form = await configure(hass, form, entered(sim))
    assert form["errors"] == {"base": "cannot_connect"}
    sim.clear()
    sim.fault(Fault.OTHER_DEVICE)
    result = await configure(hass, form, entered(sim))
    assert result["reason"] == "wrong_device"


async def test_reauth_of_another_meter(
    hass: HomeAssistant, start_shelly: StartShelly, add_shelly: AddShelly
) -> None:
    """Whatever answers there now, it does not take over the entry."""
    sim = await start_shelly()
    entry = await add_shelly(sim)
    sim.fault(Fault.OTHER_DEVICE)
    form = await entry.start_reauth_flow(hass)
    result = await configure(hass, form, {"password": "secret"})
    assert result["reason"] == "wrong_device"
    assert "password" not in entry.data
