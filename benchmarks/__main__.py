"""Run benchmarks: `python -m benchmarks NAME … [--json]`; without a name, list them.

`python -m benchmarks page [--from FILE]` writes the results of all into docs/balancing.md.
"""

import argparse
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
import sys

from . import page
from .report import Result, as_json, as_text, progress


@dataclass(frozen=True, kw_only=True, slots=True)
class Benchmark:
    """One benchmark: its module has a function `run() -> Result`."""

    name: str
    module: str
    about: str


BENCHMARKS = (
    Benchmark(
        name="allocation",
        module="benchmarks.allocation",
        about="who is served and with how much, against exact enumeration, an LP bound and acnportal",
    ),
    Benchmark(
        name="cost",
        module="benchmarks.cost",
        about="microseconds per decision with reasons, against acnportal's round robin in the same run",
    ),
    Benchmark(
        name="control",
        module="benchmarks.control",
        about="exposure after steps, calmness, energy over nights, against four strategies and an offline bound",
    ),
    Benchmark(
        name="faults",
        module="benchmarks.faults",
        about="seconds above the fuse when meters, chargers or the program fail, against what is unavoidable",
    ),
    Benchmark(
        name="follow",
        module="benchmarks.follow",
        about="energy, set-points and turns while following sun and house, against an ideal and the law it replaces",
    ),
)
PAGE = "page"


def main(arguments: list[str] | None = None) -> int:
    """Run what is named; return 1 where a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark, or all")
    parser.add_argument(
        "--json", action="store_true", help="print results for a program"
    )
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FILE",
        help="with page: what `all --json` printed, instead of running all now",
    )
    options = parser.parse_args(arguments)
    by_name = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    is_page = options.names == [PAGE]
    if options.source and not is_page:
        parser.error("--from goes with page alone")
    names = list(by_name) if options.names == ["all"] or is_page else options.names
    if unknown := [name for name in names if name not in by_name]:
        parser.error(
            f"there is no benchmark {', '.join(unknown)}; there are {', '.join(by_name)}"
        )
    if not names:
        for benchmark in BENCHMARKS:
            sys.stdout.write(f"{benchmark.name:12} {benchmark.about}\n")
        sys.stdout.write(f"{PAGE:12} all of them, written into docs/{page.PAGE.name}\n")
        return 0
    if options.source:
        results = page.results_from_json(options.source.read_text(encoding="utf-8"))
    else:
        results = _run([by_name[name] for name in names], is_quiet=options.json)
    if options.json:
        sys.stdout.write(f"{as_json(results)}\n")
    if is_page:
        page.write(results, is_measured_here=options.source is None)
    return int(any(result.missed for result in results))


def _run(benchmarks: list[Benchmark], *, is_quiet: bool) -> list[Result]:
    """Run one after the other, and show each result unless a program reads them."""
    results: list[Result] = []
    for benchmark in benchmarks:
        progress(f"{benchmark.name}: {benchmark.about}")
        results.append(import_module(benchmark.module).run())
        if not is_quiet:
            sys.stdout.write(f"{as_text(results[-1])}\n\n")
    return results


if __name__ == "__main__":
    sys.exit(main())
