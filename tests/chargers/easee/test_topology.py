"""Find what an account has, however oddly the cloud lists it."""

from aiohttp import ClientSession
import pytest

from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ChargerError,
    ConnectionFailed,
    RateLimited,
    Rejected,
)
from simulators.easee import (
    FIRST,
    LONE,
    METER,
    SECOND,
    EaseeSimulator,
    add_charger,
    add_circuit,
    add_equalizer,
    add_site,
)

from .conftest import MakeRig, Rig, connect, settle

ALL = {
    "easee_circuit_501",
    "easee_circuit_502",
    f"easee_{LONE}",
    f"easee_{FIRST}",
    f"easee_{SECOND}",
    f"easee_{METER}",
}


async def test_empty_products_fall_back_to_the_sites(
    cloud: EaseeSimulator, make_rig: MakeRig
) -> None:
    """The products list can be empty though there are sites."""
    cloud.faults.products_empty = True
    rig = await make_rig()
    assert set(rig.connection.chargers) == ALL


async def test_products_that_do_not_answer_fall_back_to_the_sites(
    cloud: EaseeSimulator, make_rig: MakeRig
) -> None:
    """One list that is away must not hide the house, and takes nothing from it later."""
    fault = cloud.fault("/api/accounts/products", status=503)
    rig = await make_rig()
    assert set(rig.connection.chargers) == ALL
    assert rig.charger().is_alone
    cloud.fault("GET /api/sites$", status=200, body=[])
    for _ in range(3):
        await rig.jump(1201)
        await rig.connection.supervise_once()
    assert set(rig.connection.chargers) == ALL
    assert rig.charger().is_alone, "its circuit is still there"
    cloud.end_fault(fault)
    await rig.jump(1201)
    await rig.connection.supervise_once()
    assert set(rig.connection.chargers) == ALL


async def test_chargers_without_a_site_are_steered_by_themselves(
    cloud: EaseeSimulator, make_rig: MakeRig
) -> None:
    """Limited, and they say so."""
    cloud.faults.chargers_only = True
    cloud.faults.ghost_charger = True
    rig = await make_rig()
    assert set(rig.connection.chargers) == {
        f"easee_{one}" for one in (LONE, FIRST, SECOND)
    }
    charger = rig.charger()
    assert charger.circuit is None
    assert not charger.capabilities.is_group_member
    assert charger.capabilities.lease is None
    assert not charger.can_switch_phases
    await charger.set_current(8)
    await rig.advance(2)
    seen = rig.seen()
    assert seen.values["steered_by"] == "charger"
    assert "circuit_dynamic" not in {limit.key for limit in seen.limits}


async def test_null_circuits_and_ghosts_are_passed_over(
    cloud: EaseeSimulator, make_rig: MakeRig
) -> None:
    """A site without circuits keeps its meter; its chargers are found in the list of all."""
    cloud.faults.null_circuits = True
    rig = await make_rig()
    assert set(rig.connection.chargers) == {
        f"easee_{one}" for one in (LONE, FIRST, SECOND, METER)
    }
    cloud.faults.null_circuits = False
    cloud.faults.ghost_charger = True
    other = await make_rig()
    assert set(other.connection.chargers) == ALL


async def test_one_site_may_be_away(cloud: EaseeSimulator, make_rig: MakeRig) -> None:
    """What is there is set up, and the rest appears without a reload."""
    cabin = add_site(cloud, 2002, "Cabin")
    add_charger(cloud, add_circuit(cabin, 601), "EH000009", "Cabin")
    cloud.faults.products_empty = True
    fault = cloud.fault("/api/sites/2002", status=503)
    chargers = cloud.fault("GET /api/chargers$", status=503)
    rig = await make_rig()
    assert set(rig.connection.chargers) == ALL
    cloud.end_fault(fault)
    cloud.end_fault(chargers)
    await rig.jump(1201)
    await rig.connection.supervise_once()
    assert set(rig.connection.chargers) == ALL | {
        "easee_circuit_601",
        "easee_EH000009",
    }
    assert rig.changes > 0
    await settle()
    assert "EH000009" in cloud.hub.subscriptions


async def test_a_site_that_stays_away_keeps_its_devices(
    rig: Rig,
) -> None:
    """A list that is not complete removes nothing."""
    rig.cloud.faults.products_empty = True
    rig.cloud.fault("/api/sites/1001", status=503)
    rig.cloud.fault("GET /api/chargers$", status=503)
    for _ in range(3):
        await rig.jump(1201)
        await rig.connection.supervise_once()
    assert set(rig.connection.chargers) == ALL


async def test_one_empty_answer_removes_nothing(rig: Rig) -> None:
    """What is missing once may be back the next time."""
    rig.cloud.faults.chargers_only = True
    await rig.jump(1201)
    await rig.connection.supervise_once()
    assert set(rig.connection.chargers) == ALL
    rig.cloud.faults.chargers_only = False
    await rig.jump(1201)
    await rig.connection.supervise_once()
    rig.cloud.faults.chargers_only = True
    await rig.jump(1201)
    await rig.connection.supervise_once()
    assert set(rig.connection.chargers) == ALL


async def test_an_equalizer_alone(session: ClientSession) -> None:
    """A home without a charger of Easee."""
    async with EaseeSimulator() as cloud:
        add_equalizer(cloud, add_site(cloud))
        rig = connect(cloud, session)
        await rig.connection.open()
        assert set(rig.connection.chargers) == {f"easee_{METER}"}
        await rig.connection.close()


async def test_names_and_circuits_follow_discovery(rig: Rig) -> None:
    """A charger that moves to another circuit is steered otherwise from then on."""
    rig.cloud.chargers[LONE].name = "Renamed"
    shared = rig.cloud.circuits[502]
    moved = rig.cloud.chargers[SECOND]
    shared.chargers.remove(moved)
    rig.cloud.circuits[501].chargers.append(moved)
    await rig.jump(1201)
    await rig.connection.supervise_once()
    assert rig.charger().identity.name == "Renamed"
    assert not rig.charger().is_alone
    assert rig.charger(FIRST).is_alone
    assert rig.circuit().rebuild().group_members == (
        f"easee_{LONE}",
        f"easee_{SECOND}",
    )


@pytest.mark.parametrize(
    ("match", "answer", "kind"),
    [
        ("/login", {"status": 503}, ConnectionFailed),
        ("/login", {"status": 400, "text": "odd"}, Rejected),
        ("/login", {"status": 401}, AuthenticationFailed),
        ("/login", {"status": 200, "text": "{}"}, ConnectionFailed),
        ("GET /api/(accounts|sites)", {"status": 503}, ConnectionFailed),
        ("products", {"status": 429, "retry_after": "7"}, RateLimited),
        ("products", {"status": 403, "text": "IP blocked"}, RateLimited),
        ("observations", {"status": 503}, ConnectionFailed),
    ],
)
async def test_opening_says_what_failed(
    cloud: EaseeSimulator,
    session: ClientSession,
    match: str,
    answer: dict[str, object],
    kind: type[ChargerError],
) -> None:
    """And leaves nothing behind."""
    cloud.fault(match, **answer)
    rig = connect(cloud, session)
    with pytest.raises(kind):
        await rig.connection.open()
    assert not cloud.hub.is_heard
    assert rig.connection._task is None


async def test_nothing_at_all_answers(
    cloud: EaseeSimulator, session: ClientSession
) -> None:
    """No site, and no list of chargers."""
    cloud.faults.products_empty = True
    fault = cloud.fault("/api/sites/", status=503)
    rig = connect(cloud, session)
    cloud.fault("GET /api/chargers$", status=200, body={})
    with pytest.raises(ConnectionFailed):
        await rig.connection.open()
    cloud.end_fault(fault)
    cloud.clear_faults()
    cloud.faults.chargers_only = True
    cloud.fault("GET /api/chargers$", status=503)
    with pytest.raises(ConnectionFailed):
        await rig.connection.open()


async def test_odd_records_are_passed_over(
    cloud: EaseeSimulator, make_rig: MakeRig
) -> None:
    """Whatever is no object, or has no id."""
    cloud.fault(
        "products",
        status=200,
        text='[null, {"id": null, "circuits": null}, {"id": null, "circuits": []},'
        ' {"id": 5, "circuits": [3, {"id": null}, {"id": 7, "chargers": null,'
        ' "ratedCurrent": 0}], "equalizers": [{"id": null}]}]',
        content_type="application/json",
    )
    rig = await make_rig()
    assert "easee_circuit_7" in rig.connection.chargers
    assert rig.circuit(7).found.rated_a is None
    assert rig.circuit(7).found.name == "7"
    assert not rig.circuit(7).is_alone
    await rig.circuit(7).poll()
    assert rig.circuit(7).rebuild().currents_a == (None, None, None)
