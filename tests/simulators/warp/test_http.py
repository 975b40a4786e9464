"""The HTTP conventions: spelling of writes, answers, and GETs that execute."""

from typing import Any

import pytest

from simulators.warp import Fault, WarpSimulator
from simulators.world import CarSpec

from .conftest import Build, Wire


async def test_state_is_served_whole_and_by_sub_path(wire: Wire) -> None:
    """A state is JSON; a member and an array index can be asked for alone."""
    assert (await wire.get("evse/state"))["allowed_charging_current"] == 32000
    assert await wire.get("evse/state/charger_state") == 0
    assert await wire.get("evse/slots/8/active") is True


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("nothing/here", "Nothing matches the given URI."),
        ("evse/state/nothing", "Path not found"),
        ("evse/slots/99", "Path not found"),
    ],
)
async def test_unknown_path_is_404(wire: Wire, path: str, text: str) -> None:
    """No such state, or no such member of one."""
    assert await wire.request("GET", path) == (404, text)


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    "path", ["evse/external_current", "evse/external_current_update"]
)
async def test_write_reaches_the_slot(wire: Wire, method: str, path: str) -> None:
    """Methods and the two paths of a state are the same; the answer has no body."""
    answer = await wire.request(method, path, b'{"current": 10000}')
    assert answer == (200, "")
    assert (await wire.get("evse/slots"))[8]["max_current"] == 10000
    assert await wire.get("evse/external_current") == {"current": 10000}
    assert [write[1:] for write in wire.sim.writes] == [
        ("evse/external_current", {"current": 10000})
    ]


async def test_other_methods_and_read_only_states_are_405(wire: Wire) -> None:
    """A state without a command cannot be written; DELETE is unknown."""
    assert (await wire.put("evse/state", {"charger_state": 3})).status == 405
    assert (await wire.request("DELETE", "evse/state")).status == 405
    assert (await wire.put("nothing/here", 1)).status == 404


@pytest.mark.parametrize(
    ("path", "short", "state"),
    [
        ("evse/external_current", 16000, {"current": 16000}),
        ("evse/boost_mode", True, {"enabled": True}),
        ("power_manager/external_control", 1, {"phases_wanted": 1}),
    ],
)
async def test_object_of_one_member_may_be_abbreviated(
    wire: Wire, path: str, short: Any, state: Any
) -> None:
    """The bare value stands for the object."""
    assert (await wire.put(path, short)).status == 200
    assert await wire.get(path) == state


@pytest.mark.parametrize(
    "body",
    [
        b'{"current": 70000}',
        b'{"current": -1}',
        b'{"current": 16000.0}',
        b'{"current": "16000"}',
        b'{"current": true}',
        b'{"current": NaN}',
        b"{}",
        b'{"current": 16000, "more": 1}',
        b'{"amperes": 16000}',
        b"[16000]",
        b"not json",
        b"",
    ],
)
async def test_unfit_write_is_400_with_a_reason(wire: Wire, body: bytes) -> None:
    """Keys are exact, integers strict; nothing is recorded."""
    answer = await wire.request("PUT", "evse/external_current", body)
    assert answer.status == 400
    assert answer.text
    assert wire.sim.writes == []
    assert await wire.get("evse/external_current") == {"current": 32000}


@pytest.mark.parametrize("current_ma", [1, 5000, 5999, 32001, 40000, 65535])
async def test_unusable_current_is_accepted_and_ignored(
    wire: Wire, current_ma: int
) -> None:
    """The answer 200 means nothing for values that no controller takes."""
    assert (await wire.put("evse/external_current", 10000)).status == 200
    assert await wire.put("evse/external_current", current_ma) == (200, "")
    assert await wire.get("evse/external_current") == {"current": 10000}
    assert wire.sim.writes[-1].payload == {"current": current_ma}


async def test_null_in_an_object_is_what_the_command_was_given_last(
    build: Build, wire: Wire
) -> None:
    """It is 32 A before the first write, whatever the slot holds."""
    other = Wire(wire.session, await build(external_default_ma=6000))
    assert (await other.put("evse/external_current", {"current": None})).status == 200
    assert await other.get("evse/external_current") == {"current": 32000}
    await other.put("evse/external_current", 8000)
    await other.switch("evse/external_enabled", on=False)
    assert await other.get("evse/external_current") == {"current": 32000}
    await other.put("evse/external_current", None)
    assert await other.get("evse/external_current") == {"current": 8000}


async def test_null_in_a_configuration_keeps_the_present_value(wire: Wire) -> None:
    """Only for `.../config` is the buffer the state itself."""
    config = await wire.get("power_manager/config")
    config |= {"guaranteed_power": 2000, "battery_deadzone": None}
    assert (await wire.put("power_manager/config", config)).status == 200
    stored = await wire.get("power_manager/config")
    assert (stored["guaranteed_power"], stored["battery_deadzone"]) == (2000, 100)


async def test_get_on_a_command_executes_it(wire: Wire) -> None:
    """A client that probes paths stops the charge, and is caught by the count."""
    wire.sim.plug(CarSpec())
    assert wire.sim.measured_currents_a[0] > 0
    assert wire.sim.executed_by_get == 0
    assert await wire.request("GET", "evse/stop_charging") == (200, "")
    assert wire.sim.executed_by_get == 1
    assert (await wire.get("evse/state"))["charger_state"] == 1
    assert wire.sim.writes[-1][1:] == ("evse/stop_charging", None)


async def test_get_on_a_command_with_payload_executes_nothing(wire: Wire) -> None:
    """It is refused."""
    assert (await wire.request("GET", "nfc/inject_tag")).status == 400
    assert (await wire.request("GET", "evse/external_current_update")).status == 400
    assert wire.sim.executed_by_get == 0


@pytest.mark.parametrize("body", [b"null", b'""', b"false", b"0", b"[]", b"{}", b""])
async def test_command_without_payload_takes_every_nothing(
    wire: Wire, body: bytes
) -> None:
    """There are six spellings of nothing, and no body at all."""
    assert (await wire.request("PUT", "evse/start_charging", body)).status == 200


@pytest.mark.parametrize("body", [b"true", b"1", b'{"a":1}', b"x"])
async def test_command_without_payload_refuses_something(
    wire: Wire, body: bytes
) -> None:
    """Everything else is 400."""
    assert (await wire.request("PUT", "evse/start_charging", body)).status == 400


async def test_chunked_body_is_not_read(wire: Wire) -> None:
    """Without a length the device sees no body."""

    async def chunks() -> Any:
        yield b"16000"

    url = f"{wire.sim.url}/evse/external_current"
    async with wire.session.put(url, data=chunks()) as response:
        assert response.status == 400


async def test_large_body_is_413(wire: Wire) -> None:
    """More than 10 240 bytes do not fit."""
    answer = await wire.request("PUT", "evse/external_current", b" " * 10241)
    assert answer.status == 413


async def test_slow_controller_takes_the_value_later(build: Build, wire: Wire) -> None:
    """Accepted is not done."""
    slow = Wire(wire.session, await build(controller_delay_s=1.0))
    assert (await slow.put("evse/external_current", 8000)).status == 200
    assert await slow.get("evse/external_current") == {"current": 32000}
    await slow.sim.advance(1)
    assert await slow.get("evse/external_current") == {"current": 8000}


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.HTTP_DISABLED, 403),
        (Fault.INTERNAL_ERROR, 500),
        (Fault.NOT_A_WARP, 404),
    ],
)
async def test_faults_that_answer(wire: Wire, fault: Fault, status: int) -> None:
    """They answer everything alike, and end when cleared."""
    wire.sim.fault(fault)
    assert (await wire.request("GET", "info/name")).status == status
    wire.sim.clear(fault)
    assert (await wire.request("GET", "info/name")).status == 200


async def test_stale_and_stubborn_devices_answer_200(wire: Wire) -> None:
    """Nothing, or no increase, is applied."""
    wire.sim.fault(Fault.STALE)
    assert (await wire.put("evse/external_current", 6000)).status == 200
    assert await wire.get("evse/external_current") == {"current": 32000}
    wire.sim.clear()
    wire.sim.fault(Fault.IGNORES_INCREASE)
    for wanted_ma, there_ma in ((6000, 6000), (16000, 6000), (0, 0)):
        assert (await wire.put("evse/external_current", wanted_ma)).status == 200
        assert await wire.get("evse/external_current") == {"current": there_ma}


async def test_text_that_is_no_json(wire: Wire) -> None:
    """Something else answers with 200."""
    wire.sim.fault(Fault.NOT_JSON)
    assert await wire.request("GET", "info/name") == (200, "<html>")


async def test_another_device_at_the_address(wire: Wire) -> None:
    """The uid is another one until the right device is back."""
    wire.sim.fault(Fault.OTHER_DEVICE)
    assert (await wire.get("info/name"))["uid"] != wire.sim.uid
    wire.sim.clear()
    assert (await wire.get("info/name"))["uid"] == wire.sim.uid


async def test_plain_pages(wire: Wire) -> None:
    """They are no part of the API."""
    assert await wire.request("GET", "credential_check") == (200, "Credentials okay")
    assert await wire.request("GET", "login_state") == (200, "Logged in")
    assert (await wire.request("GET", "")).status == 200


async def test_requests_are_recorded(wire: Wire, sim: WarpSimulator) -> None:
    """With time, method, path and answer."""
    await sim.advance(2)
    await wire.get("info/name")
    assert sim.requests == [(2.0, "GET", "info/name", 200)]


async def test_display_name_can_be_changed(wire: Wire) -> None:
    """It is limited in length."""
    assert (await wire.put("info/display_name", "Garage")).status == 200
    assert await wire.get("info/display_name") == {"display_name": "Garage"}
    assert (await wire.put("info/display_name", "x" * 33)).status == 400
    assert (await wire.put("info/display_name", 7)).status == 400
    assert (await wire.put("evse/boost_mode", 1)).status == 400
