"""Tests of the simulated Easee cloud itself."""
