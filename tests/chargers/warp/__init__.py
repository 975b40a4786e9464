"""Tests of the WARP package against its simulator."""
