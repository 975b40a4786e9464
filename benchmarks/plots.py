"""The two plots of docs/balancing.md, drawn as SVG: readable on light and on dark paper, without a library."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .kettle import FUSE_A, LASTS_S, OFF_AT, ON_AT, Kettle
from .plant.sites import MARGIN_A

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
    .ours { fill: #d98a52 }
    .theirs { fill: #6b7785 }
  }
</style>"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exposure:
    """Ampere-seconds above the fuse after all steps with one kind of meter, by contestant."""

    meter: str
    floor_as: float
    """What physics makes unavoidable."""
    over_as: dict[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Panel:
    """A rectangle of the picture with its scales: seconds to the right, amperes upwards."""

    top: float
    bottom: float
    most_a: float
    left: float = 56.0
    right: float = WIDTH - 24.0

    def x(self, at: float) -> float:
        return self.left + (self.right - self.left) * at / LASTS_S

    def y(self, current_a: float) -> float:
        return self.bottom - (self.bottom - self.top) * current_a / self.most_a


def kettle_svg(kettle: Kettle) -> str:
    """Draw what flows on L1 above the set-points, over two minutes."""
    above = _Panel(top=92, bottom=300, most_a=45)
    below = _Panel(top=368, bottom=468, most_a=20)
    moments = kettle.moments
    times = [moment.at for moment in moments]
    parts = [_text(24, 34, "Somebody boils water: a meter of 1 s", "head")]
    for panel in (above, below):
        x, width = panel.x(ON_AT), panel.x(OFF_AT) - panel.x(ON_AT)
        parts.append(_rect(x, panel.top, width, panel.bottom - panel.top, "kettle"))
        parts += _grid(panel)
    parts.append(_text(above.x(ON_AT) + 6, above.top + 16, "kettle on", "quiet"))
    parts += _legend(
        76,
        (
            ("line flow", "current on L1 of the supply"),
            ("line limit", f"fuse, {FUSE_A:g} A"),
            ("line aim", f"fuse minus margin, {FUSE_A - MARGIN_A:g} A"),
        ),
    )
    for style, current_a in (("limit", FUSE_A), ("aim", FUSE_A - MARGIN_A)):
        y = above.y(current_a)
        parts.append(_path(f"M{above.left:.1f} {y:.1f}H{above.right:.1f}", style))
    flows = [moment.grid_a for moment in moments]
    parts.append(_path(_stairs(times, flows, above), "flow"))
    parts += _legend(
        352,
        (
            ("line first", "set-point of the first charger"),
            ("line second", "of the second, which has the lower priority"),
        ),
    )
    for number, style in enumerate(("first", "second")):
        points = [moment.set_points_a[number] for moment in moments]
        parts.append(_path(_stairs(times, points, below), style))
    parts.append(_text(below.right, below.bottom + 38, "seconds", "quiet", "end"))
    description = (
        f"The current on L1 is above the fuse for {kettle.clear_s:g} s after the kettle; "
        "both set-points fall at once, and rise again by parts after it."
    )
    return _svg(520, "A kettle, and what the chargers do about it", description, parts)


def exposure_svg(exposures: Sequence[Exposure]) -> str:
    """Draw for each meter how much of an overload each contestant lets through; 1 is unavoidable."""
    most = max(
        amount / one.floor_as for one in exposures for amount in one.over_as.values()
    )
    left, right, row, top = 170.0, WIDTH - 150.0, 24, 96
    parts = [
        _text(24, 34, "Ampere-seconds above the fuse after steps of the house", "head"),
        _text(24, 56, "in multiples of what physics makes unavoidable (line)", "quiet"),
    ]
    y = float(top)

    def x(multiple: float) -> float:
        return left + (right - left) * multiple / most

    for one in exposures:
        start = y
        parts.append(_text(24, y, one.meter, "strong"))
        for name, amount in one.over_as.items():
            y += row
            multiple = amount / one.floor_as
            style = "ours" if name == "busbar" else "theirs"
            parts.append(_text(left - 10, y - 2, name, anchor="end"))
            parts.append(_rect(left, y - 15, x(multiple) - left, 17, style))
            words = f"{multiple:.1f} × ({amount:.0f} As)"
            parts.append(_text(x(multiple) + 8, y - 2, words, "quiet"))
        unavoidable = f"M{x(1):.1f} {start + 4:.1f}V{y + 6:.1f}"
        parts.append(_path(unavoidable, "limit"))
        y += 40
    return _svg(
        y - 4,
        "Ampere-seconds above the fuse, by strategy and meter",
        "Bars for Busbar and four strategy models, for each kind of meter.",
        parts,
    )


def _grid(panel: _Panel) -> list[str]:
    """Return lines and numbers of both scales."""
    parts = []
    for current_a in range(0, int(panel.most_a) + 1, 10):
        y = panel.y(current_a)
        style = "grid" if current_a else "axis"
        parts.append(_path(f"M{panel.left:.1f} {y:.1f}H{panel.right:.1f}", style))
        parts.append(
            _text(panel.left - 8, y + 4, f"{current_a} A", "quiet", anchor="end")
        )
    parts += [
        _text(panel.x(at), panel.bottom + 18, str(at), "quiet", anchor="middle")
        for at in range(0, int(LASTS_S) + 1, 20)
    ]
    return parts


def _stairs(times: Sequence[float], values: Sequence[float], panel: _Panel) -> str:
    """Return a path that keeps each value until the next one."""
    path = f"M{panel.left:.1f} {panel.y(values[0]):.1f}"
    before = values[0]
    for at, value in zip(times, values, strict=True):
        if abs(value - before) > 1e-6:
            path += f"H{panel.x(at):.1f}V{panel.y(value):.1f}"
            before = value
    return f"{path}H{panel.right:.1f}"


def _legend(y: float, entries: Sequence[tuple[str, str]]) -> list[str]:
    parts = []
    x = 56.0
    for style, words in entries:
        parts.append(f'<path class="{style}" d="M{x:.1f} {y - 4:.1f}h26"/>')
        parts.append(_text(x + 34, y, words))
        x += 34 + 7.1 * len(words) + 26
    return parts


def _svg(height: float, title: str, description: str, parts: Sequence[str]) -> str:
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


def _text(
    x: float, y: float, words: str, style: str = "", anchor: str = "start"
) -> str:
    return (
        f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _rect(x: float, y: float, width: float, height: float, style: str) -> str:
    return f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _path(path: str, style: str) -> str:
    return f'<path class="line {style}" d="{path}"/>'
