"""A yard with chargers of several makes behind one fuse: some in the network, some behind a cloud."""

from .scene import Yard

__all__ = ["Yard"]
