"""Run benchmarks: `python -m benchmarks NAME … [--json]`; without a name, list them."""

import argparse
from dataclasses import dataclass
from importlib import import_module
import sys

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
)


def main(arguments: list[str] | None = None) -> int:
    """Run what is named; return 1 where a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark, or all")
    parser.add_argument(
        "--json", action="store_true", help="print results for a program"
    )
    options = parser.parse_args(arguments)
    by_name = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    names = list(by_name) if options.names == ["all"] else options.names
    if unknown := [name for name in names if name not in by_name]:
        parser.error(
            f"there is no benchmark {', '.join(unknown)}; there are {', '.join(by_name)}"
        )
    if not names:
        for benchmark in BENCHMARKS:
            sys.stdout.write(f"{benchmark.name:12} {benchmark.about}\n")
        return 0
    results: list[Result] = []
    for name in names:
        progress(f"{name}: {by_name[name].about}")
        results.append(import_module(by_name[name].module).run())
        if not options.json:
            sys.stdout.write(f"{as_text(results[-1])}\n\n")
    if options.json:
        sys.stdout.write(f"{as_json(results)}\n")
    return int(any(result.missed for result in results))


if __name__ == "__main__":
    sys.exit(main())
