"""What chargers show, and how often."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.chargers.model import Limit
from custom_components.busbar.sensor import LimitingFactorSensor
from simulators.warp import WarpSimulator
from simulators.world import CarSpec

from .acting import (
    KEY,
    act,
    coordinator_of,
    exists,
    keys_of,
    pushed,
    report,
    state_with,
    watch,
)
from .common import state_of
from .conftest import Add, StartWarp


async def live(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, warp: WarpSimulator
) -> None:
    """Let a second pass for everybody."""
    frozen.tick(1)
    await warp.advance(1)
    await hass.async_block_till_done()


async def test_a_measurement_is_written_every_few_seconds(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, warp: WarpSimulator, add: Add
) -> None:
    """The charger pushes each second; a state each five seconds is all a graph can show."""
    await add(warp)
    written = watch(hass, "sensor", f"{KEY}_power")
    for second in range(30):
        warp.plug(CarSpec(phases=3, maximum_a=10 + second / 2))
        await live(hass, frozen, warp)
    assert 5 <= len(written) <= 6
    for _ in range(5):
        await live(hass, frozen, warp)
    assert float(written[-1]) == pytest.approx(3 * 230 * 24.5)


async def test_what_did_not_change_is_not_written(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, warp: WarpSimulator, add: Add
) -> None:
    """Neither is a state reported again: thirty pushes, and not one write."""
    await warp.advance(10)
    await add(warp)
    quiet = [
        watch(hass, platform, f"{KEY}_{key}")
        for platform, key in (
            ("sensor", "status"),
            ("sensor", "power"),
            ("sensor", "limiting_factor"),
            ("sensor", "last_restart"),
            ("binary_sensor", "charging"),
            ("switch", "boost"),
            ("number", "current_limit"),
            ("select", "phases"),
            ("button", "reboot"),
            ("event", "nfc_tag"),
        )
    ]
    energy = watch(hass, "sensor", f"{KEY}_lifetime_energy")
    for _ in range(30):
        await live(hass, frozen, warp)
    assert quiet == [[]] * len(quiet)
    assert 4 <= len(energy) <= 6


async def test_a_state_that_is_no_measurement_is_written_at_once(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, warp: WarpSimulator, add: Add
) -> None:
    """Somebody stands at the charger and looks at his phone."""
    await add(warp)
    written = watch(hass, "sensor", f"{KEY}_status")
    for _ in range(2):
        warp.unplug()
        await pushed(hass, warp)
        warp.plug(CarSpec(phases=3, maximum_a=16))
        await pushed(hass, warp)
    assert written == ["disconnected", "charging"] * 2


async def test_a_measurement_turns_unknown_at_once(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, warp: WarpSimulator, add: Add
) -> None:
    """A value that is gone must not be looked at for another five seconds."""
    await warp.advance(10)
    await add(warp)
    written = watch(hass, "sensor", f"{KEY}_power")
    warp.fault("meter_null")
    await live(hass, frozen, warp)
    warp.clear()
    await live(hass, frozen, warp)
    assert written == [STATE_UNKNOWN, "11040.0"]


async def test_energy_never_stumbles(
    hass: HomeAssistant, frozen: FrozenDateTimeFactory, warp: WarpSimulator, add: Add
) -> None:
    """A reading of nearly nothing would be booked a second time in full."""
    await warp.advance(10)
    await add(warp)
    before = float(state_of(hass, "sensor", f"{KEY}_lifetime_energy"))
    written = watch(hass, "sensor", f"{KEY}_lifetime_energy")
    warp.fault("energy_glitch")
    for _ in range(10):
        await live(hass, frozen, warp)
    warp.clear()
    for _ in range(10):
        await live(hass, frozen, warp)
    values = [before, *(float(value) for value in written)]
    assert values == sorted(values)
    assert values[-1] > before


async def test_limited_by(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """The lowest limit by name with its amperes, also when only these change."""
    key = f"{KEY}_limiting_factor"
    for current_a in (10, 16):
        await act(hass, "number", "set_value", f"{KEY}_current_limit", value=current_a)
        state = state_with(hass, "sensor", key)
        assert (state.state, state.attributes["limit"]) == (
            "external_control",
            current_a,
        )
    await report(hass, warp_entry, limits=())
    state = state_with(hass, "sensor", key)
    assert state.state == "none"
    assert not {"limit", "limits"} & set(state.attributes)


async def test_every_limit_is_shown(
    hass: HomeAssistant,
    frozen: FrozenDateTimeFactory,
    warp_entry: MockConfigEntry,
) -> None:
    """The lowest first. What changes above it waits, and nothing of it goes into the recorder."""
    key = f"{KEY}_limiting_factor"
    entity = hass.data["sensor"].get_entity(state_with(hass, "sensor", key).entity_id)
    assert isinstance(entity, LimitingFactorSensor)
    assert {"limit", "limits"} <= entity._unrecorded_attributes

    async def report_limits(*amps: float) -> list[tuple[str, float]]:
        limits = zip(
            ("configured_current", "other_limit", "other_limit"), amps, strict=True
        )
        await report(
            hass,
            warp_entry,
            limits=tuple(
                Limit(key=key, current_a=current_a) for key, current_a in limits
            ),
        )
        shown = state_with(hass, "sensor", key).attributes["limits"]
        return list(shown.items())

    assert await report_limits(16, 12, 14) == [
        ("other_limit", 12),
        ("configured_current", 16),
    ]
    assert (await report_limits(20, 12, 14))[1] == ("configured_current", 16)
    frozen.tick(61)
    assert (await report_limits(21, 12, 14))[1] == ("configured_current", 21)
    assert (await report_limits(22, 11, 14))[1] == ("configured_current", 22)


async def test_error_texts(
    hass: HomeAssistant, warp: WarpSimulator, warp_entry: MockConfigEntry
) -> None:
    """What is wrong, in words."""
    assert state_of(hass, "sensor", f"{KEY}_error") == "none"
    warp.fault("contactor_error")
    await pushed(hass, warp)
    state = state_with(hass, "sensor", f"{KEY}_error")
    assert state.state in state.attributes["options"]
    assert state.state != "none"
    assert state_of(hass, "sensor", f"{KEY}_status") == "error"


@pytest.mark.usefixtures("all_entities_enabled")
async def test_an_unknown_code_is_visible(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """The status is not known then, and the raw one says what the charger said."""
    await report(hass, warp_entry, status=None, raw_status="iec61851 9, charger 9")
    assert state_of(hass, "sensor", f"{KEY}_status") == STATE_UNKNOWN
    assert state_of(hass, "sensor", f"{KEY}_raw_status") == "iec61851 9, charger 9"


async def test_a_start_that_is_not_known(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """No made-up time."""
    await report(hass, warp_entry, started_at=None)
    assert state_of(hass, "sensor", f"{KEY}_last_restart") == STATE_UNKNOWN


@pytest.mark.parametrize(
    ("meter", "present", "absent"),
    [
        ("none", set(), {"power", "lifetime_energy", "session_energy", "current_l1"}),
        ("power_only", {"power", "lifetime_energy"}, {"current_l1", "voltage_l1"}),
        ("legacy", {"power", "lifetime_energy", "current_l1"}, set()),
    ],
)
async def test_meters(
    hass: HomeAssistant,
    start_warp: StartWarp,
    add: Add,
    meter: str,
    present: set[str],
    absent: set[str],
) -> None:
    """Entities for what the meter measures, and for nothing else."""
    entry = await add(await start_warp(meter=meter))
    keys = keys_of(hass, entry, "sensor")
    assert {f"{KEY}_{key}" for key in present} <= keys
    assert not {f"{KEY}_{key}" for key in absent} & keys
    assert f"{KEY}_status" in keys


async def test_a_late_meter_appears_without_a_reload(
    hass: HomeAssistant, start_warp: StartWarp, add: Add
) -> None:
    """The meter is recognised some time after a start; and what is gone is unavailable."""
    warp = await start_warp(faults=["meter_missing"])
    await add(warp)
    assert not exists(hass, "sensor", f"{KEY}_power")
    warp.clear()
    await warp.advance(2)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{KEY}_power") == "0.0"
    warp.fault("meter_missing")
    await warp.advance(2)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{KEY}_power") == STATE_UNAVAILABLE
    assert state_of(hass, "sensor", f"{KEY}_status") == "disconnected"
    warp.clear()
    await warp.advance(2)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{KEY}_power") == "0.0"


async def test_a_group_goes_and_comes_back_without_a_reload(
    hass: HomeAssistant, start_warp: StartWarp, add: Add
) -> None:
    """Its entities are there again when the charge manager is switched on again."""
    warp, other = await start_warp(), await start_warp(uid="EfGh")
    entry = await add(warp)
    group = f"{KEY}-manager"
    assert not exists(hass, "number", f"{group}_current_limit")
    for _ in range(2):
        warp.lead(other, maximum_a=40)
        await pushed(hass, warp)
        assert state_of(hass, "number", f"{group}_current_limit") == "40.0"
        coordinator = coordinator_of(entry, group)
        warp.device.board.states.put(
            "charge_manager/config",
            {
                **warp.state("charge_manager/config"),  # type: ignore[dict-item] # an object
                "enable_charge_manager": False,
            },
        )
        await pushed(hass, warp)
        assert not exists(hass, "number", f"{group}_current_limit")
        assert coordinator not in entry.runtime_data.coordinators.values()
    assert warp.writes == []
