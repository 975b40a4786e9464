"""Tests of the simulated Shelly energy meters."""
