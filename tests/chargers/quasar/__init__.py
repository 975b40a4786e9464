"""Test the package for the Wallbox Quasar against its simulator."""
