"""Speak to the fake of the vendor's cloud by hand."""

import base64

import aiohttp
import pytest

from simulators.quasar import Fault, QuasarSimulator


def login_of(sim: QuasarSimulator) -> str:
    """Return the header of the account."""
    pair = f"{sim.settings.username}:{sim.settings.password}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


async def sign_in(sim: QuasarSimulator, session: aiohttp.ClientSession) -> str:
    """Return a token."""
    async with session.get(
        f"{sim.cloud.url}users/signin",
        headers={"Partner": "wallbox", "Authorization": login_of(sim)},
    ) as response:
        assert response.status == 200
        answer = await response.json()
        return str(answer["data"]["attributes"]["token"])


async def status_of(
    sim: QuasarSimulator,
    session: aiohttp.ClientSession,
    path: str,
    token: str = "",
    *,
    body: dict[str, int] | None = None,
) -> int:
    """Return the HTTP status of a request."""
    async with session.request(
        "GET" if body is None else "POST",
        f"{sim.cloud.url}{path}",
        headers={"Authorization": f"Bearer {token}"},
        json=body,
    ) as response:
        return response.status


@pytest.mark.parametrize(
    "path", ["v3/chargers/groups", "chargers/status/100000", "users/refresh-token"]
)
async def test_everything_needs_a_token(
    sim: QuasarSimulator, session: aiohttp.ClientSession, path: str
) -> None:
    """401 without, also for the restart."""
    assert await status_of(sim, session, path, "nobody") == 401
    act = "v3/chargers/100000/remote-action"
    assert await status_of(sim, session, act, "nobody", body={"action": 3}) == 401


async def test_signing_in(sim: QuasarSimulator, session: aiohttp.ClientSession) -> None:
    """With name, password, and the header that the vendor expects."""
    token = await sign_in(sim, session)
    assert await status_of(sim, session, "v3/chargers/groups", token) == 200
    sim.cloud.expire_tokens()
    assert await status_of(sim, session, "v3/chargers/groups", token) == 401
    url = f"{sim.cloud.url}users/signin"
    headers = {"Authorization": login_of(sim)}
    async with session.get(url, headers=headers) as response:
        assert response.status == 400


@pytest.mark.parametrize(
    ("state", "status"), [(0, 161), (1, 193), (11, 196), (7, 14), (10, 185)]
)
async def test_status(
    sim: QuasarSimulator, session: aiohttp.ClientSession, state: int, status: int
) -> None:
    """By numbers of its own."""
    token = await sign_in(sim, session)
    sim.machine.forced_state = state
    url = f"{sim.cloud.url}chargers/status/100000"
    headers = {"Authorization": f"Bearer {token}"}
    async with session.get(url, headers=headers) as response:
        assert (await response.json())["status_id"] == status


async def test_restarting(sim: QuasarSimulator, session: aiohttp.ClientSession) -> None:
    """Action 3; during an update it destroys the charger."""
    token = await sign_in(sim, session)
    act = "v3/chargers/100000/remote-action"
    assert await status_of(sim, session, act, token, body={"action": 2}) == 200
    assert sim.machine.reboots == 0
    stranger = "v3/chargers/7/remote-action"
    assert await status_of(sim, session, stranger, token, body={"action": 3}) == 404
    sim.fault(Fault.MUTE)
    assert await status_of(sim, session, act, token, body={"action": 3}) == 200
    assert sim.machine.reboots == 1
    assert not sim.machine.is_up
    assert not sim.server.is_open
    await sim.advance(300)
    assert sim.server.is_open
    sim.machine.updating = True
    await status_of(sim, session, act, token, body={"action": 3})
    assert sim.machine.bricked
