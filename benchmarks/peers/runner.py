"""Run the peers inside `.venv-peers`: one question as a line of JSON in, one answer out.

This file runs alone, without the project on its path. The peers are used as their users use them:
through the public classes of `acnportal.algorithms`, with an interface that describes one instant.
"""

from collections.abc import Callable
from copy import deepcopy
import gc
import json
import sys
from time import thread_time_ns
from typing import Any
import warnings

warnings.filterwarnings(
    "ignore", category=UserWarning
)  # acnportal, about its own imports

from acnportal.acnsim.interface import InfrastructureInfo, SessionInfo  # noqa: E402
from acnportal.algorithms import (  # noqa: E402
    RoundRobin,
    SortedSchedulingAlgo,
    earliest_deadline_first,
    first_come_first_served,
    least_laxity_first,
)
import numpy as np  # noqa: E402
from scipy.optimize import linprog  # noqa: E402

VOLTS = 230
ENERGY_KWH = 40
PERIOD_MINUTES = 15

# Without "uninterrupted" they would offer less than the minimum.
ALGORITHMS = {
    "round robin": lambda: RoundRobin(
        first_come_first_served, uninterrupted_charging=True
    ),
    "round robin in whole amperes": lambda: RoundRobin(
        first_come_first_served, uninterrupted_charging=True, continuous_inc=1.0
    ),
    "earliest deadline first": lambda: SortedSchedulingAlgo(
        earliest_deadline_first, uninterrupted_charging=True
    ),
    "least laxity first": lambda: SortedSchedulingAlgo(
        least_laxity_first, uninterrupted_charging=True
    ),
}


class Instant:
    """What an algorithm sees of one instant; stands in for acnportal's simulator."""

    period = PERIOD_MINUTES
    current_time = 0

    def __init__(self, case: dict[str, Any]) -> None:
        """Build constraint rows, one for each wire."""
        chargers = case["chargers"]
        rows = np.zeros((len(case["limits_a"]), len(chargers)))
        for number, wires in enumerate(case["uses"]):
            for wire in wires:
                rows[wire, number] += 1
        names = [f"charger{number}" for number in range(len(chargers))]
        minimums = np.array([one["minimum_a"] for one in chargers])
        maximums = np.array([one["maximum_a"] for one in chargers])
        self.infrastructure = InfrastructureInfo(
            constraint_matrix=rows,
            constraint_limits=np.array(case["limits_a"]),
            # Each row is one phase, whose currents add up: no angles between them.
            phases=np.zeros(len(chargers)),
            voltages=np.full(len(chargers), VOLTS),
            constraint_ids=[f"wire{number}" for number in range(len(rows))],
            station_ids=names,
            max_pilot=maximums,
            min_pilot=minimums,
            allowable_pilots=[
                np.array(pair) for pair in zip(minimums, maximums, strict=True)
            ],
            is_continuous=np.ones(len(chargers), dtype=bool),
        )
        self.sessions = [
            SessionInfo(
                station_id=name,
                session_id=name,
                requested_energy=ENERGY_KWH,
                energy_delivered=0,
                arrival=0,
                departure=one["leaves_after"],
                # Floats on purpose: whole numbers would make acnportal cut a minimum of 9.2 A to 9.
                min_rates=0.0,
                max_rates=float(one["maximum_a"]),
            )
            for name, one in zip(names, chargers, strict=True)
        ]

    def infrastructure_info(self) -> Any:
        """Return the constraints; algorithms may change the copy."""
        return self.infrastructure

    def remaining_amp_periods(self, session: Any) -> float:
        """Return the energy that is wanted, as amperes times periods."""
        return float(session.remaining_demand * 1000 / VOLTS * 60 / self.period)

    def max_pilot_signal(self, station_id: str) -> Any:
        """Return the most that a charger can offer."""
        return self.infrastructure.max_pilot[
            self.infrastructure.get_station_index(station_id)
        ]


def allocate(question: dict[str, Any]) -> list[float]:
    """Answer with the current of each charger."""
    instant = Instant(question["case"])
    algorithm = ALGORITHMS[question["algorithm"]]()
    algorithm.register_interface(instant)
    answer = algorithm.schedule(deepcopy(instant.sessions))
    return [float(answer[session.station_id][0]) for session in instant.sessions]


def measure(question: dict[str, Any]) -> list[int]:
    """Answer with the nanoseconds of each of some decisions; preparing the sessions does not count."""
    instant = Instant(question["case"])
    algorithm = ALGORITHMS[question["algorithm"]]()
    algorithm.register_interface(instant)
    taken = []
    gc.disable()
    for _ in range(question["times"]):
        sessions = deepcopy(instant.sessions)
        start = thread_time_ns()
        algorithm.schedule(sessions)
        taken.append(thread_time_ns() - start)
    gc.enable()
    return taken


def bound(question: dict[str, Any]) -> float:
    """Answer with the most phase-amperes there can be, without minimums: a linear programme."""
    case = question["case"]
    instant = Instant(case)
    worth = [one["phases"] for one in case["chargers"]]
    solution = linprog(
        c=[-phases for phases in worth],
        A_ub=instant.infrastructure.constraint_matrix,
        b_ub=instant.infrastructure.constraint_limits,
        bounds=[(0, one["maximum_a"]) for one in case["chargers"]],
    )
    return -float(solution.fun)


TASKS: dict[str, Callable[[dict[str, Any]], object]] = {
    "allocate": allocate,
    "measure": measure,
    "bound": bound,
}


def main() -> None:
    """Answer until nobody asks any more."""
    for line in sys.stdin:
        question = json.loads(line)
        json.dump(TASKS[question["task"]](question), sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
