"""How the balancer behaves over time: exposure after steps, calmness and energy over days.

Exposure is compared with four strategy models on the same plant, and with the physical floor: what no
controller can avoid between a step of the house and its meter, the charger's latency and the car's own
delay. Energy is compared with the most that any plan could have delivered, knowing everything beforehand.
"""

from statistics import mean

from custom_components.busbar.balancer.inputs import Options

from .exposure import exposure_table, measure_exposure
from .nights import SEEDS, jain, nights_table, play_night
from .report import Result, Target, progress
from .sums import SUM_RUNS, measure_sums

TARGETS = {
    "exposure_ratio_1s": Target(at_most=1.5),
    "exposure_of_best_10s": Target(at_most=1.0),
    "broken_sums": Target(at_most=0),
    "broken_budgets": Target(at_most=0),
    "toggles_beyond_needed_per_day": Target(at_most=2),
    "energy_ratio": Target(at_least=0.97),
    "longest_wait_in_rotations": Target(at_most=1.0),
}
ABOUT = (
    "The floor is the wait for the next sample, its way, the charger's latency and the car's 3 s, times the "
    "step. The bound of energy knows all arrivals and appliances beforehand, and has neither minimums nor "
    "whole amperes; it keeps the same safety margin of 1 A."
)


def run() -> Result:
    """Measure all of it."""
    exposures = measure_exposure()
    progress(f"{SUM_RUNS} random sites under an unchanged limit")
    sums = measure_sums()
    nights = []
    for seed in SEEDS:
        progress(f"night {seed + 1} of {len(SEEDS)}")
        nights.append(play_night(seed))
    rotation_s = Options().rotation_s
    figures = {
        "exposure_ratio_1s": exposures.ratio(1.0),
        "exposure_ratio_10s": exposures.ratio(10.0),
        "exposure_ratio_60s": exposures.ratio(60.0),
        "exposure_of_best_10s": exposures.of_best(10.0),
        "broken_sums": sums.broken,
        "broken_budgets": sums.broken_budgets,
        "energy_ratio": sum(night.energy_as for night in nights)
        / sum(night.bound_as for night in nights),
        "writes_per_hour": mean(night.writes_per_hour for night in nights),
        "toggles_beyond_needed_per_day": max(night.toggles_beyond for night in nights),
        "longest_wait_in_rotations": max(night.longest_wait_s for night in nights)
        / rotation_s,
        "jain_index": mean(jain(night.shares) for night in nights),
        "over_as_per_night": mean(night.over_as for night in nights),
    }
    return Result(
        name="control",
        compares_with="four strategy models, the physical floor and an offline bound of energy",
        figures=figures,
        targets=TARGETS,
        tables=(exposure_table(exposures), nights_table(nights)),
        notes=(ABOUT,),
    )
