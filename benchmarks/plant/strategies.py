"""Four strategy models, written from descriptions of what is in use, to compare the balancer with.

They see the same meter and the same chargers. None of them is anybody's code; each stands for a way to
decide: a proportional cut that raises again after a quarter of an hour; a first-come cap by the largest
phase, one charger per tick of 30 s; an equal split that drops everybody below the minimum; and a smoothed
ramp that follows by fractions of an ampere.
"""

from dataclasses import dataclass, field

from custom_components.busbar.balancer.inputs import Inputs
from custom_components.busbar.balancer.model import PhaseAmps

from .plant import SUPPLY, Write

MINIMUM_A = 6.0


@dataclass(slots=True, kw_only=True)
class Strategy:
    """What all four share: the limits they believe to have set."""

    rating_a: PhaseAmps
    maximum_a: float = 16.0
    limits_a: dict[str, float] = field(default_factory=dict)

    def room_a(self, inputs: Inputs) -> float | None:
        """Return what is left on the worst phase, negative where it is overloaded."""
        reading = inputs.meters.get(SUPPLY)
        if reading is None or None in reading.currents_a:
            return None
        return min(
            limit - (current or 0.0)
            for limit, current in zip(self.rating_a, reading.currents_a, strict=True)
        )

    def follow(self, inputs: Inputs) -> None:
        """Take the limits from what the chargers say, for those never set."""
        for key, seen in inputs.members.items():
            if key not in self.limits_a and seen.confirmed_a is not None:
                self.limits_a[key] = seen.confirmed_a

    def write(self, key: str, current_a: float) -> list[Write]:
        """Return the command, if it is one."""
        current_a = float(int(min(current_a, self.maximum_a)))
        if current_a == self.limits_a.get(key):
            return []
        self.limits_a[key] = current_a
        return [Write(key=key, current_a=current_a)]


@dataclass(slots=True, kw_only=True)
class ProportionalCut(Strategy):
    """Waits by bands of overload, cuts in proportion, and raises a quarter of an hour later."""

    risk: float = 0.0
    asked_at: float = 0.0
    changed_at: float = -1e9

    def decide(self, inputs: Inputs, now: float) -> list[Write]:
        """Return the commands to send now."""
        self.follow(inputs)
        room_a = self.room_a(inputs)
        since_s, self.asked_at = now - self.asked_at, now
        if room_a is None:
            return []
        part = -room_a / max(self.rating_a)
        waits_s = (
            60.0
            if part <= 0.13
            else 30.0
            if part <= 0.4
            else 10.0
            if part <= 1.0
            else 1.0
        )
        self.risk = max(
            0.0, self.risk + (since_s / waits_s if room_a < 0 else -since_s / 60.0)
        )
        total_a = sum(self.limits_a.values()) or 1.0
        if room_a < 0 and self.risk >= 1.0 and now - self.changed_at >= 20.0:
            self.changed_at = now
            return [
                write
                for key, limit_a in list(self.limits_a.items())
                for write in self.write(
                    key, max(0.0, limit_a + room_a * limit_a / total_a)
                )
            ]
        if room_a >= 1.0 and now - self.changed_at >= 900.0:
            self.changed_at = now
            part_a = room_a / max(1, len(self.limits_a))
            return [
                write
                for key, limit_a in list(self.limits_a.items())
                for write in self.write(key, limit_a + part_a)
            ]
        return []


@dataclass(slots=True, kw_only=True)
class FirstCome(Strategy):
    """Looks at one charger every 30 s, and caps it by the largest phase."""

    interval_s: float = 30.0
    turn: int = 0
    next_at: float = 0.0

    def decide(self, inputs: Inputs, now: float) -> list[Write]:
        """Return the commands to send now."""
        self.follow(inputs)
        room_a = self.room_a(inputs)
        keys = list(inputs.members)
        if room_a is None or not keys or now < self.next_at:
            return []
        self.next_at = now + self.interval_s
        key = keys[self.turn % len(keys)]
        self.turn += 1
        seen = inputs.members[key]
        own_a = max((current_a or 0.0 for current_a in seen.currents_a), default=0.0)
        allowed_a = own_a + room_a
        return self.write(key, allowed_a if allowed_a >= MINIMUM_A else 0.0)


@dataclass(slots=True, kw_only=True)
class EqualSplit(Strategy):
    """Splits what is left equally, and drops everybody to 0 where that is below the minimum."""

    interval_s: float = 5.0
    next_at: float = 0.0
    quiet_since: float = 0.0

    def decide(self, inputs: Inputs, now: float) -> list[Write]:
        """Return the commands to send now."""
        self.follow(inputs)
        room_a = self.room_a(inputs)
        if room_a is None or not inputs.members or now < self.next_at:
            return []
        self.next_at = now + self.interval_s
        own_a = sum(
            max((current_a or 0.0 for current_a in seen.currents_a), default=0.0)
            for seen in inputs.members.values()
        )
        share_a = (own_a + room_a) / len(inputs.members)
        share_a = share_a if share_a >= MINIMUM_A else 0.0
        if room_a < 0:
            self.quiet_since = now
        writes: list[Write] = []
        for key, limit_a in list(self.limits_a.items()):
            if share_a < limit_a or now - self.quiet_since >= 15.0:
                writes += self.write(
                    key, min(share_a, limit_a + 4.0) if share_a else 0.0
                )
        return writes


@dataclass(slots=True, kw_only=True)
class SmoothedRamp(Strategy):
    """Smooths what it reads, and moves every 15 s: 0.1 A/s up, 0.2 A/s down."""

    smoothed_a: float | None = None
    exact_a: dict[str, float] = field(default_factory=dict)
    asked_at: float = 0.0
    next_at: float = 0.0

    def decide(self, inputs: Inputs, now: float) -> list[Write]:
        """Return the commands to send now."""
        self.follow(inputs)
        room_a = self.room_a(inputs)
        if room_a is None or not inputs.members:
            return []
        before_a = room_a if self.smoothed_a is None else self.smoothed_a
        self.smoothed_a = 0.7 * before_a + 0.3 * room_a
        since_s, self.asked_at = now - self.asked_at, now
        for key, limit_a in self.limits_a.items():
            exact_a = self.exact_a.get(key, limit_a)
            wanted_a = exact_a + self.smoothed_a / len(self.limits_a)
            step_a = max(-0.2 * since_s, min(0.1 * since_s, wanted_a - exact_a))
            self.exact_a[key] = max(0.0, min(self.maximum_a, exact_a + step_a))
        if now < self.next_at:
            return []
        self.next_at = now + 15.0
        return [
            write
            for key, exact_a in list(self.exact_a.items())
            for write in self.write(key, exact_a if exact_a >= MINIMUM_A else 0.0)
        ]
