"""Tests of the simulators: every trap of every wire, over a real socket."""
