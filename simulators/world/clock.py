"""Tell the time of the simulated world, in seconds that only ever grow."""

import time
from typing import Protocol, override, runtime_checkable

STEP_S = 0.25
"""Longest step in which the world is moved: the pace of the fastest simulated device."""


@runtime_checkable
class Clock(Protocol):
    """Answer what time it is, and jump forward when told."""

    def now(self) -> float:
        """Return the time in seconds since the clock was made."""

    def patience(self) -> float:
        """Return the time by which it is measured how long somebody took to answer.

        A client answers in the time of the wall, however fast the world runs.
        """

    def advance(self, seconds: float) -> None:
        """Move the time forward by seconds."""


class FollowsClock(Protocol):
    """Be something that lives by a clock and can be brought up to its time."""

    async def catch_up(self) -> None:
        """Live through everything between the last call and now."""


def _check_forward(seconds: float) -> None:
    """Raise ValueError unless time would move forward."""
    if seconds < 0:
        msg = f"time only moves forward, not by {seconds} s"
        raise ValueError(msg)


class ManualClock(Clock):
    """Stand still until a test moves it."""

    def __init__(self, start_s: float = 0.0) -> None:
        """Begin at start_s."""
        self._now_s = start_s

    @override
    def now(self) -> float:
        return self._now_s

    @override
    def patience(self) -> float:
        return self._now_s

    @override
    def advance(self, seconds: float) -> None:
        _check_forward(seconds)
        self._now_s += seconds


class RealClock(Clock):
    """Run with the wall, or a multiple of its speed."""

    def __init__(self, speed: float = 1.0) -> None:
        """Begin at zero and run speed times as fast as the wall."""
        self._speed = speed
        self._base_s = 0.0
        self._base_wall_s = time.monotonic()

    @property
    def speed(self) -> float:
        """Simulated seconds per second of the wall."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if speed <= 0:
            msg = f"speed must be positive, not {speed}"
            raise ValueError(msg)
        self._base_s = self.now()
        self._base_wall_s = time.monotonic()
        self._speed = speed

    @override
    def now(self) -> float:
        return self._base_s + (time.monotonic() - self._base_wall_s) * self._speed

    @override
    def patience(self) -> float:
        return time.monotonic()

    @override
    def advance(self, seconds: float) -> None:
        _check_forward(seconds)
        self._base_s += seconds


async def advance_together(
    clock: Clock, seconds: float, *followers: FollowsClock
) -> None:
    """Move one clock forward in small steps and let everything that follows it keep pace.

    Several devices on one clock have to be moved like this, so that at every instant all of
    them stand at the same time and their currents may be summed.
    """
    for step_s in steps(seconds):
        clock.advance(step_s)
        for follower in followers:
            await follower.catch_up()


def steps(seconds: float) -> list[float]:
    """Cut a span into steps of STEP_S and a remainder."""
    whole, rest_s = divmod(seconds, STEP_S)
    return [STEP_S] * int(whole) + ([rest_s] if rest_s > 0 else [])
