"""Tests of the simulated WARP."""
