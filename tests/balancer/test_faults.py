"""No second above the fuse that physics and the fault do not make unavoidable."""

import pytest

from benchmarks.faults import CASES, Case, play


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_leaves_nothing_unsafe(case: Case) -> None:
    """The bound is computed from the plant alone, and nothing is written before it was read back."""
    outcome = play(case, period_s=1.0)
    assert outcome.unsafe_s == 0
    assert outcome.unread_writes == 0
