"""A site that mixes a WARP in the network with an Easee behind its cloud."""

from homeassistant.core import HomeAssistant, callback
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.balancer.model import ReasonKey
from custom_components.busbar.chargers.easee.circuit_state import WRITES
from simulators.easee import FIRST, LONE, SECOND
from simulators.warp import WarpSimulator

from .acting import act, coordinator_of
from .common import state_of, told_a
from .easee_house import CHARGER, LEFT, RIGHT, EaseeHouse
from .easee_site import add_shared_site, circuit_a, set_target


async def test_a_target_reaches_both_makes(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_warp: WarpSimulator,
    easee_site: MockConfigEntry,
) -> None:
    """Over their real wires, and together they never get more than it."""
    answer = await set_target(hass, easee_house, 20)
    assert {member["current"] for member in answer["members"]} == {10}
    await easee_house.until(
        lambda: (circuit_a(easee_house), easee_warp.offered_a) == (10, 10)
    )
    assert told_a(easee_warp)[-1] == 10
    assert easee_house.written("dynamicCurrent")[-1]["phase1"] == 10
    await easee_house.until(
        lambda: state_of(hass, "sensor", f"{CHARGER}_limiting_factor") == "site"
    )
    assert easee_house.cloud.persistent_writes == []


async def test_a_persons_limit_caps_what_the_site_gives(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
    easee_site: MockConfigEntry,
) -> None:
    """Also the one that is moved at the circuit: it is the same set-point."""
    await act(hass, "number", "set_value", "easee_circuit_501_current_limit", value=8)
    await easee_house.until(lambda: circuit_a(easee_house) == 8)
    await easee_house.pass_time(20)
    assert circuit_a(easee_house) == 8
    hand = coordinator_of(easee_entry, CHARGER).hand
    assert hand.wish.current_limit_a == 8
    assert hand.is_steered


async def test_a_cloud_in_trouble_keeps_its_current_reserved(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_warp: WarpSimulator,
    easee_site: MockConfigEntry,
) -> None:
    """The command fails visibly in the answer, and the WARP makes room meanwhile."""
    fault = easee_house.cloud.fault("dynamicCurrent", status=503)
    answer = await set_target(hass, easee_house, 24)
    members = {member["name"]: member for member in answer["members"]}
    assert members[CHARGER]["error"] == "connection_failed"
    assert circuit_a(easee_house) == 16
    await easee_house.until(lambda: told_a(easee_warp)[-1] == 8)
    easee_house.cloud.end_fault(fault)
    await easee_house.until(
        lambda: (circuit_a(easee_house), easee_warp.offered_a) == (12, 12)
    )


async def _drawn_at_most(house: EaseeHouse, warp: WarpSimulator, seconds: int) -> float:
    """Return the most that both may draw together while time passes."""
    lone, most_a = house.cloud.chargers[LONE], 0.0
    for _ in range(seconds):
        await house.pass_time(1)
        most_a = max(most_a, max(lone.drawn_a) + warp.offered_a)
    return most_a


async def test_a_charger_that_loses_its_cloud_counts_with_its_offline_limit(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_warp: WarpSimulator,
    easee_site: MockConfigEntry,
) -> None:
    """At once and for as long as it is away, though its account goes on answering; then all is as before."""
    cloud = easee_house.cloud
    cloud.circuits[501].offline_a = (16.0, 16.0, 16.0)
    await set_target(hass, easee_house, 24)
    await easee_house.until(
        lambda: (circuit_a(easee_house), easee_warp.offered_a) == (12, 12)
    )
    await easee_house.pass_time(10)
    cloud.set_online(LONE, online=False)
    await easee_house.pass_time(5)
    assert max(cloud.chargers[LONE].drawn_a) == 16
    written = len(easee_house.written("dynamicCurrent"))
    assert await _drawn_at_most(easee_house, easee_warp, 300) == 24
    assert easee_warp.offered_a == 8
    member = easee_site.runtime_data.coordinator.data.members[CHARGER]
    assert member.reserved_a == (16, 16, 16)
    assert member.reason.key is ReasonKey.SILENT
    assert len(easee_house.written("dynamicCurrent")) == written
    cloud.set_online(LONE, online=True)
    assert await _drawn_at_most(easee_house, easee_warp, 120) <= 24
    assert (circuit_a(easee_house), easee_warp.offered_a) == (12, 12)


async def test_a_charger_without_its_cloud_from_the_start_counts_with_its_offline_limit(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_entry: MockConfigEntry,
    easee_warp: WarpSimulator,
    easee_site: MockConfigEntry,
) -> None:
    """What the account knows of it is from before, and it is told that it is."""
    cloud = easee_house.cloud
    cloud.circuits[501].offline_a = (16.0, 16.0, 16.0)
    await set_target(hass, easee_house, 24)
    await easee_house.pass_time(60)
    cloud.set_online(LONE, online=False)
    for entry in (easee_entry, easee_site):
        assert await hass.config_entries.async_unload(entry.entry_id)
    for entry in (easee_entry, easee_site):
        assert await hass.config_entries.async_setup(entry.entry_id)
    await easee_house.live(easee_entry)
    await easee_house.pass_time(5)
    assert await _drawn_at_most(easee_house, easee_warp, 120) == 24
    member = easee_site.runtime_data.coordinator.data.members[CHARGER]
    assert member.reserved_a == (16, 16, 16)
    assert easee_warp.offered_a == 8


async def test_one_phase_stays_one_phase_after_a_target_of_zero(
    hass: HomeAssistant,
    easee_house: EaseeHouse,
    easee_site: MockConfigEntry,
) -> None:
    """What a site starts again flows on the phase that it counts, from the first ampere."""
    cloud = easee_house.cloud
    await act(hass, "select", "select_option", f"{CHARGER}_phases", option="one")
    await easee_house.until(lambda: cloud.circuits[501].dynamic_a[1:] == (0, 0))
    await set_target(hass, easee_house, 0)
    await easee_house.until(lambda: circuit_a(easee_house) == 0)
    await easee_house.pass_time(60)
    await set_target(hass, easee_house, 20)
    lone = cloud.chargers[LONE]
    while lone.drawn_a[0] < 10:
        await easee_house.pass_time(1)
        assert lone.drawn_a[1] == 0


async def test_a_command_that_failed_and_was_taken_is_no_second_master(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_site: MockConfigEntry
) -> None:
    """The site goes on steering: the next target is followed."""
    cloud = easee_house.cloud
    fault = cloud.fault("dynamicCurrent", status=503)
    await set_target(hass, easee_house, 20)
    cloud.circuits[501].set_dynamic((10.0, 10.0, 10.0), None)
    await easee_house.pass_time(90)
    assert easee_site.runtime_data.coordinator.data.problems == ()
    cloud.end_fault(fault)
    await set_target(hass, easee_house, 12)
    await easee_house.until(lambda: circuit_a(easee_house) == 6)


async def test_who_waits_on_a_shared_circuit_gets_its_turn(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """The 0 A of the site is no pause of a person, for which it would stand by."""
    await add_shared_site(hass, easee_house, LEFT, RIGHT)
    await set_target(hass, easee_house, 8)
    await easee_house.pass_time(60)
    waits = next(
        one for one in (FIRST, SECOND) if easee_house.cloud.chargers[one].dynamic_a == 0
    )
    status = state_of(hass, "sensor", f"easee_{waits}_status")
    assert status == "suspended_by_charger"
    for _ in range(60):
        await easee_house.pass_time(120, 20)
        if easee_house.cloud.chargers[waits].dynamic_a >= 6:
            break
    else:
        raise AssertionError("it never had its turn")


async def test_charging_is_released_within_what_the_site_gives(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """At a target of 0 nothing flows; later the site gives what it has."""
    await add_shared_site(hass, easee_house, LEFT)
    first = easee_house.cloud.chargers[FIRST]
    await set_target(hass, easee_house, 0)
    await easee_house.until(lambda: first.dynamic_a == 0)
    await act(hass, "switch", "turn_on", f"{LEFT}_charging")
    for _ in range(30):
        await easee_house.pass_time(1)
        assert max(first.drawn_a) == 0
    await set_target(hass, easee_house, 10)
    for _ in range(60):
        await easee_house.pass_time(20, 10)
        if max(first.drawn_a) == 10:
            break
    else:
        raise AssertionError("it was not given back")


async def test_a_hundred_steps_wear_nothing(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_site: MockConfigEntry
) -> None:
    """However often the balancer decides, flash is left alone and the budget of the account lasts."""
    site = easee_site.runtime_data.coordinator
    steps = 0

    @callback
    def count() -> None:
        nonlocal steps
        steps += 1

    site.async_add_listener(count)
    cloud = easee_house.cloud
    before = len(cloud.writes)
    for number in range(100):
        target_a = 32.0 - number % 3 * 6
        await site.async_set_target((target_a, target_a, target_a), None)
        await easee_house.pass_time(1)
    assert steps >= 100
    assert cloud.persistent_writes == []
    times = [write.at_s for write in cloud.writes[before:]]
    assert WRITES.per_minute is not None
    busiest = max(sum(at <= one < at + 60 for one in times) for at in times)
    assert busiest <= WRITES.per_minute
