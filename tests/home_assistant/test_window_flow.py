"""Adding windows to a site, changing and losing them."""

from datetime import time
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.balancer.modes import Intent, Mode
from custom_components.busbar.balancer.windows import EVERY_DAY, Window
from custom_components.busbar.site.config import site_windows

from .quasar_house import QuasarHouse
from .test_circuit_flow import add_circuit, move
from .test_site_flow import METER, answer

WINDOW = {
    "name": "Cheap night",
    "start": "02:00:00",
    "end": "05:00:00",
    "mode": "charge",
}


async def start_window(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Return the form of a new window."""
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "window"), context={"source": "user"}
    )
    assert form["step_id"] == "user"
    return form


async def add_window(
    hass: HomeAssistant, entry: MockConfigEntry, **changes: Any
) -> tuple[SubentryFlowResult, str]:
    """Add a window and return the flow's end and its id."""
    known = set(entry.subentries)
    result = await answer(hass, await start_window(hass, entry), {**WINDOW, **changes})
    await hass.async_block_till_done()
    (added,) = set(entry.subentries) - known or {""}
    return result, added


@pytest.fixture
async def quasar_site(
    hass: HomeAssistant, quasar_house: QuasarHouse, quasar_ours: MockConfigEntry
) -> MockConfigEntry:
    """Return a site with a charger that can discharge, and no meter."""
    entry = MockConfigEntry(
        domain="busbar",
        title="Home",
        data={
            "kind": "site",
            "phases": 1,
            "ratings": {"l1": 40.0},
            "voltage": 230.0,
        },
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await quasar_house.settle()
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "charger"), context={"source": "user"}
    )
    await answer(hass, form, {"charger": "quasar_100000", "minimum": 6, "maximum": 32})
    await quasar_house.settle()
    return entry


async def test_add_a_window(hass: HomeAssistant, site_entry: MockConfigEntry) -> None:
    """It needs a name, times and a mode; everything else means all."""
    runtime = site_entry.runtime_data
    result, window = await add_window(hass, site_entry)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert site_entry.subentries[window].title == "Cheap night"
    assert site_windows(site_entry) == (
        Window(
            key=window,
            members=None,
            weekdays=EVERY_DAY,
            start=time(2),
            end=time(5),
            intent=Intent(mode=Mode.CHARGE),
        ),
    )
    assert site_entry.runtime_data is runtime
    assert runtime.coordinator.plan.windows == site_windows(site_entry)


async def test_a_window_with_everything(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Each field arrives where the balancer reads it."""
    _, window = await add_window(
        hass,
        site_entry,
        members=["warp_AbCd", "warp_JkLm"],
        weekdays=["sat", "sun"],
        start="22:30:00",
        end="06:15:00",
        mode="fixed",
        current=10,
        soc_at_least=20,
        soc_at_most=80,
        order=5,
    )
    assert site_windows(site_entry) == (
        Window(
            key=window,
            members=frozenset({"warp_AbCd", "warp_JkLm"}),
            weekdays=frozenset({5, 6}),
            start=time(22, 30),
            end=time(6, 15),
            intent=Intent(mode=Mode.FIXED, current_a=10),
            soc_at_least=20,
            soc_at_most=80,
        ),
    )


async def test_order_is_by_place_then_by_name(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """A new one goes behind the others unless it is told its place."""
    for name, place in (
        ("b", {}),
        ("d", {}),
        ("c", {"order": 10}),
        ("a", {"order": 11}),
    ):
        await add_window(hass, site_entry, name=name, **place)
    titles = [
        site_entry.subentries[window.key].title for window in site_windows(site_entry)
    ]
    assert titles == ["b", "c", "a", "d"]


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"weekdays": []}, {"weekdays": "no_weekdays"}),
        (
            {"soc_at_least": 60, "soc_at_most": 40},
            {"soc_at_most": "soc_bounds_crossed"},
        ),
        (
            {"soc_at_most": 0, "soc_unknown": True},
            {"soc_unknown": "soc_unknown_and_bounds"},
        ),
        (
            {"soc_at_least": 0, "soc_unknown": True},
            {"soc_unknown": "soc_unknown_and_bounds"},
        ),
        ({"mode": "discharge"}, {"mode": "mode_not_possible"}),
        ({"mode": "solar"}, {"mode": "mode_not_possible"}),
        ({"mode": "fixed"}, {"current": "current_missing"}),
        ({"mode": "fixed", "current": -10}, {"current": "current_wrong_direction"}),
        ({"mode": "fixed", "current": 0}, {"current": "current_below_minimum"}),
        ({"current": 5.9}, {"current": "current_below_minimum"}),
        ({"current": 32.1}, {"current": "current_above_maximum"}),
        ({"current": 0}, {"current": "current_not_positive"}),
        ({"mode": "off", "current": 10}, {"current": "current_without_use"}),
    ],
)
async def test_what_is_wrong_is_said(
    hass: HomeAssistant,
    site_entry: MockConfigEntry,
    changes: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """The same form goes on, and takes what was corrected."""
    form, _ = await add_window(hass, site_entry, **changes)
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == errors
    result = await answer(hass, form, WINDOW)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("current", [6, 32])
async def test_the_ends_of_the_range_fit(
    hass: HomeAssistant, site_entry: MockConfigEntry, current: float
) -> None:
    """What a charger can be set to can be asked for."""
    result, _ = await add_window(hass, site_entry, current=current)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_meter_on_the_way_to_the_supply_is_enough(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Following is possible for the charger behind it, and so for windows that it belongs to."""
    meter, _ = await add_circuit(hass, site_entry, meter_kind="currents")
    await answer(hass, meter, {**METER, "inverted": False})
    (upper,) = (
        key
        for key, item in site_entry.subentries.items()
        if item.subentry_type == "circuit"
    )
    _, lower = await add_circuit(hass, site_entry, name="Bikes", parent=upper)
    await move(hass, site_entry, "member_AbCd", lower)
    form, _ = await add_window(
        hass, site_entry, mode="solar", members=["warp_EfGh", "warp_JkLm"]
    )
    assert form["errors"] == {"mode": "mode_not_possible"}
    result, _ = await add_window(
        hass, site_entry, mode="solar", members=["warp_AbCd", "warp_JkLm"]
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_charger_that_is_not_loaded_may_be_able(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Nothing is known of it, so nothing is held against the window."""
    (garage,) = (
        entry
        for entry in hass.config_entries.async_entries("busbar")
        if entry.unique_id == "warp_AbCd"
    )
    await hass.config_entries.async_unload(garage.entry_id)
    for changes in ({"mode": "discharge"}, {"mode": "fixed", "current": -3}):
        result, _ = await add_window(hass, site_entry, **changes)
        assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_windows_before_chargers(hass: HomeAssistant) -> None:
    """A site whose chargers are yet to come can be planned for."""
    entry = MockConfigEntry(
        domain="busbar",
        title="Home",
        data={
            "kind": "site",
            "phases": 1,
            "ratings": {"l1": 40.0},
            "voltage": 230.0,
        },
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    result, _ = await add_window(hass, entry, mode="fixed", current=-10)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"mode": "discharge"}, None),
        ({"mode": "discharge", "current": 3}, None),
        ({"mode": "discharge", "current": 2.9}, {"current": "current_below_minimum"}),
        ({"mode": "fixed", "current": -32}, None),
        ({"mode": "fixed", "current": -33}, {"current": "current_above_maximum"}),
        ({"mode": "fixed", "current": 3}, None),
        ({"mode": "house"}, {"mode": "mode_not_possible"}),
    ],
)
async def test_a_charger_that_can_discharge(
    hass: HomeAssistant,
    quasar_site: MockConfigEntry,
    changes: dict[str, Any],
    errors: dict[str, str] | None,
) -> None:
    """It has both directions, each with its own range; following still needs a meter."""
    result, _ = await add_window(hass, quasar_site, **changes)
    assert result.get("errors") == errors


async def test_change_a_window(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """The form shows what it has; what is emptied is gone, and the site is not set up again."""
    runtime = site_entry.runtime_data
    _, window = await add_window(
        hass, site_entry, members=["warp_EfGh"], current=10, soc_at_most=80
    )
    form = await site_entry.start_subentry_reconfigure_flow(hass, window)
    schema = form["data_schema"]
    assert schema is not None
    shown = {
        str(key): (key.description or {}).get("suggested_value")
        for key in schema.schema
    }
    assert shown == {
        "name": "Cheap night",
        "members": ["warp_EfGh"],
        "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "start": "02:00:00",
        "end": "05:00:00",
        "mode": "charge",
        "current": 10,
        "soc_at_least": None,
        "soc_at_most": 80,
        "soc_unknown": False,
        "order": 10,
    }
    again = await answer(hass, form, {**WINDOW, "weekdays": []})
    assert again["errors"] == {"weekdays": "no_weekdays"}
    result = await answer(
        hass, again, {**WINDOW, "name": "Very cheap", "end": "04:00:00", "order": 10}
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert site_entry.runtime_data is runtime
    (changed,) = runtime.coordinator.plan.windows
    assert changed.end == time(4)
    assert changed.members is changed.soc_at_most is changed.intent.current_a is None
    state = hass.states.get("switch.home_cheap_night")
    assert state is not None
    assert state.name == "Home Very cheap"
    assert state.attributes["end"] == "04:00"


async def test_a_window_whose_chargers_left(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """It is for nobody then, and a look at its form does not make it one for all."""
    _, window = await add_window(hass, site_entry, members=["warp_AbCd"])
    hass.config_entries.async_remove_subentry(site_entry, "member_AbCd")
    await hass.async_block_till_done()
    form = await site_entry.start_subentry_reconfigure_flow(hass, window)
    assert form["errors"] == {"members": "members_gone"}
    result = await answer(hass, form, {**WINDOW, "members": ["warp_EfGh"]})
    assert result["reason"] == "reconfigure_successful"
    assert site_windows(site_entry)[0].members == {"warp_EfGh"}


async def test_delete_a_window(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """Its switch goes with it; the others stay."""
    _, first = await add_window(hass, site_entry)
    await add_window(hass, site_entry, name="Evening")
    await site_entry.runtime_data.coordinator.plan.async_set_enabled(first, on=False)
    hass.config_entries.async_remove_subentry(site_entry, first)
    await hass.async_block_till_done()
    assert hass.states.get("switch.home_cheap_night") is None
    assert er.async_get(hass).async_get("switch.home_cheap_night") is None
    assert hass.states.get("switch.home_evening") is not None
    (left,) = site_entry.runtime_data.coordinator.plan.windows
    assert left.enabled
    assert site_entry.runtime_data.coordinator.plan.window(first) is None


async def test_deleted_while_the_site_was_not_loaded(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """The switch is gone after the next start."""
    _, window = await add_window(hass, site_entry)
    await hass.config_entries.async_unload(site_entry.entry_id)
    hass.config_entries.async_remove_subentry(site_entry, window)
    await hass.async_block_till_done()
    assert er.async_get(hass).async_get("switch.home_cheap_night") is not None
    await hass.config_entries.async_setup(site_entry.entry_id)
    await hass.async_block_till_done()
    assert er.async_get(hass).async_get("switch.home_cheap_night") is None
