"""Test the meters that are read directly."""
