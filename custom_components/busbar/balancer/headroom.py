"""Dynamic limits: what the chargers below a meter may take together, from its readings (rules 1 and 2).

The meter is the truth about the sum; the chargers' own measurements only split it. What others take is the
reading minus our own current *at the moment of the reading*, never minus a set-point. Own current that is
not known is a range: nobody is cut for it while the meter shows no overload, nobody is raised beyond
rating minus reading, and a discharge that is not measured counts in full.

A limit falls at once and in full. It rises once per reading, by a part, and only with a reading that was
made after the last raise arrived. One that did not change is never acted on twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import copysign, inf

from .decision import Freshness
from .freshness import Phases, rhythm_s
from .inputs import CircuitConfig, KnownAmps, MeterReading, Options
from .member import Member, at_least, at_most, minus, total
from .memory import MeterMemory
from .model import Phase, PhaseAmps
from .own_current import OwnCurrent, own_current

BLOCK_S = 10.0
"""The lowest limits are kept for blocks of this length …"""
LASTING_S = 240.0
"""… and for this long: only what was there all the time starts another charger (reference: 4 min)."""
SMALL_RAISE_A = 1.0
"""What is left of a raise below this is given back at once."""
NEVER_WAIT_ABOVE = 1.3
"""An overload above this part of the rating is never waited out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseParts:
    """What a meter gives for one phase; what it does not have stays `None`.

    `current_a` beside `power_w` has no sign of its own (a P1 port); alone it is signed.
    """

    current_a: float | None = None
    power_w: float | None = None
    import_w: float | None = None
    export_w: float | None = None
    voltage_v: float | None = None


def meter_currents(
    parts: Sequence[PhaseParts], *, voltage_v: float, is_inverted: bool = False
) -> KnownAmps:
    """Return the signed current of each phase: plus is import, `None` where it cannot be told."""
    known = [_signed(part, voltage_v) for part in parts[:3]]
    known += [None] * (3 - len(known))
    if is_inverted:
        known = [None if current_a is None else -current_a for current_a in known]
    return known[0], known[1], known[2]


def _signed(part: PhaseParts, nominal_v: float) -> float | None:
    """Return the signed current of one phase."""
    voltage_v = part.voltage_v if part.voltage_v and part.voltage_v > 0 else nominal_v
    power_w = part.power_w
    if part.import_w is not None or part.export_w is not None:
        # Of import and export apart both are wanted: without one of them the direction is a guess.
        if part.import_w is None or part.export_w is None:
            return None
        power_w = part.import_w - part.export_w
        if part.current_a is None:
            return power_w / voltage_v
    if part.current_a is None:
        return None if power_w is None else power_w / voltage_v
    return part.current_a if power_w is None else copysign(part.current_a, power_w)


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterState:
    """What one step knows by the meter of one circuit."""

    freshness: Freshness
    meter_a: PhaseAmps | None = None
    other_a: PhaseAmps | None = None
    export_room_a: PhaseAmps | None = None
    is_overloaded: bool = False


def update_limit(
    circuit: CircuitConfig,
    meter: MeterMemory,
    reading: MeterReading,
    members: Sequence[Member],
    state: MeterState,
    options: Options,
    now: float,
) -> MeterState:
    """Take one reading into `meter.granted_a`, unless it was taken already; return what it shows."""
    phases = phases_of(circuit)
    own = own_current(members, reading)
    meter_a = _filled(reading.currents_a)
    state = replace(
        state,
        meter_a=meter_a,
        other_a=minus(meter_a, own.low_a),
        export_room_a=_export_room(circuit, meter_a, own, members),
        is_overloaded=any(meter_a[phase] > circuit.rating_a[phase] for phase in phases),
    )
    parts_at = tuple(reading.measured_at[phase] or 0.0 for phase in phases)
    if meter.parts_at == parts_at or (
        meter.granted_a is None and meter.whole_at is None
    ):
        return state
    is_whole = meter.whole_at is not None and meter.whole_at != meter.reading_at
    meter.parts_at = parts_at
    most_a = _limit(circuit, reading, own.high_a)
    least_a = _limit(circuit, reading, own.low_a)
    if is_whole:
        _keep_low(meter, least_a, now)
    if meter.granted_a is None:
        may_draw_a = total([member.may_draw_a for member in members])
        in_force_a = at_most(most_a, may_draw_a)
        meter.granted_a = at_least(least_a, in_force_a)
    else:
        _cut(circuit, meter, reading, members, (most_a, least_a), options, now)
        if (
            is_whole
            and state.freshness is Freshness.FRESH
            and _has_arrived(members, meter)
        ):
            _raise(meter, options, now)
    if is_whole:
        meter.reading_at = meter.whole_at
    return state


def _cut(
    circuit: CircuitConfig,
    meter: MeterMemory,
    reading: MeterReading,
    members: Sequence[Member],
    limits: tuple[PhaseAmps, PhaseAmps],
    options: Options,
    now: float,
) -> None:
    """Lower what is granted, at once and in full; small overloads may be waited out."""
    most_a, least_a = limits
    assert meter.granted_a is not None
    meter_a = _filled(reading.currents_a)
    phases = phases_of(circuit)
    excess_a = max(
        meter_a[phase] - circuit.rating_a[phase] + circuit.margin_a for phase in phases
    )
    worst = max(meter_a[phase] / circuit.rating_a[phase] for phase in phases)
    meter.over_at = (
        None if excess_a <= 0 else (now if meter.over_at is None else meter.over_at)
    )
    may_wait = _may_wait(meter, worst, options, now)
    slowest_s = max((member.latency_s for member in members), default=0.0)
    if meter.over_at is not None and now - meter.over_at > slowest_s + rhythm_s(
        meter, reading
    ):
        # Cutting what may have been drawn did not help: it was not drawn at all.
        most_a = least_a
    granted = list(meter.granted_a)
    for phase in Phase:
        cut_a = granted[phase] - most_a[phase]
        is_for_fuse = meter_a[phase] > circuit.rating_a[phase]
        # Within the safety margin a cut smaller than the dead band is noise, not protection.
        if cut_a > (0.0 if is_for_fuse else options.dead_band_a) and not may_wait:
            granted[phase] = most_a[phase]
    meter.granted_a = granted[0], granted[1], granted[2]


def _may_wait(meter: MeterMemory, worst: float, options: Options, now: float) -> bool:
    """Return whether a breaker stands this overload by far, and book what it costs (IEC 60898).

    A breaker carries 1.13 times its rating for an hour and 1.45 times for minutes at least; one minute
    and ten seconds of these are used at most. What is used comes back within five minutes; at a start
    all of it is used, for nobody knows how warm the breaker is.
    """
    since_s = 0.0 if meter.trip_at is None else now - meter.trip_at
    meter.trip_at = now
    if not options.trip_curve:
        return False
    if worst <= 1.0:
        meter.trip_used = max(0.0, meter.trip_used - since_s / 300.0)
        return False
    stands_s = 60.0 if worst <= 1.13 else 10.0
    meter.trip_used += since_s / stands_s
    return worst <= NEVER_WAIT_ABOVE and meter.trip_used < 1.0


def _raise(meter: MeterMemory, options: Options, now: float) -> None:
    """Give headroom back by a part, measured at the lowest limit of the last seconds."""
    assert meter.granted_a is not None
    lowest_a = lowest(meter, 2 * BLOCK_S, now)
    if lowest_a is None:
        return
    granted = list(meter.granted_a)
    for phase in Phase:
        room_a = lowest_a[phase] - granted[phase]
        if room_a >= options.dead_band_a:
            part_a = max(options.raise_part * room_a, min(room_a, SMALL_RAISE_A))
            granted[phase] += part_a
    meter.granted_a = granted[0], granted[1], granted[2]


def _has_arrived(members: Sequence[Member], meter: MeterMemory) -> bool:
    """Return whether the reading is younger than the loop: made after the last raise had its effect."""
    assert meter.whole_at is not None
    return all(
        member.memory.raised_at is None
        or meter.whole_at >= member.memory.raised_at + member.latency_s
        for member in members
    )


def _keep_low(meter: MeterMemory, limit_a: PhaseAmps, now: float) -> None:
    """Keep the lowest limit of the present block of time, and forget old blocks."""
    start = now - now % BLOCK_S
    lows = [low for low in meter.lows if low[0] > now - LASTING_S]
    if lows and lows[-1][0] == start:
        lows[-1] = (start, at_most(lows[-1][1], limit_a))
    else:
        lows.append((start, limit_a))
    meter.lows = tuple(lows)


def lowest(meter: MeterMemory, during_s: float, now: float) -> PhaseAmps | None:
    """Return the lowest limit of late, `None` where there was no reading."""
    result: PhaseAmps | None = None
    newest_at = meter.lows[-1][0] if meter.lows else now
    for start, limit_a in meter.lows:
        if start > now - during_s or start == newest_at:
            result = limit_a if result is None else at_most(result, limit_a)
    return result


def phases_of(circuit: CircuitConfig) -> Phases:
    """Return the phases that a circuit has."""
    return tuple(phase for phase in Phase if circuit.rating_a[phase] > 0)


def _limit(
    circuit: CircuitConfig, reading: MeterReading, own_a: PhaseAmps
) -> PhaseAmps:
    """Return what chargers may take: rating and margin, without what others take.

    A part that is missing limits nothing: the limit before it stays, for nothing is raised without it.
    """
    limits = [0.0, 0.0, 0.0]
    for phase in phases_of(circuit):
        current_a = reading.currents_a[phase]
        aim_a = circuit.rating_a[phase] - circuit.margin_a
        limits[phase] = inf if current_a is None else aim_a - current_a + own_a[phase]
    return limits[0], limits[1], limits[2]


def _export_room(
    circuit: CircuitConfig,
    meter_a: PhaseAmps,
    own: OwnCurrent,
    members: Sequence[Member],
) -> PhaseAmps:
    """Return what discharging vehicles may push through, beside what others push already.

    As for charging: what is not known exactly holds, and is neither cut nor raised.
    """
    rating_a = circuit.export_rating_a or circuit.rating_a
    in_force_a = total(member.may_give_a for member in members)
    room = [0.0, 0.0, 0.0]
    for phase in Phase:
        free_a = rating_a[phase] - circuit.margin_a + meter_a[phase]
        held_a = min(free_a - own.low_a[phase], in_force_a[phase])
        room[phase] = max(0.0, free_a - own.high_a[phase], held_a)
    return room[0], room[1], room[2]


def _filled(currents_a: KnownAmps) -> PhaseAmps:
    """Return the currents with 0 for phases that the circuit does not have."""
    return currents_a[0] or 0.0, currents_a[1] or 0.0, currents_a[2] or 0.0
