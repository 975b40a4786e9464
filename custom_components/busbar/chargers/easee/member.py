"""Say what a circuit needs of the chargers on it, so that it need not know what a charger is."""

from abc import abstractmethod

from ..model import Identity
from .device import Device, Link
from .reports import Reports
from .topology import FoundCharger


class CircuitMember(Device):
    """A charger as its circuit sees it."""

    def __init__(
        self, link: Link, identity: Identity, reports: Reports, found: FoundCharger
    ) -> None:
        """Begin without a report."""
        super().__init__(link, identity, reports)
        self.found = found

    @property
    @abstractmethod
    def is_online(self) -> bool | None:
        """Whether it has its cloud."""
