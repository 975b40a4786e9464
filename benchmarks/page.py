"""Write the figures and the plots of docs/balancing.md: `python -m benchmarks page [--from FILE]`.

Everything between the two markers of the page is replaced; nothing else is touched. The figures are those
of all benchmarks, run now or read from what `python -m benchmarks all --json` printed.
"""

from collections.abc import Mapping, Sequence
import json
import os
from pathlib import Path
import re
from typing import Any

from .following.picture import glimpse_svg, take_glimpse
from .kettle import NOISE_A, Kettle, play_kettle
from .plots import Exposure, exposure_svg, kettle_svg
from .report import Result, Table, Target, progress

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "balancing.md"
BEGIN = "<!-- figures: begin (python -m benchmarks page) -->"
END = "<!-- figures: end -->"
KETTLE_SVG = Path("images", "kettle.svg")
EXPOSURE_SVG = Path("images", "exposure.svg")
FOLLOW_SVG = Path("images", "follow.svg")

TITLES = {
    "allocation": "One instant",
    "cost": "What a decision costs",
    "control": "Over time",
    "faults": "When things fail",
    "follow": "Following sun and house",
}
KETTLE = f"""![A kettle, and what the chargers do about it]({KETTLE_SVG.as_posix()})

A kettle in a house that is at its limit. L1 was above the fuse for {{clear:g}} s and {{over:.0f}} ampere-seconds: the next
reading, the command, and the cars' own delay. Then the chargers get the room back by parts.

The readings of the meter sway by up to {NOISE_A:g} A."""
EXPOSURE = f"""![Ampere-seconds above the fuse, by strategy and meter]({EXPOSURE_SVG.as_posix()})

All steps of `control`, with one and with four chargers, added up. The four strategies are models of what is in use,
nobody's code; they see the same meter and the same chargers."""
FOLLOW = f"""![A cloud, a kettle, and a car that follows both]({FOLLOW_SVG.as_posix()})

Eighteen minutes of the first day of `follow`: a Quasar and a meter of 1 s. The grid stays near zero but for the seconds in
which a reading is on its way and the charger ramps, and for what is left of half an ampere."""
MEANINGS = {
    "served_ratio": "cars served on random scarce sites, of the most that can be",
    "amps_ratio": "current given out there, of the exact optimum",
    "ten_served_ratio": "cars served at ten chargers, of the most that can be",
    "ten_amps_ratio": "current given out there, of the exact optimum",
    "broken_limits": "limits exceeded, on all sites",
    "lp_ratio": "current of the LP bound, 50 and 200 chargers, scarce supply: worst site",
    "lp_ratio_boards": "current of the LP bound, 50 and 200 chargers, scarce boards: worst site",
    "us_1": "µs per decision, one charger",
    "us_10": "µs, ten chargers",
    "us_10_scarce": "µs, ten chargers of which some have to wait",
    "us_50": "µs, 50 chargers",
    "us_50_scarce": "µs, 50 chargers of which some have to wait",
    "us_200": "µs, 200 chargers",
    "us_200_scarce": "µs, 200 chargers of which some have to wait",
    "speedup": "acnportal's round robin takes so many times as long, ten chargers",
    "speedup_coarse": "the same, if it counts in whole amperes",
    "speedup_scarce": "the same, where some have to wait",
    "speedup_scarce_coarse": "the same, where some have to wait, in whole amperes",
    "exposure_ratio_1s": "ampere-seconds above the fuse, of the unavoidable: worst step, meter of 1 s",
    "exposure_ratio_10s": "the same, meter of 10 s",
    "exposure_ratio_60s": "the same, meter of 60 s",
    "exposure_of_best_10s": "ampere-seconds above the fuse, of the best strategy model, meter of 10 s",
    "broken_sums": "seconds in which old and new values together passed an unchanged limit",
    "broken_budgets": "writes beyond the budget of a charger",
    "energy_ratio": "energy delivered in all nights, of the offline bound",
    "writes_per_hour": "writes per charger and hour",
    "toggles_beyond_needed_per_day": "needless contactor toggles per charger and day: worst night",
    "longest_wait_in_rotations": "longest wait while others charge, in rotation periods",
    "jain_index": "Jain's index of fairness; 1 = all got the same part of what they wanted",
    "over_as_per_night": "ampere-seconds above the fuse per night, the unavoidable included",
    "kept_ratio": "energy kept away from the meter by a Quasar, import and export, of the ideal follower that rests",
    "kept_ratio_ac": "the same by an AC charger that follows the sun",
    "kept_ratio_restless": "by a Quasar, of the ideal follower that never rests",
    "kept_ratio_ac_restless": "the same by an AC charger",
    "kept_ratio_seed": "by the law that Busbar replaces, of the ideal follower that never rests",
    "grid_of_ideal": "energy that still crosses the meter, of that with the ideal follower that rests",
    "grid_of_seed": "the same, of that with the law that Busbar replaces",
    "writes_of_seed": "set-points sent, of the law that Busbar replaces",
    "turns_of_seed": "turns between charging and discharging, of the same",
    "reversals_within_60_s": "turns with less than a minute of rest before them",
    "fuse_excess_as": "ampere-seconds above the fuse that physics did not force, in both directions",
    "fuse_excess_faults_as": "the same while the meter is frozen or silent",
    "unsafe_seconds": "seconds above the fuse beyond the unavoidable, all faults",
    "writes_before_read_back": "commands to chargers not read back after a restart",
    "longest_time_to_safe_s": "longest time above the fuse, the unavoidable included",
}
"""What the figures mean, in words for the page."""


class PageError(Exception):
    """The page cannot be written as it stands, or not from these results."""


def write(results: Sequence[Result], *, is_measured_here: bool) -> None:
    """Write plots and figures into docs/."""
    missing = TITLES.keys() - {result.name for result in results}
    if missing:
        raise PageError(f"There are no results of {', '.join(sorted(missing))}")
    text = PAGE.read_text(encoding="utf-8")
    progress("boiling water for the plots")
    kettle, glimpse = play_kettle(), take_glimpse()
    block = figures_block(results, kettle, os.cpu_count() if is_measured_here else None)
    PAGE.write_text(replaced(text, block), encoding="utf-8")
    (control,) = (result for result in results if result.name == "control")
    (DOCS / "images").mkdir(exist_ok=True)
    for path, svg in (
        (KETTLE_SVG, kettle_svg(kettle)),
        (EXPOSURE_SVG, exposure_svg(exposures_of(control.tables[0]))),
        (FOLLOW_SVG, glimpse_svg(glimpse)),
    ):
        (DOCS / path).write_text(svg, encoding="utf-8")
    progress(f"written: {PAGE.name}, {KETTLE_SVG}, {EXPOSURE_SVG}, {FOLLOW_SVG}")


def replaced(text: str, block: str) -> str:
    """Return a page with what stands between its markers replaced."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise PageError("The page has to have each of its two markers once")
    before, rest = text.split(BEGIN)
    if END not in rest:
        raise PageError("The markers of the page stand in the wrong order")
    return f"{before}{BEGIN}\n\n{block.strip()}\n\n{END}{rest.split(END)[1]}"


def results_from_json(text: str) -> list[Result]:
    """Return the results that `--json` printed."""
    return [_result(data) for data in json.loads(text)]


def _result(data: Mapping[str, Any]) -> Result:
    return Result(
        name=data["name"],
        compares_with=data["compares_with"],
        figures=data["figures"],
        targets={name: Target(**target) for name, target in data["targets"].items()},
        tables=[Table(**table) for table in data["tables"]],
        notes=data["notes"],
    )


def figures_block(
    results: Sequence[Result], kettle: Kettle, cores: int | None = None
) -> str:
    """Return all that stands between the markers."""
    by_name = {result.name: result for result in results}
    parts = [KETTLE.format(over=kettle.over_as, clear=kettle.clear_s), EXPOSURE, FOLLOW]
    for name, title in TITLES.items():
        parts.append(f"### {title}: `{name}`")
        if name == "cost" and cores is not None:
            parts.append(
                f"On a machine with {cores} cores. Microseconds depend on it, ratios hardly do."
            )
        parts += _section(by_name[name])
    return "\n\n".join(parts)


def _section(result: Result) -> list[str]:
    """Return one benchmark: its figures open, its tables folded."""
    rows = [
        [
            MEANINGS.get(figure, figure),
            f"`{figure}`",
            number(value),
            _wanted(result.targets.get(figure)),
            _verdict(result, figure),
        ]
        for figure, value in result.figures.items()
    ]
    rows += [
        [
            MEANINGS.get(figure, figure),
            f"`{figure}`",
            "–",
            _wanted(result.targets[figure]),
            "not measured",
        ]
        for figure in result.not_measured
    ]
    columns = ("What", "Figure", "Value", "Target", "")
    parts = [f"Compared with {result.compares_with}.", markdown(columns, rows)]
    for table in result.tables:
        parts.append(f"<details><summary>{table.title}</summary>")
        parts.append(markdown(table.columns, table.rows))
        parts.append("</details>")
    return [*parts, *result.notes]


def _wanted(target: Target | None) -> str:
    if target is None:
        return ""
    return str(target).replace(">=", "≥").replace("<=", "≤")


def _verdict(result: Result, figure: str) -> str:
    if figure not in result.targets:
        return ""
    return "**missed**" if figure in result.missed else "met"


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str | float]]) -> str:
    """Return a table with its numbers to the right."""
    cells = [
        [cell if isinstance(cell, str) else number(cell) for cell in row]
        for row in rows
    ]
    rules = [
        "---" if place == 0 or any(_is_words(row[place]) for row in cells) else "--:"
        for place in range(len(columns))
    ]
    lines = [list(columns), rules, *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _is_words(cell: str) -> bool:
    return cell[:1].isalpha() or cell.startswith(("`", "*"))


def number(value: float) -> str:
    """Return a number with as many digits as a reader can use."""
    if isinstance(value, int) or value == int(value):
        return f"{value:.0f}"
    size = abs(value)
    return f"{value:.{3 if size < 10 else 1 if size < 1000 else 0}f}"


def exposures_of(table: Table) -> list[Exposure]:
    """Return what the table of steps says, added up for each kind of meter."""
    names = table.columns[2:]
    floors: dict[str, float] = {}
    over: dict[str, dict[str, float]] = {}
    for scene, floor, *cells in table.rows:
        meter = str(scene).rsplit(", ", 1)[-1]
        floors[meter] = floors.get(meter, 0.0) + _first_number(floor)
        sums = over.setdefault(meter, dict.fromkeys(names, 0.0))
        for name, cell in zip(names, cells, strict=True):
            sums[name] += _first_number(cell)
    return [
        Exposure(meter=f"meter of {meter}", floor_as=floors[meter], over_as=sums)
        for meter, sums in over.items()
    ]


def _first_number(cell: str | float) -> float:
    """Return the ampere-seconds of a cell, beside which seconds may stand in brackets."""
    found = re.match(r"[\d.]+", str(cell))
    if found is None:
        raise PageError(f"There is no number in {cell!r}")
    return float(found[0])
