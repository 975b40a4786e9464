"""Test the package for Shelly energy meters against its simulator."""
