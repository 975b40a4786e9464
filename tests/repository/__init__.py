"""Checks that hold the repository itself together."""
