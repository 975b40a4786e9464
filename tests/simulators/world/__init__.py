"""Tests of the world behind the wires."""
