"""What contradicts a meter or a phase map: frozen values, an inverted meter, current on other phases.

All of it goes by our own measured current, the only thing beside the meter that we know. A value that does
not move while our own current moved by amperes is frozen. A meter that moves against our own current again
and again is inverted; one that moves on other phases than the phase map says contradicts the map.
"""

from collections.abc import Sequence

from .freshness import INVERTED_VOTES, rhythm_s
from .inputs import CircuitConfig, MeterReading, Options
from .member import Member, minus, total
from .memory import MeterMemory
from .model import NO_AMPS, Phase, PhaseAmps
from .own_current import AROUND_S, own_current

STILL_A = 0.05
"""Less than this is no movement of a meter."""
ALIKE = 0.35
"""Two movements are alike within this part of the larger."""
STEADY_A = 1.0
"""Own current that is known less precisely than this proves nothing."""
VOTE_S = 60.0
"""A single contradiction counts for this long."""
MOST_WAITING = 30
"""Readings that wait for our own samples of the same moment."""
ROTATIONS = ((1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2))
MAP_VOTES = 3
"""So many movements on other phases contradict a phase map."""


def take_evidence(
    circuit: CircuitConfig,
    meter: MeterMemory,
    reading: MeterReading,
    members: Sequence[Member],
    options: Options,
    now: float,
) -> None:
    """Compare the meter with what our own chargers did, once that is known for the same moment."""
    if meter.whole_at is None:
        return
    queue = list(meter.queue)
    if not queue or meter.whole_at > queue[-1][0]:
        values = tuple(current_a or 0.0 for current_a in reading.currents_a)
        queue.append((meter.whole_at, (values[0], values[1], values[2])))
    patience_s = 2 * rhythm_s(meter, reading)
    votes = meter.inverted_votes
    while queue and queue[0][0] <= now - AROUND_S:
        at, meter_a = queue.pop(0)
        own_a = _own_a(members, at)
        if own_a is None:
            _forget_stillness(meter, meter_a)
            _begin_movement(meter, at, meter_a, members)
        else:
            _look_for_stillness(meter, at, meter_a, own_a, options, patience_s)
            _look_for_direction(meter, meter_a, own_a, options)
            _look_for_impossible(circuit, meter, meter_a, own_a)
    meter.queue = tuple(queue[-MOST_WAITING:])
    if meter.inverted_votes > votes:
        meter.voted_at = now
    elif 0 < meter.inverted_votes < INVERTED_VOTES and _is_old(meter.voted_at, now):
        meter.inverted_votes = 0


def _is_old(voted_at: float | None, now: float) -> bool:
    """Return whether one contradiction was not followed by another: then it was chance.

    While it counts nothing is raised and nothing followed, so it would never be put right by itself.
    """
    return voted_at is None or now - voted_at > VOTE_S


def _begin_movement(
    meter: MeterMemory, at: float, meter_a: PhaseAmps, members: Sequence[Member]
) -> None:
    """Compare from the reading that we reacted to: what moved the meter before our command was not ours.

    Only where our own current is known to have stood still until then: of a charger that tells seldom, what it did
    since its last report would be left out of one side.
    """
    commands = [member.memory.changed_at for member in members]
    is_before = any(command is not None and command >= at for command in commands)
    stood_a = _measured_just_before(members, at)
    if not is_before or stood_a is None or meter.moved_from is None:
        return
    moved_a = minus(stood_a, meter.moved_from[1])
    if max(abs(current_a) for current_a in moved_a) <= STEADY_A:
        meter.moved_from = meter_a, meter.moved_from[1]


def _measured_just_before(members: Sequence[Member], at: float) -> PhaseAmps | None:
    """Return what our chargers took by reports of the last seconds, `None` where one of them has none."""
    currents = []
    for member in members:
        samples = member.memory.samples
        newest = next((one for one in reversed(samples) if one.at <= at), None)
        if newest is None or at - newest.at > AROUND_S:
            return None
        currents.append(newest.low_a)
    return total(currents)


def _own_a(members: Sequence[Member], at: float) -> PhaseAmps | None:
    """Return our own measured current at one time, `None` while it moves or is not measured."""
    own = own_current(
        members, MeterReading(currents_a=(None,) * 3, measured_at=(at,) * 3)
    )
    if max(minus(own.high_a, own.low_a)) > STEADY_A:
        return None
    return own.low_a


def _forget_stillness(meter: MeterMemory, meter_a: PhaseAmps) -> None:
    """Begin anew where the meter moved while our own current was on its way.

    An appliance that comes on and our own cut for it leave the reading where it was before, with our current
    lower by as much: whoever saw only before and after would take a healthy meter for a frozen one.
    """
    still_a = meter.still_a
    if still_a is not None and any(
        abs(meter_a[phase] - still_a[phase]) > STILL_A for phase in Phase
    ):
        meter.still_a = meter.still_own_a = meter.contradicts_at = None
        meter.frozen = (False, False, False)


def _look_for_stillness(
    meter: MeterMemory,
    at: float,
    meter_a: PhaseAmps,
    own_a: PhaseAmps,
    options: Options,
    patience_s: float,
) -> None:
    """Note phases that report the same while our own current on them moved."""
    still = list(meter.still_a or meter_a)
    still_own = list(meter.still_own_a or own_a)
    since = list(meter.contradicts_at or (at, at, at))
    frozen = list(meter.frozen)
    for phase in Phase:
        if abs(meter_a[phase] - still[phase]) > STILL_A:
            still[phase], still_own[phase] = meter_a[phase], own_a[phase]
            since[phase], frozen[phase] = at, False
        elif abs(own_a[phase] - still_own[phase]) < options.frozen_move_a:
            since[phase] = at
        elif at - since[phase] >= patience_s:
            frozen[phase] = True
    meter.still_a, meter.still_own_a = tuple(still), tuple(still_own)
    meter.contradicts_at = tuple(since)
    meter.frozen = frozen[0], frozen[1], frozen[2]


def _look_for_direction(
    meter: MeterMemory, meter_a: PhaseAmps, own_a: PhaseAmps, options: Options
) -> None:
    """Vote on the sign of the meter and on the phase maps, whenever our own current moved."""
    before = meter.moved_from
    meter.moved_from = meter_a, own_a
    if before is None:
        return
    moved, own = minus(meter_a, before[0]), minus(own_a, before[1])
    if max(abs(current_a) for current_a in own) < options.frozen_move_a:
        return
    # One phase may meet an appliance by chance, three phases at once do not.
    votes = (
        INVERTED_VOTES if min(abs(amps) for amps in own) >= options.frozen_move_a else 1
    )
    if _are_alike(moved, minus(NO_AMPS, own)):
        meter.inverted_votes = min(meter.inverted_votes + votes, INVERTED_VOTES)
    elif _are_alike(moved, own):
        meter.inverted_votes = meter.map_votes = 0
    elif any(_are_alike((moved[i], moved[j], moved[k]), own) for i, j, k in ROTATIONS):
        meter.map_votes = min(meter.map_votes + 1, MAP_VOTES)


def _look_for_impossible(
    circuit: CircuitConfig, meter: MeterMemory, meter_a: PhaseAmps, own_a: PhaseAmps
) -> None:
    """Vote where everything beside our chargers would have to give back more than the fuse carries."""
    most_a = circuit.export_rating_a or circuit.rating_a
    if any(
        meter_a[phase] - own_a[phase] < -most_a[phase] - 1.0
        for phase in Phase
        if circuit.rating_a[phase] > 0
    ):
        meter.inverted_votes = min(meter.inverted_votes + 1, INVERTED_VOTES)


def _are_alike(first: PhaseAmps, second: PhaseAmps) -> bool:
    """Return whether two movements are the same, but for noise and small loads."""
    return all(
        abs(one - other) <= max(1.0, ALIKE * max(abs(one), abs(other)))
        for one, other in zip(first, second, strict=True)
    )
