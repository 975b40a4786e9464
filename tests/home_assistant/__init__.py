"""Busbar inside a Home Assistant of the test kit, with the simulators on real sockets."""
