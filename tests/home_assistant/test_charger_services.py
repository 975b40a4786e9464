"""The actions on chargers: power limits and schedules, over the wire."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from custom_components.busbar.steering.setpoint import SiteAllocation, Wish
from simulators.easee import FIRST, LONE, SECOND, plug_in
from simulators.warp import WarpSimulator
from simulators.world import CarSpec

from .acting import KEY, coordinator_of
from .common import told_a
from .easee_house import CHARGER, CIRCUIT, GRID, LEFT, SHARED, EaseeHouse

WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


def device_id(hass: HomeAssistant, key: str) -> str:
    """Return the device with an identifier of ours."""
    registry = dr.async_get(hass)
    for entry in hass.config_entries.async_entries(DOMAIN):
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
            if (DOMAIN, key) in device.identifiers:
                return device.id
    raise AssertionError(key)


async def ask(
    hass: HomeAssistant, action: str, key: str, **data: Any
) -> Mapping[str, Any]:
    """Call an action on a device and return its answer."""
    answer = await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": device_id(hass, key), **data},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    return answer


async def refused(
    hass: HomeAssistant, action: str, key: str, **data: Any
) -> HomeAssistantError:
    """Call an action that must be refused, and return its error."""
    with pytest.raises(ServiceValidationError) as raised:
        await ask(hass, action, key, **data)
    assert raised.value.translation_domain == DOMAIN
    return raised.value


# --- Power -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [CHARGER, CIRCUIT])
@pytest.mark.parametrize(
    ("power", "currents", "phases", "reason"),
    [
        (3000, (13, 0, 0), 1, "one_phase"),
        (3680, (16, 0, 0), 1, "one_phase"),
        (4000, (16, 0, 0), 1, "held_on_one_phase"),
        ("7000", (10, 10, 10), 3, "three_phases"),
        (50000, (16, 16, 16), 3, "at_maximum"),
        (1000, (0, 0, 0), 0, "below_minimum"),
    ],
)
async def test_power_limit(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
    key: str,
    power: object,
    currents: tuple[float, float, float],
    phases: int,
    reason: str,
) -> None:
    """What the answer says is what the circuit is limited to, with literal zeros."""
    plug_in(easee_house.cloud, LONE)
    await easee_house.pass_time(2)
    answer = await ask(hass, "set_power_limit", key, power=power)
    assert answer["current"] == dict(zip(("l1", "l2", "l3"), currents, strict=True))
    assert answer["phases"] == phases
    assert answer["reason"] == reason
    assert answer["power"] == pytest.approx(phases * 230 * max(currents))
    assert answer["site"] is None
    await easee_house.pass_time(3)
    assert easee_house.cloud.circuits[501].dynamic_a == currents
    assert easee_house.cloud.persistent_writes == []


async def test_power_limit_that_adds_phases(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """The current goes down before the phases come on: never more than either limit."""
    await ask(hass, "set_power_limit", CHARGER, power=3680)
    await easee_house.pass_time(3)
    await ask(hass, "set_power_limit", CHARGER, power=5000)
    await easee_house.pass_time(3)
    written = [
        tuple(body[f"phase{phase}"] for phase in (1, 2, 3))
        for body in easee_house.written("dynamicCurrent")
    ]
    assert written[-2:] == [(7, 0, 0), (7, 7, 7)]


@pytest.mark.parametrize("before", [(), (2000,), (7000, 2000)])
async def test_power_limit_after_zero(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
    before: tuple[int, ...],
) -> None:
    """One phase stays one phase although all of them were at zero."""
    plug_in(easee_house.cloud, LONE, CarSpec(phases=3, maximum_a=16))
    await easee_house.pass_time(3)
    for power in (*before, 0):
        await ask(hass, "set_power_limit", CHARGER, power=power)
        await easee_house.pass_time(3)
    answer = await ask(hass, "set_power_limit", CHARGER, power=2000)
    assert answer["current"] == {"l1": 8, "l2": 0, "l3": 0}
    await easee_house.pass_time(30)
    assert easee_house.cloud.chargers[LONE].drawn_a == (8, 0, 0)


async def test_power_limit_with_a_second_car_on_the_circuit(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """Phases are not switched: it would concern the other vehicle."""
    for charger in (FIRST, SECOND):
        plug_in(easee_house.cloud, charger)
    await easee_house.pass_time(2)
    answer = await ask(hass, "set_power_limit", SHARED, power=3000)
    assert answer["current"] == {"l1": 0, "l2": 0, "l3": 0}
    assert answer["reason"] == "switch_not_allowed"
    answer = await ask(hass, "set_power_limit", LEFT, power=5000)
    assert answer["current"] == {"l1": 7, "l2": 7, "l3": 7}
    assert coordinator_of(easee_entry, LEFT).hand.wish == Wish(current_limit_a=7)


async def test_power_limit_without_neutral(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """On such a grid nothing is switched, and three phases carry the square root of three."""
    easee_house.cloud.chargers[LONE].grid_type = 4
    await easee_house.pass_time(2)
    for key in (CHARGER, CIRCUIT):
        answer = await ask(hass, "set_power_limit", key, power=4000)
        assert answer["current"] == {"l1": 10, "l2": 10, "l3": 10}
        assert answer["phases"] == 3
        assert answer["power"] == pytest.approx(3983.7)


@pytest.mark.parametrize("key", [CHARGER, CIRCUIT])
@pytest.mark.parametrize(
    ("phase_mode", "grid_type", "power", "currents"),
    [
        (1, 1, 2000, (8, 8, 8)),
        (1, 1, 5000, (16, 16, 16)),
        (2, 3, 2000, (8, 0, 0)),
        (2, 3, 7000, (16, 0, 0)),
    ],
)
async def test_power_limit_of_a_charger_on_one_phase(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
    key: str,
    phase_mode: int,
    grid_type: int,
    power: float,
    currents: tuple[float, float, float],
) -> None:
    """Locked or wired to one phase, its circuit answers what it answers itself."""
    charger = easee_house.cloud.chargers[LONE]
    charger.settings.phaseMode = phase_mode
    charger.grid_type = grid_type
    charger.wired_phases = 3 if grid_type == 1 else 1
    await easee_house.pass_time(3)
    answer = await ask(hass, "set_power_limit", key, power=power)
    assert tuple(answer["current"].values()) == currents
    assert answer["phases"] == 1
    await easee_house.pass_time(3)
    assert easee_house.cloud.circuits[501].dynamic_a == currents


async def test_power_limit_of_a_member_is_a_wish(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """It caps what the site gives, and does not write past it."""
    hand = coordinator_of(warp_entry).hand
    hand.allocate(
        SiteAllocation(current_a=8, ends_at=float("inf"), falls_to_a=6), write=False
    )
    answer = await ask(hass, "set_power_limit", KEY, power=11000)
    assert answer["phases"] == 3
    assert hand.wish.current_limit_a == 15.9
    assert told_a(warp) == []
    hand.withdraw_allocation()


@pytest.mark.parametrize("power", ["much", None, -1, "nan"])
async def test_power_that_is_none(
    hass: HomeAssistant, warp_entry: MockConfigEntry, power: object
) -> None:
    """It is said in the words of the person."""
    error = await refused(hass, "set_power_limit", KEY, power=power)
    assert error.translation_key == "not_watts"
    assert error.translation_placeholders == {"field": "power", "value": str(power)}


async def test_power_limit_of_what_has_none(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """A meter, a device of somebody else, nothing at all."""
    error = await refused(hass, "set_power_limit", GRID, power=1000)
    assert error.translation_key == "no_settable_current"
    other = dr.async_get(hass).async_get_or_create(
        config_entry_id=easee_entry.entry_id, identifiers={("other", CHARGER)}
    )
    for device in (other.id, "nobody"):
        error = await refused(
            hass, "set_power_limit", CHARGER, device_id=device, power=1
        )
        assert error.translation_key == "not_a_charger"


async def test_power_limit_that_fails(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """The action fails, and the wish is not kept."""
    easee_house.cloud.fault("dynamicCurrent", status=503)
    with pytest.raises(HomeAssistantError) as raised:
        await ask(hass, "set_power_limit", CHARGER, power=3000)
    assert raised.value.translation_key == "connection_failed"
    assert coordinator_of(easee_entry, CHARGER).hand.wish == Wish()


# --- Schedules ---------------------------------------------------------------------------


async def test_schedule(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """Slots are written whole, and the others keep what they have."""
    await easee_house.pass_time(90, 30)
    answer = await ask(hass, "get_schedule", CHARGER)
    assert answer["name"] == "Carport"
    assert answer["keys"][:2] == ["daily", "weekly_1"]
    assert answer["slots"] == []
    night = {"start": "22:30", "end": time(6), "weekdays": WORKDAYS, "current": "16"}
    await ask(hass, "set_schedule", CHARGER, slot="weekly_1", **night)
    await easee_house.pass_time(2)
    await ask(
        hass, "set_schedule", CHARGER, slot="weekly_2", start="08:00", end="10:00:00"
    )
    await easee_house.pass_time(2)
    first, second = (await ask(hass, "get_schedule", CHARGER))["slots"]
    assert first == {
        "slot": "weekly_1",
        "name": None,
        "start": "22:30:00",
        "end": "06:00:00",
        "weekdays": WORKDAYS,
        "enabled": True,
        "current": 16.0,
    }
    assert len(second["weekdays"]) == 7
    changed = await ask(
        hass, "set_schedule", CHARGER, slot="weekly_1", end="05:00", weekdays="sun"
    )
    await easee_house.pass_time(2)
    answer = await ask(hass, "get_schedule", CHARGER)
    assert answer == changed
    assert answer["slots"] == [
        {**first, "end": "05:00:00", "weekdays": ["sun"]},
        second,
    ]
    paths = {write.path for write in easee_house.cloud.writes}
    assert paths == {"/api/chargers/EH000001/schedules/weekly"}


async def test_schedule_is_switched_off(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """Only what is named changes; a current of its own stays, and can be changed."""
    await easee_house.pass_time(90, 30)
    daily = {"slot": "daily", "start": "01:00", "end": "05:00", "current": 10}
    await ask(hass, "set_schedule", CHARGER, **daily)
    await easee_house.pass_time(2)
    answer = await ask(hass, "set_schedule", CHARGER, slot="daily", enabled=False)
    (slot,) = answer["slots"]
    assert (slot["enabled"], slot["current"]) == (False, 10.0)
    await easee_house.pass_time(2)
    answer = await ask(hass, "set_schedule", CHARGER, slot="daily", current=12)
    (slot,) = answer["slots"]
    assert (slot["enabled"], slot["current"]) == (False, 12.0)


@pytest.mark.parametrize(
    ("data", "key", "placeholders"),
    [
        (
            {"slot": "monthly"},
            "unknown_slot",
            {
                "device": "Carport",
                "slot": "monthly",
                "slots": "daily, weekly_1, weekly_2, weekly_3, weekly_4, weekly_5,"
                " weekly_6, weekly_7",
            },
        ),
        (
            {"slot": "daily", "start": "22:00"},
            "slot_incomplete",
            {"device": "Carport", "slot": "daily"},
        ),
        (
            {"slot": "daily", "start": "late", "end": "06:00"},
            "not_a_time",
            {"field": "start", "value": "late"},
        ),
        (
            {"slot": "daily", "start": "22:00", "end": 6},
            "not_a_time",
            {"field": "end", "value": "6"},
        ),
        (
            {"slot": "daily", "start": "22:30:15", "end": "06:00"},
            "time_has_seconds",
            {"value": "22:30:15"},
        ),
        (
            {"slot": "weekly_1", "start": "22:00", "end": "06:00", "weekdays": ["x"]},
            "not_a_weekday",
            {"value": "x", "weekdays": "mon, tue, wed, thu, fri, sat, sun"},
        ),
        (
            {"slot": "daily", "start": "22:00", "end": "06:00", "current": "lots"},
            "not_amperes",
            {"field": "current", "value": "lots"},
        ),
        (
            {"slot": "daily", "start": "22:00", "end": "06:00", "current": 500},
            "slot_current_out_of_range",
            {"device": "Carport", "current": "500", "minimum": "6", "maximum": "32"},
        ),
        (
            {"slot": "weekly_2", "start": "22:00", "end": "06:00"},
            "slot_skipped",
            {"device": "Carport", "slot": "weekly_2", "free": "weekly_1"},
        ),
    ],
)
async def test_bad_slots(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
    data: dict[str, Any],
    key: str,
    placeholders: dict[str, str],
) -> None:
    """A clear, translated error, and nothing is written."""
    await easee_house.pass_time(90, 30)
    error = await refused(hass, "set_schedule", CHARGER, **data)
    assert error.translation_key == key
    assert error.translation_placeholders == placeholders
    assert easee_house.cloud.writes == []


async def test_schedules_that_cannot_be_told(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """A device without one, and one whose slots were not read yet."""
    error = await refused(hass, "get_schedule", CIRCUIT)
    assert error.translation_key == "no_schedule"
    coordinator = coordinator_of(easee_entry, CHARGER)
    coordinator.charger.plans.slots = None  # type: ignore[attr-defined]  # what no wire shows
    await coordinator.async_refresh()
    error = await refused(hass, "get_schedule", CHARGER)
    assert error.translation_key == "schedule_unknown"
