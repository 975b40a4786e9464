"""The picture of a cloud and a kettle in docs/balancing.md."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean

from benchmarks.svg import Panel, legend, path, rect, stairs, svg, text

from .contest import FOLLOWERS
from .days import DAYS
from .house import HOUR_S
from .play import Played, play

HOURS = (10.45, 10.75)
"""In which a kettle is on, between clouds; the day begins early enough for the law to have settled."""
BEGINS = 10.2
EVERY_S = 5
KETTLE_W = 1500.0
"""What the load has to rise by within a few seconds for a kettle."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Glimpse:
    """What flowed, in kilowatts, one value every five seconds."""

    load_kw: Sequence[float]
    sun_kw: Sequence[float]
    car_kw: Sequence[float]
    grid_kw: Sequence[float]

    @property
    def lasts_s(self) -> int:
        """Return how long it is looked at."""
        return EVERY_S * len(self.load_kw)

    @property
    def kettle(self) -> tuple[int, int]:
        """Return from when to when the kettle is on, in seconds; twice 0 if it is not."""
        base_kw = min(self.load_kw)
        on = [
            place
            for place, load_kw in enumerate(self.load_kw)
            if load_kw - base_kw > KETTLE_W / 1000
        ]
        return (EVERY_S * on[0], EVERY_S * (on[-1] + 1)) if on else (0, 0)


def take_glimpse() -> Glimpse:
    """Play a part of the first day with the balancer."""
    return glimpse_of(
        play(replace(DAYS[0], hours=(BEGINS, HOURS[1]), away=None), FOLLOWERS["busbar"])
    )


def glimpse_of(played: Played) -> Glimpse:
    """Return the end of what was played."""
    profile = played.profile
    seconds = int((HOURS[1] - HOURS[0]) * HOUR_S)
    return Glimpse(
        load_kw=_thinned(profile.load_w[-seconds:]),
        sun_kw=_thinned(profile.sun_w[-seconds:]),
        car_kw=_thinned(played.charger_w[-seconds:]),
        grid_kw=_thinned(played.grid_w[-seconds:]),
    )


def _thinned(watts: Sequence[float]) -> list[float]:
    """Return kilowatts, rounded so that nothing is drawn that nobody can see."""
    return [
        round(mean(watts[place : place + EVERY_S]) / 1000, 2)
        for place in range(0, len(watts), EVERY_S)
    ]


def glimpse_svg(glimpse: Glimpse) -> str:
    """Draw sun and house above car and grid."""
    above = Panel(top=92, bottom=232, most=5.0, lasts_s=glimpse.lasts_s)
    below = Panel(top=300, bottom=490, most=4.5, least=-3.0, lasts_s=glimpse.lasts_s)
    parts = [text(24, 34, "A cloud, a kettle, and a car that follows both", "head")]
    start_s, end_s = glimpse.kettle
    for panel, names in (
        (above, (("line sun", "the sun gives"), ("line flow", "the house takes"))),
        (
            below,
            (
                ("line first", "the car takes (below zero: gives)"),
                ("line limit", "the grid gives (below zero: takes)"),
            ),
        ),
    ):
        x, width = panel.x(start_s), panel.x(end_s) - panel.x(start_s)
        parts.append(rect(x, panel.top, width, panel.bottom - panel.top, "kettle"))
        parts += _grid(panel)
        parts += legend(panel.top - 16, names)
    times = [EVERY_S * place for place in range(len(glimpse.load_kw))]
    for values, panel, style in (
        (glimpse.sun_kw, above, "sun"),
        (glimpse.load_kw, above, "flow"),
        (glimpse.grid_kw, below, "limit"),
        (glimpse.car_kw, below, "first"),
    ):
        parts.append(path(stairs(times, values, panel), style))
    parts.append(text(below.right, below.bottom + 38, "minutes", "quiet", "end"))
    description = (
        "The sun comes and goes, a kettle boils; the car takes what is left and gives what is missing, "
        "and the grid stays near zero but for seconds."
    )
    return svg(
        544, "A cloud, a kettle, and a car that follows both", description, parts
    )


def _grid(panel: Panel) -> list[str]:
    """Return lines and numbers of both scales."""
    parts = []
    for kilowatts in range(int(panel.least), int(panel.most) + 1):
        y = panel.y(kilowatts)
        style = "grid" if kilowatts else "axis"
        parts.append(path(f"M{panel.left:.1f} {y:.1f}H{panel.right:.1f}", style))
        parts.append(text(panel.left - 8, y + 4, f"{kilowatts} kW", "quiet", "end"))
    parts += [
        text(panel.x(at), panel.bottom + 18, str(at // 60), "quiet", "middle")
        for at in range(0, int(panel.lasts_s) + 1, 120)
    ]
    return parts
