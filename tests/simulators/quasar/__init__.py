"""Tests of the simulated Quasar."""
