"""The annexe: an Andersen account with two chargers, one of them in a site with a WARP."""

from .scene import Annexe

__all__ = ["Annexe"]
