"""Hold the other side of every wire: chargers, clouds, meters, and the house they stand in.

A simulator is a real server on a loopback port that speaks the documented protocol with its
documented traps. Nothing in this package is shipped, and nothing that is shipped imports it.
"""
