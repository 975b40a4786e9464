"""Shared by all tests."""

from hypothesis import HealthCheck, settings
import pytest

# Imported before the test kit makes its first Home Assistant, whose own folder of that name would hide ours.
import custom_components.busbar  # noqa: F401

# The same examples in every run, however busy the machine is; `--hypothesis-profile explore` looks for new ones.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave asyncio's debug mode to `--asyncio-debug`, where the kit always turns it on.

    It reads a traceback for every handle, which makes the suite take about twice its time.
    """
