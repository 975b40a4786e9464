"""Prove the main job over the wire: what was allocated is what chargers were told and cars draw."""

from collections.abc import Iterable, Sequence
import re
from typing import Final

from .api import HomeAssistantApi
from .bench import Bench, Row
from .process import HomeAssistantProcess
from .scene import Scene, Tell

_IS_COMPLAINT: Final = re.compile(r" (WARNING|ERROR|CRITICAL) |deprecat", re.IGNORECASE)
# Home Assistant says this of every custom integration, before its logger can be told not to.
_NOT_TESTED: Final = r"custom integration busbar which has not been tested"


async def check(
    api: HomeAssistantApi,
    process: HomeAssistantProcess,
    scenes: Sequence[Scene],
    tell: Tell,
) -> int:
    """Run the steps of all scenes, print a table of each, and return 0 only if everything holds."""
    benches = [
        Bench(api=api, scene=scene, process=process, tell=tell) for scene in scenes
    ]
    for bench in benches:
        tell(f"--- {bench.scene.title} ---")
        await bench.scene.check(bench)
    for bench in benches:
        _print_table(bench)
    faults = [
        *(fault for bench in benches for fault in _faults(bench)),
        *_logged(process, scenes),
    ]
    for fault in faults:
        print(f"NOT AS IT SHOULD BE: {fault}")
    print("all holds" if not faults else f"{len(faults)} checks failed")
    return 1 if faults else 0


def _faults(bench: Bench) -> list[str]:
    found = [
        *bench.faults,
        *_complaints(bench.rows),
        *bench.scene.broken_limits(),
    ]
    return [f"{bench.scene.title}: {fault}" for fault in found]


def _complaints(rows: Iterable[Row]) -> list[str]:
    return [
        f"{row.charger} at {row.step}: allocated {row.allocated_a:.1f} A, told {row.told_a}, drawn {row.drawn_a:.1f} A"
        for row in rows
        if not row.holds
    ]


def _logged(process: HomeAssistantProcess, scenes: Iterable[Scene]) -> list[str]:
    """Return what was logged as a warning or worse, but for what these scenes have to cause."""
    patterns = [_NOT_TESTED, *(item for scene in scenes for item in scene.expected_log)]
    is_expected = re.compile("|".join(patterns))
    return [
        line
        for line in process.log.read_text().splitlines()
        if _IS_COMPLAINT.search(line) and not is_expected.search(line)
    ]


def _print_table(bench: Bench) -> None:
    header = f"{'step':<32} {'charger':<12} {'allocated':>10} {'told':>8} {'drawn':>8}  {'reason':<24} ok"
    print(f"\n{header}\n{'-' * len(header)}")
    for row in bench.rows:
        told = "-" if row.told_a is None else f"{row.told_a:.1f} A"
        print(
            f"{row.step:<32} {row.charger:<12} {row.allocated_a:>8.1f} A {told:>8} {row.drawn_a:>6.1f} A"
            f"  {row.reason:<24} {'yes' if row.holds else 'NO'}"
        )
    scene = bench.scene
    names = ", ".join(scene.chargers)
    print(f"\n{scene.title}: {scene.rating_a:.0f} A per phase for {names}", flush=True)
