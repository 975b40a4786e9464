"""Log in, expire, refresh once."""

from simulators.easee import EaseeSimulator

from .conftest import Guest


async def test_wrong_password_is_a_bad_request(guest: Guest) -> None:
    """400 with a code of its own, not 401."""
    status, answer = await guest.login("wrong")
    assert status == 400
    assert answer["errorCode"] == 100


async def test_tokens_expire(guest: Guest, cloud: EaseeSimulator) -> None:
    """After what `expiresIn` says."""
    assert guest.tokens["expiresIn"] == 3600
    cloud.clock.advance(3599)
    assert (await guest.get("/api/chargers"))[0] == 200
    cloud.clock.advance(1)
    assert (await guest.get("/api/chargers"))[0] == 401


async def test_a_refresh_token_works_once(guest: Guest, cloud: EaseeSimulator) -> None:
    """The second use is refused, and the new pair is good."""
    used = dict(guest.tokens)
    assert (await guest.refresh())[0] == 200
    assert (await guest.get("/api/chargers"))[0] == 200
    guest.tokens = used
    assert (await guest.refresh())[0] == 401
    assert cloud.tokens.refreshes == 2


async def test_earlier_tokens_may_end(guest: Guest, cloud: EaseeSimulator) -> None:
    """A stricter vendor ends them with a new one."""
    cloud.tokens.drops_earlier = True
    old = dict(guest.headers)
    await guest.refresh()
    guest.headers = old
    assert (await guest.get("/api/chargers"))[0] == 401


async def test_revoked(guest: Guest, cloud: EaseeSimulator) -> None:
    """Everything ends at once, the stream's negotiation as well."""
    cloud.tokens.revoke(also_refresh=False)
    assert (await guest.get("/api/chargers"))[0] == 401
    assert (await guest.post("/hubs/chargers/negotiate"))[0] == 401
    assert (await guest.refresh())[0] == 200
