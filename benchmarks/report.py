"""What a benchmark hands back, and how it is shown: progress on stderr, results on stdout."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
import json
import sys
from typing import override


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What a figure has to reach: at least, or at most, this value."""

    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, value: float) -> bool:
        """Return whether a figure is good enough."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )

    @override
    def __str__(self) -> str:
        """Return the target as it stands in a table."""
        return (
            f">= {self.at_least:g}"
            if self.at_least is not None
            else f"<= {self.at_most:g}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows beside the figures, for a reader."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """The outcome of one benchmark."""

    name: str
    compares_with: str
    figures: Mapping[str, float]
    targets: Mapping[str, Target]
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()

    @property
    def missed(self) -> list[str]:
        """Return the figures that are not good enough."""
        return [
            figure
            for figure, value in self.figures.items()
            if figure in self.targets and not self.targets[figure].is_met(value)
        ]

    @property
    def not_measured(self) -> list[str]:
        """Return the targets without a figure: what they compare with is not installed."""
        return [figure for figure in self.targets if figure not in self.figures]


def progress(text: str) -> None:
    """Show on stderr what is going on."""
    print(f"  {text}", file=sys.stderr, flush=True)


def as_json(results: Sequence[Result]) -> str:
    """Return results for a program."""
    return json.dumps(
        [asdict(result) | {"missed": result.missed} for result in results], indent=2
    )


def as_text(result: Result) -> str:
    """Return one result for a reader."""
    rows: list[tuple[str | float, ...]] = []
    for figure, value in result.figures.items():
        verdict = "missed" if figure in result.missed else "met"
        target = str(result.targets.get(figure, ""))
        rows.append((figure, value, target, verdict if target else ""))
    rows += [
        (figure, "-", str(result.targets[figure]), "not measured")
        for figure in result.not_measured
    ]
    parts = [
        f"{result.name}: compared with {result.compares_with}",
        _table(("figure", "value", "target", ""), rows),
    ]
    parts += [
        f"{table.title}\n{_table(table.columns, table.rows)}" for table in result.tables
    ]
    parts += result.notes
    return "\n\n".join(parts)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str | int | float]]) -> str:
    cells = [list(columns), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    lines = []
    for row in cells:
        first, *others = (cell for cell in row)
        aligned = [first.ljust(widths[0])]
        aligned += [
            cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)
        ]
        lines.append("  " + "  ".join(aligned).rstrip())
    lines.insert(1, "  " + "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _cell(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"
    return str(value)
