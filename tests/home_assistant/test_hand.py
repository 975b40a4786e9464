"""One hand on a set-point: the latest wins, one write is in flight, what nobody renews is lowered."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, cast

import pytest

from custom_components.busbar.chargers.errors import (
    ChargerError,
    ConnectionFailed,
    Rejected,
    Unsupported,
)
from custom_components.busbar.chargers.model import (
    Capabilities,
    Charger,
    CurrentRange,
    Snapshot,
)
from custom_components.busbar.steering import hand as hand_module
from custom_components.busbar.steering.hand import SetpointHand
from custom_components.busbar.steering.setpoint import SiteAllocation, Wish


class Box:
    """A charger without a wire, which takes a command when it is let."""

    capabilities = Capabilities(
        charge=CurrentRange(minimum_a=6, maximum_a=32, step_a=1)
    )

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.snapshot: Snapshot | None = None
        self.told: list[float] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: ChargerError | None = None

    async def set_current(
        self, current_a: float, *, lease_s: float | None = None
    ) -> None:
        """Take it, once the gate is open."""
        self.in_flight += 1
        self.most_in_flight = max(self.in_flight, self.most_in_flight)
        try:
            await self.gate.wait()
            if self.error is not None:
                raise self.error
        finally:
            self.in_flight -= 1
        self.told.append(current_a)
        self.snapshot = Snapshot(received_at=0, commanded_a=current_a, commanded_at=0)


class PhaseBox(Box):
    """The same with switchable phases."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        super().__init__()
        self.phases: list[int] = []

    async def set_phases(self, count: int) -> None:
        """Take it."""
        self.phases.append(count)


class LiveBox(Box):
    """One that stops by itself in silence."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        super().__init__()
        self.silences = 0

    async def fall_silent(self) -> None:
        """Take it."""
        self.silences += 1


class Time:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Return it."""
        return self.now


@pytest.fixture
def box() -> Box:
    """Return a charger."""
    return Box()


@pytest.fixture
def clock() -> Time:
    """Return a clock."""
    return Time()


@pytest.fixture
def tasks() -> list[asyncio.Task[None]]:
    """Return what was started."""
    return []


@pytest.fixture
def hand(box: Box, clock: Time, tasks: list[asyncio.Task[None]]) -> SetpointHand:
    """Return the hand on it."""

    def start(work: Coroutine[Any, Any, None]) -> None:
        tasks.append(asyncio.ensure_future(work))

    return hand_on(box, clock, start)


def later(delay_s: float, action: Callable[[], None]) -> Callable[[], None]:
    """Call an action later, on the loop."""
    return asyncio.get_running_loop().call_later(delay_s, action).cancel


def hand_on(
    box: Box, clock: Time, start: Callable[[Coroutine[Any, Any, None]], None]
) -> SetpointHand:
    """Return a hand on as much of a charger as a hand touches."""
    return SetpointHand(
        cast("Charger", box),
        wish=Wish(),
        clock=clock,
        start_task=start,
        call_later=later,
    )


async def settle(tasks: list[asyncio.Task[None]]) -> None:
    """Let all that was started end."""
    while tasks:
        await tasks.pop()


def granted(
    current_a: float, ends_at: float = 60, falls_to_a: float = 6
) -> SiteAllocation:
    """Return an allocation."""
    return SiteAllocation(current_a=current_a, ends_at=ends_at, falls_to_a=falls_to_a)


async def test_a_wish_is_written_as_it_is(box: Box, hand: SetpointHand) -> None:
    """Without a site the person decides alone."""
    await hand.async_wish(Wish(current_limit_a=10))
    assert box.told == [10]
    assert not hand.is_steered


async def test_a_refused_wish_is_not_kept(box: Box, hand: SetpointHand) -> None:
    """Nothing written, nothing lost."""
    await hand.async_wish(Wish(current_limit_a=10))
    box.error = Rejected("no")
    with pytest.raises(Rejected):
        await hand.async_wish(Wish(current_limit_a=12))
    assert hand.wish == Wish(current_limit_a=10)
    assert hand.failed is not None
    box.error = None
    await hand.async_wish(Wish(current_limit_a=12))
    assert hand.failed is None


async def test_under_a_site_a_wish_lowers_at_once_and_never_raises(
    box: Box, hand: SetpointHand, tasks: list[asyncio.Task[None]]
) -> None:
    """What a wish newly allows is the site's to give."""
    hand.allocate(granted(16), write=True)
    await settle(tasks)
    await hand.async_wish(Wish(current_limit_a=8))
    await hand.async_wish(Wish(current_limit_a=32))
    assert box.told == [16, 8]
    hand.stop()


async def test_a_wish_that_comes_while_the_site_writes_is_not_lost(
    box: Box, hand: SetpointHand, tasks: list[asyncio.Task[None]]
) -> None:
    """What the charger holds is not known then; what the site granted is."""
    box.gate.clear()
    hand.allocate(granted(16), write=True)
    await asyncio.sleep(0)
    wishing = asyncio.ensure_future(hand.async_wish(Wish(current_limit_a=8)))
    await asyncio.sleep(0)
    box.gate.set()
    await wishing
    await settle(tasks)
    assert box.told == [16, 8]
    hand.stop()


async def test_the_latest_wins_and_one_write_is_in_flight(
    box: Box, hand: SetpointHand, tasks: list[asyncio.Task[None]]
) -> None:
    """Five allocations while one write hangs are one more write, of the last."""
    box.gate.clear()
    for current_a in (6, 8, 10, 12, 14):
        hand.allocate(granted(current_a), write=True)
        await asyncio.sleep(0)
    assert hand.is_busy
    assert hand.in_flight is not None
    assert hand.in_flight.setpoint.current_a == 6
    box.gate.set()
    await settle(tasks)
    assert box.told == [6, 14]
    assert box.most_in_flight == 1
    assert not hand.is_busy
    hand.stop()


async def test_renewing_moves_the_end_and_writes_nothing(
    box: Box, hand: SetpointHand, tasks: list[asyncio.Task[None]], clock: Time
) -> None:
    """A site that lives keeps its set-points without a word on the wire."""
    hand.allocate(granted(16), write=True)
    await settle(tasks)
    clock.now = 50
    hand.allocate(granted(16, ends_at=110), write=False)
    clock.now = 70
    assert box.told == [16]
    assert hand.allocation is not None
    assert hand.allocation.current_at(clock.now) == 16
    hand.stop()


async def test_a_silent_site_lowers_the_charger_until_it_was_reached(
    box: Box,
    hand: SetpointHand,
    tasks: list[asyncio.Task[None]],
    clock: Time,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It tries again where the first attempt failed."""
    monkeypatch.setattr(hand_module, "_RETRY_S", 0)
    hand.allocate(granted(16, ends_at=0.0), write=False)
    box.snapshot = Snapshot(received_at=0, commanded_a=16, commanded_at=0)
    clock.now = 1
    box.error = ConnectionFailed("away")
    while hand.failed is None:
        await asyncio.sleep(0)
    assert box.told == []
    box.error = None
    while not box.told:
        await asyncio.sleep(0)
    hand.stop()
    await settle(tasks)
    assert set(box.told) == {6}


async def test_an_end_that_lowers_nothing_writes_nothing(
    box: Box, hand: SetpointHand, clock: Time
) -> None:
    """A charger that already holds its fail-safe current is left alone."""
    box.snapshot = Snapshot(received_at=0, commanded_a=6, commanded_at=0)
    hand.allocate(granted(6, ends_at=0.0), write=False)
    clock.now = 1
    await asyncio.sleep(0.01)
    assert box.told == []


async def test_leaving_lowers_and_never_raises(box: Box, hand: SetpointHand) -> None:
    """A charger that holds less than the fail-safe current keeps that."""
    box.snapshot = Snapshot(received_at=0, commanded_a=16, commanded_at=0)
    await hand.async_lower(6)
    assert box.told == [6]
    await hand.async_lower(10)
    assert box.told == [6]


async def test_leaving_stops_a_discharge(box: Box, hand: SetpointHand) -> None:
    """Less than nothing is lowered to 0."""
    box.snapshot = Snapshot(received_at=0, commanded_a=-10, commanded_at=0)
    await hand.async_lower(0)
    assert box.told == [0]


async def test_a_charger_that_hangs_counts_as_lost(
    box: Box, hand: SetpointHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is bounded."""
    monkeypatch.setattr(hand_module, "_COMMAND_TIMEOUT_S", 0)
    box.gate.clear()
    with pytest.raises(ConnectionFailed):
        await hand.async_wish(Wish(current_limit_a=10))
    assert hand.wish == Wish()


async def test_phases_are_switched_once(clock: Time) -> None:
    """What the charger already does is not asked again."""
    box = PhaseBox()
    hand = hand_on(box, clock, lambda work: None)
    await hand.async_wish(Wish(phases=1))
    box.snapshot = Snapshot(received_at=0, phases_wanted=1)
    await hand.async_wish(Wish(phases=1, current_limit_a=8))
    assert box.phases == [1]
    assert box.told == [8]


async def test_phases_that_cannot_be_switched_are_refused(
    box: Box, hand: SetpointHand
) -> None:
    """With a reason, and without another write."""
    with pytest.raises(Unsupported):
        await hand.async_wish(Wish(phases=1, current_limit_a=8))
    assert box.told == []


async def test_a_withdrawn_allocation_leaves_the_charger_alone(
    box: Box, hand: SetpointHand, tasks: list[asyncio.Task[None]]
) -> None:
    """And the person decides again."""
    hand.allocate(granted(16), write=True)
    await settle(tasks)
    hand.withdraw_allocation()
    assert box.told == [16]
    assert not hand.is_steered


async def test_a_discharge_ends_with_who_watched_it(
    hand: SetpointHand, box: Box, tasks: list[asyncio.Task[None]]
) -> None:
    """Also one that was only just asked for."""
    box.capabilities = replace(box.capabilities, discharge=box.capabilities.charge)
    box.gate.clear()
    hand.allocate(granted(-16), write=True)
    while not box.in_flight:
        await asyncio.sleep(0)
    hand.withdraw_allocation()
    box.gate.set()
    await settle(tasks)
    assert box.told == [-16, 0]
    assert not hand.is_steered
    hand.withdraw_allocation()
    await settle(tasks)
    assert box.told == [-16, 0]


async def test_what_is_only_just_asked_for_is_lowered_too(
    hand: SetpointHand, box: Box, tasks: list[asyncio.Task[None]]
) -> None:
    """Lowering waits for the write that is in flight."""
    box.gate.clear()
    hand.allocate(granted(16), write=True)
    while not box.in_flight:
        await asyncio.sleep(0)
    box.snapshot = Snapshot(received_at=0, commanded_a=6, commanded_at=0)
    lowering = asyncio.ensure_future(hand.async_lower(6))
    await asyncio.sleep(0)
    box.gate.set()
    await lowering
    await settle(tasks)
    assert box.told == [16, 6]


async def ended_on(
    box: Box, clock: Time, *, falls_to_a: float
) -> tuple[SetpointHand, list[asyncio.Task[None]]]:
    """Return a hand whose site fell silent while the charger held 16 A, and what it started."""
    tasks: list[asyncio.Task[None]] = []
    hand = hand_on(box, clock, lambda work: tasks.append(asyncio.ensure_future(work)))
    box.snapshot = Snapshot(received_at=0, commanded_a=16, commanded_at=0)
    hand.allocate(granted(16, ends_at=0.0, falls_to_a=falls_to_a), write=False)
    clock.now = 1
    while not tasks:
        await asyncio.sleep(0)
    await settle(tasks)
    return hand, tasks


@pytest.mark.parametrize(
    ("falls_to_a", "error", "told", "silences"),
    [(0, None, [0], 1), (6, None, [6], 0), (6, Rejected("no"), [], 1)],
    ids=["nothing flows on", "a fail-safe current does", "it did not listen"],
)
async def test_a_charger_that_is_steered_live_is_left_alone_in_the_end(
    clock: Time,
    falls_to_a: float,
    error: ChargerError | None,
    told: list[float],
    silences: int,
) -> None:
    """Lowered first; then every word of ours would only keep it going."""
    box = LiveBox()
    box.error = error
    hand, _ = await ended_on(box, clock, falls_to_a=falls_to_a)
    assert (box.told, box.silences) == (told, silences)
    assert (hand._timer is None) == bool(silences)
    hand.stop()


async def test_a_site_that_comes_back_meanwhile(clock: Time) -> None:
    """Then nothing falls silent."""
    box = LiveBox()
    box.gate.clear()
    tasks: list[asyncio.Task[None]] = []
    hand = hand_on(box, clock, lambda work: tasks.append(asyncio.ensure_future(work)))
    box.snapshot = Snapshot(received_at=0, commanded_a=16, commanded_at=0)
    hand.allocate(granted(16, ends_at=0.0, falls_to_a=0), write=False)
    clock.now = 1
    while not box.in_flight:
        await asyncio.sleep(0)
    hand.allocate(granted(16), write=False)
    box.gate.set()
    await settle(tasks)
    assert box.silences == 0
    hand.stop()


@pytest.mark.parametrize("is_withdrawn", [False, True])
async def test_a_silence_is_broken_by_who_decides(
    clock: Time, is_withdrawn: bool
) -> None:
    """A silent charger is told nothing by its site, which has to hear it first."""
    box = LiveBox()
    hand, tasks = await ended_on(box, clock, falls_to_a=0)
    for _ in range(2):
        if is_withdrawn:
            hand.withdraw_allocation()
        else:
            hand.allocate(granted(16), write=False)
    await settle(tasks)
    assert box.told == [0, 0]
    hand.stop()
