"""Say what a scene is: a simulated world, what Home Assistant is told of it, and the steps that prove it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from .api import HomeAssistantApi
from .dashboard import Entities

if TYPE_CHECKING:
    from .bench import Bench

type Tell = Callable[[str], None]
type VendorAddresses = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Make -> parameter of its package -> address by name: what leads to a simulator in place of the vendor."""


class Scene(ABC):
    """One site with its chargers, on simulated wires; an asynchronous context in which they listen."""

    key: ClassVar[str]
    """Its folder, the path of its view, and what `--scene` calls it."""
    title: ClassVar[str]
    """What the site is called in Home Assistant."""
    rating_a: ClassVar[float]
    """The fuse of the site, per phase."""
    chargers: ClassVar[tuple[str, ...]]
    """The names of the members of the site."""
    expected_log: ClassVar[tuple[str, ...]] = ()
    """Patterns of warnings that its own faults have to cause."""

    @abstractmethod
    async def __aenter__(self) -> Self:
        """Switch the world on."""

    @abstractmethod
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch it off."""

    @property
    @abstractmethod
    def control_url(self) -> str:
        """Where its cars and faults are steered from outside."""

    @property
    def vendors(self) -> VendorAddresses:
        """The clouds that are simulated here; known once it is switched on."""
        return {}

    @abstractmethod
    async def set_up(self, api: HomeAssistantApi, tell: Tell) -> None:
        """Add its chargers and its site through the config flows."""

    @abstractmethod
    def view(self, entities: Entities) -> dict[str, Any]:
        """Return its view of the dashboard."""

    @abstractmethod
    async def check(self, bench: Bench) -> None:
        """Go through its steps."""

    @abstractmethod
    def told_a(self, name: str) -> float | None:
        """Return what a charger was told last over the wire, in amperes; `None` = nothing yet."""

    @abstractmethod
    def drawn_a(self, name: str) -> float:
        """Return what a car draws on its busiest phase, in amperes."""

    @abstractmethod
    def broken_limits(self) -> list[str]:
        """Return what the simulated fuses saw and never should have."""
