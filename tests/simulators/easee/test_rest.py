"""Ask the REST interface by hand, in every mood of it."""

import asyncio

import pytest

from simulators.easee import (
    FIRST,
    HOME_ID,
    LONE,
    LONE_ID,
    METER,
    SECOND,
    EaseeSimulator,
    plug_in,
)

from .conftest import Guest, until

CHARGER = f"/api/chargers/{LONE}"
CIRCUIT = f"/api/sites/{HOME_ID}/circuits/{LONE_ID}"
SURPLUS = f"/cloud-loadbalancing/equalizer/{METER}/config/surplus-energy"


async def test_what_can_be_read(guest: Guest) -> None:
    """Lists, details, limits, and no state any more."""
    _, products = await guest.get("/api/accounts/products")
    circuits = products[0]["circuits"]
    assert [one["id"] for one in circuits[1]["chargers"]] == [FIRST, SECOND]
    master, slave = (one["backPlate"] for one in circuits[1]["chargers"])
    assert master["id"] == master["masterBackPlateId"]
    assert slave["id"] != slave["masterBackPlateId"]
    _, sites = await guest.get("/api/sites")
    assert [site["id"] for site in sites] == [HOME_ID]
    assert (await guest.get(f"/api/sites/{HOME_ID}?detailed=true"))[1]["vat"] == 19
    assert (await guest.get(f"{CHARGER}/site"))[1]["id"] == HOME_ID
    assert (await guest.get(f"{CHARGER}/config"))[1]["phaseMode"] == 2
    assert (await guest.get(f"{CIRCUIT}/settings"))[1]["masterChargerId"] == LONE
    assert (await guest.get(f"{CIRCUIT}/dynamicCurrent"))[1]["phase1"] == 40
    for product in (LONE, METER):
        assert (await guest.get(f"/firmware/{product}/latest"))[0] == 200
    assert (await guest.get(f"/api/sites/{HOME_ID}/breakdown/a/b"))[1][0][
        "chargerId"
    ] == LONE
    assert (await guest.get(f"{CHARGER}/state"))[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/chargers/EH999999/config",
        "/api/sites/5",
        f"/api/sites/{HOME_ID}/circuits/5/settings",
        "/state/EH999999/observations?ids=1",
        f"{CHARGER}/schedules/daily",
        f"{CHARGER}/schedules/offPeak",
        "/cloud-loadbalancing/equalizer/Q5/config/surplus-energy",
    ],
)
async def test_what_is_not_there(guest: Guest, path: str) -> None:
    """404, no schedule included."""
    assert (await guest.get(path))[0] == 404


async def test_settings_are_forwarded_only_if_they_differ(
    guest: Guest, cloud: EaseeSimulator
) -> None:
    """A receipt for each change, none for what it is already."""
    path = f"{CHARGER}/settings"
    status, receipts = await guest.post(path, {"enabled": True, "phaseMode": 2})
    assert (status, receipts) == (200, [])
    status, receipts = await guest.post(path, {"enabled": False})
    assert (status, receipts[0]["commandId"]) == (202, 29)
    await guest.post(path, {"dynamicChargerCurrent": 9})
    await cloud.advance(1)
    assert cloud.chargers[LONE].settings.enabled is False
    assert cloud.chargers[LONE].dynamic_a == 9
    assert [write.is_persistent for write in cloud.writes] == [True, True, False]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{CHARGER}/settings", {"unheard": 1}),
        (f"{CHARGER}/settings", {"ledStripBrightness": 101}),
        (f"{CHARGER}/commands/set_dynamic_charger_current", {"amps": 7.5}),
        (f"{CIRCUIT}/dynamicCurrent", {"phase1": 8}),
        (f"{CIRCUIT}/settings", {"ratedCurrentP1": 8}),
        (f"{CHARGER}/schedules/daily", {"timezone": "UTC", "periods": []}),
        (SURPLUS, {"mode": "else"}),
    ],
)
async def test_what_is_refused(
    guest: Guest, cloud: EaseeSimulator, path: str, body: dict[str, object]
) -> None:
    """400, and nothing is written."""
    assert (await guest.post(path, body))[0] == 400
    assert cloud.writes == []


async def test_a_command_that_does_not_exist(guest: Guest) -> None:
    """404."""
    assert (await guest.post(f"{CHARGER}/commands/fly"))[0] == 404


async def test_circuit_settings(guest: Guest, cloud: EaseeSimulator) -> None:
    """Stored ones wear flash, the volatile one does not."""
    circuit = cloud.circuits[LONE_ID]
    await guest.post(f"{CIRCUIT}/settings", {"offlineMaxCircuitCurrentP1": 7})
    await guest.post(f"{CIRCUIT}/settings", {"dynamicCircuitCurrentP2": 9.9})
    await cloud.advance(1)
    assert circuit.offline_a == (7, 6, 6)
    assert circuit.dynamic_a == (40, 9, 40)
    assert [write.is_persistent for write in cloud.writes] == [True, False]


async def test_plans(guest: Guest, cloud: EaseeSimulator) -> None:
    """Store, switch, delete; one kind is active at a time."""
    body = {
        "enabled": True,
        "timezone": "UTC",
        "periods": [
            {"startTime": "01:00:00", "stopTime": "02:00:00", "maximumAmps": 8}
        ],
    }
    base = f"{CHARGER}/schedules"
    assert (await guest.post(f"{base}/daily", body))[0] == 200
    assert (await guest.get(base))[1]["enabled"] == "daily"
    assert (await guest.get(f"{base}/daily"))[1]["enabled"] is True
    await guest.post(f"{base}/daily/disable")
    assert (await guest.get(base))[1]["enabled"] == "none"
    await guest.post(f"{base}/daily/enable")
    delayed = {"enabled": True, "timezone": "UTC", "startTime": "01:00:00"}
    assert (await guest.post(f"{base}/delayed", delayed))[0] == 200
    assert (await guest.get(base))[1]["enabled"] == "delayed"
    assert cloud.chargers[LONE].plans.limit_a(0) is None
    assert (await guest.delete(f"{base}/daily"))[0] == 200
    assert (await guest.delete(f"{base}/daily"))[0] == 404
    assert (await guest.post(f"{base}/daily/enable"))[0] == 404
    await guest.post(f"{CHARGER}/commands/override_schedule")
    await cloud.advance(1)
    assert cloud.chargers[LONE].plans.is_overridden


async def test_rate_limits(guest: Guest, cloud: EaseeSimulator) -> None:
    """Twenty writes a minute and kind; the answer says when to come back."""
    path = f"{CIRCUIT}/dynamicCurrent"
    body = {"phase1": 8, "phase2": 8, "phase3": 8, "timeToLive": 0}
    for _ in range(20):
        assert (await guest.post(path, body))[0] == 202
    async with guest.session.post(
        f"{cloud.url}{path}", json=body, headers=guest.headers
    ) as response:
        assert response.status == 429
        assert response.headers["Retry-After"] == "61"
    cloud.faults.unlimited = True
    assert (await guest.post(path, body))[0] == 202
    cloud.faults.unlimited = False
    cloud.clock.advance(60)
    assert (await guest.post(path, body))[0] == 202


async def test_a_site_without_rights(guest: Guest, cloud: EaseeSimulator) -> None:
    """403 without a title."""
    cloud.sites[0].is_forbidden = True
    for path in (f"{CIRCUIT}/settings", f"{CHARGER}/config"):
        assert await guest.get(path) == (403, {"message": "Forbidden"})


async def test_faults_of_answers(guest: Guest, cloud: EaseeSimulator) -> None:
    """By pattern, so many times, as JSON or text, or not at all."""
    fault = cloud.fault("GET /api/chargers$", status=503, times=1)
    assert (await guest.get("/api/chargers"))[0] == 503
    assert (await guest.get("/api/chargers"))[0] == 200
    assert fault.hits == 1
    cloud.fault("sites", status=403, text="blocked", retry_after="5")
    assert await guest.get("/api/sites") == (403, "blocked")
    cloud.clear_faults()
    hanging = cloud.fault("sites", hangs=True)
    request = asyncio.create_task(guest.get("/api/sites"))
    await until(lambda: hanging.hits == 1)
    assert not request.done()
    cloud.clear_faults()
    assert (await request)[0] == 503
    cloud.faults.ip_blocked = True
    assert (await guest.get("/api/sites"))[0] == 403


async def test_a_swallowed_command(guest: Guest, cloud: EaseeSimulator) -> None:
    """Accepted, and never heard of again."""
    cloud.faults.swallows_commands = True
    path = f"{CHARGER}/commands/set_dynamic_charger_current"
    assert (await guest.post(path, {"amps": 8, "minutes": 0}))[0] == 202
    await cloud.advance(60)
    assert cloud.chargers[LONE].dynamic_a == 32


async def test_polls_send_what_is_known(guest: Guest, cloud: EaseeSimulator) -> None:
    """Once in three minutes."""
    for name in ("poll_lifetimeenergy", "poll_chargeropmode"):
        assert (await guest.post(f"{CHARGER}/commands/{name}"))[0] in (202, 429)
    await guest.post(f"{CHARGER}/commands/smart_charging")
    await guest.post(f"{CHARGER}/commands/stop_charging")
    cloud.chargers[LONE].latest_firmware = 400
    await guest.post(f"{CHARGER}/commands/update_firmware")
    await guest.post(f"{CHARGER}/commands/lock_state", {"state": True})
    await cloud.advance(2)
    seen = await guest.observe(LONE, 30, 80, 102)
    assert seen == {30: True, 80: 400, 102: True}
    cloud.chargers[LONE].observed.forget(80)
    assert await guest.observe(LONE, 80) == {}


async def test_what_we_do_not_use(guest: Guest, cloud: EaseeSimulator) -> None:
    """Sessions, the operator, access."""
    assert (await guest.get(f"{CHARGER}/sessions/ongoing"))[0] == 404
    plug_in(cloud, LONE)
    assert (await guest.get(f"{CHARGER}/sessions/latest"))[1]["sessionEnergy"] == 0
    assert (await guest.get(f"{CHARGER}/partners"))[1]["id"] == 1
    for level, status in ((2, 200), (9, 400)):
        async with guest.session.put(
            f"{cloud.url}{CHARGER}/access", json=level, headers=guest.headers
        ) as response:
            assert response.status == status
