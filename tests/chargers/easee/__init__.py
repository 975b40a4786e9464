"""Tests of the Easee package against its simulated cloud."""
