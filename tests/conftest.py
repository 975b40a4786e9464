"""Shared by all tests."""

# Imported before the test kit makes its first Home Assistant, whose own folder of that name would hide ours.
import custom_components.busbar  # noqa: F401
