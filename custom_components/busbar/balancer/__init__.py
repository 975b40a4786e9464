"""Decides who gets how much, and why: pure functions of their arguments, no clock, no I/O, no log."""
