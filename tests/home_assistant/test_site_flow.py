"""Setting up a site and its members."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulators.warp import WarpSimulator

from .common import site_entry_of, told_a
from .conftest import Add, StartWarp
from .test_config_flow import configure, start_user_flow

SUPPLY = {
    "phases": "3",
    "rating": 25,
    "meter_kind": "none",
    "details": {"voltage": 230},
}
BUDGET = {"reserve": 0, "margin": 1, "timers": {}}
LIMITS = {
    "circuit": "supply",
    "phase_map": "unknown",
    "priority": 5,
    "minimum": 6,
    "maximum": 16,
    "vehicle_minimum": "ordinary",
}


async def through(
    hass: HomeAssistant, form: ConfigFlowResult, *answers: tuple[str, dict[str, Any]]
) -> ConfigFlowResult:
    """Answer one form after the other, each of which must be the expected step."""
    for step, user_input in answers:
        assert form["type"] is FlowResultType.FORM
        assert form["step_id"] == step
        form = await configure(hass, form, user_input)
    return form


async def to_the_chargers(hass: HomeAssistant, **supply: Any) -> ConfigFlowResult:
    """Begin a site and go on to the choice of its chargers."""
    return await through(
        hass,
        await start_user_flow(hass, "site"),
        ("site", {"name": "Home", **SUPPLY, **supply}),
        ("site_limits", BUDGET),
    )


async def test_site_of_all_known_chargers(
    hass: HomeAssistant, warps: list[WarpSimulator], add: Add
) -> None:
    """One form offers every charger that is known, and the last shows what would happen."""
    for warp in warps:
        await add(warp)
    keys = ["warp_AbCd", "warp_EfGh", "warp_JkLm"]
    form = await through(
        hass, await to_the_chargers(hass), ("site_chargers", {"chargers": keys})
    )
    assert form["step_id"] == "site_review"
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert placeholders["reading"] == "-"
    assert "Garage: 8.4 A" in placeholders["decision"]
    assert all(not warp.writes for warp in warps)
    result = await configure(hass, form, {"is_balancing": True})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Home"
    assert result["data"] == {
        "kind": "site",
        "phases": 3,
        "ratings": {"l1": 25, "l2": 25, "l3": 25},
        "voltage": 230,
        "meter": None,
        "reserve": 0,
        "margin": 1,
        "options": result["data"]["options"],
        "home_battery": None,
        "is_balancing": True,
    }
    assert result["data"]["options"]["rotation_s"] == 900
    subentries = result["result"].subentries.values()
    assert {item.unique_id for item in subentries} == set(keys)
    assert {item.title for item in subentries} == {"Garage", "Carport", "Driveway"}
    await hass.async_block_till_done()


async def test_site_that_watches_first(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """It decides and shows, and writes nothing until somebody switches it on."""
    result = await through(
        hass,
        await to_the_chargers(hass),
        ("site_chargers", {"chargers": ["warp_AbCd"]}),
        ("site_review", {"is_balancing": False}),
    )
    await hass.async_block_till_done()
    coordinator = result["result"].runtime_data.coordinator
    assert coordinator.data.members["warp_AbCd"].allocated_a > 0
    assert not warp.writes
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": "switch.home_balancing"}, blocking=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told_a(warp) == [25]


async def test_site_with_unequal_fuses(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """What is left empty is as the rating."""
    result = await through(
        hass,
        await to_the_chargers(hass, details={"voltage": 235, "l3": 16}),
        ("site_chargers", {"chargers": ["warp_AbCd"]}),
        ("site_review", {"is_balancing": True}),
    )
    assert result["data"]["ratings"] == {"l1": 25, "l2": 25, "l3": 16}
    assert result["data"]["voltage"] == 235
    await hass.async_block_till_done()


async def test_site_without_chargers(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """Nobody can share; the same form goes on once somebody is chosen."""
    form = await through(
        hass,
        await to_the_chargers(hass, phases="1"),
        ("site_chargers", {"chargers": []}),
    )
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"chargers": "no_chargers"}
    result = await through(
        hass,
        form,
        ("site_chargers", {"chargers": ["warp_AbCd"]}),
        ("site_review", {"is_balancing": True}),
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["ratings"] == {"l1": 25}
    await hass.async_block_till_done()


async def test_site_needs_a_charger_first(hass: HomeAssistant) -> None:
    """Without any charger the flow says what to do."""
    result = await start_user_flow(hass, "site")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_free_chargers"


async def test_site_when_a_charger_was_taken_meanwhile(
    hass: HomeAssistant, warps: list[WarpSimulator], add: Add
) -> None:
    """A charger is in one site only, also if two forms are open."""
    for warp in warps[:2]:
        await add(warp)
    form = await to_the_chargers(hass)
    site_entry_of(warps[:1]).add_to_hass(hass)
    form = await configure(hass, form, {"chargers": ["warp_AbCd"]})
    assert form["errors"] == {"chargers": "already_in_site"}
    result = await through(
        hass,
        form,
        ("site_chargers", {"chargers": ["warp_EfGh"]}),
        ("site_review", {"is_balancing": True}),
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


METER = {
    "current_l1": "sensor.l1",
    "current_l2": "sensor.l2",
    "current_l3": "sensor.l3",
}


async def test_site_with_a_meter(
    hass: HomeAssistant, warps: list[WarpSimulator], warp_entry: MockConfigEntry
) -> None:
    """The last form shows what the meter reads, with its age, and what that leaves."""
    for name, current in (("l1", 4), ("l2", 5), ("l3", 6)):
        hass.states.async_set(
            f"sensor.{name}", str(current), {"unit_of_measurement": "A"}
        )
    form = await through(
        hass,
        await start_user_flow(hass, "site"),
        ("site", {"name": "Home", **SUPPLY, "meter_kind": "currents"}),
        ("site_meter", {**METER, "inverted": False}),
        ("site_limits", {**BUDGET, "fail_safe": 8, "default_target": 20}),
        ("site_chargers", {"chargers": ["warp_AbCd"]}),
    )
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert placeholders["reading"].startswith("L1 4.0 A (0 s), L2 5.0 A")
    result = await configure(hass, form, {"is_balancing": True})
    data = result["data"]
    assert data["meter"] == {
        "kind": "currents",
        "inverted": False,
        "entities": {key: {"current": f"sensor.{key}"} for key in ("l1", "l2", "l3")},
    }
    assert data["fail_safe"] == 8
    assert data["default_target"] == 20
    await hass.async_block_till_done()
    config = result["result"].runtime_data.coordinator.config
    assert config.circuits[0].has_meter
    assert config.circuits[0].fail_safe_a == (8, 8, 8)
    assert config.default_target_a == (20, 20, 20)


async def test_reconfigure_site(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """A new rating is applied at once, without a reload; what is emptied is gone."""
    runtime = site_entry.runtime_data
    result = await through(
        hass,
        await site_entry.start_reconfigure_flow(hass),
        ("reconfigure_site", {**SUPPLY, "rating": 20}),
        ("site_limits", {**BUDGET, "default_target": 18}),
        ("site_review", {}),
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert site_entry.data["ratings"] == {"l1": 20, "l2": 20, "l3": 20}
    assert site_entry.runtime_data is runtime
    allocated = runtime.coordinator.data.allocated_a
    assert max(allocated) == pytest.approx(18)
    await through(
        hass,
        await site_entry.start_reconfigure_flow(hass),
        ("reconfigure_site", {**SUPPLY, "rating": 20}),
        ("site_limits", BUDGET),
        ("site_review", {}),
    )
    assert "default_target" not in site_entry.data


async def test_reconfigure_the_meter(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """A meter can be given, turned around, exchanged for another kind, and taken away."""
    powers = {key.replace("current", "power"): item for key, item in METER.items()}
    for kind, fields, inverted in (
        ("currents", METER, False),
        ("currents", METER, True),
        ("powers", powers, True),
    ):
        await through(
            hass,
            await site_entry.start_reconfigure_flow(hass),
            ("reconfigure_site", {**SUPPLY, "meter_kind": kind}),
            ("site_meter", {**fields, "inverted": inverted}),
            ("site_limits", BUDGET),
            ("site_review", {}),
        )
        await hass.async_block_till_done()
        assert site_entry.data["meter"]["kind"] == kind
        assert site_entry.data["meter"]["inverted"] is inverted
    await through(
        hass,
        await site_entry.start_reconfigure_flow(hass),
        ("reconfigure_site", SUPPLY),
        ("site_limits", BUDGET),
        ("site_review", {}),
    )
    await hass.async_block_till_done()
    assert site_entry.data["meter"] is None


async def start_member_flow(
    hass: HomeAssistant, entry: MockConfigEntry
) -> SubentryFlowResult:
    """Begin to add a member."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "charger"), context={"source": "user"}
    )


async def answer(
    hass: HomeAssistant,
    form: ConfigFlowResult | SubentryFlowResult,
    user_input: dict[str, Any],
) -> SubentryFlowResult:
    """Answer a form of a member."""
    return await hass.config_entries.subentries.async_configure(
        form["flow_id"], user_input
    )


async def test_add_a_member(
    hass: HomeAssistant,
    site_entry: MockConfigEntry,
    start_warp: StartWarp,
    add: Add,
) -> None:
    """A charger that came later is added to the running site."""
    late = await start_warp(uid="NpQr", display_name="Yard")
    await add(late)
    runtime = site_entry.runtime_data
    form = await start_member_flow(hass, site_entry)
    assert form["step_id"] == "user"
    result = await answer(hass, form, {"charger": "warp_NpQr", **LIMITS})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert site_entry.runtime_data is runtime
    assert "warp_NpQr" in runtime.coordinator.data.members
    assert hass.states.get("sensor.yard_at_home_reason") is not None


@pytest.mark.parametrize(
    ("limits", "errors"),
    [
        ({"minimum": 6, "maximum": 32.0}, {"maximum": "above_charger_maximum"}),
        ({"minimum": 16, "maximum": 10}, {"maximum": "maximum_below_minimum"}),
    ],
)
async def test_add_a_member_with_wrong_limits(
    hass: HomeAssistant,
    site_entry: MockConfigEntry,
    start_warp: StartWarp,
    add: Add,
    limits: dict[str, float],
    errors: dict[str, str],
) -> None:
    """What the charger cannot do is said, and the same form goes on."""
    late = await start_warp(uid="NpQr", display_name="Yard", outgoing_cable_ma=20000)
    await add(late)
    form = await start_member_flow(hass, site_entry)
    form = await answer(hass, form, {"charger": "warp_NpQr", **LIMITS, **limits})
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == errors
    result = await answer(hass, form, {"charger": "warp_NpQr", **LIMITS})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_no_charger_left_to_add(
    hass: HomeAssistant, site_entry: MockConfigEntry
) -> None:
    """All are in the site already."""
    result = await start_member_flow(hass, site_entry)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_free_chargers"


async def test_add_a_member_that_was_taken_meanwhile(
    hass: HomeAssistant,
    site_entry: MockConfigEntry,
    start_warp: StartWarp,
    add: Add,
) -> None:
    """A charger is in one site only, also if two forms are open."""
    late = [await start_warp(uid=uid, display_name=uid) for uid in ("NpQr", "StUv")]
    for warp in late:
        await add(warp)
    form = await start_member_flow(hass, site_entry)
    site_entry_of(late[:1]).add_to_hass(hass)
    form = await answer(hass, form, {"charger": "warp_NpQr", **LIMITS})
    assert form["errors"] == {"charger": "already_in_site"}
    result = await answer(hass, form, {"charger": "warp_StUv", **LIMITS})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_reconfigure_a_member(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """Its limits are applied at once; wrong ones are said first."""
    begun = await site_entry.start_subentry_reconfigure_flow(hass, "member_AbCd")
    assert begun["step_id"] == "reconfigure"
    form = await answer(hass, begun, {**LIMITS, "minimum": 20, "maximum": 10})
    assert form["errors"] == {"maximum": "maximum_below_minimum"}
    result = await answer(hass, form, {**LIMITS, "maximum": 8})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    members = site_entry.runtime_data.coordinator.data.members
    assert members["warp_AbCd"].allocated_a == 8


async def test_members_belong_to_sites_only(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """A charger entry offers none."""
    assert warp_entry.supported_subentry_types == {}
