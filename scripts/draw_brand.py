"""Draw the pictures in custom_components/busbar/brand/.

Usage: .venv/bin/python scripts/draw_brand.py

A copper bar with three taps of different length: one supply, shared. Everything is
geometry, so there is no font and no picture of somebody else in it.
"""

from dataclasses import dataclass
from math import cos, radians, sin
from pathlib import Path

from PIL import Image, ImageDraw

BRAND = Path(__file__).parent.parent / "custom_components" / "busbar" / "brand"
FINE = 4
"""Everything is drawn this much larger and then scaled down, for smooth edges."""

type Colour = tuple[int, int, int]
type Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Palette:
    """The colours of one theme."""

    copper_light: Colour
    copper_dark: Colour
    plug: Colour
    bolt: Colour
    text: Colour


LIGHT = Palette(
    copper_light=(0xF0, 0xA8, 0x6C),
    copper_dark=(0xB4, 0x5F, 0x2C),
    plug=(0x22, 0x2E, 0x3C),
    bolt=(0xFF, 0xD1, 0x5C),
    text=(0x22, 0x2E, 0x3C),
)
DARK = Palette(
    copper_light=(0xF6, 0xB8, 0x82),
    copper_dark=(0xC8, 0x72, 0x3A),
    plug=(0xE9, 0xEE, 0xF4),
    bolt=(0xB0, 0x58, 0x20),
    text=(0xE9, 0xEE, 0xF4),
)

# The icon on a square of 512: where the taps hang, and how far down their plugs are.
BAR = (16, 56, 496, 168)
TAPS = ((104, 308), (256, 412), (408, 260))
TAP_WIDTH = 52
PLUG_RADIUS = 84
BOLT: tuple[Point, ...] = (
    (14, -60),
    (-40, 12),
    (-6, 12),
    (-14, 60),
    (40, -14),
    (6, -14),
)


def copper(size: tuple[int, int], palette: Palette) -> Image.Image:
    """Return a surface of copper, lighter above, as if lit from there."""
    column = Image.new("RGB", (1, 256))
    for row in range(256):
        share = min(max((row - 28) / 110, 0), 1)
        column.putpixel(
            (0, row),
            tuple(
                round(light + (dark - light) * share)
                for light, dark in zip(
                    palette.copper_light, palette.copper_dark, strict=True
                )
            ),
        )
    return column.resize(size, Image.Resampling.BICUBIC).convert("RGBA")


def draw_icon(size: int, palette: Palette) -> Image.Image:
    """Return the icon, with a transparent background."""
    edge = size * FINE
    scale = edge / 512
    picture = Image.new("RGBA", (edge, edge))

    def scaled(*values: float) -> list[float]:
        return [value * scale for value in values]

    metal = Image.new("L", picture.size)
    draw = ImageDraw.Draw(metal)
    half = TAP_WIDTH / 2
    for x, y in TAPS:
        draw.rectangle(scaled(x - half, 120, x + half, y), fill=255)
    draw.rounded_rectangle(scaled(*BAR), radius=28 * scale, fill=255)
    for x, _ in TAPS:
        # The bolt holes of a real bar.
        draw.ellipse(scaled(x - 20, 92, x + 20, 132), fill=0)
    picture.paste(copper(picture.size, palette), mask=metal)

    draw = ImageDraw.Draw(picture)
    for x, y in TAPS:
        circle = (x - PLUG_RADIUS, y - PLUG_RADIUS, x + PLUG_RADIUS, y + PLUG_RADIUS)
        draw.ellipse(scaled(*circle), fill=palette.plug)
        draw.polygon(
            [(scale * (x + dx), scale * (y + dy)) for dx, dy in BOLT],
            fill=palette.bolt,
        )
    return picture.resize((size, size), Image.Resampling.LANCZOS)


class Pen:
    """Writes lower-case letters of arcs and strokes, on a grid of 100 per x-height."""

    WEIGHT = 22
    HALF = WEIGHT / 2
    RING = 50 - HALF
    """The radius of the round letters, along the middle of the stroke."""

    def __init__(self, picture: Image.Image, scale: float, colour: Colour) -> None:
        """Start at the left edge, 60 units below the upper one."""
        self._draw = ImageDraw.Draw(picture)
        self._scale = scale
        self._colour = colour
        self.x = 0.0
        self._top = 60.0

    def _box(self, left: float, top: float, right: float, bottom: float) -> list[float]:
        return [
            (self.x + left) * self._scale,
            (self._top + top) * self._scale,
            (self.x + right) * self._scale,
            (self._top + bottom) * self._scale,
        ]

    def _stroke(self, x: float, top: float, bottom: float) -> None:
        self._draw.rounded_rectangle(
            self._box(x - self.HALF, top, x + self.HALF, bottom),
            radius=self.HALF * self._scale,
            fill=self._colour,
        )

    def _arc(self, x: float, y: float, radius: Point, start: float, end: float) -> None:
        across, down = radius[0] + self.HALF, radius[1] + self.HALF
        self._draw.arc(
            self._box(x - across, y - down, x + across, y + down),
            start,
            end,
            fill=self._colour,
            width=round(self.WEIGHT * self._scale),
        )
        for angle in (radians(start), radians(end)):
            tip_x = x + radius[0] * cos(angle)
            tip_y = y + radius[1] * sin(angle)
            self._draw.ellipse(
                self._box(
                    tip_x - self.HALF,
                    tip_y - self.HALF,
                    tip_x + self.HALF,
                    tip_y + self.HALF,
                ),
                fill=self._colour,
            )

    def _ring(self, start: float, end: float) -> None:
        self._arc(50, 50, (self.RING, self.RING), start, end)

    def b(self) -> None:
        """Write a b."""
        self._stroke(self.HALF, -54, 100)
        self._ring(0, 360)
        self.x += 116

    def u(self) -> None:
        """Write a u."""
        self._stroke(self.HALF, 0, 50 + self.HALF)
        self._stroke(100 - self.HALF, 0, 100)
        self._ring(0, 180)
        self.x += 116

    def s(self) -> None:
        """Write an s."""
        down = self.RING / 2
        self._arc(42, 50 - down, (28, down), 90, 335)
        self._arc(42, 50 + down, (28, down), 270, 515)
        self.x += 98

    def a(self) -> None:
        """Write an a."""
        self._ring(0, 360)
        self._stroke(100 - self.HALF, 0, 100)
        self.x += 116

    def r(self) -> None:
        """Write an r."""
        self._stroke(self.HALF, 0, 100)
        self._ring(180, 285)
        self.x += 82


def draw_logo(height: int, palette: Palette) -> Image.Image:
    """Return the icon with the name beside it."""
    edge = height * FINE
    scale = edge / 256
    name = Image.new("RGBA", (round(900 * scale), edge))
    pen = Pen(name, scale, palette.text)
    for letter in (pen.b, pen.u, pen.s, pen.b, pen.a, pen.r):
        letter()
    icon = draw_icon(edge, palette)
    gap = round(36 * scale)
    whole = Image.new("RGBA", (edge + gap + round(pen.x * scale), edge))
    whole.paste(icon)
    whole.paste(name.crop((0, 0, round(pen.x * scale), edge)), (edge + gap, 0))
    width = round(whole.width / FINE)
    return whole.resize((width, height), Image.Resampling.LANCZOS)


def main() -> None:
    """Write all pictures."""
    BRAND.mkdir(exist_ok=True)
    for prefix, palette in (("", LIGHT), ("dark_", DARK)):
        for suffix, factor in (("", 1), ("@2x", 2)):
            for name, picture in (
                ("icon", draw_icon(256 * factor, palette)),
                ("logo", draw_logo(128 * factor, palette)),
            ):
                picture.save(BRAND / f"{prefix}{name}{suffix}.png", optimize=True)


if __name__ == "__main__":
    main()
