"""The tests of Busbar."""
