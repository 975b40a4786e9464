"""A house with three WARP chargers, a heat pump and a kettle behind one fuse."""

from .scene import Home

__all__ = ["Home"]
