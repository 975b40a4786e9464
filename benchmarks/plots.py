"""The two plots of docs/balancing.md, drawn as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from .kettle import FUSE_A, LASTS_S, OFF_AT, ON_AT, Kettle
from .plant.sites import MARGIN_A
from .svg import WIDTH, Panel, legend, path, rect, stairs, svg, text


@dataclass(frozen=True, kw_only=True, slots=True)
class Exposure:
    """Ampere-seconds above the fuse after all steps with one kind of meter, by contestant."""

    meter: str
    floor_as: float
    """What physics makes unavoidable."""
    over_as: dict[str, float]


def kettle_svg(kettle: Kettle) -> str:
    """Draw what flows on L1 above the set-points, over two minutes."""
    above = Panel(top=92, bottom=300, most=45, lasts_s=LASTS_S)
    below = Panel(top=368, bottom=468, most=20, lasts_s=LASTS_S)
    moments = kettle.moments
    times = [moment.at for moment in moments]
    parts = [text(24, 34, "Somebody boils water: a meter of 1 s", "head")]
    for panel in (above, below):
        x, width = panel.x(ON_AT), panel.x(OFF_AT) - panel.x(ON_AT)
        parts.append(rect(x, panel.top, width, panel.bottom - panel.top, "kettle"))
        parts += _grid(panel)
    parts.append(text(above.x(ON_AT) + 6, above.top + 16, "kettle on", "quiet"))
    parts += legend(
        76,
        (
            ("line flow", "current on L1 of the supply"),
            ("line limit", f"fuse, {FUSE_A:g} A"),
            ("line aim", f"fuse minus margin, {FUSE_A - MARGIN_A:g} A"),
        ),
    )
    for style, current_a in (("limit", FUSE_A), ("aim", FUSE_A - MARGIN_A)):
        y = above.y(current_a)
        parts.append(path(f"M{above.left:.1f} {y:.1f}H{above.right:.1f}", style))
    flows = [moment.grid_a for moment in moments]
    parts.append(path(stairs(times, flows, above), "flow"))
    parts += legend(
        352,
        (
            ("line first", "set-point of the first charger"),
            ("line second", "of the second, which has the lower priority"),
        ),
    )
    for number, style in enumerate(("first", "second")):
        points = [moment.set_points_a[number] for moment in moments]
        parts.append(path(stairs(times, points, below), style))
    parts.append(text(below.right, below.bottom + 38, "seconds", "quiet", "end"))
    description = (
        f"The current on L1 is above the fuse for {kettle.clear_s:g} s after the kettle; "
        "both set-points fall at once, and rise again by parts after it."
    )
    return svg(520, "A kettle, and what the chargers do about it", description, parts)


def exposure_svg(exposures: Sequence[Exposure]) -> str:
    """Draw for each meter how much of an overload each contestant lets through; 1 is unavoidable."""
    most = max(
        amount / one.floor_as for one in exposures for amount in one.over_as.values()
    )
    left, right, row, top = 170.0, WIDTH - 150.0, 24, 96
    parts = [
        text(24, 34, "Ampere-seconds above the fuse after steps of the house", "head"),
        text(24, 56, "in multiples of what physics makes unavoidable (line)", "quiet"),
    ]
    y = float(top)

    def x(multiple: float) -> float:
        return left + (right - left) * multiple / most

    for one in exposures:
        start = y
        parts.append(text(24, y, one.meter, "strong"))
        for name, amount in one.over_as.items():
            y += row
            multiple = amount / one.floor_as
            style = "ours" if name == "busbar" else "theirs"
            parts.append(text(left - 10, y - 2, name, anchor="end"))
            parts.append(rect(left, y - 15, x(multiple) - left, 17, style))
            words = f"{multiple:.1f} × ({amount:.0f} As)"
            parts.append(text(x(multiple) + 8, y - 2, words, "quiet"))
        unavoidable = f"M{x(1):.1f} {start + 4:.1f}V{y + 6:.1f}"
        parts.append(path(unavoidable, "limit"))
        y += 40
    return svg(
        y - 4,
        "Ampere-seconds above the fuse, by strategy and meter",
        "Bars for Busbar and four strategy models, for each kind of meter.",
        parts,
    )


def _grid(panel: Panel) -> list[str]:
    """Return lines and numbers of both scales."""
    parts = []
    for current_a in range(0, int(panel.most) + 1, 10):
        y = panel.y(current_a)
        style = "grid" if current_a else "axis"
        parts.append(path(f"M{panel.left:.1f} {y:.1f}H{panel.right:.1f}", style))
        parts.append(
            text(panel.left - 8, y + 4, f"{current_a} A", "quiet", anchor="end")
        )
    parts += [
        text(panel.x(at), panel.bottom + 18, str(at), "quiet", anchor="middle")
        for at in range(0, int(LASTS_S) + 1, 20)
    ]
    return parts
