"""Shared by all tests."""

import pytest

# Imported before the test kit makes its first Home Assistant, whose own folder of that name would hide ours.
import custom_components.busbar  # noqa: F401


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave asyncio's debug mode to `--asyncio-debug`, where the kit always turns it on.

    It reads a traceback for every handle, which makes the suite take more than twice its time.
    """
