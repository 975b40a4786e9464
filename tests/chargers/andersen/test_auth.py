"""Hold the login: few logins, a remembered device, and no outage taken for a wrong password."""

import asyncio

import pytest

from custom_components.busbar.chargers.andersen import identify
from custom_components.busbar.chargers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
)
from simulators.andersen import Fault

from .conftest import EMAIL, PASSWORD, Rig, run_blocking


def kinds(rig: Rig) -> list[str]:
    """Return how tokens were asked for."""
    return [login.kind for login in rig.cloud.logins]


async def test_first_login_confirms_the_device_once_and_keeps_the_triple(
    rig: Rig,
) -> None:
    """The refresh token is of no use before, and a second confirmation is an error (sheet 2.3)."""
    auth = rig.auth()
    token = await auth.token()
    assert await auth.token() == token
    device = rig.state["account"]["device"]
    assert set(device) == {"key", "group_key", "password"}
    (confirmed,) = rig.cloud.cognito.confirmations
    assert (confirmed.key, confirmed.name) == (device["key"], "Home Assistant")
    assert rig.state["account"]["username"] == rig.member.account.username
    assert kinds(rig) == ["password"]


async def test_an_hour_later_the_token_was_refreshed_with_the_device(rig: Rig) -> None:
    """Before it ends, without the password, without another confirmation."""
    auth = rig.auth()
    first = await auth.token()
    await rig.time.advance(3200)
    assert await auth.token() == first
    await rig.time.advance(101)
    second = await auth.token()
    assert second != first
    assert kinds(rig) == ["password", "refresh"]
    assert rig.cloud.logins[-1].device_key == rig.state["account"]["device"]["key"]
    assert len(rig.cloud.cognito.confirmations) == 1


async def test_callers_at_the_same_time_share_one_renewal(rig: Rig) -> None:
    """Ten polls that find the token expired are one request to the login."""
    auth = rig.auth(state=rig.remembered())
    tokens = await asyncio.gather(*(auth.token() for _ in range(10)))
    assert len(set(tokens)) == 1
    assert kinds(rig) == ["refresh"]


async def test_a_caller_that_gives_up_does_not_take_the_renewal_away(rig: Rig) -> None:
    """Cancelling one of those who wait leaves the others their token."""
    auth = rig.auth(state=rig.remembered())
    first = asyncio.create_task(auth.token())
    second = asyncio.create_task(auth.token())
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    assert kinds(rig) == ["refresh"]


async def test_close_ends_a_renewal_that_hangs(rig: Rig) -> None:
    """Nothing is left running, and nobody waits for ever."""
    await rig.cloud.fault(Fault.LOOKUP_HANG)
    auth = rig.auth()
    waiting = asyncio.create_task(auth.token())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await auth.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await rig.cloud.fault(Fault.LOOKUP_HANG, on=False)


async def test_a_dead_refresh_token_leads_to_a_login_as_the_remembered_device(
    rig: Rig,
) -> None:
    """After a month the password proves itself again, and no second device is registered (2.5)."""
    auth = rig.auth(state=rig.remembered())
    await rig.cloud.fault(Fault.REVOKE_REFRESH)
    await auth.token()
    assert kinds(rig) == ["refresh", "device"]
    assert len(rig.member.account.devices) == 1
    assert rig.cloud.cognito.confirmations == []
    await rig.time.advance(3400)
    await auth.token()
    assert kinds(rig) == ["refresh", "device", "refresh"]


@pytest.mark.parametrize("is_refresh_first", [True, False])
async def test_a_forgotten_device_is_registered_anew(
    rig: Rig, is_refresh_first: bool
) -> None:
    """Device does not exist: drop the triple, log in once without it (2.6)."""
    state = rig.remembered()
    if not is_refresh_first:
        del state["account"]["refresh_token"]
    await rig.cloud.fault(Fault.FORGET_DEVICES)
    auth = rig.auth(state=state)
    await auth.token()
    assert kinds(rig)[-1] == "password"
    assert len(rig.cloud.cognito.confirmations) == 1
    assert rig.state["account"]["device"]["key"] != state["account"]["device"]["key"]


async def test_a_refused_device_proof_is_no_wrong_password(rig: Rig) -> None:
    """The password was accepted the step before; both refusals have one name."""
    state = rig.remembered()
    state["account"]["device"]["password"] = "not this one"
    del state["account"]["refresh_token"]
    await rig.auth(state=state).token()
    assert kinds(rig) == ["device", "password"]


async def test_a_broken_triple_is_no_device(rig: Rig) -> None:
    """What an older version stored is not handed to the library, which would raise."""
    state = {"account": {"device": {"key": "only"}, "refresh_token": "x"}}
    await rig.auth(state=state).token()
    assert kinds(rig) == ["password"]


async def test_without_a_device_each_expiry_is_a_login(rig: Rig) -> None:
    """No NewDeviceMetadata: nothing to refresh with (2.3, rule 5)."""
    await rig.cloud.fault(Fault.NO_DEVICE)
    auth = rig.auth()
    await auth.token()
    await rig.time.advance(3400)
    await auth.token()
    assert kinds(rig) == ["password", "password"]
    assert "device" not in rig.state["account"]


async def test_a_device_that_was_not_confirmed_is_not_kept(rig: Rig) -> None:
    """The hour is good nevertheless."""
    await rig.cloud.fault(Fault.CONFIRM_FAILS)
    assert await rig.auth().token()
    assert "device" not in rig.state["account"]


async def test_without_a_password_the_device_is_all_there_is(rig: Rig) -> None:
    """About a month, then the person is asked."""
    auth = rig.auth(password=None, state=rig.remembered())
    assert await auth.token()
    await rig.cloud.fault(Fault.REVOKE_REFRESH)
    await rig.time.advance(3500)
    with pytest.raises(AuthenticationFailed, match="no password is stored"):
        await auth.token()


async def test_the_user_name_is_looked_up_once(rig: Rig) -> None:
    """It is stable, and kept."""
    auth = rig.auth()
    assert await auth.username() == rig.member.account.username
    await auth.token()
    assert rig.cloud.requests.count("get-pending-user") == 1


async def test_a_young_token_that_is_refused_is_the_servers_trouble(rig: Rig) -> None:
    """Another one would not help; one refresh, no loop, and nothing is wiped (6)."""
    auth = rig.auth(state=rig.remembered())
    token = await auth.token()
    with pytest.raises(ConnectionFailed, match="just issued"):
        await auth.token(refused=token)
    await rig.time.advance(301)
    assert await auth.token(refused=token) != token
    assert kinds(rig) == ["refresh", "refresh"]


async def test_a_refused_token_that_was_replaced_meanwhile_costs_nothing(
    rig: Rig,
) -> None:
    """Whoever comes late with the old token gets the new one."""
    auth = rig.auth(state=rig.remembered())
    old = await auth.token()
    await rig.time.advance(3400)
    new = await auth.token()
    assert await auth.token(refused=old) == new
    assert len(rig.cloud.logins) == 2


async def test_forgetting_the_device(rig: Rig) -> None:
    """The vendor forgets us, and we forget the login; again is no error."""
    state = rig.remembered()
    auth = rig.auth(state=state)
    await auth.forget_device()
    assert rig.cloud.cognito.forgotten == [state["account"]["device"]["key"]]
    assert set(rig.state["account"]) == {"username"}
    await auth.forget_device()
    assert len(rig.cloud.cognito.forgotten) == 1


async def test_a_device_that_is_already_forgotten_is_forgotten(rig: Rig) -> None:
    """ResourceNotFound is what was wanted."""
    auth = rig.auth(state=rig.remembered())
    await auth.token()
    await rig.cloud.fault(Fault.FORGET_DEVICES)
    await auth.forget_device()
    assert "device" not in rig.state["account"]


@pytest.mark.parametrize("fault", [Fault.COGNITO_INTERNAL, Fault.COGNITO_REFUSE])
async def test_forgetting_says_when_it_cannot(rig: Rig, fault: Fault) -> None:
    """The device stays known, so that it can be tried again."""
    auth = rig.auth(state=rig.remembered())
    await auth.token()
    await rig.cloud.fault(fault)
    with pytest.raises(ConnectionFailed):
        await auth.forget_device()
    assert auth._device() is not None


async def test_identify_says_whose_account_it_is(rig: Rig) -> None:
    """And hands over the device, so that setting up does not register a second one."""
    account = await identify(
        {"email": EMAIL, "password": PASSWORD},
        session=rig.session,
        run_blocking=run_blocking,
        endpoints=rig.endpoints,
    )
    assert account.account_id == rig.member.account.username
    auth = rig.auth(password=None, state=account.state)
    await auth.token()
    assert kinds(rig) == ["password", "refresh"]


async def test_identify_at_reauth_proves_the_password_as_the_same_device(
    rig: Rig,
) -> None:
    """A refresh would prove nothing about the password."""
    state = rig.remembered()
    settings = {"email": EMAIL, "password": "wrong"}
    with pytest.raises(AuthenticationFailed):
        await identify(
            settings,
            session=rig.session,
            run_blocking=run_blocking,
            state=state,
            endpoints=rig.endpoints,
        )
    account = await identify(
        {**settings, "password": PASSWORD},
        session=rig.session,
        run_blocking=run_blocking,
        state=state,
        endpoints=rig.endpoints,
    )
    assert kinds(rig) == ["password", "device"]
    assert account.state["account"]["device"] == state["account"]["device"]
