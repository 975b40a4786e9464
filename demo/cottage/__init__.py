"""A cottage with sun on its roof, a vehicle that can give, and a meter that is read each second."""

from .scene import Cottage

__all__ = ["Cottage"]
