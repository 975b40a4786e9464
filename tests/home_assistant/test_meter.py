"""A meter is any set of sensors, followed in its own units and rhythm."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.busbar.site.meter import MeterFollower

PHASES = ("l1", "l2", "l3")


def config(kind: str, *parts: str, inverted: bool = False) -> dict[str, Any]:
    """Return a meter whose sensors are called after part and phase."""
    return {
        "kind": kind,
        "inverted": inverted,
        "entities": {
            phase: {part: f"sensor.{part}_{phase}" for part in parts}
            for phase in PHASES
        },
    }


def report(
    hass: HomeAssistant,
    part: str,
    unit: str,
    *values: float | str,
    phases: Any = PHASES,
) -> None:
    """Have the sensors of one part report."""
    for phase, value in zip(phases, values, strict=True):
        hass.states.async_set(
            f"sensor.{part}_{phase}", str(value), {"unit_of_measurement": unit}
        )


@pytest.fixture
def reports() -> list[None]:
    """Return what was reported, one entry each."""
    return []


def follow(
    hass: HomeAssistant, meter: dict[str, Any], reports: list[None]
) -> MeterFollower:
    """Follow a meter."""
    follower = MeterFollower(
        hass, meter, voltage_v=230, on_report=lambda: reports.append(None)
    )
    follower.async_start()
    return follower


async def test_currents(hass: HomeAssistant, reports: list[None]) -> None:
    """Signed currents are what they are, whatever their unit; all are there from the start."""
    report(hass, "current", "mA", 4000, -2500, 0)
    meter = follow(hass, config("currents", "current"), reports)
    assert meter.reading is not None
    assert meter.reading.currents_a == (4, -2.5, 0)
    report(hass, "current", "A", 5, -1, 1)
    await hass.async_block_till_done()
    assert meter.reading.currents_a == (5, -1, 1)
    assert len(reports) == 3
    meter.async_stop()
    report(hass, "current", "A", 6, 6, 6)
    await hass.async_block_till_done()
    assert len(reports) == 3


@pytest.mark.parametrize(
    ("kind", "parts", "expected"),
    [
        # A P1 port: the current has no sign, the power beside it has.
        (
            "currents_and_powers",
            {"current": ("A", 4, 5, 6), "power": ("kW", 0.9, -1.1, 1.3)},
            (4, -5, 6),
        ),
        ("powers", {"power": ("W", 230, -460, 0)}, (1, -2, 0)),
        # What a power means is sharpened by the voltage, where it is told.
        (
            "powers",
            {"power": ("W", 240, -480, 0), "voltage": ("V", 240, 240, 240)},
            (1, -2, 0),
        ),
        (
            "import_and_export",
            {"import": ("W", 460, 0, 0), "export": ("W", 0, 690, 0)},
            (2, -3, 0),
        ),
    ],
)
async def test_kinds(
    hass: HomeAssistant,
    reports: list[None],
    kind: str,
    parts: dict[str, tuple[Any, ...]],
    expected: tuple[float, float, float],
) -> None:
    """Solar export never looks like load."""
    for part, (unit, *values) in parts.items():
        report(hass, part, unit, *values)
    meter = follow(hass, config(kind, *parts), reports)
    assert meter.reading is not None
    assert meter.reading.currents_a == pytest.approx(expected)
    meter.async_stop()


async def test_inverted(hass: HomeAssistant, reports: list[None]) -> None:
    """A meter that counts import as minus is turned around."""
    report(hass, "current", "A", 4, -5, 6)
    meter = follow(hass, config("currents", "current", inverted=True), reports)
    assert meter.reading is not None
    assert meter.reading.currents_a == (-4, 5, -6)
    meter.async_stop()


@pytest.mark.parametrize("state", ["unavailable", "unknown", "rain", "nan", "inf"])
async def test_a_part_that_is_no_number_is_unknown(
    hass: HomeAssistant, reports: list[None], state: str
) -> None:
    """Unknown, not 0 and not the value before."""
    report(hass, "current", "A", 4, 5, 6)
    meter = follow(hass, config("currents", "current"), reports)
    report(hass, "current", "A", state, phases=("l2",))
    await hass.async_block_till_done()
    assert meter.reading is not None
    assert meter.reading.currents_a == (4, None, 6)
    assert meter.reading.measured_at[1] is None
    hass.states.async_remove("sensor.current_l1")
    await hass.async_block_till_done()
    assert meter.reading.currents_a == (None, None, 6)
    meter.async_stop()


async def test_a_unit_that_is_no_current_is_unknown(
    hass: HomeAssistant, reports: list[None]
) -> None:
    """A power where a current is expected says nothing of amperes."""
    report(hass, "current", "W", 4, 5, 6)
    meter = follow(hass, config("currents", "current"), reports)
    assert meter.reading is None
    meter.async_stop()


async def test_a_meter_that_said_nothing(
    hass: HomeAssistant, reports: list[None]
) -> None:
    """There is no reading yet; half a phase is none."""
    meter = follow(hass, config("currents_and_powers", "current", "power"), reports)
    assert meter.reading is None
    report(hass, "current", "A", 4, 5, 6)
    await hass.async_block_till_done()
    assert meter.reading is not None
    assert meter.reading.currents_a == (None, None, None)
    meter.async_stop()


async def test_age_counts_from_the_last_report(
    hass: HomeAssistant, reports: list[None], freezer: FrozenDateTimeFactory
) -> None:
    """Also of a value that did not change; a phase is as old as its oldest part."""
    report(hass, "current", "A", 4, 5, 6)
    report(hass, "power", "W", 920, 1150, 1380)
    freezer.tick(timedelta(seconds=10))
    meter = follow(hass, config("currents_and_powers", "current", "power"), reports)
    freezer.tick(timedelta(seconds=5))
    report(hass, "current", "A", 4, 5, 6)
    report(hass, "power", "W", 920, phases=("l1",))
    await hass.async_block_till_done()
    assert len(reports) == 4
    assert meter.reading is not None
    first, second, third = meter.reading.measured_at
    assert first is not None
    assert second is not None
    assert first - second == pytest.approx(15)
    assert third == pytest.approx(second)
    meter.async_stop()


async def test_a_sensor_is_followed_over_a_rename(
    hass: HomeAssistant, reports: list[None]
) -> None:
    """What is kept is the registry's id; a sensor that is removed leaves its phase unknown."""
    registry = er.async_get(hass)
    named = {
        phase: registry.async_get_or_create(
            "sensor", "test", phase, suggested_object_id=f"current_{phase}"
        )
        for phase in PHASES
    }
    meter_config = config("currents", "current")
    meter_config["entities"] = {
        phase: {"current": entity.id} for phase, entity in named.items()
    }
    report(hass, "current", "A", 4, 5, 6)
    meter = follow(hass, meter_config, reports)
    assert meter.reading is not None
    assert meter.reading.currents_a == (4, 5, 6)
    registry.async_update_entity("sensor.current_l1", new_entity_id="sensor.grid_l1")
    hass.states.async_set("sensor.grid_l1", "7", {"unit_of_measurement": "A"})
    await hass.async_block_till_done()
    assert meter.reading is not None
    assert meter.reading.currents_a == (7, 5, 6)
    registry.async_remove("sensor.current_l2")
    await hass.async_block_till_done()
    assert meter.reading is not None
    assert meter.reading.currents_a == (7, None, 6)
    meter.async_stop()


@pytest.mark.parametrize(
    ("kind", "parts", "inverted", "expected"),
    [
        ("currents", {"current": ("A", 4, 5, 6)}, False, None),
        (
            "currents_and_powers",
            {"current": ("A", 4, 5, 6), "power": ("kW", 0.9, -1.1, 1.3)},
            False,
            1100,
        ),
        ("powers", {"power": ("W", 230, -460, 0)}, True, 230),
        (
            "import_and_export",
            {"import": ("W", 460, 0, 0), "export": ("W", 0, 690, 0)},
            False,
            -230,
        ),
        # Without one of its phases the whole is a guess.
        ("powers", {"power": ("W", 230, "unavailable", 0)}, False, None),
        (
            "import_and_export",
            {"import": ("W", 460, 0, 0), "export": ("W", 0, "unknown", 0)},
            False,
            None,
        ),
    ],
)
async def test_power_of_all_phases(
    hass: HomeAssistant,
    reports: list[None],
    kind: str,
    parts: dict[str, tuple[Any, ...]],
    inverted: bool,
    expected: float | None,
) -> None:
    """It is what a meter bills, so it is taken where the meter tells it, and never made of currents."""
    for part, (unit, *values) in parts.items():
        report(hass, part, unit, *values)
    meter = follow(hass, config(kind, *parts, inverted=inverted), reports)
    assert meter.reading is not None
    assert meter.reading.power_w == (
        None if expected is None else pytest.approx(expected)
    )
    meter.async_stop()


async def test_power_of_a_house_on_one_phase(
    hass: HomeAssistant, reports: list[None]
) -> None:
    """Phases that it does not have are not missed."""
    report(hass, "power", "W", -460, phases=("l1",))
    one = {**config("powers"), "entities": {"l1": {"power": "sensor.power_l1"}}}
    meter = follow(hass, one, reports)
    assert meter.reading is not None
    assert meter.reading.power_w == -460
    meter.async_stop()
