"""List the scenes of the demo: a new one is a folder and a line here."""

from collections.abc import Mapping
from typing import Final

from .annexe import Annexe
from .cottage import Cottage
from .home import Home
from .scene import Scene
from .yard import Yard

SCENES: Final[Mapping[str, type[Scene]]] = {
    scene.key: scene for scene in (Home, Yard, Annexe, Cottage)
}
