"""Everything that controllers of V2G chargers log is recorded, and arrives in InfluxDB by Home Assistant's own integration."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.balancer.decision import SetPoint
from custom_components.busbar.const import DOMAIN
from custom_components.busbar.sensor import ChargerSensor

from .acting import state_with
from .common import entity_id
from .influx_receiver import InfluxReceiver, Point, parse_line
from .quasar_house import KEY as QUASAR, QuasarHouse
from .shelly_house import KEY as SHELLY, AddShelly, StartShelly

PAGE: Final = Path(__file__).parents[2] / "docs" / "recording.md"
MEMBER: Final = "member_quasar"

FIELDS: Final = {
    "grid": (f"{SHELLY}_grid_power", "W"),
    "grid_pf": (f"{SHELLY}_grid_power_factor", None),
    "solar": (f"{SHELLY}_solar_power", "W"),
    "solar_pf": (f"{SHELLY}_solar_power_factor", None),
    "evse": (f"{QUASAR}_power", "W"),
    "voltage": (f"{SHELLY}_grid_voltage_l1", "V"),
    "evseTargetCurrent": (f"{MEMBER}_set_point", "A"),
    "evseDesiredCurrent": (f"{MEMBER}_wanted_current", "A"),
    "batteryChargeLevel": (f"{QUASAR}_state_of_charge", "%"),
    "ac_power": (f"{QUASAR}_power", "W"),
    "ac_voltage": (f"{QUASAR}_voltage_l1", "V"),
    "ac_current": (f"{QUASAR}_current_l1", "A"),
    "dc_voltage": (f"{QUASAR}_dc_voltage", "V"),
    "dc_current": (f"{QUASAR}_dc_current", "A"),
    "dc_power": (f"{QUASAR}_dc_power", "W"),
    "efficiency": (f"{QUASAR}_efficiency", "%"),
}
"""Unique id and unit of the entity behind each field."""


def _block(opening: str) -> str:
    """Return the block of the page that begins with a line."""
    blocks = re.findall(
        r"^```yaml\n(.*?)^```",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    (found,) = (block for block in blocks if block.startswith(opening))
    return str(found)


@pytest.fixture
def hass_config_yaml() -> str:
    """Return the configuration as a person copies it from the page."""
    return _block("influxdb:")


@pytest.fixture
async def receiver(socket_enabled: None) -> AsyncIterator[InfluxReceiver]:
    """Return the server that is written to."""
    receiver = InfluxReceiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


async def add_influxdb(
    hass: HomeAssistant, receiver: InfluxReceiver, **changes: Any
) -> Any:
    """Add Home Assistant's integration as a person does, and return the end of the flow."""
    menu = await hass.config_entries.flow.async_init(
        "influxdb", context={"source": "user"}
    )
    form = await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": "configure_v2"}
    )
    return await hass.config_entries.flow.async_configure(
        form["flow_id"],
        {
            "url": receiver.url,
            "verify_ssl": False,
            "organization": receiver.organization,
            "bucket": receiver.bucket,
            "token": receiver.token,
            **changes,
        },
    )


@pytest.fixture
async def influxdb(
    hass: HomeAssistant, receiver: InfluxReceiver, mock_hass_config_yaml: None
) -> ConfigEntry:
    """Return the entry of Home Assistant's integration, with the configuration of the page."""
    result = await add_influxdb(hass, receiver)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    entry: ConfigEntry = result["result"]
    return entry


async def written(
    hass: HomeAssistant, receiver: InfluxReceiver, influxdb: ConfigEntry
) -> list[Point]:
    """Return all that was written; the thread of the integration writes what it has before it ends."""
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(influxdb.entry_id)
    assert not receiver.refused
    return receiver.points


async def add_site(hass: HomeAssistant) -> MockConfigEntry:
    """Add a site whose one member is the Quasar."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        data={"kind": "site", "phases": 1, "ratings": {"l1": 40.0}, "voltage": 230.0},
        subentries_data=[
            ConfigSubentryDataWithId(
                data={"charger": QUASAR, "minimum": 3.0, "maximum": 32.0},
                subentry_id=MEMBER,
                subentry_type="charger",
                title="Wallbox Quasar",
                unique_id=QUASAR,
            )
        ],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


def decide(entry: MockConfigEntry, **changes: Any) -> None:
    """Let the site come to a decision about its member."""
    coordinator = entry.runtime_data.coordinator
    members = dict(coordinator.data.members)
    members[QUASAR] = replace(members[QUASAR], **changes)
    coordinator.async_set_updated_data(replace(coordinator.data, members=members))


@pytest.mark.usefixtures("all_entities_enabled")
async def test_everything_arrives_in_influxdb(
    hass: HomeAssistant,
    receiver: InfluxReceiver,
    influxdb: ConfigEntry,
    start_shelly: StartShelly,
    add_shelly: AddShelly,
    quasar_house: QuasarHouse,
    quasar_ours: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each field of the page is a sensor with a state class, and its state is the value of a point."""
    # The gap between two states goes by the clock of the loop, which no test moves here.
    monkeypatch.setattr(ChargerSensor, "_is_news", lambda sensor, value: True)
    await add_shelly(await start_shelly())
    site = await add_site(hass)
    # Its own steps would come in between.
    coordinator = site.runtime_data.coordinator
    monkeypatch.setattr(coordinator, "_step", lambda: coordinator.data)
    (charger,) = quasar_ours.runtime_data.connection.chargers.values()
    await charger.set_current(10.0)
    await quasar_house.pass_time(40)
    set_point = SetPoint(current_a=-9.0, phases=1, ends_at=0.0, falls_to_a=-9.0)
    decide(site, asked_a=-12.0, set_point=set_point)
    states = {
        name: state_with(hass, "sensor", unique_id)
        for name, (unique_id, _) in FIELDS.items()
    }
    points = await written(hass, receiver, influxdb)
    for name, (unique_id, unit) in FIELDS.items():
        state = states[name]
        assert state.attributes["state_class"] == "measurement", name
        _, _, object_id = entity_id(hass, "sensor", unique_id).partition(".")
        own = [point for point in points if point.tags["entity_id"] == object_id]
        assert {"value": float(state.state)} in [point.fields for point in own], name
        for point in own:
            assert point.measurement == "busbar"
            assert point.tags == {
                "domain": "sensor",
                "entity_id": object_id,
                "friendly_name": state.name,
                **({"unit_of_measurement": unit} if unit else {}),
            }
    values = {name: float(state.state) for name, state in states.items()}
    assert values["grid"] == 690
    assert values["solar"] == 1150
    assert (values["evseDesiredCurrent"], values["evseTargetCurrent"]) == (-12, -9)
    assert values["batteryChargeLevel"] >= 50
    assert values["evse"] > 2000
    assert 0 < values["efficiency"] < 100


async def test_only_what_the_page_names_is_written(
    hass: HomeAssistant, receiver: InfluxReceiver, influxdb: ConfigEntry
) -> None:
    """The globs of the page keep everything else out; words are written as words."""
    name = 'My, "Quasar" = 1'
    hass.states.async_set("sensor.garden_temperature", "12.5")
    hass.states.async_set(
        "sensor.wallbox_quasar_status", "charging", {"friendly_name": name}
    )
    (point,) = await written(hass, receiver, influxdb)
    assert point.tags == {
        "domain": "sensor",
        "entity_id": "wallbox_quasar_status",
        "friendly_name": name,
    }
    assert point.fields == {"state": "charging"}
    assert not [issue for issue in ir.async_get(hass).issues if issue[0] == "influxdb"]


async def test_the_receiver_refuses_a_wrong_token(
    hass: HomeAssistant, receiver: InfluxReceiver
) -> None:
    """It is no server that takes anything."""
    form = await add_influxdb(hass, receiver, token="another")
    assert form["type"] is FlowResultType.FORM
    form = await add_influxdb(hass, receiver, bucket="another")
    assert form["type"] is FlowResultType.FORM
    assert not receiver.points


@pytest.mark.parametrize(
    "line",
    [
        "busbar",
        "busbar 1",
        "busbar value=1",
        "busbar value= 1",
        "busbar value=NaN 1",
        "busbar,unit= value=1 1",
        ",unit=A value=1 1",
        'busbar value="open 1',
        "busbar value=1 soon",
    ],
)
def test_the_receiver_refuses_what_is_no_line(line: str) -> None:
    """What an InfluxDB would not take, it does not take either."""
    with pytest.raises(ValueError):  # which words it uses is all one
        parse_line(line)


def test_the_page_names_the_fields() -> None:
    """The table of the page is the table of the test."""
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(FIELDS)
