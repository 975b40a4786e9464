"""Fail where a module is covered less than the project promises.

Usage: python scripts/coverage_gate.py coverage.json

A total hides the one module that nobody tests, so every module has to reach the mark by itself, branches included.
"""

from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Any

MARK_PERCENT = 95.0
# The config flow is what everybody passes, and Home Assistant's quality scale asks for all of it.
WHOLE = ("custom_components/busbar/config_flow.py", "custom_components/busbar/flows/")
WHOLE_PERCENT = 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ModuleCoverage:
    """How much of one module the tests run."""

    path: str
    percent: float
    """Lines and branches together, as coverage counts them."""
    missing: str
    """The lines that no test reaches and the branches that none takes."""

    @property
    def wanted_percent(self) -> float:
        """Return the mark of this module."""
        return WHOLE_PERCENT if self.path.startswith(WHOLE) else MARK_PERCENT


def modules_of(report: dict[str, Any]) -> list[ModuleCoverage]:
    """Return the modules of a report of `coverage json`."""
    return [
        ModuleCoverage(
            path=path.replace("\\", "/"),
            percent=entry["summary"]["percent_covered"],
            missing=_missing(entry),
        )
        for path, entry in sorted(report["files"].items())
    ]


def _missing(entry: dict[str, Any]) -> str:
    lines = [str(line) for line in entry["missing_lines"]]
    branches = [
        f"{start}->{end if end > 0 else 'exit'}"
        for start, end in entry.get("missing_branches", ())
        if start not in entry["missing_lines"]
    ]
    return ", ".join(lines + branches)


def main() -> int:
    """Print what is below its mark and return the exit code."""
    if len(sys.argv) != 2:
        print("Usage: python scripts/coverage_gate.py coverage.json", file=sys.stderr)
        return 1
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if not report["meta"]["branch_coverage"]:
        print("The report was made without branches", file=sys.stderr)
        return 1
    modules = modules_of(report)
    short = [module for module in modules if module.percent < module.wanted_percent]
    for module in short:
        print(
            f"{module.path}: {module.percent:.1f} %, wanted are"
            f" {module.wanted_percent:.0f} %; not run: {module.missing}"
        )
    total = report["totals"]["percent_covered"]
    print(
        f"Coverage: {total:.1f} % of {len(modules)} modules,"
        f" {len(short)} below their mark"
    )
    return 1 if short or not modules else 0


if __name__ == "__main__":
    sys.exit(main())
