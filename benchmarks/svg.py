"""Draw SVG that is readable on light and on dark paper, without a library."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH = 860
_NAMED = 'role="img" aria-labelledby="title description"'
_FONT = """font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\""""
_STYLE = """<style>
  .paper { fill: #ffffff; stroke: #d8dee4 }
  text { fill: #1f2933; font-size: 13px }
  .head { font-size: 16px; font-weight: 600 }
  .strong { font-weight: 600 }
  .quiet { fill: #52606d }
  .grid { stroke: #e4e7eb }
  .axis { stroke: #7b8794 }
  .line { fill: none; stroke-width: 2 }
  .limit { stroke: #c0392b }
  .aim { stroke: #c0392b; stroke-width: 1.5; stroke-dasharray: 3 4 }
  .flow { stroke: #1f2933 }
  .first { stroke: #2f7ed8 }
  .second { stroke: #b45f2c; stroke-dasharray: 8 3 }
  .kettle { fill: #e9c46a; opacity: 0.3 }
  .sun { stroke: #c98a00; stroke-width: 1.5 }
  .ours { fill: #b45f2c }
  .theirs { fill: #9aa5b1 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #161b22; stroke: #30363d }
    text { fill: #e6edf3 }
    .quiet { fill: #9aa5b1 }
    .grid { stroke: #262c34 }
    .axis { stroke: #6b7785 }
    .limit, .aim { stroke: #ff7b72 }
    .flow { stroke: #e6edf3 }
    .first { stroke: #6cb6ff }
    .second { stroke: #e09b66 }
    .kettle { opacity: 0.25 }
    .sun { stroke: #e9c46a }
    .ours { fill: #d98a52 }
    .theirs { fill: #6b7785 }
  }
</style>"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """A rectangle of the picture with its scales: seconds to the right, from 0 on, and values upwards."""

    top: float
    bottom: float
    most: float
    lasts_s: float
    least: float = 0.0
    left: float = 56.0
    right: float = WIDTH - 24.0

    def x(self, at: float) -> float:
        """Return where a time is."""
        return self.left + (self.right - self.left) * at / self.lasts_s

    def y(self, value: float) -> float:
        """Return where a value is."""
        share = (value - self.least) / (self.most - self.least)
        return self.bottom - (self.bottom - self.top) * share


def stairs(times: Sequence[float], values: Sequence[float], panel: Panel) -> str:
    """Return a path that keeps each value until the next one."""
    way = f"M{panel.left:.1f} {panel.y(values[0]):.1f}"
    before = values[0]
    for at, value in zip(times, values, strict=True):
        if abs(value - before) > 1e-6:
            way += f"H{panel.x(at):.1f}V{panel.y(value):.1f}"
            before = value
    return f"{way}H{panel.right:.1f}"


def legend(y: float, entries: Sequence[tuple[str, str]]) -> list[str]:
    """Return lines with their words, one beside the other."""
    parts = []
    x = 56.0
    for style, words in entries:
        parts.append(f'<path class="{style}" d="M{x:.1f} {y - 4:.1f}h26"/>')
        parts.append(text(x + 34, y, words))
        x += 34 + 7.1 * len(words) + 26
    return parts


def svg(height: float, title: str, description: str, parts: Sequence[str]) -> str:
    """Return a whole picture."""
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    frame = f'width="{WIDTH - 1}" height="{height - 1:.0f}" rx="10"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {_NAMED} {_FONT}>',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
            _STYLE,
            f'<rect class="paper" x="0.5" y="0.5" {frame}/>',
            *parts,
            "</svg>\n",
        )
    )


def text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    """Return words at a place."""
    return (
        f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def rect(x: float, y: float, width: float, height: float, style: str) -> str:
    """Return a filled rectangle."""
    return f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def path(way: str, style: str) -> str:
    """Return a line along a way."""
    return f'<path class="line {style}" d="{way}"/>'
