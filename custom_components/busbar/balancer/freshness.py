"""How far a meter can be believed (rule 5): by age, by its own rhythm, and by what it contradicts.

Fresh: act. Stale: hold, do not raise. Lost: every charger below goes to its fail-safe current. The age is
that of the oldest part of a reading, since its source last reported, whether or not the value changed.
How old is stale follows the source's rhythm within bounds, for a meter that reports on change is silent
in a quiet house. What is frozen or inverted (`evidence`) is lost, however young it is.
"""

from .decision import Freshness
from .inputs import MeterReading, Options
from .memory import MeterMemory
from .model import Phase

STALE_RHYTHMS = 2.5
LOST_RHYTHMS = 4.0
USUAL_RHYTHM_S = 10.0
"""Taken until a meter's rhythm is known."""
REMEMBERED_GAPS = 12
INVERTED_VOTES = 2
"""So many contradictions in a row prove that a meter is inverted; the first one makes it stale."""

type Phases = tuple[Phase, ...]


def follow_rhythm(
    meter: MeterMemory, reading: MeterReading | None, phases: Phases, now: float
) -> None:
    """Note when the newest whole reading was made, and learn from the gap before it."""
    if reading is None:
        return
    known_at = [
        None if reading.currents_a[phase] is None else reading.measured_at[phase]
        for phase in phases
    ]
    if any(at is None for at in known_at):
        # An outage says nothing about the rhythm.
        meter.whole_at = None
        return
    whole_at = min(*(at for at in known_at if at is not None), now)
    if meter.whole_at is not None and whole_at > meter.whole_at:
        meter.gaps_s = (*meter.gaps_s, whole_at - meter.whole_at)[-REMEMBERED_GAPS:]
    meter.whole_at = whole_at


def rhythm_s(meter: MeterMemory, reading: MeterReading | None) -> float:
    """Return how often it reports: what is known, or the second longest gap of late.

    The second longest, for one drop-out is no rhythm, while two pauses are one of a quiet house.
    """
    if reading is not None and reading.rhythm_s is not None:
        return reading.rhythm_s
    if not meter.gaps_s:
        return USUAL_RHYTHM_S
    return sorted(meter.gaps_s)[-2:][0]


def limits_s(
    meter: MeterMemory, reading: MeterReading | None, options: Options
) -> tuple[float, float]:
    """Return from which ages on the meter is stale and lost."""
    rhythm = rhythm_s(meter, reading)
    stale_s = _between(STALE_RHYTHMS * rhythm, options.meter_stale_s)
    return stale_s, max(stale_s, _between(LOST_RHYTHMS * rhythm, options.meter_lost_s))


def _between(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])


def freshness(
    meter: MeterMemory,
    reading: MeterReading | None,
    options: Options,
    now: float,
    started_at: float,
) -> Freshness:
    """Return how far the meter can be believed; one that never reported ages from our start on."""
    if any(meter.frozen) or meter.inverted_votes >= INVERTED_VOTES:
        return Freshness.LOST
    last_at = meter.whole_at
    if last_at is None:
        last_at = meter.reading_at if meter.reading_at is not None else started_at
        last_at = min(last_at, now)
    stale_s, lost_s = limits_s(meter, reading, options)
    age_s = now - last_at
    if age_s > lost_s:
        return Freshness.LOST
    if age_s > stale_s or meter.inverted_votes or meter.whole_at is None:
        return Freshness.STALE
    return Freshness.FRESH
