"""What a day came to: energy through the meter, turns of the direction, and ampere-seconds above the fuse."""

from collections.abc import Sequence
from dataclasses import dataclass

from .chargers import FLOWS_W, VOLTAGE_V
from .followers import FUSE_A
from .play import Played
from .references import Choices

PAUSE_S = 60
BROKEN_A = 0.05
"""From here on a limit counts as exceeded, so that rounding does not decide."""
REACTION_S = {True: 12, False: 9}
"""What physics asks for until a reading has become less current. A Quasar: 1 s between two readings, 1 s on their way,
1 s until the command shows, 6 s between two reductions, 2 s to fall, and the second in which it happens. A car on
AC: the same without reductions that wait, and the 5 s that it may take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Energy:
    """What crossed the meter while a car was there, in watt-hours."""

    imported_wh: float
    exported_wh: float

    @property
    def total_wh(self) -> float:
        """Return both together: what following is to keep small."""
        return self.imported_wh + self.exported_wh


@dataclass(frozen=True, kw_only=True, slots=True)
class Excess:
    """Ampere-seconds above the fuse that a charger added, in one direction."""

    all_as: float
    beyond_as: float
    """Of these, what physics did not force."""


def energy_of(grid_w: Sequence[float], counts: Sequence[bool]) -> Energy:
    """Return what crossed the meter in the seconds that count."""
    counted = [
        watts for watts, is_there in zip(grid_w, counts, strict=True) if is_there
    ]
    return Energy(
        imported_wh=sum(watts for watts in counted if watts > 0) / 3600,
        exported_wh=-sum(watts for watts in counted if watts < 0) / 3600,
    )


def bound_of(played: Played) -> Energy:
    """Return what had to cross the meter, whoever follows."""
    choices = Choices.of(played.settable_a, played.day.mode)
    grid_w = [choices.least_w(net_w) for net_w in played.profile.net_w]
    return energy_of(grid_w, played.has_car)


def untouched_of(played: Played) -> Energy:
    """Return what would have crossed the meter without the charger."""
    return energy_of(played.profile.net_w, played.has_car)


def turns_of(charger_w: Sequence[float]) -> list[int]:
    """Return for each turn of the direction how many seconds nothing had flowed before it."""
    rests: list[int] = []
    sign = flowed_at = 0
    for at, watts in enumerate(charger_w):
        if abs(watts) < FLOWS_W:
            continue
        now = 1 if watts > 0 else -1
        if sign and now != sign:
            rests.append(at - flowed_at - 1)
        sign, flowed_at = now, at
    return rests


def reversals_of(charger_w: Sequence[float]) -> int:
    """Return how many turns came after less than a minute of rest."""
    return sum(rest_s < PAUSE_S for rest_s in turns_of(charger_w))


def excess_of(played: Played, sign: int) -> Excess:
    """Return what a charger added above the fuse, of import (+1) or of export (-1).

    Physics forces it where the house itself moved within the time that any reaction takes, or since the meter
    told its last truth: so much, and no more. What the house takes above the fuse alone is nobody's.
    """
    day, profile = played.day, played.profile
    house_a = [sign * watts / VOLTAGE_V for watts in profile.net_w]
    reaction_s = REACTION_S[day.is_bidirectional]
    total_as = beyond_as = 0.0
    known_at = 0
    for at, own_w in enumerate(played.charger_w):
        if not day.has_fault(profile.from_s + at):
            known_at = at
        own_a = sign * own_w / VOLTAGE_V
        excess_a = min(house_a[at] + own_a - FUSE_A, own_a)
        if excess_a <= BROKEN_A:
            continue
        known_a = min(house_a[max(0, min(known_at, at) - reaction_s) : at + 1])
        total_as += excess_a
        beyond_as += max(0.0, excess_a - max(0.0, house_a[at] - known_a))
    return Excess(all_as=total_as, beyond_as=beyond_as)
