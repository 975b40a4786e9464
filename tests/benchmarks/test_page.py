"""The page of figures: what stands between its markers is written by a command, the rest by people."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import given, strategies as st
import pytest

from benchmarks import __main__ as program, page
from benchmarks.following.picture import Glimpse, glimpse_svg
from benchmarks.kettle import Kettle, Moment
from benchmarks.plots import exposure_svg, kettle_svg
from benchmarks.report import Result, Table, Target, as_json
from custom_components.busbar.balancer.allocation import allocate
from custom_components.busbar.balancer.model import (
    ONE_PHASE,
    STRAIGHT,
    Circuit,
    Phase,
    PhaseChoice,
    ReasonKey,
    Request,
    Reservation,
    Site,
)

KETTLE = Kettle(
    moments=tuple(
        Moment(at=float(at), grid_a=20.0 + at % 7, set_points_a=(16.0, 6.0 + at % 3))
        for at in range(120)
    ),
    over_as=26.25,
    clear_s=3.5,
)
GLIMPSE = Glimpse(
    load_kw=[0.2, 0.2, 2.2, 2.2, 0.2],
    sun_kw=[3.0, 1.0, 3.0, 3.0, 3.0],
    car_kw=[2.8, 0.8, 0.0, -0.7, 2.8],
    grid_kw=[0.0, 0.0, -0.8, -0.1, 0.0],
)
STEPS = Table(
    title="steps",
    columns=("scene", "floor", "busbar", "a ramp"),
    rows=[
        ["1 A, 1 x, 1 s", "4", "4 (4 s)", "64 (64 s)"],
        ["5 A, 4 x, 1 s", "20", "21 (4 s)", "320 (64 s)"],
        ["5 A, 4 x, 10 s", "41", "42 (8 s)", "338 (67 s)"],
    ],
)


def _result(name: str) -> Result:
    return Result(
        name=name,
        compares_with="something else",
        figures={"good": 0.5, "bad": 3.0, "plain": 12.345},
        targets={
            "good": Target(at_most=1.0),
            "bad": Target(at_most=2.0),
            "absent": Target(at_least=4.0),
        },
        tables=[STEPS],
        notes=["A note."],
    )


RESULTS = [_result(name) for name in page.TITLES]


@given(before=st.text(), after=st.text(), old=st.text(), block=st.text())
def test_nothing_but_the_block_is_touched(
    before: str, after: str, old: str, block: str
) -> None:
    """What people wrote around the markers stays, letter for letter."""
    text = f"{before}{page.BEGIN}{old}{page.END}{after}"
    once = page.replaced(text, block)
    assert once.startswith(before + page.BEGIN)
    assert once.endswith(page.END + after)
    middle = once[len(before + page.BEGIN) : len(once) - len(page.END + after)]
    assert middle == f"\n\n{block.strip()}\n\n"
    assert page.replaced(once, block) == once


@pytest.mark.parametrize(
    "text",
    [
        "no markers at all",
        f"{page.BEGIN} and no end",
        f"{page.END} before {page.BEGIN}",
        f"{page.BEGIN}{page.BEGIN}{page.END}",
    ],
)
def test_page_without_its_markers_is_left_alone(text: str) -> None:
    """A page that somebody took apart is not guessed at."""
    with pytest.raises(page.PageError):
        page.replaced(text, "block")


def test_json_and_back() -> None:
    """What `--json` prints is all that the page needs."""
    (result,) = page.results_from_json(as_json([_result("cost")]))
    assert result.figures == _result("cost").figures
    assert result.missed == ["bad"]
    assert result.not_measured == ["absent"]
    assert page.figures_block([replace(_result(name)) for name in page.TITLES], KETTLE)


def test_block_hides_no_miss() -> None:
    """A target that was missed, or not measured, says so."""
    block = page.figures_block(RESULTS, KETTLE)
    assert "| bad | `bad` | 3 | ≤ 2 | **missed** |" in block
    assert "| good | `good` | 0.500 | ≤ 1 | met |" in block
    assert "| absent | `absent` | – | ≥ 4 | not measured |" in block
    assert "| plain | `plain` | 12.3 |  |  |" in block
    assert "3.5 s and 26 ampere-seconds" in block
    assert "A note." in block
    assert "cores" not in block
    assert "a machine with 2 cores" in page.figures_block(RESULTS, KETTLE, cores=2)


def test_every_figure_is_told_in_words() -> None:
    """A figure that is gone leaves no words behind, and the committed page knows all of them."""
    text = page.PAGE.read_text(encoding="utf-8")
    figures = text.split(page.BEGIN)[1].split(page.END)[0]
    assert [name for name in page.MEANINGS if f"| `{name}` |" not in figures] == []
    rows = [line for line in figures.splitlines() if line.count("`") == 2]
    told = [line.split("`")[1] for line in rows if line.startswith("| ")]
    assert [name for name in told if name not in page.MEANINGS] == []


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (1.0, "1"), (0.99999, "1.000"), (57.68, "57.7"), (1094.8, "1095")],
)
def test_number(value: float, words: str) -> None:
    """A number that is exact looks different from one that is nearly so."""
    assert page.number(value) == words


def test_table_puts_numbers_to_the_right() -> None:
    """Words stand left, also beside a first column that begins with a digit."""
    table = page.markdown(("site", "who", "amps"), [["50 chargers", "us", 1.5]])
    assert table.splitlines() == [
        "| site | who | amps |",
        "| --- | --- | --: |",
        "| 50 chargers | us | 1.500 |",
    ]


def test_exposures_are_added_up_per_meter() -> None:
    """All steps with one kind of meter make one group of bars."""
    first, second = page.exposures_of(STEPS)
    assert (first.meter, first.floor_as) == ("meter of 1 s", 24.0)
    assert first.over_as == {"busbar": 25.0, "a ramp": 384.0}
    assert second.over_as == {"busbar": 42.0, "a ramp": 338.0}
    broken = replace(STEPS, rows=[["1 A, 1 x, 1 s", "4", "none", "1"]])
    with pytest.raises(page.PageError):
        page.exposures_of(broken)


def test_page_and_plots_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call writes the block and all plots, and nothing without all results."""
    target = tmp_path / "balancing.md"
    target.write_text(f"# Words\n{page.BEGIN}{page.END}\nMore\n", encoding="utf-8")
    monkeypatch.setattr(page, "DOCS", tmp_path)
    monkeypatch.setattr(page, "PAGE", target)
    monkeypatch.setattr(page, "play_kettle", lambda: KETTLE)
    monkeypatch.setattr(page, "take_glimpse", lambda: GLIMPSE)
    with pytest.raises(page.PageError, match="cost"):
        page.write([_result("allocation")], is_measured_here=True)
    source = tmp_path / "results.json"
    source.write_text(as_json(RESULTS), encoding="utf-8")
    assert program.main(["page", "--from", str(source)]) == 1  # a target was missed
    text = target.read_text(encoding="utf-8")
    assert text.startswith("# Words\n")
    assert text.endswith(f"{page.END}\nMore\n")
    for path in (page.KETTLE_SVG, page.EXPOSURE_SVG, page.FOLLOW_SVG):
        assert path.as_posix() in text
        assert (tmp_path / path).read_text(encoding="utf-8").startswith("<svg")


def test_from_goes_with_page_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Figures of one run are not shown as those of another."""
    with pytest.raises(SystemExit):
        program.main(["cost", "--from", "results.json"])
    assert "page alone" in capsys.readouterr().err


def test_pictures_are_pictures() -> None:
    """All of them can be read by a program, and have paper of their own in the dark."""
    pictures = [
        kettle_svg(KETTLE),
        exposure_svg(page.exposures_of(STEPS)),
        glimpse_svg(GLIMPSE),
        (page.DOCS / "images" / "site.svg").read_text(encoding="utf-8"),
    ]
    for picture in pictures:
        root = ET.fromstring(picture)  # noqa: S314 - it is our own
        assert root.tag.endswith("svg")
        assert 'class="paper"' in picture
        assert "prefers-color-scheme: dark" in picture


def test_picture_of_the_site_is_true() -> None:
    """The amperes in site.svg are what the balancer gives on that site."""
    one = PhaseChoice(minimum_a=6.0, maximum_a=16.0, terminals=ONE_PHASE)
    three = PhaseChoice(minimum_a=6.0, maximum_a=16.0)
    on_l3 = (Phase.L3, Phase.L1, Phase.L2)
    rows = (
        ("driveway", "supply", three, STRAIGHT, True),
        ("left", "garage", three, STRAIGHT, True),
        ("middle", "garage", one, on_l3, True),
        ("right", "garage", one, STRAIGHT, False),
    )
    site = Site(
        circuits=(
            Circuit(key="supply", limit_a=(34.0,) * 3, reserved_a=(12.0, 7.0, 1.0)),
            Circuit(key="garage", parent="supply", limit_a=(18.0,) * 3),
        ),
        reservations=(
            Reservation(key="street", circuit="supply", charge_a=(6.0,) * 3),
        ),
    )
    found = allocate(
        site,
        [
            Request(
                key=key,
                circuit=circuit,
                choices=(choice,),
                phase_map=phase_map,
                is_kept=is_kept,
            )
            for key, circuit, choice, phase_map, is_kept in rows
        ],
    ).allocations
    assert {key: one.current_a for key, one in found.items()} == pytest.approx(
        {"driveway": 8.0, "left": 8.0, "middle": 10.0, "right": 0.0}
    )
    assert found["middle"].reason.circuit == "garage"
    waits = found["right"].reason
    assert waits.key is ReasonKey.WAITING_FOR_TURN
    assert (waits.phase, waits.used_a, waits.needed_a, waits.missing_a) == (
        Phase.L1,
        30.0,
        6.0,
        2.0,
    )
    picture = (page.DOCS / "images" / "site.svg").read_text(encoding="utf-8")
    for words in ("8 / 8 / 8 A", "– / – / 10 A", "12 / 7 / 1 A", "2 A too much"):
        assert words in picture
