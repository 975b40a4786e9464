"""Ask the peers, which run in another process and another environment."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
import subprocess
from typing import Any

from benchmarks.cases import Case

ROOT = Path(__file__).parents[2]
_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
MISSING = (
    "acnportal and scipy are not installed, so there is nothing to compare with here: "
    "run scripts/benchmarks-peers, which needs a package index."
)


class Peers:
    """A running peers process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Talk to a process over its standard streams."""
        self._process = process

    def _ask(self, task: str, case: Case, **more: object) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        wires = case.wires()
        plain = {
            "limits_a": wires.limits_a,
            "uses": wires.uses,
            "chargers": [
                {
                    "minimum_a": charger.minimum_a,
                    "maximum_a": charger.maximum_a,
                    "leaves_after": charger.leaves_after,
                    "phases": len(charger.phases),
                }
                for charger in case.chargers
            ],
        }
        stdin.write(json.dumps({"task": task, "case": plain, **more}) + "\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            raise RuntimeError("The peers process ended; its own message stands above")
        return json.loads(answer)

    def allocate(self, case: Case, algorithm: str) -> list[float]:
        """Return the current that an algorithm gives to each charger."""
        currents_a: list[float] = self._ask("allocate", case, algorithm=algorithm)
        return currents_a

    def measure(self, case: Case, algorithm: str, times: int) -> list[int]:
        """Return the nanoseconds that each of some decisions took."""
        taken_ns: list[int] = self._ask(
            "measure", case, algorithm=algorithm, times=times
        )
        return taken_ns

    def bound(self, case: Case) -> float:
        """Return the most phase-amperes that any allocation without minimums could reach."""
        phase_amps: float = self._ask("bound", case)
        return phase_amps


@contextmanager
def peers() -> Iterator[Peers | None]:
    """Start the peers and end them again; `None` where they are not installed."""
    if not _PYTHON.exists():
        yield None
        return
    runner = Path(__file__).with_name("runner.py")
    with subprocess.Popen(
        [_PYTHON, runner],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            yield Peers(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
