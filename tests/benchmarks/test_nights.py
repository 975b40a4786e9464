"""A night of the benchmark, where it has to hold as a test."""

from benchmarks.nights import play_night


def test_chargers_that_tell_seldom_are_no_proof_against_a_meter() -> None:
    """What they did since their last report must not make a healthy meter look inverted, and end the night."""
    night = play_night(6)
    assert night.energy_as > 0.95 * night.bound_as
