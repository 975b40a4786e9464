"""How well the balancer follows sun and house: days second by second, against an ideal follower and the old law.

What each reference is, and whether it is a bound, stands in `following/references.py`; what physics forces, in
`following/weigh.py`. The energy that counts crosses the meter while a car is there and the meter is well.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

from .following.contest import RESTED, Outcome, contest
from .following.days import AC_DAYS, DAYS, FAULT_DAYS, FUSE_DAYS, Day
from .following.weigh import PAUSE_S
from .report import Result, Table, Target, progress

TARGETS = {
    "kept_ratio": Target(at_least=0.95),
    "kept_ratio_ac": Target(at_least=0.95),
    "writes_of_seed": Target(at_most=0.5),
    "reversals_within_60_s": Target(at_most=0),
    "fuse_excess_as": Target(at_most=0),
    "fuse_excess_faults_as": Target(at_most=0),
}
PROCESSES = 2
V2G = ("busbar", "ideal", RESTED, "seed")
AC = ("busbar", "ideal", RESTED)
ALONE = ("busbar",)
FAULTY = ("busbar", "seed")
ABOUT = (
    "The ideal follower knows the house of the next second exactly, needs no meter, and sets the step that is nearest "
    "to it; it has the same guard times, ramps, minimums and whole amperes. It is the best that can be done second by "
    "second, and no bound. *Rested* is the same one with what spares batteries and contactors: our pause at zero between "
    "the directions, our number of turns in an hour, on AC our least times on and off; the targets hold against that "
    "one. The bound has neither guard nor ramp. The seed is a model of the law "
    "that Busbar replaces, written from its description: no dwell, no hysteresis, no pause. AC days have none, for it "
    "knew no such charger. *Kept away* is what would have crossed the meter without a charger minus what did, import "
    "and export added up; it counts while a car is there and on days on which the meter is well. Beside them two "
    "afternoons each on which the meter is frozen or silent for more than an hour, and hours in which a charger would "
    "pass the fuse again and again, in one direction and in the other."
)


def run() -> Result:
    """Play all days with everybody whom they concern."""
    cases = [
        *((day, who) for day in DAYS for who in V2G),
        *((day, who) for day in AC_DAYS for who in AC),
        *((day, who) for day in FAULT_DAYS for who in FAULTY),
        *((day, who) for day in FUSE_DAYS for who in ALONE),
    ]
    progress(f"{len(cases)} days in two processes")
    with ProcessPoolExecutor(PROCESSES) as pool:
        outcomes = list(pool.map(contest, *zip(*cases, strict=True)))
    return result_of(outcomes)


def result_of(outcomes: Sequence[Outcome]) -> Result:
    """Return what the days came to."""
    ours = [one for one in outcomes if one.who == "busbar"]
    well, ac = _on(outcomes, DAYS), _on(outcomes, AC_DAYS)
    faulty = _on(ours, FAULT_DAYS)
    sound = [one for one in ours if one not in faulty]
    figures = {
        "kept_ratio": _kept(well, "busbar") / _kept(well, RESTED),
        "kept_ratio_ac": _kept(ac, "busbar") / _kept(ac, RESTED),
        "kept_ratio_restless": _kept(well, "busbar") / _kept(well, "ideal"),
        "kept_ratio_ac_restless": _kept(ac, "busbar") / _kept(ac, "ideal"),
        "kept_ratio_seed": _kept(well, "seed") / _kept(well, "ideal"),
        "grid_of_ideal": _grid(well, "busbar") / _grid(well, RESTED),
        "grid_of_seed": _grid(well, "busbar") / _grid(well, "seed"),
        "writes_of_seed": _sum(well, "busbar", lambda one: one.writes)
        / _sum(well, "seed", lambda one: one.writes),
        "turns_of_seed": _sum(well, "busbar", lambda one: one.turns)
        / _sum(well, "seed", lambda one: one.turns),
        "reversals_within_60_s": sum(one.reversals for one in ours),
        "fuse_excess_as": sum(one.excess_beyond_as for one in sound),
        "fuse_excess_faults_as": sum(one.excess_beyond_as for one in faulty),
    }
    return Result(
        name="follow",
        compares_with="an ideal follower, a bound, and a model of the law that Busbar replaces",
        figures=figures,
        targets=TARGETS,
        tables=(_days_table(outcomes),),
        notes=(ABOUT,),
    )


def _on(outcomes: Sequence[Outcome], days: Sequence[Day]) -> list[Outcome]:
    names = {day.name for day in days}
    return [one for one in outcomes if one.day in names]


def _sum(
    outcomes: Sequence[Outcome], who: str, of: Callable[[Outcome], float]
) -> float:
    return sum(of(one) for one in outcomes if one.who == who)


def _kept(outcomes: Sequence[Outcome], who: str) -> float:
    """Return what somebody kept away from the meter."""
    return _sum(outcomes, who, lambda one: one.untouched.total_wh - one.energy.total_wh)


def _grid(outcomes: Sequence[Outcome], who: str) -> float:
    """Return what still crossed it."""
    return _sum(outcomes, who, lambda one: one.energy.total_wh)


def _days_table(outcomes: Sequence[Outcome]) -> Table:
    return Table(
        title="Day by day: kWh through the meter, set-points, turns, ampere-seconds above the fuse",
        columns=(
            "day",
            "follower",
            "imported",
            "exported",
            "without",
            "bound",
            "set-points",
            "turns",
            f"within {PAUSE_S} s",
            "above fuse",
            "of these not forced",
        ),
        rows=[
            [
                one.day,
                one.who,
                one.energy.imported_wh / 1000,
                one.energy.exported_wh / 1000,
                one.untouched.total_wh / 1000,
                one.bound.total_wh / 1000,
                one.writes,
                one.turns,
                one.reversals,
                one.excess_as,
                one.excess_beyond_as,
            ]
            for one in outcomes
        ],
    )
