"""Try the small parts by themselves."""

import logging

import pytest

from custom_components.busbar.chargers.easee.budget import ALLOWANCES, Budgets, Kind
from custom_components.busbar.chargers.easee.device import lease_minutes
from custom_components.busbar.chargers.easee.memory import Memory
from custom_components.busbar.chargers.easee.redaction import (
    LOGGERS,
    RedactingFilter,
    install,
    redacted,
)
from custom_components.busbar.chargers.easee.setpoint import Cause, SetPoint
from custom_components.busbar.chargers.errors import (
    ChargerError,
    ConnectionFailed,
    RateLimited,
    Rejected,
)


@pytest.mark.parametrize(
    ("message", "arguments", "shown"),
    [
        (
            "POST: %s (%s)",
            ("/api/chargers/EH1/settings", {"json": 1}),
            "POST: /api/chargers/…/settings (…)",
        ),
        (
            "GET: %s (%s)",
            ("/state/EH1/observations?ids=1,2", {}),
            "GET: /state/…/observations (…)",
        ),
        (
            "getting token for user: %s",
            ("anna@example.com",),
            "getting token for user: …",
        ),
        (
            "SR authentication failed: %s. Retry in %d seconds",
            ("AuthorizationError", 30),
            "SR authentication failed: AuthorizationError. Retry in 30 seconds",
        ),
        ("TOKEN: %s", ({"accessToken": "x"},), "TOKEN: …"),
        ("> %s: %s", ("Authorization", "Bearer abc"), "…"),
        ("> %s: %s", ("Accept", "json"), "> Accept: json"),
        ("Bad request (400: {'a': 'secret'} http://x)", (), "Bad request (400: …"),
        ("SR connect sleep 0", (), "SR connect sleep …"),
        ("SR run", None, "SR run"),
        ({"a": "dictionary"}, (), "…"),
        ("%d", ("no number",), "…"),
        ("%s", (ValueError("secret 1"),), "ValueError"),
    ],
)
def test_redaction(message: object, arguments: object, shown: str) -> None:
    """What is let through is listed, not what is held back."""
    assert redacted(message, arguments) == shown


def test_filter_makes_debug_of_everything() -> None:
    """The library writes an error at each lost stream; ours to say, once."""
    install()
    install()
    logger = logging.getLogger(LOGGERS[0])
    filters = [one for one in logger.filters if isinstance(one, RedactingFilter)]
    assert len(filters) == 1
    record = logging.LogRecord(LOGGERS[0], logging.ERROR, "", 1, "loud", (), None)
    logger.setLevel(logging.INFO)
    assert filters[0].filter(record) is False
    logger.setLevel(logging.DEBUG)
    assert filters[0].filter(record) is True
    assert record.levelno == logging.DEBUG
    logger.setLevel(logging.NOTSET)


def test_budgets() -> None:
    """A request that does not fit is refused with the time after which it would."""
    now = [0.0]
    budgets = Budgets(lambda: now[0])
    for step in range(ALLOWANCES[Kind.SETTING].number):
        now[0] = float(step)
        budgets.spend(Kind.SETTING)
    with pytest.raises(RateLimited) as caught:
        budgets.spend(Kind.SETTING)
    assert caught.value.retry_after_s == 51
    budgets.spend(Kind.LIMIT)
    now[0] = 60
    budgets.spend(Kind.SETTING)
    with pytest.raises(RateLimited):
        budgets.spend(Kind.SETTING)
    assert budgets.close(Kind.LIMIT, "12") == 12
    with pytest.raises(RateLimited):
        budgets.spend(Kind.LIMIT)
    now[0] = 72
    budgets.spend(Kind.LIMIT)


def test_leases() -> None:
    """Whole minutes, never shorter than asked."""
    assert lease_minutes(None) == 0
    assert lease_minutes(1) == 1
    assert lease_minutes(60) == 1
    assert lease_minutes(61) == 2
    for wrong in (0, -1, 64_801):
        with pytest.raises(Rejected):
            lease_minutes(wrong)


def test_memory_survives_nonsense() -> None:
    """What was stored may be of another version."""
    for state in ({}, {"surplus_import_a": 3, "zeroed": 7}):
        assert Memory(state, lambda _: None).surplus_import_a("Q") == 0
    saved: list[object] = []
    memory = Memory({"surplus_import_a": {"Q": 8, "R": "x"}}, saved.append)
    assert memory.surplus_import_a("Q") == 8
    memory.remember_surplus_import("Q", 8)
    memory.remember_zero("E", ours=False)
    assert saved == []
    memory.remember_zero("E", ours=True)
    assert memory.is_zeroed("E")
    assert saved == [{"surplus_import_a": {"Q": 8.0}, "zeroed": ["E"]}]


def test_set_point_tells_lag_from_another_hand() -> None:
    """A difference is lag until it is older than the grace."""
    point = SetPoint()
    assert not point.is_foreign(0)
    point.report((32.0,), 1.0, None)
    assert not point.is_foreign(100)
    point.command((10.0,), 10.0, None)
    assert not point.is_foreign(100), "the old value is no news"
    point.report((10.0,), 11.0, None)
    point.report((14.0,), 20.0, None)
    assert not point.is_foreign(49)
    assert point.is_foreign(50)
    point.note_cause(Cause.RESUME, 21.0)
    assert point.reset_by is None
    assert point.is_foreign(50), "a resume gives more"
    point.report((32.0,), 22.0, None)
    assert point.reset_by is Cause.RESUME
    assert not point.is_foreign(60)


def test_set_point_keeps_the_time_of_a_repeated_command() -> None:
    """A repeat is no new command, unless something had replaced it."""
    point = SetPoint()
    point.command((10.0,), 1.0, None)
    point.command((10.0,), 5.0, 60.0)
    assert point.commanded_at == 1.0
    assert point.lease_ends_at == 65.0
    assert point.lease_ended(64.5)
    assert not point.lease_ended(60)
    point.report((10.0,), 2.0, None)
    point.report((16.0,), 6.0, Cause.LEASE_END)
    assert point.reset_by is Cause.LEASE_END
    point.command((10.0,), 7.0, None)
    assert point.commanded_at == 7.0
    assert not point.lease_ended(100)


def test_set_point_knows_what_was_taken_without_an_answer() -> None:
    """For a while, for nobody tells us that it arrived; what was refused did not."""
    point = SetPoint()
    point.command((10.0,), 1.0, None)
    point.report((10.0,), 2.0, None)
    for value, error in ((8.0, ConnectionFailed("")), (7.0, Rejected(""))):
        with pytest.raises(ChargerError), point.trying((value,), 10.0, 60.0):
            raise error
    point.report((8.0,), 12.0, None)
    assert (point.commanded, point.commanded_at) == ((8.0,), 10.0)
    assert point.lease_ends_at == 70.0
    assert not point.is_foreign(100)
    point.report((7.0,), 110.0, None)
    assert point.is_foreign(140)
    with pytest.raises(ChargerError), point.trying((6.0,), 200.0, None):
        raise ConnectionFailed("")
    point.report((6.0,), 400.0, None)
    assert point.commanded == (8.0,), "too late to be ours"
    assert point.is_foreign(430)


def test_set_point_that_is_tried_again_may_have_been_taken_before() -> None:
    """A poll comes late: what it tells was measured before the last attempt."""
    point = SetPoint()
    point.command((10.0,), 1.0, None)
    point.report((10.0,), 2.0, None)
    for sent_at in (20.0, 50.0):
        with pytest.raises(ConnectionFailed), point.trying((8.0,), sent_at, None):
            raise ConnectionFailed("")
    with pytest.raises(RateLimited), point.trying((8.0,), 55.0, None):
        raise RateLimited(10)
    point.report((8.0,), 21.0, None)
    assert (point.commanded, point.commanded_at) == ((8.0,), 20.0)


def test_set_point_takes_a_standing_report() -> None:
    """Only if nothing of ours is on its way."""
    point = SetPoint()
    point.report((16.0,), 1.0, None)
    point.command((16.0,), 5.0, None)
    assert point.commanded_at == 1.0
    point.command((10.0,), 6.0, None)
    point.command((16.0,), 7.0, None)
    assert point.commanded_at == 7.0, "the 10 A may still arrive"
    point.report((10.0,), 8.0, None)
    assert not point.is_foreign(100), "ours, overtaken"
    assert point.is_foreign(200), "by now it should have been followed"
