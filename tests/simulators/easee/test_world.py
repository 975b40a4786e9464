"""Let limits, cars and time do what the vendor's do."""

from typing import Any

import pytest

from simulators.easee import (
    FIRST,
    HOME_ID,
    LONE,
    LONE_ID,
    METER,
    SECOND,
    SHARED_ID,
    Draw,
    EaseeSimulator,
    plug_in,
)
from simulators.easee.limits import Link, lowest, over_phases, used_phases
from simulators.easee.plans import PlanError, Plans
from simulators.world import CarSpec, SharedSupply

from .conftest import Guest

OWN = f"/api/chargers/{LONE}/commands"
CIRCUIT = f"/api/sites/{HOME_ID}/circuits/{LONE_ID}"


def dynamic(first: float, second: float, third: float, minutes: int = 0) -> Any:
    """Return the body that sets a circuit's volatile limit."""
    return {"phase1": first, "phase2": second, "phase3": third, "timeToLive": minutes}


async def test_the_lowest_limit_wins(guest: Guest, cloud: EaseeSimulator) -> None:
    """With the code of what limits, or of what is too low."""
    plug_in(cloud, LONE)
    await cloud.advance(1)
    charger = cloud.chargers[LONE]
    assert (charger.mode, charger.reason, charger.offered_a) == (3, 25, 16)
    await guest.post(f"{CIRCUIT}/dynamicCurrent", dynamic(8.9, 8.9, 8.9))
    assert charger.offered_a == 16, "not before it has arrived"
    await cloud.advance(1)
    assert (charger.mode, charger.reason, charger.offered_a) == (3, 27, 8)
    await guest.post(f"{CIRCUIT}/dynamicCurrent", dynamic(5, 5, 5))
    await cloud.advance(1.25)
    assert (charger.mode, charger.reason, charger.offered_a) == (2, 2, 0)
    seen = await guest.observe(LONE, 109, 96, 111, 114, 9999)
    assert seen == {109: 2, 96: 2, 111: 5, 114: 0}


async def test_time_to_live_ends_at_the_offline_limit(
    guest: Guest, cloud: EaseeSimulator
) -> None:
    """Not where it came from."""
    await guest.post(f"{CIRCUIT}/dynamicCurrent", dynamic(10, 10, 10, 1))
    await cloud.advance(59)
    assert cloud.circuits[LONE_ID].dynamic_a == (10, 10, 10)
    await cloud.advance(1)
    assert cloud.circuits[LONE_ID].dynamic_a == (6, 6, 6)


async def test_zeros_leave_one_phase(guest: Guest, cloud: EaseeSimulator) -> None:
    """In automatic mode; a locked one stops."""
    plug_in(cloud, LONE)
    await guest.post(f"{CIRCUIT}/dynamicCurrent", dynamic(16, 0, 0))
    await cloud.advance(2)
    assert cloud.chargers[LONE].drawn_a == (16, 0, 0)
    assert (await guest.observe(LONE, 110))[110] == 10
    cloud.chargers[LONE].settings.phaseMode = 3
    await cloud.advance(1)
    assert cloud.chargers[LONE].drawn_a == (0, 0, 0)


async def test_plug_in_pause_and_resume(guest: Guest, cloud: EaseeSimulator) -> None:
    """Plugging in and resuming reset the charger's own limit."""
    charger = cloud.chargers[LONE]
    status, answer = await guest.post(f"{OWN}/pause_charging")
    assert (status, answer["errorCode"]) == (400, 410)
    await guest.post(f"{OWN}/set_dynamic_charger_current", {"amps": 8, "minutes": 0})
    await cloud.advance(1)
    assert charger.dynamic_a == 8
    plug_in(cloud, LONE)
    await cloud.advance(1)
    assert charger.dynamic_a == 32
    await guest.post(f"{OWN}/pause_charging")
    await cloud.advance(1.25)
    assert (charger.dynamic_a, charger.mode, charger.reason) == (0, 2, 52)
    await guest.post(f"{OWN}/resume_charging")
    await cloud.advance(1.25)
    assert (charger.dynamic_a, charger.mode) == (32, 3)
    await guest.post(f"{OWN}/toggle_charging")
    await cloud.advance(1)
    assert charger.dynamic_a == 0
    await guest.post(f"{OWN}/toggle_charging")
    await cloud.advance(1)
    assert charger.dynamic_a == 32
    charger.unplug()
    await cloud.advance(1)
    assert charger.mode == 1
    charger.unplug()


async def test_reboot(guest: Guest, cloud: EaseeSimulator) -> None:
    """Away for a while, then back with the defaults."""
    circuit = cloud.circuits[LONE_ID]
    await guest.post(f"{CIRCUIT}/dynamicCurrent", dynamic(10, 10, 10))
    await guest.post(f"{OWN}/reboot")
    await cloud.advance(1.25)
    assert (await guest.observe(LONE, 250))[250] is False
    for path, body in (
        (f"{OWN}/pause_charging", None),
        (f"{CIRCUIT}/dynamicCurrent", dynamic(9, 9, 9)),
        (f"{CIRCUIT}/settings", {"maxCircuitCurrentP1": 9}),
        (f"/api/chargers/{LONE}/settings", {"enabled": False}),
    ):
        assert (await guest.post(path, body))[0] == 504
    await cloud.advance(30)
    assert (await guest.observe(LONE, 250, 48, 111)) == {250: True, 48: 32, 111: 40}
    assert circuit.dynamic_a == (40, 40, 40)


async def test_offline_master_lets_the_offline_limit_apply(
    cloud: EaseeSimulator,
) -> None:
    """The cloud hears nothing of it."""
    plug_in(cloud, LONE)
    cloud.set_online(LONE, online=False)
    await cloud.advance(1)
    assert cloud.chargers[LONE].drawn_a == (6, 6, 6)
    assert cloud.chargers[LONE].observed.value(250) is False
    assert cloud.chargers[LONE].observed.value(109) == 1


async def test_a_shared_circuit_is_shared(cloud: EaseeSimulator) -> None:
    """Equal parts; where not all can start somebody waits."""
    plug_in(cloud, FIRST)
    plug_in(cloud, SECOND)
    cloud.circuits[SHARED_ID].set_dynamic((20, 20, 20), None)
    await cloud.advance(1)
    assert cloud.circuits[SHARED_ID].drawn_a == (20, 20, 20)
    assert cloud.chargers[FIRST].reason == 29
    cloud.circuits[SHARED_ID].set_dynamic((10, 10, 10), None)
    await cloud.advance(1)
    assert cloud.chargers[FIRST].drawn_a == (10, 10, 10)
    assert (cloud.chargers[SECOND].mode, cloud.chargers[SECOND].reason) == (2, 5)


async def test_authorization_and_a_full_car(
    guest: Guest, cloud: EaseeSimulator
) -> None:
    """Waiting shows in two ways; full is finished."""
    charger = cloud.chargers[LONE]
    charger.settings.authorizationRequired = True
    car = plug_in(cloud, LONE, CarSpec(energy_wanted_kwh=0.01))
    await cloud.advance(1)
    assert (charger.mode, charger.reason) == (7, 55)
    charger.shows_waiting_as_mode_2 = True
    await cloud.advance(1)
    assert (charger.mode, charger.reason) == (2, 55)
    assert (await guest.observe(LONE, 46))[46] == 25
    await guest.post(f"{OWN}/start_charging")
    await cloud.advance(30)
    assert car.is_full
    assert charger.mode == 4
    await guest.post(f"{OWN}/toggle_charging")
    await cloud.advance(1)
    assert charger.mode in (2, 7)
    charger.settings.enabled = False
    await cloud.advance(1)
    assert charger.reason == 53


async def test_the_meter_limits_its_site(guest: Guest, cloud: EaseeSimulator) -> None:
    """An Equalizer may allow less than every other limit."""
    plug_in(cloud, FIRST)
    path = f"/api/equalizers/{METER}/commands/configure_max_allocated_current"
    assert (await guest.post(path, {"maxCurrent": 9}))[0] == 202
    assert (await guest.post(path, {"maxCurrent": 9}))[0] == 429
    await cloud.advance(1)
    assert (cloud.chargers[FIRST].offered_a, cloud.chargers[FIRST].reason) == (9, 28)
    assert (await guest.observe(METER, 31, 40)) == {31: 9, 40: 6.21}
    cloud.equalizers[METER].currents_a = lambda: (-5.0, 0.0, 0.0)
    await cloud.advance(1)
    cloud.clock.advance(3500)
    await cloud.catch_up()
    exported = await guest.observe(METER, 41, 46)
    assert exported[41] == 1.15
    assert exported[46] > 501


async def test_a_supply_sums_the_chargers(cloud: EaseeSimulator) -> None:
    """Through what stands for each of them."""
    supply = SharedSupply(cloud.clock)
    for charger_id in cloud.chargers:
        supply.join(Draw(cloud, charger_id))
    plug_in(cloud, LONE)
    plug_in(cloud, FIRST, CarSpec(phases=1))
    await cloud.advance(1)
    assert supply.currents_a == (32, 16, 16)
    assert supply.maximum_a == (32, 16, 16)


def test_the_chain_by_itself() -> None:
    """One pilot for three phases."""
    link = Link(current_a=5.0, blocked_code=1, limited_code=26)
    assert lowest([link], 3).current_a == 0
    assert over_phases((16, 10, 12), 3) == 10
    assert over_phases((16, 0, 0), 1) == 16
    assert used_phases((0, 0, 0), 2, 3) == 3
    assert used_phases((16, 16, 16), 1, 3) == 1
    assert used_phases((16, 16, 16), 2, 1) == 1


WINDOW = {"startTime": "22:00:00", "stopTime": "06:00:00", "maximumAmps": 10}
DAY_S = 86400.0


@pytest.mark.parametrize(
    ("hour", "limit_a"), [(21, 0), (22, 10), (23.5, 10), (5.5, 10), (6, 0)]
)
def test_a_daily_window(hour: float, limit_a: float) -> None:
    """It passes midnight."""
    plans = Plans()
    assert plans.limit_a(0) is None
    plans.store("daily", {"enabled": True, "timezone": "UTC", "periods": [WINDOW]})
    assert plans.limit_a(hour * 3600) == limit_a
    plans.is_overridden = True
    assert plans.limit_a(hour * 3600) is None


def test_a_weekly_window() -> None:
    """The first day of 1970 was a Thursday."""
    plans = Plans()
    period = {"startDay": "thursday", "stopDay": "friday", **WINDOW}
    plans.store("weekly", {"enabled": True, "timezone": "UTC", "periods": [period]})
    assert plans.limit_a(23 * 3600) == 10
    assert plans.limit_a(DAY_S + 5 * 3600) == 10
    assert plans.limit_a(DAY_S + 23 * 3600) == 0
    noon = {**period, "startTime": "12:00", "stopTime": "13:00", "stopDay": "thursday"}
    plans.store("weekly", {"enabled": True, "timezone": "UTC", "periods": [noon]})
    assert plans.limit_a(12.5 * 3600) == 10
    plans.switch("daily", on=False)
    assert plans.enabled == "weekly"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"timezone": "Mars/Olympus", "periods": [WINDOW]},
        {"timezone": "UTC", "periods": []},
        {"timezone": "UTC", "periods": [{}]},
        {"timezone": "UTC", "periods": [{**WINDOW, "maximumAmps": 9.5}]},
        {"timezone": "UTC", "periods": [WINDOW]},
    ],
)
def test_senseless_plans_are_refused(body: dict[str, Any]) -> None:
    """The last one lacks the days of a weekly plan."""
    with pytest.raises(PlanError):
        Plans().store("weekly", body)
